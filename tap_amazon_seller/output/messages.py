"""Writes Singer messages to standard output: fast, and never half a line when asked to stop."""

from __future__ import annotations

import contextlib
import os
import sys
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TextIO

import msgspec
from singer_sdk.helpers import _state
from singer_sdk.helpers._util import utc_now
from singer_sdk.singerlib.encoding.base import GenericSingerWriter, SingerMessageType
from singer_sdk.singerlib.encoding.simple import Message, StateMessage
from typing_extensions import override

from tap_amazon_seller.errors import TapError
from tap_amazon_seller.output import json_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import TapState

    Record = dict[str, Any]

ENCODER = msgspec.json.Encoder(enc_hook=str, decimal_format="number")
RECORDS_AT_ONCE = 500
BYTES_AT_ONCE = 1 << 20
"""JSON of records that are kept back; a record of JSON or XML may be large by itself."""


def copied(value: Any) -> Any:
    """A copy of what JSON has, as a state or a schema, in a twentieth of the time of `copy.deepcopy`."""
    return msgspec.to_builtins(value, enc_hook=str)


class StateWriter(_state.StateWriter):
    """Writes a state where it is another one than the last that was written."""

    @override
    def write_state(self, state: TapState) -> None:
        """Write a state, and keep a copy of it: the tap changes it in place."""
        if self._last_emitted_state is None or state != self._last_emitted_state:
            self._message_writer.write_message(StateMessage(value=state))
            self._last_emitted_state = copied(state)


class RecordOutput(ABC):
    """Where the records of one stream go: many at once, and all of them before the next STATE."""

    @abstractmethod
    def add(self, record: Record) -> None:
        """Pass on one record; it may be kept back for a while."""

    @abstractmethod
    def add_batch(self, batch: Any) -> None:
        """Pass on the rows of an Arrow record batch, each of which is a record."""

    @abstractmethod
    def flush(self) -> None:
        """Hand over what was kept back."""

    @abstractmethod
    def discard(self) -> None:
        """Drop what was kept back: no STATE covers it."""


class MessageWriter(GenericSingerWriter[bytes, Message]):
    """Encodes with msgspec and flushes with every message that is not a RECORD.

    Attributes:
        output: What holds records back that go before the next message of another kind.
    """

    output: RecordOutput | None = None

    def __init__(self) -> None:
        self._writing = False
        self._exit_code: int | None = None

    @override
    def serialize_message(self, message: Message) -> bytes:
        """One line of JSON."""
        if isinstance(
            message, StateMessage
        ):  # it may be large, and `to_dict` copies every part of it
            return ENCODER.encode({"type": message.type, "value": message.value}) + b"\n"
        return ENCODER.encode(message.to_dict()) + b"\n"

    @override
    def write_message(self, message: Message) -> None:
        """Write one complete line, after the records that come before it."""
        is_record = message.type is SingerMessageType.RECORD
        if not is_record:
            self.hand_over()
        self.write_lines(self.serialize_message(message), is_flushed=not is_record)

    def hand_over(self) -> None:
        """Send the records that are kept back: they must be out before a bookmark passes them."""
        if self.output:
            self.output.flush()

    def write_batch(self, stream: str, encoding: dict[str, str], files: list[str]) -> None:
        """Name files of records, by their URLs, in a BATCH message."""
        message = {"type": "BATCH", "stream": stream, "encoding": encoding, "manifest": files}
        self.write_lines(ENCODER.encode(message) + b"\n", is_flushed=True)

    def ensure_open(self) -> None:
        """Refuse to begin a sync whose messages cannot be written.

        Raises:
            TapError: Standard output is closed.
        """
        if sys.stdout is None:
            raise TapError("Standard output is closed, so there is nowhere to write records to.")

    def records_of(self, stream: str, version: int | None) -> RecordOutput:
        """Where the records of a stream go that are not written to files.

        Args:
            stream: The stream's name.
            version: The stream's version, where targets are informed when to drop older records.
        """
        return Lines(self, stream, version)

    def lines_output(self) -> Any:
        """Where lines are written: standard output, as bytes if it takes them."""
        return getattr(sys.stdout, "buffer", None) or _BytesAsText(sys.stdout)

    def write_lines(self, lines: bytes | memoryview, *, is_flushed: bool = False) -> None:
        """Write complete lines; as text where standard output takes no bytes, as in notebooks."""
        output = self.lines_output()
        self._writing = True
        try:
            rest = memoryview(lines)
            while rest:  # under PYTHONUNBUFFERED a signal cuts a long write short
                rest = rest[output.write(rest) :]
            if is_flushed:
                output.flush()
        finally:
            self._writing = False
        if self._exit_code is not None:
            sys.exit(self._exit_code)

    @contextlib.contextmanager
    def holding_back(self, output: RecordOutput) -> Iterator[None]:
        """Have an output's records go before other messages, and all of them before the end.

        What it holds when the tap is asked to stop is dropped; after a failure it is still sent.
        """
        self.output = output
        try:
            yield
            output.flush()
        except Exception:
            output.flush()
            raise
        finally:
            self.output = None
            output.discard()

    def flush(self) -> None:
        """Send what is buffered; to a pipe that is closed, nothing can be sent any more."""
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            # Keep Python from trying once more when it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def exit_between_lines(self, code: int) -> None:
        """Raise `SystemExit`: at once between two lines, else when the line is out."""
        if self._writing and self._exit_code is None:
            self._exit_code = code
            return
        sys.exit(code)


