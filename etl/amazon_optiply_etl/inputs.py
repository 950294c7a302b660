"""Finds the files of each stream in a folder and reads them into one frame per stream."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from amazon_optiply_etl import columns, readers
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.outcomes import SUPERSEDED, undecided
from amazon_optiply_etl.records import STREAMS

if TYPE_CHECKING:
    from amazon_optiply_etl.records import Stream

_JSON_LINES = {".jsonl", ".ndjson", ".json"}
_RECORD_FILES = _JSON_LINES | {".csv", ".parquet"}
_NOT_NEEDED = "marketplaces"  # a stream of the tap that payloads need nothing of


@dataclass(frozen=True, slots=True)
class StreamRecords:
    """All records of a stream, each with an `outcome`: older records of a key are superseded.

    Attributes:
        frame: One row a record, in the order of the files.
        read: How many records the files hold.
        present: Whether the folder has the stream at all, with or without records.
    """

    frame: pd.DataFrame
    read: int
    present: bool


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the input folder holds, by stream name, and the files that were not read."""

    streams: dict[str, StreamRecords]
    passed_over: tuple[str, ...]

    def __getitem__(self, stream: Stream) -> StreamRecords:
        """Return the records of a stream."""
        return self.streams[stream.name]


def read_inputs(folder: Path) -> Inputs:
    """Read every stream that the ETL knows from the files in a folder.

    Files are named after their stream: ``orders.csv``, ``orders-20261102T080000.parquet``,
    ``orders.jsonl``; a Singer message file (``*.singer``) may hold any of them.

    Raises:
        EtlError: the folder is missing or empty, or a file cannot be read.
    """
    files = _files_in(folder)
    singer = {path: readers.singer_streams(path) for path in files if path.suffix == ".singer"}
    sources = {
        stream.name: [
            path
            for path in files
            if stream.name in singer.get(path, ()) or _is_file_of(path, stream)
        ]
        for stream in STREAMS
    }
    read = {path for paths in sources.values() for path in paths}
    return Inputs(
        streams={stream.name: _records(stream, sources[stream.name]) for stream in STREAMS},
        passed_over=tuple(
            path.name
            for path in files
            if path not in read and not path.name.startswith(_NOT_NEEDED)
        ),
    )


def _files_in(folder: Path) -> list[Path]:
    try:
        found = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except FileNotFoundError as error:
        raise EtlError(
            f"There is no input folder {folder}; run the tap and a target first."
        ) from error
    except OSError as error:
        raise EtlError(f"The input folder {folder} cannot be read: {error.strerror}.") from error
    files = sorted(
        path for path in found if path.is_file() and path.suffix in _RECORD_FILES | {".singer"}
    )
    if not files:
        raise EtlError(
            f"The input folder {folder} holds no records (.parquet, .csv, .jsonl or .singer files)."
        )
    return files


def _is_file_of(path: Path, stream: Stream) -> bool:
    # What follows the name is a time stamp, so that "orders" does not take "orders_by_month.csv".
    pattern = rf"{stream.name}([-_.]\d[\w.:+-]*)?"
    return path.suffix in _RECORD_FILES and re.fullmatch(pattern, path.stem) is not None


def _records(stream: Stream, files: list[Path]) -> StreamRecords:
    frames = [columns.typed_frame(readers.read_text(path, stream), stream, path) for path in files]
    if not frames:
        frames = [columns.typed_frame(_no_records(stream), stream, Path())]
    frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    return StreamRecords(_with_superseded(frame, stream), len(frame), bool(files))


def _no_records(stream: Stream) -> object:
    return pa.table({name: pa.array([], pa.string()) for name in stream.columns})


def _with_superseded(frame: pd.DataFrame, stream: Stream) -> pd.DataFrame:
    """Mark all but the newest record of each key; without a date the last in the files is it."""
    ordered = frame
    if stream.newest_by is not None:
        ordered = frame.sort_values(stream.newest_by, kind="stable", na_position="first")
    older = ordered.duplicated(list(stream.key), keep="last").sort_index()
    outcome = undecided(frame).mask(older, SUPERSEDED)
    return frame.assign(outcome=outcome)
