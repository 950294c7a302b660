"""The file that a document's body is kept in: read as text, even while the body is still coming in."""

from __future__ import annotations

import io
import os
from typing import IO, TYPE_CHECKING, cast

from typing_extensions import override

from amazon_selling_partner import THIS_MACHINE
from tap_amazon_seller.machine.inflate import GzipFile

if TYPE_CHECKING:
    from amazon_selling_partner import Machine

GZIP_MAGIC = b"\x1f\x8b"
BUFFER = 1 << 17  # bytes of the body that are read at once


class Unclosed(io.RawIOBase):
    """Reads a file without closing it afterwards."""

    def __init__(self, body: IO[bytes]) -> None:
        self._body = body

    @override
    def readable(self) -> bool:
        """Yes."""
        return True

    @override
    def tell(self) -> int:
        """How far it has been read."""
        return self._body.tell()

    @override
    def readinto(self, buffer: object) -> int:
        """Read into a buffer; how much."""
        view = cast("memoryview", buffer)
        data = self._body.read(len(view))
        view[: len(data)] = data
        return len(data)


class WithLineFeeds(io.RawIOBase):
    """Reads a text with line feeds in the place of its carriage returns; leaves it open."""

    def __init__(self, text: io.BufferedIOBase) -> None:
        self._text = text

    @override
    def readable(self) -> bool:
        """Yes."""
        return True

    @override
    def readinto(self, buffer: object) -> int:
        """Read into a buffer; how much."""
        view = cast("memoryview", buffer)
        data = self._text.read(len(view)).replace(b"\r", b"\n")
        view[: len(data)] = data
        return len(data)


class Arriving(io.RawIOBase):
    """Reads a file while another thread still writes it: reading waits for what has not come yet."""

    def __init__(self, body: IO[bytes], machine: Machine = THIS_MACHINE) -> None:
        self._body = body
        self._changed = machine.condition()
        self._size = self._read = 0
        self._ended = False

    @override
    def write(self, chunk: object) -> int:
        """Append to the file."""
        size = self._body.write(cast("bytes", chunk))
        self._body.flush()
        with self._changed:
            self._size += size
            self._changed.notify()
        return size

    def end(self) -> None:
        """Nothing more will come."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    @override
    def readable(self) -> bool:
        """Yes."""
        return True

    @override
    def readinto(self, buffer: object) -> int:
        """Read what has come into a buffer; how much, and 0 at the end."""
        view = cast("memoryview", buffer)
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._size > self._read)
            size = min(len(view), self._size - self._read)
        data = os.pread(self._body.fileno(), size, self._read)
        view[: len(data)] = data
        self._read += len(data)
        return len(data)


def uncompressed(body: IO[bytes]) -> io.BufferedIOBase:
    """The uncompressed text of a file, from its start."""
    body.seek(0)
    compressed = body.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    body.seek(0)
    if compressed:
        return cast("io.BufferedIOBase", GzipFile(fileobj=body, mode="rb"))
    return io.BufferedReader(Unclosed(body), BUFFER)


def uncompressed_arriving(body: io.RawIOBase) -> tuple[io.BufferedIOBase, bool]:
    """The uncompressed text of a file that cannot be sought in, and whether it is compressed."""
    buffered = io.BufferedReader(body, BUFFER)
    if buffered.peek(len(GZIP_MAGIC))[: len(GZIP_MAGIC)] == GZIP_MAGIC:
        return cast("io.BufferedIOBase", GzipFile(fileobj=buffered, mode="rb")), True
    return buffered, False
