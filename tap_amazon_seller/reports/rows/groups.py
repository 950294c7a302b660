"""Rows of a file that belong together, such as the lines of an order, wherever they stand.

Amazon writes an order's lines one after another, but nothing promises it. Rows whose key is known not to
come back are passed on as they come; the others wait, in memory while they are few, then on the disk.
"""

from __future__ import annotations

import tempfile
import zlib
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from tap_amazon_seller.errors import TapError
from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.machine.arrow_text import with_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    Row = dict[str, Any]

PARTS = 64
"""Files that waiting rows are divided into by their keys: one of them is in memory at a time."""
WAITING_BYTES = 4 << 20
"""Of rows that wait in memory."""
MOST_BATCHES = 32
"""Of rows that wait; more are made one, since single rows take many times their bytes."""
BATCH_ROWS = 10_000
ROWS_AT_ONCE = 4_000
"""That are passed on together: a batch costs the same time again however few rows it has."""
FEW_ROWS = 16


def whole_groups(
    batches: Iterable[Any], key: str, scattered: Collection[str] | None, folder: Path | None
) -> Iterator[Any]:
    """Batches that hold all rows of each key that they hold a row of, one after another.

    Args:
        batches: Arrow record batches with a column of texts or instants, `key`, which is never null.
        key: The column to group by.
        scattered: The keys whose rows are not all next to one another; they come last. None if that
            is not known.
        folder: Where rows wait that are too many for memory; None for the system's folder.

    Raises:
        TapError: There is no room on the disk.
    """
    waiting = _Waiting(key, folder)
    try:
        kept: list[Any] = []  # the last group of them may continue in the next batch
        count = 0
        for batch in _without(batches, key, scattered, waiting):
            rest = batch
            if count >= ROWS_AT_ONCE:
                more = _run(batch.column(key), kept[-1].column(key)[-1].as_py())
                if more < batch.num_rows:
                    yield _one([*kept, batch.slice(0, more)] if more else kept)
                    kept, count, rest = [], 0, batch.slice(more)
            kept.append(rest)
            count += rest.num_rows
            del batch, rest  # or they would be kept while the next ones are read
        if kept:
            yield _one(kept)
        yield from waiting.groups()
    finally:
        waiting.close()


class _Waiting:
    """Rows whose keys may come back."""

    def __init__(self, key: str, folder: Path | None) -> None:
        self._key = key
        self._folder = folder
        self._batches: list[Any] = []
        self._size = 0
        self._files: list[IO[bytes]] = []
        self._writers: list[Any] = []

    def add(self, batch: Any) -> None:
        """Have rows wait."""
        self._batches.append(batch)
        self._size += batch.nbytes
        if self._size >= WAITING_BYTES:
            self._spill()
        elif len(self._batches) >= MOST_BATCHES:
            self._batches = [_one(self._batches)]

    def groups(self) -> Iterator[Any]:
        """All rows, those of one key one after another, and keys in the order in which they came."""
        if not self._files:
            if self._batches:
                yield from _grouped(self._batches, self._key)
            return
        if self._batches:
            self._spill()
        for writer in self._writers:
            writer.close()
        for file in self._files:
            file.seek(0)
            with pa.ipc.open_stream(file) as reader:
                batches = list(reader)
            if batches:
                yield from _grouped(batches, self._key)

    def close(self) -> None:
        """Give the disk space back."""
        for file in self._files:
            file.close()

    def _spill(self) -> None:
        """Write the rows that wait to the file of their key's part."""
        rows = _one(self._batches)
        self._batches, self._size = [], 0
        encoded = with_texts(rows.column(self._key)).dictionary_encode()
        part_of = np.array(
            [zlib.crc32(key.encode()) % PARTS for key in encoded.dictionary.to_pylist()], np.int64
        )
        parts = part_of[np.asarray(encoded.indices)]
        order = np.argsort(parts, kind="stable")
        ends = np.searchsorted(parts[order], np.arange(PARTS + 1))
        try:
            if not self._files:
                self._open(rows.schema)
            for part, writer in enumerate(self._writers):
                if ends[part] < ends[part + 1]:
                    writer.write_batch(rows.take(pa.array(order[ends[part] : ends[part + 1]])))
        except OSError as error:
            raise TapError(
                f"The spool folder {self._folder or tempfile.gettempdir()} cannot be written to "
                f"({error.strerror}); make room there, or name another folder in 'spool_path'."
            ) from None

    def _open(self, schema: Any) -> None:
        for _ in range(PARTS):
            file = tempfile.TemporaryFile(  # noqa: SIM115 - closed with the reading
                prefix="tap-amazon-seller-", dir=self._folder
            )
            self._files.append(file)
            self._writers.append(pa.ipc.new_stream(file, schema))


def _without(
    batches: Iterable[Any], key: str, scattered: Collection[str] | None, waiting: _Waiting
) -> Iterator[Any]:
    """The rows whose keys are not in `scattered`, in batches that have some; the others wait."""
    if scattered is None:
        for batch in batches:
            waiting.add(batch)
        return
    keys = pa.array(sorted(scattered), pa.string())
    for batch in batches:
        is_scattered = pc.is_in(batch.column(key), value_set=keys)
        if not pc.any(is_scattered).as_py():
            yield batch
            continue
        waiting.add(batch.filter(is_scattered))
        yield from _parts(batch, pc.invert(is_scattered))


