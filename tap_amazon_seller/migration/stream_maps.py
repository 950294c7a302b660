"""The Singer SDK's stream maps that give records the names of another connector.

For those whose tables are to stay as they are. A stream keeps its keys under their own names as well,
since targets need them; what the old record had nested, or the tap does not have, is not there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.config.foreign_states import AIRBYTE
from tap_amazon_seller.migration.outcome import BY_NAME
from tap_amazon_seller.reports.definitions import Format
from tap_amazon_seller.streams.kinds.amazon_stream import SCHEMAS
from tap_amazon_seller.streams.kinds.report_stream import ReportStream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_amazon_seller.migration.outcome import Outcome

    Json = dict[str, Any]

ORDERS = {
    "AmazonOrderId": "amazon_order_id",
    "SellerOrderId": "merchant_order_id",
    "PurchaseDate": "purchase_date",
    "LastUpdateDate": "last_updated_date",
    "OrderStatus": "order_status",
    "FulfillmentChannel": "fulfillment_channel",
    "SalesChannel": "sales_channel",
    "OrderChannel": "order_channel",
    "ShipServiceLevel": "ship_service_level",
    "IsBusinessOrder": "is_business_order",
    "MarketplaceId": "marketplace_id",
}
ORDER_LINES = {
    "AmazonOrderId": "amazon_order_id",
    "SellerSKU": "sku",
    "ASIN": "asin",
    "Title": "product_name",
    "QuantityOrdered": "quantity",
    "LastUpdateDate": "last_updated_date",
}
OF_HOTGLUE: Mapping[str, Mapping[str, str]] = {
    "orders": ORDERS,
    "order_buyer_info": {
        "AmazonOrderId": "amazon_order_id",
        "BuyerEmail": "buyer_email",
        "BuyerName": "buyer_name",
        "PurchaseOrderNumber": "buyer_purchase_order_number",
    },
    "marketplaces": {"id": "country_code", "name": "name"},
    "warehouse_inventory": {
        "marketplace_id": "marketplace_id",
        "asin": "asin",
        "fnSku": "fnsku",
        "sellerSku": "sku",
        "condition": "condition",
        "productName": "product_name",
        "totalQuantity": "afn_total_quantity",
    },
    "fba_inventory_ledger": {
        "Date": "date", "FNSKU": "fnsku", "ASIN": "asin", "MSKU": "msku", "Title": "title",
        "Event Type": "event_type", "Reference ID": "reference_id", "Quantity": "quantity",
        "Fulfillment Center": "fulfillment_center", "Disposition": "disposition",
        "Reason": "reason", "Country": "country",
    },
}  # fmt: skip
"""The columns of streams whose names are not made by a rule. Source: hotgluexyz/tap-amazon-seller."""
WITH_HYPHENS = frozenset({"afn_inventory_country", "fba_customer_shipment_sales"})
"""Its streams whose columns are those of the report."""
OF_AIRBYTE: Mapping[str, Mapping[str, str]] = {"Orders": ORDERS, "OrderItems": ORDER_LINES}
OWN = frozenset({"line_number", "marketplace_id", "report_end_date", "report_start_date"})
"""Properties that no report has."""


def stream_maps(outcome: Outcome) -> Json:
    """The setting `stream_maps`, with what can be named as before.

    Args:
        outcome: What has become of the old state: its streams and their names.
    """
    found = {
        name: _map_of(name, old, columns)
        for name, old in sorted(outcome.old_names.items())
        if (columns := _columns(outcome.connector, name, old))
    }
    return {"stream_maps": found}


def _columns(connector: str, name: str, old: str) -> Mapping[str, str]:
    """The properties of this tap by the old names."""
    if connector != AIRBYTE:
        if name == "products_inventory":
            return _by_rule(name, lambda own: own) | {"fulfilment_channel": "fulfillment_channel"}
        return _by_rule(name, _hyphened) if name in WITH_HYPHENS else OF_HOTGLUE.get(name, {})
    if old in OF_AIRBYTE:
        return OF_AIRBYTE[old]
    stream = BY_NAME[name]
    if not issubclass(stream, ReportStream):
        return {}
    written = stream.definition.layout.format
    if written is Format.XML:
        return {}
    return _by_rule(name, _camel_case if written is Format.JSON else _hyphened)


def _by_rule(name: str, rule: Any) -> dict[str, str]:
    return {rule(own): own for own in _properties(name) if own not in OWN}


def _properties(name: str) -> Json:
    found: Json = SCHEMAS.get_schema(name)["properties"]
    return {
        own: schema
        for own, schema in found.items()
        if not schema.get("description", "").startswith("Derived")
    }


def _hyphened(name: str) -> str:
    return name.replace("_", "-")


def _camel_case(name: str) -> str:
    return re.sub("_([a-z0-9])", lambda letter: letter[1].upper(), name)


def _map_of(name: str, old: str, columns: Mapping[str, str]) -> Json:
    """One stream's map: its old name, its keys, and the old columns; nothing else."""
    stream, schemas = BY_NAME[name], SCHEMAS.get_schema(name)["properties"]
    found: Json = {"__alias__": old} if old != name else {}
    found |= {key: key for key in stream.primary_keys}
    for column, own in columns.items():
        if own in schemas and column not in found:
            found[column] = _expression(own, schemas[own])
    return {**found, "__else__": None}


def _expression(own: str, schema: Json) -> str:
    """A property, which a record may lack; the SDK takes it for a text unless this says otherwise."""
    value = f"record.get('{own}')"
    kinds = schema.get("type") or []
    for kind, function in (
        ("integer", "int"), ("number", "float"), ("boolean", "bool"), ("object", "json.dumps"),
        ("array", "json.dumps"),
    ):  # fmt: skip
        if kind in kinds:
            return f"{function}({value}) if {value} is not None else None"
    return value
