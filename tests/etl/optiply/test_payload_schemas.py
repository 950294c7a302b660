"""The check of complete columns agrees with jsonschema, and the schemas describe what they declare."""

from __future__ import annotations

from typing import Any

import jsonschema
import pyarrow as pa
import pytest

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.optiply.entities import ENTITIES
from amazon_optiply_etl.optiply.payloads import singer_schema
from amazon_optiply_etl.optiply.schema_check import check_columns, load_schema

SCHEMAS = {
    **{entity.schema: load_schema(entity.schema) for entity in ENTITIES},
    **{entity.stream: singer_schema(entity) for entity in ENTITIES},
}
PRODUCT: dict[str, Any] = {
    "remoteId": "B0", "name": "Name", "stockLevel": 1, "unlimitedStock": False, "skuCode": "S",
    "eanCode": "4006381333931", "articleCode": "B0", "price": 1.5, "status": "enabled",
}  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_a_schema_is_valid_and_describes_every_property(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    for declared in schema["properties"].values():
        assert len(declared["description"]) > 20
        assert "format" not in declared


CASES: list[dict[str, Any]] = [
    {}, {"name": ""}, {"name": "x" * 255}, {"name": "x" * 256}, {"eanCode": "123"},
    {"eanCode": None}, {"eanCode": "0012345678905"}, {"price": -0.01}, {"price": 0.0},
    {"price": None}, {"stockLevel": -3}, {"status": "ENABLED"}, {"status": None},
    {"skuCode": None}, {"stockLevel": "1"}, {"unlimitedStock": "false"}, {"remoteId": ""},
]  # fmt: skip


@pytest.mark.parametrize("changed", CASES, ids=str)
def test_the_check_of_columns_agrees_with_jsonschema(changed: dict[str, Any]) -> None:
    record = PRODUCT | changed
    present = {key: value for key, value in record.items() if value is not None}
    valid = jsonschema.Draft202012Validator(load_schema("product")).is_valid(present)
    columns = {key: pa.array([PRODUCT[key], value]) for key, value in record.items()
               if type(value) in (type(PRODUCT[key]), type(None))}  # fmt: skip
    columns |= {
        key: pa.array([value, value]) for key, value in record.items() if key not in columns
    }
    if valid:
        check_columns(columns, load_schema("product"), "Product")
    else:
        with pytest.raises(EtlError, match="Product"):
            check_columns(columns, load_schema("product"), "Product")


def test_a_payload_that_does_not_fit_is_named_with_the_reason() -> None:
    columns = {key: pa.array([value]) for key, value in (PRODUCT | {"eanCode": "12"}).items()}
    with pytest.raises(EtlError, match="Product B0: eanCode: '12' does not match"):
        check_columns(columns, load_schema("product"), "Product")
