"""Two pieces of work at a time: results in order, failures in their turn, no results piled up."""

from __future__ import annotations

import shutil
from functools import partial
from gc import collect
from threading import Barrier, get_ident
from typing import TYPE_CHECKING
from weakref import ref

import pytest

from amazon_optiply_etl.seller import flavour
from amazon_optiply_etl.tables.side_by_side import beside, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etl.conftest import SellerFolder

LONG = 30  # seconds, after which two that wait for each other have not met


def test_two_pieces_are_under_way_at_once() -> None:
    both = Barrier(2)
    places = side_by_side([partial(both.wait, LONG), partial(both.wait, LONG)])
    assert sorted(places) == [0, 1]


def test_results_come_in_the_order_of_the_work() -> None:
    assert list(side_by_side(partial(pow, each, 2) for each in range(7))) == [
        0, 1, 4, 9, 16, 25, 36,
    ]  # fmt: skip


def test_without_work_there_are_no_results() -> None:
    assert not list(side_by_side([]))


def test_no_more_than_one_piece_is_begun_ahead_of_what_was_asked_for() -> None:
    begun: list[int] = []

    def works() -> Iterator[Callable[[], int]]:
        for each in range(5):
            begun.append(each)
            yield partial(abs, each)

    results = side_by_side(works())
    assert next(results) == 0
    assert begun == [0, 1]


def test_a_failure_is_raised_in_its_turn_and_ends_the_rest() -> None:
    results = side_by_side([partial(int, "1"), partial(int, "one"), partial(int, "2")])
    assert next(results) == 1
    with pytest.raises(ValueError, match="one"):
        next(results)
    assert not list(results)


def test_work_beside_a_block_is_under_way_while_the_block_runs() -> None:
    both = Barrier(2)
    with beside(partial(both.wait, LONG)) as place:
        mine = both.wait(LONG)
    assert sorted([mine, place()]) == [0, 1]


def test_work_beside_a_block_fails_where_its_result_is_asked_for() -> None:
    with beside(partial(int, "one")) as number:
        before = 1
        with pytest.raises(ValueError, match="one"):
            number()
    assert before == 1


def test_a_block_that_fails_raises_its_own_failure() -> None:
    with pytest.raises(KeyError), beside(partial(int, "one")):
        raise KeyError


def test_what_was_made_beside_a_block_is_held_by_nobody_else() -> None:
    with beside(partial(Barrier, 2)) as barrier:
        held = ref(barrier())
    collect()
    assert held() is None


def test_short_work_is_done_before_the_block_and_without_a_thread() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        return get_ident()

    with beside(partial(work, 2), is_long=False) as thread:
        assert begun == [2]
        assert thread() == get_ident()


def test_a_large_run_makes_what_a_small_one_does(
    seller: SellerFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for asin in ("B0000000AA", "B0000000BB"):
        seller.listing(asin)
        seller.order(f"302-{asin}")
        seller.line(f"302-{asin}", asin)
    seller.line("302-9", "B0000000AA")
    small = seller.build()
    made = (small.products, small.sell_orders, small.left_out("order_items"))
    shutil.rmtree(seller.root / "snapshots")
    monkeypatch.setattr(flavour, "_MANY_LINES", 0)
    large = seller.build()
    assert (large.products, large.sell_orders, large.left_out("order_items")) == made