class _BytesAsText:
    """Writes bytes of UTF-8 to an output that takes text alone.

    Args:
        output: Standard output, as a notebook or a test has replaced it.
    """

    def __init__(self, output: TextIO) -> None:
        self._output = output

    def write(self, lines: memoryview) -> int:
        """Write all of it; answers how many bytes that were."""
        self._output.write(bytes(lines).decode())
        return len(lines)

    def flush(self) -> None:
        """Have it shown."""
        self._output.flush()


class Lines(RecordOutput):
    """Records as RECORD messages, encoded many at a time.

    Args:
        writer: Where the lines go.
        stream: The stream's name.
        version: The stream's version, where targets are informed when to drop older records.
    """

    def __init__(self, writer: MessageWriter, stream: str, version: int | None) -> None:
        self._writer = writer
        self._message: Record = {"type": "RECORD", "stream": stream}
        self._version: Record = {} if version is None else {"version": version}
        self._end: Record = {}  # of the messages that are kept back
        self._lines = bytearray()
        self._count = 0

    @override
    def add(self, record: Record) -> None:
        """Pass on one record; its message is kept back until there are enough to be written at once."""
        if not self._count:
            self._end = self._extracted()
        self._lines += ENCODER.encode({**self._message, "record": record, **self._end})
        self._lines += b"\n"
        self._count += 1
        if self._count >= RECORDS_AT_ONCE or len(self._lines) >= BYTES_AT_ONCE:
            self.flush()

    @override
    def add_batch(self, batch: Any) -> None:
        """Pass on the rows of an Arrow record batch."""
        self.flush()
        before = ENCODER.encode(self._message)[:-1] + b',"record":'
        after = b"," + ENCODER.encode(self._extracted())[1:] + b"\n"
        for lines in json_lines.encoded(batch, before.decode(), after.decode()):
            self._writer.write_lines(lines)

    @override
    def flush(self) -> None:
        """Write the records that were kept back."""
        lines = self._lines
        self.discard()
        if lines:
            self._writer.write_lines(memoryview(lines))

    @override
    def discard(self) -> None:
        """Drop the records that were kept back."""
        self._lines, self._count = bytearray(), 0

    def _extracted(self) -> Record:
        return {**self._version, "time_extracted": utc_now()}
