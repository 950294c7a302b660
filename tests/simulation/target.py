"""The target of simulated syncs: it takes lines, keeps the last record of each key, and the last state.

Files that BATCH messages name it reads at once, and removes.

It stands where a tap has its standard output: what Python buffers is lost when the tap is killed.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pyarrow import parquet

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulation.scheduler import Scheduler

    Record = dict[str, Any]

BUFFER = 8_192
"""Bytes that Python keeps back before it writes them to a pipe."""


@dataclass(slots=True)
class Target:
    """What is held after all syncs so far.

    Attributes:
        rows: By stream and key, the last record.
        keys: The keys of each stream, as SCHEMA messages name them.
        nested: The properties of each stream that hold objects or lists, which Parquet has as texts.
        state: The last state, which the next sync begins with.
        synced: The records of the sync that continues, by stream, in their order.
        log: Called with each message, without what is of this machine's time.
    """

    log: Callable[[str], None]
    rows: dict[str, dict[tuple[Any, ...], Record]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    nested: dict[str, set[str]] = field(default_factory=dict)
    state: Record | None = None
    synced: dict[str, list[Record]] = field(default_factory=dict)
    messages: int = 0

    def take(self, line: bytes) -> bool:
        """Take one line; says whether it was a state whose bookmarks are others than before."""
        message = json.loads(line)
        self.messages += 1
        kind = message["type"]
        message.pop("time_extracted", None)
        if kind == "SCHEMA":
            self.keys[message["stream"]] = message["key_properties"]
            properties = message["schema"]["properties"]
            self.nested[message["stream"]] = {
                name
                for name, each in properties.items()
                if {"object", "array"} & set(each.get("type", ()))
            }
        elif kind == "RECORD":
            self._keep(message["stream"], message["record"])
        elif kind == "BATCH":
            for url in message["manifest"]:
                for record in self._records_in(message["stream"], url):
                    self._keep(message["stream"], record)
        elif kind == "STATE":
            self.log(f"STATE {json.dumps(message['value'], sort_keys=True)}")
            before, self.state = self.state, message["value"]
            return bookmarks_of(before) != bookmarks_of(self.state)
        return False

    def _keep(self, stream: str, record: Record) -> None:
        self.log(f"RECORD {stream} {json.dumps(record, sort_keys=True, default=str)}")
        key = tuple(record[name] for name in self.keys[stream])
        self.rows.setdefault(stream, {})[key] = record
        self.synced.setdefault(stream, []).append(record)

    def _records_in(self, stream: str, url: str) -> list[Record]:
        """The records of a file, which is not needed any more then."""
        path = Path(unquote(urlsplit(url).path))
        content = path.read_bytes()
        path.unlink()
        if path.suffix == ".gz":
            return [json.loads(line) for line in gzip.decompress(content).split(b"\n") if line]
        rows = parquet.read_table(pa.BufferReader(content), use_threads=False).to_pylist()
        return [
            {
                name: as_json(value, nested=name in self.nested[stream])
                for name, value in row.items()
            }
            for row in rows
        ]


def bookmarks_of(state: Record | None) -> dict[str, list[Any]]:
    """The bookmarks of a state, by stream."""
    streams = (state or {}).get("bookmarks", {})
    return {
        name: [each.get("replication_key_value") for each in stream.get("partitions", ())]
        for name, stream in streams.items()
    }


def as_json(value: Any, *, nested: bool) -> Any:
    """A cell of a Parquet file as RECORD messages have it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return json.loads(value) if nested and isinstance(value, str) else value


class Pipe:
    """A tap's standard output: buffered, and read by a target at once.

    Attributes:
        refuses_after: So many more writes are taken; then the target is gone. None for ever.
        after_state: What happens when so many states with other bookmarks have been taken.
    """

    def __init__(self, scheduler: Scheduler, target: Target) -> None:
        self._scheduler = scheduler
        self._target = target
        self._held = bytearray()
        self._rest = b""
        self.refuses_after: int | None = None
        self.refused = 0
        self.after_state: dict[int, Callable[[], None]] = {}
        self._states = 0

    def write(self, data: bytes | memoryview) -> int:
        """Write, as a buffered writer does."""
        self._held += data
        if len(self._held) > BUFFER:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Hand over what is held back."""
        if not self._held:
            return
        self._scheduler.point()
        if self.refuses_after is not None:
            if self.refuses_after <= 0:
                self.refused += 1
                raise BrokenPipeError(32, "Broken pipe")
            self.refuses_after -= 1
        held, self._held = bytes(self._held), bytearray()
        *lines, self._rest = (self._rest + held).split(b"\n")
        before = self._states
        self._states += sum(self._target.take(line) for line in lines)
        # What has been written is taken, whatever becomes of who wrote it.
        for number in range(before, self._states):
            if happens := self.after_state.pop(number + 1, None):
                happens()
