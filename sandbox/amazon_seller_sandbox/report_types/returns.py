"""Reports of what comes back: FBA returns, sellers' returns, reimbursements."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from amazon_seller_sandbox.chance import draws, key, pick
from amazon_seller_sandbox.clock import DAY, iso
from amazon_seller_sandbox.files.rows import Period, Source, content, true_records
from amazon_seller_sandbox.files.tables import Column, Table, money
from amazon_seller_sandbox.report_types.fba.cool_downs import DAILY
from amazon_seller_sandbox.report_types.fba.shipments import too_old
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_FBA, ROLE_ORDERS
from amazon_seller_sandbox.world.order_lines import RETURNED
from amazon_seller_sandbox.world.shipments import in_currency, listing_of
from amazon_seller_sandbox.world.transactions import returned_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.files.tables import Value
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.order_lines import Line
    from amazon_seller_sandbox.world.orders import Order
    from amazon_seller_sandbox.world.world import Business, World

_REVISED_AFTER = 20 * DAY
"""Up to so long after a return its status may become Reimbursed."""
_LATE_RETURN = DAY
_LATE_REIMBURSEMENT = 5 * DAY
_REASONS = ("DEFECTIVE", "UNWANTED_ITEM", "NOT_AS_DESCRIBED", "ORDERED_WRONG_ITEM")
_DISPOSITIONS = ("SELLABLE", "CUSTOMER_DAMAGED", "DEFECTIVE")
_COMMENTS = ("", "", 'It\'s too "small"', "passt nicht, schöne Farbe")
_RETURNED_TO_STOCK, _REIMBURSED = "Unit returned to inventory", "Reimbursed"


class Return(NamedTuple):
    """A unit that came back to a warehouse of Amazon's."""

    order: Order
    line: Line
    listing: Listing
    returned: int
    status: str
    plate: str
    position: int
    unit: int
    chance: tuple[int, ...]

    @property
    def center(self) -> str:
        """Return the warehouse that received it."""
        return pick(("LEJ1", "PHX7", "NRT5"), self.chance[2])


FBA_RETURNS: Table[Return] = Table(
    (
        Column("return-date", lambda each: iso(each.returned)),
        Column("order-id", lambda each: each.order.order_id),
        Column("sku", lambda each: each.line.sku),
        Column("asin", lambda each: each.line.asin),
        Column("fnsku", lambda each: each.listing.fnsku),
        Column("product-name", lambda each: each.line.title),
        Column("quantity", lambda _each: 1),
        Column("fulfillment-center-id", lambda each: each.center),
        Column("detailed-disposition", lambda each: pick(_DISPOSITIONS, each.chance[3])),
        Column("reason", lambda each: pick(_REASONS, each.chance[4])),
        Column("status", lambda each: each.status),
        Column("license-plate-number", lambda each: each.plate),
        Column("customer-comments", lambda each: pick(_COMMENTS, each.chance[5])),
    )
)


def _returned(business: Business, period: Period, markets: frozenset[str]) -> Iterator[Order]:
    """Yield the orders that come back in a period, as they are then."""
    changes = business.orders.changes_between(
        period.since, period.until, markets, frozenset({RETURNED})
    )
    return (order for _, order in changes)


def _returns(
    world: World, business: Business, market: Marketplace, period: Period
) -> Iterator[Return]:
    """Yield a row per unit; some have no license plate, so that their rows look alike."""
    prefix = key(world.settings.seed, business.account.key, "return")
    markets = frozenset({market.id})
    for order in _returned(business, period, markets):
        if order.channel != "Amazon":
            continue
        for position, line in returned_lines(order):
            chance = draws(prefix, order.number * 64 + position)
            if order.updated + chance[0] % _LATE_RETURN > period.as_of:
                continue
            paid = chance[6] % 3 == 0 and _reimbursed(order, chance) <= period.as_of
            for unit in range(line.quantity):
                yield Return(
                    order,
                    line,
                    listing_of(business, line),
                    order.updated,
                    _REIMBURSED if paid else _RETURNED_TO_STOCK,
                    f"LPNRR{chance[7] % 10**9:09d}{unit}" if chance[8] % 5 else "",
                    position,
                    unit,
                    chance,
                )


class SellerReturn(NamedTuple):
    """A line of an order that the buyer sends back to the seller."""

    order: Order
    line: Line
    requested: int
    status: str
    chance: tuple[int, ...]


def _day(instant: float) -> str:
    return iso(instant)[:10]


def _with_month(value: Value) -> str:
    """Write 2026-11-05 as 05-Nov-2026, whatever the locale."""
    if value is None:
        return ""
    day = date.fromisoformat(str(value))
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{day.day:02d}-{months[day.month - 1]}-{day.year}"


