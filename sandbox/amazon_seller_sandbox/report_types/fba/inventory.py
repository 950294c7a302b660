"""Reports on FBA stock as it stands: by condition and country, reserved, stranded, to be restocked.

All are views of :mod:`amazon_seller_sandbox.stock`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from amazon_seller_sandbox.chance import draws, key, pick
from amazon_seller_sandbox.clock import DAY
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.files.tables import Column, Table, cents
from amazon_seller_sandbox.report_types.fba.cool_downs import NEAR_REAL_TIME
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_FBA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.files.tables import Value
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.stock import Stock
    from amazon_seller_sandbox.world.world import Business, World

Row = TypeVar("Row")

MONTH_FIRST = ("US", "CA")
"""Where dates with slashes begin with the month."""


class Item(NamedTuple):
    """One SKU's stock in a marketplace's report, and the chance of all else that the report says."""

    stock: Stock
    market: Marketplace
    chance: tuple[int, ...]
    as_of: int
    condition: str = "SELLABLE"
    """The disposition, in reports that have a row for each."""

    @property
    def listing(self) -> Listing:
        """Return the listing."""
        return self.stock.listing

    @property
    def title(self) -> str:
        """Return the product's title in the marketplace's language."""
        return self.listing.titles[self.market.id]

    @property
    def price(self) -> float:
        """Return the price in the marketplace's currency."""
        return self.stock.price / self.market.minor_units

    @property
    def inbound(self) -> int:
        """Return the units on their way."""
        stock = self.stock
        return stock.inbound_working + stock.inbound_shipped + stock.inbound_receiving

    @property
    def reserved(self) -> tuple[int, int, int]:
        """Return the reserved units by reason: buyers' orders, transfers, processing."""
        total = self.stock.reserved
        orders = self.chance[0] % (total + 1)
        transfers = self.chance[1] % (total - orders + 1)
        return orders, transfers, total - orders - transfers

    @property
    def sold(self) -> int:
        """Return the units sold in the last 30 days."""
        return self.chance[2] % 90 if self.chance[2] % 4 else 0

    @property
    def days_of_supply(self) -> int | None:
        """Return for how many days the stock will do; None where nothing is sold."""
        return self.stock.fulfillable * 30 // self.sold if self.sold else None


def items(
    world: World, business: Business, market: Marketplace, as_of: int, *, every: int = 1
) -> Iterator[Item]:
    """Yield the FBA stock of a marketplace, or that of some SKUs."""
    prefix = key(world.settings.seed, business.account.key, "fba-item", market.country)
    for stock in business.stock.rows(market, as_of):
        index = stock.listing.index
        if every == 1 or index % every == every // 2:
            yield Item(stock, market, draws(prefix, index), as_of)


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[Row]):
    """One report type: its rows in a marketplace, and the columns that its file has there."""

    name: str
    rows: Callable[[World, Business, Marketplace, int], Iterator[Row]]
    table: Callable[[Marketplace], Table[Row]]
    cool_down: int = NEAR_REAL_TIME
    of_all_countries: bool = False
    """Whether a report covers all the account's marketplaces, whichever is asked."""
    numbered: bool = False
    """Whether rows may share their keys; none here does."""
    more: dict[str, Any] = field(default_factory=dict)
    """What else there is to say about the report type."""

    def report_type(self) -> ReportType:
        """Return the report type."""
        return ReportType(
            self.name,
            self._content,
            ROLE_FBA,
            **{"cool_down": self.cool_down, "compressed": None, **self.more},
        )

    def _content(self, asked: Asked) -> Content:
        account = asked.business.account
        rows = (
            row
            for market in (account.marketplaces if self.of_all_countries else (asked.market,))
            for row in self.rows(asked.world, asked.business, market, asked.as_of)
        )
        lines = self.table(asked.market).lines(rows)
        return Content(lines, asked.market.charsets.stock, asked.compressed)

    def truth(
        self, world: World, business: Business, as_of: int, _since: float
    ) -> Iterator[dict[str, Any]]:
        """Yield the true records."""
        regions = self.more.get("regions", ())
        for market in business.account.marketplaces:
            if regions and business.account.region not in regions:
                continue
            table, charset = self.table(market), market.charsets.stock
            number: dict[str, Value] = {"line_number": 1} if self.numbered else {}
            for row in self.rows(world, business, market, as_of):
                yield table.record(row, charset, marketplace_id=market.id, **number)


