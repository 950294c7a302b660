"""What the mapping report counts and names, whoever reads it."""

from __future__ import annotations

import json
import re
import stat
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from reported_seller import EAN, FR, KEPT, SENT, run_twice

from amazon_optiply_etl.mapping_report.advice import is_known
from amazon_optiply_etl.mapping_report.page import as_html
from amazon_optiply_etl.mapping_report.report import LeftOut, MappingReport, Tally, tally
from amazon_optiply_etl.verdicts import notes, outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from etl.conftest import SellerFolder


@pytest.mark.usefixtures("remembered_runs")
def test_stock_by_marketplace_adds_up_to_the_products_stock_levels(
    seller: SellerFolder,
) -> None:
    run_twice(seller)
    seller.stock("B0000000EE", afn_total_quantity=11)
    seller.listing("B0000000EE", quantity=3)
    seller.stock("B0000000EE", marketplace_id=FR, afn_total_quantity=2)
    figures = seller.build().report["figures"]
    kept = 5 * 3  # the listings' own quantity of the three products without FBA stock
    assert figures["stock"] == [
        {"marketplace": "DE", "products": 4, "fba": 11, "listed": kept},
        {"marketplace": "FR", "products": 1, "fba": 2, "listed": 0},
    ]


@pytest.mark.usefixtures("remembered_runs")
def test_what_is_left_out_since_the_run_before_is_marked_as_new(seller: SellerFolder) -> None:
    run_twice(seller)
    seller.host_loads()
    for stream in ("orders", "order_items"):  # Amazon's tap does not read them again
        seller.records[stream] = [
            each for each in seller.records[stream] if each["amazon_order_id"] == "302-8"
        ]
    seller.listing("B0000000EE", status="Inactive")
    seller.build()
    report = seller.built.report
    group = report["left_out"]["products_inventory"][outcomes.NOT_ACTIVE]
    assert (group["count"], group["new"]) == (2, 1)
    assert report["origin"]["run_before"] is not None
    text = (seller.built.folder / "mapping-report.html").read_text("utf-8")
    assert text.count('<em class="new">new</em>') == 1


def test_orders_are_counted_by_day_and_outcome(report: Path) -> None:
    figures = json.loads(report.with_suffix(".json").read_text("utf-8"))["figures"]
    days = figures["orders_by_day"]
    assert [each["day"] for each in days] == [f"2026-10-0{day}" for day in range(1, 8)]
    assert days[0] == {"day": "2026-10-01", "sent": 0, "unchanged": 1, "left_out": 1}
    assert (figures["with_ean"], figures["without_ean"]) == (2, 1)


@pytest.mark.usefixtures("remembered_runs")
def test_products_that_share_an_ean_are_named(seller: SellerFolder) -> None:
    run_twice(seller)
    found = seller.built.notes()
    assert found[notes.SHARED_EAN] == [f"{EAN} {KEPT}", f"{EAN} B0000000DD"]
    assert found[notes.NO_EAN] == [SENT]


def test_the_page_is_for_its_owner_only_and_tells_nothing_of_buyers(
    seller: SellerFolder,
) -> None:
    report = run_twice(seller)
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    for records in (seller.records["orders"], seller.records["order_items"]):
        records[0] |= {"buyer_email": "ada@example.com", "ship_city": "Lovelace"}
    seller.build()
    assert not re.search("ada@example.com|Lovelace", report.read_text("utf-8"))


def _texts_of(module: ModuleType) -> Iterator[str]:
    for name, value in vars(module).items():
        if name.isupper() and isinstance(value, str):
            yield value


def test_every_outcome_and_note_has_an_advice() -> None:
    texts = {*_texts_of(outcomes), *_texts_of(notes)}
    assert len(texts) > 35
    assert {each for each in texts if not is_known(each)} == set()


def test_a_reason_that_nobody_foresaw_and_any_number_of_accounts_are_shown() -> None:
    tallies = tuple(
        Tally(f"BuyOrders{n}", 1, 0, 0, (LeftOut("it is <new>", (f"PO-{n}",)),)) for n in range(9)
    )
    text = as_html(MappingReport({}, tallies, {}, ()))
    assert text.count("it is &lt;new&gt;") == 2 * 9
    assert "<b>PO-8</b>" in text


def test_an_account_shows_a_bounded_number_of_each_outcome() -> None:
    states = ["goes out"] * 7_000 + ["unchanged"] * 7_000 + ["it is odd"] * 7_000
    frame = pd.DataFrame({"outcome": pd.array(states, dtype="string[pyarrow]")})
    ids = pd.Series([f"{n:05}" for n in reversed(range(len(states)))])
    counted = tally("orders", frame, len(states), ids)
    assert {each.outcome: len(each.rows) for each in counted.shown} == {
        "goes out": 7_000,
        "it is odd": 1_000,
        "unchanged": 3_000,
    }
    [odd] = counted.left_out
    assert len(odd.ids) == 7_000
    [shown] = [each.rows for each in counted.shown if each.outcome == "it is odd"]
    assert [each for (each,) in shown] == list(odd.ids[:1_000])
