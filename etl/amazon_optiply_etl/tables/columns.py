"""Makes frames and series of Arrow columns as they are: no copy, no threads.

pandas' own ways to them convert column by column on several threads, or carry all columns of a frame
along for one of them, which takes most of the time of a run with few records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping


def frame_of(columns: Mapping[str, Any], index: pd.Index[Any] | None = None) -> pd.DataFrame:
    """Return a frame of Arrow arrays, each with its Arrow type.

    Args:
        columns: Arrow array, in one piece or in chunks, by name; all of one length.
        index: Of the rows; they are counted without it.
    """
    arrays = {name: pd.arrays.ArrowExtensionArray(column) for name, column in columns.items()}
    return pd.DataFrame(arrays, index=index, copy=False)


def by_key(frame: pd.DataFrame, key: str, value: str) -> pd.Series[Any]:
    """Return a column of a frame by another one, as `frame.set_index(key)[value]` does."""
    keys: pd.Index[Any] = pd.Index(frame[key].array, name=key, copy=False)
    return pd.Series(frame[value].array, index=keys, name=value, copy=False)
