"""Sales and traffic, Brand Analytics and the vendor streams deliver the sandbox's truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from running import configuration, run_tap, select

if TYPE_CHECKING:
    from conftest import RunningSandbox, StartSandbox
    from running import Output, Record

SCHEMAS = Path(__file__).parents[2] / "schemas" / "streams"
FAST: dict[str, object] = {
    "clock_factor": 600,
    "report_seconds": (1, 30),
    "orders": 200,
    "days": 30,
}
START = "2026-10-25T00:00:00Z"
COUNTRY = {
    "US": "ATVPDKIKX0DER",
    "JP": "A1VC38T7YXB528",
    "DE": "A1PA6795UKMFR9",
    "FR": "A13V1IB3VIYZZH",
}
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
    validator = jsonschema.Draft202012Validator(
        json.loads((SCHEMAS / f"{stream}.json").read_text("utf-8")),
        format_checker=jsonschema.FormatChecker(),
    )
    for record in records:
        validator.validate(record)
    have, want = by_key(records, keys), by_key(truth, keys)
    assert len(want) == len(truth), f"{stream}: {keys} is no key"
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
    sandbox: RunningSandbox, account: str, country: str, stream: str, date: str
) -> list[Record]:
    """The truth of a marketplace from `START` on, by the property that dates records."""
    return [
        record
        for record in sandbox.truth(account, stream)
        if record["marketplace_id"] == COUNTRY[country] and record[date] >= START[:10]
    ]


@pytest.mark.parametrize(("account", "country"), [("EU", "DE"), ("NA", "US"), ("FE", "JP")])
def test_sales_and_traffic_come_day_by_day_and_go_on_from_the_state(
    start_sandbox: StartSandbox, tmp_path: Path, account: str, country: str
) -> None:
    sandbox = start_sandbox(**FAST)
    config = settings(sandbox, account, country)
    catalog = select(tmp_path, *DAILY)

    first = run_tap(tmp_path, config, None, *catalog)
    at_first = {
        stream: truth_of(sandbox, account, country, stream, "report_end_date") for stream in DAILY
    }
    one_report_for_both = sandbox.calls()["createReport"]["202"]
    sandbox.advance(minutes=2 * 24 * 60)
    second = run_tap(tmp_path, config, first.state, *catalog)

    assert (first.returncode, second.returncode) == (0, 0), first.errors + second.errors
    assert one_report_for_both == len(first.records["sales_traffic_by_date"])
    for stream in DAILY:
        check(first, stream, at_first[stream])
        assert len(first.records[stream]) == len(at_first[stream])
        truth = truth_of(sandbox, account, country, stream, "report_end_date")
        assert len(truth) > len(at_first[stream])
        check(first, stream, truth, second)
    assert len(second.records["sales_traffic_by_date"]) == 4  # two days late, two days anew


ORDERS = (
    "vendor_purchase_orders",
    "vendor_purchase_orders_status",
    "vendor_fulfilment_orders",
    "vendor_customer_invoices",
)


def vendor_settings(sandbox: RunningSandbox, **more: object) -> Record:
    return settings(sandbox, "vendor", "DE", start_date=LONG_AGO, **more) | {
        "marketplaces": ["DE", "FR"]
    }


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
        assert len(second.records[stream]) < len(first.records[stream])
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
