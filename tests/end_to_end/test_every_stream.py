"""A sync of everything equals the truth: every stream, in every region, with keys that are keys."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema_rs
import pytest
import warm_start
from proofs import is_full
from running import BIN, configuration, run_tap, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from running import Output, Record

CLOCK_FACTOR = 600
US = "ATVPDKIKX0DER"
START = "2026-10-11T00:00:00Z"
DAYS = 22 + 8 / 24
"""The sandbox's history begins at `START`, a Sunday, as Amazon's weeks do."""


PERSONAL = {"order_address", "order_buyer_info", "shipping_orders"}
"""Streams that bring nothing without `include_pii`; they have tests of their own."""
PERSONAL_PROPERTIES = {"customer_comments", "rater_email"}
"""Properties of other streams that are null without it."""
OF_THE_SYNC = {"synced_at"}
"""Properties that say when the tap has read a record."""
ELSEWHERE = {
    "reports",  # what callers did, held against getReport
    "sync_summary",  # what the sync did
    "vendor_real_time_inventory",  # an hour of this sandbox is a second: these want a slower one
    "vendor_real_time_sales",
    "vendor_real_time_traffic",
}
"""Streams whose truth moves while this sync runs; they have tests of their own."""


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox whose reports take little time."""
    return start_sandbox(
        clock_factor=CLOCK_FACTOR,
        orders=120,
        listings=50,
        days=DAYS,
        report_seconds=(1, 30),
        report_limits="off",
    )


def everything(folder: Path, config: Record) -> list[str]:
    """Options that select every stream."""
    path = write_json(folder / "discovery-config.json", config)
    found = warm_start.run(
        [BIN / "tap-amazon-seller", "--discover", "--config", path],
        capture_output=True,
        text=True,
        check=True,
    )
    catalog = json.loads(found.stdout)
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            if metadata["breadcrumb"] == []:
                metadata["metadata"]["selected"] = True
    return ["--catalog", str(write_json(folder / "catalog.json", catalog))]


def differences(records: Iterable[Record], truth: Iterable[Record], keys: list[str]) -> list[str]:
    """What is lost, doubled, too much or altered; a property that one side lacks counts as null."""
    have: Counter[tuple[Any, ...]] = Counter()
    by_key: dict[tuple[Any, ...], Record] = {}
    for record in records:
        key = tuple(record[name] for name in keys)
        have[key] += 1
        by_key[key] = record
    want = {tuple(record[name] for name in keys): record for record in truth}
    found = [f"doubled {key}" for key, count in have.items() if count > 1]
    found += [f"lost {key}" for key in want.keys() - have.keys()]
    found += [f"too much {key}" for key in have.keys() - want.keys()]
    for key in have.keys() & want.keys():
        one, other = by_key[key], want[key]
        found += [
            f"{name} of {key} is {one.get(name)!r}, not {other.get(name)!r}"
            for name in (one.keys() | other.keys()) - OF_THE_SYNC
            if one.get(name) != other.get(name)
            and not (name in PERSONAL_PROPERTIES and one.get(name) is None)
        ]
    return found


def keys_of(output: Output, stream: str) -> list[str]:
    """The stream's key, as its SCHEMA message has it."""
    keys: list[str] = output.schemas[stream][-1]["key_properties"]
    return keys


def truth_of(sandbox: RunningSandbox, account: str, stream: str) -> list[Record] | None:
    """The records that a complete sync delivers; None where the account has no such stream."""
    try:
        return sandbox.truth(account, stream)
    except httpx.HTTPStatusError:
        return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """North America, but for its US, which test_warehouses.py syncs; all accounts with ``--prove``."""
    every = [(account, None) for account in ("NA", "EU", "FE")] + [("VENDOR", "DE,FR")]
    cases = every if is_full(metafunc.config) else [("NA", "CA,MX")]
    metafunc.parametrize(("account", "marketplaces"), cases)


def test_a_sync_of_everything_equals_the_truth(
    sandbox: RunningSandbox, tmp_path: Path, account: str, marketplaces: str | None
) -> None:
    token = "vendor" if account == "VENDOR" else account
    settings = configuration(
        sandbox.url,
        token,
        clock_factor=CLOCK_FACTOR,
        start_date=START,
        report_limits={"GET_SALES_AND_TRAFFIC_REPORT": 100_000},
        limit_wait_minutes=2 * CLOCK_FACTOR,
        marketplaces=marketplaces,
    )  # fmt: skip
    if account == "VENDOR":
        settings |= {"include_pii": True}

    output = run_tap(tmp_path, settings, None, *everything(tmp_path, settings))

    assert output.returncode == 0, output.errors
    assert "Traceback" not in output.errors
    wrong: dict[str, list[str]] = {}
    for stream, schemas in output.schemas.items():
        if stream in PERSONAL:
            assert stream not in output.records
            continue
        if stream in ELSEWHERE:
            continue
        truth = truth_of(sandbox, account, stream)
        records = output.records.get(stream, [])
        if truth is None:
            if records:
                wrong[stream] = ["the sandbox knows no truth"]
            continue
        if account == "NA" and marketplaces:
            truth = [each for each in truth if each.get("marketplace_id") != US]
        if found := differences(records, truth, keys_of(output, stream)):
            wrong[stream] = found[:5]
        validator = jsonschema_rs.Draft202012Validator(schemas[-1]["schema"])
        if invalid := next((e for r in records for e in validator.iter_errors(r)), None):
            wrong.setdefault(stream, []).append(f"schema: {invalid.message}")
    assert wrong == {}, output.warnings()
