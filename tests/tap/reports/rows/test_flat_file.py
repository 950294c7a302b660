"""Documents are read to the character, and every row is accounted for."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING, Any

import flat_files
import pytest
from flat_files import document, rows_of
from hypothesis import given
from hypothesis import strategies as st

from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.reports.rows.groups import whole_groups
from tap_amazon_seller.reports.text.document import ReportDocument

if TYPE_CHECKING:
    from pathlib import Path

    from tap_amazon_seller.reports.rows.flat_file import FlatFile
    from tap_amazon_seller.reports.rows.rejected import RejectedRow

COLUMNS: dict[str, Any] = {
    "sku": {"type": "string"},
    "title": {"type": ["string", "null"]},
    "quantity": {"type": ["integer", "null"]},
}
HEADER = "sku\ttitle\tquantity\n"


def read(text: str, **options: Any) -> FlatFile:
    """A reading of a document in UTF-8."""
    return flat_files.flat_file(text, COLUMNS, **options)


def test_a_quotation_mark_in_a_title_is_a_character() -> None:
    flat_file = read(HEADER + 'A\t"12 inch" pan\t1\nB\t5" pipe\t2\nC\t"open\t3\n')

    assert [row["title"] for row in rows_of(flat_file)] == ['"12 inch" pan', '5" pipe', '"open']


def test_a_file_with_a_quoted_header_is_read_with_quoting() -> None:
    flat_file = read('"sku"\t"title"\t"quantity"\n"A"\t"a ""b""\tc"\t"7"\n')

    assert rows_of(flat_file) == [{"sku": "A", "title": 'a "b"\tc', "quantity": 7}]


def test_spaces_and_unusual_line_separators_stay_in_the_title() -> None:
    title = "  NEL\x85 LS\u2028 FF\x0c VT\x0b FS\x1c CR\rend™  "
    flat_file = read(f"{HEADER}A\t{title}\t1\r\nB\tb\t2\r\n")

    assert [row["title"] for row in rows_of(flat_file)] == [title, "b"]
    assert flat_file.counts.read == 2


def test_short_rows_are_padded_and_trailing_tabs_forgiven() -> None:
    flat_file = read(HEADER + "A\nB\tb\t2\t\t\n\nC\tc\n")

    assert rows_of(flat_file) == [
        {"sku": "A", "title": None, "quantity": None},
        {"sku": "B", "title": "b", "quantity": 2},
        {"sku": "C", "title": "c", "quantity": None},
    ]


def test_a_row_with_too_many_cells_is_rejected_with_its_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rejected: list[RejectedRow] = []
    flat_file = read(HEADER + "A\ta\t1\nB\tb\tx\t2\nC\tc\t3\n", rejected=rejected)

    assert [row["sku"] for row in rows_of(flat_file)] == ["A", "C"]
    assert [(row.line, row.cells) for row in rejected] == [(3, ("B", "b", "x", "2"))]
    assert "Line 3 " in caplog.text
    counts = flat_file.counts
    assert (counts.read, counts.emitted, counts.rejected) == (3, 2, 1)


def test_a_cell_that_its_type_cannot_read_is_null_and_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    flat_file = read(HEADER + "A\ta\t1\nB\tb\tmany\nC\tc\t2.5\n")

    assert [row["quantity"] for row in rows_of(flat_file)] == [1, None, None]
    flat_file.log_counts("Report")
    assert "2 cells of column quantity cannot be read and are null, the first in line 3" in (
        caplog.text
    )


def test_new_columns_are_passed_on_but_personal_ones_only_on_request() -> None:
    text = (
        "sku\tbuyer-email\tbrand-new\tship-phone-number\tgift-message-text\n"
        "A\tx@y.z\tn\t1\tfor you\n"
    )

    assert rows_of(read(text)) == [{"sku": "A", "brand_new": "n"}]
    assert list(read(text).header.new_names) == ["brand_new"]
    assert rows_of(read(text, include_pii=True)) == [
        {
            "sku": "A",
            "buyer_email": "x@y.z",
            "brand_new": "n",
            "ship_phone_number": "1",
            "gift_message_text": "for you",
        }
    ]


def test_undescribed_columns_are_left_out_where_they_are_named_like_buyers_data() -> None:
    header = "sku\tshipping_name\tBuyerInfo.BuyerName\tfax\tproduct-name\tcustomer-returns\n"
    text = header + "A\tb\tc\t1\tp\t2\n"

    flat_file = read(text, is_described=False)

    assert rows_of(flat_file) == [{"sku": "A", "product_name": "p", "customer_returns": "2"}]
    assert list(flat_file.header.left_out) == ["shipping_name", "buyer_info_buyer_name", "fax"]
    assert "fax" in rows_of(read(text, is_described=False, include_pii=True))[0]


def test_two_dashes_in_the_place_of_a_figure_are_no_figure() -> None:
    flat_file = read(HEADER + "A\t--\t--\n")

    assert rows_of(flat_file) == [{"sku": "A", "title": "--", "quantity": None}]
    assert not flat_file.counts.unreadable


def test_a_figure_is_never_personal() -> None:
    columns = {**COLUMNS, "customer_returns": {"type": ["integer", "null"]}}
    body = b"sku\tCustomer Returns\tCustomer Name\nA\t2\tRo\n"

    flat_file = flat_files.flat_file(body, columns)

    assert rows_of(flat_file) == [{"sku": "A", "customer_returns": 2}]


POSITIONS = {"required": ["sku", "title"], "positions": ["sku", "title", "quantity"]}


@pytest.mark.parametrize(
    "header", ["sku\ttitle\tquantity", "Artikel\tTitel\tMenge", "SKU\t品名\t数量"]
)
def test_columns_can_be_known_by_their_position(header: str) -> None:
    flat_file = read(f"{header}\nA\tpan\t7\n", **POSITIONS)

    assert rows_of(flat_file) == [{"sku": "A", "title": "pan", "quantity": 7}]


def test_columns_with_known_names_may_stand_anywhere() -> None:
    flat_file = read("quantity\ttitle\tsku\n7\tpan\tA\n", **POSITIONS)

    assert rows_of(flat_file) == [{"sku": "A", "title": "pan", "quantity": 7}]


@pytest.mark.parametrize("header", ["Artikel\tTitel", "Artikel\tTitel\tMenge\tPreis"])
def test_a_header_of_another_width_and_language_is_refused(header: str) -> None:
    with pytest.raises(ReportUnavailableError, match="has no column sku"):
        read(f"{header}\n", **POSITIONS)


@pytest.mark.parametrize("text", ["", "<Error>gone</Error>\n", "Date range exceeded\n"])
def test_a_document_without_its_key_column_is_not_data(text: str) -> None:
    with pytest.raises(
        ReportUnavailableError, match=r"is empty|has no column sku|is not a flat file"
    ):
        read(text, required=["sku"])


@pytest.mark.parametrize(
    ("charset", "title"),
    [
        ("cp1252", "Größe €5 … ™ Straße"),
        ("cp932", "商品名 ①～㈱ フライパン"),
        ("iso-8859-1", "Größe für Öl"),
        ("utf-8-sig", "Größe 商品 ™"),
    ],
)
@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
def test_every_charset_is_read_to_the_character(
    charset: str, title: str, *, compressed: bool
) -> None:
    body = f"{HEADER}A\t{title}\t1\n".encode(charset)
    found = document(gzip.compress(body) if compressed else body, charset)
    flat_file = flat_files.flat_file(found, COLUMNS)

    assert rows_of(flat_file)[0]["title"] == title


def test_a_byte_that_the_charset_does_not_know_is_kept_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = document(HEADER.encode() + b"A\tcaf\xe9 \x81 5 \x80\t1\n")
    flat_file = flat_files.flat_file(found, COLUMNS)

    assert rows_of(flat_file)[0]["title"] == "café \x81 5 €"
    assert b"".join(flat_file.blocks()).decode() == "A\tcafé \x81 5 €\t1\n"
    flat_file.log_counts("Report")
    assert found.undecodable == 3
    assert "3 bytes are not utf-8" in caplog.text


@given(st.binary(max_size=400), st.sampled_from(["utf-8", "cp1252", "cp932", "iso-8859-1"]))
def test_any_bytes_are_read_without_a_crash_and_the_counts_add_up(
    body: bytes, charset: str
) -> None:
    flat_file = flat_files.flat_file(document(HEADER.encode() + body, charset), COLUMNS)

    rows = rows_of(flat_file)

    counts = flat_file.counts
    assert len(rows) == counts.emitted
    assert counts.read == counts.emitted + counts.rejected
    assert all(set(row) == set(COLUMNS) for row in rows)


CELL = st.text(st.characters(exclude_characters="\t\n\r", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(CELL.filter(bool), CELL), max_size=20))
def test_text_cells_come_back_as_they_were_written(rows: list[tuple[str, str]]) -> None:
    text = "".join(f"{sku}\t{title}\t1\n" for sku, title in rows)

    found = [
        (row["sku"], row["title"] or "") for row in rows_of(read("sku\ttitle\tquantity\n" + text))
    ]

    assert found == rows


@given(st.lists(st.sampled_from("ABCDE"), max_size=30))
def test_rows_of_one_key_come_one_after_another_wherever_they_stand(keys: list[str]) -> None:
    text = HEADER + "".join(f"{key}\t{place}\t1\n" for place, key in enumerate(keys))

    batches = whole_groups(read(text).batches(), "sku", None, None)

    found = [(row["sku"], int(row["title"])) for batch in batches for row in batch.to_pylist()]
    assert found == [
        (key, place)
        for key in dict.fromkeys(keys)
        for place, other in enumerate(keys)
        if other == key
    ]


def test_a_document_can_be_read_twice_from_a_real_file(tmp_path: Path) -> None:
    path = tmp_path / "document"
    path.write_bytes(gzip.compress(f"{HEADER}A\ta\t1\n".encode()))
    with os.fdopen(os.open(path, os.O_RDONLY), "rb") as body:
        found = ReportDocument("d", "utf-8", body)
        assert list(found.lines()) == list(found.lines())


# Oddities known in public


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(end: str) -> None:
    flat_file = read(HEADER.replace("\n", end) + f"A\ta\t1{end}B\tb\t2{end}")

    assert rows_of(flat_file) == [
        {"sku": "A", "title": "a", "quantity": 1},
        {"sku": "B", "title": "b", "quantity": 2},
    ]
    assert b"".join(flat_file.blocks()).decode().split() == ["A", "a", "1", "B", "b", "2"]


def test_a_file_with_commas_is_read_where_tabs_were_due() -> None:
    text = 'sku,title,quantity\nA,"a, ""b""",1\nB,"27" Monitor, black",2\nC,c,3\n'

    assert [tuple(row.values()) for row in rows_of(read(text, required=("sku",)))] == [
        ("A", 'a, "b"', 1),
        ("B", '27" Monitor, black', 2),
        ("C", "c", 3),
    ]


