"""Matches keys a column at a time: which rows are alike, and what belongs to a key.

Keys become whole numbers first, equal ones the same, so that texts are compared once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.tables.amounts import array_of
from amazon_optiply_etl.tables.code_numbers import code_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

_MOST = 2**62  # so that two numbers fit into one of 64 bits


@dataclass(frozen=True, slots=True)
class Alike:
    """Rows whose key another row has too.

    Attributes:
        rows: The rows, in their order.
        numbers: The number of each one's key.
        count: Above all numbers.
    """

    rows: NDArray[np.int64]
    numbers: NDArray[np.int64]
    count: int

    @classmethod
    def among(cls, rows: int) -> Alike:
        """Return so many rows, of which nothing is compared yet."""
        return cls(np.arange(rows), np.zeros(rows, np.int64), 1)

    def in_too(self, columns: Iterable[Any]) -> Alike:
        """Return those that are alike in more columns, Arrow arrays; null is like null."""
        rows, numbers, count = self.rows, self.numbers, self.count
        for column in columns:
            some = column if len(rows) == len(column) else column.take(pa.array(rows))
            more, size = numbered(some)
            numbers, count = _both(numbers, count, more, size)
            again = np.flatnonzero(np.bincount(numbers, minlength=count)[numbers] > 1)
            rows, numbers = rows[again], numbers[again]
        return Alike(rows, numbers, count)


def numbered(column: Any) -> tuple[NDArray[np.int64], int]:  # noqa: ANN401 - pyarrow is untyped
    """Number the values of an Arrow array from 0 on; null is a value too.

    Returns:
        The number of each row, and how many there are.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    [column] = code_numbers(column)
    if runs := _runs(column):
        return runs
    encoded = column.dictionary_encode(null_encoding="encode")
    return encoded.indices.to_numpy().astype(np.int64), len(encoded.dictionary)


def numbers_of(*columns: pd.Series[Any]) -> NDArray[np.int64]:
    """Number rows by their texts in several columns: those alike in all have the same; null is a text.

    Args:
        columns: Texts, each column of the same length.
    """
    numbers, _ = numbered(array_of(columns[0], pa.string()))
    for column in columns[1:]:
        more, size = numbered(array_of(column, pa.string()))
        numbers = pd.factorize(numbers * size + more)[0].astype(np.int64)
    return numbers


def places(wanted: Any, keys: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Find each of the wanted texts among keys: the place of the first that is equal, or null.

    Args:
        wanted: Arrow array of texts; null is not found.
        keys: Arrow array of texts.
    """
    if not len(keys):
        return pa.nulls(len(wanted), pa.int32())
    wanted, keys = code_numbers(wanted, keys)
    if runs := _runs(wanted):
        numbers, count = runs
        first = np.flatnonzero(np.diff(numbers, prepend=-1))
        if count == len(keys) and wanted.take(pa.array(first)).equals(keys):
            return pa.array(numbers.astype(np.int32))
    return pc.index_in(wanted, value_set=keys, skip_nulls=True)


def mapped(wanted: pd.Series[Any], known: pd.Series[Any]) -> pd.Series[Any]:
    """Return the text that belongs to each of the wanted texts, or null.

    Args:
        wanted: Texts.
        known: Text by text, each key once.
    """
    texts = array_of(wanted, pa.string())
    values = array_of(known, pa.string())
    if values.null_count == len(values):
        found = pa.nulls(len(texts), pa.string())
    else:
        found = values.take(places(texts, array_of(known.index, pa.string())))
    return pd.Series(pd.arrays.ArrowExtensionArray(found), index=wanted.index, name=wanted.name)


def looked_up(
    wanted: pd.Series[Any],
    values: Mapping[str, Any],
    kind: Any = None,  # noqa: ANN401 - pyarrow is untyped
) -> pd.Series[Any]:
    """Return what a short list has for each of the wanted texts, or null.

    Args:
        wanted: Texts.
        values: Value by text.
        kind: Arrow type of the values; text without it.
    """
    listed = pa.array(values.values(), pa.string() if kind is None else kind)
    place = pc.index_in(
        array_of(wanted, pa.string()), pa.array(values, pa.string()), skip_nulls=True
    )
    found = pd.arrays.ArrowExtensionArray(listed.take(place))
    return pd.Series(found, index=wanted.index, name=wanted.name)


def joined_by(rows: Any, texts: Any, count: int) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Return the texts that belong to each row, separated by spaces, or null.

    Args:
        rows: The row of each text, as `places` finds it.
        texts: Arrow array of texts, in the order in which they are joined.
        count: How many rows there are.
    """
    found = np.flatnonzero(pc.is_valid(rows).to_numpy(zero_copy_only=False))
    own_rows = rows.drop_null().to_numpy()
    order = np.argsort(own_rows, kind="stable")
    counts = np.bincount(own_rows, minlength=count)
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    own = texts.take(pa.array(found[order]))
    joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(ends), own), " ")
    none = pa.scalar(None, pa.string())
    return joined if counts.all() else pc.if_else(pa.array(counts > 0), joined, none)


def known(texts: pd.Series[Any]) -> pd.Series[Any]:
    """Return those that are not null."""
    valid = texts.notna().to_numpy()
    return texts if valid.all() else texts[valid] if valid.any() else texts.iloc[:0]


def first_known(*sources: pd.Series[Any]) -> pd.Series[Any]:
    """Merge texts by text: of each key the first source that knows it, null where none does."""
    several = [each for each in (*map(known, sources), *sources) if len(each)]
    if len(several) <= 1:
        return several[0] if several else sources[0]
    merged: pd.Series[Any] = pd.concat(several)
    numbers, count = numbered(array_of(merged.index, pa.string()))
    first = np.empty(count, np.int64)
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]
    return merged.iloc[first]


def _runs(column: Any) -> tuple[NDArray[np.int64], int] | None:  # noqa: ANN401 - pyarrow is untyped
    """Number whole numbers from 0 on where equal ones are side by side, as an order's lines are."""
    if not pa.types.is_integer(column.type) or column.null_count or not len(column):
        return None
    values = column.to_numpy()
    begins = np.diff(values, prepend=values[0] - 1) != 0
    firsts = np.sort(values[begins])
    if (firsts[1:] == firsts[:-1]).any():
        return None
    return np.cumsum(begins) - 1, len(firsts)


def _both(
    numbers: NDArray[np.int64], count: int, more: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], int]:
    """Number the combinations of two numbers from 0 on."""
    if size <= 1:
        return numbers, count
    if count <= 1:
        return more, size
    if count > _MOST // size:
        numbers, count = _dense(numbers)
    return _dense(numbers * size + more)


def _dense(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    dense, values = pd.factorize(numbers)
    return dense.astype(np.int64, copy=False), len(values)
