"""The mapping report's page in a real browser, of as many articles and records as large sellers have."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import proofs
from browser_tabs import OpenPage, answers
from reported_seller import DE, EAN, SENT

from amazon_optiply_etl.mapping_report.articles import (
    Article,
    ArticleProduct,
    Articles,
    LeftOutPlaces,
    StockFacts,
    StockPart,
)
from amazon_optiply_etl.mapping_report.figures import Figures, MarketplaceStock, OrdersOfDay
from amazon_optiply_etl.mapping_report.page import as_html
from amazon_optiply_etl.mapping_report.report import LeftOut, MappingReport, ShownRecords, Tally
from amazon_optiply_etl.verdicts import outcomes

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_csv_of_more_ids_than_the_page_shows_has_them_all_and_starts_no_formula(
    open_page: OpenPage, tmp_path: Path
) -> None:
    ids = ("=HYPERLINK(1)", *(f"SKU-{n}" for n in range(2_999)))
    left = (Tally("orders", 3_000, 0, 0, (LeftOut("it is odd", ids),)),)
    path = tmp_path / "mapping-report.html"
    path.write_text(as_html(MappingReport({}, left, {}, ())), encoding="utf-8")
    page = open_page(path)
    page.locator("summary", has_text="it is odd").click()
    with page.expect_download() as saving:
        page.get_by_role("button", name="CSV of 3,000 ids").click()
    lines = saving.value.path().read_text("utf-8-sig").splitlines()
    assert lines == ["id", "'=HYPERLINK(1)", *ids[1:]]


def test_hundreds_of_thousands_of_articles_give_a_page_that_answers(
    open_page: OpenPage, tmp_path: Path
) -> None:
    stock = StockFacts(7, (StockPart("DE", 4), StockPart("FR", 3)), in_fba=True)
    product = ArticleProduct(
        remote_id="B000000000",
        places=("DE", "FR", "IT"),
        outcome=outcomes.UNCHANGED,
        is_enabled=True,
        optiply_id="1000000",
        is_new=False,
        price="9.99",
        ean=EAN,
        stock=stock,
    )
    left_out = (LeftOutPlaces(outcomes.NOT_ACTIVE, ("GB", "ES")),)
    asins = [f"B{n:09}" for n in range(10_000)]
    name = "An ordinary name " * 5
    shown = [Article(each, name, (f"SKU-{each}",), EAN, (product,), left_out) for each in asins]
    articles = Articles(there=400_000, elsewhere=100_000, shown=shown)
    text = as_html(MappingReport({}, (), {}, (), articles=articles))
    assert len(text.encode()) < 6_000_000
    path = tmp_path / "mapping-report.html"
    path.write_text(text, encoding="utf-8")
    page = open_page(path)
    assert len(answers(page, "ordinary name")) == 10
    assert page.inner_text("#status") == "10,000 articles"
    page.get_by_role("button", name="Show more").click()
    assert page.locator("#answers > li").count() == 60
    assert "10,000 of 500,000" in (page.locator(".limits").text_content() or "")


def test_millions_of_records_give_a_page_of_a_few_megabytes(
    open_page: OpenPage, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """Of two streams and ten reasons; in the small size of one stream and two."""
    is_full = proofs.is_full(pytestconfig)
    reasons = [
        text for name, text in vars(outcomes).items() if name.isupper() and isinstance(text, str)
    ][2 : 12 if is_full else 4]
    streams = ("products_inventory", "products") if is_full else ("products_inventory",)
    many = tuple(f"{DE} SKU-{n:07}" for n in range(60_000))
    rows = tuple((each, DE, SENT, EAN, "An ordinary name " * 5) for each in many)
    columns = ("SKU", "marketplace", "ASIN", "EAN", "name")
    shown = [ShownRecords(each, columns, rows[:1_000]) for each in reasons]
    shown += [ShownRecords(outcomes.GOES_OUT, columns, rows[:10_000])]
    tallies = tuple(
        Tally(
            name, 12_345_678, 2_345_678, 9_400_000,
            tuple(LeftOut(each, many) for each in reasons), tuple(shown),
        )
        for name in streams
    )  # fmt: skip
    days = [(date(2024, 1, 1) + timedelta(days=n)).isoformat() for n in range(800)]
    figures = Figures(
        stock=(MarketplaceStock("DE", 248_000, 12_345_678, 1_345_678),),
        orders_by_day=tuple(OrdersOfDay(day, 1_000, 0, 0) for day in days),
    )
    text = as_html(MappingReport({}, tallies, {"a note": many}, (), figures))
    assert len(text.encode()) < 9_000_000
    path = tmp_path / "mapping-report.html"
    path.write_text(text, encoding="utf-8")
    page = open_page(path)
    limits = page.locator(".limits").text_content() or ""
    assert "10,000 of 2,345,678 sent; the others are in the output" in limits
    assert "0 of 9,400,000 unchanged; the others are in the folder snapshots" in limits
    assert (
        page.get_by_text("The first 1,000 of 60,000; all of them are in").count()
        == len(streams) * len(reasons) + 1
    )
    assert page.get_by_text("708,000 earlier ones are in mapping-report.json").count() == 1
    assert answers(page, "SKU-0059999") == []
    assert "see below" in page.inner_text("#status")
    assert len(answers(page, "SKU-0000999")) == len(streams) * (len(reasons) + 1) + 1
    overlapping = """[...document.querySelectorAll("th, td, summary > *")].filter(
        each => each.scrollWidth > each.clientWidth && each.clientWidth
    ).map(each => each.textContent)"""
    assert page.evaluate(overlapping) == []
