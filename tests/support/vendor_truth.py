"""What Optiply must hold of a vendor's orders, worked out record by record from the sandbox's truth."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Record = dict[str, Any]
Eans = dict[str, str]
STREAMS = (
    "vendor_purchase_orders",
    "vendor_purchase_orders_status",
    "vendor_fulfilment_orders",
    "vendor_inventory",
)


def in_eaches(quantity: Record) -> int:
    size = quantity["unitSize"] if quantity["unitOfMeasure"] == "Cases" else 1
    return int(quantity["amount"] * size)


def barcode(code: str) -> str | None:
    if not code.isdigit() or len(code) not in (8, 12, 13, 14):
        return None
    padded = code.rjust(14, "0")
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(padded[:13]))
    if str(-total % 10) != padded[13]:
        return None
    return code.rjust(13, "0") if len(code) == 12 else code


def asin_of(item: Record) -> str:
    asin: str = item.get("amazonProductIdentifier") or item["buyerProductIdentifier"]
    return asin


def ean_of(item: Record, eans: Eans) -> str | None:
    """The item's own barcode, else that of its ASIN."""
    return barcode(item["vendorProductIdentifier"]) or eans.get(asin_of(item))


def cents(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))


@dataclass(slots=True)
class Expected:
    """Optiply after so many syncs: entity -> remoteId -> attributes, money as text.

    References are remoteIds: product, supplier, buy_order, buy_order_line.
    """

    products: dict[str, Record] = field(default_factory=dict)
    suppliers: dict[str, Record] = field(default_factory=dict)
    supplier_products: dict[str, Record] = field(default_factory=dict)
    sell_orders: dict[str, Record] = field(default_factory=dict)
    buy_orders: dict[str, Record] = field(default_factory=dict)
    buy_order_lines: dict[str, Record] = field(default_factory=dict)
    receipt_lines: dict[str, Record] = field(default_factory=dict)

    def sync(self, truth: dict[str, list[Record]]) -> None:
        """Take in what is true at the time of a sync."""
        orders, statuses, direct, inventory = (truth[name] for name in STREAMS)
        eans: Eans = {}
        for order in sorted(
            (*orders, *direct),
            key=lambda each: each.get("order_date") or each["purchase_order_date"],
        ):
            for item in order["items"]:
                ean = barcode(item["vendorProductIdentifier"])
                if ean is not None:
                    eans[asin_of(item)] = ean
        self._catalogue(orders, direct, eans)
        self._stock(inventory, eans)
        self._sales(orders, direct, eans)
        self._supply(orders, statuses, eans)

    def _catalogue(self, orders: list[Record], direct: list[Record], eans: Eans) -> None:
        by_date = sorted(
            direct, key=lambda order: (order["order_date"], order["purchase_order_number"])
        )
        titles = {
            ean_of(item, eans): " ".join(item["title"].split())[:255]
            for order in by_date
            for item in order["items"]
        }
        placed = sorted(
            orders, key=lambda order: (order["purchase_order_date"], order["purchase_order_number"])
        )
        bought: set[str] = set()
        for order in (*by_date, *placed):
            supplier = order["selling_party"]["partyId"]
            self.suppliers[supplier] = {"name": supplier}
            is_direct = "order_date" in order
            for item in order["items"]:
                asin, ean = asin_of(item), ean_of(item, eans)
                if ean is None:
                    continue
                pair = f"{ean}_{supplier}"
                price = cents(Decimal(item["netPrice" if is_direct else "netCost"]["amount"]))
                for known, key in ((self.products, ean), (self.supplier_products, pair)):
                    if is_direct and key in known and known[key].pop("new", None) is None:
                        continue  # what a purchase order or an earlier sync said stays
                    row = known.setdefault(key, {})
                    row |= {
                        "skuCode": item["vendorProductIdentifier"],
                        "eanCode": ean,
                        "articleCode": asin,
                        "price": price,
                        "status": "ENABLED",
                    }
                    if is_direct:
                        row["new"] = True
                self.products[ean].setdefault("stockLevel", 0)
                name = self.products[ean].get("name", asin)
                self.products[ean]["name"] = titles.get(ean, name) if name == asin else name
                row = self.supplier_products[pair]
                row |= {"product": ean, "supplier": supplier}
                row.setdefault("lotSize", 1)
                if not is_direct:
                    bought.add(pair)
                    quantity = item["orderedQuantity"]
                    in_cases = quantity["unitOfMeasure"] == "Cases"
                    row["lotSize"] = quantity["unitSize"] if in_cases else 1
        for pair, row in self.supplier_products.items():
            row["name"] = self.products[pair.split("_")[0]]["name"]
            row.pop("new", None)
        for row in self.products.values():
            row.pop("new", None)

    def _stock(self, inventory: list[Record], eans: Eans) -> None:
        latest: dict[str, str] = {}
        for record in inventory:
            market = record["marketplace_id"]
            latest[market] = max(latest.get(market, ""), record["end_date"])
        units: dict[str | None, int] = defaultdict(int)
        for record in inventory:
            if record["end_date"] == latest[record["marketplace_id"]]:
                units[eans.get(record["asin"])] += record["sellable_on_hand_inventory_units"]
        for ean, product in self.products.items():
            product["stockLevel"] = max(units.get(ean, 0), 0)

    def _sales(self, orders: list[Record], direct: list[Record], eans: Eans) -> None:
        accepted = [
            (each, each["purchase_order_date"], "netCost")
            for each in orders
            if each["purchase_order_state"] in ("Acknowledged", "Closed")
        ]
        accepted += [
            (each, each["order_date"], "netPrice")
            for each in direct
            if each["order_status"] in ("ACCEPTED", "SHIPPED")
        ]
        for order, placed, price in accepted:
            number = order["purchase_order_number"]
            lines: dict[str, tuple[int, Decimal]] = {}
            for item in order["items"]:
                ean, quantity = ean_of(item, eans), in_eaches(item["orderedQuantity"])
                if ean is not None and quantity > 0:
                    sold, value = lines.get(ean, (0, Decimal(0)))
                    more = quantity * Decimal(item[price]["amount"])
                    lines[ean] = (sold + quantity, value + more)
            if lines and number not in self.sell_orders:
                self.sell_orders[number] = {
                    "placed": placed.replace("+00:00", "Z"),
                    "totalValue": cents(sum((value for _, value in lines.values()), Decimal(0))),
                    "lines": {ean: (sold, cents(value)) for ean, (sold, value) in lines.items()},
                }

    def _supply(self, orders: list[Record], statuses: list[Record], eans: Eans) -> None:
        windows = {order["purchase_order_number"]: order["delivery_window"] for order in orders}
        for status in statuses:
            number = status["purchase_order_number"]
            end = windows[number].split("--")[1]
            total = Decimal(0)
            for item in status["item_status"]:
                ean = ean_of(item, eans)
                if ean is None:
                    continue
                line = f"{number}_{item['itemSequenceNumber']}"
                acknowledged = item["acknowledgementStatus"]
                quantity = in_eaches(item["orderedQuantity"]["orderedQuantity"])
                if acknowledged["confirmationStatus"] != "UNCONFIRMED":
                    quantity = in_eaches(acknowledged["acceptedQuantity"])
                value = quantity * Decimal(item["netCost"]["amount"])
                total += value
                self.buy_order_lines[line] = {
                    "product": ean,
                    "buy_order": number,
                    "quantity": quantity,
                    "subtotalValue": cents(value),
                    "expectedDeliveryDate": end,
                }
                self._receive(line, item["receivingStatus"])
            if any(line.startswith(f"{number}_") for line in self.buy_order_lines):
                self.buy_orders[number] = {
                    "supplier": status["selling_party"]["partyId"],
                    "placed": status["purchase_order_date"].replace("+00:00", "Z"),
                    "totalValue": cents(total),
                    "expectedDeliveryDate": end,
                }
                if status["purchase_order_status"] == "CLOSED":
                    completed = status["last_updated_date"].replace("+00:00", "Z")
                    self.buy_orders[number]["completed"] = completed

    def _receive(self, line: str, receiving: Record) -> None:
        received = in_eaches(receiving["receivedQuantity"])
        before = sum(
            each["quantity"]
            for each in self.receipt_lines.values()
            if each["buy_order_line"] == line
        )
        if received > before:
            self.receipt_lines[f"{line}_{received}"] = {
                "buy_order_line": line,
                "quantity": received - before,
                "occurred": receiving["lastReceiveDate"].replace("+00:00", "Z"),
            }


