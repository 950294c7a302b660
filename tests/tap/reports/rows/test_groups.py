"""Rows that belong together come together, wherever they stand, in bounded memory."""

from __future__ import annotations

import itertools
import random
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from amazon_selling_partner import marketplaces
from tap_amazon_seller.errors import TapError
from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.machine.arrow_text import INSTANT, rows_as_records
from tap_amazon_seller.reports.rows import groups
from tap_amazon_seller.reports.rows.groups import (
    group_starts,
    line_numbers,
    own_groups,
    whole_groups,
)
from tap_amazon_seller.reports.text.scattered_keys import Repeats
from tap_amazon_seller.streams.orders import DISCOUNTS, PRICES, TAXES, order_totals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def batches_of(rows: list[tuple[str, int]], size: int) -> Iterator[Any]:
    """Batches of rows with a key and a number."""
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        yield pa.RecordBatch.from_pydict({"key": [k for k, _ in part], "n": [n for _, n in part]})


def rows_in(batches: Iterator[Any]) -> list[tuple[str, int]]:
    """The rows of batches."""
    return [(row["key"], row["n"]) for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_groups_that_lie_together_pass_in_their_order(size: int) -> None:
    rows = [(f"k{number // 3:03}", number) for number in range(300)]

    assert rows_in(whole_groups(batches_of(rows, size), "key", frozenset(), None)) == rows


def test_single_rows_of_many_batches_wait_together(tmp_path: Path) -> None:
    waiting = groups._Waiting("key", tmp_path)  # noqa: SLF001 - its memory is not seen from outside
    rows = [(f"k{number % 300:03}", number) for number in range(1_000)]

    for batch in batches_of(rows, 1):
        waiting.add(batch)
        assert len(waiting._batches) < groups.MOST_BATCHES  # noqa: SLF001

    assert sorted(rows_in(waiting.groups())) == sorted(rows)
    waiting.close()


def test_rows_of_an_instant_that_lie_apart_come_whole_from_the_disk_and_are_numbered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(groups, "WAITING_BYTES", 1)
    seconds = pa.array([0, 60, 0, 120, 60, 0], pa.int64()).view(INSTANT)
    batch = pa.RecordBatch.from_pydict({"at": seconds, "n": ["1", "2", "1", "1", "1", "2"]})

    found = list(whole_groups(iter([batch.slice(0, 4), batch.slice(4)]), "at", None, tmp_path))

    rows = [
        (row["at"], row["n"], number)
        for each in found
        for row, number in zip(
            rows_as_records(each),
            line_numbers(each, ("at", "n"), list).to_pylist(),
            strict=True,
        )
    ]
    assert sorted(rows) == [
        ("1970-01-01T00:00:00+00:00", "1", 1),
        ("1970-01-01T00:00:00+00:00", "1", 2),
        ("1970-01-01T00:00:00+00:00", "2", 1),
        ("1970-01-01T00:01:00+00:00", "1", 1),
        ("1970-01-01T00:01:00+00:00", "2", 1),
        ("1970-01-01T00:02:00+00:00", "1", 1),
    ]


@pytest.mark.parametrize("waiting", [1, 5_000, 1 << 30], ids=["on disk", "both", "in memory"])
@pytest.mark.parametrize("is_known", [True, False])
def test_rows_that_lie_apart_come_whole_from_memory_and_from_the_disk(
    *, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, waiting: int, is_known: bool
) -> None:
    monkeypatch.setattr(groups, "WAITING_BYTES", waiting)
    monkeypatch.setattr(groups, "BATCH_ROWS", 40)
    chance = random.Random(7)  # noqa: S311 - the same rows every time
    rows = [(f"k{chance.randrange(200):03}", number) for number in range(2_000)]
    scattered = frozenset(key for key, _ in rows) if is_known else None

    found = rows_in(whole_groups(batches_of(rows, 100), "key", scattered, tmp_path))

    assert sorted(found) == sorted(rows)
    keys = [key for key, _ in found]
    changes = sum(one != other for one, other in itertools.pairwise(keys))
    assert changes == len(set(keys)) - 1, "each key comes once"
    assert all(
        [n for k, n in found if k == key] == [n for k, n in rows if k == key] for key in set(keys)
    ), "rows of a key stay in the order of the file"
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_reported_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: object, **__: object) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(groups, "WAITING_BYTES", 1)
    monkeypatch.setattr(pa.ipc, "new_stream", full)

    with pytest.raises(TapError, match=r"No space left on device.*'spool_path'"):
        rows_in(whole_groups(batches_of([("a", 1)], 1), "key", None, tmp_path))


def test_a_group_is_where_its_first_row_is() -> None:
    keys = pa.array(["a", "a", "b", "c", "c"])
    where = pa.array(["here", "there", "there", None, "there"]).dictionary_encode()

    own = own_groups(where, [False, True], keys)

    assert own.to_pylist() == [True, True, False, True, True]
    assert group_starts(keys).tolist() == [0, 2, 3]


@pytest.mark.parametrize("country", ["DE", "US"])
def test_an_orders_total_is_the_exact_sum_of_its_lines(country: str) -> None:
    marketplace = marketplaces.BY_COUNTRY[country]
    chance = random.Random(country)  # noqa: S311 - the same amounts every time
    names = (*PRICES, *TAXES, *DISCOUNTS)
    lines = [
        {name: chance.choice((None, 0.005, 0.015, 1e9, 19.99, 0.1, 7.0, 2.675)) for name in names}
        for _ in range(400)
    ]
    sizes = [chance.choice((1, 1, 2, 5)) for _ in range(100)]
    starts = [start for start in np.cumsum([0, *sizes]).tolist() if start < len(lines)]

    found = order_totals(pa.RecordBatch.from_pylist(lines), np.array(starts), marketplace)

    added = PRICES if marketplace.prices_include_tax else PRICES + TAXES
    expected = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        own = lines[start:end]
        total = sum(
            (
                sum((Decimal(repr(line[name] or 0)) for name in added), Decimal(0))
                - sum((Decimal(repr(line[name] or 0)) for name in DISCOUNTS), Decimal(0))
                for line in own
            ),
            Decimal(0),
        )
        priced = any(line["item_price"] is not None for line in own)
        rounded = float(total.quantize(Decimal("0.01"), ROUND_HALF_EVEN))
        expected.append(rounded if priced else None)
    assert found.to_pylist() == expected


def test_an_amount_that_can_be_none_gives_no_total() -> None:
    batch = pa.RecordBatch.from_pylist([{"item_price": 1e300}, {"item_price": 2.5}])

    totals = order_totals(batch, np.array([0, 1]), marketplaces.BY_COUNTRY["DE"])

    assert totals.to_pylist() == [None, 2.5]


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
    assert len(repeats.found) < 100


@pytest.mark.parametrize(
    "block", [b"no tab\n", b"a\tb\nlonger\tb\n", b"\tempty\n", b"ab\tc\n\nab\tc\n"]
)
def test_lines_of_another_shape_are_not_taken(block: bytes) -> None:
    repeats = Repeats(1 << 10)

    assert not repeats.add_lines(block)
    assert not repeats.found
