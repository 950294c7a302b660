"""The streams of FBA and AWD stock deliver the sandbox's truth, the ledger from sync to sync."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from running import ACCOUNT_COUNTRIES, Output, configuration, run_tap, select

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox

    Record = dict[str, Any]

SNAPSHOTS = (
    "afn_inventory",
    "afn_inventory_country",
    "awd_inventory",
    "fba_fee_preview",
    "fba_inventory_archived",
    "fba_inventory_planning",
    "reserved_inventory",
    "restock_recommendations",
    "stranded_inventory",
)
LEDGER, SUMMARY = "fba_inventory_ledger", "fba_inventory_ledger_summary"
HISTORIES = (LEDGER, SUMMARY, "fba_longterm_storage_fees", "fba_storage_fees")
STREAMS = SNAPSHOTS + HISTORIES
DE, FR, GB = "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "A1F83G8C2ARO7P"


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    return start_module_sandbox(
        clock_factor=600, orders=60, listings=20, days=42, report_seconds=(1, 30)
    )


@pytest.fixture(scope="module", params=["NA", "EU", "FE"])
def synced(
    sandbox: RunningSandbox,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> tuple[str, Output]:
    """An account, and all its streams in one sync."""
    folder = tmp_path_factory.mktemp(request.param)
    config = settings(sandbox, request.param)
    return request.param, run_tap(folder, config, None, *select(folder, *STREAMS))


def settings(sandbox: RunningSandbox, account: str, **more: object) -> Record:
    return configuration(sandbox.url, account, clock_factor=600, **more)


def upserted(output: Output, stream: str, *earlier: Output) -> dict[tuple[Any, ...], Record]:
    """What a target holds after one run, or after several."""
    keys = output.schemas[stream][0]["key_properties"]
    return {
        tuple(record[name] for name in keys): record
        for run in (*earlier, output)
        for record in run.records.get(stream, [])
    }


def of(truth: Iterable[Record], output: Output, stream: str) -> dict[tuple[Any, ...], Record]:
    """The truth by the stream's keys."""
    schema = output.schemas[stream][0]
    return {tuple(record[name] for name in schema["key_properties"]): record for record in truth}


def different(
    have: dict[tuple[Any, ...], Record], want: dict[tuple[Any, ...], Record]
) -> Counter[str]:
    """What is lost, too much or altered; a property that one side lacks counts as null."""
    found = Counter(f"lost {key}" for key in want.keys() - have.keys())
    found.update(f"too much {key}" for key in have.keys() - want.keys())
    for key in have.keys() & want.keys():
        names = have[key].keys() | want[key].keys()
        found.update(name for name in names if have[key].get(name) != want[key].get(name))
    return found


def test_every_stream_equals_the_truth(sandbox: RunningSandbox, synced: tuple[str, Output]) -> None:
    account, output = synced

    assert output.returncode == 0, output.errors
    assert [line for line in output.warnings() if "This sync needs" not in line] == []
    for stream in STREAMS:
        truth = sandbox.truth(account, stream)
        records = output.records.get(stream, [])
        if stream == "afn_inventory_country" and account != "EU":
            assert truth == records == []
            continue
        assert len(truth) >= len(ACCOUNT_COUNTRIES[account]), stream
        held = upserted(output, stream)
        assert not different(held, of(truth, output, stream)), stream
        assert len(held) == len(records) == len(truth), f"{stream}: keys are not unique"
        validator = jsonschema_rs.Draft202012Validator(output.schemas[stream][0]["schema"])
        for record in records[:1000]:
            validator.validate(record)


