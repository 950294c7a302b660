"""The mapping report's page in a real browser: what a planner sees, types and reads."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import stat
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
import proofs
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.mapping_report.advice import advice_for, is_known
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
from amazon_optiply_etl.mapping_report.report import (
    LeftOut,
    MappingReport,
    ShownRecords,
    Tally,
    tally,
)
from amazon_optiply_etl.runs import pipeline
from amazon_optiply_etl.verdicts import notes, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

    from etl.conftest import SellerFolder
    from playwright.sync_api import Browser, BrowserContext, Page

DE = "A1PA6795UKMFR9"
FR = "A13V1IB3VIYZZH"
SENT, KEPT, INACTIVE = "B0000000AA", "B0000000BB", "B0000000CC"
EAN, INACTIVE_EAN = "4006381333931", "4006381333948"
MISCHIEF = (
    "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>'\"{{ 7*7 }}"
)
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
_CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if _CHROMIUM is None:
        pytest.skip(
            "there is no Chromium here; install Debian's package chromium to check the page"
        )
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start for root, as in a container.
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def _run_twice(seller: SellerFolder) -> Path:
    """Run twice, the second time with something of everything; answers the page."""
    seller.listing(KEPT, item_name="Kept")
    seller.listing("B0000000DD", item_name="Same EAN")
    seller.catalog(KEPT, EAN=EAN)
    seller.catalog("B0000000DD", EAN=EAN)
    seller.order("302-1", purchase_date="2026-10-01T10:00:00+00:00")
    seller.line("302-1", KEPT)
    seller.build()
    seller.host_loads()
    seller.listing(SENT, item_name=MISCHIEF, seller_sku="<b>SKU</b>")
    seller.listing(INACTIVE, status="Inactive", item_name="Gürtel, braun", seller_sku="SKU gone")
    seller.catalog(INACTIVE, EAN=INACTIVE_EAN)
    seller.listing(KEPT, marketplace_id=FR, seller_sku="SKU-FR", quantity=0)
    seller.stock("B0000000ZZ", sku="<i>stray</i>")
    for day in range(2, 8):
        seller.order(f"302-{day}", purchase_date=f"2026-10-0{day}T10:00:00+00:00")
        seller.line(f"302-{day}", KEPT)
    seller.order("302-8", order_status="Pending")
    seller.line("302-8", INACTIVE, item_status="Pending")
    seller.build()
    return seller.built.folder / "mapping-report.html"


@pytest.fixture(scope="module")
def report(module_seller: SellerFolder) -> Path:
    return _run_twice(module_seller)


class OpenPage(Protocol):
    """Opens a page in the browser; options are those of a Playwright context."""

    def __call__(self, path: Path, *, watched: bool = True, **options: Any) -> Page:
        """Open it; with `watched`, a request, a dialogue, an error or a line on the console fails."""
        ...


class Tabs:
    """Tabs of the browser, which are used again: to open one takes longer than most tests.

    Pages read nothing of what others have left in a tab.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: dict[str, BrowserContext] = {}
        self._free: dict[str, list[Page]] = {}

    @contextmanager
    def one(self, options: dict[str, Any]) -> Iterator[Page]:
        """An empty tab with options of a Playwright context, while the block lasts."""
        key = json.dumps(options, sort_keys=True)
        if key not in self._contexts:
            self._contexts[key] = self._browser.new_context(**options)
            self._free[key] = []
        page = self._free[key].pop() if self._free[key] else self._contexts[key].new_page()
        yield page
        page.emulate_media(media="null")
        page.goto("about:blank")
        self._free[key].append(page)


@contextmanager
def noted(page: Page, event: Any, seen: list[str], text_of: Callable[[Any], str]) -> Iterator[None]:
    """Note what a page does, while the block lasts."""

    def note(what: Any) -> None:
        seen.append(text_of(what))

    page.on(event, note)
    yield
    page.remove_listener(event, note)


@pytest.fixture(scope="module")
def tabs(browser: Browser) -> Tabs:
    return Tabs(browser)


@pytest.fixture
def open_page(tabs: Tabs) -> Iterator[OpenPage]:
    seen: list[str] = []
    with ExitStack() as opened:

        def open_one(path: Path, *, watched: bool = True, **options: Any) -> Page:
            page = opened.enter_context(tabs.one({"viewport": PHONE, **options}))
            if watched:
                for event, text_of in (
                    ("console", lambda message: message.text),
                    ("pageerror", str),
                    ("dialog", lambda dialog: dialog.message),
                    ("request", lambda request: request.url),
                ):
                    opened.enter_context(noted(page, event, seen, text_of))
            page.goto(path.as_uri())
            if watched:
                assert seen.pop(0) == path.as_uri()
            return page

        yield open_one
    assert seen == []


def _answers(page: Page, typed: str) -> list[str]:
    page.fill("#query", typed)
    return page.locator("#answers > li").all_inner_texts()


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_nothing_is_wider_than_the_screen(
    open_page: OpenPage, report: Path, viewport: dict[str, int]
) -> None:
    page = open_page(report, viewport=viewport)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    _answers(page, "sku")
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
    first, *_ = _answers(page, typed)
    assert "Not in Optiply" in first
    assert "In Optiply: no; not from DE, where the listing is not active." in first
    assert advice_for(outcomes.NOT_ACTIVE).sentence in first
    assert "SKU gone" in first


@pytest.mark.parametrize("typed", [INACTIVE_EAN, f"0{INACTIVE_EAN}"])
def test_a_listing_that_is_left_out_is_found_by_its_ean(
    open_page: OpenPage, report: Path, typed: str
) -> None:
    page = open_page(report)
    [first] = _answers(page, typed)
    assert "Not in Optiply" in first


