"""Texts that a spreadsheet would run are found wherever they stand in a column."""

from __future__ import annotations

import pyarrow as pa
import pytest

from amazon_optiply_etl.tables.plain_text import has_bytes, with_formulas, without_formulas

TEXTS = [None, "", "028-1", "=1+1", "'=1", "-5", "-5.50", "+x", "@a", "\tb", "a=b", "ö", None, "-"]
APART = [
    None,
    "",
    "028-1",
    "'=1+1",
    "''=1",
    "-5",
    "-5.50",
    "'+x",
    "'@a",
    "'\tb",
    "a=b",
    "ö",
    None,
    "'-",
]


@pytest.mark.parametrize("start", range(len(TEXTS) + 1))
@pytest.mark.parametrize("end", range(len(TEXTS) + 1))
def test_formulas_of_a_part_of_a_column_get_an_apostrophe_and_lose_it_again(
    start: int, end: int
) -> None:
    part = pa.array(TEXTS).slice(start, max(0, end - start))

    apart = without_formulas(part)

    assert apart.to_pylist() == APART[start:end]
    assert with_formulas(apart).to_pylist() == TEXTS[start:end]


def test_bytes_are_found_in_the_part_of_a_column_alone() -> None:
    column = pa.array(["a,b", None, "c", 'd"'])

    assert has_bytes(column, b'",')
    assert has_bytes(column.slice(0, 1), b",")
    assert not has_bytes(column.slice(1, 2), b'",')
    assert not has_bytes(column.slice(1, 0), b'",')
    assert not has_bytes(pa.nulls(3, pa.string()), b'",')
