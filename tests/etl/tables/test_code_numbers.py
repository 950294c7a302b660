"""Codes become whole numbers where they differ in their figures alone, and match as their texts do."""

from __future__ import annotations

import random

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from amazon_optiply_etl.tables.code_numbers import code_numbers
from amazon_optiply_etl.tables.matching import numbered, places

MANY = 12_000


def _codes(count: int, pattern: str = "###-#######-#######", seed: int = 1) -> list[str]:
    draw = random.Random(seed)  # noqa: S311 - codes that repeat
    figures = "0123456789"
    return [
        "".join(draw.choice(figures) if each == "#" else each for each in pattern)
        for _ in range(count)
    ]


def _is_number(*columns: pa.Array) -> bool:
    return all(pa.types.is_integer(each.type) for each in code_numbers(*columns))


def test_order_numbers_have_equal_numbers_where_they_are_equal() -> None:
    texts = [*_codes(MANY), "000-0000000-0000000", "999-9999999-9999999", *_codes(5)]
    [numbers] = code_numbers(pa.array(texts))
    assert numbers.to_pylist() == [int(each.replace("-", "")) for each in texts]


def test_part_of_a_column_is_read_from_where_it_begins() -> None:
    texts = _codes(MANY)
    [numbers] = code_numbers(pa.array(["something else", *texts, "other"]).slice(1, MANY))
    assert numbers.to_pylist() == [int(each.replace("-", "")) for each in texts]


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "",
        "12-34567890-1234567",
        "302-1234567-123456a",
        "302-1234567-12345678",
        "302_1234567-1234567",
        "302-123456/-1234567",
        "302-123456:-1234567",
        "302-123456\u00e9-123456",
    ],
)
def test_one_other_text_leaves_the_columns_as_they_are(odd: str | None) -> None:
    texts = pa.array(_codes(MANY))
    other = pa.array([*_codes(MANY, seed=2), odd], pa.string())
    for columns in ((texts, other), (other, texts)):
        assert list(code_numbers(*columns)) == list(columns)


def test_few_texts_and_more_figures_than_fit_are_left_as_they_are() -> None:
    assert not _is_number(pa.array(_codes(10)))
    assert not _is_number(pa.array(_codes(MANY, "#" * 19)))
    assert _is_number(pa.array(_codes(MANY, "#" * 18)))
    assert not _is_number(pa.array(_codes(MANY)), pa.array([], pa.string()))


@pytest.mark.parametrize("is_in_runs", [True, False])
def test_keys_are_numbered_and_found_as_their_texts_are(*, is_in_runs: bool) -> None:
    keys = _codes(MANY)
    wanted = [key for key in keys for _ in range(1 + int(key[-1]) % 3)]
    if not is_in_runs:
        random.Random(3).shuffle(wanted)  # noqa: S311
        keys = [*keys[:100], keys[0], *keys[50:], *_codes(7, seed=4)]  # some of them come twice
    column, known = pa.array(wanted), pa.array(keys)
    numbers, count = numbered(column)
    encoded = column.dictionary_encode()
    assert numbers.tolist() == encoded.indices.to_pylist()
    assert count == len(encoded.dictionary)
    assert places(column, known).equals(pc.index_in(column, value_set=known))


def test_keys_next_to_each_other_that_come_back_are_one() -> None:
    first, second = _codes(2)
    column = pa.array([*[first] * MANY, *[second] * MANY, *[first] * 3])
    known = pa.array([first, second, first])
    assert places(column, known).equals(pc.index_in(column, value_set=known))
    assert numbered(column)[1] == 2


@pytest.mark.parametrize("values", [[], [1, None, 1], [3, 3, 2], [1, 2, 1]])
def test_whole_numbers_are_numbered_too(values: list[int | None]) -> None:
    column = pa.array(values, pa.int64())
    numbers, count = numbered(column)
    assert len(set(numbers.tolist())) == count == len(set(values))