def test_an_article_that_was_sent_says_what_was_sent_and_how_its_stock_came_about(
    open_page: OpenPage, report: Path, module_seller: SellerFolder
) -> None:
    page = open_page(report)
    [first] = [each for each in _answers(page, KEPT) if each.startswith("In Optiply")]
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
    first, *_ = _answers(page, SENT)
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
        for each in _answers(page, typed)
    )


def test_what_is_not_there_is_said_not_to_be_there(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    assert _answers(page, "<img src=x>") == []
    status = page.inner_text("#status")
    assert status.startswith("Nothing on this page is called “<img src=x>”. Amazon’s reports")
    assert _answers(page, "") == []
    assert page.inner_text("#status") == ""


def test_mischief_in_names_and_ids_stays_text(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    answers = _answers(page, "SKU")
    assert any(MISCHIEF in each for each in answers)
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


@pytest.mark.usefixtures("remembered_runs")
def test_stock_by_marketplace_adds_up_to_the_products_stock_levels(
    seller: SellerFolder,
) -> None:
    _run_twice(seller)
    seller.stock("B0000000EE", afn_total_quantity=11)
    seller.listing("B0000000EE", quantity=3)
    seller.stock("B0000000EE", marketplace_id=FR, afn_total_quantity=2)
    figures = seller.build().report["figures"]
    kept = 5 * 3  # the listings' own quantity of the three products without FBA stock
    assert figures["stock"] == [
        {"marketplace": "DE", "products": 4, "fba": 11, "listed": kept},
        {"marketplace": "FR", "products": 1, "fba": 2, "listed": 0},
    ]


def test_the_json_says_of_each_article_what_the_page_says(
    open_page: OpenPage, report: Path
) -> None:
    articles = json.loads(report.with_suffix(".json").read_text("utf-8"))["articles"]
    assert articles["in_optiply"] + articles["not_in_optiply"] == articles["shown"] == 4
    page = open_page(report)
    for each in articles["articles"]:
        shown = "\n".join(_answers(page, each["asin"]))
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


@pytest.mark.usefixtures("remembered_runs")
def test_what_is_left_out_since_the_run_before_is_marked_as_new(seller: SellerFolder) -> None:
    _run_twice(seller)
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


def test_when_and_for_which_account_it_was_made_is_on_the_page(
    open_page: OpenPage, seller: SellerFolder
) -> None:
    _run_twice(seller)
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
    _answers(page, KEPT)
    page.emulate_media(media="print")
    style = "getComputedStyle(document.documentElement)"
    assert page.evaluate(f"{style}.backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(f"{style}.color") == "rgb(0, 0, 0)"
    assert not page.locator("#search").is_visible()
    assert page.locator(".verdict").first.is_visible()


def test_orders_are_counted_by_day_and_outcome(report: Path) -> None:
    figures = json.loads(report.with_suffix(".json").read_text("utf-8"))["figures"]
    days = figures["orders_by_day"]
    assert [each["day"] for each in days] == [f"2026-10-0{day}" for day in range(1, 8)]
    assert days[0] == {"day": "2026-10-01", "sent": 0, "unchanged": 1, "left_out": 1}
    assert (figures["with_ean"], figures["without_ean"]) == (2, 1)


@pytest.mark.usefixtures("remembered_runs")
def test_products_that_share_an_ean_are_named(seller: SellerFolder) -> None:
    _run_twice(seller)
    found = seller.built.notes()
    assert found[notes.SHARED_EAN] == [f"{EAN} {KEPT}", f"{EAN} B0000000DD"]
    assert found[notes.NO_EAN] == [SENT]


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
    _answers(page, "SKU")
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


def test_the_page_is_for_its_owner_only_and_tells_nothing_of_buyers(
    seller: SellerFolder,
) -> None:
    report = _run_twice(seller)
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
    assert len(_answers(page, "ordinary name")) == 10
    assert page.inner_text("#status") == "10,000 articles"
    page.get_by_role("button", name="Show more").click()
    assert page.locator("#answers > li").count() == 60
    assert "10,000 of 500,000" in (page.locator(".limits").text_content() or "")


def test_millions_of_records_give_a_page_of_a_few_megabytes(
    open_page: OpenPage, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """Of two streams and ten reasons; in the small size of one stream and two."""
    is_full = proofs.is_full(pytestconfig)
    reasons = [*_texts_of(outcomes)][2 : 12 if is_full else 4]
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
    assert _answers(page, "SKU-0059999") == []
    assert "see below" in page.inner_text("#status")
    assert len(_answers(page, "SKU-0000999")) == len(streams) * (len(reasons) + 1) + 1
    overlapping = """[...document.querySelectorAll("th, td, summary > *")].filter(
        each => each.scrollWidth > each.clientWidth && each.clientWidth
    ).map(each => each.textContent)"""
    assert page.evaluate(overlapping) == []


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
    [first] = [each for each in _answers(page, EAN) if each.startswith("On its way")]
    facts = dict(pairwise(filter(None, first.splitlines())))
    assert facts["EAN"] == EAN
    assert facts["EAN of match"] == "row 12, confidence 0.98: Amazon lists the code for it."
    [sent] = [each for each in _answers(page, EAN) if each.startswith("Sent")]
    assert "Matched codes" in sent
    [left] = _answers(page, INACTIVE_EAN)
    assert left.startswith("Left out")
    assert "Because its code has no clear match." in left
    assert "Look <b>yourself</b>." in left
