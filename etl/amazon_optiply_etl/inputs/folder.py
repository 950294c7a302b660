"""Finds the files of each stream in a folder and reads them into one frame per stream."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.inputs import readers, typed
from amazon_optiply_etl.inputs.streams import Kind
from amazon_optiply_etl.tables.amounts import array_of
from amazon_optiply_etl.tables.matching import Alike
from amazon_optiply_etl.tables.plain_text import file_name
from amazon_optiply_etl.tables.side_by_side import begun
from amazon_optiply_etl.verdicts import notes, outcomes
from amazon_optiply_etl.verdicts.outcomes import SUPERSEDED, decide, is_open, undecided

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from numpy.typing import NDArray

    from amazon_optiply_etl.inputs.streams import Stream

_JSON_LINES = {".jsonl", ".ndjson", ".json"}
_RECORD_FILES = _JSON_LINES | {".csv", ".parquet"}
_NO_DATE = np.iinfo(np.int64).min
_NOT_NEEDED = ("account", "marketplaces")  # streams of the tap that payloads need nothing of


@dataclass(frozen=True, slots=True)
class StreamRecords:
    """All records of a stream, each with an `outcome`: older records of a key are superseded.

    Attributes:
        frame: One row a record, in the order of the files.
        read: How many records the files hold.
        present: Whether the folder has the stream at all, with or without records.
        notes: What a reader should know, as note -> ids.
        kept: How many of the records an earlier run kept; they come first.
    """

    frame: pd.DataFrame
    read: int
    present: bool
    notes: Mapping[str, list[str]]
    kept: int = 0

    @property
    def fresh(self) -> pd.DataFrame:
        """The records that are in the folder itself."""
        return self.frame.iloc[self.kept :]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the input folder holds, by stream name, and the files that were not read."""

    streams: dict[str, StreamRecords]
    passed_over: tuple[str, ...]

    def __getitem__(self, stream: Stream) -> StreamRecords:
        """Return the records of a stream."""
        return self.streams[stream.name]

    def passed_over_of(self, stream: str) -> str | None:
        """Return a file that was not read and is named after a stream, or as many streams begin."""
        return next((name for name in self.passed_over if name.startswith(stream)), None)

    def copy(self) -> Inputs:
        """Return these; what either of them forgets, the other one keeps."""
        return Inputs(dict(self.streams), self.passed_over)

    def forget(self, *streams: Stream) -> None:
        """Let go of the records of streams that are not needed any more; their count is kept."""
        for stream in streams:
            records = self.streams[stream.name]
            if records.frame.empty:
                continue
            kinds = records.frame.dtypes
            nothing = {kind: pd.Series(dtype=kind).array for kind in kinds.unique()}
            # A slice of the frame would hold on to its columns.
            columns = pd.DataFrame(
                {name: nothing[kind] for name, kind in kinds.items()}, copy=False
            )
            self.streams[stream.name] = replace(records, frame=columns, kept=0)

    @property
    def notes(self) -> dict[str, list[str]]:
        """What a reader should know of the records, as note -> ids."""
        return {note: ids for each in self.streams.values() for note, ids in each.notes.items()}


def read_inputs(folder: Path, streams: Sequence[Stream], waiting: Sequence[Path] = ()) -> Inputs:
    """Read streams from the files in a folder.

    Files are named after their stream: ``orders.csv``, ``orders-20261102T080000.parquet``,
    ``orders.jsonl``; a Singer message file (``*.singer``) may hold any of them.

    Args:
        folder: The folder.
        streams: The streams that are wanted.
        waiting: Files with records that an earlier run kept, which need not exist: Singer messages, or
            Parquet as `readers.read_kept` reads it.

    Raises:
        EtlError: the folder is missing or empty, or a file cannot be read.
    """
    files = _files_in(folder)
    kept = [path for path in waiting if path.exists()]
    several = {
        path: readers.singer_streams(path) for path in [*kept, *files] if path.suffix == ".singer"
    } | {path: readers.kept_streams(path) for path in kept if path.suffix == ".parquet"}
    sources = {
        stream.name: [
            path
            for path in [*kept, *files]
            if stream.name in several.get(path, ()) or _is_file_of(path, stream)
        ]
        for stream in streams
    }
    read = {path for paths in sources.values() for path in paths}
    # Read one after the other: two at a time take a tenth more memory at the peak of a run. The largest
    # comes first, whose superseded records take longest to find, beside the others.
    largest = sorted(streams, key=lambda each: -_size(sources[each.name]))
    found = {stream.name: _records(stream, sources[stream.name], kept) for stream in largest}
    return Inputs(
        streams={stream.name: found[stream.name].result() for stream in streams},
        passed_over=tuple(
            file_name(path.name)
            for path in _entries(folder)
            if path not in read and not path.name.startswith(_NOT_NEEDED)
        ),
    )


def _entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _files_in(folder: Path) -> list[Path]:
    try:
        found = _entries(folder)
    except FileNotFoundError as error:
        raise EtlError(
            f"There is no input folder {folder}; run the tap and a target first."
        ) from error
    except OSError as error:
        raise EtlError(f"The input folder {folder} cannot be read: {error.strerror}.") from error
    files = [
        path for path in found if path.is_file() and path.suffix in _RECORD_FILES | {".singer"}
    ]
    if not files:
        raise EtlError(
            f"The input folder {folder} holds no records (.parquet, .csv, .jsonl or .singer files)."
        )
    return files


