"""Which charset a document is in: the user's word, the download's, or the text's own evidence."""

from __future__ import annotations

import codecs
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amazon_selling_partner import ContentInfo
    from tap_amazon_seller.reports.text.inspection import Findings

logger = logging.getLogger(__name__)

CODECS = {"windows-31j": "cp932", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932"}
"""Charset names that Python does not know, or reads too narrowly."""
LINEWISE = {
    "ascii": "ascii", "cp1252": "cp1252", "cp932": "cp932", "iso8859-1": "iso8859-1",
    "utf-8": "utf-8", "utf-8-sig": "utf-8",
}  # fmt: skip
"""Codecs, by Python's names, that have line feeds where the bytes do: lines can be decoded singly."""
LATIN = "ISO-8859-1"
ALLOWED = frozenset({
    "ascii", "big5", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257",
    "cp932", "euc_jp", "euc_kr", "gb18030", "gb2312", "gbk", "iso8859-1", "iso8859-15", "iso8859-2",
    "iso8859-9", "shift_jis", "utf-8", "utf-8-sig",
})  # fmt: skip
"""Codecs, by Python's names, that a download may name: those of Amazon's files, and their like. Not
all that Python knows: a text read as `unicode_escape` or `utf-7` would be another one."""


def is_text_codec(name: str) -> bool:
    """Whether Python can read flat files in this charset, whose tabs and digits must be ASCII."""
    try:
        return b"\t1".decode(name) == "\t1"
    except (LookupError, UnicodeError):
        return False


def named_codec(name: str) -> str:
    """The codec of a charset that a download names; empty where it names none that is allowed."""
    codec = CODECS.get(name.lower(), name)
    try:
        return codec if codecs.lookup(codec).name in ALLOWED else ""
    except LookupError:
        return ""


def wants_utf8(charset: str | None, info: ContentInfo) -> bool:
    """Whether the codec depends on the text: nobody says that it is UTF-8, or insists on another."""
    return not charset and not _is(named_codec(info.charset), "utf-8")


def charset_of(document_id: str, findings: Findings, named: str, default: str) -> str:
    """The codec of the text: a byte-order mark decides, then the download, then the text itself.

    Amazon's Content-Type names the charset of most files (`Cp1252`, `UTF-8`, `Windows-31J`), but not
    of all, and of some a wrong one. It is believed unless the bytes speak against it beyond doubt:

    - A text with characters of several bytes that is UTF-8 from beginning to end is UTF-8: in a text
      in Latin letters or Shift-JIS some character is soon followed by one that UTF-8 forbids there.
    - One in ISO-8859-1 with characters such as the euro sign or the ellipsis, which that lacks, is
      Cp1252. WHATWG's encoding standard, and so every browser, takes the one name for the other always.

    Where none is named, the text is in the marketplace's own, the `default`, unless it is UTF-8.
    """
    if findings.has_mark:
        return "utf-8-sig"
    codec = named_codec(named)
    found = codec or default
    if _is(codec, "utf-8"):
        return codec
    if findings.is_utf8 and not (codec and findings.is_ascii):
        found = "utf-8"
    elif _is(found, LATIN) and findings.has_cp1252:
        found = "cp1252"
    if codec and found != codec:
        logger.warning(
            "Document %s is said to be in charset %s, but its bytes are %s; it is read as that.",
            document_id, named, found,
        )  # fmt: skip
    elif named and not codec:
        logger.warning(
            "Document %s is said to be in charset %s, which no report is in; it is read as %s.",
            document_id, named, found,
        )  # fmt: skip
    return found


def _is(codec: str, name: str) -> bool:
    return bool(codec) and codecs.lookup(codec).name == codecs.lookup(name).name
