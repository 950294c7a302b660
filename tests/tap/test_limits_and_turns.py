"""Report types with limits of their own, what is ready first, and what is left for the next sync."""

from __future__ import annotations

import random
from collections import Counter
from subprocess import DEVNULL, PIPE
from typing import TYPE_CHECKING

import pytest
import warm_start
from limited_shop import CA, CLOCK_FACTOR, STOCK, TRAFFIC, TRAFFIC_REPORT, config, due_of, us
from proofs import is_full
from running import Output, command, differences, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from running import Record

DAYS = 6
"""Of sales and traffic from this start to the sandbox's now, less the three in which they are made."""
KILLED, MOST_SYNCS = 8, 150


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox with Amazon's limits, whose reports take little time."""
    return start_sandbox(clock_factor=CLOCK_FACTOR, orders=150, report_seconds=(1, 30))


# Limits of report types


def test_a_limited_type_holds_up_no_other_and_comes_once_in_as_many_syncs_as_it_takes(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    catalog = select(tmp_path, "orders", *STOCK, *TRAFFIC, "sync_summary")
    # For three of them: at once, after 15 and 30 minutes. A new day would bring the look-back once more.
    settings = config(
        sandbox,
        limit_wait_minutes=40,
        end_date="2026-11-02T08:00:00Z",
        lookback_days=dict.fromkeys(TRAFFIC, 0),
    )
    state, days, first = None, Counter[str](), None
    for _ in range(MOST_SYNCS):
        output = run_tap(tmp_path, settings, state, *catalog)
        assert output.returncode == 0, output.errors
        if first is None:
            assert differences("orders", output.records["orders"], us(sandbox, "orders")) == {}
        first, state = first or output, output.state
        days.update(record["date"] for record in output.records.get(TRAFFIC[0], []))
        for stream in STOCK:
            assert differences(stream, output.records[stream], us(sandbox, stream)) == {}
        if not due_of(output):
            break
        sandbox.advance(minutes=30)

    assert first is not None
    assert set(due_of(first).values()) == {DAYS - 3}
    [summary] = [one for one in first.records["sync_summary"] if one["stream"] == TRAFFIC[0]]
    assert not summary["complete"]
    assert first.state is not None
    asked = first.state["quotas"][TRAFFIC_REPORT]["accepted"]
    assert max(asked) < summary["due_from"] < summary["due_until"]
    assert len(days) == DAYS
    assert set(days.values()) == {1}, "each once"
    assert "429" not in sandbox.calls()["createReport"]


def test_what_another_application_has_used_up_delays_no_other_type(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    slow = 20  # 15 minutes are 45 s
    sandbox = start_sandbox(clock_factor=slow, orders=50, report_seconds=(1, 10))
    settings = config(
        sandbox, clock_factor=slow, limit_wait_minutes=0, end_date="2026-10-26T00:00:00Z"
    )
    other = run_tap(tmp_path, settings, None, *select(tmp_path, *TRAFFIC))
    assert other.returncode == 0
    catalog = select(tmp_path, *STOCK, *TRAFFIC, "sync_summary")

    output = run_tap(tmp_path, settings, None, *catalog)

    assert output.returncode == 0, output.errors
    assert sandbox.calls()["createReport"]["429"] == 1
    assert set(due_of(output)) == set(TRAFFIC)
    assert output.state is not None
    assert output.state["quotas"][TRAFFIC_REPORT]["refusals"] == 1
    for stream in STOCK:
        assert differences(stream, output.records[stream], us(sandbox, stream)) == {}


def test_figures_that_amazon_may_revise_are_read_again_with_new_ones_and_not_by_themselves(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(
        clock_factor=CLOCK_FACTOR, orders=50, report_seconds=(1, 30), report_limits="off"
    )
    catalog = select(tmp_path, *TRAFFIC)
    settings = config(sandbox, report_limits={TRAFFIC_REPORT: 4_000})
    first = run_tap(tmp_path, settings, None, *catalog)
    sandbox.reset_calls()

    second = run_tap(tmp_path, settings, first.state, *catalog)

    assert "createReport" not in sandbox.calls()
    assert second.records == {}
    assert second.state is not None
    assert first.state is not None
    assert second.state["bookmarks"] == first.state["bookmarks"]


def test_quotas_shows_what_is_used_and_what_waits_until_when(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    slow = 20  # 15 minutes are 45 s
    sandbox = start_sandbox(clock_factor=slow, orders=50, report_seconds=(1, 10))
    settings = config(sandbox, clock_factor=slow, limit_wait_minutes=0)
    catalog = select(tmp_path, *TRAFFIC)
    first = run_tap(tmp_path, settings, None, *catalog)
    requested = sandbox.calls()["createReport"]

    shown = warm_start.run(
        command(tmp_path, settings, first.state, *catalog, "--quotas"),
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    lines = [line.strip() for line in shown.splitlines()]
    assert lines[0] == f"{TRAFFIC_REPORT}: once in 15 minutes, 96 a day."
    assert lines[1].startswith(
        "Used: 1 reports in 24 hours, as Amazon lists them, the last at 2026"
    )
    assert lines[2].startswith(f"Waiting: {DAYS - 1} reports, the first can be requested at 2026-")
    assert lines[2].endswith("1 more are requested and not read.")
    assert lines[3] == "A day brings 3 reports, with the look-back; the limit allows 96."
    assert "Data Kiosk has the same figures without this limit" in lines[4]
    assert sandbox.calls()["createReport"] == requested, "nothing is requested"


def test_what_amazon_keeps_in_its_queue_for_days_is_due_and_not_requested_again(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    custom = {
        "stream": "search_queries",
        "report_type": "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT",
        "options": {"reportPeriod": "WEEK", "asin": "B000000001"},
        "window_days": 7,
        "whole_days": True,
        "format": "json",
        "records": "dataByAsin",
        "keys": ["asin"],
    }
    settings = config(
        sandbox,
        custom_reports=[custom],
        limit_wait_minutes=10,
        start_date="2026-10-11T00:00:00Z",
        end_date="2026-10-18T00:00:00Z",
    )
    catalog = select(tmp_path, "search_queries", "sync_summary", config=settings)
    sandbox.fault("createReport", "stuck_report", times=1)
    first = run_tap(tmp_path, settings, None, *catalog)
    second = run_tap(tmp_path, settings, first.state, *catalog)
    requested = sandbox.calls()["createReport"]

    assert (first.returncode, second.returncode) == (0, 0), first.errors + second.errors
    assert due_of(first) == due_of(second) == {"search_queries": 1}
    assert requested == {"202": 1}, "it is not requested again"
    assert second.state is not None
    assert len(second.state["reports"]) == 1


# What is ready first


def test_a_report_that_does_not_get_ready_holds_up_no_other(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.fault("createReport", "stuck_report", times=1, skip=2)  # the first orders, after stock
    catalog = select(tmp_path, "orders", "order_items", *STOCK)
    settings = config(sandbox, marketplaces="US,CA", fail_on_incomplete=False)

    output = run_tap(
        tmp_path, settings | {"marketplaces": "US", "report_timeout_minutes": 60}, None, *catalog
    )

    assert "given up for now" in output.errors
    assert set(list(output.records)[:2]) == set(STOCK), "they come before what is waited for"
    for stream in STOCK:
        assert differences(stream, output.records[stream], us(sandbox, stream)) == {}


def test_nor_does_it_hold_up_other_marketplaces_of_its_stream(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.fault("createReport", "stuck_report", times=1)
    catalog = select(tmp_path, "warehouse_inventory")
    settings = config(sandbox, marketplaces="US,CA", fail_on_incomplete=False)

    output = run_tap(tmp_path, settings | {"report_timeout_minutes": 60}, None, *catalog)

    places = [record["marketplace_id"] for record in output.records["warehouse_inventory"]]
    assert set(places) == {CA}
    assert "Stream warehouse_inventory is incomplete for US" in output.errors


# Request and leave


def test_a_sync_that_leaves_its_reports_ends_and_the_next_one_reads_them(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    streams = ("orders", "order_items", *STOCK)
    catalog = select(tmp_path, *streams, "account", "sync_summary")
    settings = config(sandbox, leave_reports=True)

    first = run_tap(tmp_path, settings, None, *catalog)
    requested = sandbox.calls()["createReport"]
    before = {stream: us(sandbox, stream) for stream in streams}
    sandbox.advance(minutes=30)
    second = run_tap(tmp_path, settings, first.state, *catalog)

    assert (first.returncode, second.returncode) == (0, 0), first.errors + second.errors
    assert first.records.keys() == {"account", "sync_summary"}
    assert due_of(first) == dict.fromkeys(streams, 1)
    assert not any(one["complete"] for one in first.records["sync_summary"] if one["due"])
    assert due_of(second) == {}
    assert sandbox.calls()["createReport"] == requested, "each is requested once"
    for stream in streams:
        assert differences(stream, second.records[stream], before[stream]) == {}
    assert second.state is not None
    assert second.state.keys() == {"account", "bookmarks"}


def test_a_sync_that_leaves_waits_for_no_quota_and_what_it_could_not_request_comes_first_in_the_next(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=10, orders=50, report_seconds=(60, 90))
    streams = (*STOCK, "active_listings", "open_listings", "cancelled_listings", "orders")
    catalog = select(tmp_path, *streams, "sync_summary")
    settings = config(sandbox, "EU", clock_factor=10, leave_reports=True, marketplaces=None)
    state, requested = None, 0
    wanted, complete = set[tuple[str, str]](), set[tuple[str, str]]()
    for _ in range(3):
        output = run_tap(tmp_path, settings, state, *catalog)
        assert output.returncode == 0, output.errors
        state = output.state
        calls = sandbox.calls()["createReport"]
        assert calls.keys() == {"202"}, "Amazon refuses none"
        assert calls["202"] - requested < 20, "the quota is 15 and one a minute"
        requested = calls["202"]
        for one in output.records["sync_summary"]:
            place = one["stream"], one["marketplace_id"]
            wanted.add(place)
            complete |= {place} if one["complete"] else set()
            assert one["due_from"] is None or one["due_from"] <= one["due_until"]
        sandbox.advance(minutes=15)

    assert len(wanted) > 25, "more than one sync may request"
    assert wanted == complete, "snapshots do not keep the orders from their turn"


def killed(folder: Path, settings: Record, state: Record | None, lines: int) -> Output:
    """Run the tap, and kill it after so many lines of its output, if it has not ended before."""
    with warm_start.Popen(
        [*command(folder, settings, state), "--catalog", str(folder / "catalog.json")],
        stdout=PIPE,
        stderr=DEVNULL,
        encoding="utf-8",
    ) as tap:
        assert tap.stdout is not None
        found = []
        for line in tap.stdout:
            found.append(line)
            if len(found) >= lines:
                break
        tap.kill()
        found += tap.stdout.readlines()
    return Output.read(found)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One order of events, or three with ``--prove``."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(3 if is_full(metafunc.config) else 1))


@pytest.mark.parametrize("leaves", [False, True])
def test_request_read_and_crash_in_any_order_lose_and_double_nothing(
    sandbox: RunningSandbox, tmp_path: Path, *, leaves: bool, seed: int
) -> None:
    streams = ("orders", "order_items", *STOCK, TRAFFIC[0])
    select(tmp_path, *streams, "sync_summary")
    settings = config(
        sandbox, leave_reports=leaves, limit_wait_minutes=20, report_max_age_minutes=None,
        lookback_days={TRAFFIC[0]: 0}, fail_on_incomplete=False,
    )  # fmt: skip
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    state: Record | None = None
    records: dict[str, list[Record]] = {stream: [] for stream in streams}
    for sync in range(MOST_SYNCS):
        lines = chance.choice([1, 5, 20, 200, 800]) if sync < KILLED else 10**9
        output = killed(tmp_path, settings, state, lines)
        state = output.state or state
        for stream in streams:
            records[stream] += output.records.get(stream, [])
        summary = output.records.get("sync_summary", [])
        if summary and not any(one["due"] for one in summary) and sync >= KILLED:
            break
    else:
        pytest.fail(f"reports are due after {MOST_SYNCS} syncs")

    for stream in ("orders", "order_items", *STOCK):
        assert differences(stream, records[stream], us(sandbox, stream)) == {}, stream
    days = {record["date"] for record in records[TRAFFIC[0]]}
    assert days >= {record["date"] for record in us(sandbox, TRAFFIC[0])}
