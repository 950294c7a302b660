"""Writes Singer messages to standard output: fast, and never half a line when told to stop."""

from __future__ import annotations

import os
import sys
from typing import Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerWriter, SingerMessageType
from singer_sdk.singerlib.encoding.simple import Message

_ENCODER = msgspec.json.Encoder(enc_hook=str, decimal_format="number")


class MessageWriter(GenericSingerWriter[bytes, Message]):
    """Encodes with msgspec and flushes with every message that is not a RECORD."""

    def __init__(self) -> None:
        self._writing = False
        self._exit_code: int | None = None

    def serialize_message(self, message: Message) -> bytes:
        """One line of JSON."""
        return _ENCODER.encode(message.to_dict()) + b"\n"

    def write_message(self, message: Message) -> None:
        """Write one whole line."""
        line = self.serialize_message(message)
        output: Any = sys.stdout.buffer
        self._writing = True
        try:
            output.write(line)
            if message.type is not SingerMessageType.RECORD:
                output.flush()
        finally:
            self._writing = False
        if self._exit_code is not None:
            sys.exit(self._exit_code)

    def flush(self) -> None:
        """Send what is buffered; to a pipe that is closed, nothing can be sent any more."""
        try:
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # Keep Python from trying once more when it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def exit_between_lines(self, code: int) -> None:
        """Raise `SystemExit`: at once between two lines, else when the line is out."""
        if self._writing and self._exit_code is None:
            self._exit_code = code
            return
        sys.exit(code)
