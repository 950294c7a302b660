"""Lines of JSON say what the columns hold, however often that is the same."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tap_amazon_seller.output import json_lines

STEADY = settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=list(HealthCheck),
)
TEXT = st.text(st.sampled_from('aß€𝄞"\\\x00\x1f\u2028\x7f'), max_size=4)
VALUES = {
    "text": st.one_of(st.none(), st.text(max_size=5), TEXT),
    "status": st.sampled_from(["Shipped", 'Un"shipped', "Pending\t"]),
    "whole": st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    "number": st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    "price": st.one_of(st.none(), st.integers(0, 120_000).map(lambda cents: cents / 100)),
    "sum": st.integers(0, 99_999).map(lambda cents: cents / 100),
    "country": st.sampled_from([None, "DE", ""]),
    "flag": st.one_of(st.none(), st.booleans()),
    'odd "name"\\': st.one_of(st.none(), TEXT),
    "always": st.just("EUR"),
    "never": st.none(),
}
SCHEMA = pa.schema(
    list(
        zip(
            VALUES,
            (
                pa.string(), pa.string(), pa.int64(), pa.float64(), pa.float64(), pa.float64(),
                pa.string(), pa.bool_(), pa.string(), pa.string(), pa.string(),
            ),
            strict=True,
        )
    )
)  # fmt: skip


def records_of(batch: Any) -> list[dict[str, Any]]:
    """What lines of JSON say of the rows of a batch."""
    lines = b"".join(json_lines.encoded(batch, '{"record":', "}\n")).decode()
    return [json.loads(line)["record"] for line in lines.removesuffix("\n").split("\n")]


@STEADY
@given(rows=st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=8), cut=st.booleans())
@pytest.mark.parametrize("at_once", [3, 2_000])
def test_lines_of_json_say_what_the_columns_hold(
    rows: list[dict[str, Any]], *, cut: bool, at_once: int
) -> None:
    batch = pa.RecordBatch.from_pylist([*rows[:1], *rows] if cut else rows, SCHEMA)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_lines, "ROWS_AT_ONCE", at_once)
        patch.setattr(json_lines, "ROWS_LOOKED_AT", 4)
        patch.setattr(json_lines, "FEW", 5)
        patch.setattr(json_lines, "MOST_TOGETHER", 20)
        patch.setattr(json_lines, "MANY_AMOUNTS", 3)
        assert records_of(batch.slice(1) if cut else batch) == rows


@pytest.mark.parametrize("rows", [1, json_lines.ROWS_AT_ONCE, 2 * json_lines.MANY_AMOUNTS + 1])
def test_columns_with_few_values_are_told_apart_in_any_number_of_rows(rows: int) -> None:
    few = json_lines.FEW
    columns = {
        f"of_{values}": [f"{number * 7 % values}" for number in range(rows)]
        for values in (1, 2, few - 1, few, few + 1, 5 * few)
    }
    late = ["same"] * (rows - 1) + ["other"]
    prices = [number % 99_999 / 100 for number in range(rows)]
    batch = pa.RecordBatch.from_pydict({**columns, "late": late, "price": prices})

    assert records_of(batch) == batch.to_pylist()


@pytest.mark.parametrize(
    "odd", [-0.01, 0.001, 1_000.0, 1e300, 0.1 + 0.2], ids=["below", "third", "large", "huge", "sum"]
)
def test_numbers_that_are_no_amounts_of_money_are_written_in_full(odd: float) -> None:
    numbers = [number / 100 for number in range(json_lines.MANY_AMOUNTS)]
    batch = pa.RecordBatch.from_pydict({"number": [*numbers, odd, None]})

    assert records_of(batch) == [{"number": each} for each in (*numbers, odd, None)]
