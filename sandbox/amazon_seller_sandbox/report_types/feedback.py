"""Feedback on the seller: negative and neutral ratings of orders, with what the seller answered.

Columns: Amazon's page of performance report types. Dates have two-digit years almost everywhere, in the
order of the marketplace; headers are in its language.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from amazon_seller_sandbox.chance import draws, key, pick
from amazon_seller_sandbox.clock import DAY
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.files.tables import Column, Table
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_INSIGHTS
from amazon_seller_sandbox.world.order_lines import CANCELLED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.files.tables import Value
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.orders import Order
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

_YEAR = 365 * DAY
_SOONEST, _LATEST = 4 * DAY, 13 * DAY
"""How long after a purchase its buyer rates the seller."""
_ANSWERED_AFTER = 2 * DAY
_COMMENTS = {
    "DE": ("Lieferung kam zu spät", 'Größe "M" bestellt, "S" bekommen', ""),
    "FR": ("Colis abîmé à l'arrivée", "Livré après Noël, déçu", ""),
    "JP": ("届くのが遅い", "箱が潰れていました", ""),
}
_COMMENTS_ELSEWHERE = ("Late, and the box was open", 'Not the "new" I paid for', "")
_ANSWERS = ("Sorry; we have sent another one.", "Refunded. Please write to us & we will help.")
_DATES = {"US": "%m/%d/%y", "DE": "%d.%m.%y", "SE": "%Y-%m-%d", "JP": "%y/%m/%d"}
_DATES_ELSEWHERE = "%d/%m/%y"
_HEADERS = {
    "DE": ("Datum", "Bewertung", "Kommentare", "Ihre Antwort", "Bestellnummer", "E-Mail"),
    "FR": ("Date", "Évaluation", "Commentaires", "Votre réponse", "Numéro", "E-mail"),
    "JP": ("日付", "評価", "コメント", "回答", "注文番号", "Eメール"),
}


class Feedback(NamedTuple):
    """What a buyer says of the seller; an empty answer is one that has not been given yet."""

    order: Order
    day: date
    rating: int
    comments: str
    answer: str
    email: str


def _of(order: Order, given: float, chance: tuple[int, ...], as_of: float) -> Feedback:
    market = order.market
    answered = chance[2] % 3 == 0 and given + _ANSWERED_AFTER <= as_of
    return Feedback(
        order=order,
        day=datetime.fromtimestamp(given, UTC).astimezone(ZoneInfo(market.zone)).date(),
        rating=1 + chance[3] % 3,
        comments=pick(_COMMENTS.get(market.country, _COMMENTS_ELSEWHERE), chance[4]),
        answer=pick(_ANSWERS, chance[5]) if answered else "",
        email=f"{chance[6]:08x}@marketplace.{market.domain[4:]}",
    )


def _given(
    business: Business, ids: frozenset[str], span: tuple[float, float], as_of: int
) -> Iterator[Feedback]:
    """Yield the feedback of a stretch of time, both ends included; every fourth buyer gives one."""
    since, until = span[0], min(span[1], as_of)
    for order in business.orders.purchased_between(since - _LATEST, until - _SOONEST, as_of, ids):
        chance = draws(key("feedback", order.order_id))
        given = order.purchased + _SOONEST + chance[1] % (_LATEST - _SOONEST)
        if chance[0] % 4 == 0 and order.status != CANCELLED and since <= given <= until:
            yield _of(order, given, chance, as_of)


def _date_of(market: Marketplace) -> Callable[[Value], str]:
    pattern = _DATES.get(market.country, _DATES_ELSEWHERE)
    return lambda value: f"{date.fromisoformat(str(value)):{pattern}}"


@cache
def _table(market: Marketplace) -> Table[Feedback]:
    return Table(
        (
            Column("Date", lambda row: row.day.isoformat(), _date_of(market)),
            Column("Rating", lambda row: row.rating),
            Column("Comments", lambda row: row.comments or None),
            Column("Your Response", lambda row: row.answer or None),
            Column("Order ID", lambda row: row.order.order_id),
            Column("Rater Email", lambda row: row.email),
        )
    )


def _local(market: Marketplace) -> Table[Feedback]:
    """Return the table with the headers of the marketplace's language."""
    columns = _table(market).columns
    headers = _HEADERS.get(market.country, tuple(column.header for column in columns))
    named = zip(columns, headers, strict=True)
    return Table(tuple(replace(column, header=header) for column, header in named))


def _content(asked: Asked) -> Content:
    market = asked.market
    span = max(asked.start, asked.created - _YEAR), asked.end
    rows = _given(asked.business, frozenset({market.id}), span, asked.as_of)
    return Content(_local(market).lines(rows), market.charsets.orders, asked.compressed)


def _truth(_world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    span = max(since, as_of - _YEAR), math.inf
    for market in business.account.marketplaces:
        for row in _given(business, frozenset({market.id}), span, as_of):
            charset = market.charsets.orders
            yield _table(market).record(row, charset, marketplace_id=market.id, line_number=1)


REPORT_TYPES = (
    ReportType("GET_SELLER_FEEDBACK_DATA", _content, ROLE_INSIGHTS, one_marketplace=True),
)
TRUTH: dict[str, Truth] = {"seller_feedback": _truth}
