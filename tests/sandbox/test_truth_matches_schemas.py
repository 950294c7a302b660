"""The truth has the shape of the records that the project promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from amazon_seller_sandbox.server.truth import TRUTH, has
from amazon_seller_sandbox.world.accounts import ACCOUNTS

if TYPE_CHECKING:
    from sandbox.conftest import MakeAmazon

MOST = 2_000
"""Records of a stream that are held against its schema."""
SCHEMAS = Path(__file__).parents[2] / "schemas" / "streams"

ONLY_IN = {"afn_inventory_country": {"EU", "PANEU"}, "fba_promotions": {"NA"}}
"""Streams of reports that Amazon does not have everywhere."""


@pytest.mark.parametrize(
    ("stream", "account"),
    [
        (stream, name)
        for stream in TRUTH
        for name, account in ACCOUNTS.items()
        if has(account, stream)
    ],
)
def test_every_true_record_fits_the_schema_of_its_stream(
    make_amazon: MakeAmazon, stream: str, account: str
) -> None:
    amazon = make_amazon(orders=600, listings=60)
    schema = json.loads((SCHEMAS / f"{stream}.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    records = amazon.truth(account, stream)
    unknown = set[str]().union(*records) - set(schema["properties"])
    errors = [error.message for record in records[:MOST] for error in validator.iter_errors(record)]

    assert bool(records) is (account in ONLY_IN.get(stream, ACCOUNTS))
    assert not unknown
    assert not errors