_NAMES = {
    "products": "products",
    "suppliers": "suppliers",
    "supplier_products": "supplierProducts",
    "sell_orders": "sellOrders",
    "buy_orders": "buyOrders",
    "buy_order_lines": "buyOrderLines",
    "receipt_lines": "receiptLines",
}
_REFERS = {
    "productId": ("product", "products"),
    "supplierId": ("supplier", "suppliers"),
    "buyOrderId": ("buy_order", "buyOrders"),
    "buyOrderLineId": ("buy_order_line", "buyOrderLines"),
}
_GIVEN = {
    "id", "uuid", "accountId", "createdAt", "updatedAt", "createdFromPublicApi", "remoteIdMap",
    "remoteDataSyncedToDate", "unlimitedStock", "orderLines", "type",
}  # fmt: skip


def held(dump: dict[str, list[Record]], remote_ids: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Return what Optiply holds as `Expected` has it.

    Args:
        dump: Everything in Optiply.
        remote_ids: Entity of Optiply -> id -> remoteId.
    """
    found: dict[str, dict[str, Record]] = {}
    for ours, theirs in _NAMES.items():
        rows = found.setdefault(ours, {})
        for thing in dump[theirs]:
            row = {name: value for name, value in thing.items() if name not in _GIVEN}
            for name, (ref, entity) in _REFERS.items():
                if name in row:
                    row[ref] = remote_ids[entity][str(row.pop(name))]
            if theirs == "sellOrders":
                row["lines"] = {
                    remote_ids["products"][str(line["productId"])]: (
                        line["quantity"],
                        line["subtotalValue"],
                    )
                    for line in thing["orderLines"]
                }
            remote_id = remote_ids[theirs][thing["id"]]
            assert remote_id not in rows, f"{theirs} {remote_id} is there twice"
            rows[remote_id] = row
    return found
