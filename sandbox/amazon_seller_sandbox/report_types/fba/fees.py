"""What storing with Amazon costs: fees of each month, surcharges for old stock, and estimates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from amazon_seller_sandbox.chance import draws, key, pick
from amazon_seller_sandbox.clock import DAY, HOUR, iso
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.files.tables import Column, Table, cents, plain
from amazon_seller_sandbox.report_types.fba.inventory import Item, Snapshot, items
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_FBA
from amazon_seller_sandbox.world.ledger import CENTERS, HISTORY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.files.tables import Value
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.truth import Truth
    from amazon_seller_sandbox.world.world import Business, World

PUBLISHED = 14 * DAY
"""A month's storage fees are there so many seconds after its end."""
CHARGED_ON = 15
"""The day of each month on which old stock is charged."""
LATE = 4 * DAY
"""Seconds after which such a charge is in the report."""
_REACH = 72 * HOUR
_ONCE_A_DAY = DAY
_TOO_SHORT = "The start of the report must be at least 72 hours before its end."


class Charge(NamedTuple):
    """One SKU's fee, at an instant or for a month."""

    listing: Listing
    market: Marketplace
    chance: tuple[int, ...]
    month: date
    place: str
    """The warehouse, or the age of the stock."""

    @property
    def charged(self) -> float:
        """Return the instant of a surcharge."""
        return _midnight(self.month.replace(day=CHARGED_ON))

    @property
    def quantity(self) -> float:
        """Return the average number of units."""
        return round(self.chance[0] % 9_000 / 100, 2)

    @property
    def rate(self) -> float:
        """Return the monthly price of a unit of volume; the last quarter is dearer."""
        return 2.4 if self.month.month > 9 else 0.78  # noqa: PLR2004 - October on

    @property
    def volume(self) -> float:
        """Return the volume of one unit."""
        return round(0.01 + self.listing.index % 98 / 100, 4)


def _midnight(day: date) -> float:
    return datetime.combine(day, time(), UTC).timestamp()


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _months(start: float, end: float) -> Iterator[date]:
    """Yield the first days of the months that a stretch of time touches."""
    month = datetime.fromtimestamp(start, UTC).date().replace(day=1)
    while _midnight(month) <= end:
        yield month
        month = _next(month)


def _charges(
    world: World, business: Business, market: Marketplace, month: date, every: int
) -> Iterator[tuple[Listing, tuple[int, ...]]]:
    prefix = key(world.settings.seed, business.account.key, "fee", market.country, every)
    for listing in business.listings.in_marketplace(market, int(_midnight(_next(month)))):
        if listing.fba and listing.index % every == every // 2:
            yield listing, draws(prefix, (listing.index << 20) + month.toordinal())


def _storage(
    world: World, business: Business, market: Marketplace, span: tuple[float, float], as_of: int
) -> Iterator[Charge]:
    """Yield the fees of the months that a time touches and that are published."""
    for month in _months(*span):
        if _midnight(_next(month)) + PUBLISHED > as_of:
            return
        for listing, chance in _charges(world, business, market, month, 1):
            centers = CENTERS[market.country]
            for number in range(1 + chance[1] % len(centers)):
                yield Charge(listing, market, chance[number:], month, centers[number])


def _surcharges(
    world: World, business: Business, market: Marketplace, span: tuple[float, float], as_of: int
) -> Iterator[Charge]:
    """Yield the surcharges of a time that the report has."""
    for month in _months(*span):
        for listing, chance in _charges(world, business, market, month, 3):
            for number, age in enumerate(("181-210 days", "271-300 days", "365+ days")):
                charge = Charge(listing, market, chance[number:], month, age)
                known = charge.charged + LATE <= as_of
                if known and span[0] <= charge.charged <= span[1] and chance[3 + number] % 2:
                    yield charge


def _fee(charge: Charge) -> float:
    return round(charge.quantity * charge.volume * charge.rate, 2)


_SURCHARGE_RATES = {"181-210 days": 0.5, "271-300 days": 3.8, "365+ days": 6.9}


