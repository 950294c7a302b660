"""The sinks of the target: which entity a stream feeds, and what of its records is sent.

From the target's schemas, second version; what they do not name is left out without a word.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.optiply.target.coercions import (
    UnfitError,
    addresses,
    amount,
    flag,
    identity,
    moment,
    number,
    plain,
    price,
    text,
    whole,
)
from amazon_seller_sandbox.optiply.target.errors import Unhealthy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.optiply.target.coercions import Coercion

ALIASES = {
    "optiply_id": "id",
    "remoteId": "externalId",
    "updated_at": "updatedAt",
    "created_at": "createdAtRemote",
}
DELETED = ("deleted_at", "_sdc_deleted_at")
Ids = dict[str, dict[str, str]]
"""By stream, the ids in Optiply by the ids at the source, of the records of this run."""


@dataclass(frozen=True, slots=True)
class Sink:
    """How records of one stream are sent."""

    entity: str
    fields: Mapping[str, Coercion] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    required_new: tuple[str, ...] = ()
    """Required of new objects alone."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Sent with PATCH as well."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Attributes that ``Remote_`` and their name stand for, with the stream that they are of."""
    takes_lines: bool = False
    sends_remote_id: bool = False
    generic: bool = False
    """Of a stream that has no sink of its own: its records are sent as they are."""


_PRODUCT = {"productId": "Products"}
_ORDER = {
    "placed": plain,
    "totalValue": amount,
    "completed": plain,
}
SINKS: Mapping[str, Sink] = {
    "Products": Sink(
        "products",
        {
            "name": text(),
            "stockLevel": whole,
            "unlimitedStock": flag,
            **dict.fromkeys(("skuCode", "eanCode", "articleCode"), text()),
            "price": price,
            "status": plain,
            **dict.fromkeys(("assembled", "notBeingBought", "ignored", "resumingPurchase"), flag),
            **dict.fromkeys(("minimumStock", "maximumStock", "manualServiceLevel"), number),
            "stockMeasurementUnit": text(10),
            "createdAtRemote": moment,
            "updatedAt": plain,
        },
        required=("name",),
        required_new=("stockLevel",),
        defaults={"unlimitedStock": False},
    ),
    "Suppliers": Sink(
        "suppliers",
        {
            "name": text(),
            "emails": addresses,
            **dict.fromkeys(
                (
                    "deliveryTime",
                    "userReplenishmentPeriod",
                    "lostSalesReaction",
                    "lostSalesMovReaction",
                    "backorderThreshold",
                    "backordersReaction",
                    "maxLoadCapacity",
                    "containerVolume",
                ),
                whole,
            ),
            **dict.fromkeys(("fixedCosts", "minimumOrderValue"), number),
            **dict.fromkeys(("ignored", "reactingToLostSales", "backorders"), flag),
            "globalLocationNumber": plain,
            "type": plain,
        },
        required=("name",),
        defaults={"type": "vendor"},
    ),
    "SupplierProducts": Sink(
        "supplierProducts",
        {
            "name": text(),
            "productId": identity,
            "supplierId": identity,
            **dict.fromkeys(("skuCode", "eanCode", "articleCode"), text()),
            "price": price,
            **dict.fromkeys(
                ("deliveryTime", "lotSize", "minimumPurchaseQuantity", "freeStock"), whole
            ),
            **dict.fromkeys(("preferred", "availability"), flag),
            "status": plain,
            **dict.fromkeys(("weight", "volume"), number),
        },
        required=("name", "productId", "supplierId"),
        references={**_PRODUCT, "supplierId": "Suppliers"},
    ),
    "SellOrders": Sink("sellOrders", _ORDER, required=("placed",), takes_lines=True),
    # Its sink resolves no ids of the source.
    "SellOrderLines": Sink(
        "sellOrderLines",
        {
            "quantity": whole,
            "subtotalValue": amount,
            "productId": identity,
            "sellOrderId": identity,
        },
        required=("quantity", "subtotalValue", "productId", "sellOrderId"),
    ),
    "BuyOrders": Sink(
        "buyOrders",
        {**_ORDER, "expectedDeliveryDate": plain, "supplierId": identity, "assembly": flag},
        required=("placed", "totalValue", "supplierId"),
        references={"supplierId": "Suppliers"},
        takes_lines=True,
    ),
    "BuyOrderLines": Sink(
        "buyOrderLines",
        {
            "quantity": whole,
            "subtotalValue": amount,
            "productId": whole,
            "buyOrderId": whole,
            "expectedDeliveryDate": plain,
        },
        required=("quantity", "subtotalValue", "productId", "buyOrderId"),
        references={**_PRODUCT, "buyOrderId": "BuyOrders"},
    ),
    "ReceiptLines": Sink(
        "receiptLines",
        {
            "occurred": moment,
            "quantity": whole,
            "buyOrderLineId": identity,
            "remoteDataSyncedToDate": moment,
        },
        # That it is now if it is missing makes no repeatable test; strict: it is required.
        required=("occurred", "quantity", "buyOrderLineId"),
        references={"buyOrderLineId": "BuyOrderLines"},
        sends_remote_id=True,
    ),
    "ProductCompositions": Sink(
        "productCompositions",
        {"composedProductId": identity, "partProductId": identity, "partQuantity": whole},
        required=("composedProductId", "partProductId", "partQuantity"),
        references={"composedProductId": "Products", "partProductId": "Products"},
    ),
}


def sink_of(stream: str) -> Sink:
    """Return the sink of a stream, by its exact name; others get one that leads nowhere."""
    return SINKS.get(stream) or Sink(stream.lower(), generic=True)


def payload(
    sink: Sink, record: Mapping[str, Any], ids: Ids, account_id: str, *, new: bool
) -> dict[str, Any]:
    """Return the attributes that a record is sent as.

    Raises:
        Unhealthy: the record is not what the target's own schema of the stream wants.
    """
    if sink.generic:
        return {name: value for name, value in record.items() if value is not None}
    sent = _attributes(sink, record, ids)
    if sink.takes_lines and record.get("line_items") is not None:
        lines = _lines(
            record["line_items"], ids.get("Products", {}), of_purchase="supplierId" in sent
        )
        sent["orderLines"] = lines
        # The sum of floats is rounded here, which is not documented: it would be refused at random.
        sent["totalValue"] = str(round(sum(line["subtotalValue"] for line in lines), 2))
    if sink.entity == "buyOrders":
        sent["accountId"] = account_id
    if sink.sends_remote_id and record.get("externalId") is not None:
        sent["remoteId"] = record["externalId"]
    for name in (*sink.required, *(sink.required_new if new else ())):
        if name not in sent:
            raise Unhealthy(f"{name} is missing")
    return sent


def _attributes(sink: Sink, record: Mapping[str, Any], ids: Ids) -> dict[str, Any]:
    """Return what the sink knows of a record; what an earlier record resolves wins."""
    sent = {}
    for name, coerce in sink.fields.items():
        value = record.get(name)
        if name in sink.references:
            known = _resolved(record, name, ids.get(sink.references[name], {}))
            value = value if known is None else known
        if value is None:
            value = sink.defaults.get(name)
        if value is None:
            continue
        try:
            coerced = coerce(value)
        except UnfitError as error:
            raise Unhealthy(f"{name} {error}") from error
        if coerced is not None:
            sent[name] = coerced
    return sent


def _resolved(record: Mapping[str, Any], name: str, known: Mapping[str, str]) -> str | None:
    """Return the id that an earlier record of this run has got, if ``Remote_`` refers to one."""
    remote = record.get(f"Remote_{name}")
    return None if remote is None else known.get(str(remote))


def _lines(
    value: object, products: Mapping[str, str], *, of_purchase: bool
) -> list[dict[str, Any]]:
    try:
        lines = json.loads(plain(value))
    except ValueError as error:
        raise Unhealthy("line_items is not a string of JSON") from error
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise Unhealthy("line_items is not a list of objects")
    found = []
    for place, line in enumerate(lines):
        try:
            made: dict[str, Any] = {
                "quantity": whole(line.get("quantity")),
                "subtotalValue": number(line.get("subtotalValue")),
            }
        except UnfitError as error:
            raise Unhealthy(f"line_items/{place}: quantity or subtotalValue {error}") from error
        # What cannot be resolved stays null, and Optiply refuses it.
        known = _resolved(line, "productId", products)
        made["productId"] = line.get("productId") if known is None else known
        if of_purchase and line.get("expectedDeliveryDate") is not None:
            made["expectedDeliveryDate"] = line["expectedDeliveryDate"]
        found.append(made)
    return found
