"""A reader can follow a report: few modules have a part in what becomes of its rows."""

from __future__ import annotations

import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from flat_files import DE, document
from running import configuration

from tap_amazon_seller.account.selling_account import SellingAccount
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.tap import TapAmazonSeller

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

MOST_MODULES = 14
COLUMNS = (
    "amazon_order_id", "purchase_date", "last_updated_date", "sales_channel", "sku", "asin", "quantity",
    "currency", "item_price",
)  # fmt: skip
DATE = "2026-10-11T14:39:51+00:00"
LINE = f"\t{DATE}\t{DATE}\tAmazon.de\tA-1\tB000000001\t1\tEUR\t19.99\n"


def orders(lines: int) -> bytes:
    """A report of all orders, of several blocks."""
    body = "".join(f"028-{number:07}-{number:07}{LINE}" for number in range(lines))
    return ("\t".join(COLUMNS) + "\n" + body).encode()


def modules_of(items: Iterator[Any]) -> set[str]:
    """The tap's modules of which a function is called while items are made."""
    found: set[str] = set()

    def note(frame: Any, event: str, _: object) -> None:
        name = frame.f_globals.get("__name__", "")
        if event == "call" and name.startswith("tap_amazon_seller."):
            found.add(name)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        for _ in items:
            """Only what it takes to make them is of interest."""
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return found


def test_the_rows_of_a_large_orders_report_go_through_few_modules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = configuration("http://127.0.0.1:1", "EU")
    account = SellingAccount(Settings.from_config(config))
    monkeypatch.setattr(TapAmazonSeller, "account", account)
    stream: Any = TapAmazonSeller(config=config).streams["order_items"]
    request: Any = SimpleNamespace(marketplace=DE, window=None, asked_window=None)
    body = document(orders(40_000))
    body.scattered = frozenset()
    items = stream.flat_records(body, request)
    first = next(items)  # the header has been read

    modules = modules_of(items)

    assert first.num_rows
    assert "tap_amazon_seller.reports.rows.flat_file" in modules
    assert len(modules) <= MOST_MODULES, sorted(modules)
