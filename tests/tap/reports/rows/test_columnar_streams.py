"""A stream makes the same records of a large file, in columns, as of a small one, row by row."""

from __future__ import annotations

import random
from io import BytesIO
from typing import Any

import pytest
from running import configuration

from amazon_selling_partner import marketplaces
from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.reports.definitions import Format
from tap_amazon_seller.reports.rows import whole_orders
from tap_amazon_seller.reports.rows.flat_file import FlatFile
from tap_amazon_seller.reports.text.document import ReportDocument
from tap_amazon_seller.reports.text.key_filter import scattered
from tap_amazon_seller.reports.text.scattered_keys import Repeats
from tap_amazon_seller.streams.kinds.report_stream import LINE_NUMBER, ReportStream
from tap_amazon_seller.streams.orders import AllOrdersStream
from tap_amazon_seller.tap import TapAmazonSeller

DE = marketplaces.BY_COUNTRY["DE"]
TAP = TapAmazonSeller(config=configuration("http://127.0.0.1:1", "EU"))
COLUMNAR = [
    stream
    for stream in TAP.streams.values()
    if isinstance(stream, ReportStream)
    and stream.is_columnar
    and stream.definition.layout.format is Format.TABS
]
CELLS: dict[str, tuple[str, ...]] = {
    "integer": ("", "1", "12", "1,200", "x"),
    "number": ("", "1.5", "19,99", "7"),
    "boolean": ("", "true", "N"),
    "string": ("", "a", "Größe", 'b"c'),
    "date": ("", "2026-10-04", "07.11.2026"),
    "date-time": ("", "2026-10-04T08:31:13+00:00", "29/09/2025 16:19:39 BST"),
}


def text_of(stream: ReportStream, rows: int) -> bytes:
    """A file with all known columns and a new one, some of its keys missing or more than once."""
    chance = random.Random(stream.name)  # noqa: S311 - the same rows every time
    made = {"marketplace_id", "line_number", *stream.called}
    names = [name for name in stream.columns if name not in made]
    lines = ["\t".join([*names, "brand_new"])]
    for number in range(rows):
        cells = {name: chance.choice(CELLS[kind_of(stream, name)]) for name in names}
        cells |= {"sales_channel": chance.choice(("Amazon.de", "Amazon.fr", ""))}
        if isinstance(stream, AllOrdersStream):
            order = chance.choice((number // 3, number // 3, chance.randrange(rows)))
            cells |= {"amazon_order_id": f"111-{order:07}-{order:07}" if order % 50 else ""}
            cells |= {"order_item_id": chance.choice(("", "7", "8"))}
        lines.append("\t".join([*(cells[name] for name in names), "new"]))
    return "\n".join([*lines, ""]).encode()


def kind_of(stream: ReportStream, name: str) -> str:
    """What is written in a column."""
    schema = stream.columns[name]
    types = [one for one in schema["type"] if one != "null"] if "type" in schema else ["string"]
    return str(schema.get("format", types[0]))


def as_texts(records: list[dict[str, Any]]) -> list[str]:
    """Records in an order of their own."""
    return sorted(repr(sorted(record.items())) for record in records)


@pytest.mark.parametrize("stream", COLUMNAR, ids=lambda stream: stream.name)
def test_records_in_columns_are_those_of_the_rows(stream: ReportStream) -> None:
    body = text_of(stream, 900)

    def reading() -> FlatFile:
        document = ReportDocument("X", "utf-8", BytesIO(body))
        return FlatFile(document, stream.columns, DE, include_pii=True)

    by_row, in_columns = reading(), reading()
    expected = list(stream.file_records(by_row, DE))

    found = [row for batch in stream.file_batches(in_columns, DE) for row in batch.to_pylist()]

    assert expected
    assert all(row[name] not in {None, ""} for row in expected for name in stream.primary_keys)
    keys = {tuple(row[name] for name in stream.primary_keys) for row in expected}
    assert len(keys) == len(expected) or LINE_NUMBER not in stream.primary_keys
    assert as_texts(found) == as_texts(expected)
    assert in_columns.counts == by_row.counts


@pytest.mark.parametrize(
    "batches", [whole_orders.PARTS - 1, whole_orders.PARTS, 3 * whole_orders.PARTS + 5]
)
def test_lines_that_lie_apart_come_last_and_all_together(batches: int) -> None:
    lines = [
        pa.RecordBatch.from_pydict(
            {
                "order": ["apart", f"order-{number}", "other"],
                "line": [f"{number}-{at}" for at in "abc"],
            }
        )
        for number in range(batches)
    ]

    found = list(whole_orders.whole_groups(lines, "order", {"apart", "other"}))

    rows = [(row["order"], row["line"]) for batch in found for row in batch.to_pylist()]
    in_place = [(f"order-{number}", f"{number}-b") for number in range(batches)]
    assert rows[:batches] == in_place
    assert sorted(rows[batches:]) == sorted(
        (order, f"{number}-{at}")
        for number in range(batches)
        for order, at in (("apart", "a"), ("other", "c"))
    )
    assert [order for order, _ in rows[batches:]] == ["apart"] * batches + ["other"] * batches


@pytest.mark.parametrize("is_regular", [True, False])
def test_orders_whose_lines_lie_apart_are_found_in_blocks(*, is_regular: bool) -> None:
    keys = [b"%07d" % (number // 2) for number in range(20_000)]
    keys[777] = keys[15_000] = b"elsewhere"[:7]
    keys[19_999] = keys[0]
    repeats = Repeats(1 << 20)
    for start in range(0, len(keys), 500):
        block = b"".join(key + b"\tcell\n" for key in keys[start : start + 500])
        if is_regular:
            assert repeats.add_lines(block)
        else:
            repeats.add_cells(line.partition(b"\t")[0] for line in block.splitlines())

    # A filter of a million bits takes a few of 10,000 keys for others.
    assert {keys[0], keys[777]} <= repeats.found
    assert scattered(keys) <= repeats.found
    assert len(repeats.found) < 100


@pytest.mark.parametrize(
    "block", [b"no tab\n", b"a\tb\nlonger\tb\n", b"\tempty\n", b"ab\tc\n\nab\tc\n"]
)
def test_lines_of_another_shape_are_not_taken(block: bytes) -> None:
    repeats = Repeats(1 << 10)

    assert not repeats.add_lines(block)
    assert not repeats.found