def _yes_or_no(value: Value) -> str:
    return "Y" if value else "N"


def _nothing(_each: SellerReturn) -> None:
    return None


SELLER_RETURNS: Table[SellerReturn] = Table(
    (
        Column("Order ID", lambda each: each.order.order_id),
        Column("Order date", lambda each: _day(each.order.purchased), _with_month),
        Column("Return request date", lambda each: _day(each.requested), _with_month),
        Column("Return request status", lambda each: each.status),
        Column("Amazon RMA ID", lambda each: f"D{each.chance[7]:08x}RRMA"),
        Column("Merchant RMA ID", _nothing),
        Column("Label type", lambda _each: "AmazonUnPaidLabel"),
        Column("Label cost", lambda each: in_currency(0, each.order.market), money),
        Column("Currency code", lambda each: each.order.market.currency),
        Column("Return carrier", lambda _each: "DHL"),
        Column("Tracking ID", lambda each: f"00340{each.chance[8]:010d}"),
        Column("Label to be paid by", lambda _each: "Customer"),
        Column("A-to-Z Claim", lambda each: each.chance[9] % 30 == 0, _yes_or_no),
        Column("Is prime", lambda each: each.chance[10] % 9 == 0, _yes_or_no),
        Column("ASIN", lambda each: each.line.asin),
        Column("Merchant SKU", lambda each: each.line.sku),
        Column("Item Name", lambda each: each.line.title),
        Column("Return quantity", lambda each: each.line.quantity),
        Column("Return Reason", lambda each: f"CR-{pick(_REASONS, each.chance[4])}"),
        Column("In policy", lambda each: each.chance[11] % 12 != 0, _yes_or_no),
        Column("Return type", lambda _each: "C-Returns"),
        Column("Resolution", lambda _each: "StandardRefund"),
        Column("Invoice number", _nothing),
        Column("Return delivery date", _nothing, _with_month),
        Column(
            "Order Amount", lambda each: in_currency(each.line.item_price, each.order.market), money
        ),
        Column("Order quantity", lambda each: each.line.quantity),
        Column("SafeT Action reason", _nothing, name="safe_t_action_reason"),
        Column("SafeT claim id", _nothing, name="safe_t_claim_id"),
        Column("SafeT claim state", _nothing, name="safe_t_claim_state"),
        Column("SafeT claim creation time", _nothing, name="safe_t_claim_creation_time"),
        Column(
            "SafeT claim reimbursement amount",
            _nothing,
            name="safe_t_claim_reimbursement_amount",
        ),
        Column(
            "Refunded Amount",
            lambda each: (
                in_currency(each.line.item_price, each.order.market)
                if each.status == "Completed"
                else None
            ),
            money,
        ),
        Column("Category", _nothing),
        Column("Order Item ID", lambda each: each.line.item_id),
    )
)


def _seller_returns(
    world: World, business: Business, market: Marketplace, period: Period
) -> Iterator[SellerReturn]:
    prefix = key(world.settings.seed, business.account.key, "seller-return")
    markets = frozenset({market.id})
    for order in _returned(business, period, markets):
        if order.channel == "Amazon" or order.updated > period.as_of:
            continue
        chance = draws(prefix, order.number)
        done = order.updated + DAY + chance[0] % (_REVISED_AFTER - DAY) <= period.as_of
        for _, line in returned_lines(order):
            status = "Completed" if done else "Approved"
            yield SellerReturn(order, line, order.updated, status, chance)


class Reimbursement(NamedTuple):
    """What Amazon pays for a unit that it lost or a buyer did not bring back complete."""

    listing: Listing
    market: Marketplace
    approved: int
    number: int
    order_id: str
    reason: str
    quantity: int
    unit: int
    chance: tuple[int, ...]

    @property
    def in_cash(self) -> int:
        """Return the units paid for; the others were replaced."""
        return self.quantity if self.chance[5] % 4 else self.quantity - 1


def _paid(each: Reimbursement) -> Value:
    return in_currency(each.unit * each.in_cash, each.market)


