"""Documents of JSON reports are as Amazon's report schemas describe them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import jsonschema
import pytest
from contract.conftest import FORMATS, MODELS_DIR, closed

from amazon_seller_sandbox.files.asked import Asked
from amazon_seller_sandbox.report_types.families import REPORT_TYPES
from amazon_seller_sandbox.world.world import DEFAULT_NOW_SECONDS, Settings, World

VIEW = {"distributorView": "MANUFACTURING", "sellingProgram": "RETAIL"}
DAY = {"reportPeriod": "DAY"}
DAYS = ("2026-10-20T00:00:00+00:00", "2026-10-22T23:59:59+00:00")
HOURS = ("2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00")
DOCUMENTS = {
    "sellerSalesAndTrafficReport": (
        "GET_SALES_AND_TRAFFIC_REPORT",
        {"dateGranularity": "DAY", "asinGranularity": "SKU"},
        DAYS,
    ),
    "vendorSalesReport": ("GET_VENDOR_SALES_REPORT", DAY | VIEW, DAYS),
    "vendorInventoryReport": ("GET_VENDOR_INVENTORY_REPORT", DAY | VIEW, DAYS),
    "vendorTrafficReport": ("GET_VENDOR_TRAFFIC_REPORT", DAY, DAYS),
    "vendorNetPureProductMarginReport": (
        "GET_VENDOR_NET_PURE_PRODUCT_MARGIN_REPORT",
        DAY,
        DAYS,
    ),
    "vendorForecastingReport": (
        "GET_VENDOR_FORECASTING_REPORT",
        {"sellingProgram": "RETAIL"},
        DAYS,
    ),
    "vendorRealTimeSalesReport": (
        "GET_VENDOR_REAL_TIME_SALES_REPORT",
        {"currencyCode": "EUR"},
        HOURS,
    ),
    "vendorRealTimeInventoryReport": ("GET_VENDOR_REAL_TIME_INVENTORY_REPORT", {}, HOURS),
}


@pytest.fixture(scope="module")
def world() -> World:
    return World(Settings())


def document(
    world: World, account: str, report_type: str, options: dict[str, str], days: tuple[str, str]
) -> Any:
    """The JSON of a report."""
    business = world.businesses[account]
    start, end = (datetime.fromisoformat(day).timestamp() for day in days)
    now = DEFAULT_NOW_SECONDS
    markets = business.account.marketplaces[:1]
    asked = Asked(world, business, markets, start, end, options, now, now, compressed=True)
    kind = REPORT_TYPES[report_type]
    assert kind.objection(asked) is None
    return json.loads("\n".join(kind.content(asked).rows))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_fits_amazons_schema(world: World, name: str) -> None:
    file = MODELS_DIR / "reports" / f"{name}.json"
    if not file.is_file():
        pytest.skip(f"Amazon's report schemas are not in {MODELS_DIR}; set SPAPI_MODELS_DIR")
    schema = closed(json.loads(file.read_text("utf-8")))
    account = "VENDOR" if name.startswith("vendor") else "EU"

    found = document(world, account, *DOCUMENTS[name])

    validator = jsonschema.Draft7Validator(schema, format_checker=FORMATS)
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(found)] == []
    assert all(value for key, value in found.items() if key != "reportSpecification")


@pytest.mark.parametrize("granularity", ["PARENT", "CHILD", "SKU"])
def test_sales_by_asin_add_up_to_sales_by_date(world: World, granularity: str) -> None:
    options = {"dateGranularity": "DAY", "asinGranularity": granularity}

    found = document(world, "NA", "GET_SALES_AND_TRAFFIC_REPORT", options, DAYS)

    by_date = [day["salesByDate"]["unitsOrdered"] for day in found["salesAndTrafficByDate"]]
    by_asin = [row["salesByAsin"]["unitsOrdered"] for row in found["salesAndTrafficByAsin"]]
    names = [(row["parentAsin"], row.get("childAsin"), row.get("sku"))
             for row in found["salesAndTrafficByAsin"]]  # fmt: skip
    assert len(by_date) == 3
    assert sum(by_date) == sum(by_asin) > 0
    assert len(set(names)) == len(names)