def test_a_report_that_only_europe_has_is_told_once_and_leaves_nothing_incomplete(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    config = settings(sandbox, "NA", fail_on_incomplete=True)

    output = run_tap(tmp_path, config, None, *select(tmp_path, "afn_inventory_country"))

    assert output.returncode == 0, output.errors
    sentence = "exists in Europe only; there is nothing to sync of it for US, CA, MX."
    assert output.errors.count(sentence) == 1


@pytest.mark.parametrize(
    ("synced", "places"),
    [(["DE", "FR", "GB"], {"DE": DE, "FR": FR, "GB": GB}), (["FR", "DE"], {"FR": FR, "DE": DE})],
)
def test_each_country_of_europe_comes_once_whichever_marketplaces_are_synced(
    sandbox: RunningSandbox, tmp_path: Path, synced: list[str], places: dict[str, str]
) -> None:
    config = settings(sandbox, "EU", marketplaces=synced)
    first = places[synced[0]]

    output = run_tap(tmp_path, config, None, *select(tmp_path, "afn_inventory_country"))

    records = output.records["afn_inventory_country"]
    truth = sandbox.truth("EU", "afn_inventory_country")
    assert Counter(map(stock_of, records)) == Counter(map(stock_of, truth))
    for record in records:
        assert record["marketplace_id"] == places.get(record["country"], first)


def stock_of(record: Record) -> tuple[str, str, int]:
    return record["seller_sku"], record["country"], record["quantity_for_local_fulfillment"]


def test_the_ledger_explains_the_stock_day_after_day(synced: tuple[str, Output]) -> None:
    _, output = synced

    moved: Counter[tuple[str, ...]] = Counter()
    for event in output.records[LEDGER]:
        moved[place_of(event, "country")] += event["quantity"]
    balances: dict[tuple[str, ...], dict[str, Record]] = {}
    for day in output.records[SUMMARY]:
        change = day["ending_warehouse_balance"] - day["starting_warehouse_balance"]
        assert moved.pop(place_of(day, "location"), 0) == change
        assert day["ending_warehouse_balance"] >= 0
        balances.setdefault(place_of(day, "location")[1:], {})[day["date"]] = day
    assert not +moved
    for by_date in balances.values():
        ending = None
        for _, day in sorted(by_date.items()):
            assert ending in {None, 0, day["starting_warehouse_balance"]}
            ending = day["ending_warehouse_balance"]


def place_of(record: Record, country: str) -> tuple[str, ...]:
    return (
        record["date"],
        record["marketplace_id"],
        record["msku"],
        record["disposition"],
        record[country],
    )


def test_a_later_sync_brings_new_days_late_events_and_new_charges(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    account = "NA"
    sandbox = start_sandbox(
        clock_factor=600, orders=70, listings=20, days=40, report_seconds=(1, 30)
    )
    config = settings(sandbox, account, start_date="2026-10-01T12:00:00Z")
    selected = select(tmp_path, *HISTORIES)
    runs = [run_tap(tmp_path, config, None, *selected)]
    for days in (1, 20):
        known = sandbox.truth(account, LEDGER)
        sandbox.advance(minutes=days * 24 * 60)
        runs.append(run_tap(tmp_path, config, runs[-1].state, *selected))
        assert runs[-1].returncode == 0, runs[-1].errors
        fresh = upserted(runs[-1], LEDGER).keys() - of(known, runs[-1], LEDGER).keys()
        assert fresh
        assert min(key[1] for key in fresh) <= max(record["date"] for record in known)

    for stream in HISTORIES:
        truth = of(sandbox.truth(account, stream), runs[-1], stream)
        held = upserted(runs[-1], stream, *runs[:-1])
        assert truth
        assert not different(since_october(held), since_october(truth)), stream
    assert len(runs[1].records[LEDGER]) < len(runs[0].records[LEDGER]) / 2


def since_october(records: dict[tuple[Any, ...], Record]) -> dict[tuple[Any, ...], Record]:
    """What the sync was requested."""
    dates = ("date", "month_of_charge", "snapshot_date")
    return {
        key: record
        for key, record in records.items()
        if next(record[name] for name in dates if name in record) >= "2026-10"
    }
