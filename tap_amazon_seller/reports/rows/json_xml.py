"""Records of documents in JSON and XML, read as a stream: memory does not grow with the document."""

from __future__ import annotations

import contextlib
import logging
from datetime import date
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import ijson

from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.reports.rows.elements import Elements
from tap_amazon_seller.reports.rows.objects import Objects
from tap_amazon_seller.reports.text.bounds import MOST_COLUMNS
from tap_amazon_seller.reports.text.clean import CleanJson, CleanText, CleanXml
from tap_amazon_seller.reports.text.fed import BeyondBoundsError, Fed
from tap_amazon_seller.reports.text.headers import PropertyNames, TooManyNamesError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator

    from tap_amazon_seller.reports.definitions import Aggregate
    from tap_amazon_seller.reports.text.document import ReportDocument

    Record = dict[str, Any]

logger = logging.getLogger(__name__)

SPECIFICATION = "reportSpecification"
_ERRORS = frozenset({"error", "errorresponse", "errors", "html"})
"""Roots of messages and pages that stand where a report was due."""


def json_records(document: ReportDocument, path: str) -> Generator[Record]:
    """The objects of one list in a JSON document; their own properties become snake_case.

    Names within them stay, but for those that are longer than PostgreSQL's.

    Args:
        document: JSON in UTF-8, as Amazon's analytics reports are.
        path: Where the list is, by dots: `salesAndTrafficByAsin`.

    Raises:
        ReportUnavailableError: It is not JSON, ends early, has no such list, or goes beyond `bounds`.
    """
    lists = Objects(path)
    names = PropertyNames()
    with document.binary() as binary, refusing(document, "JSON"):
        text = CleanJson(binary)
        for item in lists.of(Fed(text)):
            yield names.record(item)
        warn(document, text, "JSON")
    if not lists.found:
        raise ReportUnavailableError(
            f"document {document.document_id} has no list {path}, so it is not what was requested"
        )


def days_told(document: ReportDocument) -> tuple[date, date] | None:
    """The first and the last day that a JSON document says it is of, at its beginning.

    That is `dataStartTime` and `dataEndTime` of `reportSpecification`, which Amazon's analytics reports
    begin with (see its report schemas); None where one does not.

    Raises:
        ReportUnavailableError: It is not JSON, ends early, or goes beyond `bounds`.
    """
    with document.binary() as binary, refusing(document, "JSON"):
        found = dict(_specified(Fed(CleanJson(binary))))
    first, last = (_day(found.get(name)) for name in ("dataStartTime", "dataEndTime"))
    return (first, last) if first and last else None


def _specified(text: Fed) -> Iterator[tuple[str, str]]:
    """The texts of a document's specification, if that comes before its lists."""
    depth, key, is_specification = 0, "", False
    for event, value in ijson.basic_parse(text):
        text.passed()
        if event == "map_key":
            key = value
            is_specification = key == SPECIFICATION if depth == 1 else is_specification
        elif event in {"start_map", "start_array"}:
            depth += 1
            if event == "start_array" and not is_specification:
                return
        elif event in {"end_map", "end_array"}:
            depth -= 1
        elif event == "string" and is_specification and depth == len((SPECIFICATION, key)):
            yield key, value


def _day(text: str | None) -> date | None:
    """The day in a date, or in an instant of whatever zone."""
    try:
        return date.fromisoformat((text or "").strip()[: len("2026-11-02")])
    except ValueError:
        return None


def periods_counted(document: ReportDocument, aggregate: Aggregate) -> set[str]:
    """The periods of which the aggregate of a JSON document has counted something, by their last day.

    That is one empty text where the aggregate is of the complete window; nothing where there is none.

    Raises:
        ReportUnavailableError: It is not JSON, ends early, or goes beyond `bounds`.
    """
    lists = Objects(aggregate.path, first_alone=True)
    with document.binary() as binary, refusing(document, "JSON"):
        return {
            str(item.get(aggregate.period) or "")
            for item in lists.of(Fed(CleanJson(binary)))
            if has_counted(item, aggregate.counts)
        }
    return set()


def has_counted(item: object, counts: Collection[str]) -> bool:
    """Whether a property of a name, at any depth, is a number that is not 0."""
    if isinstance(item, list):
        return any(has_counted(each, counts) for each in item)
    return isinstance(item, dict) and any(
        bool(value)
        if name in counts and isinstance(value, int | float)
        else has_counted(value, counts)
        for name, value in item.items()
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
        left_out: Names of elements and attributes that are not passed on.

    Raises:
        ReportUnavailableError: It is not XML, ends early, is in an encoding that is not known, is a
            message or a page in the place of a report, or goes beyond `bounds`.
    """
    elements = Elements(element.split("|"), lists, left_out)
    names = PropertyNames()
    with document.binary() as binary, refusing(document, "XML"):
        text = CleanXml(binary)
        for item in elements.of(Fed(text)):
            yield names.record(item)
        warn(document, text, "XML")
    if elements.root.lower() in _ERRORS:
        raise ReportUnavailableError(
            f"document {document.document_id} is a message <{elements.root[:20]}> where a report was due"
        )


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
        announce: Is reported the names of those that it lacks, in order.
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


@contextlib.contextmanager
def refusing(document: ReportDocument, due: str) -> Iterator[None]:
    """Make a sentence of what a parser says of a document."""
    try:
        yield
    except BeyondBoundsError as error:
        reason = f"{error}"
    except TooManyNamesError:
        reason = f"has records with more than {MOST_COLUMNS:,} properties, which no table takes"
    except (ijson.JSONError, expat.ExpatError, LookupError, ValueError) as error:
        reason = f"is not the {due} that was due ({_reason(error)})"
    else:
        return
    raise ReportUnavailableError(f"document {document.document_id} {reason}")


def warn(document: ReportDocument, text: CleanText, due: str) -> None:
    """Say once of a document how many of its characters had to be replaced."""
    if text.replaced and not document.oddities_told:
        document.oddities_told = True
        logger.warning(
            "Document %s has %d characters that %s or UTF-8 does not allow; bytes are kept as Cp1252 "
            "characters, others have become U+FFFD.",
            document.document_id, text.replaced, due,
        )  # fmt: skip


def _reason(error: Exception) -> str:
    """What the parser says, without the piece of the document that it shows below: buyers' data."""
    words = error.args[0] if error.args else ""
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else str(words)
    return text.partition("\n")[0].strip()
