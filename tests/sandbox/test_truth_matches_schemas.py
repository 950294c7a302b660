"""The truth has the shape of the records that the project promises."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from amazon_seller_sandbox.clock import ManualClock
from amazon_seller_sandbox.server.truth import EVERY, has
from amazon_seller_sandbox.world.accounts import ACCOUNTS
from amazon_seller_sandbox.world.world import Settings, World

MOST = 2_000
"""Records of a stream that are held against its schema."""
SCHEMAS = Path(__file__).parents[2] / "schemas" / "streams"

ONLY_IN = {"afn_inventory_country": {"EU", "PANEU"}, "fba_promotions": {"NA"}}
"""Streams of reports that Amazon does not have everywhere."""


@pytest.fixture(scope="module")
def world() -> World:
    settings = Settings(orders=600, listings=40, days=40)
    return World(settings, ManualClock(settings.now))


@pytest.mark.parametrize(
    ("stream", "account"),
    [
        (stream, name)
        for stream in EVERY
        for name, account in ACCOUNTS.items()
        if has(account, stream)
    ],
)
def test_every_true_record_fits_the_schema_of_its_stream(
    world: World, stream: str, account: str
) -> None:
    schema = json.loads((SCHEMAS / f"{stream.partition('.')[0]}.json").read_text("utf-8"))
    validator = jsonschema_rs.Draft202012Validator(schema)
    found = EVERY[stream](world, world.businesses[account], world.data_time.now(), -math.inf)
    records: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(list(found)))
    unknown = set[str]().union(*records) - set(schema["properties"])
    errors = [error.message for record in records[:MOST] for error in validator.iter_errors(record)]

    assert bool(records) is (account in ONLY_IN.get(stream, ACCOUNTS))
    assert not unknown
    assert not errors
