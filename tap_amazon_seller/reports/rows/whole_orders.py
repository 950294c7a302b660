"""Rows in columns that belong together, such as the lines of an order: `groups`, many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from tap_amazon_seller.machine.arrow import pa

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    Row = dict[str, Any]

PARTS = 64


def whole_groups(batches: Iterable[Any], key: str, apart: Collection[str]) -> Iterator[Any]:
    """Batches that hold all rows of each key that they hold a row of, one after another.

    Args:
        batches: Arrow record batches with a column of text, `key`, which is never null.
        key: The column to group by.
        apart: The keys whose rows may lie apart; they come last.
    """
    scattered = _Scattered()
    rest: Any = None
    for found in _without(batches, key, apart, scattered):
        batch = found
        if rest is not None:
            # The last group of the batch before may go on in this one.
            last = rest.column(key)[-1].as_py()
            more = _run(batch.column(key), last)
            start = len(rest) - _run(rest.column(key), last, backwards=True) if more else len(rest)
            if start:
                yield rest.slice(0, start)
            if more:
                group = _one([rest.slice(start), batch.slice(0, more)])
                batch = batch.slice(more)
                if not batch.num_rows:
                    rest = group
                    continue
                yield group
        rest = batch
    if rest is not None:
        yield rest
    if scattered.batches:
        table = pa.Table.from_batches(scattered.batches)
        yield _one(table.take(pc.sort_indices(table, [(key, "ascending")])).to_batches())


class _Scattered:
    """Batches of few rows each, joined now and then: a batch takes 10 KB beside its rows."""

    def __init__(self) -> None:
        self.batches: list[Any] = []
        self._joined = 0

    def append(self, batch: Any) -> None:
        self.batches.append(batch)
        if len(self.batches) - self._joined >= PARTS:
            self.batches[self._joined :] = [_one(self.batches[self._joined :])]
            self._joined += 1


def _without(
    batches: Iterable[Any], key: str, apart: Collection[str], scattered: _Scattered
) -> Iterator[Any]:
    """The rows whose keys are not in `apart`, in batches that have some; the others are kept."""
    keys = pa.array(sorted(apart), pa.string())
    for batch in batches:
        is_apart = pc.is_in(batch.column(key), value_set=keys) if apart else None
        if is_apart is not None and pc.any(is_apart).as_py():
            scattered.append(batch.filter(is_apart))
            rest = batch.filter(pc.invert(is_apart))
        else:
            rest = batch
        if rest.num_rows:
            yield rest


def _run(keys: Any, key: str, *, backwards: bool = False) -> int:
    """How many rows at the start, or the end, have a key."""
    places = range(len(keys) - 1, -1, -1) if backwards else range(len(keys))
    for length, place in enumerate(places):
        if keys[place].as_py() != key:
            return length
    return len(keys)


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
        batch: All rows of each key; the columns of `key` are text without nulls, and rows that
            share the first are one after another.
        key: The columns of the key.
        in_order: Sorts the rows of one key.
    """
    numbers = np.ones(batch.num_rows, np.int64)
    together = _beside_equals(batch.column(key[0]))
    keys = pc.binary_join_element_wise(*(batch.column(name).take(together) for name in key), "\x1f")
    encoded = keys.dictionary_encode()
    if len(encoded.dictionary) < len(keys):
        codes = np.asarray(encoded.indices)
        repeated = np.flatnonzero(np.bincount(codes)[codes] > 1)
        at = together.take(pa.array(repeated))
        groups: dict[int, list[Row]] = {}
        places: dict[int, int] = {}
        for row, code, position in zip(
            batch.take(at).to_pylist(), codes[repeated].tolist(), at.to_pylist(), strict=True
        ):
            groups.setdefault(code, []).append(row)
            places[id(row)] = position
        for group in groups.values():
            for number, row in enumerate(in_order(group), start=1):
                numbers[places[id(row)]] = number
    return pa.array(numbers)


def _beside_equals(keys: Any) -> Any:
    """Where a key is that of the row before or after; equal keys are in rows one after another."""
    is_same = np.asarray(pc.equal(keys[1:], keys[:-1]).cast(pa.uint8()))
    beside = np.zeros(len(keys), bool)
    beside[1:] |= is_same.view(bool)
    beside[:-1] |= is_same.view(bool)
    return pa.array(np.flatnonzero(beside))
