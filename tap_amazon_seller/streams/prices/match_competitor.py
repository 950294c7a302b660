"""What a listing would have to cost to be just below its competitor: a proposal, which is sent nowhere.

The rule `match_competitor` with `undercut_percent`, as sales channel modules have it ("use a
match_competitor pricing rule on Amazon with a small undercutPercent (often 0.5-1%)"). Amazon promises no
featured offer for a price; `featured_offer_prices` has the price that it expects to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal, InvalidOperation
from enum import Enum
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.streams.prices.offers import featured_offers, offers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_amazon_seller.streams.prices.offers import Offer

    Number = Decimal | int | str | float

WITHOUT_MINOR_UNITS = frozenset({"CLP", "ISK", "JPY", "KRW", "VND"})
"""Currencies of ISO 4217 without decimals that Amazon may price in; all its others have two."""
EVERYTHING = Decimal(100)


class Basis(Enum):
    """Why a price is proposed, or none."""

    FEATURED_OFFER = "undercuts the featured offer"
    LOWEST_OFFER = "undercuts the lowest offer; none is featured"
    AT_MINIMUM = "is the minimum; the competitor is below it"
    AT_MAXIMUM = "is the maximum; the competitor is above it"
    OWN_OFFER = "the seller has the featured offer"
    UNKNOWN_SELLER = "Amazon does not say whose the featured offer is"
    NO_COMPETITOR = "nobody else sells it in new condition"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A price for the seller's listings of an ASIN in a marketplace.

    Attributes:
        marketplace_id: Amazon's id of the marketplace.
        asin: The ASIN.
        seller_skus: The seller's SKUs of it.
        price: The listing price, without shipping, in `currency`; None where nothing is to be changed.
        currency: ISO 4217; empty where there is no competitor.
        basis: Why.
        competitor_id: Whose offer is matched; empty where none is.
        competitor_price: What a buyer pays that competitor, with shipping.
    """

    marketplace_id: str
    asin: str
    seller_skus: tuple[str, ...]
    price: Decimal | None
    currency: str
    basis: Basis
    competitor_id: str = ""
    competitor_price: Decimal | None = None


def match_competitor(
    record: Mapping[str, Any],
    *,
    seller_id: str,
    undercut_percent: Number,
    minimum: Number,
    maximum: Number | None = None,
    shipping: Number = 0,
) -> Proposal:
    """Propose a price just below the competitor's, within bounds.

    The competitor is the featured offer that most views show and that is not the seller's; where nothing
    is featured, the lowest offer of others. Compared is what a buyer pays: listing price and shipping,
    before promotions. Prices are rounded down to the currency's smallest unit, so that they are never
    above the aim, and the minimum is rounded up to it. Where the most seen featured offer is
    the seller's, or Amazon does not say whose it is, nothing is proposed.

    Args:
        record: One of `competitive_prices`.
        seller_id: The seller's own id, by which its offers are known.
        undercut_percent: How far below the competitor, from 0 to less than 100.
        minimum: The lowest listing price, in the currency of the marketplace.
        maximum: The highest; None for none.
        shipping: What the seller charges for shipping, so that totals are compared.

    Raises:
        ValueError: A number is none or out of range, or the minimum is above the maximum.
    """
    undercut = _number("undercut_percent", undercut_percent)
    least, charged = _number("minimum", minimum), _number("shipping", shipping)
    most = None if maximum is None else _number("maximum", maximum)
    if undercut >= EVERYTHING:
        raise ValueError(f"undercut_percent is {undercut}; it must be less than 100")
    if least <= 0:
        raise ValueError(
            f"minimum is {least}; it must be more than 0, so that nothing is given away"
        )
    if most is not None and most < least:
        raise ValueError(f"minimum ({least}) is above maximum ({most})")
    competitor, basis = _competitor(record, seller_id)
    if competitor is None:
        return _proposal(record, None, basis, None)
    unit = Decimal(1) if competitor.currency in WITHOUT_MINOR_UNITS else Decimal("0.01")
    aim = competitor.landed * (EVERYTHING - undercut) / EVERYTHING - charged
    price = aim.quantize(unit, ROUND_DOWN)
    if most is not None and price > most:
        price, basis = most.quantize(unit, ROUND_DOWN), Basis.AT_MAXIMUM
    if price < least:
        price, basis = least.quantize(unit, ROUND_CEILING), Basis.AT_MINIMUM
        if most is not None and price > most:
            raise ValueError(
                f"no price in units of {unit} is from minimum ({least}) to maximum ({most})"
            )
    return _proposal(record, price, basis, competitor)


def _competitor(record: Mapping[str, Any], seller_id: str) -> tuple[Offer | None, Basis]:
    """Whose offer is to be matched."""
    featured = featured_offers(record)
    if featured:
        if featured[0].seller_id == seller_id:
            return None, Basis.OWN_OFFER
        if not featured[0].seller_id:
            return None, Basis.UNKNOWN_SELLER
        return featured[0], Basis.FEATURED_OFFER
    others = [each for each in offers(record) if each.seller_id != seller_id]
    if not others:
        return None, Basis.NO_COMPETITOR
    return min(others, key=lambda each: (each.landed, each.seller_id)), Basis.LOWEST_OFFER


def _proposal(
    record: Mapping[str, Any], price: Decimal | None, basis: Basis, competitor: Offer | None
) -> Proposal:
    return Proposal(
        marketplace_id=str(record["marketplace_id"]),
        asin=str(record["asin"]),
        seller_skus=tuple(record.get("seller_skus") or ()),
        price=price,
        currency=competitor.currency if competitor else str(record.get("currency") or ""),
        basis=basis,
        competitor_id=competitor.seller_id if competitor else "",
        competitor_price=competitor.landed if competitor else None,
    )


def _number(name: str, value: Number) -> Decimal:
    """A number that is not negative, to the digit that it is written with.

    Raises:
        ValueError: It is none.
    """
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise ValueError(f"{name} is {value!r}; it must be a number of at least 0")
    return found
