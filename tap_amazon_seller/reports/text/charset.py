"""Which charset a document is in: the user's word, the download's, or the text's own evidence."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

from tap_amazon_seller.reports.text.lines import READ_SIZE
from tap_amazon_seller.reports.text.spool import uncompressed

if TYPE_CHECKING:
    from amazon_selling_partner import ContentInfo
    from tap_amazon_seller.reports.text.inspection import Findings

CODECS = {"windows-31j": "cp932", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932"}
"""Charset names that Python does not know, or reads too narrowly."""
LINEWISE = {
    "ascii": "ascii", "cp1252": "cp1252", "cp932": "cp932", "iso8859-1": "iso8859-1",
    "utf-8": "utf-8", "utf-8-sig": "utf-8",
}  # fmt: skip
"""Codecs, by Python's names, that have line feeds where the bytes do: lines can be decoded singly."""
LATIN = "ISO-8859-1"
_CP1252_ALONE = re.compile(rb"[\x80\x82-\x84\x86-\x8c\x8e\x91-\x9c\x9e\x9f]")
"""Letters and signs in Cp1252 that are control characters in ISO-8859-1. Without 0x85, which titles
do hold as a control character (U+0085)."""


def is_text_codec(name: str) -> bool:
    """Whether Python can read flat files in this charset, whose tabs and digits must be ASCII."""
    try:
        return b"\t1".decode(name) == "\t1"
    except (LookupError, UnicodeError):
        return False


def wants_utf8(charset: str | None, info: ContentInfo) -> bool:
    """Whether the codec depends on the text being UTF-8: nobody names another."""
    return not charset and not is_text_codec(CODECS.get(info.charset, info.charset))


def charset_of(body: IO[bytes], findings: Findings, named: str, default: str) -> str:
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
