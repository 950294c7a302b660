"""Rows of JSON Lines: one a line, or in a list of each line, read without holding the line."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.reports.rows.json_lines import (
    line_records,
    nested_records,
    parents,
    periods_without_rows,
)
from tap_amazon_seller.reports.text.document import ReportDocument

ROW = {"groupByKey": {"asin": "B1", "brandCode": "X"}, "metrics": {"costs": {"netPPM": 0.5}}}


def document(*lines: Any, end: str = "\n") -> ReportDocument:
    text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines) + end
    return ReportDocument("D1", "utf-8", io.BytesIO(text.encode()))


def line(day: str, *rows: object, units: int = 1) -> dict[str, Any]:
    """A line of a view, its list before its day: the order of members means nothing."""
    return {"metrics": list(rows), "endDate": day, "totals": {"shipped": {"units": units}}}


def test_a_line_is_a_record_with_names_in_snake_case() -> None:
    found = list(
        line_records(document({"endDate": "2026-11-01", "sales": {"unitsOrdered": 1}}, {}))
    )

    assert found == [{"end_date": "2026-11-01", "sales": {"unitsOrdered": 1}}, {}]


def test_a_last_line_without_an_end_and_empty_lines_are_right() -> None:
    assert len(list(line_records(document({"a": 1}, "", "  ", {"a": 2}, end="")))) == 2
    assert list(line_records(document("", end=""))) == []


def test_rows_in_lists_have_what_stands_beside_them_wherever_it_stands() -> None:
    found = list(
        nested_records(
            document(line("2026-11-01", ROW, ROW), line("2026-11-02"), line("2026-11-03", ROW)),
            "metrics",
        )
    )

    row = {"asin": "B1", "brand_code": "X", "costs": {"netPPM": 0.5}}
    assert found == [
        {"end_date": "2026-11-01", **row},
        {"end_date": "2026-11-01", **row},
        {"end_date": "2026-11-03", **row},
    ]


def test_totals_without_rows_are_found_by_what_they_count() -> None:
    lines = document(
        line("2026-11-01", ROW), line("2026-11-02"), line("2026-11-03", units=0), {"metrics": None}
    )

    lacking = periods_without_rows(lines, "metrics", "totals", ("units",))

    assert [one["endDate"] for one in lacking] == ["2026-11-02"]
    assert [len(one) for one in parents(lines, "metrics")] == [2, 2, 2, 0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1}\n{"a":', "a line is malformed"),
        ("[1]\n", "something else than objects"),
        ("7\n", "something else than objects"),
        ('{"a": "' + "x" * (3 << 20) + '"}\n', "too much for targets"),
        ("[" * 5_000 + "\n", "a line is malformed"),
    ],
)
def test_a_document_that_is_something_else_is_refused_in_one_sentence(
    text: str, reason: str
) -> None:
    with pytest.raises(ReportUnavailableError, match=reason):
        list(line_records(document(text, end="")))
    with pytest.raises(ReportUnavailableError, match="document D1"):
        list(nested_records(document(text, end=""), "metrics"))
