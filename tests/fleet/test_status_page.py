"""The fleet's page in a real browser: by mouse and by keyboard, in the light and in the dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_tabs import opened_browser
from fleet.shown_fleet import MARKUP, ended, fill, fleet_database, page_of
from playwright.sync_api import expect

from amazon_fleet.store import history

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from amazon_fleet.embedded.server import EmbeddedServer

REFRESH = 20_000  # ms; the page looks every five seconds


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened_browser() as found:
        yield found


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with fleet_database() as found:
        yield found


@pytest.fixture
def url(server: EmbeddedServer) -> Iterator[str]:
    fill(server.database)
    with page_of(server.database) as found:
        yield found


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page, once it shows accounts; at its end, that it has called nobody else."""
    context = browser.new_context(color_scheme=request.param, reduced_motion="reduce")
    found = context.new_page()
    called: list[str] = []
    found.on("request", lambda each: called.append(each.url))
    faults: list[str] = []
    found.on("console", lambda each: faults.append(each.text) if each.type == "error" else None)
    found.on("pageerror", lambda each: faults.append(str(each)))
    found.goto(url)
    expect(found.get_by_role("rowheader")).to_have_count(7)
    yield found
    assert all(each.startswith((url, "data:")) for each in called)
    assert [each for each in faults if "ERR_CONNECTION_REFUSED" not in each] == []
    context.close()


def names(page: Page) -> list[str]:
    return page.get_by_role("rowheader").all_inner_texts()


def test_a_person_sees_what_is_urgent_first_and_nothing_is_inaccessible(page: Page) -> None:
    assert names(page)[:4] == ["shop-paused", "shop-failing", "shop-incomplete", "shop-late"]
    row = page.get_by_role("row").filter(has_text="shop-failing")
    expect(row).to_contain_text(MARKUP)  # as text: it is no element
    assert page.locator("td b").count() == 0
    expect(page.get_by_role("status")).to_contain_text("7 accounts, 1 running")
    expect(page.get_by_role("status")).to_contain_text("9 calls refused with 429")
    expect(page.get_by_role("row").filter(has_text="shop-running")).to_contain_text("push")
    found = Axe().run(page).response["violations"]
    assert not found, [
        node["any"][0]["message"] + node["html"] for one in found for node in one["nodes"]
    ]


def test_it_goes_by_keyboard(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    focused = "() => document.activeElement.cells[0].textContent"
    assert page.evaluate(focused) == "shop-failing"
    page.keyboard.press("k")
    assert page.evaluate(focused) == "shop-paused"
    page.keyboard.press("/")
    page.keyboard.type("late")
    expect(page.get_by_role("rowheader")).to_have_text(["shop-late"])
    page.keyboard.press("Escape")
    expect(page.get_by_role("rowheader")).to_have_count(7)
    page.get_by_role("button", name="failing 1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader")).to_have_text(["shop-failing"])
    expect(page.get_by_role("button", name="failing 1")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_role("rowheader")).to_have_text(["shop-failing"])


def test_it_refreshes_by_itself_and_keeps_the_focus(page: Page, server: EmbeddedServer) -> None:
    page.keyboard.press("j")
    with server.database.connect() as connection:
        ended(connection, "shop-good", history.FAILED, "It fails since.")
    expect(page.get_by_text("It fails since.")).to_be_visible(timeout=REFRESH)
    assert page.evaluate("() => document.activeElement.cells[0].textContent") == "shop-paused"


def test_it_says_when_what_it_shows_is_old(browser: Browser, server: EmbeddedServer) -> None:
    fill(server.database)
    page = browser.new_page()
    with page_of(server.database) as url:
        page.goto(url)
        expect(page.get_by_role("rowheader")).to_have_count(7)
        with server.database.connect() as connection:
            connection.execute("ALTER TABLE fleet_runs RENAME TO gone")
            try:
                expect(page.get_by_role("alert")).to_contain_text(
                    "does not answer", timeout=REFRESH
                )
            finally:
                connection.execute("ALTER TABLE gone RENAME TO fleet_runs")
        expect(page.get_by_role("alert")).to_be_empty(timeout=REFRESH)
    expect(page.get_by_role("alert")).to_have_text(
        "This page's program does not answer. What is shown may be old.", timeout=REFRESH
    )
    page.close()
