"""Sales and traffic, Brand Analytics and the vendor streams deliver the sandbox's truth."""

from __future__ import annotations

import json
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
    "orders": 200,
    "days": 30,
    "listings": 140,
}
START = "2026-10-22T00:00:00Z"
COUNTRY = {
    "US": "ATVPDKIKX0DER",
    "JP": "A1VC38T7YXB528",
    "DE": "A1PA6795UKMFR9",
    "FR": "A13V1IB3VIYZZH",
}
NO_LIMITS = {"GET_SALES_AND_TRAFFIC_REPORT": 100_000}  # reports an hour
DAILY = ("sales_traffic_report", "sales_traffic_by_date")


def keys_of(output: Output, stream: str) -> list[str]:
    """The stream's key, as its SCHEMA message has it."""
    found: list[str] = output.schemas[stream][-1]["key_properties"]
    return found


def by_key(records: list[Record], keys: list[str]) -> dict[tuple[Any, ...], Record]:
    return {tuple(record[name] for name in keys): record for record in records}


def check(output: Output, stream: str, truth: list[Record], *more: Output) -> None:
    """Records of one or more runs are the truth: none lost, none too much, none altered, all valid."""
    keys = keys_of(output, stream)
    records = [record for run in (output, *more) for record in run.records.get(stream, [])]
    validator = jsonschema_rs.Draft202012Validator(
        json.loads((SCHEMAS / f"{stream}.json").read_text("utf-8")),
        validate_formats=True,
    )
    for record in records:
        validator.validate(record)
    have, want = by_key(records, keys), by_key(truth, keys)
    assert len(want) == len(truth), f"{stream}: {keys} is not a key"
    assert have.keys() - want.keys() == set(), stream
    assert want.keys() - have.keys() == set(), stream
    for key, record in want.items():
        names = record.keys() | have[key].keys()
        assert {name: have[key].get(name) for name in names} == {
            name: record.get(name) for name in names
        }
    assert truth, stream


def settings(sandbox: RunningSandbox, account: str, country: str, **more: object) -> Record:
    config = configuration(
        sandbox.url,
        account,
        **{"clock_factor": FAST["clock_factor"], "start_date": START, **more},
    )
    return config | {"marketplaces": [country]}


def truth_of(
    sandbox: RunningSandbox,
    account: str,
    country: str,
    stream: str,
    date: str,
    *,
    since: str = START,
) -> list[Record]:
    """The truth of a marketplace from a day on, by the property that dates records."""
    return [
        record
        for record in sandbox.truth(account, stream)
        if record["marketplace_id"] == COUNTRY[country] and record[date] >= since[:10]
    ]


WEEKLY = ("market_basket", "repeat_purchase", "search_catalog_performance", "search_terms")
ANALYTICS = (*DAILY, *WEEKLY)


@pytest.mark.parametrize(("account", "country"), [("NA", "US"), ("EU", "DE"), ("FE", "JP")])
def test_analytics_come_in_whole_days_and_weeks_and_go_on_from_the_state(
    start_sandbox: StartSandbox, tmp_path: Path, account: str, country: str
) -> None:
    sandbox = start_sandbox(**FAST, report_limits="off")
    config = settings(sandbox, account, country, report_limits=NO_LIMITS)
    catalog = select(tmp_path, *ANALYTICS)

    def truth() -> dict[str, list[Record]]:
        return {
            stream: truth_of(
                sandbox,
                account,
                country,
                stream,
                "report_end_date" if stream in {*DAILY, "search_terms"} else "end_date",
            )
            for stream in ANALYTICS
        }

    first = run_tap(tmp_path, config, None, *catalog)
    at_first = truth()
    reports = sandbox.calls()["createReport"]["202"]
    sandbox.advance(minutes=2 * 24 * 60)
    second = run_tap(tmp_path, config, first.state, *catalog)
    in_all = truth()

    assert (first.returncode, second.returncode) == (0, 0), first.errors + second.errors
    assert not first.warnings()
    days = len(first.records["sales_traffic_by_date"])
    assert reports == days + len(WEEKLY)  # one report a day for both streams, one a week for others
    for stream in ANALYTICS:
        check(first, stream, at_first[stream])
        assert len(first.records[stream]) == len(at_first[stream])
        check(first, stream, in_all[stream], second)
    for stream in DAILY:
        assert len(in_all[stream]) > len(at_first[stream])
    # Two days again; again the one that had just come, and two that came a week before.
    assert len(second.records["sales_traffic_by_date"]) == 5


ORDERS = (
    "vendor_purchase_orders",
    "vendor_purchase_orders_status",
    "vendor_fulfilment_orders",
    "vendor_customer_invoices",
)


