"""Row by row: which products a row of a report that could not be read may belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.inputs.folder import StreamRecords
from amazon_optiply_etl.inputs.rejected_rows import RejectedRow, as_one, named_lines, rejected_rows
from amazon_optiply_etl.inputs.streams import LISTINGS, ORDER_LINES, ORDERS
from amazon_optiply_etl.seller.rejected import OF_LISTINGS, unread_by
from amazon_optiply_etl.tables.dtypes import TEXT

DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
TOWEL, CUP = "B00TOWEL01", "B00CUP0001"
KNOWN = {"TOWEL-1": [TOWEL], "00042": [CUP], "7": [CUP], "new": [CUP]}


def row(line: int, *cells: str, asins: tuple[str, ...] = (), **changed: Any) -> RejectedRow:
    facts = {"place": DE, "report": "R1", "lines": (line,), "cells": cells, "asins": asins}
    return RejectedRow((line,), **(facts | changed))


@dataclass(frozen=True)
class Case:
    """Rejected rows, and what they hold back.

    Attributes:
        rows: The rows.
        counted: How many the tap counted; null for as many as there are.
        named: The products that stay as they were.
        unknown: The lines of those that may be of any product; null where there are none.
    """

    name: str
    rows: tuple[RejectedRow, ...]
    named: set[str] = field(default_factory=set)
    unknown: str | None = None
    counted: int | None = None


CASES = (
    Case("an ASIN", (row(17, asins=(TOWEL,)),), {TOWEL}),
    Case("a known SKU", (row(17, "Towel", " TOWEL-1 "),), {TOWEL}),
    Case("a known SKU of digits", (row(17, "00042"),), {CUP}),
    Case("a SKU and another product's ASIN", (row(17, "TOWEL-1", asins=(CUP,)),), {TOWEL, CUP}),
    Case("neither", (row(17, "Towel", "TOWEL-2"),), set(), "line 17"),
    Case("nothing at all", (row(17),), set(), "line 17"),
    # It may be a quantity, or the condition: its product waits, and so does every other one.
    Case("a SKU that may be a quantity", (row(17, "7"),), {CUP}, "line 17"),
    Case("a SKU that may be a condition", (row(17, "new"),), {CUP}, "line 17"),
    Case("such a SKU beside an ASIN", (row(17, "7", asins=(TOWEL,)),), {TOWEL, CUP}),
    Case("its second line names it", (row(17), row(18, asins=(CUP,))), {CUP}),
    Case("its third line names it", (row(17), row(18), row(19, "00042")), {CUP}),
    Case("a line between them", (row(17), row(19, asins=(CUP,))), {CUP}, "line 17"),
    Case("the next line of another report", (row(17), row(18, report="R2")), set(), "lines 17, 18"),
    Case("without its number", (row(0, lines=()), row(1, lines=())), set(), "2 rows"),
    Case("counted alone", (), set(), "3 rows", counted=3),
    Case("one more is counted", (row(17, asins=(CUP,)),), {CUP}, "1 row", counted=2),
    Case("both", (row(17), row(40)), set(), "lines 17, 40 and 1 row", counted=3),
    Case("not counted", (row(17, asins=(CUP,)),), {CUP}, counted=0),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_table_row_by_row(case: Case) -> None:
    counted = len(case.rows) if case.counted is None else case.counted
    unread = unread_by(case.rows, {DE: counted}, KNOWN, OF_LISTINGS, settings_from({}, {}))
    assert set(unread.products) == case.named
    expected = {} if case.unknown is None else {DE: OF_LISTINGS.unknown.format(case.unknown, "DE")}
    assert unread.places == expected
    assert unread.outcomes.keys() == {record for each in case.rows for record in each.records}


def test_with_marketplaces_a_row_names_the_product_of_its_own() -> None:
    settings = settings_from({"marketplaces": "DE"}, {})
    rows = [row(17, "TOWEL-1"), row(3, place=FR)]
    unread = unread_by(rows, {DE: 1, FR: 1}, KNOWN, OF_LISTINGS, settings)
    assert set(unread.products) == {f"{TOWEL}_{DE}"}
    assert unread.places == {}  # what is not requested disables nothing


def test_neighbouring_lines_are_one_row_with_what_stands_in_each() -> None:
    rows = [row(17, "a", asins=(TOWEL,)), row(18, "b"), row(20, "c")]
    first, second = as_one(rows)
    assert (first.lines, first.cells, first.asins) == ((17, 18), ("a", "b"), (TOWEL,))
    assert first.records == (17, 18)
    assert second == rows[2]


def test_many_lines_are_named_by_the_first_ones() -> None:
    assert named_lines([row(line) for line in range(10, 30, 2)]) == (
        "lines 10, 12, 14, 16, 18, 5 more"
    )


def records(**columns: list[Any]) -> StreamRecords:
    names = ("marketplace_id", "report_id", "line", "asins", "amazon_order_ids", "cells", "streams")
    count = len(next(iter(columns.values())))
    texts = {name: columns.get(name, [None] * count) for name in (*names, "outcome")}
    frame = pd.DataFrame({name: pd.Series(values, dtype=TEXT) for name, values in texts.items()})
    frame = frame.assign(marketplace_id=DE, line=pd.array([17] * count, "int64[pyarrow]"))
    return StreamRecords(frame, count, present=True, notes={})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'["{TOWEL}", "{CUP}"]', (TOWEL, CUP)),
        (f"['{TOWEL}', None]", (TOWEL,)),  # what pandas writes of a list
        (f'["{TOWEL.lower()}", null, ""]', (TOWEL,)),
        ("[]", ()),
        (None, ()),
        (TOWEL, ()),
        ("[[1], {}]", ()),
        ("[" * 50, ()),
    ],
)
def test_an_array_is_read_as_json_or_as_python_writes_it(
    text: str | None, expected: tuple[str, ...]
) -> None:
    read = records(asins=[text], streams=['["products_inventory"]'])
    assert [each.asins for each in rejected_rows(read, [LISTINGS])] == [expected]


def test_a_row_is_of_the_streams_that_its_report_feeds() -> None:
    read = records(
        streams=['["orders", "order_items"]', '["products_inventory"]', None],
        amazon_order_ids=['["302-1"]', "[]", "[]"],
    )
    assert [each.orders for each in rejected_rows(read, [ORDERS, ORDER_LINES])] == [("302-1",)]
    assert [each.records for each in rejected_rows(read, [LISTINGS])] == [(1,)]
