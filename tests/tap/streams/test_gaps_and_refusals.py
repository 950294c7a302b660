"""What is missing or refused in one place stays there: no gap is passed over, nothing else is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import loopback
import pytest
from running import Record, configuration, differences, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox

CLOCK_FACTOR = 600
EPOCH = "2026-11-02T08:00:00Z"
"""When the sandbox's clock starts: the end of what a tap whose clock runs ahead of it requests."""
US = "ATVPDKIKX0DER"


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox whose reports take little time."""
    return start_sandbox(clock_factor=CLOCK_FACTOR, orders=150, report_seconds=(1, 30))


def config(sandbox: RunningSandbox, **settings: object) -> Record:
    """A configuration for the United States alone."""
    defaults = {"clock_factor": CLOCK_FACTOR, "marketplaces": "US"}
    return configuration(sandbox.url, "NA", **(defaults | settings))


def us(sandbox: RunningSandbox, stream: str) -> list[Record]:
    """The truth of the United States."""
    return [r for r in sandbox.truth("NA", stream) if r["marketplace_id"] == US]


def state_at(bookmark: str, *streams: str) -> Record:
    """A state with this bookmark for the United States."""
    partition = {
        "context": {"marketplace_id": US},
        "replication_key": "last_updated_date",
        "replication_key_value": bookmark,
    }
    return {"bookmarks": {stream: {"partitions": [dict(partition)]} for stream in streams}}


def bookmark_of(state: Record | None, stream: str) -> str:
    """The bookmark of the United States."""
    assert state is not None
    [partition] = state["bookmarks"][stream]["partitions"]
    return str(partition.get("replication_key_value"))


def until_of(state: Record | None) -> str:
    """Up to when Amazon has cancelled orders of the United States."""
    assert state is not None
    [partition] = state["bookmarks"]["orders"]["partitions"]
    return str(partition["cancelled"]["until"])


def test_an_old_bookmark_reaches_further_back_than_the_default_history(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=300, days=150, report_seconds=(1, 30))
    settings = config(sandbox)
    del settings["start_date"]

    output = run_tap(
        tmp_path, settings, state_at("2026-06-01T00:00:00+00:00", "orders"),
        *select(tmp_path, "orders"),
    )  # fmt: skip

    truth = [o for o in us(sandbox, "orders") if o["last_updated_date"] >= "2026-06-01"]
    assert differences("orders", output.records["orders"], truth).get("lost") is None
    assert min(order["last_updated_date"] for order in truth) < "2026-07-01"


def test_a_stream_whose_bookmark_is_ahead_still_reads_its_overlap(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    state = state_at("2026-10-31T00:00:10+00:00", "orders")
    state["bookmarks"] |= state_at("2026-10-01T01:00:00+00:00", "order_items")["bookmarks"]

    output = run_tap(tmp_path, config(sandbox), state, *select(tmp_path, "orders", "order_items"))

    due = [o for o in us(sandbox, "orders") if o["last_updated_date"] >= "2026-10-30T23:00:10"]
    assert differences("orders", output.records["orders"], due).get("lost") is None


def test_windows_that_amazon_cancels_for_a_day_are_without_data(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(
        clock_factor=CLOCK_FACTOR, orders=100, report_seconds=(1, 30), cancel_empty=True
    )
    settings = config(sandbox, start_date="2026-05-01T00:00:00Z")
    catalog = select(tmp_path, "orders")

    first = run_tap(tmp_path, settings, None, *catalog)

    assert differences("orders", first.records["orders"], us(sandbox, "orders")) == {}
    assert "Stream orders is incomplete for US" in first.errors
    assert bookmark_of(first.state, "orders") == "None", "the bookmark stays before the hole"

    sandbox.advance(minutes=25 * 60)
    second = run_tap(tmp_path, settings, first.state, *catalog)

    assert "taken as a time without data" in second.errors
    assert "incomplete" not in second.errors
    assert bookmark_of(second.state, "orders") > "2026-11-03"
    assert differences("orders", second.records["orders"], us(sandbox, "orders")) == {}


def test_only_what_was_cancelled_a_day_ago_already_is_without_data(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    settings = config(sandbox, start_date="2026-10-20T00:00:00Z")
    catalog = select(tmp_path, "orders")
    sandbox.fault("createReport", "cancelled_report", times=None)
    first = run_tap(tmp_path, settings, None, *catalog)
    asked_until = until_of(first.state)
    sandbox.advance(minutes=25 * 60)

    second = run_tap(tmp_path, settings, first.state, *catalog)

    assert bookmark_of(second.state, "orders") == asked_until
    sandbox.clear_faults()
    third = run_tap(tmp_path, settings, second.state, *catalog)
    due = [o for o in us(sandbox, "orders") if o["last_updated_date"] >= asked_until]
    assert due
    assert differences("orders", third.records["orders"], due).get("lost") is None


def test_a_report_that_failed_otherwise_in_between_has_not_been_cancelled_for_a_day(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    settings = config(sandbox, start_date="2026-10-20T00:00:00Z")
    catalog = select(tmp_path, "orders")
    state = None
    for fault in ("cancelled_report", "fatal_report", "cancelled_report"):
        sandbox.clear_faults()
        sandbox.fault("createReport", fault, times=None)
        state = run_tap(tmp_path, settings, state, *catalog).state
        sandbox.advance(minutes=13 * 60)

    assert bookmark_of(state, "orders") == "None"


def test_what_was_cancelled_last_time_is_asked_for_once(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    settings = config(sandbox, start_date="2026-10-20T00:00:00Z")
    catalog = select(tmp_path, "orders")
    sandbox.fault("createReport", "cancelled_report", times=None)
    calls = []
    state = None
    for _ in range(2):
        sandbox.reset_calls()
        state = run_tap(tmp_path, settings, state, *catalog).state
        calls.append(sandbox.calls()["createReport"]["202"])

    assert calls == [2, 1]


def test_a_marketplace_without_stock_at_amazon_makes_a_sync_incomplete_for_a_day_alone(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    settings = config(sandbox, fail_on_incomplete=True)
    catalog = select(tmp_path, "warehouse_inventory")
    sandbox.fault("createReport", "cancelled_report", times=None)

    first = run_tap(tmp_path, settings, None, *catalog)
    sandbox.advance(minutes=25 * 60)
    second = run_tap(tmp_path, settings, first.state, *catalog)
    sandbox.clear_faults()
    third = run_tap(tmp_path, settings, second.state, *catalog)

    assert first.returncode == 1
    assert second.returncode == 0, second.errors
    assert "taken as a time without data" in second.errors
    assert third.records["warehouse_inventory"]
    assert "cancelled" not in repr(third.state)


def test_a_refusal_is_not_asked_for_again_for_every_window(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.fault("createReport", "403", times=None)
    settings = config(sandbox, start_date="2025-11-02T00:00:00Z")

    output = run_tap(tmp_path, settings, None, *select(tmp_path, "products_inventory", "orders"))

    assert "it needs the role 'Inventory and Order Tracking'" in output.errors
    assert sandbox.calls()["createReport"] == {"403": 2}


def request_reports(sandbox: RunningSandbox, settings: dict[str, Any], count: int) -> None:
    """Request reports of orders of an hour each, as another application of the seller might."""
    login = {name: settings[name] for name in ("client_secret", "refresh_token")}
    login |= {"grant_type": "refresh_token", "client_id": settings["lwa_client_id"]}
    answer = loopback.post(settings["token_url"], data=login, timeout=60).raise_for_status()
    token = {"x-amz-access-token": answer.json()["access_token"]}
    day = datetime(2026, 9, 1, tzinfo=UTC)
    for hour in range(count):
        loopback.post(
            f"{sandbox.url}/reports/2021-06-30/reports",
            json={
                "reportType": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
                "marketplaceIds": ["A1PA6795UKMFR9"],
                "dataStartTime": (day + timedelta(hours=hour)).isoformat(),
                "dataEndTime": (day + timedelta(hours=hour + 1)).isoformat(),
            },
            headers=token,
            timeout=60,
        ).raise_for_status()


def test_reports_are_found_on_later_pages_of_a_listing(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=6000, orders=10, report_seconds=(1, 2), rate_factor=100)
    settings = configuration(sandbox.url, "EU", clock_factor=6000)
    run_tap(tmp_path, settings)
    request_reports(sandbox, settings, 110)  # newer ones; a page has 100
    sandbox.reset_calls()

    run_tap(tmp_path, settings | {"report_max_age_minutes": 100_000}, None)

    assert sandbox.calls()["getReports"]["200"] > 1
    # Listings are requested with options, which no listing of reports shows, so they are asked again.
    assert sandbox.calls()["createReport"]["202"] <= 5 + 5


@pytest.mark.parametrize("operation", ["getReports"])
def test_a_listing_that_is_refused_only_costs_calls(
    sandbox: RunningSandbox, tmp_path: Path, operation: str
) -> None:
    sandbox.fault(operation, "403", times=None)

    output = run_tap(tmp_path, config(sandbox))

    assert output.returncode == 0
    assert "incomplete" not in output.errors
    assert differences("orders", output.records["orders"], us(sandbox, "orders")) == {}


def test_calls_that_fail_hold_up_their_own_report_alone(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.fault("createReport", "500", times=10)

    output = run_tap(tmp_path, config(sandbox, clock_factor=6000, end_date=EPOCH))

    assert output.returncode == 0, output.errors
    assert "createReport answered 500; try 2 of 10 follows" in output.errors
    assert "incomplete" not in output.errors
    assert differences("orders", output.records["orders"], us(sandbox, "orders")) == {}


def test_an_operation_that_is_never_answered_leaves_out_what_needs_it_and_nothing_else(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.fault("createReport", "500", times=None, skip=3)

    output = run_tap(tmp_path, config(sandbox, clock_factor=6000, end_date=EPOCH))

    assert output.returncode == 0, output.errors
    assert "createReport answered 500, however often it was tried" in output.errors
    assert "Stream orders is incomplete for US" in output.errors
    assert len(output.records["products_inventory"]) == len(us(sandbox, "products_inventory"))


def test_a_sync_that_amazon_answers_no_report_at_all_fails(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.fault("createReport", "500", times=None)

    output = run_tap(tmp_path, config(sandbox, clock_factor=6000, end_date=EPOCH))

    assert output.returncode == 1
    assert "createReport answered 500; gave up after 30 tries." in output.errors


def test_without_the_sellers_role_configured_marketplaces_are_synced_all_the_same(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.fault("getMarketplaceParticipations", "403", times=None)

    output = run_tap(tmp_path, config(sandbox))

    assert "Stream marketplaces is incomplete for US" in output.errors
    assert "needs the role 'Selling Partner Insights'" in output.errors
    assert differences("orders", output.records["orders"], us(sandbox, "orders")) == {}


def test_a_catalog_need_not_repeat_the_keys(sandbox: RunningSandbox, tmp_path: Path) -> None:
    options = select(tmp_path, "orders")
    path = tmp_path / "catalog.json"
    catalog: dict[str, Any] = json.loads(path.read_text())
    for entry in catalog["streams"]:
        for name in ("key_properties", "replication_key", "replication_method"):
            entry.pop(name, None)
        for metadata in entry["metadata"]:
            if metadata["breadcrumb"] == []:
                metadata["metadata"] = {"selected": metadata["metadata"]["selected"]}
    path.write_text(json.dumps(catalog))

    output = run_tap(tmp_path, config(sandbox), None, *options)

    [schema] = output.schemas["orders"]
    assert schema["key_properties"] == ["marketplace_id", "amazon_order_id"]
    assert bookmark_of(output.state, "orders") > "2026-11-02"


def test_a_start_in_the_future_is_told(sandbox: RunningSandbox, tmp_path: Path) -> None:
    output = run_tap(
        tmp_path, config(sandbox, start_date="2030-01-01T00:00:00Z"), None,
        *select(tmp_path, "orders"),
    )  # fmt: skip

    assert output.returncode == 0
    assert any("check 'start_date' and the state" in line for line in output.warnings())
