"""Pages opened in a real browser, which report what they should not do."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

_CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


@contextmanager
def opened_browser() -> Iterator[Browser]:
    """Debian's Chromium, while the block lasts; the test is skipped where there is none."""
    if _CHROMIUM is None:
        pytest.skip(
            "there is no Chromium here; install Debian's package chromium to check the page"
        )
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start for root, as in a container.
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


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


def answers(page: Page, typed: str) -> list[str]:
    """What the mapping report's page answers to what is typed."""
    page.fill("#query", typed)
    return page.locator("#answers > li").all_inner_texts()
