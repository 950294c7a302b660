"""The target of simulated syncs: it takes lines, keeps the last record of each key, and the last state.

It stands where a tap has its standard output: what Python buffers is lost when the tap is killed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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
        state: The last state, which the next sync begins with.
        synced: The records of the sync that continues, by stream, in their order.
        log: Called with each message, without what is of this machine's time.
    """

    log: Callable[[str], None]
    rows: dict[str, dict[tuple[Any, ...], Record]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    state: Record | None = None
    synced: dict[str, list[Record]] = field(default_factory=dict)
    messages: int = 0

    def take(self, line: bytes) -> None:
        """Take one line."""
        message = json.loads(line)
        self.messages += 1
        kind = message["type"]
        message.pop("time_extracted", None)
        if kind == "SCHEMA":
            self.keys[message["stream"]] = message["key_properties"]
        elif kind == "RECORD":
            stream, record = message["stream"], message["record"]
            self.log(f"RECORD {stream} {json.dumps(record, sort_keys=True, default=str)}")
            key = tuple(record[name] for name in self.keys[stream])
            self.rows.setdefault(stream, {})[key] = record
            self.synced.setdefault(stream, []).append(record)
        elif kind == "STATE":
            self.log(f"STATE {json.dumps(message['value'], sort_keys=True)}")
            self.state = message["value"]


class Pipe:
    """A tap's standard output: buffered, and read by a target at once.

    Attributes:
        refuses_after: So many more writes are taken; then the target is gone. None for ever.
    """

    def __init__(self, scheduler: Scheduler, target: Target) -> None:
        self._scheduler = scheduler
        self._target = target
        self._held = bytearray()
        self._rest = b""
        self.refuses_after: int | None = None
        self.refused = 0

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
        for line in lines:
            self._target.take(line)
