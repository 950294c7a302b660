"""Every stream, of sellers and of a vendor, in databases: each cell is what is true."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jsonschema_rs
import postgres_server
import pytest
import warm_start
from proofs import is_full
from running import BIN, command, configuration, write_json
from warehouses import DUCKDB, HAS_DUCKDB, POSTGRES, tables, target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from running import Record
    from warehouses import Rows

CLOCK_FACTOR = 600
START = "2026-10-11T00:00:00Z"
DAYS = 22 + 8 / 24
"""The sandbox's history begins at `START`, a Sunday, as Amazon's weeks do."""

ACCOUNTS = {"EU": None, "NA": "US", "FE": None, "VENDOR": "DE,FR"}
"""Marketplaces that are synced of each account; all but in North America, which test_every_stream.py
syncs completely.
"""
SMALL = {"postgres": ["NA", "VENDOR"], "duckdb": ["EU"]}
"""What `make test` loads into which target; `make prove` loads all into both."""
SMALL_EUROPE = "DE,GB"
"""Marketplaces of Europe that `make test` syncs: each with a currency of its own."""
OF_ALL_EUROPE = {"afn_inventory_country", "fba_inventory_ledger", "fba_inventory_ledger_summary"}
"""Streams with the stock of all countries, where that of the others belongs to the first marketplace."""
GERMANY = "A1PA6795UKMFR9"
IDS = {
    "DE": GERMANY,
    "FR": "A13V1IB3VIYZZH",
    "GB": "A1F83G8C2ARO7P",
    "US": "ATVPDKIKX0DER",
}
OF_THE_SYNC = {
    "competitive_prices",
    "featured_offer_prices",
    "fee_estimates",
    "replenishment_offer_forecast",
    "reports",
    "sync_summary",
    "vendor_real_time_inventory",
    "vendor_real_time_sales",
    "vendor_real_time_traffic",
}
"""Streams of what the sync did and when, and of the last hours: what the tap has written counts."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """All that one sync has written, and what is true of it."""

    messages: Path
    schemas: dict[str, Record]
    before: dict[str, list[Record]]
    """What was true before the sync: all of it must be there."""
    after: dict[str, list[Record]]
    """What was true after it: nothing else may be there. The sandbox's clock does not stop."""


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


def synced(
    folder: Path, sandbox: RunningSandbox, account: str, marketplaces: str | None
) -> Delivery:
    """One sync of everything, written to a file."""
    config = configuration(
        sandbox.url,
        "vendor" if account == "VENDOR" else account,
        clock_factor=CLOCK_FACTOR,
        start_date=START,
        marketplaces=marketplaces,
        include_pii=True,
        report_limits={"GET_SALES_AND_TRAFFIC_REPORT": 100_000},
        limit_wait_minutes=2 * CLOCK_FACTOR,
    )
    options = everything(folder, config)
    catalog = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
    streams = [entry["tap_stream_id"] for entry in catalog["streams"]]
    before = {stream: truth_of(sandbox, account, stream) for stream in streams}
    messages = folder / "messages.jsonl"
    with messages.open("w") as out, (folder / "tap.log").open("w") as log:
        words = command(folder, config, None, *options)
        code = warm_start.run(words, stdout=out, stderr=log, check=False).returncode
    assert code == 0, (folder / "tap.log").read_text()
    schemas: dict[str, Record] = {}
    written: dict[str, list[Record]] = {}
    with messages.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            message = json.loads(line)
            if message["type"] == "SCHEMA":
                schemas[message["stream"]] = message
            elif message["type"] == "RECORD":
                written.setdefault(message["stream"], []).append(message["record"])
    for stream, records in written.items():
        assert_once_and_valid(stream, records, schemas[stream])
    after = {stream: truth_of(sandbox, account, stream) for stream in streams}
    for truth in (before, after):
        truth.update({stream: written.get(stream, []) for stream in OF_THE_SYNC})
    if marketplaces is not None:
        places = {"all", *(IDS[country] for country in marketplaces.split(","))}
        before, after = within(before, places), within(after, places)
    return Delivery(messages, schemas, before, after)


def assert_once_and_valid(stream: str, records: list[Record], message: Record) -> None:
    """Each record comes once, in the types of its schema; a target would merge those that come twice."""
    if stream not in OF_THE_SYNC:
        keys = {tuple(each[name] for name in message["key_properties"]) for each in records}
        assert len(keys) == len(records), f"{stream} has doubled records"
    validator = jsonschema_rs.Draft202012Validator(message["schema"])
    for record in records:
        validator.validate(record)


def within(truth: dict[str, list[Record]], places: set[str]) -> dict[str, list[Record]]:
    """What is true of these marketplaces."""
    if GERMANY in places:
        for stream in OF_ALL_EUROPE & truth.keys():
            for one in truth[stream]:
                if one["marketplace_id"] not in places:
                    one["marketplace_id"] = GERMANY
    return {
        stream: [one for one in records if one.get("marketplace_id", "all") in places]
        for stream, records in truth.items()
    }


