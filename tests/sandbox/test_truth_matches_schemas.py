"""The truth has the shape of the records that the project promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from amazon_seller_sandbox.accounts import ACCOUNTS
from amazon_seller_sandbox.families import TRUTH

if TYPE_CHECKING:
    from sandbox.conftest import Amazon

SCHEMAS = Path(__file__).parents[2] / "schemas" / "streams"


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("stream", TRUTH)
def test_every_true_record_fits_the_schema_of_its_stream(
    amazon: Amazon, stream: str, account: str
) -> None:
    schema = json.loads((SCHEMAS / f"{stream}.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    records = amazon.truth(account, stream)
    unknown = set().union(*records) - set(schema["properties"])
    errors = [error.message for record in records for error in validator.iter_errors(record)]

    has_it = ACCOUNTS[account].is_vendor == stream.startswith("vendor_")
    assert bool(records) == has_it or not stream.startswith("vendor_")
    assert not unknown
    assert not errors
