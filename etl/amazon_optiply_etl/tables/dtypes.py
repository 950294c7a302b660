"""The types of columns: Arrow-backed, so that null is null whatever the type."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

TEXT = pd.ArrowDtype(pa.string())
WHOLE = pd.ArrowDtype(pa.int64())
FLAG = pd.ArrowDtype(pa.bool_())


def no_texts(columns: Iterable[str]) -> pd.DataFrame:
    """Return a table without rows, whose columns hold text."""
    return _no_texts(tuple(columns)).copy(deep=False)


@cache
def _no_texts(columns: tuple[str, ...]) -> pd.DataFrame:
    """Return such a table, which nobody may change."""
    nothing = pd.arrays.ArrowExtensionArray(pa.array([], pa.string()))
    return pd.DataFrame(dict.fromkeys(columns, nothing))