def truth_of(sandbox: RunningSandbox, account: str, stream: str) -> list[Record]:
    """What is true of a stream; nothing where the account has no such stream."""
    try:
        return sandbox.truth(account, stream)
    except httpx.HTTPStatusError:
        return []


@pytest.fixture
def delivery(
    request: pytest.FixtureRequest, start_sandbox: StartSandbox, tmp_path: Path, account: str
) -> Delivery:
    """A sync of an account, from a sandbox of its own, whose history is as old for all."""
    sandbox = start_sandbox(
        clock_factor=CLOCK_FACTOR,
        orders=40,
        listings=20,
        days=DAYS,
        report_seconds=(1, 30),
        report_limits="off",
    )
    folder = tmp_path / "sync"
    folder.mkdir()
    small = account == "EU" and not is_full(request.config)
    return synced(folder, sandbox, account, SMALL_EUROPE if small else ACCOUNTS[account])


def load(name: str, messages: Path, config: Path) -> None:
    """Load the messages into a target by its own program."""
    with messages.open("rb") as lines:
        loaded = warm_start.run(
            [target(name), "--config", config],
            stdin=lines,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    assert loaded.returncode == 0, loaded.stderr[-3000:]


def assert_holds(delivery: Delivery, found: Rows) -> None:
    """Each table has the true records, each once, with the same value in every cell."""
    wrong: dict[str, object] = {}
    for stream, message in delivery.schemas.items():
        properties, keys = message["schema"]["properties"], message["key_properties"]
        rows = found.get(stream, [])
        have = {key_of(row, keys, properties): row for row in rows}
        due = {key_of(record, keys, properties) for record in delivery.before[stream]}
        want = {key_of(record, keys, properties): record for record in delivery.after[stream]}
        altered = [
            f"{name} of {key} is {have[key].get(name)!r}, not {want[key].get(name)!r}"
            for key in have.keys() & want.keys()
            for name in want[key].keys() & properties.keys()
            if value(have[key].get(name), properties[name])
            != value(want[key].get(name), properties[name])
        ]
        doubled = [("doubled", len(rows) - len(have))] if len(rows) != len(have) else []
        if problems := [*doubled, *(due - have.keys()), *(have.keys() - want.keys()), *altered]:
            wrong[stream] = problems[:5]
    assert wrong == {}


def key_of(record: Record, keys: list[str], properties: Record) -> tuple[Any, ...]:
    """What a record is known by."""
    return tuple(value(record.get(name), properties[name]) for name in keys)


def value(cell: Any, schema: Record) -> Any:
    """A cell in a form that does not depend on the database: what it says, not how it is kept."""
    types = schema["type"]
    if cell is None or cell == "null":
        return None
    if schema.get("format") == "date-time":
        moment = datetime.fromisoformat(str(cell))
        return moment.replace(tzinfo=moment.tzinfo or UTC)
    if schema.get("format") == "date":
        return str(cell)[:10]
    if "object" in types or "array" in types:
        return json.loads(cell) if isinstance(cell, str) and cell[:1] in {"{", "["} else cell
    if "boolean" in types:
        return cell in {True, "true"}
    return float(cell) if "number" in types or "integer" in types else cell


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the module's tests."""
    with postgres_server.running() as address:
        yield address


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each account into one of the targets, or into both."""
    if "account" in metafunc.fixturenames:
        into = "postgres" if "postgres" in metafunc.function.__name__ else "duckdb"
        full = is_full(metafunc.config) or not HAS_DUCKDB
        metafunc.parametrize("account", ACCOUNTS if full else SMALL[into])


def test_target_postgres_holds_the_truth(
    delivery: Delivery, postgres: str, tmp_path: Path, account: str
) -> None:
    schema = account.lower()
    config = write_json(
        tmp_path / "config.json",
        {
            "sqlalchemy_url": postgres.replace("postgresql://", "postgresql+psycopg2://"),
            "default_target_schema": schema,
            "activate_version": False,
            "add_record_metadata": False,
        },
    )

    load("target-postgres", delivery.messages, config)

    folder = parse_qs(urlsplit(postgres).query)["host"][0]
    address = f"host={folder} user=postgres dbname=postgres"
    assert_holds(delivery, tables("target-postgres", POSTGRES, address, schema))


@pytest.mark.skipif(
    not HAS_DUCKDB, reason="no DuckDB for this Python loads first rows of texts alone"
)
def test_target_duckdb_holds_the_truth(delivery: Delivery, tmp_path: Path) -> None:
    database = tmp_path / "warehouse.duckdb"
    config = write_json(
        tmp_path / "config.json",
        {"path": str(database), "filepath": str(database), "default_target_schema": "amazon"},
    )

    load("target-duckdb", delivery.messages, config)

    assert_holds(delivery, tables("target-duckdb", DUCKDB, database))
