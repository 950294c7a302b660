"""The streams of Data Kiosk deliver the sandbox's truth, with few calls, whatever comes between."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from running import configuration, run_tap, select

if TYPE_CHECKING:
    from conftest import RunningSandbox, StartSandbox
    from running import Output, Record

SCHEMAS = Path(__file__).parents[2] / "schemas" / "streams"
FAST: dict[str, object] = {
    "clock_factor": 200,
    "report_seconds": (1, 30),
    "orders": 300,
    "days": 30,
    "listings": 80,
}
SALES_TRAFFIC = ("sales_traffic_report", "sales_traffic_by_date")
VIEWS = ("vendor_manufacturing_view", "vendor_sourcing_view")
THREE_DAYS = "2026-10-27T00:00:00Z"
"""Of 2 November, 8 o'clock: figures are there up to the end of 29 October."""


def settings(sandbox: RunningSandbox, account: str, **more: object) -> Record:
    asked = {"clock_factor": FAST["clock_factor"], "sales_traffic_source": "data_kiosk", **more}
    return configuration(sandbox.url, account, **asked)


def truth_of(sandbox: RunningSandbox, account: str, stream: str, since: str) -> list[Record]:
    """The truth of a stream from a day on."""
    date = "report_end_date" if stream in SALES_TRAFFIC else "end_date"
    return [one for one in sandbox.truth(account, stream) if one[date] >= since[:10]]


def check(output: Output, stream: str, truth: list[Record], *more: Output) -> None:
    """Records of one or more runs are the truth: none lost, none too much, none altered, all valid."""
    keys: list[str] = output.schemas[stream][-1]["key_properties"]
    validator = jsonschema_rs.Draft202012Validator(
        json.loads((SCHEMAS / f"{stream}.json").read_text("utf-8")),
        validate_formats=True,
    )
    have: dict[tuple[Any, ...], Record] = {}
    for run in (output, *more):
        for record in run.records.get(stream, []):
            validator.validate(record)
            have[tuple(record[name] for name in keys)] = record
    want = {tuple(record[name] for name in keys): record for record in truth}
    assert truth, stream
    assert len(want) == len(truth), f"{stream}: {keys} is not a key"
    assert have.keys() == want.keys(), stream
    for key, record in want.items():
        names = record.keys() | have[key].keys()
        assert {name: have[key].get(name) for name in names} == {
            name: record.get(name) for name in names
        }


def created(sandbox: RunningSandbox, operation: str = "createQuery") -> int:
    return sandbox.calls().get(operation, {}).get("202", 0)


@pytest.mark.parametrize("account", ["NA", "EU", "FE"])
def test_sellers_streams_equal_the_truth_and_go_on_from_the_state(
    start_sandbox: StartSandbox, tmp_path: Path, account: str
) -> None:
    sandbox = start_sandbox(**FAST)
    streams = (*SALES_TRAFFIC, "economics")
    config = settings(sandbox, account, start_date=THREE_DAYS)
    catalog = select(tmp_path, *streams)

    first = run_tap(tmp_path, config, None, *catalog)
    at_first = {each: truth_of(sandbox, account, each, THREE_DAYS) for each in streams}
    again = run_tap(tmp_path, config, first.state, *catalog)
    queries = created(sandbox)
    sandbox.advance(minutes=2 * 24 * 60)
    second = run_tap(tmp_path, config, again.state, *catalog)

    assert (first.returncode, second.returncode) == (0, 0), first.errors + second.errors
    assert not first.warnings()
    assert not second.warnings()
    assert queries == 3 + 1 + 1, "three days, all dates, and the economics; nothing new, no query"
    assert "createReport" not in sandbox.calls()
    assert not again.records.keys() & set(streams)
    for stream in streams:
        check(first, stream, at_first[stream])
        assert len(first.records[stream]) == len(at_first[stream]), f"{stream} doubles records"
        check(first, stream, truth_of(sandbox, account, stream, THREE_DAYS), second)


def test_five_marketplaces_and_three_days_take_three_queries_instead_of_fifteen_reports(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**FAST, report_limits="off")
    config = settings(sandbox, "EU", start_date=THREE_DAYS)
    catalog = select(tmp_path, "sales_traffic_report")

    of_kiosk = run_tap(tmp_path, config, None, *catalog)
    calls = sandbox.calls()
    reports = config | {"sales_traffic_source": "report", "report_limits": NO_LIMITS}
    of_reports = run_tap(tmp_path, reports, None, *catalog)

    assert (of_kiosk.returncode, of_reports.returncode) == (0, 0), of_kiosk.errors
    assert calls["createQuery"] == {"202": 3}
    assert calls["getDocument"] == {"200": 3}
    assert calls["getQueries"] == {"200": 1}
    assert created(sandbox, "createReport") == 15
    assert _sorted(of_kiosk.records["sales_traffic_report"]) == _sorted(
        of_reports.records["sales_traffic_report"]
    )


NO_LIMITS = {"GET_SALES_AND_TRAFFIC_REPORT": 100_000}  # reports an hour


