"""A report document on this machine: downloaded whole, checked, and read as text lines.

The raw body is spooled to an unnamed file, so that memory stays small, several streams can read the
same document, and nothing is left behind however the tap ends.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import itertools
import logging
import re
import tempfile
from dataclasses import dataclass, field
from functools import partial
from typing import IO, TYPE_CHECKING, cast

from amazon_selling_partner import RetryableError
from tap_amazon_seller.config.settings import is_text_codec
from tap_amazon_seller.errors import ReportUnavailableError, TapError
from tap_amazon_seller.machine.inflate import DAMAGED
from tap_amazon_seller.reports.text.inspection import UTF8_BOM, Findings, Inspection
from tap_amazon_seller.reports.text.spool import GZIP_MAGIC, uncompressed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from amazon_selling_partner import ContentInfo, SellingPartnerClient

logger = logging.getLogger(__name__)

READ_SIZE = 3 << 18
CODECS = {"windows-31j": "cp932", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932"}
"""Charset names that Python does not know, or reads too narrowly."""

LINEWISE = {
    "ascii": "ascii", "cp1252": "cp1252", "cp932": "cp932", "iso8859-1": "iso8859-1",
    "utf-8": "utf-8", "utf-8-sig": "utf-8",
}  # fmt: skip
"""Codecs, by Python's names, that have line feeds where the bytes do: lines can be decoded singly."""
LINES_OF_BLOCK = 4096

LATIN = "ISO-8859-1"
_CP1252_ALONE = re.compile(rb"[\x80\x82-\x84\x86-\x8c\x8e\x91-\x9c\x9e\x9f]")
"""Letters and signs in Cp1252 that are control characters in ISO-8859-1. Without 0x85, which titles
do hold as a control character (U+0085)."""

_LOWEST_ESCAPE, _HIGHEST_ESCAPE = 0xDC80, 0xDCFF
_UNESCAPED = {code: code - 0xDC00 for code in range(_LOWEST_ESCAPE, _HIGHEST_ESCAPE + 1)}


@dataclass(slots=True)
class ReportDocument:
    """A whole document, which may be read several times, by one reader at a time.

    Attributes:
        document_id: Amazon's reportDocumentId.
        charset: The codec that its text is read in.
        size: Bytes of uncompressed text that the last reading went through.
        rejects_kept: Whether a reading has kept the rows that cannot be records.
        undecodable: Bytes that the charset does not know, counted by the last reading; each is kept
            as the Latin-1 character of its code, never as `?`.
        apart: What the download or a reading found out about rows that belong together (see
            `rows.groups`).
    """

    document_id: str
    charset: str
    body: IO[bytes]
    size: int = field(default=0, init=False)
    undecodable: int = field(default=0, init=False)
    rejects_kept: bool = field(default=False, init=False)
    apart: dict[tuple[str, ...], set[str]] = field(default_factory=dict, init=False)

    def lines(self) -> Iterator[str]:
        """The text's lines, split at line feeds alone: titles hold characters such as U+0085.

        Raises:
            ReportUnavailableError: The text is not in its charset at all, or was damaged on the disk.
            TapError: The disk cannot be read.
        """
        with self._text() as binary:
            text = io.TextIOWrapper(
                cast("IO[bytes]", binary), self.charset, errors="surrogateescape", newline="\n"
            )
            try:
                for line in text:
                    yield line if line.isascii() else self._unescaped(line)
            finally:
                text.detach()

    def blocks(self, is_utf8: Callable[[bytes], bool] | None = None) -> Generator[bytes]:
        """The same text in UTF-8, in pieces of about a megabyte, each of whole lines.

        Args:
            is_utf8: Tells valid UTF-8 faster than Python does.

        Raises:
            ReportUnavailableError: As `lines` does.
            TapError: As `lines` does.
        """
        codec = codecs.lookup(self.charset).name
        if codec not in LINEWISE:
            single = self.lines()
            while block := "".join(itertools.islice(single, LINES_OF_BLOCK)):
                yield block.encode()
            return
        codec = LINEWISE[codec]
        with self._text() as binary:
            mark = UTF8_BOM if codec == "utf-8" else b""
            lines = _whole_lines(binary).removeprefix(mark)
            while lines:
                yield self._utf8(lines, codec, is_utf8)
                lines = b""  # or they would be kept while the next ones are read
                lines = _whole_lines(binary)

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
        """The uncompressed bytes of a reading as text, with its failures told."""
        self.undecodable = 0
        with uncompressed(self.body) as binary:
            try:
                yield binary
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

    @contextlib.contextmanager
    def binary(self) -> Iterator[io.BufferedIOBase]:
        """The uncompressed bytes, from their start.

        Raises:
            ReportUnavailableError: The document is damaged.
        """
        with uncompressed(self.body) as binary:
            try:
                yield binary
            except DAMAGED:
                raise ReportUnavailableError(
                    f"document {self.document_id} is damaged (gzip)"
                ) from None
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
            plain = line.translate(_UNESCAPED)
            plain.encode()
            self.undecodable += sum(
                _LOWEST_ESCAPE <= ord(character) <= _HIGHEST_ESCAPE for character in line
            )
            return plain
        return line


def _whole_lines(text: io.BufferedIOBase) -> bytes:
    """The next piece of a text, up to the end of a line."""
    piece = text.read(READ_SIZE)
    return piece if piece.endswith(b"\n") else piece + text.readline()