def _parts(batch: Any, is_wanted: Any) -> Iterator[Any]:
    """Some rows of a batch: as they lie there if they are in few parts, else copied."""
    flags = np.asarray(is_wanted.cast(pa.uint8()))
    edges = np.flatnonzero(np.diff(flags, prepend=0, append=0))
    if len(edges) > 2 * FEW_ROWS:
        yield batch.filter(is_wanted)
        return
    for start, end in edges.reshape(-1, 2).tolist():
        yield batch.slice(start, end - start)


def _grouped(batches: list[Any], key: str) -> Iterator[Any]:
    """Rows with those of one key one after another, some groups at a time."""
    rows = _one(batches)
    # A dictionary has its entries in the order in which they come.
    codes = np.asarray(rows.column(key).dictionary_encode().indices)
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    begin = 0
    while begin < len(order):
        last = np.searchsorted(starts, begin + BATCH_ROWS)
        end = int(starts[last]) if last < len(starts) else len(order)
        yield rows.take(pa.array(order[begin:end]))
        begin = end


def _run(keys: Any, key: str) -> int:
    """How many rows at the start have a key."""
    for length, found in enumerate(keys):
        if found.as_py() != key:
            return length
    return len(keys)


def _one(batches: list[Any]) -> Any:
    if len(batches) == 1:
        return batches[0]
    # Table.combine_chunks takes ten times as long.
    columns = zip(*(batch.columns for batch in batches), strict=True)
    return pa.RecordBatch.from_arrays(
        list(map(pa.concat_arrays, columns)), schema=batches[0].schema
    )


def group_starts(keys: Any) -> Any:
    """Where each group begins, as a numpy array; equal keys are in rows one after another."""
    is_first = np.ones(len(keys), bool)
    is_first[1:] = np.asarray(pc.not_equal(keys[1:], keys[:-1]).cast(pa.uint8())).view(bool)
    return np.flatnonzero(is_first)


def own_groups(found: Any, is_elsewhere: list[bool], keys: Any) -> Any:
    """Which rows belong to groups whose first row is not elsewhere.

    Args:
        found: What says where a row belongs, dictionary-encoded.
        is_elsewhere: Whether that is elsewhere, for each value of the dictionary.
        keys: The key of each row; groups are complete, one after another.
    """
    own = pc.invert(pa.array(is_elsewhere).take(found.indices)).fill_null(fill_value=True)
    starts = group_starts(keys)
    sizes = np.diff(starts, append=len(keys))
    flags = np.asarray(own.cast(pa.uint8())).view(bool)
    return pa.array(np.repeat(flags[starts], sizes))


def line_numbers(batch: Any, key: Sequence[str], in_order: Callable[[list[Row]], list[Row]]) -> Any:
    """A number from 1 for each of the rows that share a key, in an order that the rows decide.

    Args:
        batch: All rows of each key; the columns of `key` are texts or instants without nulls, and
            rows that share the first are one after another.
        key: The columns of the key.
        in_order: Sorts the rows of one key.
    """
    numbers = np.ones(batch.num_rows, np.int64)
    together = _beside_equals(batch.column(key[0]))
    texts = [with_texts(batch.column(name).take(together)) for name in key]
    keys = pc.binary_join_element_wise(*texts, "\x1f")
    encoded = keys.dictionary_encode()
    if len(encoded.dictionary) < len(keys):
        codes = np.asarray(encoded.indices)
        repeated = np.flatnonzero(np.bincount(codes)[codes] > 1)
        at = together.take(pa.array(repeated))
        groups: dict[int, list[Row]] = {}
        places: dict[int, int] = {}
        for row, code, position in zip(
            _rows_at(batch, at), codes[repeated].tolist(), at.to_pylist(), strict=True
        ):
            groups.setdefault(code, []).append(row)
            places[id(row)] = position
        for group in groups.values():
            for number, row in enumerate(in_order(group), start=1):
                numbers[places[id(row)]] = number
    return pa.array(numbers)


def _rows_at(batch: Any, places: Any) -> list[Row]:
    """Some rows of a batch; to take many of them costs as much as to slice a few."""
    if len(places) > FEW_ROWS:
        found: list[Row] = batch.take(places).to_pylist()
        return found
    return [row for place in places.to_pylist() for row in batch.slice(place, 1).to_pylist()]


def contents(row: Row) -> str:
    """A text by which rows of one key can be put into an order that does not depend on the file's."""
    return repr(sorted((name, str(value)) for name, value in row.items()))


def _beside_equals(keys: Any) -> Any:
    """Where a key is that of the row before or after; equal keys are in rows one after another."""
    is_same = np.asarray(pc.equal(keys[1:], keys[:-1]).cast(pa.uint8()))
    beside = np.zeros(len(keys), bool)
    beside[1:] |= is_same.view(bool)
    beside[:-1] |= is_same.view(bool)
    return pa.array(np.flatnonzero(beside))
