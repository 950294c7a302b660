"""Rows in columns that belong together, such as the lines of an order: `grouping`, many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from tap_amazon_seller.arrow import pa

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    Row = dict[str, Any]


def whole_groups(batches: Iterable[Any], key: str, apart: Collection[str]) -> Iterator[Any]:
    """Batches that hold all rows of each key that they hold a row of, one after another.

    Args:
        batches: Arrow record batches with a column of text, `key`, which is never null.
        key: The column to group by.
        apart: The keys whose rows may lie apart; they come last.
    """
    scattered = pa.array(sorted(apart), pa.string())
    held: list[Any] = []
    rest: Any = None
    for found in batches:
        batch = found
        if len(scattered):
            is_apart = pc.is_in(batch.column(key), value_set=scattered)
            if pc.any(is_apart).as_py():
                held.append(batch.filter(is_apart))
                batch = batch.filter(pc.invert(is_apart))
        if not batch.num_rows:
            continue
        keys = batch.column(key)
        start = 0
        if rest is not None:
            # The last group of the batch before may go on in this one.
            start = _length(keys, rest.column(key)[0])
            group = _one([rest, batch.slice(0, start)]) if start else rest
            if start == len(keys):
                rest = group
                continue
            yield group
        end = len(keys) - _length(keys, keys[-1])
        if end > start:
            yield batch.slice(start, end - start)
        rest = batch.slice(end)
    if rest is not None:
        yield rest
    if held:
        table = pa.Table.from_batches(held)
        yield _one(table.take(pc.sort_indices(table, [(key, "ascending")])).to_batches())


def _length(keys: Any, key: Any) -> int:
    """How many rows have a key."""
    return int(pc.sum(pc.equal(keys, key)).as_py() or 0)


def _one(batches: list[Any]) -> Any:
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


def own_groups(found: Any, is_elsewhere: list[bool], keys: Any) -> Any:
    """Which rows belong to groups whose first row is not elsewhere.

    Args:
        found: What tells where a row belongs, dictionary-encoded.
        is_elsewhere: Whether that is elsewhere, for each value of the dictionary.
        keys: The key of each row; groups are whole, one after another.
    """
    own = pc.invert(pa.array(is_elsewhere).take(found.indices)).fill_null(fill_value=True)
    is_torn = pc.and_(pc.equal(keys[1:], keys[:-1]), pc.not_equal(own[1:], own[:-1]))
    if not pc.any(is_torn).as_py():
        return own
    first: dict[str, bool] = {}
    rows = zip(keys.to_pylist(), own.to_pylist(), strict=True)
    return pa.array([first.setdefault(key, flag) for key, flag in rows], pa.bool_())


def line_numbers(batch: Any, key: Sequence[str], in_order: Callable[[list[Row]], list[Row]]) -> Any:
    """A number from 1 for each of the rows that share a key, in an order that the rows decide.

    Args:
        batch: All rows of each key; the columns of `key` are text without nulls.
        key: The columns of the key.
        in_order: Sorts the rows of one key.
    """
    keys = pc.binary_join_element_wise(*(batch.column(name) for name in key), "\x1f")
    encoded = keys.dictionary_encode()
    if len(encoded.dictionary) == len(keys):
        return pa.repeat(pa.scalar(1, pa.int64()), len(keys))
    counts = pc.value_counts(encoded.indices)
    repeated = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
    at = pc.indices_nonzero(pc.is_in(encoded.indices, value_set=repeated))
    rows = batch.take(at).to_pylist()
    groups: dict[int, list[Row]] = {}
    places: dict[int, int] = {}
    for row, code, position in zip(
        rows, encoded.indices.take(at).to_pylist(), at.to_pylist(), strict=True
    ):
        groups.setdefault(code, []).append(row)
        places[id(row)] = position
    numbers = [1] * len(keys)
    for group in groups.values():
        for number, row in enumerate(in_order(group), start=1):
            numbers[places[id(row)]] = number
    return pa.array(numbers, pa.int64())