def test_a_file_with_tabs_is_read_where_commas_were_due() -> None:
    assert [row["title"] for row in rows_of(read(HEADER + "A\ta, b\t1\n", separator=","))] == [
        "a, b"
    ]


def test_marks_within_quoted_cells_need_not_be_doubled() -> None:
    rows = ['"A"\t"27" Monitor"\t"1"', '"B"\t"Monitor 27""\t"2"', '"C"\t"a ""b"""\t3', '""\t"""\t']
    text = '"sku"\t"title"\t"quantity"\n' + "\n".join(rows[:3]) + "\n"

    assert [tuple(row.values()) for row in rows_of(read(text))] == [
        ("A", '27" Monitor', 1),
        ("B", 'Monitor 27"', 2),
        ("C", 'a "b"', 3),
    ]


def test_rows_may_be_quoted_under_a_header_that_is_not() -> None:
    text = HEADER + '"A"\t"a\tb"\t"1"\n"B"\t""\t"2"\n'

    assert [tuple(row.values()) for row in rows_of(read(text.replace("a\tb", "ab")))] == [
        ("A", "ab", 1),
        ("B", None, 2),
    ]
    assert [row["title"] for row in rows_of(read(HEADER + 'A\t"5" pan"\t1\n'))] == ['"5" pan"']


