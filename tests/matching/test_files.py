"""Tables in and out: all cells as text, nothing damaged again, bad files refused in a sentence."""

from __future__ import annotations

import csv
import datetime as dt
import doctest
import zipfile
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from matching.scripted_catalog import ean
from python_calamine import CalamineWorkbook

from amazon_asin_match.codes import CodeType
from amazon_asin_match.errors import InputFileError
from amazon_asin_match.files import columns as columns_module
from amazon_asin_match.files import excel_files, table
from amazon_asin_match.files.columns import find_columns
from amazon_asin_match.files.table import open_table
from amazon_asin_match.files.write import RESULT_COLUMNS, check_output, writing

if TYPE_CHECKING:
    from pathlib import Path

RESULT = ("B000000001", "=SUM(1)", "https://x/1.jpg", "0.98", "matched", "A reason.", "[]")


def test_examples_in_the_documentation_hold() -> None:
    for module in (excel_files, columns_module):
        failed, tried = doctest.testmod(module)
        assert tried
        assert not failed


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_csv_is_read_whatever_its_delimiter_and_charset(
    tmp_path: Path, delimiter: str, charset: str
) -> None:
    path = tmp_path / "codes.csv"
    with path.open("w", newline="", encoding=charset) as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([["EAN", "Titel"], ["0400", "Gießkanne\nzwei; Zeilen, 1|2"], ["12"], []])
    found = open_table(path)
    assert found.header == ("EAN", "Titel")
    assert list(found.numbered()) == [
        (2, ["0400", "Gießkanne\nzwei; Zeilen, 1|2"]), (3, ["12", ""]), (4, ["", ""]),
    ]  # fmt: skip
    assert found.delimiter == delimiter


def test_excel_numbers_become_codes_without_decimals_and_texts_keep_their_zeros(
    tmp_path: Path,
) -> None:
    path = tmp_path / "codes.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name, start in (("Codes", 0), ("Other", 3)):
            sheet = book.add_worksheet(name)
            sheet.write_row(start, 0, ["EAN", "Text", "Preis"])
            sheet.write_number(start + 1, 0, 4006381333931)
            sheet.write_string(start + 1, 1, "04006381333931")
            sheet.write_number(start + 1, 2, 1.5)
    found = open_table(path)
    assert found.header == ("EAN", "Text", "Preis")
    assert list(found.numbered()) == [(2, ["4006381333931", "04006381333931", "1.5"])]
    lower = open_table(path, sheet="Other")
    assert [number for number, _ in lower.numbered()] == [5]
    with pytest.raises(InputFileError, match="has no sheet 'Third'; it has Codes, Other"):
        open_table(path, sheet="Third")


def test_parquet_is_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "codes.parquet"
    columns = {"ean": [4006381333931, None], "on": [dt.date(2026, 1, 31), None], "t": ["0400", ""]}
    pq.write_table(pa.table(columns), path)
    assert list(open_table(path).rows()) == [["4006381333931", "2026-01-31", "0400"], ["", "", ""]]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_a_result_can_be_read_again_with_every_code_as_it_was(tmp_path: Path, ending: str) -> None:
    source = tmp_path / "in.csv"
    source.write_text("ean,title\n04006381333931,mine\n0036000291452,\n", encoding="utf-8")
    found = open_table(source)
    output = tmp_path / f"out.{ending}"
    with writing(output, found, 2) as writer:
        for _, cells in found.numbered():
            writer.row(cells, RESULT)
    again = open_table(output)
    assert again.header == (
        "ean", "title", "asin", "match_title", *RESULT_COLUMNS[2:],
    )  # fmt: skip
    rows = [cells for _, cells in again.numbered()]
    assert [cells[0] for cells in rows] == ["04006381333931", "0036000291452"]
    assert rows[0][2] == "B000000001"
    assert rows[0][5] == "0.98"
    # A formula of somebody else's is none in a spreadsheet.
    assert rows[0][3] == ("'=SUM(1)" if ending == "csv" else "=SUM(1)")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_codes_are_text_cells_in_an_excel_result(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("ean\n04006381333931\n", encoding="utf-8")
    found = open_table(source)
    with writing(tmp_path / "out.xlsx", found) as writer:
        writer.row(["04006381333931"], RESULT)
    rows = CalamineWorkbook.from_path(str(tmp_path / "out.xlsx")).get_sheet_by_index(0).to_python()
    assert rows[1][0] == "04006381333931"
    assert rows[1][4] == 0.98


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "a.csv is empty."),
        ("a.pdf", b"%PDF", "a.pdf is of no format that can be read; use .csv, .tsv, .xlsx"),
        (
            "a.xlsx",
            b"PK nonsense",
            "a.xlsx is not an Excel file, whatever its name says; save it as",
        ),
        ("a.xls", b"nonsense", "a.xls is not an Excel file, whatever its name says"),
        ("a.parquet", b"nonsense", "a.parquet is not a Parquet file"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputFileError) as refusal:
        open_table(path)
    assert str(refusal.value).startswith(words)


def test_files_that_are_not_there_too_large_or_bombs_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputFileError, match=r"none\.csv cannot be read: No such file"):
        open_table(tmp_path / "none.csv")
    path = tmp_path / "large.csv"
    path.write_bytes(b"x" * 2_000_000)
    with pytest.raises(
        InputFileError, match=r"large\.csv has 2 MB, and at most 1 are read; split it"
    ):
        table.check_size(path, 1_000_000)
    monkeypatch.setattr(table, "LARGEST_UNPACKED", 1_000_000)
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", b"0" * 2_000_000)
    with pytest.raises(InputFileError, match=r"bomb\.xlsx unpacks to 0 GB, which is too much"):
        open_table(bomb)


def test_an_output_without_room_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"1,048,576 rows are too many for a sheet of Excel"):
        check_output(tmp_path / "out.xlsx", 1_048_576)
    with pytest.raises(InputFileError, match=r"The folder .*gone of the output is not there"):
        check_output(tmp_path / "gone" / "out.csv")


def test_columns_are_found_by_name_and_by_what_they_hold(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"

    def found(text: str, **named: str) -> columns_module.Columns:
        path.write_text(text, encoding="utf-8")
        return find_columns(open_table(path), named)

    named = found(f"Artikelnummer;Bezeichnung;EAN;Hersteller;VE\n1;T;{ean(1)};B;6,0\n")
    assert (named.code, named.title, named.brand, named.pack) == (2, 1, 3, 4)
    assert named.found_by == "Codes are in the column 'EAN' (by its name)."
    assert named.facts(["1", " T ", "", "B", "6,0"]).pack == 6
    held = found(f"a,b\nx,{ean(1)}\ny,{ean(2)}\n")
    assert held.code == 1
    assert held.found_by == "Codes are in the column 'b' (100% of its first cells are codes)."
    chosen = found(f"EAN,other\n{ean(1)},{ean(2)}\n", code="other", title="-")
    assert (chosen.code, chosen.title) == (1, None)
    assert found("isbn\n316148410X\n").code_type is CodeType.ISBN
    with pytest.raises(InputFileError, match="There is no column 'nope'; the file has a, b"):
        found("a,b\n1,2\n", code="nope")
    with pytest.raises(InputFileError, match="No column holds codes; name it with --code-column"):
        found("a,b\nx,y\n")