def _by_country(
    world: World, business: Business, market: Marketplace, as_of: int
) -> Iterator[Item]:
    for item in items(world, business, market, as_of):
        if item.stock.local or item.listing.index % 4 == 0:
            yield item


def _by_condition(
    world: World, business: Business, market: Marketplace, as_of: int
) -> Iterator[Item]:
    for item in items(world, business, market, as_of):
        yield item
        if item.stock.unsellable:
            yield item._replace(condition="UNSELLABLE")


def _reserved(world: World, business: Business, market: Marketplace, as_of: int) -> Iterator[Item]:
    return (item for item in items(world, business, market, as_of) if item.stock.reserved)


_IDENTITY: tuple[Column[Item], ...] = (
    Column("seller-sku", lambda item: item.listing.sku),
    Column("fulfillment-channel-sku", lambda item: item.listing.fnsku),
    Column("asin", lambda item: item.listing.asin),
    Column("condition-type", lambda _: "NewItem"),
)
_COUNTRIES: Table[Item] = Table(
    (
        *_IDENTITY,
        Column("country", lambda item: item.market.country),
        Column("quantity-for-local-fulfillment", lambda item: item.stock.local),
    )
)
_CONDITIONS: Table[Item] = Table(
    (
        *_IDENTITY,
        Column("Warehouse-Condition-code", lambda item: item.condition),
        Column(
            "Quantity Available",
            lambda item: (
                item.stock.fulfillable if item.condition == "SELLABLE" else item.stock.unsellable
            ),
        ),
    )
)
_TRANSFERS: Column[Item] = Column("reserved_fc-transfers", lambda item: item.reserved[1])


def _reserved_table(market: Marketplace) -> Table[Item]:
    """Return the columns as documented, and those of the US as seen in 2026."""
    american = market.country == "US"
    staging: tuple[Column[Item], ...] = (
        Column("reserved_staging", lambda item: item.reserved[1]),
        Column("program", lambda _: None),
    )
    return Table(
        (
            Column("sku", lambda item: item.listing.sku),
            Column("fnsku", lambda item: item.listing.fnsku),
            Column("asin", lambda item: item.listing.asin),
            Column("product-name", lambda item: item.title),
            Column("reserved_qty", lambda item: item.stock.reserved),
            Column("reserved_customerorders", lambda item: item.reserved[0]),
            *(() if american else (_TRANSFERS,)),
            Column("reserved_fc-processing", lambda item: item.reserved[2]),
            *(staging if american else ()),
        )
    )


def _slashed(country: str, value: Value) -> str:
    """Write a date as the marketplace does."""
    if value is None:
        return ""
    year, month, day = str(value).split("-")
    if country == "JP":
        return f"{year}/{month}/{day}"
    return f"{month}/{day}/{year}" if country in MONTH_FIRST else f"{day}/{month}/{year}"


def recommended(item: Item) -> int:
    """Return how many units Amazon recommends to send: 60 days of sales, less what there is."""
    return max(item.sold * 2 - item.stock.fulfillable - item.inbound, 0)


def date_of(item: Item, days: int = 0) -> str:
    """Return the marketplace's date at the time of the report, or so many days later."""
    moment = datetime.fromtimestamp(item.as_of, ZoneInfo(item.market.zone))
    return (moment.date() + timedelta(days=days)).isoformat()


def _ship_date(item: Item) -> str | None:
    return date_of(item, item.chance[3] % 30) if recommended(item) else None


def _supply_with_inbound(item: Item) -> int | None:
    if not item.sold:
        return None
    return (item.stock.fulfillable + item.inbound) * 30 // item.sold


def _restock_alert(item: Item) -> str | None:
    if not item.sold or item.stock.fulfillable > item.sold:
        return None
    return "low_stock" if item.stock.fulfillable else "out_of_stock"


