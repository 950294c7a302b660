"""The mapping report's page in a real browser: what a planner sees, types and reads."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_tabs import DESKTOP, PHONE, OpenPage, answers
from reported_seller import DE, EAN, INACTIVE, INACTIVE_EAN, KEPT, MISCHIEF, SENT, run_twice

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.mapping_report.advice import advice_for
from amazon_optiply_etl.runs import pipeline
from amazon_optiply_etl.verdicts import outcomes

if TYPE_CHECKING:
    from pathlib import Path

    from etl.conftest import SellerFolder


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_nothing_is_wider_than_the_screen(
    open_page: OpenPage, report: Path, viewport: dict[str, int]
) -> None:
    page = open_page(report, viewport=viewport)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    answers(page, "sku")
    too_wide = """[...document.querySelectorAll('main *, header *')].filter(
        each => each.getBoundingClientRect().right > innerWidth || each.scrollWidth > innerWidth
    ).map(each => each.outerHTML.slice(0, 80))"""
    assert page.evaluate(too_wide) == []
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


@pytest.mark.parametrize("typed", ["SKU gone", "sku GONE ", INACTIVE, "Gürtel", "GURTEL"])
def test_a_left_out_article_is_found_by_every_id_and_by_its_name_whatever_the_accents(
    open_page: OpenPage, report: Path, typed: str
) -> None:
    page = open_page(report)
    first, *_ = answers(page, typed)
    assert "Not in Optiply" in first
    assert "In Optiply: no; not from DE, where the listing is not active." in first
    assert advice_for(outcomes.NOT_ACTIVE).sentence in first
    assert "SKU gone" in first


@pytest.mark.parametrize("typed", [INACTIVE_EAN, f"0{INACTIVE_EAN}"])
def test_a_listing_that_is_left_out_is_found_by_its_ean(
    open_page: OpenPage, report: Path, typed: str
) -> None:
    page = open_page(report)
    [first] = answers(page, typed)
    assert "Not in Optiply" in first


def test_an_article_that_was_sent_says_what_was_sent_and_how_its_stock_came_about(
    open_page: OpenPage, report: Path, module_seller: SellerFolder
) -> None:
    page = open_page(report)
    [first] = [each for each in answers(page, KEPT) if each.startswith("In Optiply")]
    lines = first.splitlines()
    assert "In Optiply: yes, from DE FR." in lines
    assert f"{KEPT} SKU-{KEPT} SKU-FR" in lines
    filled = list(filter(None, lines))
    facts = dict(pairwise(filled))
    assert facts["Price"] == "9.99"
    assert facts["EAN"] == EAN
    assert facts["Optiply id"] == module_seller.optiply_id(KEPT)
    assert facts["Stock"].startswith("5 = own DE 5")


def test_an_article_that_nothing_has_loaded_yet_is_on_its_way(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report)
    first, *_ = answers(page, SENT)
    assert first.startswith("On its way")
    assert "In Optiply: on its way there with this run, from DE." in first


@pytest.mark.parametrize(
    ("typed", "state", "what"),
    [
        (SENT, "Please note", "Products"),
        ("302-3", "Sent", "Orders"),
        ("302-8", "Left out", "Orders"),
        ("<i>stray</i>", "Left out", "FBA stock"),
    ],
)
def test_the_answer_tells_what_became_of_it(
    open_page: OpenPage, report: Path, typed: str, state: str, what: str
) -> None:
    page = open_page(report)
    assert any(
        each.startswith(state) and what in each.splitlines()[0] + each.splitlines()[1]
        for each in answers(page, typed)
    )


def test_what_is_not_there_is_said_not_to_be_there(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    assert answers(page, "<img src=x>") == []
    status = page.inner_text("#status")
    assert status.startswith("Nothing on this page is called “<img src=x>”. Amazon’s reports")
    assert answers(page, "") == []
    assert page.inner_text("#status") == ""


def test_mischief_in_names_and_ids_stays_text(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    assert any(MISCHIEF in each for each in answers(page, "SKU"))
    assert page.title() == "Mapping report"
    assert (
        page.locator("img, i:not(.key), body b b, script:not([id]):not(:last-child)").count() == 0
    )
    assert page.locator("script").count() == 3


def test_even_a_script_that_got_into_the_page_would_not_run(
    open_page: OpenPage, report: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.html"
    text = report.read_text("utf-8").replace("</main>", f"{MISCHIEF}</main>")
    broken.write_text(text, encoding="utf-8")
    page = open_page(broken, watched=False)
    assert page.locator("main script").count() == 1
    assert page.title() == "Mapping report"


def test_the_page_counts_as_the_json_does(open_page: OpenPage, report: Path) -> None:
    facts = json.loads(report.with_suffix(".json").read_text("utf-8"))
    page = open_page(report)
    for name, counts in facts["counts"].items():
        cells = page.locator(f"[data-account={name}] [data-count]")
        shown = {
            cell.get_attribute("data-count"): int(cell.inner_text().replace(",", ""))
            for cell in cells.all()
        }
        assert shown == counts
    left_out = facts["left_out"].values()
    groups = {name: group for each in (*left_out, facts["notes"]) for name, group in each.items()}
    for group in page.locator("details[data-state]").all():
        reason = group.locator(".reason").text_content() or ""
        assert int(group.get_attribute("data-count") or 0) >= 1
        assert group.locator(".advice").text_content() == groups[reason]["advice"]
        assert group.locator("li").count() == int(group.get_attribute("data-count") or 0)
    assert page.locator("details[data-state=left]").count() == sum(map(len, left_out))
    assert page.locator("details[data-state=note]").count() == len(facts["notes"])


def test_the_json_says_of_each_article_what_the_page_says(
    open_page: OpenPage, report: Path
) -> None:
    articles = json.loads(report.with_suffix(".json").read_text("utf-8"))["articles"]
    assert articles["in_optiply"] + articles["not_in_optiply"] == articles["shown"] == 4
    page = open_page(report)
    for each in articles["articles"]:
        shown = "\n".join(answers(page, each["asin"]))
        assert each["verdict"] in shown
        for product in each["products"]:
            assert product["stock"]["sentence"] in shown
            assert f"{product['stockLevel']} = " in shown


@pytest.mark.parametrize(
    ("chip", "asins"),
    [
        ("in Optiply", [SENT, KEPT, "B0000000DD"]),
        ("not in Optiply", [INACTIVE]),
        ("new with this run", [SENT]),
        ("changed", []),
    ],
)
def test_a_click_lists_the_articles_of_a_kind_and_a_second_one_lists_none(
    open_page: OpenPage, report: Path, chip: str, asins: list[str]
) -> None:
    page = open_page(report)
    button = page.get_by_role("button", name=re.compile(rf"^\d+ {chip}$"))
    assert button.inner_text() == f"{len(asins)} {chip}"
    if not asins:
        assert button.is_disabled()
        return
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    found = page.locator("#answers .ids span:first-child").all_inner_texts()
    assert sorted(found) == sorted(asins)
    button.click()
    assert page.locator("#answers li").count() == 0


def test_a_marketplace_narrows_answers_and_reasons(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    assert page.locator("#place option").all_inner_texts() == ["all", "DE", "FR"]
    page.select_option("#place", "FR")
    page.fill("#query", "B0000000")
    assert page.locator("#answers .card .ids span:first-child").all_inner_texts() == [KEPT]
    inactive = page.locator("details", has_text="its status is not Active")
    assert not inactive.is_visible()
    page.select_option("#place", "DE")
    assert inactive.locator(".count").inner_text() == "1 of 1"


def test_a_link_opens_the_search_that_it_was_copied_from(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    page.fill("#query", "Gürtel & Co? #1 gürtel")
    assert page.evaluate("location.hash").startswith("#q=G%C3%BCrtel+%26+Co%3F+%231")
    page.select_option("#place", "DE")
    page.fill("#query", "gurtel")
    link = page.evaluate("location.href")
    assert link.endswith("#q=gurtel&m=DE")
    other = open_page(report, watched=False)
    other.goto(link)
    other.reload()
    assert other.input_value("#query") == "gurtel"
    assert other.input_value("#place") == "DE"
    assert "Not in Optiply" in other.inner_text("#answers")


def test_the_ids_of_a_reason_are_saved_as_csv(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    group = page.locator("details", has_text="its status is not Active")
    group.locator("summary").click()
    with page.expect_download() as saving:
        group.get_by_role("button", name="CSV").click()
    assert saving.value.suggested_filename == "listings-its-status-is-not-active.csv"
    text = saving.value.path().read_bytes().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["SKU", "marketplace", "ASIN", "EAN", "name"],
        ["SKU gone", "DE", INACTIVE, INACTIVE_EAN, "Gürtel, braun"],
    ]


def test_when_and_for_which_account_it_was_made_is_on_the_page(
    open_page: OpenPage, seller: SellerFolder
) -> None:
    run_twice(seller)
    credentials = {"account_id": 102, "couplingId": "1002", "password": "secret"}
    seller.write("tenant-config.json", json.dumps({"apiCredentials": credentials}))
    synced = {"stream": "orders", "marketplace_id": DE, "synced_at": "2026-11-02T08:00:00+00:00"}
    seller.add("sync_summary", synced | {"complete": True, "records": 1})
    seller.write_input()
    ended = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    pipeline.build(settings_from({}, {}), seller.folders, ("singer",), lambda: ended)
    page = open_page(seller.built.folder / "mapping-report.html")
    origin = page.inner_text(".origin")
    assert origin.startswith(
        "Made 2 Nov 2026, 09:30 UTC · Amazon’s records of 2 Nov 2026, 08:00 UTC"
    )
    assert "Optiply account 102, coupling 1002 · version " in origin
    assert "secret" not in page.content()


def test_on_paper_it_is_black_on_white_without_what_only_a_screen_can_do(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report, color_scheme="dark")
    answers(page, KEPT)
    page.emulate_media(media="print")
    style = "getComputedStyle(document.documentElement)"
    assert page.evaluate(f"{style}.backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(f"{style}.color") == "rgb(0, 0, 0)"
    assert not page.locator("#search").is_visible()
    assert page.locator(".verdict").first.is_visible()


def test_the_plots_have_text_and_figures(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    plot = page.get_by_role("img", name=re.compile("8 orders from 1 Oct 2026 to 7 Oct 2026"))
    assert plot.locator("g").count() == 7
    page.locator("summary", has_text="The figures").press("Enter")
    assert page.get_by_role("row", name="2026-10-01 0 1 1").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_it_is_accessible_and_readable_in_light_and_dark(
    open_page: OpenPage, report: Path, scheme: str, viewport: dict[str, int]
) -> None:
    page = open_page(report, viewport=viewport, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    answers(page, "SKU")
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    red, *_ = map(int, re.findall(r"\d+", background))
    assert (red < 50) == (scheme == "dark")
    violations = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []


def test_the_keyboard_reaches_the_search_first_and_opens_a_reason(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "query"
    page.keyboard.type(INACTIVE)
    page.keyboard.press("Enter")
    assert "Not in Optiply" in page.inner_text("#answers")
    assert not page.locator("details.group[open] .advice").count()
    passed = set()
    while (
        page.evaluate("document.activeElement.closest('summary, body').parentElement.className")
        != "group"
    ):
        page.keyboard.press("Tab")
        passed.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {"chip", "place", "copy"} <= passed
    page.keyboard.press("Enter")
    assert page.locator("details.group[open] .advice").first.is_visible()


def test_without_javascript_reasons_and_ids_are_there(open_page: OpenPage, report: Path) -> None:
    page = open_page(report, java_script_enabled=False)
    assert not page.locator("#query").is_visible()
    assert page.get_by_text("The search needs JavaScript").is_visible()
    page.locator("summary", has_text="its status is not Active").click()
    assert page.get_by_text("SKU gone").is_visible()
    assert page.get_by_text(advice_for(outcomes.NOT_ACTIVE).sentence).is_visible()


def test_an_article_whose_ean_is_that_of_a_match_names_row_confidence_and_reason(
    open_page: OpenPage, seller: SellerFolder
) -> None:
    seller.records["orders"] = []
    seller.config = {"eans_from_matches": True}
    seller.listing(KEPT, item_name="Kept")
    seller.match(f"0{EAN}", KEPT, 12)
    seller.match(
        f"0{INACTIVE_EAN}", SENT, 13, status="needs_review", reason="Look <b>yourself</b>."
    )
    page = open_page(seller.build().folder / "mapping-report.html")
    [first] = [each for each in answers(page, EAN) if each.startswith("On its way")]
    facts = dict(pairwise(filter(None, first.splitlines())))
    assert facts["EAN"] == EAN
    assert facts["EAN of match"] == "row 12, confidence 0.98: Amazon lists the code for it."
    [sent] = [each for each in answers(page, EAN) if each.startswith("Sent")]
    assert "Matched codes" in sent
    [left] = answers(page, INACTIVE_EAN)
    assert left.startswith("Left out")
    assert "Because its code has no clear match." in left
    assert "Look <b>yourself</b>." in left
