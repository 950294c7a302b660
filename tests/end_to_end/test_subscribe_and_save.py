"""Subscribe & Save equals the truth, of sellers in every region and of a vendor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from running import configuration, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from running import Record

CLOCK_FACTOR = 600
METRICS = ("replenishment_daily_metrics", "replenishment_rolling_metrics")
OFFERS = "replenishment_offer_metrics"
FORECAST = "replenishment_offer_forecast"
OF_THE_SYNC = {"synced_at"}
DE = "A1PA6795UKMFR9"
START = "2026-10-20T00:00:00Z"


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox with few offers and two weeks of history."""
    return start_module_sandbox(clock_factor=CLOCK_FACTOR, orders=10, listings=60, days=13 + 8 / 24)


def by_key(records: list[Record], keys: list[str]) -> dict[tuple[object, ...], Record]:
    """Records by their keys, each there once."""
    found = {tuple(record[name] for name in keys): record for record in records}
    assert len(found) == len(records), "doubled"
    return found


@pytest.mark.parametrize("account", ["NA", "EU", "FE", "VENDOR"])
def test_every_record_is_true(sandbox: RunningSandbox, tmp_path: Path, account: str) -> None:
    is_vendor = account == "VENDOR"
    streams = (*METRICS, OFFERS, *(() if is_vendor else (FORECAST,)))
    places = {"marketplaces": "DE,FR"} if is_vendor else {}
    token = "vendor" if is_vendor else account
    config = configuration(
        sandbox.url, token, clock_factor=CLOCK_FACTOR, start_date=START, **places
    )

    output = run_tap(tmp_path, config, None, *select(tmp_path, *streams, "sync_summary"))

    assert output.returncode == 0, output.errors
    for stream in streams:
        schema = output.schemas[stream][-1]
        validator = jsonschema_rs.Draft202012Validator(schema["schema"])
        have = by_key(output.records[stream], schema["key_properties"])
        want = by_key(sandbox.truth(account, stream), schema["key_properties"])
        assert have.keys() == want.keys(), stream
        for key, record in have.items():
            validator.validate(record)
            compared = {k: v for k, v in record.items() if v is not None and k not in OF_THE_SYNC}
            assert compared == want[key], stream
    summary = output.records["sync_summary"]
    assert {record["stream"] for record in summary if record["complete"]} == set(streams)


def test_a_second_sync_of_the_day_requests_no_days_again(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    config = configuration(
        sandbox.url, "EU", clock_factor=CLOCK_FACTOR, start_date=START, marketplaces="DE"
    )
    options = select(tmp_path, METRICS[0], OFFERS)
    first = run_tap(tmp_path, config, None, *options)
    sandbox.reset_calls()

    second = run_tap(tmp_path, config, first.state, *options)

    assert second.returncode == 0, second.errors
    assert not second.records
    assert not sandbox.calls().keys() & {"getSellingPartnerMetrics", "listOfferMetrics"}


def test_offers_beyond_the_last_offset_are_read_too(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    big = start_sandbox(clock_factor=CLOCK_FACTOR, orders=1, listings=16_600, days=1)
    config = configuration(
        big.url, "EU", clock_factor=CLOCK_FACTOR, start_date=START, marketplaces="DE"
    )

    output = run_tap(tmp_path, config, None, *select(tmp_path, FORECAST, "sync_summary"))

    assert output.returncode == 0, output.errors
    truth = big.truth("EU", FORECAST, marketplace_id=DE)
    have = {record["sku"]: record for record in output.records[FORECAST]}
    assert len(truth) > 9_500
    assert len(have) == len(output.records[FORECAST])
    assert have.keys() == {record["sku"] for record in truth}
    assert all(record["complete"] for record in output.records["sync_summary"])
    assert big.calls()["listOfferMetrics"]["200"] < 2 * len(truth) / 500 + 2


def test_where_the_program_is_not_nothing_is_requested(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    config = configuration(
        sandbox.url, "PANEU", clock_factor=CLOCK_FACTOR, start_date=START, marketplaces="SE,NL"
    )
    output = run_tap(tmp_path, config, None, *select(tmp_path, METRICS[0], "sync_summary"))

    assert output.returncode == 0, output.errors
    assert METRICS[0] not in output.records
    assert all(record["complete"] for record in output.records["sync_summary"])
    assert "does not exist for SE" in output.errors
    assert "in NL, Replenishment 2022-11-07 is for vendors" in output.errors
