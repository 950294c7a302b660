"""A report type that the tap has no stream for becomes one by configuration alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from running import configuration, run_tap, select

from tap_amazon_seller.config.custom_reports import custom_reports

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox

CLOCK_FACTOR = 600
BY_ORDER_DATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
ORDERS = {
    "stream": "my_orders",
    "report_type": BY_ORDER_DATE,
    "window_days": 30,
    "keys": ["amazon_order_id", "sku"],
}


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox whose reports take little time."""
    return start_sandbox(clock_factor=CLOCK_FACTOR, orders=150, report_seconds=(1, 30))


def config(sandbox: RunningSandbox, *reports: Any, **settings: object) -> dict[str, Any]:
    """A configuration for Japan and Australia with these custom reports."""
    defaults = {"clock_factor": CLOCK_FACTOR, "custom_reports": list(reports)}
    return configuration(sandbox.url, "FE", **(defaults | settings))


def custom_only(folder: Path, settings: dict[str, Any], *streams: str) -> list[str]:
    """Select the custom streams alone; discovery needs the configuration to know them."""
    return select(folder, *streams, config=settings)


def test_the_schema_follows_the_header_and_every_row_comes(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    settings = config(sandbox, ORDERS)

    output = run_tap(tmp_path, settings, None, *custom_only(tmp_path, settings, "my_orders"))

    assert output.returncode == 0, output.errors
    records = output.records["my_orders"]
    lines = Counter((r["marketplace_id"], r["amazon_order_id"], r["sku"]) for r in records)
    truth = Counter(
        (r["marketplace_id"], r["amazon_order_id"], r["sku"])
        for r in sandbox.truth("FE", "order_items")
    )
    assert lines == truth
    keys = ["marketplace_id", "amazon_order_id", "sku", "line_number"]
    assert len({tuple(record[key] for key in keys) for record in records}) == len(records)
    assert output.schemas["my_orders"][-1]["key_properties"] == keys
    assert {"purchase_date", "item_price"} <= output.schemas["my_orders"][-1]["schema"][
        "properties"
    ].keys()
    assert all(record["item_price"] is None or record["item_price"] for record in records)


def test_the_next_sync_goes_on_from_the_bookmark(sandbox: RunningSandbox, tmp_path: Path) -> None:
    settings = config(sandbox, ORDERS)
    catalog = custom_only(tmp_path, settings, "my_orders")
    first = run_tap(tmp_path, settings, None, *catalog)
    sandbox.advance(minutes=24 * 60)

    second = run_tap(tmp_path, settings, first.state, *catalog)

    assert 0 < len(second.records["my_orders"]) < len(first.records["my_orders"])
    assert "2026-11-03" in str(second.state)


def test_a_type_that_amazon_does_not_know_leaves_the_others_alone(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    unknown = {"stream": "mine", "report_type": "GET_WHAT_NOBODY_HAS"}
    settings = config(sandbox, ORDERS, unknown)

    output = run_tap(
        tmp_path, settings, None, *custom_only(tmp_path, settings, "my_orders", "mine")
    )

    assert output.returncode == 0
    assert "Stream mine is incomplete for JP" in output.errors
    assert "Invalid Report Type GET_WHAT_NOBODY_HAS" in output.errors
    assert output.records["my_orders"]


def test_what_amazon_reports_late_comes_with_the_next_sync(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(
        clock_factor=CLOCK_FACTOR,
        orders=4000,
        report_seconds=(1, 30),
        report_lag_minutes=240,
    )
    by_update = BY_ORDER_DATE.replace("ORDER_DATE", "LAST_UPDATE")
    settings = config(sandbox, ORDERS | {"report_type": by_update})
    catalog = custom_only(tmp_path, settings, "my_orders")
    first = run_tap(tmp_path, settings, None, *catalog)
    sandbox.advance(minutes=24 * 60)

    second = run_tap(tmp_path, settings, first.state, *catalog)

    assert first.state is not None
    [bookmark, _] = first.state["bookmarks"]["my_orders"]["partitions"]
    passed = sandbox.truth("FE", "orders", as_of=bookmark["replication_key_value"])
    found = {one["amazon_order_id"] for run in (first, second) for one in run.records["my_orders"]}
    assert {one["amazon_order_id"] for one in passed} <= found


def test_orders_in_xml_come_with_all_their_items(sandbox: RunningSandbox, tmp_path: Path) -> None:
    entry = {
        "stream": "my_orders",
        "report_type": "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
        "window_days": 30,
        "format": "xml",
        "records": "Order",
    }
    settings = config(sandbox, entry)

    output = run_tap(tmp_path, settings, None, *custom_only(tmp_path, settings, "my_orders"))

    items = 0
    for record in output.records["my_orders"]:
        found = record["order_item"]
        items += len(found) if isinstance(found, list) else 1
    assert items == len(sandbox.truth("FE", "order_items"))


def test_custom_reports_leave_buyers_elements_out() -> None:
    entry = {"stream": "mine", "report_type": "GET_X", "format": "xml", "records": "Order"}

    [definition] = custom_reports({"custom_reports": [entry]})

    assert {"BuyerName", "AddressFieldOne", "PhoneNumber"} <= set(definition.report.layout.personal)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"report_type": BY_ORDER_DATE}, "needs a 'stream' name of small letters"),
        ({"stream": "My Orders", "report_type": BY_ORDER_DATE}, "needs a 'stream' name"),
        ({"stream": "mine"}, "needs a 'report_type' as Amazon writes it"),
        ({"stream": "mine", "report_type": "orders"}, "needs a 'report_type'"),
        ({**ORDERS, "window": 30}, "has an unknown key 'window'"),
        ({**ORDERS, "window_days": 0}, "'window_days' is '0'"),
        ({**ORDERS, "keys": ["amazon-order-id"]}, "write it as 'amazon_order_id'"),
        ({**ORDERS, "format": "xls"}, "has a 'format' that is none of tsv, csv, json, xml"),
        ({**ORDERS, "format": "json"}, "needs 'records'"),
        ({**ORDERS, "options": {"custom": True}}, "has 'options' that are not texts by name"),
        ({**ORDERS, "stream": "orders"}, "names a stream 'orders', which exists already"),
        ("orders", "'custom_reports' must be a list of objects"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(
    sandbox: RunningSandbox, tmp_path: Path, entry: Any, sentence: str
) -> None:
    output = run_tap(tmp_path, config(sandbox, entry))

    assert output.returncode == 1
    assert "Traceback" not in output.errors
    assert sentence in output.errors


@pytest.mark.parametrize("value", [{"orders": -1}, {"orders": "two"}, [1], "{", {"orders": True}])
def test_a_look_back_that_makes_no_sense_is_told(
    sandbox: RunningSandbox, tmp_path: Path, value: Any
) -> None:
    output = run_tap(tmp_path, config(sandbox, lookback_days=value))

    assert output.returncode == 1
    assert "Setting 'lookback_days'" in output.errors
    assert "Traceback" not in output.errors


@pytest.mark.parametrize("days", [20, 19.5])
def test_a_look_back_of_a_stream_reaches_behind_its_bookmark(
    sandbox: RunningSandbox, tmp_path: Path, days: float
) -> None:
    settings = config(sandbox)
    catalog = select(tmp_path, "orders")
    first = run_tap(tmp_path, settings, None, *catalog)

    second = run_tap(
        tmp_path, settings | {"lookback_days": {"orders": days}}, first.state, *catalog
    )

    oldest = min(record["last_updated_date"] for record in second.records["orders"])
    assert "2026-10-13" <= oldest < "2026-10-15"
