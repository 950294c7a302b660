"""Optiply's entities as data: fields, references, how they are named where they are loaded.

Sources: the fields that Optiply's own loaders send (see docs/reference/mapping.md); target-optiply finds
its sink by the stream's exact name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Field(Enum):
    """What a column of an entity holds, and with it how a payload writes it."""

    TEXT = "text"
    WHOLE = "whole number"
    MONEY = "integer hundredths, written as a number with 2 decimals"
    TOTAL = "integer hundredths, written as a number, for target-optiply as text with 2 decimals"
    FLAG = "true or false"
    INSTANT = "YYYY-MM-DDTHH:MM:SSZ as text"


@dataclass(frozen=True, slots=True)
class Reference:
    """How an entity refers to another one.

    Attributes:
        field: The field that holds the other's Optiply id; with ``Remote_`` before it, target-optiply
            takes a remoteId of the same run.
        column: The column of our tables that holds the other's remoteId; its Optiply id is in
            ``{column}_id``.
        entity: Name of the other entity.
        number: Whether the Optiply API wants the id as a number, as in lines of buy orders.
    """

    field: str
    column: str
    entity: str
    number: bool = False

    @property
    def id_column(self) -> str:
        """The column of our tables that holds the other's Optiply id, null where it is not known."""
        return f"{self.column}_id"


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity of Optiply.

    Attributes:
        name: Its name in the Optiply API, such as ``sellOrders``; also its snapshot's, in snake_case.
        stream: Its stream in data.singer.
        snapshot: Name of its snapshot and of its tallies, such as ``sell_orders``.
        schema: Its schema in schemas/optiply.
        fields: Its fields, in the order of payloads and snapshots.
        references: What it refers to.
        lines: Whether a row has lines of products (quantity, subtotalValue) of its own.
        kept_up: Whether changes are sent; what is not kept up is sent once.
        tells_sync_time: Whether the API takes remoteDataSyncedToDate.
        narrowed_by: A field by which the API can look for one of them.
    """

    name: str
    stream: str
    snapshot: str
    schema: str
    fields: dict[str, Field] = field(hash=False)
    references: tuple[Reference, ...] = ()
    lines: bool = False
    kept_up: bool = True
    tells_sync_time: bool = True
    narrowed_by: str | None = None

    @property
    def snapshot_file(self) -> str:
        """Name of the file that remembers what was sent."""
        return f"{self.snapshot}.snapshot.csv"

    @property
    def snapshot_columns(self) -> tuple[str, ...]:
        """Columns of that file."""
        columns = (reference.column for reference in self.references)
        return ("remoteId", "optiply_id", *columns, *self.fields)


_TEXT, _WHOLE, _INSTANT = Field.TEXT, Field.WHOLE, Field.INSTANT
_OF_PRODUCT = Reference("productId", "product", "products")

PRODUCTS = Entity(
    "products",
    stream="Products",
    snapshot="products",
    schema="product",
    fields={
        "name": _TEXT,
        "skuCode": _TEXT,
        "eanCode": _TEXT,
        "articleCode": _TEXT,
        "price": Field.MONEY,
        "stockLevel": _WHOLE,
        "unlimitedStock": Field.FLAG,
        "status": _TEXT,
    },
    narrowed_by="articleCode",
)
SUPPLIERS = Entity(
    "suppliers",
    stream="Suppliers",
    snapshot="suppliers",
    schema="supplier",
    fields={"name": _TEXT},
    narrowed_by="name",
)
SUPPLIER_PRODUCTS = Entity(
    "supplierProducts",
    stream="SupplierProducts",
    snapshot="supplier_products",
    schema="supplier_product",
    fields={
        "name": _TEXT,
        "skuCode": _TEXT,
        "eanCode": _TEXT,
        "articleCode": _TEXT,
        "price": Field.MONEY,
        "lotSize": _WHOLE,
        "status": _TEXT,
    },
    references=(_OF_PRODUCT, Reference("supplierId", "supplier", "suppliers")),
    tells_sync_time=False,
    narrowed_by="articleCode",
)
SELL_ORDERS = Entity(
    "sellOrders",
    stream="SellOrders",
    snapshot="sell_orders",
    schema="sell_order",
    fields={"placed": _INSTANT, "totalValue": Field.TOTAL},
    lines=True,
    kept_up=False,
    narrowed_by="placed",
)
BUY_ORDERS = Entity(
    "buyOrders",
    stream="BuyOrders",
    snapshot="buy_orders",
    schema="buy_order",
    fields={
        "placed": _INSTANT,
        "totalValue": Field.TOTAL,
        "expectedDeliveryDate": _INSTANT,
        "completed": _INSTANT,
    },
    references=(Reference("supplierId", "supplier", "suppliers"),),
    narrowed_by="placed",
)
BUY_ORDER_LINES = Entity(
    "buyOrderLines",
    stream="BuyOrderLines",
    snapshot="buy_order_lines",
    schema="buy_order_line",
    fields={"quantity": _WHOLE, "subtotalValue": Field.TOTAL, "expectedDeliveryDate": _INSTANT},
    references=(
        Reference("productId", "product", "products", number=True),
        Reference("buyOrderId", "buy_order", "buyOrders", number=True),
    ),
    narrowed_by="buyOrderId",
)
RECEIPT_LINES = Entity(
    "receiptLines",
    stream="ReceiptLines",
    snapshot="receipt_lines",
    schema="receipt_line",
    fields={"occurred": _INSTANT, "quantity": _WHOLE},
    references=(Reference("buyOrderLineId", "buy_order_line", "buyOrderLines"),),
    kept_up=False,
    narrowed_by="buyOrderLineId",
)
ENTITIES = (
    PRODUCTS,
    SUPPLIERS,
    SUPPLIER_PRODUCTS,
    SELL_ORDERS,
    BUY_ORDERS,
    BUY_ORDER_LINES,
    RECEIPT_LINES,
)
"""In the order in which they are loaded: what is referred to comes first."""
BY_NAME = {entity.name: entity for entity in ENTITIES}
BY_SNAPSHOT = {entity.snapshot: entity for entity in ENTITIES}
