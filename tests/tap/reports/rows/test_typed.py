"""What Arrow reads while it splits lines is what `cells` reads of each cell, however it is written."""

from __future__ import annotations

import math
from typing import Any

import pytest
from flat_files import DE, flat_file, rows_of

from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.machine.arrow_text import INSTANT, utc_seconds, with_texts
from tap_amazon_seller.reports.rows.cells import converter, kind_of

INSTANTS = (
    "2026-10-04T08:31:13+00:00", "2026-10-04T08:31:13Z", "2026-10-04 08:31:13+00:00",
    "2026-10-04T08:31:13+02:00", "2026-10-04T08:31:13-0330", "2026-10-04T08:31+00:00",
    "2026-10-04T08:31:13.999Z", "2026-10-04T08:31:13", "2026-10-04 08:31:13 PDT", "04.10.2026",
    "04/10/2026 08:31:13 BST", "2026-10-04", "2026-02-29T00:00:00+00:00", "2024-02-29T00:00:00+00:00",
    "2026-10-04T24:00:00+00:00", "2026-10-04T23:59:60+00:00", " 2026-10-04T08:31:13+00:00 ",
    "0000-10-04T08:31:13+00:00", "0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00+05:00",
    "9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59-05:00", "1969-12-31T23:59:59+00:00",
    "1791102673", "soon",
)  # fmt: skip
BOOLEANS = (
    "true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES", "no", "No", "y", "Y", "n",
    "N", "1", "0", " true ", "tRuE", "t", "f", "2", "on", "--",
)  # fmt: skip
NUMBERS = (
    "1", "1.50", ".5", "5.", "+1", "-1", "1e5", "5.0E-4", "1,50", "1.234,50", "1,234.50", " 1.5 ",
    "inf", "-inf", "nan", "NaN", "Infinity", "1e999", "0x1F", "1_000", "--", "none",
)  # fmt: skip
SCHEMAS: dict[str, dict[str, Any]] = {
    "instant": {"type": ["string", "null"], "format": "date-time"},
    "boolean": {"type": ["boolean", "null"]},
    "number": {"type": ["number", "null"]},
}


@pytest.mark.parametrize("beside", ["", "usual"])
@pytest.mark.parametrize(
    ("column", "usual", "cell"),
    [
        *(("instant", "2026-11-05T09:00:00+00:00", cell) for cell in INSTANTS),
        *(("boolean", "true", cell) for cell in BOOLEANS),
        *(("number", "2.75", cell) for cell in NUMBERS),
    ],
)
def test_a_cell_is_read_as_by_itself_whatever_stands_beside_it(
    column: str, usual: str, cell: str, beside: str
) -> None:
    read = converter(kind_of(SCHEMAS[column]), DE)
    assert read

    def value(text: str) -> Any:
        try:
            return read(text)
        except (OverflowError, ValueError):
            return None

    others = [usual if beside else ""] * 3
    lines = [f"A{at}\tx\t{one}\ty\n" for at, one in enumerate([*others, cell, *others])]

    rows = rows_of(flat_file(f"sku\ttitle\t{column}\tnote\n{''.join(lines)}", SCHEMAS))

    around = [value(usual) if beside else None] * 3
    assert [row[column] for row in rows] == [*around, value(cell), *around]
    assert not any(isinstance(row[column], float) and math.isnan(row[column]) for row in rows)


def test_an_instant_is_the_text_that_it_was_read_from() -> None:
    texts = [
        "0001-01-01T00:00:00+00:00", "1969-12-31T23:59:59+00:00", None, "1970-01-01T00:00:00+00:00",
        "2026-10-04T08:31:13+00:00", "9999-12-31T23:59:59+00:00",
    ]  # fmt: skip
    instants = utc_seconds(pa.array(texts, pa.string())).view(INSTANT)

    assert with_texts(instants).to_pylist() == texts
    assert with_texts(instants.slice(2)).to_pylist() == texts[2:]
    assert with_texts(instants.slice(0, 0)).to_pylist() == []
