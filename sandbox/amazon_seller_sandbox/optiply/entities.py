"""The entities of the Optiply API: their attributes, and what ties them to one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amazon_seller_sandbox.optiply.kinds import (
    Addresses,
    Choice,
    Flag,
    Moment,
    Money,
    Number,
    Reference,
    Text,
    Whole,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.optiply.kinds import Kind


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute that a write may send."""

    kind: Kind
    required: bool = False
    """Whether POST must send it."""
    nullable: bool = False
    """Whether null may be sent; but for two fields not documented, so not; strict."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What an order's ``orderLines`` are: objects of another entity, made with it."""

    entity: str
    parent: str
    """The line's attribute that refers to its order."""
    fields: Mapping[str, Field]
    """What a line within an order may send; its product's id as either form."""
    required: bool
    once: bool
    """Whether an order may name each product only once."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity: its name in URLs and in ``type``, and what it is made of."""

    name: str
    first_id: int
    fields: Mapping[str, Field]
    unique: tuple[str, ...] = ()
    """Attributes of which no two objects of an account have the same values."""
    lines: Lines | None = None
    writable: bool = True


_CODE, _NAME = Text(), Text(least=1)
_TOTAL = Money(17, text=True)  # "Max totals: 17 int digits, 2 decimals"
_STATUS = Choice(("enabled", "disabled"), upper=True)
_DAYS = Field(Whole(1, 365), nullable=True)  # since January 2026 null or 1 to 365
_COUNT, _POSITIVE = Whole(0), Whole(1)
# Clients send a stock beyond this as 0; whether the API would refuse it is not documented; strict.
_STOCK = Whole(-9_999_999, 9_999_999)
_SYNCED = {"remoteId": Field(_NAME), "remoteDataSyncedToDate": Field(Moment())}

_PRODUCTS = Entity(
    "products",
    1_000_001,
    {
        "name": Field(_NAME, required=True),
        "stockLevel": Field(_STOCK, required=True),
        "unlimitedStock": Field(Flag(), required=True),
        "skuCode": Field(_CODE),
        "eanCode": Field(_CODE),
        "articleCode": Field(_CODE),
        "price": Field(Money()),
        "status": Field(_STATUS),
        "assembled": Field(Flag()),
        "notBeingBought": Field(Flag()),
        "minimumStock": Field(Number()),  # the target sends it as a float
        "maximumStock": Field(Number()),
        "manualServiceLevel": Field(Number()),
        "ignored": Field(Flag()),
        "resumingPurchase": Field(Flag()),
        "stockMeasurementUnit": Field(Text(10)),
        "createdAtRemote": Field(Moment()),
        # The target sends it; a read shows when Optiply changed the product, all the same.
        "updatedAt": Field(Moment()),
        **_SYNCED,
    },
)
_REACTION = Field(Whole(0, 1))
_SUPPLIERS = Entity(
    "suppliers",
    2_000_001,
    {
        "name": Field(_NAME, required=True),
        "emails": Field(Addresses()),
        "deliveryTime": _DAYS,
        "userReplenishmentPeriod": _DAYS,
        "fixedCosts": Field(Number()),
        "ignored": Field(Flag()),
        "currency": Field(Text(3, "[A-Z]{3}")),  # that it is ISO 4217 is not documented; strict
        "minimumOrderValue": Field(Number()),
        "reactingToLostSales": Field(Flag()),
        "lostSalesReaction": _REACTION,
        "lostSalesMovReaction": _REACTION,
        "backorders": Field(Flag()),
        "backorderThreshold": Field(_COUNT),
        "backordersReaction": _REACTION,
        "maxLoadCapacity": Field(_COUNT),
        "containerVolume": Field(_COUNT),
        "globalLocationNumber": Field(Text(13, "[0-9]{13}")),
        "type": Field(Choice(("vendor", "producer"))),
        **_SYNCED,
    },
)
_SUPPLIER_PRODUCTS = Entity(
    "supplierProducts",
    3_000_001,
    {
        "name": Field(_NAME, required=True),
        "productId": Field(Reference("products"), required=True),
        "supplierId": Field(Reference("suppliers"), required=True),
        "skuCode": Field(_CODE),
        "eanCode": Field(_CODE),
        "articleCode": Field(_CODE),
        "price": Field(Money()),
        "costPrice": Field(Money()),
        "discountPrice": Field(Money()),
        "secondaryCurrencyPrice": Field(Money()),
        "deliveryTime": Field(_COUNT),
        "lotSize": Field(_POSITIVE),
        "minimumPurchaseQuantity": Field(_POSITIVE),
        "economicOrderQuantity": Field(_POSITIVE),
        "freeStock": Field(_COUNT),
        "preferred": Field(Flag()),
        "availability": Field(Flag()),
        "availabilityDate": Field(Moment()),
        "status": Field(_STATUS),
        "weight": Field(Number()),
        "volume": Field(Number()),
        "remoteId": Field(_NAME),
    },
    unique=("supplierId", "productId"),
)


