"""What the ETL does a column at a time comes out as it would a record at a time."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from amazon_optiply_etl.seller import sell_orders
from amazon_optiply_etl.tables.amounts import array_of, number_text, of_doubles, ten_thousandths
from amazon_optiply_etl.tables.dtypes import TEXT, WHOLE
from amazon_optiply_etl.tables.json_text import json_strings
from amazon_optiply_etl.tables.matching import Alike, first_known, mapped
from amazon_optiply_etl.tables.packed_texts import PackedTexts


def _texts(*values: str | None, index: list[str] | None = None) -> pd.Series[str]:
    return pd.Series(values, index=pd.Index(index, dtype=TEXT) if index else None, dtype=TEXT)


def test_rows_are_alike_where_all_columns_are_and_null_is_like_null() -> None:
    first = pa.array(["a", "a", "b", None, "a", None])
    second = pa.array(["x", "y", "x", "z", "x", "z"])
    in_first = Alike.among(6).in_too([first])
    assert in_first.rows.tolist() == [0, 1, 3, 4, 5]
    in_both = in_first.in_too([second])
    assert in_both.rows.tolist() == [0, 3, 4, 5]
    numbers = in_both.numbers.tolist()
    assert numbers[0] == numbers[2] != numbers[1] == numbers[3]


def test_no_rows_are_alike_in_a_column_of_different_values() -> None:
    assert not len(Alike.among(3).in_too([pa.array(["a", "b", "c"])]).rows)
    assert not len(Alike.among(0).in_too([pa.array([], pa.string())]).rows)


def test_a_key_that_nobody_knows_has_no_text() -> None:
    known = _texts("1", None, index=["a", "b"])
    wanted = _texts("b", "a", None, "c", "a")
    assert mapped(wanted, known).fillna("-").tolist() == ["-", "1", "-", "-", "1"]


def test_the_first_source_that_knows_a_key_counts() -> None:
    early, late = _texts(None, "2", index=["a", "b"]), _texts("1", "9", None, index=["a", "b", "c"])
    found = first_known(early, late)
    assert found.fillna("-").to_dict() == {"a": "1", "b": "2", "c": "-"}


@pytest.mark.parametrize(
    "text",
    ["12.5", "-0.00005", "1.00005", "0.1", "123456789.1234", "99999999999.9999", "+4", "1.99995"],
)
def test_amounts_are_exact_to_four_decimals(text: str) -> None:
    exact = Decimal(text).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert ten_thousandths(pa.array([text])).to_pylist() == [int(exact * 10_000)]


def test_doubles_are_amounts_where_they_have_four_decimals_at_most() -> None:
    whole = np.random.default_rng(1).integers(-(10**10), 10**10, 10_000)
    assert of_doubles(pa.array(whole / 10_000)).to_pylist() == whole.tolist()
    assert of_doubles(pa.array([1.5, None])).to_pylist() == [15_000, None]
    for odd in (0.00001, float("nan"), float("inf"), 1e12):
        assert of_doubles(pa.array([1.5, odd])) is None


def test_amounts_are_written_with_their_decimals_or_as_short_as_can_be() -> None:
    amounts = pd.Series([0, 5, 10, 1250, -7, None], dtype=WHOLE)
    assert number_text(amounts).to_pylist() == ["0.00", "0.05", "0.10", "12.50", "-0.07", None]
    short = ["0.0", "0.05", "0.1", "12.5", "-0.07", None]
    assert number_text(amounts, shortest=True).to_pylist() == short
    assert number_text(amounts, decimals=4).to_pylist()[3] == "0.1250"


def test_texts_are_json_strings_in_ascii_where_that_is_wanted() -> None:
    texts = ["plain", 'a "b" \\', "ö\u2028", "\x00\n\t", "\x7f", "", None]
    found = json_strings(pa.array(texts), only_ascii=True).to_pylist()
    assert found == [None if text is None else json.dumps(text) for text in texts]
    found = json_strings(pa.array(texts)).to_pylist()
    assert [None if text is None else json.loads(text) for text in found] == texts


def test_packed_texts_come_out_as_they_went_in() -> None:
    one, other = PackedTexts(), PackedTexts()
    one.add(pa.array(["a\n", "", "ö\n"] * 1_000))
    other.add(pa.array(["b\n"]))
    whole = b"".join(PackedTexts.joined([one, PackedTexts(), other]))
    assert whole.decode() == "a\nö\n" * 1_000 + "b\n"


def test_an_order_without_lines_has_no_total_and_leaves_that_of_others_alone() -> None:
    orders = pd.DataFrame(
        {
            "amazon_order_id": pd.Series(["first", "bare", "last"], dtype=TEXT),
            "purchase_date": pd.Series(["2026-11-01T00:00:00Z"] * 3, dtype=TEXT),
            "order_total": pd.Series([None] * 3, dtype=WHOLE),
        }
    )
    lines = pd.DataFrame({"order": [0, 0, 2], "subtotalValue": [100, 200, 500]}, dtype=WHOLE)

    totals = sell_orders._with_totals(orders, lines)["totalValue"]  # noqa: SLF001

    assert array_of(totals, pa.int64()).to_pylist() == [300, None, 500]


def test_a_column_becomes_an_array_without_a_look_at_its_index(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def look(_index: object, key: object) -> bool:
        raise AssertionError(f"{key} is looked for among the index's texts, which numbers them all")

    monkeypatch.setattr(pd.Index, "__contains__", look)
    index = pd.Index(["302-1", "302-2"], dtype=pd.ArrowDtype(pa.string()))
    places = pd.Series([4, None], index=index, dtype=pd.ArrowDtype(pa.int64()))
    assert array_of(places, pa.int64()).to_pylist() == [4, None]
    assert array_of(places.index, pa.string()).to_pylist() == ["302-1", "302-2"]