def test_byte_order_marks_between_joined_parts_are_no_text() -> None:
    flat_file = read(f"\ufeff{HEADER}A\ta\t1\n\ufeffB\tb\ufeff\t2\n")

    assert [tuple(row.values()) for row in rows_of(flat_file)] == [
        ("A", "a", 1),
        ("B", "b\ufeff", 2),
    ]
    assert b"".join(flat_file.blocks()).decode() == "A\ta\t1\nB\tb\ufeff\t2\n"


def test_a_header_of_another_language_is_read_by_its_places_where_the_contents_fit() -> None:
    header = "\u5546\u54c1\t\u4e0d\u9002\u7528\t\u4e0d\u9002\u7528\n"
    places = {"required": ("sku",), "positions": ("sku", "title", "quantity")}

    assert [row["quantity"] for row in rows_of(read(header + "A\ta\t1\n", **places))] == [1]
    with pytest.raises(ReportUnavailableError, match="its header is in a language"):
        read(header + "A\t1\ta\n", **places)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ('{"errors": []}', "is not a flat file but JSON or XML"),
        ("Something went wrong", "its first line is not a header with tabs or commas"),
        (
            "H\u00e4ndler\tTitel\n",
            "its header is in a language that is not known, or not in charset",
        ),
        ("asin\ttitle\n", "has no column sku among its 2"),
    ],
)
def test_a_refusal_names_its_cause(text: str, sentence: str) -> None:
    with pytest.raises(ReportUnavailableError) as error:
        read(text, required=("sku",))

    assert sentence in str(error.value)
