"""What Amazon's limits leave over several syncs: all of it comes, once, and in time."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from limited_shop import STOCK, TRAFFIC, TRAFFIC_REPORT, config, due_of, us
from running import differences, run_tap, select

from amazon_selling_partner import AmazonClock, Credentials, SellingPartnerClient

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from running import Output, Record

ORDERS = ("orders", "order_items")
STOCK_REPORTS = ("GET_MERCHANT_LISTINGS_ALL_DATA", "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA")
ORDER_REPORT = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
MOST_SYNCS = 20
QUARTER = timedelta(minutes=15)


def created(sandbox: RunningSandbox, *report_types: str) -> list[datetime]:
    """When the reports of types were requested, oldest first, as Amazon lists them."""
    settings = config(sandbox)
    client = SellingPartnerClient(
        Credentials(
            settings["lwa_client_id"], settings["client_secret"], settings["refresh_token"]
        ),
        sandbox.url,
        AmazonClock(600, believed=None),
        token_url=settings["token_url"],
    )
    since = datetime.fromisoformat(sandbox.get_json("/_sandbox/clock")["now"]) - timedelta(days=2)
    try:
        listed = list(client.reports(report_types, (), since))
    finally:
        client.close()
    return sorted(datetime.fromisoformat(report["createdTime"]) for report in listed)


def test_a_sync_of_all_that_is_due_ends_in_time_with_stock_and_orders_as_soon_as_quotas_allow(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    factor, wait, timeout = 120, 20, 120
    sandbox = start_sandbox(clock_factor=factor, orders=150, report_seconds=(60, 300))
    catalog = select(tmp_path, *ORDERS, *STOCK, *TRAFFIC, "sync_summary")
    settings = config(
        sandbox,
        clock_factor=factor,
        limit_wait_minutes=wait,
        report_timeout_minutes=timeout,
        start_date="2026-09-01T00:00:00Z",
    )

    output = run_tap(tmp_path, settings, None, *catalog)

    assert output.returncode == 0, output.errors
    first, *more = created(sandbox, TRAFFIC_REPORT)
    others = created(sandbox, *STOCK_REPORTS, ORDER_REPORT)
    begun = min(first, *others)
    ended = max(
        datetime.fromisoformat(each["synced_at"]).astimezone(UTC)
        for each in output.records["sync_summary"]
    )
    assert ended - begun <= timedelta(minutes=timeout)
    assert set(due_of(output)) == set(TRAFFIC)
    assert min(due_of(output).values()) >= 50, "two months of days, less what came in time"
    assert "429" not in sandbox.calls()["createReport"]
    assert all(
        later - before >= QUARTER for before, later in zip([first, *more], more, strict=False)
    )
    # Five reports are within the burst of createReport: none waits for another, nor for the limit.
    assert len(others) == 5
    assert not [when for when in others if more and when >= more[0]]
    for stream in STOCK:
        assert differences(stream, output.records[stream], us(sandbox, stream)) == {}


def test_two_taps_that_share_the_limit_of_their_application_each_get_every_day_once(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(
        clock_factor=600, orders=50, report_seconds=(1, 30), report_limits="application"
    )
    places = {"NA": "US", "EU": "DE"}
    settings = {
        account: config(
            sandbox, account,
            marketplaces=place,
            limit_wait_minutes=40,
            start_date="2026-10-28T00:00:00Z",
            end_date="2026-11-02T08:00:00Z",
            lookback_days=dict.fromkeys(TRAFFIC, 0),
        )
        for account, place in places.items()
    }  # fmt: skip
    folders = {account: tmp_path / account for account in places}
    catalogs = {}
    for account, folder in folders.items():
        folder.mkdir()
        catalogs[account] = select(folder, *STOCK, *TRAFFIC, "sync_summary")
    states: dict[str, Record | None] = dict.fromkeys(places)
    days: dict[str, Counter[str]] = {account: Counter() for account in places}

    def sync(account: str) -> Output:
        return run_tap(folders[account], settings[account], states[account], *catalogs[account])

    left = set(places)
    for _ in range(MOST_SYNCS):
        with ThreadPoolExecutor() as at_once:
            outputs = dict(zip(left, at_once.map(sync, left), strict=True))
        for account, output in outputs.items():
            assert output.returncode == 0, output.errors
            states[account] = output.state
            days[account].update(each["date"] for each in output.records.get(TRAFFIC[0], []))
            for stream in STOCK:
                assert output.records[stream], "the other's requests hold nothing up"
        left = {account for account, output in outputs.items() if due_of(output)}
        if not left:
            break
        sandbox.advance(minutes=15)

    assert days == {account: {"2026-10-28": 1, "2026-10-29": 1} for account in places}


def test_reports_that_take_longer_than_one_sync_are_left_again_and_read_by_a_later_one(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=60, orders=150, report_seconds=(7_200, 7_300))
    streams = (*ORDERS, *STOCK)
    catalog = select(tmp_path, *streams, "sync_summary")
    settings = config(
        sandbox, clock_factor=60, leave_reports=True, report_timeout_minutes=600,
        end_date="2026-11-02T08:00:00Z",
    )  # fmt: skip
    before = {stream: us(sandbox, stream) for stream in streams}

    state: Record | None = None
    for sync in range(3):
        output = run_tap(tmp_path, settings, state, *catalog)
        state = output.state
        assert output.returncode == 0, output.errors
        assert state is not None
        if sync == 0:
            requested = sandbox.calls()["createReport"]
            first = state["reports"]
        assert due_of(output) == dict.fromkeys(streams, 1), "left, and left again"
        assert output.records.keys() == {"sync_summary"}
        assert state["reports"] == first
        sandbox.advance(minutes=20)
    sandbox.advance(minutes=120)
    last = run_tap(tmp_path, settings, state, *catalog)

    assert last.returncode == 0, last.errors
    assert due_of(last) == {}
    assert sandbox.calls()["createReport"] == requested, "each is requested once"
    for stream in streams:
        found = differences(stream, last.records[stream], before[stream])
        found.pop("altered", None)  # a snapshot shows what is there when Amazon makes it
        assert found == {}
    assert last.state is not None
    assert "reports" not in last.state