def vendor_settings(sandbox: RunningSandbox, **more: object) -> Record:
    asked = {"start_date": LONG_AGO, **more}
    return settings(sandbox, "vendor", "DE", **asked) | {"marketplaces": ["DE", "FR"]}


LONG_AGO = "2026-10-01T00:00:00Z"


def test_vendor_orders_come_whole_and_their_later_states_follow(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**FAST)
    config = vendor_settings(sandbox, include_pii=True)
    catalog = select(tmp_path, *ORDERS)

    first = run_tap(tmp_path, config, None, *catalog)
    at_first = {stream: sandbox.truth("VENDOR", stream) for stream in ORDERS}
    sandbox.advance(minutes=3 * 24 * 60)
    second = run_tap(tmp_path, config, first.state, *catalog)

    assert (first.returncode, second.returncode) == (0, 0), first.errors + second.errors
    for stream in ORDERS:
        check(first, stream, at_first[stream])
        assert len(first.records[stream]) == len(at_first[stream]), f"{stream} doubles records"
        truth = sandbox.truth("VENDOR", stream)
        assert len(truth) > len(at_first[stream])
        check(first, stream, truth, second)
    invoices = "vendor_customer_invoices"
    assert len(second.records[invoices]) < len(first.records[invoices]) / 2
    assert not any("429" in statuses for statuses in sandbox.calls().values())


def test_personal_data_of_vendors_buyers_stay_out_unless_wanted(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**FAST)
    streams = ("vendor_fulfilment_orders", "vendor_customer_invoices")

    config = vendor_settings(sandbox, region="EU")
    del config["marketplaces"]  # orders know none, so a vendor need not name them

    output = run_tap(tmp_path, config, None, *select(tmp_path, *streams))

    assert output.returncode == 0, output.errors
    orders = sandbox.truth("VENDOR", streams[0])
    invoices = sandbox.truth("VENDOR", streams[1])
    assert any("giftDetails" in item for order in orders for item in order["items"])
    for order in orders:
        order["ship_to_party"] = order["bill_to_party"] = None
        for item in order["items"]:
            item.pop("giftDetails", None)
    check(output, streams[0], orders)
    check(output, streams[1], [invoice | {"content": None} for invoice in invoices])


BY_DAY = (
    "vendor_sales",
    "vendor_inventory",
    "vendor_traffic",
    "vendor_net_pure_product_margin",
)
BY_HOUR = ("vendor_real_time_sales", "vendor_real_time_inventory", "vendor_real_time_traffic")
FORECASTS = ("vendor_forecasting_retail", "vendor_forecasting_fresh")


def test_vendor_reports_by_day_and_forecasts_equal_the_truth(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**FAST)
    config = vendor_settings(sandbox, start_date="2026-10-10T00:00:00Z")
    catalog = select(tmp_path, *BY_DAY, *FORECASTS)

    def truth(stream: str) -> list[Record]:
        records = sandbox.truth("VENDOR", stream)
        return [each for each in records if each.get("start_date", "") >= "2026-10-10"]

    first = run_tap(tmp_path, config, None, *catalog)
    at_first = {stream: truth(stream) for stream in (*BY_DAY, *FORECASTS)}
    sandbox.advance(minutes=2 * 24 * 60)
    second = run_tap(tmp_path, config, first.state, *catalog)

    assert (first.returncode, second.returncode) == (0, 0), first.errors + second.errors
    assert not first.warnings()
    for stream in (*BY_DAY, *FORECASTS):
        check(first, stream, at_first[stream])
        assert len(first.records[stream]) == len(at_first[stream])
        check(first, stream, truth(stream), second)
    for stream in BY_DAY:
        assert len(truth(stream)) > len(at_first[stream])


def test_vendor_reports_by_hour_have_every_hour_once(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(**FAST)
    since = "2026-10-31T05:30:00Z"
    config = vendor_settings(sandbox, start_date=since)
    catalog = select(tmp_path, *BY_HOUR)

    def truth(stream: str, until: str) -> list[Record]:
        return [
            record
            for record in sandbox.truth("VENDOR", stream)
            if record["start_time"] >= "2026-10-31T05" and record["end_time"] <= until
        ]

    until = "2026-11-02T05:00:00Z"
    first = run_tap(tmp_path, config | {"end_date": "2026-11-02T05:40:00Z"}, None, *catalog)
    at_first = {stream: truth(stream, until) for stream in BY_HOUR}
    sandbox.advance(minutes=24 * 60)
    later = "2026-11-03T04:00:00Z"
    second = run_tap(tmp_path, config | {"end_date": later}, first.state, *catalog)

    assert (first.returncode, second.returncode) == (0, 0), first.errors + second.errors
    for stream in BY_HOUR:
        check(first, stream, at_first[stream])
        assert len(first.records[stream]) == len(at_first[stream])
        check(first, stream, truth(stream, later), second)
