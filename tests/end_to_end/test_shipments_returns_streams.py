"""Shipments, returns and money: what the tap delivers is what the sandbox knows to be true."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from running import Output, configuration, run_tap, select

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from running import Record

STREAMS = (
    "fba_customer_returns",
    "fba_customer_shipment_sales",
    "fba_promotions",
    "fba_reimbursements",
    "fba_replacements",
    "fulfilled_shipments",
    "merchant_returns",
    "order_financial_events",
    "removal_orders",
    "removal_shipments",
    "settlements",
)
PLACES = {
    "EU": {"DE": "A1PA6795UKMFR9"},
    "NA": {"US": "ATVPDKIKX0DER"},
    "FE": {"JP": "A1VC38T7YXB528"},
}
SHORT_LOOKBACK = ("fba_customer_shipment_sales", "fulfilled_shipments", "settlements")
NORTH_AMERICA_ALONE = "fba_promotions"
BUYERS = ("buyer_name", "buyer_email", "recipient_name", "ship_address_1", "ship_phone_number")
FASTER = 600


def keys_of(output: Output, stream: str) -> list[str]:
    """The key properties that the tap announced."""
    keys: list[str] = output.schemas[stream][0]["key_properties"]
    return keys


def by_key(records: Iterable[Record], keys: list[str]) -> dict[tuple[object, ...], Record]:
    """The last record of each key."""
    return {tuple(record[name] for name in keys): record for record in records}


def assert_equals_truth(
    output: Output, stream: str, records: list[Record], truth: list[Record]
) -> None:
    """Nothing lost, nothing too much, nothing altered; a property that one side lacks is null."""
    keys = keys_of(output, stream)
    have, want = by_key(records, keys), by_key(truth, keys)
    assert len(want) == len(truth), f"{stream}: keys are not unique"
    assert have.keys() - want.keys() == set(), stream
    assert want.keys() - have.keys() == set(), stream
    altered = Counter(
        name
        for key, record in have.items()
        for name in record.keys() | want[key].keys()
        if record.get(name) != want[key].get(name)
    )
    assert not altered, stream


def assert_valid(output: Output) -> None:
    """Every record fits the schema that the tap wrote before it."""
    for stream, records in output.records.items():
        validator = jsonschema_rs.Draft202012Validator(output.schemas[stream][-1]["schema"])
        errors = [error.message for record in records for error in validator.iter_errors(record)]
        assert not errors, (stream, errors[:3])


def sandbox_of(start_sandbox: StartSandbox) -> RunningSandbox:
    return start_sandbox(clock_factor=FASTER, orders=300, report_seconds=(1, 30))


def truth_of(sandbox: RunningSandbox, account: str, stream: str) -> list[Record]:
    """What is true of a stream in the marketplaces that are synced."""
    wanted = set(PLACES[account].values())
    truth = sandbox.truth(account, stream)
    return [record for record in truth if record["marketplace_id"] in wanted]


@pytest.mark.parametrize("account", PLACES)
def test_two_syncs_bring_all_that_is_true_and_each_record_once(
    start_sandbox: StartSandbox, tmp_path: Path, account: str
) -> None:
    sandbox = sandbox_of(start_sandbox)
    config = configuration(
        sandbox.url, account, clock_factor=FASTER, marketplaces=[*PLACES[account]]
    )
    catalog = select(tmp_path, *STREAMS)

    first = run_tap(tmp_path, config, None, *catalog)

    assert first.returncode == 0, first.errors
    assert not first.warnings(), first.errors
    assert_valid(first)
    for stream in STREAMS:
        records, truth = first.records.get(stream, []), truth_of(sandbox, account, stream)
        assert truth or stream == NORTH_AMERICA_ALONE, stream
        assert len(records) == len(truth), f"{stream} doubles or loses records"
        assert_equals_truth(first, stream, records, truth)

    sandbox.advance(minutes=15 * 24 * 60)
    second = run_tap(tmp_path, config, first.state, *catalog)

    assert second.returncode == 0, second.errors
    assert not second.warnings(), second.errors
    assert_valid(second)
    for stream in STREAMS:
        truth = truth_of(sandbox, account, stream)
        again = second.records.get(stream, [])
        assert_equals_truth(first, stream, first.records.get(stream, []) + again, truth)
        assert len(again) < len(truth) or stream not in SHORT_LOOKBACK, stream


def test_buyers_data_come_only_when_asked_for(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    catalog = select(tmp_path, "fulfilled_shipments", "fba_customer_returns")

    def sync(**settings: object) -> Output:
        sandbox = sandbox_of(start_sandbox)  # one of its own, or the second is refused for haste
        config = configuration(sandbox.url, "EU", clock_factor=FASTER, marketplaces="DE")
        return run_tap(tmp_path, config | settings, None, *catalog)

    without, having = sync(), sync(include_pii=True)

    assert without.warnings() == having.warnings() == []
    shipments = having.records["fulfilled_shipments"]
    assert len(shipments) == len(without.records["fulfilled_shipments"])
    assert all(record[name] for record in shipments for name in BUYERS)
    assert not any(
        record.get(name) for record in without.records["fulfilled_shipments"] for name in BUYERS
    )
    assert any(each["customer_comments"] for each in having.records["fba_customer_returns"])
    assert not any(
        each.get("customer_comments") for each in without.records["fba_customer_returns"]
    )


def test_transactions_of_orders_that_us_sellers_ship_are_not_lost(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = sandbox_of(start_sandbox)
    config = configuration(sandbox.url, "NA", clock_factor=FASTER, marketplaces="US")

    output = run_tap(tmp_path, config, None, *select(tmp_path, "order_financial_events"))

    networks = Counter(
        item["contexts"][0]["fulfillmentNetwork"]
        for record in output.records["order_financial_events"]
        for item in record["items"]
    )
    assert networks["MFN"] > 0
    assert networks["AFN"] > 0
    assert {each["marketplace_id"] for each in output.records["order_financial_events"]} == {
        "ATVPDKIKX0DER"
    }


def test_settlements_add_up(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = sandbox_of(start_sandbox)
    config = configuration(sandbox.url, "EU", clock_factor=FASTER, marketplaces="DE, GB")

    output = run_tap(tmp_path, config, None, *select(tmp_path, "settlements"))

    totals: Counter[str] = Counter()
    for row in output.records["settlements"]:
        assert row["currency"] in {"EUR", "GBP"}
        totals[row["settlement_id"]] += round(100 * (row["total_amount"] or 0))
        totals[row["settlement_id"]] -= round(100 * (row["amount"] or 0))
    assert len(totals) > 4
    assert set(totals.values()) == {0}
