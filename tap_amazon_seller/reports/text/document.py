"""A report document on this machine, read as lines of text.

The raw body is spooled to an unnamed file, so that memory stays small, several streams can read the
same document, and nothing is left behind however the tap ends.
"""

from __future__ import annotations

import codecs
import contextlib
import io
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, cast

from tap_amazon_seller.errors import ReportUnavailableError, TapError
from tap_amazon_seller.machine.inflate import DAMAGED
from tap_amazon_seller.reports.text import stray_bytes
from tap_amazon_seller.reports.text.bounds import LONGEST_LINE
from tap_amazon_seller.reports.text.charset import LINEWISE
from tap_amazon_seller.reports.text.lines import READ_SIZE, UTF8_BOM, LongLineError, whole_lines
from tap_amazon_seller.reports.text.spool import WithLineFeeds, uncompressed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator


@dataclass(slots=True)
class ReportDocument:
    """A complete document, which may be read several times, by one reader at a time.

    Attributes:
        document_id: Amazon's reportDocumentId.
        charset: The codec that its text is read in.
        report_id: Amazon's reportId, once the document belongs to a report.
        size: Bytes of uncompressed text that the last reading went through.
        oddities_told: Whether a reading has warned of characters that it had to replace.
        undecodable: Bytes that the charset does not know, counted by the last reading; each is kept
            as the character that it is in Cp1252, never as `?`.
        has_returns_alone: Whether its lines end with carriage returns alone; None before any reading.
        scattered: The keys of the first column that come back after others, and a few that do not; None
            where that is not known (see `rows.groups`). Where it is, the header comes once.
    """

    document_id: str
    charset: str
    body: IO[bytes]
    report_id: str = ""
    size: int = field(default=0, init=False)
    undecodable: int = field(default=0, init=False)
    oddities_told: bool = field(default=False, init=False)
    has_returns_alone: bool | None = field(default=None, init=False)
    scattered: frozenset[str] | None = field(default=None, init=False)

    def lines(self) -> Iterator[str]:
        """The text's lines, split at line feeds alone: titles hold characters such as U+0085.

        Raises:
            ReportUnavailableError: The text is not in its charset at all, was damaged on the disk, has
                a line of more than `LONGEST_LINE` characters, or takes more memory than there is.
            TapError: The disk cannot be read.
        """
        is_utf8 = LINEWISE.get(codecs.lookup(self.charset).name) == "utf-8"
        with self._text() as binary:
            text = io.TextIOWrapper(
                cast("IO[bytes]", binary), self.charset, errors="surrogateescape", newline="\n"
            )
            try:
                while line := text.readline(LONGEST_LINE):
                    if len(line) == LONGEST_LINE and not line.endswith("\n"):
                        raise LongLineError
                    if line.isascii():
                        yield line
                    else:
                        # Amazon joins files that each begin with a mark.
                        yield self._unescaped(line.removeprefix("\ufeff") if is_utf8 else line)
            finally:
                text.detach()

    def blocks(self, is_utf8: Callable[[bytes], bool] | None = None) -> Generator[bytes]:
        """The same text in UTF-8, in pieces of about a megabyte, each of complete lines.

        Args:
            is_utf8: Recognises valid UTF-8 faster than Python does.

        Raises:
            ReportUnavailableError: As `lines` does.
            TapError: As `lines` does.
        """
        codec = codecs.lookup(self.charset).name
        if codec not in LINEWISE:
            yield from _joined(self.lines())
            return
        codec = LINEWISE[codec]
        with self._text() as binary:
            mark = UTF8_BOM if codec == "utf-8" else b""
            while lines := whole_lines(binary):
                # One byte is looked for faster than three.
                if mark and mark[:1] in lines and mark in lines:
                    lines = lines.removeprefix(mark).replace(b"\n" + mark, b"\n")
                yield self._utf8(lines, codec, is_utf8)
                lines = b""  # or they would be kept while the next ones are read

    def _utf8(self, block: bytes, codec: str, is_utf8: Callable[[bytes], bool] | None) -> bytes:
        if block.isascii() or (codec == "utf-8" and is_utf8 and is_utf8(block)):
            return block
        try:
            text = block.decode(codec)
        except UnicodeDecodeError:
            return self._unescaped(block.decode(codec, "surrogateescape")).encode()
        return block if codec == "utf-8" else text.encode()

    @contextlib.contextmanager
    def _text(self) -> Iterator[io.BufferedIOBase]:
        """The uncompressed bytes of a reading as text, with its failures reported."""
        self.undecodable = 0
        if self.has_returns_alone is None:
            first = self._first_bytes(READ_SIZE)
            is_linewise = codecs.lookup(self.charset).name in LINEWISE
            self.has_returns_alone = is_linewise and b"\r" in first and b"\n" not in first
        with uncompressed(self.body) as binary:
            try:
                with_feeds = self.has_returns_alone
                yield io.BufferedReader(WithLineFeeds(binary)) if with_feeds else binary
            except LongLineError:
                raise ReportUnavailableError(self._why_long()) from None
            except MemoryError:
                raise self.out_of_memory() from None
            except UnicodeError:
                raise ReportUnavailableError(
                    f"document {self.document_id} cannot be read in charset {self.charset}; name "
                    "another in 'report_charset'"
                ) from None
            except DAMAGED:
                raise ReportUnavailableError(
                    f"document {self.document_id} was damaged (gzip) after its download"
                ) from None
            except OSError as error:
                raise TapError(
                    f"Document {self.document_id} cannot be read back from the disk "
                    f"({error.strerror}); name another folder in 'spool_path'."
                ) from None
            finally:
                self._note_size(binary)

    def out_of_memory(self) -> ReportUnavailableError:
        """What is reported when there is not enough memory to read the document."""
        return ReportUnavailableError(
            f"document {self.document_id} takes more memory to read than there is; give the tap more"
        )

    def _why_long(self) -> str:
        """What is reported of a text without line ends where they are due."""
        start = self._first_bytes(READ_SIZE).removeprefix(UTF8_BOM).lstrip()[:1]
        what = "JSON or XML" if start in {b"{", b"[", b"<"} else "something else"
        return (
            f"document {self.document_id} has a line of more than {LONGEST_LINE:,} characters, so it is "
            f"no flat file but {what}"
        )

    def _first_bytes(self, size: int) -> bytes:
        """How the uncompressed text begins; what is wrong with it is reported by its reading."""
        with uncompressed(self.body) as binary, contextlib.suppress(*DAMAGED, OSError):
            return binary.read(size)
        return b""

    @contextlib.contextmanager
    def binary(self) -> Iterator[io.BufferedIOBase]:
        """The uncompressed bytes, from their start, without a byte-order mark of UTF-8.

        Raises:
            ReportUnavailableError: The document is damaged, or takes more memory than there is.
        """
        has_mark = self._first_bytes(len(UTF8_BOM)) == UTF8_BOM
        with uncompressed(self.body) as binary:
            try:
                if has_mark:
                    binary.read(len(UTF8_BOM))
                yield binary
            except DAMAGED:
                raise ReportUnavailableError(
                    f"document {self.document_id} is damaged (gzip)"
                ) from None
            except MemoryError:
                raise self.out_of_memory() from None
            finally:
                self._note_size(binary)

    @property
    def stored(self) -> int:
        """Bytes of the body as it was downloaded."""
        return self.body.seek(0, io.SEEK_END)

    def _note_size(self, binary: io.BufferedIOBase) -> None:
        """Take note of how far a reading came; one that was given up may outlive the file."""
        if not self.body.closed:
            self.size = binary.tell()

    def close(self) -> None:
        """Give the disk space back."""
        self.body.close()

    def _unescaped(self, line: str) -> str:
        try:
            line.encode()
        except UnicodeEncodeError:
            plain = line.translate(stray_bytes.CHARACTERS)
            plain.encode()
            self.undecodable += sum(ord(character) in stray_bytes.CHARACTERS for character in line)
            return plain
        return line


def _joined(lines: Iterator[str]) -> Generator[bytes]:
    """Lines in pieces of about a megabyte."""
    block: list[str] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size >= READ_SIZE:
            yield "".join(block).encode()
            block, size = [], 0
    if block:
        yield "".join(block).encode()
