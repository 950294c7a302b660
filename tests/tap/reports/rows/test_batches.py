"""A flat file read in columns has the same rows, to the character, as one read row by row."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from amazon_selling_partner import marketplaces
from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.machine.arrow_text import utc_seconds
from tap_amazon_seller.output import json_lines
from tap_amazon_seller.reports.rows import batches
from tap_amazon_seller.reports.rows.flat_file import Counts, FlatFile
from tap_amazon_seller.reports.text import lines
from tap_amazon_seller.reports.text.document import ReportDocument

if TYPE_CHECKING:
    from pathlib import Path

DE = marketplaces.BY_COUNTRY["DE"]
SCHEMAS: dict[str, Any] = {
    "sku": {"type": ["string"]},
    "title": {"type": ["string", "null"]},
    "quantity": {"type": ["integer", "null"]},
    "price": {"type": ["number", "null"]},
    "is_gift": {"type": ["boolean", "null"]},
    "changed": {"type": ["string", "null"], "format": "date-time"},
    "due": {"type": ["string", "null"], "format": "date"},
}
CHARSETS = ("utf-8", "utf-8-sig", "cp1252", "cp932", "iso-8859-1", "utf-7")
STEADY = settings(
    derandomize=True, deadline=None, max_examples=100, suppress_health_check=list(HealthCheck)
)

TEXT = st.text(
    st.sampled_from("ab1,-" + "\x00\x0b\x1a\x1f\x7f\x85\u2028\ufeff\r\"'\\ ß€商㈱𝄞"), max_size=6
)
NUMBERS = st.sampled_from((
    "", "1", "007", "-5", "+5", "1.50", ".5", "5.", ".", "-", "1,5", "1.234,50", "1,234", "1e5",
    "inf", "nan", "0x1F", "--", " 7 ", "１２", "9" * 18, "9" * 19, "9" * 310, "1_0", "1-2", "-0",
))  # fmt: skip
INSTANTS = st.sampled_from((
    "", "2026-10-04T08:31:13+00:00", "2026-10-04 08:31:13+00:00", "2026-10-04T08:31:13Z",
    "2026-10-04T24:00:00+00:00", "0000-10-04T08:31:13+00:00", "2026-02-30T08:31:13+00:00",
    "2026-10-04T08:31:13+02:00", "29/09/2025 16:19:39 BST", "07.11.2026", "soon",
))  # fmt: skip
ROW = st.tuples(
    TEXT,
    TEXT,
    NUMBERS,
    NUMBERS,
    st.sampled_from(["", "true", "No", "1", "maybe"]),
    INSTANTS,
    INSTANTS,
).map(list)
LINE = st.one_of(
    ROW,
    ROW.flatmap(lambda row: st.integers(0, len(row)).map(lambda size: row[:size])),
    st.tuples(ROW, st.lists(TEXT, max_size=2)).map(lambda both: both[0] + both[1]),
)
FILES = st.tuples(
    st.lists(LINE, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans()
)  # rows, line ends, whether the last line has one


def text_of(rows: list[list[str]], end: str, *, is_ended: bool) -> str:
    """A flat file."""
    text = "".join("\t".join(row) + end for row in [list(SCHEMAS), *rows])
    return text if is_ended else text.removesuffix(end)


def reading(body: bytes, charset: str = "utf-8", reject_path: Path | None = None) -> FlatFile:
    """A fresh reading of a document."""
    found = ReportDocument("X", charset, io.BytesIO(body))
    return FlatFile(found, SCHEMAS, DE, required=("sku",), reject_path=reject_path)


def outcome(flat_file: FlatFile, *, in_columns: bool) -> tuple[str, Counts, int]:
    """The rows or why there are none, the counts, and the undecodable bytes."""
    found: Any
    try:
        if in_columns:
            found = [row for batch in batches.batches(flat_file) for row in batch.to_pylist()]
        else:
            found = list(flat_file.rows())
    except ReportUnavailableError as error:
        found = str(error)
    return repr(found), flat_file.counts, flat_file.document.undecodable


@pytest.mark.parametrize("charset", CHARSETS)
@STEADY
@given(FILES)
@example(([["A", 'a "b" \\ c\x01', "1", "2", "no", "", ""]], "\n", True))
def test_columns_have_the_same_rows_and_counts(
    charset: str, file: tuple[list[list[str]], str, bool]
) -> None:
    rows, end, is_ended = file
    body = text_of(rows, end, is_ended=is_ended).encode(charset, "ignore")

    found = outcome(reading(body, charset), in_columns=True)

    expected = outcome(reading(body, charset), in_columns=False)
    assert found == expected


@STEADY
@given(FILES, st.lists(st.tuples(st.integers(60, 400), st.binary(max_size=3)), max_size=3))
def test_columns_have_the_same_rows_of_damaged_text(
    file: tuple[list[list[str]], str, bool], damage: list[tuple[int, bytes]]
) -> None:
    rows, end, is_ended = file
    body = text_of(rows, end, is_ended=is_ended).encode()
    for at, inserted in damage:
        body = body[:at] + inserted + body[at:]

    found = outcome(reading(body), in_columns=True)

    assert found == outcome(reading(body), in_columns=False)


def test_a_file_of_several_blocks_keeps_its_rows_and_line_numbers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(lines, "READ_SIZE", 64)
    rows = [[f"S{n}", "t", "x" if n == 33 else "1", "", "", "", ""] for n in range(60)]
    rows[41].append("too many")
    rejects = tmp_path / "rejects"
    flat_file = reading(text_of(rows, "\n", is_ended=True).encode(), reject_path=rejects)

    found = list(batches.batches(flat_file))
    flat_file.log_counts("report")

    assert len(found) > 5
    assert [row["sku"] for batch in found for row in batch.to_pylist()] == [
        f"S{n}" for n in range(60) if n != 41
    ]
    assert "column quantity cannot be read and are null, the first in line 35" in caplog.text
    assert rejects.read_text(encoding="utf-8").startswith("43\tS41\t")


def test_a_header_that_comes_again_ends_the_reading() -> None:
    text = text_of([["A", "", "", "", "", "", ""], list(SCHEMAS)], "\n", is_ended=True)

    with pytest.raises(ReportUnavailableError, match=r"its header twice \(line 3\)"):
        list(batches.batches(reading(text.encode())))


@pytest.mark.parametrize(
    "line", ["", "\t\t\t\t\t\t", "\r", "\t\t\t\t\t\t\r"], ids=["empty", "tabs", "return", "both"]
)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_lines_without_a_cell_are_no_rows(line: str, place: int) -> None:
    rows = ["A\t\t\t\t\t\t", "\tt\t\t\t\t\t", "\t\t5\t\t\t\t"]
    text = "\n".join(["\t".join(SCHEMAS), *rows[:place], line, *rows[place:], ""])

    found = outcome(reading(text.encode()), in_columns=True)

    assert found == outcome(reading(text.encode()), in_columns=False)
    assert found[1].read == len(rows)


@pytest.mark.parametrize(
    ("cells", "seconds"),
    [
        (["2026-10-04T08:31:13+00:00", None], [1_791_102_673, None]),
        ([None, None], [None, None]),
        (["1969-12-31T23:59:59+00:00"], [-1]),
        (["2026-10-04T08:31:13+00:00", "2026-10-04 08:31:13+00:00"], None),
        (["2026-10-04T08:31:13+02:00"], None),
        (["2026-10-04T08:31:13Z"], None),
        (["2026-02-30T08:31:13+00:00"], None),
        (["2026-10-04T08:31:60+00:00"], None),
        (["2026-10-0xT08:31:13+00:00"], None),
    ],
)
def test_instants_in_utc_are_read_and_others_are_left(
    cells: list[str | None], seconds: list[int | None] | None
) -> None:
    found = utc_seconds(pa.array(["another", *cells], pa.string()).slice(1))

    assert (found and found.to_pylist()) == seconds


VALUES = {
    "text": st.one_of(st.none(), st.text(max_size=5), TEXT),
    "whole": st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    "number": st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    "flag": st.one_of(st.none(), st.booleans()),
    'odd "name"\\': st.one_of(st.none(), TEXT),
}
TYPES = (pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.string())


@STEADY
@given(st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=8))
def test_lines_of_json_say_what_the_columns_hold(rows: list[dict[str, Any]]) -> None:
    batch = pa.RecordBatch.from_pylist(rows, pa.schema(list(zip(VALUES, TYPES, strict=True))))

    text = bytes(json_lines.encoded(batch, '{"record":', "}\n")).decode()

    assert [json.loads(line)["record"] for line in text.removesuffix("\n").split("\n")] == rows
