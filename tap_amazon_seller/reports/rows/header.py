"""What the header of a flat file says: how its rows are written, and what their columns are."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.reports.rows.cells import NO_VALUE, converter, kind_of
from tap_amazon_seller.reports.rows.personal import is_personal, is_widely_personal
from tap_amazon_seller.reports.rows.quoting import (
    COMMA,
    TAB,
    UnpairedMarkError,
    has_quoted_rows,
    quoted_rows,
)
from tap_amazon_seller.reports.text import headers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.rows.cells import Converter, Kind
    from tap_amazon_seller.reports.text.document import ReportDocument

    Schemas = Mapping[str, Mapping[str, Any]]

SAMPLE = 20  # lines after the header, by which the rows are known
LARGEST_SAMPLE = 1 << 18  # characters of them, about
ASIN = re.compile(r"[0-9]{9}[0-9X]|[A-Z][A-Z0-9]{9}")
"""Amazon's own pattern, to which its API holds ASINs that are requested."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is passed on: where it stands, its name, and how its cells are read."""

    position: int
    name: str
    kind: Kind
    read: Converter | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What a flat file is expected to be.

    Attributes:
        columns: JSON Schema of each known column, by canonical name.
        marketplace: Whose dates and numbers these are.
        required: Columns without which the document cannot be what was requested; the first of them
            identifies a row.
        keys: Columns that must have a value in each row, where the file has them.
        positions: What the columns are, in their order, should the header not name the required ones
            and be as wide.
        separator: What stands between cells; a file with commas is read with quoting.
        include_pii: Whether personal columns are passed on.
        is_described: Whether the tap knows the report's columns, so that a narrow rule says which are
            personal.
    """

    columns: Schemas
    marketplace: Marketplace
    required: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    positions: Sequence[str] = ()
    separator: str = TAB
    include_pii: bool = False
    is_described: bool = True


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one file.

    Attributes:
        line: The header's text; a line feed where it is a single column, which may hold its own name.
        lines_above: Blank lines before it.
        separator: Tab or comma.
        is_quoted: Whether cells stand in quotation marks.
        names: The canonical name of each column.
        columns: Those that are passed on.
        left_out: Names of personal columns, which are not passed on.
        new_names: Names of columns that are passed on and not known.
        dated: What columns named with a date are called in the file: `{}` or one constant column.
        identity: Where the column stands that identifies a row; None where no column is required.
        needed: How many cells a row has at least.
    """

    line: str
    lines_above: int
    separator: str
    is_quoted: bool
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    left_out: tuple[str, ...]
    new_names: tuple[str, ...]
    dated: Mapping[str, str]
    identity: int | None
    needed: int

    @property
    def first_row(self) -> int:
        """The number of the line after the header."""
        return self.lines_above + 2


def read_header(document: ReportDocument, expected: Expected) -> Header:
    """The header of a document.

    Raises:
        ReportUnavailableError: A required column is missing, or a quotation mark has no partner.
    """
    first, lines_above, sample = _head(document)
    separator = _separator_of(first, expected)
    is_quoted = first.startswith('"') or separator == COMMA or has_quoted_rows(sample, separator)
    try:
        cells = _header_cells(first, separator)
    except UnpairedMarkError:
        raise ReportUnavailableError(
            f"document {document.document_id} has a quotation mark without its partner in its header"
        ) from None
    names = headers.recognised(headers.canonical_names(cells), expected.columns)
    dated = {
        name: cell
        for name, cell in zip(names, cells, strict=False)
        if headers.undated(cell) != cell
    }
    required = expected.required
    if not set(required) <= set(names) and _is_in_place(
        expected, sample, len(names), separator, is_quoted=is_quoted
    ):
        names, dated = list(expected.positions), {}
    if missing := [name for name in required if name not in names]:
        raise ReportUnavailableError(
            f"document {document.document_id} {_why_not(document, first, cells, missing[0])}"
        )
    columns, left_out = _columns(names, expected)
    return Header(
        line=first if len(names) > 1 else "\n",
        lines_above=lines_above,
        separator=separator,
        is_quoted=is_quoted,
        names=tuple(names),
        columns=columns,
        left_out=left_out,
        new_names=tuple(one.name for one in columns if one.name not in expected.columns),
        dated={headers.DATED_COLUMNS: json.dumps(dated)} if dated else {},
        identity=names.index(required[0]) if required else None,
        needed=max((1 + names.index(name) for name in required), default=0),
    )


