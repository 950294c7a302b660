"""The service's page in a real browser: a person uploads a file, watches it, downloads the result."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_tabs import opened_browser
from matching.service_process import FACTOR, TOKEN, running_service
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import StartSandbox
    from playwright.sync_api import Page


@pytest.fixture
def page() -> Iterator[Page]:
    with opened_browser() as browser:
        yield browser.new_page()


def test_a_person_uploads_watches_and_downloads(
    page: Page, start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=FACTOR, codes=60, listings=20)
    with running_service(sandbox, tmp_path) as service:
        (tmp_path / "my codes.csv").write_bytes(service.upload())
        page.goto(service.url)
        page.get_by_label("Token").fill("wrong")
        page.get_by_label("File").set_input_files(tmp_path / "my codes.csv")
        page.get_by_role("button", name="Find the ASINs").click()
        expect(page.get_by_role("alert")).to_have_text(
            "The token is missing or wrong; send it as 'Authorization: Bearer ...'."
        )
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_label("Marketplace").fill("DE")
        page.get_by_role("button", name="Find the ASINs").click()
        expect(page.get_by_role("status")).to_have_text("The job my codes.csv has begun.")
        row = page.get_by_role("row").filter(has_text="my codes.csv")
        expect(row).to_contain_text("completed", timeout=60_000)
        expect(row).to_contain_text("100 %")
        assert not Axe().run(page).response["violations"]
        with page.expect_download() as download:
            row.get_by_role("button", name="Download my codes.csv as CSV").click()
        assert download.value.suggested_filename == "my codes.matched.csv"
        with open(download.value.path(), newline="", encoding="utf-8") as file:  # noqa: PTH123
            written = list(csv.DictReader(file))
        assert [each["ean"] for each in written] == [each["code"] for each in service.rows]
        assert any(each["asin"] for each in written)
