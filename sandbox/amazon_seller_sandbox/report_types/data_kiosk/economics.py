"""The economics of what a seller sells: sales, fees with components, ads, cost and net proceeds.

Sales are those of the account's orders; refunds, fees and ads are functions of seed, listing and day.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.files import json_documents
from amazon_seller_sandbox.report_types.analytics.traffic import Book, amount, parent_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from amazon_seller_sandbox.report_types.data_kiosk.asked import Asked, Row
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.truth import Record
    from amazon_seller_sandbox.world.world import Business, World

_FEE_PER_UNIT = 385
"""Of fulfilment, in minor units: what Amazon takes for a small parcel."""
_FUEL_PER_UNIT = 12
_REFERRAL = 0.15
_ADVERTISED_ONE_IN = 3
_KNOWN_COST_ONE_IN = 4
_KEYS: Mapping[str, tuple[str, ...]] = {
    "MSKU": ("parentAsin", "childAsin", "fnsku", "msku"),
    "CHILD_ASIN": ("parentAsin", "childAsin"),
    "PARENT_ASIN": ("parentAsin",),
}
_COMPONENTS = ("FBA_FULFILLMENT_FEE", "FBA_STORAGE_FEE")


@dataclass(slots=True)
class _Economics:
    """What is counted of a product in some days; amounts in minor units."""

    units: int = 0
    sales: int = 0
    refunded_units: int = 0
    refunded_sales: int = 0
    fulfilled: int = 0
    stored: int = 0
    referral: int = 0
    ads: int = 0
    cost: int = 0

    def add(self, other: _Economics) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


def economics(asked: Asked) -> Iterator[Row]:
    """Yield a row per product and period."""
    aggregate = asked.arguments.get("aggregateBy") or {}
    product = aggregate.get("productId") or "MSKU"
    components = asked.arguments.get("includeComponentsForFeeTypes") or ()
    for market_id in asked.arguments["marketplaceIds"]:
        market = asked.business.account.marketplace(market_id)
        assert market is not None  # noqa: S101 - refused before
        book = Book(asked.world, asked.business, market, asked.as_of)
        for days in asked.periods(aggregate.get("date") or "DAY"):
            yield from _rows(book, days, product, components)


def truth(world: World, business: Business, as_of: int, _since: float) -> Iterator[Record]:
    """Yield the records of a perfect sync: by SKU and day, once the figures of a day are there."""
    for market in business.account.marketplaces:
        book = Book(world, business, market, as_of)
        for day in json_documents.published_days(world.history_start, as_of):
            for row in _rows(book, [day], "MSKU", _COMPONENTS):
                yield json_documents.snake(row)


def _rows(
    book: Book, days: list[date], product: str, components: tuple[str, ...] | list[str]
) -> Iterator[Row]:
    found: dict[tuple[str, ...], _Economics] = {}
    for day in days:
        for listing, figures in _of_day(book, day):
            parent = parent_of(book.business, listing)
            names: tuple[str, ...] = (parent, listing.asin, listing.fnsku, listing.sku)
            found.setdefault(names[: len(_KEYS[product])], _Economics()).add(figures)
    for names, figures in found.items():
        keys = dict.fromkeys(_KEYS["MSKU"]) | dict(zip(_KEYS[product], names, strict=True))
        yield {
            "marketplaceId": book.market.id,
            "startDate": days[0].isoformat(),
            "endDate": days[-1].isoformat(),
            **keys,
            **_row(book, figures, days, components),
        }


def _of_day(book: Book, day: date) -> Iterator[tuple[Listing, _Economics]]:
    if json_documents.begin_of(day) > book.as_of:
        return
    seed = book.world.settings.seed
    prefix = key(seed, book.business.account.key, "economics", book.market.id)
    listings = book.business.listings.all
    for index, sold in book.day(day).items():
        listing = listings[index]
        chance = draws(prefix, (index << 24) + day.toordinal())
        refunded = chance[0] % (sold.units + 1) if sold.units and chance[1] % 5 == 0 else 0
        price = sold.sales // sold.units if sold.units else 0
        is_advertised = chance[2] % _ADVERTISED_ONE_IN == 0
        if not (sold.units or is_advertised):
            continue
        yield (
            listing,
            _Economics(
                units=sold.units,
                sales=sold.sales,
                refunded_units=refunded,
                refunded_sales=refunded * price,
                fulfilled=sold.units if listing.fba else 0,
                stored=chance[3] % 40 if listing.fba else 0,
                referral=round(sold.sales * _REFERRAL),
                ads=chance[4] % 900 if is_advertised else 0,
                cost=listing.base_price // 3 if index % _KNOWN_COST_ONE_IN == 0 else 0,
            ),
        )


def _row(
    book: Book, figures: _Economics, days: list[date], components: tuple[str, ...] | list[str]
) -> dict[str, Any]:
    net_units = figures.units - figures.refunded_units
    net_sales = figures.sales - figures.refunded_sales
    fees = figures.fulfilled * (_FEE_PER_UNIT + _FUEL_PER_UNIT) + figures.stored + figures.referral
    total = net_sales - fees - figures.ads - figures.cost * net_units
    per_unit = amount(book, total / net_units) if net_units else None
    return {
        "sales": {
            "averageSellingPrice": (
                amount(book, figures.sales / figures.units) if figures.units else None
            ),
            "netProductSales": amount(book, net_sales),
            "netUnitsSold": net_units,
            "orderedProductSales": amount(book, figures.sales),
            "refundedProductSales": amount(book, figures.refunded_sales),
            "unitsOrdered": figures.units,
            "unitsRefunded": figures.refunded_units,
        },
        "fees": list(_fees(book, figures, days, components)),
        "ads": (
            [{"adTypeName": "Sponsored Products charge", "charge": _detail(book, figures.ads)}]
            if figures.ads
            else None
        ),
        "cost": _cost(book, figures) if figures.cost else None,
        "netProceeds": {"perUnit": per_unit, "total": amount(book, total)},
    }


def _cost(book: Book, figures: _Economics) -> Row:
    return {
        "costOfGoodsSold": amount(book, figures.cost),
        "fbaCost": None,
        "mfnCost": {"fulfillmentCost": None, "storageCost": None},
        "miscellaneousCost": None,
    }


def _fees(
    book: Book, figures: _Economics, days: list[date], components: tuple[str, ...] | list[str]
) -> Iterator[Row]:
    if figures.fulfilled:
        parts = (("Base fulfillment fee", _FEE_PER_UNIT), ("Fuel surcharge", _FUEL_PER_UNIT))
        size = [{"propertyName": "Product Size Tier", "propertyValue": "Small standard"}]
        found = [
            _component(name, _detail(book, each * figures.fulfilled, figures.fulfilled), size)
            for name, each in parts
        ]
        each = _FEE_PER_UNIT + _FUEL_PER_UNIT
        yield _fee(
            "FBA fulfillment fees",
            _detail(book, each * figures.fulfilled, figures.fulfilled),
            days,
            found if "FBA_FULFILLMENT_FEE" in components else None,
        )
    if figures.stored:
        name = "Base monthly storage fee"
        found = [
            {"name": name, "aggregatedDetail": _detail(book, figures.stored), "properties": None}
        ]
        yield _fee(
            "FBA storage fees",
            _detail(book, figures.stored),
            days,
            found if "FBA_STORAGE_FEE" in components else None,
        )
    if figures.referral:
        yield _fee("Referral fees", _detail(book, figures.referral, figures.units), days, None)


def _component(name: str, detail: Row, properties: list[dict[str, str]] | None) -> Row:
    return {"name": name, "aggregatedDetail": detail, "properties": properties}


def _fee(name: str, detail: Row, days: list[date], components: list[Row] | None) -> Row:
    charge = {
        "identifier": f"{name.replace(' ', '')}-{days[0].isoformat()}",
        "startDate": days[0].isoformat(),
        "endDate": days[-1].isoformat(),
        "aggregatedDetail": detail,
        "components": components,
        "properties": None,
    }
    return {"feeTypeName": name, "charges": [charge]}


def _detail(book: Book, minor: float, quantity: int | None = None) -> Row:
    return {
        "amount": amount(book, minor),
        "amountPerUnit": amount(book, minor / quantity) if quantity else None,
        "amountPerUnitDelta": None,
        "promotionAmount": amount(book, 0),
        "quantity": float(quantity) if quantity else None,
        "taxAmount": amount(book, 0),
        "totalAmount": amount(book, minor),
    }
