"""The plot of orders by day, laid out for the page's template."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amazon_optiply_etl.mapping_report.figures import OrdersOfDay

DAYS_SHOWN = 92
_FEWEST_DAYS = 14  # the places of a plot, so that a single day is not a block
_STEP = 10  # units of a bar and the gap beside it, of a plot 100 units high


def orders_plot(orders: Sequence[OrdersOfDay]) -> dict[str, Any] | None:
    """Lay out the plot of the last days; a day without orders has an empty place."""
    if not orders:
        return None
    last = date.fromisoformat(orders[-1].day)
    first = max(date.fromisoformat(orders[0].day), last - timedelta(days=DAYS_SHOWN - 1))
    first = min(first, last - timedelta(days=_FEWEST_DAYS - 1))
    shown = [each for each in orders if each.day >= first.isoformat()]
    busiest = max(shown, key=lambda each: each.orders)
    places = {each.day: each for each in shown}
    bars = []
    for place in range((last - first).days + 1):
        day = (first + timedelta(days=place)).isoformat()
        if day in places:
            bars.append(_bar(places[day], place, busiest.orders))
        else:
            bars.append({"day": day, "orders": 0})
    return {
        "bars": bars,
        "most": busiest.orders,
        "first": day_text(first.isoformat()),
        "last": day_text(last.isoformat()),
        "text": _days_text(orders, shown, busiest),
    }


def _bar(orders: OrdersOfDay, place: int, most: int) -> dict[str, Any]:
    parts, top = [], 100.0
    for kind, count in (
        ("sent", orders.sent),
        ("same", orders.unchanged),
        ("left", orders.left_out),
    ):
        height = 100 * count / most
        top -= height
        if count:
            parts.append((kind, round(max(top, 0), 2), round(height, 2)))
    return {
        "day": orders.day,
        "orders": orders.orders,
        "sent": orders.sent,
        "unchanged": orders.unchanged,
        "left_out": orders.left_out,
        "x": place * _STEP + 1,
        "parts": parts,
    }


def _days_text(
    orders: Sequence[OrdersOfDay], shown: Sequence[OrdersOfDay], busiest: OrdersOfDay
) -> str:
    total = sum(each.orders for each in shown)
    earlier = sum(each.orders for each in orders) - total
    text = (
        f"{total:,} orders from {day_text(shown[0].day)} to {day_text(shown[-1].day)} "
        "by day of purchase (UTC); "
        f"most on {day_text(busiest.day)}: {busiest.orders:,}."
    )
    if earlier:
        text += f" {earlier:,} earlier ones are in mapping-report.json."
    return text


def day_text(iso: str) -> str:
    """Write a day, ``YYYY-MM-DD``, for people: 2 Nov 2026."""
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%b %Y}"
