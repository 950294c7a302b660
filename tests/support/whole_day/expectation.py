"""What Optiply must hold after a sync, worked out from the seller's truth in plain loops alone.

The rules are those of docs/reference/mapping.md.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from running import Record
    from whole_day.syncs import Sync

DE, GB, FR = "A1PA6795UKMFR9", "A1F83G8C2ARO7P", "A13V1IB3VIYZZH"
EUROPE = [DE, GB, FR, "APJ6JRA9NG5V4", "A1RKKUPIHCS9HS"]
"""In the order in which a name and a price are looked for."""
BARCODES = ("EAN", "JAN", "UPC")
_NOT_SOLD = ("Pending", "Cancelled")
_LONGEST_NAME = 255
_CENT = Decimal("0.01")

Line = tuple[int, Decimal]
"""Quantity and subtotal."""


@dataclass(frozen=True, slots=True)
class Order:
    """A sell order: when it was placed, its total, and its line of each product."""

    placed: str
    total: Decimal
    lines: Mapping[str, Line]


@dataclass(slots=True)
class Expectation:
    """What Optiply must hold, sync by sync.

    Attributes:
        marketplaces: Those whose listings are products of their own; empty: one product an ASIN.
        main: The marketplace whose name and price come first.
        second_flavour: Whether the listings' quantity is the stock.
        total_of_lines: Whether an order's total is the sum of its lines, as the target makes it.
        products: The products by remoteId.
        orders: The orders by Amazon's number.
        made: How many products were made.
        changed: How often products were changed, disabling included.
        disabled: How often products were disabled.
        left_out: How often a sold line had no product.
        waiting: Numbers of the orders of which no line has a product yet.
        sold_out: How often a product was kept with stock 0, since none of its listings was for sale.
        delayed: Orders by number as they are if they are sent later, when more of their products are
            known: an order that Optiply refused at first goes out as it is by then.
    """

    marketplaces: tuple[str, ...] = ()
    main: str | None = None
    second_flavour: bool = False
    total_of_lines: bool = False
    products: dict[str, Record] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    made: int = 0
    changed: int = 0
    disabled: int = 0
    left_out: int = 0
    waiting: set[str] = field(default_factory=set)
    sold_out: int = 0
    delayed: dict[str, list[Order]] = field(default_factory=dict)

    def after(self, sync: Sync) -> None:
        """Take a sync in."""
        self._take_products(sync)
        self._take_orders(sync)

    def product_of(self, line: Record, _truth: Mapping[str, list[Record]]) -> str | None:
        """Return the product of an order line, if there has ever been one."""
        remote_id = self._remote_id(line["asin"], line["marketplace_id"])
        return remote_id if remote_id in self.products else None

    def _remote_id(self, asin: str, marketplace: str) -> str:
        return f"{asin}_{marketplace}" if self.marketplaces else asin

    def _covers(self, record: Record) -> bool:
        return not self.marketplaces or record["marketplace_id"] in self.marketplaces

    def _take_products(self, sync: Sync) -> None:
        now = self._products_now(sync.truth, self._named(sync))
        for remote_id, product in self.products.items():
            # What is missing among listings that came twice, once in part, may be there next time.
            is_gone = remote_id not in now and product["status"] == "enabled"
            if is_gone and self._places(remote_id, sync) <= sync.whole:
                now[remote_id] = {**product, "status": "disabled"}
                self.disabled += 1
        for remote_id, product in now.items():
            before = self.products.get(remote_id)
            if before is None:
                self.made += 1
                continue
            if product["price"] is None:  # Optiply keeps the last one: it takes no null
                product["price"] = before["price"]
            self.changed += before != product
        self.products |= now

    def _places(self, remote_id: str, sync: Sync) -> set[str]:
        """Return the marketplaces whose listings report a product."""
        if self.marketplaces:
            return {remote_id.partition("_")[2]}
        return {each["marketplace_id"] for each in sync.truth["products_inventory"]}

    def _named(self, sync: Sync) -> set[str]:
        """Return the products that an order line of the input names; orders that wait are among it."""
        waiting = {
            (each["asin"], each["marketplace_id"])
            for each in sync.truth["order_items"]
            if each["amazon_order_id"] in self.waiting
        }
        return {self._remote_id(*each) for each in sync.ordered | waiting}

    def _products_now(
        self, truth: Mapping[str, list[Record]], named: set[str]
    ) -> dict[str, Record]:
        listings: dict[str, list[Record]] = defaultdict(list)
        for each in truth["products_inventory"]:
            if each["asin1"] and self._covers(each):
                listings[self._remote_id(each["asin1"], each["marketplace_id"])].append(each)
        in_fba: dict[tuple[str, str], int] = defaultdict(int)
        stock: dict[str, int] = defaultdict(int)
        for each in truth["warehouse_inventory"]:
            if self._covers(each):
                local = each["afn_fulfillable_quantity_local"]
                units = each["afn_total_quantity"] if local is None else local
                remote_id = self._remote_id(each["asin"], each["marketplace_id"])
                stock[remote_id] += units
                in_fba[remote_id, each["sku"]] += units
        barcodes = self._barcodes(truth["product_catalog"])
        now = {}
        for remote_id, of_product in listings.items():
            used = [each for each in of_product if each["status"] == "Active"]
            if not used and (remote_id in self.products or remote_id in named):
                # Inactive and without stock: sold out, not gone.
                used = [
                    each
                    for each in of_product
                    if not each["quantity"] and not in_fba[remote_id, each["seller_sku"]]
                ]
                self.sold_out += bool(used)
                stock[remote_id] = 0
            if used:
                code = barcodes.get(remote_id)
                now[remote_id] = self._product(remote_id, used, stock[remote_id], code)
        return now

    def _product(
        self, remote_id: str, listings: list[Record], fba_stock: int, barcode: str | None
    ) -> Record:
        first = [self.main] if self.main else []
        order = [*first, *self.marketplaces, *EUROPE]
        ordered = sorted(
            listings, key=lambda each: (order.index(each["marketplace_id"]), each["seller_sku"])
        )
        own: dict[str, int] = {}  # a SKU's quantity is one stock, however many marketplaces show it
        for each in listings:
            sku = each["seller_sku"]
            own[sku] = max(own.get(sku, 0), each["quantity"] or 0)
        return {
            "name": ordered[0]["item_name"][:_LONGEST_NAME],
            "skuCode": min(each["seller_sku"] for each in listings),
            "eanCode": barcode,
            "articleCode": remote_id.partition("_")[0],
            "price": self._price(ordered),
            "stockLevel": sum(own.values()) if self.second_flavour or not fba_stock else fba_stock,
            "unlimitedStock": False,
            "status": "enabled",
        }

    def _price(self, ordered: list[Record]) -> Decimal | None:
        currency = ordered[0]["currency"]
        if self.main and not self.marketplaces:
            currency = "GBP" if self.main == GB else "EUR"
        prices = [each["price"] for each in ordered if each["currency"] == currency]
        return cents(prices[0]) if prices else None

    def _barcodes(self, catalog: Iterable[Record]) -> dict[str, str]:
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for each in catalog:
            if self._covers(each):
                remote_id = self._remote_id(each["asin"], each["marketplace_id"])
                found[remote_id] += [
                    (BARCODES.index(kind), code.zfill(13)) for kind, code in barcodes_of(each)
                ]
        return {remote_id: min(codes)[1] for remote_id, codes in found.items() if codes}

    def _take_orders(self, sync: Sync) -> None:
        lines: dict[str, list[Record]] = defaultdict(list)
        for each in sync.truth["order_items"]:
            if not str(each["item_status"]).startswith("Cancelled") and each["quantity"] > 0:
                lines[each["amazon_order_id"]].append(each)
        for order in sync.truth["orders"]:
            number = order["amazon_order_id"]
            sold = not order["order_status"].startswith(_NOT_SOLD)
            if number in self.orders and sold:
                left_out = self.left_out
                later = self._order(order, self._merged(lines[number], sync.truth))
                self.left_out = left_out
                self.delayed.setdefault(number, []).append(later)
            if number not in self.orders and sold and self._covers(order):
                merged = self._merged(lines[number], sync.truth)
                self.waiting.discard(number)
                if merged:
                    self.orders[number] = self._order(order, merged)
                elif lines[number]:
                    self.waiting.add(number)

    def _merged(self, lines: list[Record], truth: Mapping[str, list[Record]]) -> dict[str, Line]:
        merged: dict[str, Line] = {}
        for each in lines:
            product = self.product_of(each, truth)
            if product is None:
                self.left_out += 1
                continue
            quantity, subtotal = merged.get(product, (0, Decimal(0)))
            price = cents(each["item_price"] or 0)
            merged[product] = quantity + each["quantity"], subtotal + price
        return merged

    def _order(self, order: Record, lines: dict[str, Line]) -> Order:
        total = sum((subtotal for _, subtotal in lines.values()), Decimal(0))
        if order["order_total"] is not None and not self.total_of_lines:
            total = cents(order["order_total"])
        placed = order["purchase_date"].replace("+00:00", "Z")
        return Order(placed, total, lines)


@dataclass(slots=True)
class OtherShops(Expectation):
    """The same for sell orders of another shop's products, which stay as they are, known by Optiply id.

    Attributes:
        key: ``eanCode`` or ``skuCode``.
        ambiguous: How often a sold line had several products.
        codes: The EANs of each ASIN when the catalog last had any.
    """

    key: str = "eanCode"
    ambiguous: int = 0
    codes: dict[str, set[str]] = field(default_factory=dict)

    def product_of(self, line: Record, truth: Mapping[str, list[Record]]) -> str | None:  # noqa: ARG002
        """Return the one product that has the line's SKU, or an EAN of its ASIN."""
        keys = {line["sku"]}
        if self.key == "eanCode":
            keys = self.codes.get(line["asin"], set())
        found = [
            number
            for number, product in self.products.items()
            if product[self.key] and _comparable(product[self.key], self.key) in keys
        ]
        self.ambiguous += len(found) > 1
        return found[0] if len(found) == 1 else None

    def _take_products(self, sync: Sync) -> None:
        now: dict[str, set[str]] = {}
        for each in sync.truth["product_catalog"]:
            now.setdefault(each["asin"], set()).update(
                code.zfill(14) for _, code in barcodes_of(each)
            )
        self.codes |= {asin: codes for asin, codes in now.items() if codes}


def barcodes_of(record: Record) -> list[tuple[str, str]]:
    """Return the type and the digits of a catalog record's barcodes."""
    return [
        (each["identifierType"], each["identifier"])
        for group in record["identifiers"] or ()
        for each in group["identifiers"]
        if each["identifierType"] in BARCODES
    ]


def cents(amount: Any) -> Decimal:
    """Round an amount half up to hundredths."""
    return Decimal(str(amount)).quantize(_CENT, ROUND_HALF_UP)


def _comparable(value: str, key: str) -> str:
    return value.zfill(14) if key == "eanCode" else value