def _storage_table(market: Marketplace) -> Table[Charge]:
    """Return the columns of a month's fees, with those that the US alone has."""
    metric = market.country != "US"
    american: tuple[Column[Charge], ...] = (
        Column("sku", lambda charge: charge.listing.sku),
        Column("storage_utilization_ratio", lambda charge: round(charge.quantity / 7, 2)),
        Column("storage_utilization_ratio_units", lambda _: "weeks"),
        Column("base_rate", lambda charge: charge.rate),
        Column("utilization_surcharge_rate", lambda _: 0.0),
        Column("avg_qty_for_sus", lambda charge: charge.quantity),
        Column("est_vol_for_sus", lambda charge: round(charge.quantity * charge.volume, 4)),
        Column("est_base_msf", _fee, cents),
        Column("est_sus", lambda _: 0.0),
    )
    return Table(
        (
            Column("asin", lambda charge: charge.listing.asin),
            Column("fnsku", lambda charge: charge.listing.fnsku),
            Column("product_name", lambda charge: charge.listing.titles[charge.market.id]),
            Column("fulfillment_center", lambda charge: charge.place),
            Column("country_code", lambda charge: charge.market.country),
            Column("longest_side", lambda charge: 10.0 + charge.listing.index % 20),
            Column("median_side", lambda charge: 5.0 + charge.listing.index % 5),
            Column("shortest_side", lambda charge: 1.0 + charge.listing.index % 3),
            Column("measurement_units", lambda _: "centimeters" if metric else "inches"),
            Column("weight", lambda charge: round(0.2 + charge.listing.index % 30 / 10, 2)),
            Column("weight_units", lambda _: "kilograms" if metric else "pounds"),
            Column("item_volume", lambda charge: charge.volume),
            Column("volume_units", lambda _: "cubic meters" if metric else "cubic feet"),
            Column("product_size_tier", lambda _: "Standard-Size"),
            Column("average_quantity_on_hand", lambda charge: charge.quantity),
            Column("average_quantity_pending_removal", lambda _: 0.0),
            Column(
                "estimated_total_item_volume",
                lambda charge: round(charge.quantity * charge.volume, 4),
            ),
            Column("month_of_charge", lambda charge: f"{charge.month:%Y-%m}"),
            Column("storage_rate", lambda charge: charge.rate),
            Column("currency", lambda charge: charge.market.currency),
            Column("estimated_monthly_storage_fee", _fee, cents),
            Column("dangerous_goods_storage_type", lambda _: "--"),
            Column("eligible_for_inventory_discount", lambda _: False, _letter),
            Column("qualifies_for_inventory_discount", lambda _: False, _letter),
            Column("total_incentive_fee_amount", lambda _: None, _or_dashes),
            Column("breakdown_incentive_fee_amount", lambda _: "--"),
            Column("average_quantity_customer_orders", lambda _: None, _or_dashes),
            *(() if metric else american),
        )
    )


def _letter(value: Value) -> str:
    return "Y" if value else "N"


def _or_dashes(value: Value) -> str:
    """Write two dashes where there is no figure, as Amazon's fee reports do."""
    return "--" if value is None else plain(value)


_SURCHARGE_TABLE: Table[Charge] = Table(
    (
        Column("snapshot-date", lambda charge: iso(charge.charged)),
        Column("sku", lambda charge: charge.listing.sku),
        Column("fnsku", lambda charge: charge.listing.fnsku),
        Column("asin", lambda charge: charge.listing.asin),
        Column("product-name", lambda charge: charge.listing.titles[charge.market.id]),
        Column("condition", lambda _: "New"),
        Column("per-unit-volume", lambda charge: charge.volume),
        Column("currency", lambda charge: charge.market.currency),
        Column("volume-unit", lambda _: "cubic feet"),
        Column("country", lambda charge: charge.market.country),
        Column("qty-charged", lambda charge: 1 + charge.chance[0] % 60),
        Column(
            "amount-charged",
            lambda charge: round(
                (1 + charge.chance[0] % 60) * charge.volume * _SURCHARGE_RATES[charge.place], 2
            ),
            cents,
        ),
        Column("surcharge-age-tier", lambda charge: charge.place),
        Column("rate-surcharge", lambda charge: _SURCHARGE_RATES[charge.place]),
    )
)


def _content(
    asked: Asked,
    *,
    find: Callable[..., Iterator[Charge]],
    table: Callable[[Marketplace], Table[Charge]],
) -> Content:
    span = max(asked.start, asked.created - HISTORY, asked.world.history_start), asked.end
    rows = find(asked.world, asked.business, asked.market, span, asked.as_of)
    return Content(table(asked.market).lines(rows), asked.market.charsets.stock, asked.compressed)


def _truth(
    world: World,
    business: Business,
    as_of: int,
    _since: float,
    *,
    find: Callable[..., Iterator[Charge]],
    table: Callable[[Marketplace], Table[Charge]],
) -> Iterator[dict[str, Any]]:
    span = max(world.history_start, as_of - HISTORY), as_of
    for market in business.account.marketplaces:
        for charge in find(world, business, market, span, as_of):
            yield table(market).record(
                charge, market.charsets.stock, marketplace_id=market.id, line_number=1
            )


_FEES = (
    ("fba_storage_fees", "GET_FBA_STORAGE_FEE_CHARGES_DATA", _storage, _storage_table),
    (
        "fba_longterm_storage_fees",
        "GET_FBA_FULFILLMENT_LONGTERM_STORAGE_FEE_CHARGES_DATA",
        _surcharges,
        lambda _: _SURCHARGE_TABLE,
    ),
)