def _columns(
    names: Sequence[str], expected: Expected
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """The columns that are passed on, and the names of those that are not."""
    columns: list[Column] = []
    left_out: list[str] = []
    for position, name in enumerate(names):
        schema = expected.columns.get(name, {})
        hidden = is_personal(name, schema) if expected.is_described else is_widely_personal(name)
        if hidden and not expected.include_pii:
            left_out.append(name)
            continue
        kind = kind_of(schema)
        columns.append(Column(position, name, kind, converter(kind, expected.marketplace)))
    return tuple(columns), tuple(left_out)


def _head(document: ReportDocument) -> tuple[str, int, list[str]]:
    """The first line that is not blank, without a byte-order mark, the blank ones, some lines after."""
    lines = document.lines()
    for lines_above, line in enumerate(lines):
        text = line.lstrip("\ufeff")
        if text.strip():
            sample: list[str] = []
            for each in itertools.islice(lines, SAMPLE):
                if sum(map(len, sample)) > LARGEST_SAMPLE:
                    break
                if each.strip():
                    sample.append(each)
            return text.removesuffix("\n").removesuffix("\r"), lines_above, sample
    return "", 0, []


def _is_in_place(
    expected: Expected, sample: Iterable[str], width: int, separator: str, *, is_quoted: bool
) -> bool:
    """Whether the columns can be known by their places: as many, and what they hold fits."""
    positions = expected.positions
    if width != len(positions):
        return False
    readers = [
        converter(kind_of(expected.columns.get(name, {})), expected.marketplace)
        for name in positions
    ]
    for cells in _sample_cells(sample, separator, width, is_quoted=is_quoted):
        for name, read, cell in zip(positions, readers, cells, strict=False):
            if not cell:
                continue
            try:
                fits = read is None or read(cell) is not None
            except (OverflowError, ValueError):
                fits = cell == NO_VALUE
            if not fits or (name.startswith("asin") and not ASIN.fullmatch(cell)):
                return False
    return True


def _sample_cells(
    sample: Iterable[str], separator: str, width: int, *, is_quoted: bool
) -> Iterable[Sequence[str]]:
    if not is_quoted:
        return (line.removesuffix("\n").removesuffix("\r").split(separator) for line in sample)
    found: list[Sequence[str]] = []
    with contextlib.suppress(UnpairedMarkError):  # the reading itself reports it
        found.extend(cells for _, cells in quoted_rows(sample, separator, width))
    return found


def _why_not(document: ReportDocument, first: str, header: Sequence[str], missing: str) -> str:
    """Why a document cannot be what was requested, and what to do about that."""
    if not first:
        return "is empty"
    if first.lstrip()[:1] in {"{", "[", "<"}:
        return "is not a flat file but JSON or XML, or a message in the place of a report"
    if len(header) == 1:
        return f"has no column {missing}: its first line is not a header with tabs or commas"
    if not first.isascii():
        return (
            f"has no column {missing}: its header is in a language that is not known, or not in "
            f"charset {document.charset} (see 'report_charset')"
        )
    return (
        f"has no column {missing} among its {len(header)}, and without it its rows cannot be used; "
        "Amazon may have renamed it"
    )


def _separator_of(first: str, expected: Expected) -> str:
    """What stands between cells: what is due, unless the header has the other alone, and fits so."""
    due = expected.separator
    other = COMMA if due == TAB else TAB
    if due in first or other not in first:
        return due
    with contextlib.suppress(UnpairedMarkError):
        cells = _header_cells(first, other)
        names: Collection[str] = headers.recognised(
            headers.canonical_names(cells), expected.columns
        )
        return other if set(expected.required) <= set(names) else due
    return due


def _header_cells(first: str, separator: str) -> Sequence[str]:
    if not first.startswith('"') and separator == TAB:
        return first.split(TAB) if first else []
    return next((cells for _, cells in quoted_rows([first], separator, 0)), [])
