"""A row is taken only when its cells are in their columns."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from flat_files import flat_file, rows_of

from tap_amazon_seller.reports.text import lines as text_lines
from tap_amazon_seller.streams.kinds.amazon_stream import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_amazon_seller.reports.rows.flat_file import FlatFile
    from tap_amazon_seller.reports.rows.rejected import RejectedRow

TEXT: dict[str, Any] = {"type": ["string", "null"]}
NUMBER: dict[str, Any] = {"type": ["number", "null"]}
INTEGER: dict[str, Any] = {"type": ["integer", "null"]}
LISTING: dict[str, Any] = {
    "item_name": TEXT,
    "item_description": TEXT,
    "seller_sku": {"type": ["string"]},
    "price": NUMBER,
    "quantity": INTEGER,
    "open_date": {**TEXT, "format": "date-time"},
    "asin1": TEXT,
    "item_note": TEXT,
    "status": TEXT,
}
REQUIRED = ("seller_sku", "quantity")
SOUND = [
    [
        "Mug",
        "plain",
        f"M-{n}",
        "19.99",
        "5",
        "2022-05-31T17:21:53+00:00",
        "B000000001",
        "",
        "Active",
    ]
    for n in range(40)
]
KETTLE = [
    "Kettle", "steel, 2 l", "K-1", "29.99", "7", "2023-01-31T17:21:53+00:00", "B000000002", "", "Active",
]  # fmt: skip


def read(*lines: str, end: str = "\n", **expected: Any) -> tuple[FlatFile, list[RejectedRow]]:
    """A reading of a file in which some lines stand between sound ones."""
    rejected: list[RejectedRow] = []
    middle = len(SOUND) // 2
    sound = ["\t".join(row) for row in SOUND]
    text = end.join(["\t".join(LISTING), *sound[:middle], *lines, *sound[middle:], ""])
    expected.setdefault("required", REQUIRED)
    return flat_file(text, LISTING, rejected, **expected), rejected


def found_in(reading: FlatFile) -> list[list[str]]:
    """The rows that are not the sound ones, with figures as they print."""
    rows = [
        ["" if cell is None else str(cell) for cell in row.values()] for row in rows_of(reading)
    ]
    known = {tuple(row) for row in SOUND}
    others = [row for row in rows if tuple(row) not in known]
    assert len(rows) - len(others) == len(SOUND), "the sound rows are there"
    return others


def test_a_sound_row_is_taken_as_it_stands() -> None:
    reading, rejected = read("\t".join(KETTLE))

    assert found_in(reading) == [KETTLE]
    assert (reading.counts.repaired, rejected) == (0, [])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_break_in_a_text_is_put_back(end: str) -> None:
    first, second = KETTLE.copy(), KETTLE.copy()
    first = [*KETTLE[:1], "steel"]
    second = ["2 l", *KETTLE[2:]]

    reading, rejected = read("\t".join(first), "\t".join(second), end=end)

    assert found_in(reading) == [["Kettle", "steel\n2 l", *KETTLE[2:]]]
    assert (reading.counts.read, reading.counts.repaired) == (len(SOUND) + 1, 1)
    assert not rejected


def test_a_line_break_in_the_first_text_is_put_back() -> None:
    reading, rejected = read("Ket", "\t".join(["tle", *KETTLE[1:]]))

    assert found_in(reading) == [["Ket\ntle", *KETTLE[1:]]]
    assert not rejected


def test_several_line_breaks_in_a_text_are_put_back() -> None:
    reading, _ = read("Kettle\tsteel", "and", "2 l\t" + "\t".join(KETTLE[2:]))

    assert found_in(reading) == [["Kettle", "steel\nand\n2 l", *KETTLE[2:]]]


def test_a_tab_in_the_only_text_before_figures_is_put_back() -> None:
    shifted = [*KETTLE[:7], "used", "once", "Active"]

    reading, rejected = read("\t".join(shifted))

    assert found_in(reading) == [[*KETTLE[:7], "used\tonce", "Active"]]
    assert not rejected


def test_a_tab_that_may_be_in_several_texts_rejects_the_row() -> None:
    shifted = ["Kettle", "blue", *KETTLE[1:]]

    reading, rejected = read("\t".join(shifted))

    assert found_in(reading) == []
    assert [(row.line, row.cells) for row in rejected] == [(len(SOUND) // 2 + 2, tuple(shifted))]
    assert rejected[0].reason == "it has 10 cells where the header has 9, and fits in 3 ways"
    assert reading.counts.rejected == 1


def test_a_row_shifted_by_a_tab_and_cut_to_the_width_of_the_header_is_not_taken() -> None:
    # The last cell is empty, so that the row with one cell more is as wide as the others are.
    shifted = ["Kettle", "blue", *KETTLE[1:8], ""]

    reading, rejected = read("\t".join(shifted[:9]), "\t".join(shifted))

    assert all(row[2] != "steel, 2 l" for row in found_in(reading))
    assert len(rejected) == 2


def test_rows_from_which_a_cell_is_missing_are_not_read_one_column_too_far_left() -> None:
    missing = [*KETTLE[:1], *KETTLE[2:], ""]  # as wide as the header

    reading, rejected = read("\t".join(missing))

    assert found_in(reading) in ([], [["Kettle", "", *KETTLE[2:]]])
    assert len(rejected) + reading.counts.repaired == 1


def test_a_cell_that_cannot_be_read_is_null_and_its_row_is_taken() -> None:
    odd = [*KETTLE[:4], "some", *KETTLE[5:]]

    reading, rejected = read("\t".join(odd))

    assert found_in(reading) == [[*KETTLE[:4], "", *KETTLE[5:]]]
    assert reading.counts.unreadable == {"quantity": 1}
    assert not rejected


def test_a_key_that_cannot_be_read_rejects_its_row() -> None:
    odd = [*KETTLE[:5], "soon", *KETTLE[6:]]

    reading, rejected = read("\t".join(odd), keys=("open_date",))

    assert found_in(reading) == []
    assert [row.reason for row in rejected] == [
        "it has no open_date that can be read, by which it would be known"
    ]


def test_a_form_that_a_file_does_not_have_is_no_evidence() -> None:
    rows = [[*row[:5], "31 Floréal CCXXX", *row[6:]] for row in [*SOUND, KETTLE]]
    text = "\n".join("\t".join(row) for row in [list(LISTING), *rows]) + "\n"
    rejected: list[RejectedRow] = []
    reading = flat_file(text, LISTING, rejected, required=REQUIRED)

    assert len(rows_of(reading)) == len(rows)
    assert not rejected
    assert reading.counts.unreliable_columns == ["open_date"]


def test_more_than_one_cell_of_a_hundred_unreadable_makes_a_column_unreliable() -> None:
    odd = ["\t".join([*KETTLE[:4], "some", *KETTLE[5:]])]

    few, many = read(*odd * 2)[0], read(*odd * 3)[0]
    rows_of(few)
    rows_of(many)

    assert few.counts.unreliable_columns == []
    assert many.counts.unreliable_columns == ["quantity"]


@pytest.mark.parametrize("remark", ["Total:\t\t\t12", "\t\tend\t", "end\tof\tthe\tpage"])
def test_a_remark_between_rows_is_no_row_and_changes_none(remark: str) -> None:
    reading, rejected = read(remark)

    assert found_in(reading) == []
    assert [row.cells[0] for row in rejected] == [remark.split("\t", maxsplit=1)[0]]


def test_trailing_tabs_are_dropped_where_all_rows_have_them() -> None:
    text = "".join("\t".join([*row, *end]) + "\n" for row, end in [
        (list(LISTING), []), *((row, ["", ""]) for row in SOUND),
    ])  # fmt: skip
    reading = flat_file(text, LISTING, required=REQUIRED)

    assert len(rows_of(reading)) == len(SOUND)
    assert (reading.counts.rejected, reading.counts.repaired) == (0, 0)


def test_rows_without_their_last_empty_cells_are_padded_where_that_is_how_the_file_is_written() -> (
    None
):
    rows = [row[:7] if number % 3 else row for number, row in enumerate(SOUND)]
    text = "".join("\t".join(row) + "\n" for row in [list(LISTING), *rows])
    reading = flat_file(text, LISTING, required=REQUIRED)

    assert [row["seller_sku"] for row in rows_of(reading)] == [row[2] for row in SOUND]
    assert (reading.counts.rejected, reading.counts.repaired) == (0, 0)


@pytest.mark.parametrize("size", [60, 150, 1_000, 1 << 20])
def test_what_is_repaired_does_not_depend_on_where_blocks_end(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_lines, "READ_SIZE", size)
    broken = ["Kettle\tsteel", "2 l\t" + "\t".join(KETTLE[2:])]

    reading, rejected = read(*broken, "\t".join(KETTLE), *broken, "a\tremark")

    repaired = ["Kettle", "steel\n2 l", *KETTLE[2:]]
    assert found_in(reading) == [repaired, KETTLE, repaired]
    assert [row.cells for row in rejected] == [("a", "remark")]


# Files damaged at random

FIGURES_AND_CODES = ("price", "quantity", "open_date", "asin1", "status", "seller_sku")


def sound_row(chance: random.Random, number: int) -> list[str]:
    """A listing."""
    words = ["Kettle", "steel 2 l", "blue", "for 5 cups", "19.99 edition", "B00", "new, boxed"]
    return [
        " ".join(chance.sample(words, chance.randint(1, 3))),
        chance.choice(["", " ".join(chance.sample(words, 2))]),
        f"SKU-{number}",
        f"{chance.randint(1, 9_999) / 100:.2f}",
        chance.choice(["", str(chance.randint(0, 500))]),
        f"2022-05-{chance.randint(10, 28)}T17:21:{chance.randint(10, 59)}+00:00",
        f"B0{chance.randint(10_000_000, 99_999_999)}",
        chance.choice(["", "", "as new"]),
        chance.choice(["Active", "Inactive"]),
    ]


def damaged(chance: random.Random, row: list[str], texts: Sequence[int] = (0, 1, 2, 7)) -> str:
    """A row with a tab or a line break in a text, or with a cell too many or missing."""
    kind = chance.choice(["tab", "break", "missing", "surplus"])
    cells = row.copy()
    if kind in {"tab", "break"}:
        at = chance.choice([at for at in texts if len(cells[at]) > 1])
        place = chance.randint(1, len(cells[at]) - 1)
        mark = "\t" if kind == "tab" else "\n"
        cells[at] = cells[at][:place] + mark + cells[at][place:]
    elif kind == "missing":
        del cells[chance.randrange(len(cells))]
    else:
        cells.insert(chance.randrange(len(cells) + 1), chance.choice(["", "x", "12"]))
    return "\t".join(cells)


def test_no_record_of_a_damaged_file_has_the_value_of_another_column() -> None:
    chance = random.Random(3)  # noqa: S311 - the same damage every time
    rows = [sound_row(chance, number) for number in range(8_000)]
    hurt = set(chance.sample(range(len(rows)), 600))
    lines = [
        damaged(chance, row) if number in hurt else "\t".join(row)
        for number, row in enumerate(rows)
    ]
    rejected: list[RejectedRow] = []
    reading = flat_file(
        "\n".join(["\t".join(LISTING), *lines, ""]), LISTING, rejected, required=REQUIRED
    )

    found = rows_of(reading)

    truth = {row[2]: dict(zip(LISTING, row, strict=True)) for row in rows}
    sound = {rows[number][2] for number in range(len(rows)) if number not in hurt}
    assert sound <= {row["seller_sku"] for row in found}
    garbled = 0
    for row in found:
        own = truth.get("".join(row["seller_sku"].split()))
        assert own is not None, row
        for name in FIGURES_AND_CODES[:-1]:
            cell = own[name] or None
            known = cell if name in {"open_date", "asin1", "status"} else cell and float(cell)
            assert row[name] in {known, None}, (row, own)
        texts = ("item_name", "item_description", "item_note")
        garbled += any("".join((row[n] or "").split()) != "".join(own[n].split()) for n in texts)
    counts = reading.counts
    assert counts.read == counts.emitted + counts.rejected
    assert garbled <= 0.02 * len(hurt)


def test_of_a_million_cells_of_sound_rows_none_is_touched() -> None:
    chance = random.Random(11)  # noqa: S311 - the same rows every time
    rows = [sound_row(chance, number) for number in range(20_000)]
    text = "\n".join("\t".join(row) for row in [list(LISTING), *rows]) + "\n"
    rejected: list[RejectedRow] = []
    reading = flat_file(text, LISTING, rejected, required=REQUIRED)

    assert len(rows_of(reading)) == len(rows)
    assert (rejected, reading.counts.repaired) == ([], 0)


ORDERS: dict[str, Any] = {
    **SCHEMAS.get_schema("orders")["properties"],
    **SCHEMAS.get_schema("order_items")["properties"],
}
ORDER_COLUMNS = (
    "amazon_order_id", "merchant_order_id", "purchase_date", "last_updated_date", "order_status",
    "fulfillment_channel", "sales_channel", "order_channel", "ship_service_level", "product_name", "sku",
    "asin", "item_status", "quantity", "currency", "item_price", "item_tax", "shipping_price",
    "shipping_tax", "gift_wrap_price", "gift_wrap_tax", "item_promotion_discount",
    "ship_promotion_discount", "ship_city", "ship_state", "ship_postal_code", "ship_country",
    "promotion_ids", "cpf", "is_business_order", "purchase_order_number", "price_designation",
    "signature_confirmation_recommended",
)  # fmt: skip
ORDER_TEXTS = (
    "product_name",
    "promotion_ids",
    "purchase_order_number",
    "price_designation",
    "ship_city",
)


def order_line(chance: random.Random, number: int) -> list[str]:
    """An order line; its last cells are mostly empty, so that they take one that was added."""
    amounts = [chance.choice(["", "", f"{chance.randint(1, 9_999) / 100:.2f}"]) for _ in range(7)]
    order_id = f"{number % 7:03}-{number:07}-{number * 7:07}"
    return [
        order_id, chance.choice(["", order_id]), "2026-10-11T14:39:51+00:00",
        f"2026-11-{chance.randint(10, 20)}T14:39:51+00:00", chance.choice(["Shipped", "Pending"]),
        chance.choice(["Amazon", "Merchant"]), "Amazon.com", "", "Standard",
        " ".join(chance.sample(["Kettle", "blue", "for 5 cups", "19.99 edition"], 2)),
        f"SKU-{chance.randint(1, 500)}", f"B0{chance.randint(10_000_000, 99_999_999)}", "Shipped",
        str(chance.randint(1, 3)), "USD", f"{chance.randint(1, 9_999) / 100:.2f}", *amounts,
        chance.choice(["Berlin", "New York"]), chance.choice(["", "NY"]),
        chance.choice(["10115", "NY 10001"]), "US", chance.choice(["", "Free Shipping"]), "",
        chance.choice(["true", "false"]), chance.choice(["", "PO 7"]),
        chance.choice(["", "Business Price"]), chance.choice(["", "", "false"]),
    ]  # fmt: skip


def test_no_order_line_of_a_damaged_file_has_a_figure_or_code_of_another_column() -> None:
    chance = random.Random(5)  # noqa: S311 - the same damage every time
    rows = [order_line(chance, number) for number in range(6_000)]
    hurt = set(chance.sample(range(len(rows)), 500))
    texts = [ORDER_COLUMNS.index(name) for name in ORDER_TEXTS]
    lines = [
        damaged(chance, row, texts) if number in hurt else "\t".join(row)
        for number, row in enumerate(rows)
    ]
    reading = flat_file(
        "\n".join(["\t".join(ORDER_COLUMNS), *lines, ""]), ORDERS,
        required=("amazon_order_id", "sku", "quantity", "sales_channel"), keys=("amazon_order_id",),
    )  # fmt: skip

    found = rows_of(reading)

    truth = {row[0]: dict(zip(ORDER_COLUMNS, row, strict=True)) for row in rows}
    emitted = {row["amazon_order_id"] for row in found}
    assert emitted >= {rows[number][0] for number in range(len(rows)) if number not in hurt}
    assert emitted <= set(truth)
    assert reading.counts.rejected > len(hurt) / 2
    for row in found:
        own = truth[row["amazon_order_id"]]
        for name, value in row.items():
            if name not in ORDER_TEXTS and value is not None:
                cell = own[name]
                known: object = cell
                if isinstance(value, bool):
                    known = cell == "true"
                elif isinstance(value, int | float):
                    known = float(cell or "nan")
                assert value == known, (name, row, own)
