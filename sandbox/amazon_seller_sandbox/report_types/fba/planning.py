"""The inventory planning report ("manage inventory health"): 99 columns, as seen in 2026."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_seller_sandbox.files.tables import Column, Table, plain
from amazon_seller_sandbox.report_types.fba.cool_downs import DAILY
from amazon_seller_sandbox.report_types.fba.inventory import (
    Item,
    Snapshot,
    date_of,
    items,
    recommended,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.files.tables import Value
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.world import Business, World

AGES = ("0-to-30", "31-to-60", "61-to-90", "91-to-180", "181-to-270", "271-to-365")
"""Days; the spans in which the units of a SKU are counted, youngest first."""
SURCHARGES = (
    "181-210", "211-240", "241-270", "271-300", "301-330", "331-365", "366-455", "456-plus",
)  # fmt: skip
"""Days of age from which Amazon charges more for storage."""
_RATE = 0.5


def _ages(item: Item) -> dict[str, int]:
    """Return how many of the sellable units are how old; together they are all."""
    rest = item.stock.fulfillable
    found = {}
    for number, age in enumerate(AGES[:-1]):
        found[age] = rest // 2 if item.chance[6 + number] % 3 else rest
        rest -= found[age]
    return found | {AGES[-1]: rest}


def _age_columns(item: Item) -> dict[str, Value]:
    ages = _ages(item)
    old = ages["271-to-365"]
    return {
        **{f"inv-age-{age}-days": count for age, count in ages.items()},
        "inv-age-0-to-90-days": ages["0-to-30"] + ages["31-to-60"] + ages["61-to-90"],
        "inv-age-181-to-330-days": ages["181-to-270"] + old // 2,
        "inv-age-331-to-365-days": old - old // 2,
        "inv-age-366-to-455-days": 0,
        "inv-age-456-plus-days": 0,
        "Inventory age snapshot date": date_of(item, -1),
    }


def _surcharge_columns(item: Item) -> dict[str, Value]:
    old = _ages(item)["181-to-270"]
    found: dict[str, Value] = {}
    for number, age in enumerate(SURCHARGES):
        count = old // 3 if number < 3 else 0  # noqa: PLR2004 - 181 to 270 days are three spans
        found[f"quantity-to-be-charged-ais-{age}-days"] = count
        found[f"estimated-ais-{age}-days"] = round(count * _RATE * (number + 1), 2)
    return found


def _sales_columns(item: Item) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for days in (7, 30, 60, 90):
        units = item.sold * days // 30
        found[f"units-shipped-t{days}"] = units
        found[f"sales-shipped-last-{days}-days"] = round(units * item.price, 2)
    weeks = round(item.stock.fulfillable / item.sold * 4, 1) if item.sold else None
    on_sale = item.chance[11] % 5 == 0
    return found | {
        "sell-through": round(item.sold * 3 / item.stock.fulfillable, 2)
        if item.stock.fulfillable
        else None,
        "weeks-of-cover-t30": weeks,
        "weeks-of-cover-t90": weeks,
        "days-of-supply": item.days_of_supply,
        "your-price": item.price,
        "sales-price": round(item.price * 0.9, 2) if on_sale else None,
        "lowest-price-new-plus-shipping": round(item.price * 0.97, 2),
        "lowest-price-used": None,
        "featuredoffer-price": item.price,
        "sales-rank": item.chance[12] % 400_000 + 1,
        "no-sale-last-6-months": 0 if item.sold else item.stock.fulfillable,
    }


def _supply_columns(item: Item) -> dict[str, Value]:
    stock, (orders, transfers, processing) = item.stock, item.reserved
    excess = max(stock.fulfillable - item.sold * 3, 0)
    supply = item.days_of_supply
    quantity = recommended(item)
    return {
        "available": stock.fulfillable,
        "fc-transfer": stock.fc_transfer,
        "pending-removal-quantity": item.chance[13] % 4 if item.chance[13] % 9 == 0 else 0,
        "unfulfillable-quantity": stock.unsellable,
        "inbound-quantity": item.inbound,
        "inbound-working": stock.inbound_working,
        "inbound-shipped": stock.inbound_shipped,
        "inbound-received": stock.inbound_receiving,
        "Total Reserved Quantity": stock.reserved,
        "Reserved FC Processing": processing,
        "Reserved Customer Order": orders,
        "Reserved Staging": transfers,
        "Inventory Supply at FBA": stock.fulfillable + item.inbound,
        "estimated-excess-quantity": excess,
        "recommended-removal-quantity": excess // 4,
        "recommended-action": "Create Sponsored Products ad" if excess else "No action required",
        "alert": "Low traffic" if excess and not item.sold else None,
        "estimated-cost-savings-of-recommended-actions": round(excess * 0.08, 2),
        "fba-minimum-inventory-level": item.sold,
        "fba-inventory-level-health-status": "Excess" if excess else "Healthy",
        "historical-days-of-supply": supply,
        "Short term historical days of supply": supply,
        "Long term historical days of supply": supply,
        "Last updated date for Historical Days of Supply": date_of(item, -1),
        "Exempted from Low-Inventory-Level fee?": item.chance[14] % 3 == 0,
        "Low-Inventory-Level fee applied in current week?": False,
        "Recommended ship-in quantity": quantity,
        "Recommended ship-in date": date_of(item, 7) if quantity else None,
        "Total Days of Supply (including units from open shipments)": supply,
    }


def _product_columns(item: Item) -> dict[str, Value]:
    listing, volume = item.listing, float(item.stock.volume)
    return {
        "snapshot-date": date_of(item),
        "sku": listing.sku,
        "fnsku": listing.fnsku,
        "asin": listing.asin,
        "product-name": item.title,
        "condition": "New",
        "currency": item.market.currency,
        "marketplace": item.market.country,
        "product-group": "gl_lawn_and_garden",
        "item-volume": volume,
        "volume-unit-measurement": "cubic feet" if item.market.country == "US" else "cubic meters",
        "storage-type": "Standard-size",
        "storage-volume": round(volume * item.stock.fulfillable, 2),
        "estimated-storage-cost-next-month": round(volume * item.stock.fulfillable * 0.78, 2),
        "supplier": "unassigned",
        "is-seasonal-in-next-3-months": False,
        "season-name": None,
        "season-start-date": None,
        "season-end-date": None,
        "Fulfillment Service and Programs": None,
        "DEPRECATED healthy-inventory-level": None,
        "recommended-sales-price": None,
        "recommended-sale-duration-days": None,
    }


_PARTS = (
    _product_columns, _supply_columns, _age_columns, _sales_columns, _surcharge_columns,
)  # fmt: skip
HEADERS = (
    "snapshot-date", "sku", "fnsku", "asin", "product-name", "condition", "available", "fc-transfer",
    "pending-removal-quantity", "inv-age-0-to-90-days", "inv-age-91-to-180-days",
    "inv-age-181-to-270-days", "inv-age-271-to-365-days", "inv-age-366-to-455-days",
    "inv-age-456-plus-days", "currency", "units-shipped-t7", "units-shipped-t30",
    "units-shipped-t60", "units-shipped-t90", "alert", "your-price", "sales-price",
    "lowest-price-new-plus-shipping", "lowest-price-used", "recommended-action",
    "DEPRECATED healthy-inventory-level", "recommended-sales-price",
    "recommended-sale-duration-days", "recommended-removal-quantity",
    "estimated-cost-savings-of-recommended-actions", "sell-through", "item-volume",
    "volume-unit-measurement", "storage-type", "storage-volume", "marketplace", "product-group",
    "sales-rank", "days-of-supply", "estimated-excess-quantity", "weeks-of-cover-t30",
    "weeks-of-cover-t90", "featuredoffer-price", "sales-shipped-last-7-days",
    "sales-shipped-last-30-days", "sales-shipped-last-60-days", "sales-shipped-last-90-days",
    "inv-age-0-to-30-days", "inv-age-31-to-60-days", "inv-age-61-to-90-days",
    "inv-age-181-to-330-days", "inv-age-331-to-365-days", "estimated-storage-cost-next-month",
    "inbound-quantity", "inbound-working", "inbound-shipped", "inbound-received",
    "no-sale-last-6-months", "Total Reserved Quantity", "unfulfillable-quantity",
    *(
        name
        for age in SURCHARGES
        for name in (f"quantity-to-be-charged-ais-{age}-days", f"estimated-ais-{age}-days")
    ),
    "historical-days-of-supply", "fba-minimum-inventory-level",
    "fba-inventory-level-health-status", "Recommended ship-in quantity",
    "Recommended ship-in date", "Last updated date for Historical Days of Supply",
    "Exempted from Low-Inventory-Level fee?", "Low-Inventory-Level fee applied in current week?",
    "Short term historical days of supply", "Long term historical days of supply",
    "Inventory age snapshot date", "Inventory Supply at FBA", "Reserved FC Processing",
    "Reserved Customer Order", "Reserved Staging",
    "Total Days of Supply (including units from open shipments)", "supplier",
    "is-seasonal-in-next-3-months", "season-name", "season-start-date", "season-end-date",
    "Fulfillment Service and Programs",
)  # fmt: skip


def _yes_or_no(value: Value) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return plain(value)


def _column(header: str) -> Column[dict[str, Value]]:
    return Column(header, lambda row: row[header], _yes_or_no)


_TABLE = Table(tuple(_column(header) for header in HEADERS))


def _rows(
    world: World, business: Business, market: Marketplace, as_of: int
) -> Iterator[dict[str, Value]]:
    for item in items(world, business, market, as_of):
        row: dict[str, Value] = {}
        for part in _PARTS:
            row |= part(item)
        yield row


SNAPSHOTS = {
    "fba_inventory_planning": Snapshot(
        "GET_FBA_INVENTORY_PLANNING_DATA", _rows, lambda _: _TABLE, DAILY
    )
}
REPORT_TYPES = tuple(each.report_type() for each in SNAPSHOTS.values())
TRUTH = {stream: each.truth for stream, each in SNAPSHOTS.items()}