REIMBURSEMENTS: Table[Reimbursement] = Table(
    (
        Column("approval-date", lambda each: iso(each.approved)),
        Column("reimbursement-id", lambda each: str(each.number)),
        Column("case-id", lambda each: str(each.number * 7) if each.chance[6] % 3 == 0 else None),
        Column("amazon-order-id", lambda each: each.order_id),
        Column("reason", lambda each: each.reason),
        Column("sku", lambda each: each.listing.sku),
        Column("fnsku", lambda each: each.listing.fnsku),
        Column("asin", lambda each: each.listing.asin),
        Column("product-name", lambda each: each.listing.titles[each.market.id]),
        Column("condition", lambda _each: "Sellable"),
        Column("currency-unit", lambda each: each.market.currency),
        Column("amount-per-unit", lambda each: in_currency(each.unit, each.market), money),
        Column("amount-total", _paid, money),
        Column("quantity-reimbursed-cash", lambda each: each.in_cash),
        Column("quantity-reimbursed-inventory", lambda each: each.quantity - each.in_cash),
        Column("quantity-reimbursed-total", lambda each: each.quantity),
        Column("original-reimbursement-id", lambda _each: None),
        Column("original-reimbursement-type", lambda _each: None),
    )
)
_EVERY = 2 * DAY


def _reimbursements(
    world: World, business: Business, market: Marketplace, period: Period
) -> Iterator[Reimbursement]:
    """Yield those for lost units, one in two days, some of two SKUs; and those for returns."""
    for each in (
        *_for_lost(world, business, market, period),
        *_for_returns(world, business, market, period),
    ):
        seen = each.approved + each.chance[1] % _LATE_REIMBURSEMENT
        if period.since <= each.approved < period.until and seen <= period.as_of:
            yield each


def _for_returns(
    world: World, business: Business, market: Marketplace, period: Period
) -> Iterator[Reimbursement]:
    earlier = Period(period.since - _REVISED_AFTER, period.until, period.as_of)
    for each in _returns(world, business, market, earlier):
        if each.status == _REIMBURSED and not each.unit:
            yield Reimbursement(
                listing=each.listing,
                market=market,
                approved=_reimbursed(each.order, each.chance),
                number=2 * 10**10 + each.order.number * 64 + each.position,
                order_id=each.order.order_id,
                reason="CustomerReturn",
                quantity=each.line.quantity,
                unit=(each.line.item_price or 0) // each.line.quantity,
                chance=each.chance,
            )


def _reimbursed(order: Order, chance: tuple[int, ...]) -> int:
    """Return when Amazon reimburses a return, if it does."""
    return order.updated + DAY + chance[1] % (_REVISED_AFTER - DAY)


def _for_lost(
    world: World, business: Business, market: Marketplace, period: Period
) -> Iterator[Reimbursement]:
    prefix = key(world.settings.seed, business.account.key, "lost", market.id)
    listings = business.listings.sold[market.id, True]
    place = business.account.marketplaces.index(market)
    for slot in range(int(period.since // _EVERY), int(period.until // _EVERY) + 1):
        chance = draws(prefix, slot)
        approved = slot * _EVERY + chance[0] % _EVERY
        if listings:
            first = chance[2] % len(listings)
            found = [listings[first], listings[(first + 1) % len(listings)]]
            for listing in found[: 1 + chance[3] % 2]:
                unit = max(int(listing.base_price * market.exchange) * market.minor_units // 100, 1)
                number = 10**10 + slot * 100 + place
                reason = pick(("Lost_Warehouse", "Damaged_Warehouse"), chance[4])
                quantity = 1 + chance[7] % 3
                yield Reimbursement(
                    listing, market, approved, number, "", reason, quantity, unit, chance
                )


_SOURCES: dict[str, Source[Any]] = {
    "fba_customer_returns": Source(
        FBA_RETURNS,
        _returns,
        ("order_id", "sku", "return_id"),
        {"return_id": ("license_plate_number", "return_date")},
    ),
    "merchant_returns": Source(
        SELLER_RETURNS,
        _seller_returns,
        ("order_id", "return_id", "merchant_sku", "asin"),
        {"return_id": ("amazon_rma_id", "merchant_rma_id", "return_request_date")},
        charset_of="orders",
    ),
    "fba_reimbursements": Source(REIMBURSEMENTS, _reimbursements, ("reimbursement_id", "sku")),
}
REPORT_TYPES = (
    ReportType(
        "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA",
        partial(content, _SOURCES["fba_customer_returns"]),
        ROLE_FBA,
        longest_window=365 * DAY,
        cool_down=DAILY,
        compressed=None,
        objection=too_old,
    ),
    ReportType(
        "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE",
        partial(content, _SOURCES["merchant_returns"]),
        ROLE_ORDERS,
        longest_window=60 * DAY,
        compressed=None,
    ),
    ReportType(
        "GET_FBA_REIMBURSEMENTS_DATA",
        partial(content, _SOURCES["fba_reimbursements"]),
        ROLE_FBA,
        longest_window=365 * DAY,
        cool_down=DAILY,
        compressed=None,
        objection=too_old,
    ),
)
TRUTH = {stream: partial(true_records, source) for stream, source in _SOURCES.items()}
