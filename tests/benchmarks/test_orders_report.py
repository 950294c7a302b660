"""The report that all readers are given is the same in every form."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from orders_report import (
    CHARSET,
    COLUMNS,
    GZIPPED_CHARSET,
    LINES_AT_ONCE,
    gzipped,
    plain,
    write_gzipped,
)

if TYPE_CHECKING:
    from pathlib import Path

ROWS = LINES_AT_ONCE + 1_000


def test_the_report_has_as_many_rows_as_asked_and_a_cell_for_each_column() -> None:
    lines = plain(ROWS).decode(CHARSET).splitlines()

    assert lines[0].split("\t") == list(COLUMNS)
    assert len(lines) == 1 + ROWS
    assert {line.count("\t") for line in lines} == {len(COLUMNS) - 1}


def test_readers_that_take_the_report_for_csv_find_no_quoted_cell() -> None:
    cells = plain(ROWS).decode(CHARSET).replace("\n", "\t").split("\t")

    assert not [cell for cell in cells if cell.startswith('"')]


def test_all_lines_of_an_order_agree_on_it_and_follow_one_another() -> None:
    lines = [line.split("\t") for line in plain(ROWS).decode(CHARSET).splitlines()[1:]]
    orders = [tuple(line[: COLUMNS.index("product-name")]) for line in lines]
    runs = [
        order for order, before in zip(orders, [None, *orders], strict=False) if order != before
    ]

    assert len({order[0] for order in runs}) == len(runs) < ROWS


def test_the_same_seed_gives_the_same_report() -> None:
    assert plain(ROWS, seed=1) == plain(ROWS, seed=1) != plain(ROWS, seed=2)


def test_a_report_in_a_file_has_the_same_text(tmp_path: Path) -> None:
    write_gzipped(tmp_path / "report.gz", ROWS)

    assert gzip.decompress((tmp_path / "report.gz").read_bytes()) == gzip.decompress(gzipped(ROWS))


def test_the_gzipped_report_has_the_same_text() -> None:
    assert gzip.decompress(gzipped(ROWS)).decode(GZIPPED_CHARSET) == plain(ROWS).decode(CHARSET)
