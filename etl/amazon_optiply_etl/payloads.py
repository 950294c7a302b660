"""Lays products and sell orders out as Optiply takes them, in two forms, and checks every one.

The form of the Optiply API is one JSON object a product or order. The form of target-optiply is a
Singer message file: streams Products, then SellOrders, so that orders find the products of the run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.amounts import number_text
from amazon_optiply_etl.json_text import (
    json_arrays,
    json_objects,
    json_strings,
    numbers_of_hundredths,
)
from amazon_optiply_etl.schema_check import check_columns, load_schema

if TYPE_CHECKING:
    import pandas as pd

_TEXT_FIELDS = ("name", "skuCode", "eanCode", "articleCode", "status")


@dataclass(frozen=True, slots=True)
class Payloads:
    """Records as lines of JSON: for the Optiply API, and as Singer messages for target-optiply."""

    api: Any
    singer: Any


def product_payloads(products: pd.DataFrame) -> Payloads:
    """Write products, with columns as `Products.table` has them and optiply_id (null if not known).

    Raises:
        EtlError: a product does not fit its schema.
    """
    texts = {name: _text(products[name]) for name in _TEXT_FIELDS}
    remote_id, optiply_id = _text(products["remoteId"]), _text(products["optiply_id"])
    stock = pa.array(products["stockLevel"], pa.int64())
    unlimited = pa.array(products["unlimitedStock"], pa.bool_())
    price = numbers_of_hundredths(number_text(products["price"]))
    fields = {
        **{name: texts[name] for name in _TEXT_FIELDS},
        "price": pc.cast(price, pa.float64()),
        "stockLevel": stock,
        "unlimitedStock": unlimited,
        "id": optiply_id,
    }
    check_columns({"remoteId": remote_id, **fields}, load_schema("product"), "Product")
    check_columns({"externalId": remote_id, **fields}, load_schema("singer_products"), "Product")
    identity, own_id = json_strings(remote_id), json_strings(optiply_id)
    values = {
        "name": json_strings(texts["name"]),
        "stockLevel": pc.cast(stock, pa.string()),
        "unlimitedStock": pc.cast(unlimited, pa.string()),
        "skuCode": json_strings(texts["skuCode"]),
        "eanCode": json_strings(texts["eanCode"]),
        "articleCode": json_strings(texts["articleCode"]),
        "price": price,
        "status": json_strings(texts["status"]),
    }
    return Payloads(
        api=json_objects({"remoteId": identity, "id": own_id, **values}),
        singer=_messages("Products", {"externalId": identity, "id": own_id, **values}),
    )


def sell_order_payloads(orders: pd.DataFrame, lines: pd.DataFrame) -> Payloads:
    """Write sell orders, with columns as `SellOrders.table` and `SellOrders.lines` have them.

    Raises:
        EtlError: an order or a line does not fit its schema.
    """
    api_schema, singer_schema = load_schema("sell_order"), load_schema("singer_sell_orders")
    line_schema = api_schema["properties"]["orderLines"]["items"]
    api_lines, singer_lines = _lines(lines, line_schema)
    remote_id, placed = _text(orders["remoteId"]), _text(orders["placed"])
    total = number_text(orders["totalValue"])
    number = numbers_of_hundredths(total)
    api_of = pa.array([api_lines.get(each) for each in remote_id.to_pylist()], pa.string())
    singer_of = pa.array([singer_lines.get(each) for each in remote_id.to_pylist()], pa.string())
    plain = {"remoteId": remote_id, "placed": placed, "totalValue": pc.cast(number, pa.float64())}
    check_columns(plain, _without(api_schema, "orderLines"), "Sell order")
    record = {
        "externalId": remote_id,
        "placed": placed,
        "totalValue": total,
        "line_items": singer_of,
    }
    check_columns(record, singer_schema, "Sell order")
    identity, date = json_strings(remote_id), json_strings(placed)
    return Payloads(
        api=json_objects(
            {"remoteId": identity, "placed": date, "totalValue": number, "orderLines": api_of}
        ),
        singer=_messages(
            "SellOrders",
            {
                "externalId": identity,
                "placed": date,
                "totalValue": json_strings(total),
                "line_items": _quoted(singer_of),
            },
        ),
    )


def singer_schema_message(stream: str) -> str:
    """Return the SCHEMA message of a stream of data.singer.

    The target keeps its own rules; the message declares each key with its plain type, and no date as a
    date: targets that turn those into date objects cannot send them on.
    """
    name = {"Products": "singer_products", "SellOrders": "singer_sell_orders"}[stream]
    properties = {
        key: {"type": [declared["type"], "null"]}
        for key, declared in load_schema(name)["properties"].items()
    }
    return json.dumps(
        {
            "type": "SCHEMA",
            "stream": stream,
            "schema": {"type": "object", "properties": properties},
            "key_properties": [],
        },
        separators=(",", ":"),
    )


def _lines(lines: pd.DataFrame, schema: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the JSON array of lines of each order, for the API and for the target."""
    optiply_id = _text(lines["optiply_id"])
    remote_product = _text(lines["product"])
    by_remote_id = pc.if_else(pc.is_null(optiply_id), remote_product, pa.scalar(None, pa.string()))
    quantity = pa.array(lines["quantity"], pa.int64())
    subtotal = number_text(lines["subtotalValue"])
    number = numbers_of_hundredths(subtotal)
    checked = {"quantity": quantity, "subtotalValue": pc.cast(number, pa.float64())}
    ids = {"productId": optiply_id, "Remote_productId": by_remote_id}
    check_columns({**checked, **ids}, schema, "Sell order line with quantity")
    written = {key: json_strings(values) for key, values in ids.items()}
    whole = pc.cast(quantity, pa.string())
    orders = _text(lines["remoteId"])
    api = json_objects({"quantity": whole, "subtotalValue": number, **written})
    singer = json_objects({"quantity": whole, "subtotalValue": json_strings(subtotal), **written})
    return json_arrays(orders, api), json_arrays(orders, singer)


def _messages(stream: str, members: dict[str, Any]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    start = f'{{"type":"RECORD","stream":"{stream}","record":'
    return pc.binary_join_element_wise(start, json_objects(members), "}", "")


def _quoted(json_arrays_of_orders: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Wrap JSON, which has no control characters, into a JSON string."""
    escaped = pc.replace_substring(json_arrays_of_orders, "\\", "\\\\")
    return pc.binary_join_element_wise('"', pc.replace_substring(escaped, '"', '\\"'), '"', "")


def _text(series: pd.Series[Any]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    return pa.array(series, pa.string())


def _without(schema: dict[str, Any], name: str) -> dict[str, Any]:
    required = [each for each in schema["required"] if each != name]
    return {**schema, "required": required}
