"""Amazon's own API models, read from outside the repository."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

MODELS_DIR = Path(
    os.environ.get("SPAPI_MODELS_DIR") or Path(__file__).parents[2].parent / "shared" / "models"
)
WHOLE = (
    "catalogItems_2022-04-01.json",
    "dataKiosk_2023-11-15.json",
    "notifications.json",
    "productPricing_2022-05-01.json",
    "replenishment-2022-11-07.json",
    "reports_2021-06-30.json",
    "sellers.json",
)
"""Models of which the sandbox has every operation."""
PARTS = {
    "awd_2024-05-09.json": ("listInventory",),
    "finances_2024-06-19.json": ("listTransactions",),
    "listingsItems_2021-08-01.json": ("searchListingsItems",),
    "orders_2026-01-01.json": ("searchOrders", "getOrder"),
    "productFeesV0.json": ("getMyFeesEstimates",),
    "productPricingV0.json": ("getListingOffersBatch", "getItemOffersBatch"),
    "tokens_2021-03-01.json": ("createRestrictedDataToken",),
    "vendorDirectFulfillmentOrders_2021-12-28.json": ("getOrders",),
    "vendorDirectFulfillmentShipping_2021-12-28.json": ("getCustomerInvoices",),
    "vendorOrders.json": ("getPurchaseOrders", "getPurchaseOrdersStatus"),
}
"""Models of which it has some."""
FILES = (*WHOLE, *PARTS)

FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@FORMATS.checks("date", raises=ValueError)
def is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


def closed(schema: Any) -> Any:
    """Forbid properties that a schema does not name: Amazon would not send them."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: closed(value) for name, value in schema.items()}
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


def merged(definitions: dict[str, Any]) -> dict[str, Any]:
    """Join what `allOf` puts together, so that it can be closed as one object."""
    found = dict(definitions)
    for name, definition in definitions.items():
        if "allOf" in definition:
            parts = [
                definitions[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
                for part in definition["allOf"]
            ]
            found[name] = {
                "type": "object",
                "required": [each for part in parts for each in part.get("required", ())],
                "properties": {
                    key: each for part in parts for key, each in part["properties"].items()
                },
            }
    return found


@dataclass(frozen=True, slots=True)
class ModelOperation:
    """One operation of Amazon's models."""

    name: str
    method: str
    path: str
    description: str
    responses: dict[str, Any]
    definitions: dict[str, Any]

    @property
    def usage_plan(self) -> tuple[float, int] | None:
        """Return rate and burst, as the description's table states them."""
        found = re.search(r"\|\s*([0-9.]+)\s*\|\s*(\d+)\s*\|", self.description)
        return None if found is None else (float(found[1]), int(found[2]))

    def check(self, status: int, headers: Any, text: str) -> None:
        """Hold an answer against the model: status, headers and body."""
        response = self.responses.get(str(status))
        assert response is not None, f"{self.name} has no answer {status}"
        names = {name.lower() for name in headers}
        missing = {name for name in response.get("headers", {}) if name.lower() not in names}
        assert not missing, f"{self.name} {status} lacks {missing}"
        if "schema" not in response:
            assert text == ""
            return
        schema = {**response["schema"], "definitions": closed(merged(self.definitions))}
        validator = jsonschema.Draft4Validator(schema, format_checker=FORMATS)
        errors = [f"{error.json_path}: {error.message}" for error in
                  validator.iter_errors(json.loads(text))]  # fmt: skip
        assert not errors, f"{self.name} {status}: {errors}"


def read_models() -> dict[str, ModelOperation]:
    operations = {}
    for file in FILES:
        model = json.loads((MODELS_DIR / file).read_text("utf-8"))
        for path, methods in model["paths"].items():
            for method, operation in methods.items():
                if not isinstance(operation, dict) or "operationId" not in operation:
                    continue
                if operation["operationId"] in PARTS.get(file, (operation["operationId"],)):
                    operations[operation["operationId"]] = ModelOperation(
                        operation["operationId"],
                        method.upper(),
                        path,
                        operation["description"],
                        operation["responses"],
                        model["definitions"],
                    )
    return operations


@pytest.fixture(scope="session")
def models() -> dict[str, ModelOperation]:
    if not all((MODELS_DIR / file).is_file() for file in FILES):
        pytest.skip(f"Amazon's API models are not in {MODELS_DIR}; set SPAPI_MODELS_DIR")
    return read_models()
