"""The report that all readers are given is the same in every form."""

from __future__ import annotations

import gzip

from orders_report import CHARSET, COLUMNS, GZIPPED_CHARSET, gzipped, plain

ROWS = 6_000  # more than are made at once


def test_the_report_has_as_many_rows_as_asked_and_a_cell_for_each_column() -> None:
    lines = plain(ROWS).decode(CHARSET).splitlines()

    assert lines[0].split("\t") == list(COLUMNS)
    assert len(lines) == 1 + ROWS
    assert {line.count("\t") for line in lines} == {len(COLUMNS) - 1}


def test_readers_that_take_the_report_for_csv_find_no_quoted_cell() -> None:
    cells = plain(ROWS).decode(CHARSET).replace("\n", "\t").split("\t")

    assert not [cell for cell in cells if cell.startswith('"')]


def test_the_gzipped_report_has_the_same_text() -> None:
    assert gzip.decompress(gzipped(ROWS)).decode(GZIPPED_CHARSET) == plain(ROWS).decode(CHARSET)
