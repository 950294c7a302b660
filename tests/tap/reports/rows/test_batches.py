"""Rows in columns are what their cells are one by one, to the character."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from flat_files import DE, document, flat_file, rows_of
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.machine.arrow_text import utc_seconds
from tap_amazon_seller.reports.rows.cells import converter, kind_of
from tap_amazon_seller.reports.text import lines

if TYPE_CHECKING:
    from tap_amazon_seller.reports.rows.rejected import RejectedRow

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


def expected_rows(text: str) -> list[tuple[dict[str, Any], bool]]:
    """The rows of lines as wide as the header, each cell read by itself; whether all can be read."""
    rows = []
    for line in text.split("\n")[1:]:
        cells = line.removesuffix("\r").split("\t")
        if any(cells):
            found = [value(name, cell) for name, cell in zip(SCHEMAS, cells, strict=True)]
            is_sound = all(
                one is not None or cell in {"", "--"}
                for one, cell in zip(found, cells, strict=True)
            )
            rows.append((dict(zip(SCHEMAS, found, strict=True)), is_sound))
    return rows


def value(name: str, cell: str) -> Any:
    """What a cell is."""
    read = converter(kind_of(SCHEMAS[name]), DE)
    if not cell or read is None:
        return cell or None
    try:
        return read(cell)
    except (OverflowError, ValueError):
        return None


@pytest.mark.parametrize("charset", CHARSETS)
@settings(STEADY, max_examples=40)
@given(st.lists(ROW, max_size=12), st.sampled_from(["\n", "\r\n"]), st.integers(20, 4_000))
@example([["A", 'a "b" \\ c\x01', "1", "2", "no", "", ""]], "\n", 4_000)
def test_rows_are_what_their_cells_are_wherever_blocks_end(
    charset: str, rows: list[list[str]], end: str, size: int
) -> None:
    named = [["A", *row[1:]] for row in rows]
    text = text_of(named, end, is_ended=True).encode(charset, "ignore").decode(charset)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "READ_SIZE", size)
        reading = flat_file(document(text.encode(charset), charset), SCHEMAS)

        found = [repr(row) for row in rows_of(reading)]

    told = expected_rows(text)
    assert len(found) == len(told) - reading.counts.rejected
    assert reading.counts.rejected + reading.counts.repaired <= sum(not sound for _, sound in told)
    rest = iter(found)
    assert all(repr(row) in rest for row, is_sound in told if is_sound), (
        "sound rows, in their order"
    )


@STEADY
@given(FILES, st.lists(st.tuples(st.integers(60, 400), st.binary(max_size=3)), max_size=3))
def test_damaged_text_is_read_the_same_wherever_blocks_end(
    file: tuple[list[list[str]], str, bool], damage: list[tuple[int, bytes]]
) -> None:
    rows, end, is_ended = file
    body = text_of(rows, end, is_ended=is_ended).encode()
    for at, inserted in damage:
        body = body[:at] + inserted + body[at:]

    try:
        found = flat_file(body, SCHEMAS)
        records = rows_of(found)
    except ReportUnavailableError as error:
        assert str(error)  # noqa: PT017
        return
    counts = found.counts
    assert counts.read == counts.emitted + counts.rejected
    assert counts.emitted == len(records)


def test_a_file_of_several_blocks_keeps_its_rows_and_line_numbers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lines, "READ_SIZE", 64)
    rows = [[f"S{n}", "t", "x" if n == 33 else "1", "", "", "", ""] for n in range(60)]
    rows[41] += ["too", "many"]
    rejected: list[RejectedRow] = []
    reading = flat_file(text_of(rows, "\n", is_ended=True), SCHEMAS, rejected)

    found = list(reading.batches())
    reading.log_counts("report")

    assert len(found) > 5
    assert [row["sku"] for batch in found for row in batch.to_pylist()] == [
        f"S{n}" for n in range(60) if n != 41
    ]
    assert "column quantity cannot be read and are null, the first in line 35" in caplog.text
    assert [(row.line, row.cells[0]) for row in rejected] == [(43, "S41")]


def test_a_header_that_comes_again_ends_the_reading() -> None:
    text = text_of([["A", "", "", "", "", "", ""], list(SCHEMAS)], "\n", is_ended=True)

    with pytest.raises(ReportUnavailableError, match=r"its header twice \(line 3\)"):
        rows_of(flat_file(text, SCHEMAS))


@pytest.mark.parametrize(
    "line", ["", "\t\t\t\t\t\t", "\r", "\t\t\t\t\t\t\r"], ids=["empty", "tabs", "return", "both"]
)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_lines_without_a_cell_are_no_rows(line: str, place: int) -> None:
    rows = ["A\t\t\t\t\t\t", "\tt\t\t\t\t\t", "\t\t5\t\t\t\t"]
    text = "\n".join(["\t".join(SCHEMAS), *rows[:place], line, *rows[place:], ""])
    reading = flat_file(text, SCHEMAS)

    assert rows_of(reading) == [row for row, _ in expected_rows(text)]
    assert reading.counts.read == len(rows)


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