def _line(order: str, *, text: bool) -> dict[str, Field]:
    return {
        # "Cancellation = amount 0": nothing is a quantity, less than nothing is none; strict.
        "quantity": Field(_COUNT, required=True),
        "subtotalValue": Field(_TOTAL, required=True),
        "productId": Field(Reference("products", text=text), required=True),
        "remoteId": Field(_NAME),
        order: Field(
            Reference(f"{order.removesuffix('Id')}s", text=text, owned=True), required=True
        ),
    }


_LINE_IN_ORDER = {
    name: field
    for name, field in _line("sellOrderId", text=True).items()
    if name in ("quantity", "subtotalValue", "productId")
}
_SELL_ORDERS = Entity(
    "sellOrders",
    4_000_001,
    {
        "placed": Field(Moment(), required=True),
        "totalValue": Field(_TOTAL, required=True),
        "completed": Field(Moment()),
        **_SYNCED,
    },
    lines=Lines("sellOrderLines", "sellOrderId", _LINE_IN_ORDER, required=True, once=True),
)
_SELL_ORDER_LINES = Entity("sellOrderLines", 5_000_001, _line("sellOrderId", text=True))
_BUY_ORDERS = Entity(
    "buyOrders",
    6_000_001,
    {
        "placed": Field(Moment(), required=True),
        "totalValue": Field(_TOTAL, required=True),
        "supplierId": Field(Reference("suppliers"), required=True),
        "completed": Field(Moment()),
        "expectedDeliveryDate": Field(Moment()),
        "assembly": Field(Flag()),
        "accountId": Field(Reference("accounts")),
        **_SYNCED,
    },
    lines=Lines(
        "buyOrderLines",
        "buyOrderId",
        _LINE_IN_ORDER | {"expectedDeliveryDate": Field(Moment())},
        required=False,
        once=False,
    ),
)
_BUY_ORDER_LINES = Entity(
    "buyOrderLines",
    7_000_001,
    {
        **_line("buyOrderId", text=False),
        "expectedDeliveryDate": Field(Moment()),
        "remoteDataSyncedToDate": Field(Moment()),
    },
)
_RECEIPT_LINES = Entity(
    "receiptLines",
    8_000_001,
    {
        "occurred": Field(Moment(), required=True),
        "quantity": Field(_POSITIVE, required=True),
        "buyOrderLineId": Field(Reference("buyOrderLines", whole=False, owned=True), required=True),
        **_SYNCED,
    },
)
_PRODUCT_COMPOSITIONS = Entity(
    "productCompositions",
    9_000_001,
    {
        "composedProductId": Field(Reference("products", whole=False), required=True),
        "partProductId": Field(Reference("products", whole=False), required=True),
        "partQuantity": Field(_POSITIVE, required=True),
        **_SYNCED,
    },
    unique=("composedProductId", "partProductId"),
)
_ACCOUNTS = Entity("accounts", 0, {"name": Field(_NAME)}, writable=False)
ENTITIES: Mapping[str, Entity] = {
    each.name: each
    for each in (
        _ACCOUNTS,
        _PRODUCTS,
        _SUPPLIERS,
        _SUPPLIER_PRODUCTS,
        _SELL_ORDERS,
        _SELL_ORDER_LINES,
        _BUY_ORDERS,
        _BUY_ORDER_LINES,
        _RECEIPT_LINES,
        _PRODUCT_COMPOSITIONS,
    )
}
"""By name. Ids of different entities never meet, so that a mix-up is found out."""
