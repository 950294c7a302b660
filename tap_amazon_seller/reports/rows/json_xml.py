"""Records of documents in JSON and XML, read as a stream: memory does not grow with the document."""

from __future__ import annotations

import codecs
import logging
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import ijson

from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.reports.text.headers import PropertyNames

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Collection, Generator, Iterator

    from tap_amazon_seller.reports.text.document import ReportDocument

    Record = dict[str, Any]

logger = logging.getLogger(__name__)


def json_records(document: ReportDocument, path: str) -> Generator[Record]:
    """The objects of one list in a JSON document; their own properties become snake_case.

    Args:
        document: JSON in UTF-8, as Amazon's analytics reports are.
        path: Where the list is, by dots: `salesAndTrafficByAsin`.

    Raises:
        ReportUnavailableError: It is no JSON, ends early, or has no such list.
    """
    found = False
    names = PropertyNames()

    def watched(events: Iterator[tuple[str, str, Any]]) -> Iterator[tuple[str, str, Any]]:
        nonlocal found
        for prefix, event, value in events:
            found = found or (prefix == path and event == "start_array")
            yield prefix, event, value

    with document.binary() as text:
        try:
            for item in ijson.items(watched(ijson.parse(text, use_float=True)), f"{path}.item"):
                yield {names.of(name): value for name, value in item.items()}
        except (ijson.JSONError, UnicodeDecodeError, AttributeError) as error:
            raise ReportUnavailableError(
                f"document {document.document_id} is not the JSON that was due ({_reason(error)})"
            ) from None
    if not found:
        raise ReportUnavailableError(
            f"document {document.document_id} has no list {path}, so it is not what was asked for"
        )


def xml_records(
    document: ReportDocument,
    element: str,
    lists: Collection[str],
    left_out: Collection[str] = (),
) -> Generator[Record]:
    """The elements of one name in an XML document, as objects; their own properties become snake_case.

    A leaf becomes its text, to the character, or an object with its attributes and its text as `value`.
    Elements that come more than once in another are a list.

    Args:
        document: XML, which names its charset itself.
        element: Name of the elements that are records; several possible names with `|` between them.
        lists: Names of elements that are lists even where there is one.
        left_out: Names of elements that are not passed on.

    Raises:
        ReportUnavailableError: It is no XML, ends early, or is in an encoding that is not known.
    """
    elements = element.split("|")
    names = PropertyNames()
    with document.binary() as binary:
        text = CleanXml(binary)
        try:
            root = None
            for event, found in ET.iterparse(text, events=("start", "end")):  # noqa: S314 - Amazon's
                if root is None:
                    root = found
                if event == "end" and _local(found.tag) in elements:
                    value = _value(found, lists, left_out)
                    if isinstance(value, dict):
                        yield {names.of(name): inner for name, inner in value.items()}
                    root.clear()
        except (ET.ParseError, LookupError, ValueError) as error:  # the last two of its encoding
            raise ReportUnavailableError(
                f"document {document.document_id} is not the XML that was due ({error})"
            ) from None
    if text.replaced:
        logger.warning(
            "Document %s has %d characters that XML or UTF-8 does not allow; bytes are kept as Latin-1 "
            "characters, control characters have become U+FFFD.",
            document.document_id, text.replaced,
        )  # fmt: skip


def announced(
    read: Callable[[], Generator[Record]],
    known: Collection[str],
    announce: Callable[[list[str]], None],
) -> Iterator[Record]:
    """The records of a document, with all its new properties announced at once, before the first.

    A document is read to its end for them only where it has any, and then once more.

    Args:
        read: Reads the document from its start.
        known: The properties that the stream's schema has.
        announce: Is told the names of those that it lacks, in order.
    """
    names = set(known)
    records = read()
    passed = 0
    while (record := next(records, None)) is not None:
        if record.keys() <= names:
            passed += 1
            yield record
            continue
        records.close()  # a document has one reader at a time
        new = {name for each in read() for name in each} - names
        announce(sorted(new))
        names |= new
        records = read()
        for _ in range(passed):
            next(records)


class CleanXml:
    """Reads XML in UTF-8 without the characters that would end its parsing, and counts those.

    A text in another encoding, which its first line names, is read as it is.
    """

    def __init__(self, binary: io.BufferedIOBase) -> None:
        self.replaced = 0
        self._binary = binary
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._is_utf8: bool | None = None

    def read(self, size: int = -1) -> bytes:
        """The next piece; empty at the end."""
        piece = self._binary.read(size)
        if self._is_utf8 is None:
            named = _ENCODING.match(piece)
            self._is_utf8 = b"\x00" not in piece and not (named and named[1].lower() != b"utf-8")
        if not self._is_utf8:
            return piece
        text = self._rest + self._decoder.decode(piece, final=not piece)
        # A reference such as `&#11;` must not be cut.
        cut = text.rfind("&", -_LONGEST_REFERENCE) if piece else -1
        self._rest, text = (text[cut:], text[:cut]) if cut >= 0 else ("", text)
        if not text and piece:
            return self.read(size)
        return self._cleaned(text).encode()

    def _cleaned(self, text: str) -> str:
        text = _REFERENCE.sub(self._allowed, text)
        text, others = _NOT_ALLOWED.subn(_replacement, text)
        self.replaced += others
        return text

    def _allowed(self, reference: re.Match[str]) -> str:
        digits = reference[1]
        code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
        if code <= _HIGHEST and not _NOT_ALLOWED.match(chr(code)):
            return reference[0]
        self.replaced += 1
        return "\ufffd"


_ENCODING = re.compile(rb"""\s*<\?xml[^>]*encoding\s*=\s*["']([^"']+)""")
_LONGEST_REFERENCE = 12
_HIGHEST = 0x10FFFF
_REFERENCE = re.compile(r"&#([xX][0-9a-fA-F]{1,6}|[0-9]{1,7});")
_NOT_ALLOWED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOWEST_ESCAPE, _HIGHEST_ESCAPE = 0xDC80, 0xDCFF


def _replacement(found: re.Match[str]) -> str:
    """A byte that is not UTF-8 as the Latin-1 character of its code, anything else as U+FFFD."""
    code = ord(found[0])
    return chr(code - 0xDC00) if _LOWEST_ESCAPE <= code <= _HIGHEST_ESCAPE else "\ufffd"


def _value(element: ET.Element, lists: Collection[str], left_out: Collection[str]) -> Any:
    text = element.text or ""
    text = text if text.strip() else ""
    if not len(element):
        if element.attrib:
            return {
                **{_local(name): value for name, value in element.attrib.items()},
                "value": text,
            }
        return text or None
    found: Record = {_local(name): value for name, value in element.attrib.items()}
    for child in element:
        name = _local(child.tag)
        if name in left_out:
            continue
        value = _value(child, lists, left_out)
        if name in lists:
            found.setdefault(name, []).append(value)
        elif name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _reason(error: Exception) -> str:
    """What the parser says, without the piece of the document that it shows below: buyers' data."""
    words = error.args[0] if error.args else ""
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else str(words)
    return text.partition("\n")[0]


def _local(tag: str) -> str:
    """The name without its namespace."""
    return tag.rpartition("}")[2]