def _sorted(records: list[Record]) -> list[str]:
    return sorted(json.dumps(record, sort_keys=True) for record in records)


def test_views_of_vendors_equal_the_truth_and_go_on_from_the_state(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**FAST)
    since = "2026-10-23T00:00:00Z"
    config = settings(sandbox, "vendor", start_date=since, marketplaces=["DE", "FR"])
    catalog = select(tmp_path, *VIEWS)

    first = run_tap(tmp_path, config, None, *catalog)
    at_first = {each: truth_of(sandbox, "VENDOR", each, since) for each in VIEWS}
    queries = created(sandbox)
    sandbox.advance(minutes=2 * 24 * 60)
    second = run_tap(tmp_path, config, first.state, *catalog)

    assert (first.returncode, second.returncode) == (0, 0), first.errors + second.errors
    assert not first.warnings()
    assert queries == 2 * 2, "six days, three in a query; both marketplaces have one currency"
    for stream in VIEWS:
        check(first, stream, at_first[stream])
        assert len(first.records[stream]) == len(at_first[stream])
        check(first, stream, truth_of(sandbox, "VENDOR", stream, since), second)


def test_pages_of_results_come_one_by_one_and_a_rerun_uses_those_that_exist(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**FAST, query_rows=15)
    config = settings(sandbox, "EU", start_date=THREE_DAYS)
    catalog = select(tmp_path, "economics")
    # The third page is lost, so the window stays due, with what has been made of it.
    sandbox.fault("getDocument", "404", skip=2, times=None)

    broken = run_tap(tmp_path, config, None, *catalog)
    pages = created(sandbox)
    sandbox.clear_faults()
    output = run_tap(tmp_path, config, broken.state, *catalog)
    truth = truth_of(sandbox, "EU", "economics", THREE_DAYS)

    assert output.returncode == 0, output.errors
    assert len(truth) > 2 * 15
    assert "incomplete" in broken.errors
    assert not broken.records.get("economics")
    check(output, "economics", truth)
    assert len(output.records["economics"]) == len(truth)
    assert created(sandbox) < 2 * pages, "pages that exist are used again"


def test_fields_that_amazon_refuses_are_left_out_and_requested_again_later(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**FAST)
    config = settings(sandbox, "EU", start_date=THREE_DAYS)
    catalog = select(tmp_path, "sales_traffic_by_date")
    sandbox.fault("createQuery", "refused_fields", times=None)

    first = run_tap(tmp_path, config, None, *catalog)
    sandbox.clear_faults()
    sandbox.advance(minutes=13 * 60)
    second = run_tap(tmp_path, config, first.state, *catalog)
    truth = truth_of(sandbox, "EU", "sales_traffic_by_date", THREE_DAYS)

    assert (first.returncode, second.returncode) == (0, 0), first.errors + second.errors
    assert "sales.unitsOrderedB2B" in first.errors
    assert "incomplete" in first.errors
    assert len(first.records["sales_traffic_by_date"]) == len(truth)
    assert not any("unitsOrderedB2B" in one["sales_by_date"]
                   for one in first.records["sales_traffic_by_date"])  # fmt: skip
    check(first, "sales_traffic_by_date", truth, second)


def test_a_field_that_is_gone_and_totals_without_rows_stop_nothing(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**FAST)
    since = "2026-10-26T00:00:00Z"
    config = settings(sandbox, "vendor", start_date=since, marketplaces=["DE", "FR"])
    catalog = select(tmp_path, "vendor_sourcing_view")
    sandbox.fault("createQuery", "gone_field")
    sandbox.fault("createQuery", "no_rows")

    first = run_tap(tmp_path, config, None, *catalog)
    sandbox.advance(minutes=13 * 60)
    second = run_tap(tmp_path, config, first.state, *catalog)

    assert (first.returncode, second.returncode) == (0, 0), first.errors + second.errors
    assert "createQuery refuses single fields" in first.errors
    assert "that metrics does not have yet" in first.errors
    truth = truth_of(sandbox, "VENDOR", "vendor_sourcing_view", since)
    check(second, "vendor_sourcing_view", truth)


def test_a_role_that_is_missing_is_named_and_nothing_else_stops(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**FAST)
    config = settings(sandbox, "limited", start_date=THREE_DAYS)
    catalog = select(tmp_path, "economics", "marketplaces")

    output = run_tap(tmp_path, config, None, *catalog)

    assert output.returncode == 0, output.errors
    assert "it needs the role 'Brand Analytics'" in output.errors
    assert output.records["marketplaces"]
    assert created(sandbox) == 0


def test_who_selects_none_of_these_streams_does_not_import_graphql() -> None:
    lines = (
        "import sys",
        "from tap_amazon_seller.tap import TapAmazonSeller",
        "tap = TapAmazonSeller(validate_config=False, setup_mapper=False)",
        "assert 'economics' in tap.streams",
        "print([name for name in sys.modules if name.startswith('graphql')])",
    )
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )

    assert run.stdout.strip() == "[]"