def _is_file_of(path: Path, stream: Stream) -> bool:
    # What follows the name is a time stamp, so that "orders" does not take "orders_by_month.csv".
    pattern = rf"{stream.name}([-_.]\d[\w.:+-]*)?"
    return path.suffix in _RECORD_FILES and re.fullmatch(pattern, path.stem) is not None


def _size(paths: list[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def _records(stream: Stream, files: list[Path], kept: list[Path]) -> Future[StreamRecords]:
    """Read a stream's records; those that are superseded are found beside the reading of the next."""
    frames, noted = [], defaultdict(list)
    for path in files:
        of_several = path in kept and path.suffix == ".parquet"
        read = readers.read_kept if of_several else readers.read_columns
        frame, unreadable = typed.typed_frame(read(path, stream), stream)
        frame = frame.assign(outcome=undecided(frame))
        for each in unreadable:
            reason = outcomes.UNREADABLE.format(each.column, each.kind.value)
            frame.loc[each.row, "outcome"] = reason
            note = notes.UNREADABLE.format(stream.name, each.column, each.kind.value)
            noted[note].append(f"{each.shown!r} ({file_name(path.name)}, record {each.row + 1})")
        frames.append(frame)
    if not frames:
        frame, _ = typed.typed_frame(_no_records(stream), stream)
        frames = [frame.assign(outcome=undecided(frame))]
    frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    frame = decide(
        frame,
        {outcomes.NO_KEY_PART.format(name): frame[name].isna() for name in stream.required},
    )
    present = any(path not in kept for path in files)
    waited = sum(len(each) for path, each in zip(files, frames, strict=False) if path in kept)
    again = _repeated(frame, stream, waited)
    if len(again):
        frame = frame.drop(index=again).reset_index(drop=True)

    def settled() -> StreamRecords:
        current = _with_superseded(frame, stream)
        return StreamRecords(current, len(frame), present, dict(noted), waited - len(again))

    return begun(settled, is_long=len(frame) >= typed.MANY)


def _repeated(frame: pd.DataFrame, stream: Stream, kept: int) -> pd.Index[Any]:
    """Return the records that were kept for this run and that the input has again as they are.

    The tap looks back, so that it brings again what has waited; that is one record, and none is older.

    Args:
        frame: All records of the stream, those that were kept first.
        stream: The stream.
        kept: How many of them were kept.
    """
    if not 0 < kept < len(frame):
        return frame.index[:0]
    name = (stream.of_group or stream.key)[-1]
    alike = frame[name].isin(frame[name].iloc[:kept]) & is_open(frame)
    near = frame[alike.fillna(value=False).astype(bool)]
    # Nested values of what has waited are cut to what payloads are made of, so they always differ.
    plain = [each for each, kind in stream.columns.items() if kind is not Kind.JSON]
    again = near.index[near.duplicated(plain, keep="last").to_numpy(bool)]
    return again[again < kept]


def _no_records(stream: Stream) -> object:
    return pa.table({name: pa.array([], pa.string()) for name in stream.columns})


def _with_superseded(frame: pd.DataFrame, stream: Stream) -> pd.DataFrame:
    """Mark all but the newest record of each key; without a date the last in the files is it.

    Of what has a date by its group (`of_group`), such as the lines of an order, records that are older
    than the group's newest are no longer there.
    """
    if frame.empty:
        return frame
    columns = {name: pa.array(frame[name]) for name in stream.key}
    group = Alike.among(len(frame)).in_too(columns.pop(name) for name in stream.of_group)
    older = _before_the_newest(frame, group, stream)
    older[_older_of_each(frame, group.in_too(columns.values()), stream)] = True
    return frame.assign(outcome=frame["outcome"].mask(older, SUPERSEDED)) if older.any() else frame


def _older_of_each(frame: pd.DataFrame, alike: Alike, stream: Stream) -> NDArray[np.int64]:
    """Return the rows that are not the newest of their key; of equally new ones the last is."""
    rows, numbers = alike.rows, alike.numbers
    if stream.newest_by:
        order = np.argsort(_seconds(frame, stream.newest_by, rows), kind="stable")
        rows, numbers = rows[order], numbers[order]
    newest = np.zeros(alike.count, np.int64)
    newest[numbers] = rows  # of those with the same number the last one stays
    older: NDArray[np.int64] = rows[newest[numbers] != rows]
    return older


def _before_the_newest(frame: pd.DataFrame, group: Alike, stream: Stream) -> NDArray[np.bool_]:
    """Return which rows are older than the newest of their group; without a date none is."""
    older = np.zeros(len(frame), bool)
    if stream.of_group and stream.newest_by:
        seconds = _seconds(frame, stream.newest_by, group.rows)
        newest = np.full(group.count, _NO_DATE)
        np.maximum.at(newest, group.numbers, seconds)
        older[group.rows] = (seconds > _NO_DATE) & (seconds < newest[group.numbers])
    return older


def _seconds(frame: pd.DataFrame, column: str, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return instants as seconds; those without a date come before all others."""
    texts = array_of(frame[column], pa.string()).take(pa.array(rows))
    seconds = pc.cast(pc.cast(texts, pa.timestamp("s", "UTC")), pa.int64())
    found: NDArray[np.int64] = pc.fill_null(seconds, _NO_DATE).to_numpy()
    return found