def _referral(item: Item) -> float:
    return round(item.price * 0.15, 2)


def _fulfilment(item: Item) -> float:
    return round(2.5 + item.chance[6] % 400 / 100, 2)


def _total(item: Item) -> float:
    return round(_referral(item) + _fulfilment(item), 2)


_SIZE: tuple[Column[Item], ...] = (
    Column("your-price", lambda item: item.price, cents),
    Column("sales-price", lambda item: item.price, cents),
    Column("longest-side", lambda item: 10.0 + item.listing.index % 20),
    Column("median-side", lambda item: 5.0 + item.listing.index % 5),
    Column("shortest-side", lambda item: 1.0 + item.listing.index % 3),
    Column("length-and-girth", lambda item: 22.0 + item.listing.index % 30),
)
_COSTS: tuple[Column[Item], ...] = (
    Column("currency", lambda item: item.market.currency),
    Column("estimated-fee-total", _total, cents),
    Column("estimated-referral-fee-per-unit", _referral, cents),
    Column("estimated-variable-closing-fee", lambda _: 0.0, cents),
)
_EFN = ("uk", "de", "fr", "it", "es", "se")


def _nothing(header: str, name: str = "") -> Column[Item]:
    return Column(header, lambda _: None, _or_dashes, name)


def _preview_table(market: Marketplace) -> Table[Item]:
    """Return the columns of Europe or those of the other regions, as seen in 2026."""
    europe = market.network == "AMAZON_EU"
    product: tuple[Column[Item], ...] = (
        Column("sku", lambda item: item.listing.sku),
        Column("fnsku", lambda item: item.listing.fnsku),
        Column("asin", lambda item: item.listing.asin),
        Column("product-name", lambda item: item.title),
        Column("brand", lambda item: pick(("Sunaba", "ACME"), item.chance[7])),
        Column("fulfilled-by", lambda _: "Amazon"),
    )
    if europe:
        return Table(
            (
                *product,
                Column("product-group", lambda _: "Garden"),
                Column("has-local-inventory", lambda item: item.stock.local > 0, _yes),
                *_SIZE,
                Column("unit-of-dimension", lambda _: "centimeters"),
                Column("item-package-weight", lambda item: 100.0 + item.listing.index),
                Column("unit-of-weight", lambda _: "grams"),
                Column("product-size-weight-band", lambda _: "Standard parcel"),
                *_COSTS,
                Column("expected-domestic-fulfilment-fee-per-unit", _fulfilment, cents),
                *(_nothing(f"expected-efn-fulfilment-fee-per-unit-{each}") for each in _EFN),
            )
        )
    return Table(
        (
            *product,
            Column("amazon-store", lambda item: item.market.country),
            *_SIZE,
            Column("unit-of-dimension", lambda _: "inches"),
            Column("item-package-weight", lambda item: 0.5 + item.listing.index),
            Column("unit-of-weight", lambda _: "pounds"),
            Column("product-size-tier", lambda _: "UsLargeStandardSize"),
            *_COSTS,
            _nothing("estimated-order-handling-fee-per-order"),
            _nothing("estimated-pick-pack-fee-per-unit"),
            _nothing("estimated-weight-handling-fee-per-unit"),
            Column("expected-fulfillment-fee-per-unit", _fulfilment, cents),
            _nothing(
                "estimated-future-fee (Current Selling on Amazon + Future Fulfillment fees)",
                "estimated_future_fee",
            ),
            _nothing("estimated-future-order-handling-fee-per-order"),
            _nothing("estimated-future-pick-pack-fee-per-unit"),
            _nothing("estimated-future-weight-handling-fee-per-unit"),
            _nothing("expected-future-fulfillment-fee-per-unit"),
        )
    )


def _yes(value: Value) -> str:
    return "Yes" if value else "No"


def _objection(asked: Asked) -> str | None:
    """Want a start 72 hours ago or earlier, as the report type's page does."""
    return _TOO_SHORT if asked.end - asked.start < _REACH else None


_PREVIEW = Snapshot(
    "GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA",
    items,
    _preview_table,
    _ONCE_A_DAY,
    more={"objection": _objection},
)
REPORT_TYPES = (
    *(
        ReportType(name, partial(_content, find=find, table=table), ROLE_FBA)
        for _, name, find, table in _FEES
    ),
    _PREVIEW.report_type(),
)
TRUTH: dict[str, Truth] = {
    **{stream: partial(_truth, find=find, table=table) for stream, _, find, table in _FEES},
    "fba_fee_preview": _PREVIEW.truth,
}
