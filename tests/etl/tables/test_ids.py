"""What is an id, as pandas, gluestick and spreadsheets give it back."""

from __future__ import annotations

import pyarrow as pa
import pytest

from amazon_optiply_etl.tables.ids import optiply_ids, plain_texts, remote_ids

RIGHT = {
    "as Optiply writes it": ("901", "901"),
    "a float of pandas in CSV": ("901.0", "901"),
    "a float of a spreadsheet": ("901.00", "901"),
    "with blanks around": (" 901 ", "901"),
    "the largest that fits": ("9223372036854775807", "9223372036854775807"),
    "missing": ("", None),
    "missing in pandas": ("nan", None),
    "missing in pandas' own type": ("<NA>", None),
    "missing in Python": ("None", None),
    "null": (None, None),
}
WRONG = (
    "901.5", "-901", "0", "0901", "9223372036854775808", "99999999999999999999", "1e+16", "9.01E+12",
    "inf", "abc", "B0000000AA", "90 1", "9,01", "true", "=901", "../901", "901/2", "９０１",
    "a2a4b0a2-4a3c-4c7e-9d57-5d2f6a3c9f10",
)  # fmt: skip
NUMBERS = {
    "int64": (pa.array([901, None], pa.int64()), ["901", None], []),
    "uint32": (pa.array([901, None], pa.uint32()), ["901", None], []),
    "double": (pa.array([901.0, None, float("nan")], pa.float64()), ["901", None, None], []),
    "a long double": (pa.array([1e15, 2.0**53 - 1]), ["1000000000000000", f"{2**53 - 1}"], []),
    "float": (pa.array([901.0, None], pa.float32()), ["901", None], []),
    "a rounded float": (pa.array([2.0**24], pa.float32()), [None], [0]),
    "a rounded double": (pa.array([901.0, 2.0**53]), ["901", None], [1]),
    "a fraction": (pa.array([901.5, 902.0]), [None, "902"], [0]),
    "infinite": (pa.array([float("inf")]), [None], [0]),
    "negative": (pa.array([-901, 0]), [None, None], [0, 1]),
    "decimal": (pa.array([901, None], pa.decimal128(12, 2)), ["901", None], []),
    "categories": (pa.array(["901.0", None]).dictionary_encode(), ["901", None], []),
    "large text": (pa.array(["901.0"], pa.large_string()), ["901"], []),
    "bytes": (pa.array([b"901"], pa.binary()), [None], [0]),
    "lists": (pa.array([[901]]), [None], [0]),
    "true": (pa.array([True]), [None], [0]),
    "a date": (pa.array([901], pa.timestamp("s")), [None], [0]),
    "nothing": (pa.nulls(2), [None, None], []),
    "chunks": (pa.chunked_array([[901.0], [None]]), ["901", None], []),
}


@pytest.mark.parametrize(("text", "wanted"), RIGHT.values(), ids=RIGHT.keys())
def test_an_id_is_read(text: str | None, wanted: str | None) -> None:
    ids = optiply_ids(pa.array([text], pa.string()))
    assert (ids.texts.to_pylist(), ids.odd_rows) == ([wanted], [])


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_id_is_none(text: str) -> None:
    ids = optiply_ids(pa.array(["901", text], pa.string()))
    assert (ids.texts.to_pylist(), ids.odd_rows) == (["901", None], [1])


@pytest.mark.parametrize(("column", "wanted", "odd"), NUMBERS.values(), ids=NUMBERS.keys())
def test_ids_of_any_type_are_read(
    column: pa.Array, wanted: list[str | None], odd: list[int]
) -> None:
    ids = optiply_ids(column)
    assert (ids.texts.to_pylist(), ids.odd_rows) == (wanted, odd)


@pytest.mark.parametrize(
    ("column", "wanted", "odd"),
    [
        (
            ["B0000000AA", "302-1", "shop-1", "00012"],
            ["B0000000AA", "302-1", "shop-1", "00012"],
            [],
        ),
        (["4006381333931.0", "1E234567", "NA"], ["4006381333931", "1E234567", "NA"], []),
        (["nan", "", None, "<NA>"], [None, None, None, None], []),
        (["inf", "1.23457E+12", "1e+16"], [None, None, None], [0, 1, 2]),
        ([4006381333931.0, None], ["4006381333931", None], []),
        ([4006381333931, 12], ["4006381333931", "12"], []),
    ],
)
def test_remote_ids_are_any_text(
    column: list[object], wanted: list[str | None], odd: list[int]
) -> None:
    ids = remote_ids(pa.array(column))
    assert (ids.texts.to_pylist(), ids.odd_rows) == (wanted, odd)


def test_a_number_keeps_all_its_digits_as_text() -> None:
    assert plain_texts(pa.array([12345678901234.0, 0.5, None])).to_pylist() == [
        "12345678901234",
        "0.5",
        None,
    ]
