"""JSON and XML without the few characters that would end their parsing: one of them costs no report."""

from __future__ import annotations

import codecs
import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_amazon_seller.reports.text import stray_bytes

if TYPE_CHECKING:
    import io

REPLACEMENT = "\ufffd"


class CleanText(ABC):
    """Reads UTF-8, and counts what had to be replaced in it.

    A byte that is not UTF-8 becomes the character that it is in Cp1252, a character that is not allowed
    U+FFFD. Byte-order marks at the start are not text.

    Attributes:
        replaced: Characters that were replaced so far.
    """

    def __init__(self, binary: io.BufferedIOBase) -> None:
        self.replaced = 0
        self._binary = binary
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._is_utf8: bool | None = None
        self._is_start = True

    def read(self, size: int = -1) -> bytes:
        """The next piece, of about that size; empty at the end."""
        while True:
            piece = self._binary.read(size)
            if self._is_utf8 is None:
                self._is_utf8 = self._says_utf8(piece)
            if not self._is_utf8:
                return piece
            text = self._rest + self._decoder.decode(piece, final=not piece)
            if self._is_start:
                text = text.lstrip("\ufeff")
                self._is_start = not text
            cut = self._whole(text) if piece else len(text)
            self._rest, text = text[cut:], text[:cut]
            if text or not piece:
                return self._cleaned(text).encode()

    def _says_utf8(self, start: bytes) -> bool:
        """Whether the text says that it is UTF-8, or nothing; one of another charset is left alone."""
        return b"\x00" not in start[:4]

    @abstractmethod
    def _whole(self, text: str) -> int:
        """Where a piece can be cut so that no reference or escape is torn."""

    def _cleaned(self, text: str) -> str:
        text, count = _NOT_ALLOWED.subn(_replacement, text)
        self.replaced += count
        return text


class CleanXml(CleanText):
    """XML in UTF-8; a text in another encoding, which its first line names, is read as it is."""

    @override
    def _says_utf8(self, start: bytes) -> bool:
        named = _ENCODING.match(start)
        return super()._says_utf8(start) and not (named and named[1].lower() != b"utf-8")

    @override
    def _whole(self, text: str) -> int:
        cut = text.rfind("&", -_LONGEST_REFERENCE)
        return len(text) if cut < 0 else cut

    @override
    def _cleaned(self, text: str) -> str:
        return super()._cleaned(_REFERENCE.sub(self._allowed, text) if "&#" in text else text)

    def _allowed(self, reference: re.Match[str]) -> str:
        digits = reference[1]
        code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
        if code <= _HIGHEST and not _NOT_ALLOWED.match(chr(code)):
            return reference[0]
        self.replaced += 1
        return REPLACEMENT


class CleanJson(CleanText):
    r"""JSON in UTF-8.

    Half a character, as in `"\ud83d"`, is what remains of an emoji that a writer has cut; a parser would
    take it for a question mark.
    """

    @override
    def _whole(self, text: str) -> int:
        last = len(text) - _LONGEST_ESCAPE
        if "\\" not in text[max(last, 0) :]:
            return len(text)
        starts = (escape.start() for escape in _ESCAPE.finditer(text))
        return next((start for start in starts if start > last), len(text))

    @override
    def _cleaned(self, text: str) -> str:
        has_halves = "\\ud" in text or "\\uD" in text
        return super()._cleaned(_ESCAPE.sub(self._without_half, text) if has_halves else text)

    def _without_half(self, escape: re.Match[str]) -> str:
        if not escape["half"]:
            return escape[0]
        self.replaced += 1
        return r"\ufffd"


_ENCODING = re.compile(rb"""\s*<\?xml[^>]*encoding\s*=\s*["']([^"']+)""")
_LONGEST_REFERENCE = 12
_HIGHEST = 0x10FFFF
_REFERENCE = re.compile(r"&#([xX][0-9a-fA-F]{1,6}|[0-9]{1,7});")
_NOT_ALLOWED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST_ESCAPE = 12
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.|$)",
    re.DOTALL,
)


def _replacement(found: re.Match[str]) -> str:
    return stray_bytes.CHARACTERS.get(ord(found[0]), REPLACEMENT)
