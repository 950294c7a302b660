"""What a document's text is like, found out in one pass while its body is still coming in.

Whether gzip is complete, whether the text is UTF-8, and which keys come back after others: a pass for
each, after the download, would cost as much as reading the document.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Self

import numpy as np
from typing_extensions import override

from amazon_selling_partner import THIS_MACHINE, RetryableError
from tap_amazon_seller.machine.arrow import is_utf8
from tap_amazon_seller.machine.inflate import DAMAGED
from tap_amazon_seller.machine.prefetch import ahead
from tap_amazon_seller.reports.text.lines import CP1252_ALONE, LARGE, UTF8_BOM
from tap_amazon_seller.reports.text.scattered_keys import FirstCells
from tap_amazon_seller.reports.text.spool import Arriving, uncompressed_arriving

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Generator

    from amazon_selling_partner import ContentInfo, Machine, Thread

PIECE = 2 << 20


@dataclass(frozen=True, slots=True)
class Findings:
    """What a text is like.

    Attributes:
        has_mark: Whether it begins with UTF-8's byte-order mark.
        is_utf8: Whether it is valid UTF-8 from beginning to end; None if nobody asked.
        is_ascii: Whether it is ASCII from beginning to end, if somebody requested UTF-8.
        has_cp1252: Whether it has bytes that are letters and signs in Cp1252 alone, likewise.
        scattered: The keys of its first column that come back after others, and a few that do not; None
            where nobody requested it, or the text as it comes does not show it.
    """

    has_mark: bool = False
    is_utf8: bool | None = None
    is_ascii: bool = False
    has_cp1252: bool = False
    scattered: frozenset[str] | None = None


class Inspection:
    """Inspects a body in a thread of its own while it is written. A context manager.

    Args:
        body: The file that the body is kept in; empty, and written here alone.
        wants_utf8: Whether it matters if the text is UTF-8, given what the download says of it.
        key: The first column of a flat file whose rows belong together if they share it, if any.
        machine: Whose threads inspect.
    """

    def __init__(
        self,
        body: IO[bytes],
        wants_utf8: Callable[[ContentInfo], bool],
        key: str = "",
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self._machine = machine
        self._arriving = Arriving(body, machine)
        self._wants_utf8 = wants_utf8
        self._key = key
        self._findings = Findings()
        self._error: BaseException | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until nothing reads the body any more."""
        self._arriving.end()
        if self._thread:
            self._thread.join()

    def begin(self, info: ContentInfo) -> None:
        """Start with a body of which this much is known."""

        def inspect() -> None:
            try:
                text, is_compressed = uncompressed_arriving(self._arriving)
                wants_utf8 = self._wants_utf8(info)
                is_large = info.size is None or info.size >= LARGE
                cells = FirstCells(self._key, info.size) if self._key and is_large else None
                if is_compressed or wants_utf8 or cells:
                    self._findings = inspected(
                        text,
                        wants_utf8=wants_utf8,
                        cells=cells,
                        is_large=is_large,
                        machine=self._machine,
                    )
                else:
                    self._findings = Findings(text.read(len(UTF8_BOM)) == UTF8_BOM)
            except BaseException as error:  # noqa: BLE001 - it is raised on the other side
                self._error = error

        self._thread = self._machine.start(inspect, "inspect")

    def write(self, chunk: bytes) -> None:
        """Keep a piece of the body."""
        self._arriving.write(chunk)

    def findings(self) -> Findings:
        """What was found, once all has come; raises what reading raised."""
        self.__exit__()
        if self._error:
            raise self._error
        return self._findings


def inspected(
    text: io.BufferedIOBase,
    *,
    wants_utf8: bool = True,
    cells: FirstCells | None = None,
    is_large: bool = False,
    machine: Machine = THIS_MACHINE,
) -> Findings:
    """What a text is like, read to its end.

    Args:
        text: The uncompressed text.
        wants_utf8: Whether to find out if it is UTF-8.
        cells: Finds the keys that come back, if they matter.
        is_large: Whether it pays to use more threads.
        machine: Whose threads these are.

    Raises:
        RetryableError: It is gzip that ends early or is damaged.
    """
    check = (_Utf8InBlocks() if is_large else _Utf8()) if wants_utf8 else None
    try:
        start = text.read(len(UTF8_BOM))
        pieces = _pieces(start, text)
        for piece in ahead(pieces, machine=machine) if is_large else pieces:
            if check:
                check.add(piece)
            if cells:
                cells.add(piece)
    except DAMAGED:
        raise RetryableError("A report document came cut short or damaged (gzip)") from None
    return Findings(
        start == UTF8_BOM,
        check.finish() if check else None,
        is_ascii=check is not None and check.is_ascii,
        has_cp1252=check is not None and check.has_cp1252,
        scattered=cells.finish() if cells else None,
    )


def _pieces(start: bytes, text: io.BufferedIOBase) -> Generator[bytes]:
    yield start
    while piece := text.read(PIECE):
        yield piece


class _Utf8:
    """Whether pieces of a text are valid UTF-8 together, given up at once, and what else they hold."""

    def __init__(self) -> None:
        self.is_ascii = True
        self.has_cp1252 = False
        self._is_valid = True
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def add(self, piece: bytes) -> None:
        if not piece.isascii():
            self.is_ascii = False
            self.has_cp1252 = self.has_cp1252 or self._has_cp1252(piece)
        if self._is_valid:
            self._is_valid = self._decodes(piece)

    def finish(self) -> bool:
        return self._is_valid and self._decodes(b"", is_last=True)

    def _has_cp1252(self, piece: bytes) -> bool:
        return CP1252_ALONE.search(piece) is not None

    def _decodes(self, piece: bytes, *, is_last: bool = False) -> bool:
        try:
            self._decoder.decode(piece, final=is_last)
        except UnicodeDecodeError:
            return False
        return True


class _Utf8InBlocks(_Utf8):
    """The same with Arrow and numpy, at ten times the speed."""

    def __init__(self) -> None:
        super().__init__()
        self._rest = b""

    @override
    def _has_cp1252(self, piece: bytes) -> bool:
        above = np.frombuffer(piece, np.uint8) - np.uint8(_CONTROLS.start)
        return bool((above < len(_CONTROLS)).any()) and super()._has_cp1252(piece)

    @override
    def _decodes(self, piece: bytes, *, is_last: bool = False) -> bool:
        text = self._rest + piece
        end = len(text) if is_last else _end_of_characters(text)
        self._rest = text[end:]
        return is_utf8(text[:end])


LONGEST_CHARACTER = 4
_CONTROLS = range(0x80, 0xA0)
"""The characters of ISO-8859-1 among which Cp1252 has letters and signs."""
_LEADS = 0xC0  # and more: the bytes that begin a character of several


def _end_of_characters(text: bytes) -> int:
    """Where a text in UTF-8 can be cut without cutting its last character, if that has several bytes."""
    for size in range(1, min(LONGEST_CHARACTER, len(text)) + 1):
        if text[-size] >= _LEADS:
            return len(text) - size
    return len(text)
