"""The mapping report of a seller, and a browser to look at it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from browser_tabs import PHONE, OpenPage, Tabs, noted, opened_browser
from reported_seller import run_twice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from etl.conftest import SellerFolder
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened_browser() as found:
        yield found


@pytest.fixture(scope="module")
def report(module_seller: SellerFolder) -> Path:
    return run_twice(module_seller)


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
