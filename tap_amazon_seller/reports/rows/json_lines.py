"""Records of JSON Lines, as Data Kiosk writes them: a line is an object of the query's list.

Where the rows are in a list within each object, as in the views of vendors, a line may have a
day of a complete catalog. So lists are read as a stream, and what stands beside them in a pass before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ijson
import msgspec

from tap_amazon_seller.reports.rows.json_xml import has_counted, refusing, warn
from tap_amazon_seller.reports.rows.objects import Objects, object_of
from tap_amazon_seller.reports.text.bounds import LARGEST_RECORD
from tap_amazon_seller.reports.text.clean import CleanJson
from tap_amazon_seller.reports.text.fed import BeyondBoundsError, Fed
from tap_amazon_seller.reports.text.headers import PropertyNames

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator

    from tap_amazon_seller.reports.text.document import ReportDocument

    Record = dict[str, Any]

DUE = "JSON Lines"
READ_SIZE = 1 << 18
COUNT = "\x00rows"
"""In what stands beside a list: how many objects the list has."""
LIFTED = ("groupByKey", "metrics")
"""What holds the properties of a row in the views of vendors."""


def line_records(document: ReportDocument) -> Generator[Record]:
    """The object of each line; its own properties become snake_case.

    Raises:
        ReportUnavailableError: A line is not a JSON object, ends early, or goes beyond `bounds`.
    """
    names = PropertyNames()
    with document.binary() as binary, refusing(document, DUE):
        text = CleanJson(binary)
        for line in _lines(text):
            yield names.record(_object_in(line))
        warn(document, text, DUE)


def nested_records(document: ReportDocument, path: str) -> Generator[Record]:
    """The objects of the list of each line, each with what stands beside the list.

    Args:
        document: JSON Lines.
        path: The list's name.

    Raises:
        ReportUnavailableError: As `line_records`.
    """
    beside = list(parents(document, path))
    lists, names = Objects(path, of_lines=True), PropertyNames()
    with document.binary() as binary, refusing(document, DUE):
        text = CleanJson(binary)
        for item in lists.of(Fed(text)):
            parent = beside[lists.values - 1]
            of_line = {name: value for name, value in parent.items() if name != COUNT}
            yield names.record(of_line | _lifted(item))
        warn(document, text, DUE)


def parents(document: ReportDocument, path: str) -> Generator[Record]:
    """What stands in each line beside its list: plain values, and `COUNT` of the list's objects.

    Raises:
        ReportUnavailableError: As `line_records`.
    """
    for parent in _with_objects(document, path):
        yield {name: value for name, value in parent.items() if not isinstance(value, dict)}


def periods_without_rows(
    document: ReportDocument, path: str, total: str, counts: Collection[str]
) -> list[Record]:
    """The lines whose total has counted something while their list is empty.

    Args:
        document: JSON Lines.
        path: The list's name.
        total: The name of what sums it up.
        counts: Properties, at any depth of that, that are not 0 only where the list has something.

    Raises:
        ReportUnavailableError: As `line_records`.
    """
    return [
        parent
        for parent in _with_objects(document, path)
        if not parent.get(COUNT) and has_counted(parent.get(total), counts)
    ]


def _with_objects(document: ReportDocument, path: str) -> Generator[Record]:
    """What stands in each line beside its list."""
    with document.binary() as binary, refusing(document, DUE):
        fed = Fed(CleanJson(binary))
        events: Iterator[tuple[str, Any]] = iter(
            ijson.basic_parse(fed, use_float=True, multiple_values=True)
        )
        for event, _ in events:
            fed.passed()
            if event != "start_map":
                raise BeyondBoundsError("has something else than objects in its lines")
            yield _parent(events, fed, path)


def _parent(events: Iterator[tuple[str, Any]], fed: Fed, path: str) -> Record:
    """The object whose start has been read, without its lists, but with the length of one."""
    found: Record = {}
    key = ""
    for event, value in events:
        fed.passed()
        if event == "end_map":
            break
        if event == "map_key":
            key = value
        elif event == "start_map":
            found[key] = object_of(events, 1)
        elif event == "start_array":
            count = _passed_over(events, fed)
            if key == path:
                found[COUNT] = count
        elif key != path:
            found[key] = value
    return found


def _passed_over(events: Iterator[tuple[str, Any]], fed: Fed) -> int:
    """How many objects the list has whose start has been read."""
    depth, count = 1, 0
    for event, _ in events:
        fed.passed()
        if event in {"start_map", "start_array"}:
            count += depth == 1
            depth += 1
        elif event in {"end_map", "end_array"}:
            depth -= 1
            if not depth:
                break
    return count


def _lifted(item: Record) -> Record:
    """A row of a view, with its properties out of the objects that hold them."""
    if not all(isinstance(item.get(name), dict) for name in LIFTED):
        return item
    return {name: value for holder in LIFTED for name, value in item[holder].items()}


def _lines(text: CleanJson) -> Iterator[bytes]:
    """The lines that are not empty."""
    rest = b""
    while piece := text.read(READ_SIZE):
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line for line in lines if line.strip())
        if len(rest) > LARGEST_RECORD:
            raise BeyondBoundsError(
                f"has a line of more than {LARGEST_RECORD >> 20} MiB, too much for targets"
            )
    if rest.strip():
        yield rest


def _object_in(line: bytes) -> Record:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        raise BeyondBoundsError(
            "is not the JSON Lines that were due (a line is malformed)"
        ) from None
    if not isinstance(found, dict):
        raise BeyondBoundsError("has something else than objects in its lines")
    return found
