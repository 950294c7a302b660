"""RECORD messages are written many at a time, and sooner where records are large."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typing_extensions import override

from tap_amazon_seller.output.messages import BYTES_AT_ONCE, RECORDS_AT_ONCE, Lines, MessageWriter


class Kept(MessageWriter):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[list[Any]] = []

    @override
    def write_lines(self, lines: bytes | memoryview, *, is_flushed: bool = False) -> None:
        self.written.append([json.loads(line) for line in bytes(lines).splitlines()])


@pytest.mark.parametrize(
    ("text", "together"), [("a", RECORDS_AT_ONCE), ("a" * (BYTES_AT_ONCE // 3), 3)]
)
def test_records_are_kept_back_up_to_a_number_and_a_size(text: str, together: int) -> None:
    writer = Kept()
    lines = Lines(writer, "stream", version=7)

    for number in range(together + 1):
        lines.add({"number": number, "text": text})
    assert [len(messages) for messages in writer.written] == [together]
    lines.flush()
    lines.flush()

    assert [len(messages) for messages in writer.written] == [together, 1]
    messages = [message for some in writer.written for message in some]
    assert [message["record"]["number"] for message in messages] == list(range(together + 1))
    assert {(each["type"], each["stream"], each["version"]) for each in messages} == {
        ("RECORD", "stream", 7)
    }
    assert all(message["time_extracted"] for message in messages)


def test_records_that_are_dropped_are_not_written() -> None:
    writer = Kept()
    lines = Lines(writer, "stream", version=None)

    lines.add({"number": 1})
    lines.discard()
    lines.flush()

    assert writer.written == []