def download(
    client: SellingPartnerClient,
    document_id: str,
    url: str,
    *,
    spool_path: Path | None,
    charset: str | None,
    default_charset: str,
    groups_by: str = "",
    received: Callable[[int], None] = lambda _: None,
) -> ReportDocument:
    """Download a document, tried once, and check that it came whole.

    Plain text has no trailer to check, as gzip has. Where it ends within a line it may have been cut
    together with its Content-Length, or Amazon may have written no last line end, as in JSON: such a
    document, and no other, is downloaded once more and believed when the same size comes twice. Text
    that was cut between two lines cannot be told from whole text.

    Args:
        client: The account's client.
        document_id: reportDocumentId of a finished report.
        url: Its presigned URL.
        spool_path: Folder of the spool file; None for the system's.
        charset: Codec that the user insists on.
        default_charset: Codec for a download that names none.
        groups_by: The first column of a flat file whose rows belong together if they share it, if any.
        received: Told the number of bytes of each piece as it comes.

    Raises:
        ExpiredUrlError: The URL is no longer good.
        NotFoundError: The document is gone.
        RetryableError: It did not come whole.
        TapError: The spool folder cannot be written to.
    """

    def once() -> tuple[ReportDocument, int | None]:
        return _download_once(
            client,
            document_id,
            url,
            spool_path=spool_path,
            charset=charset,
            default_charset=default_charset,
            groups_by=groups_by,
            received=received,
        )

    found, doubtful = once()
    if doubtful is None:
        return found
    found.close()
    found, again = once()
    if again is None:
        logger.warning(
            "Document %s came cut short (%d bytes), and whole a second time.", document_id, doubtful
        )
    elif again != doubtful:
        found.close()
        raise RetryableError(
            f"A report document came cut short: {doubtful} bytes, and {again} a second time"
        )
    return found


def _download_once(
    client: SellingPartnerClient,
    document_id: str,
    url: str,
    *,
    spool_path: Path | None,
    charset: str | None,
    default_charset: str,
    groups_by: str,
    received: Callable[[int], None],
) -> tuple[ReportDocument, int | None]:
    """The document as it comes, and its size where it may have been cut; raises as `download` does."""
    body: IO[bytes] | None = None
    try:
        body = tempfile.TemporaryFile(prefix="tap-amazon-seller-", dir=spool_path)  # noqa: SIM115
        with Inspection(body, partial(_wants_utf8, charset), groups_by) as inspection:

            def keep(chunk: bytes) -> None:
                inspection.write(chunk)
                received(len(chunk))

            info = client.download(url, keep, inspection.begin)
            doubtful = _check_whole(body, info.media_type)
            findings = inspection.findings()
        codec = charset or _charset(body, findings, info.charset, default_charset)
    except OSError as error:
        _discard(body)
        raise _spool_error(spool_path, error) from None
    except BaseException:
        _discard(body)
        raise
    found = ReportDocument(document_id, codec, body)
    if findings.apart is not None and codecs.lookup(codec).name in LINEWISE:
        found.apart[groups_by,] = set(findings.apart)
    return found, doubtful


def _discard(body: IO[bytes] | None) -> None:
    with contextlib.suppress(OSError):  # on a full disk, closing tries once more to write
        if body:
            body.close()


def _spool_error(spool_path: Path | None, error: OSError) -> TapError:
    return TapError(
        f"The spool folder {spool_path or tempfile.gettempdir()} cannot be written to "
        f"({error.strerror}); make room there, or name another folder in 'spool_path'."
    )


def _check_whole(body: IO[bytes], media_type: str) -> int | None:
    """Raise when the body is empty or an HTML page.

    Answers the size of a plain text that ends within a line: it may have been cut.
    """
    body.seek(0)
    start = body.read(64)
    if not start:
        raise RetryableError("A report document came empty")
    if media_type == "text/html" or start.lstrip().lower().startswith(
        (b"<!doctype html", b"<html")
    ):
        raise RetryableError("An HTML page came where a report document was due")
    if not start.startswith(GZIP_MAGIC):
        body.seek(-1, io.SEEK_END)
        return None if body.read(1) in {b"\n", b"\r"} else body.tell()
    return None


def _wants_utf8(charset: str | None, info: ContentInfo) -> bool:
    """Whether the codec depends on the text being UTF-8: nobody names another."""
    return not charset and not is_text_codec(CODECS.get(info.charset, info.charset))


def _charset(body: IO[bytes], findings: Findings, named: str, default: str) -> str:
    """The codec of the text: a byte-order mark decides, then the download, then the text itself.

    Amazon's Content-Type names the charset of most files (`Cp1252`, `UTF-8`, `Windows-31J`), but not
    of all. Where it names none, a text that is UTF-8 from beginning to end is UTF-8: in a text in
    Latin letters or Shift-JIS some character is soon followed by one that UTF-8 forbids there. Any
    other text is in the marketplace's own charset, the `default`; where that is ISO-8859-1 and the
    text has characters such as the euro sign, which ISO-8859-1 lacks, it is Cp1252.
    """
    if findings.has_mark:
        return "utf-8-sig"
    codec = CODECS.get(named, named)
    if is_text_codec(codec):
        return codec
    if findings.is_utf8:
        return "utf-8"
    return "cp1252" if default == LATIN and _holds(body, _CP1252_ALONE) else default


def _holds(body: IO[bytes], pattern: re.Pattern[bytes]) -> bool:
    with uncompressed(body) as text:
        while piece := text.read(READ_SIZE):
            if pattern.search(piece):
                return True
    return False