def _restock_table(market: Marketplace) -> Table[Item]:
    return Table(
        (
            Column(
                "Country/Region Code" if market.country == "US" else "Country",
                lambda item: item.market.country,
                name="country",
            ),
            Column("Product Name", lambda item: item.title),
            Column("FNSKU", lambda item: item.listing.fnsku),
            Column("Merchant SKU", lambda item: item.listing.sku),
            Column("ASIN", lambda item: item.listing.asin),
            Column("Condition", lambda _: "New"),
            Column("Supplier", lambda _: "unassigned"),
            Column("Supplier part no.", lambda _: None),
            Column("Currency code", lambda item: item.market.currency),
            Column("Price", lambda item: item.price, cents),
            Column("Sales last 30 days", lambda item: round(item.sold * item.price, 2), cents),
            Column("Units Sold Last 30 Days", lambda item: item.sold),
            Column("Total Units", lambda item: item.stock.total),
            Column("Inbound", lambda item: item.inbound),
            Column("Available", lambda item: item.stock.fulfillable),
            Column("FC transfer", lambda item: item.reserved[1]),
            Column("FC Processing", lambda item: item.reserved[2]),
            Column("Customer Order", lambda item: item.reserved[0]),
            Column("Unfulfillable", lambda item: item.stock.unsellable),
            Column("Working", lambda item: item.stock.inbound_working),
            Column("Shipped", lambda item: item.stock.inbound_shipped),
            Column("Receiving", lambda item: item.stock.inbound_receiving),
            Column("Fulfilled by", lambda _: "Amazon"),
            Column(
                "Total Days of Supply (including units from open shipments)", _supply_with_inbound
            ),
            Column(
                "Days of Supply at Amazon Fulfillment Network", lambda item: item.days_of_supply
            ),
            Column("Alert", _restock_alert),
            Column("Recommended replenishment qty", recommended),
            Column("Recommended ship date", _ship_date, partial(_slashed, market.country)),
            Column("Recommended action", lambda item: "Send" if recommended(item) else "No action"),
            Column(
                "Unit storage size",
                lambda item: f"{item.stock.volume} {'ft3' if market.country == 'US' else 'm3'}",
            ),
        )
    )


_STRANDED_REASONS = (
    ("Create new listing", "Closed", "Closed, listing"),
    ("Edit listing", "Inactive", "Out of stock"),
    ("Relist", "Inactive", "Fulfillment channel mismatch"),
)


def _reason(item: Item) -> tuple[str, str, str]:
    return pick(_STRANDED_REASONS, item.chance[4])


def _stranded_since(item: Item) -> int:
    """Return an instant between one and 30 days ago that a later report says in the same way."""
    month = 30 * DAY
    phase = item.chance[5] % month
    return (item.as_of - DAY + phase) // month * month - phase


def _utc(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat()


_STRANDED: Table[Item] = Table(
    (
        Column("primary-action", lambda item: _reason(item)[0]),
        Column("date-stranded", lambda item: _utc(_stranded_since(item))),
        Column("Date-to-take-auto-removal", lambda item: _utc(_stranded_since(item) + 60 * DAY)),
        Column("status-primary", lambda item: _reason(item)[1]),
        Column("status-secondary", lambda _: None),
        Column("error-message", lambda _: None),
        Column("stranded-reason", lambda item: _reason(item)[2]),
        Column("asin", lambda item: item.listing.asin),
        Column("sku", lambda item: item.listing.sku),
        Column("fnsku", lambda item: item.listing.fnsku),
        Column("product-name", lambda item: item.title),
        Column("condition", lambda _: "New"),
        Column("fulfilled-by", lambda item: item.market.network),
        Column("fulfillable-qty", lambda item: item.stock.fulfillable),
        Column("your-price", lambda item: item.price, cents),
        Column("unfulfillable-qty", lambda item: item.stock.unsellable),
        Column("reserved-quantity", lambda item: item.stock.reserved),
        Column("inbound-shipped-qty", lambda item: item.stock.inbound_shipped),
    )
)

SNAPSHOTS = {
    "afn_inventory": Snapshot("GET_AFN_INVENTORY_DATA", _by_condition, lambda _: _CONDITIONS),
    "afn_inventory_country": Snapshot(
        "GET_AFN_INVENTORY_DATA_BY_COUNTRY",
        _by_country,
        lambda _: _COUNTRIES,
        of_all_countries=True,
        more={"regions": ("EU",)},
    ),
    "reserved_inventory": Snapshot(
        "GET_RESERVED_INVENTORY_DATA", _reserved, _reserved_table, numbered=True
    ),
    "restock_recommendations": Snapshot(
        "GET_RESTOCK_INVENTORY_RECOMMENDATIONS_REPORT", items, _restock_table
    ),
    "stranded_inventory": Snapshot(
        "GET_STRANDED_INVENTORY_UI_DATA", partial(items, every=5), lambda _: _STRANDED
    ),
}
REPORT_TYPES = tuple(each.report_type() for each in SNAPSHOTS.values())
TRUTH = {stream: each.truth for stream, each in SNAPSHOTS.items()}
