"""Records of documents in JSON and XML, read as a stream: memory does not grow with the document."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import ijson

from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.reports.text.headers import snake_case

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tap_amazon_seller.reports.text.document import ReportDocument

    Record = dict[str, Any]

logger = logging.getLogger(__name__)


def json_records(document: ReportDocument, path: str) -> Iterator[Record]:
    """The objects of one list in a JSON document; their own properties become snake_case.

    Args:
        document: JSON in UTF-8, as Amazon's analytics reports are.
        path: Where the list is, by dots: `salesAndTrafficByAsin`.

    Raises:
        ReportUnavailableError: It is no JSON, ends early, or has no such list.
    """
    found = False

    def watched(events: Iterator[tuple[str, str, Any]]) -> Iterator[tuple[str, str, Any]]:
        nonlocal found
        for prefix, event, value in events:
            found = found or (prefix == path and event == "start_array")
            yield prefix, event, value

    with document.binary() as text:
        try:
            for item in ijson.items(watched(ijson.parse(text, use_float=True)), f"{path}.item"):
                yield {snake_case(name): value for name, value in item.items()}
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
) -> Iterator[Record]:
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
    names = element.split("|")
    with document.binary() as text:
        try:
            root = None
            for event, found in ET.iterparse(text, events=("start", "end")):  # noqa: S314 - Amazon's
                if root is None:
                    root = found
                if event == "end" and _local(found.tag) in names:
                    value = _value(found, lists, left_out)
                    if isinstance(value, dict):
                        yield {snake_case(name): inner for name, inner in value.items()}
                    root.clear()
        except (ET.ParseError, LookupError, ValueError) as error:  # the last two of its encoding
            raise ReportUnavailableError(
                f"document {document.document_id} is not the XML that was due ({error})"
            ) from None


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
