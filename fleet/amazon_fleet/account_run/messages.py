"""Reads the Singer messages that a run has written, without reading what is in the records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORD = b'{"type":"RECORD"'


class SingerMessage(msgspec.Struct):
    """A message; `record` is JSON as the tap wrote it."""

    type: str
    stream: str = ""
    record: msgspec.Raw = msgspec.Raw()
    key_properties: list[str] = []
    schema: dict[str, Any] = {}
    value: dict[str, Any] = {}


_DECODER = msgspec.json.Decoder(SingerMessage)


def messages(path: Path) -> Iterator[SingerMessage]:
    """Yield the messages of a file."""
    with path.open("rb") as file:
        for line in file:
            yield _DECODER.decode(line)


def count_records(path: Path) -> int:
    """Return how many records a file holds."""
    with path.open("rb") as file:
        return sum(line.startswith(RECORD) for line in file)
