"""The mapping report as a page for people: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2

from amazon_optiply_etl.config.marketplaces import country
from amazon_optiply_etl.mapping_report.advice import Advice, advice_for
from amazon_optiply_etl.mapping_report.report import LEFT_OUT_SHOWN
from amazon_optiply_etl.verdicts import notes
from amazon_optiply_etl.verdicts.outcomes import GOES_OUT, UNCHANGED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from amazon_optiply_etl.mapping_report.figures import OrdersOfDay
    from amazon_optiply_etl.mapping_report.report import MappingReport, Tally

DAYS_SHOWN = 92
_FEWEST_DAYS = 14  # the places of a plot, so that a single day is no block
_STEP = 10  # units of a bar and the gap beside it, of a plot 100 units high
_KEPT = {GOES_OUT: "sent", UNCHANGED: "same"}


def _day_of(instant: str) -> str:
    return instant[: len("YYYY-MM-DD")]


_WRITERS: dict[str, Callable[[str], str]] = {"marketplace": country, "placed": _day_of}


@dataclass(frozen=True, slots=True)
class _Group:
    """Records of one reason or note, the first of them with their cells."""

    reason: str
    count: int
    advice: Advice
    rows: Sequence[Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class _TallyGroups:
    name: str
    count: int
    groups: tuple[_Group, ...]


def as_html(report: MappingReport) -> str:
    """Return a report as an HTML page.

    Its size is bounded: of each kind, at most LEFT_OUT_SHOWN records a reason and KEPT_SHOWN of what
    went out or is unchanged are in it, and it says where the others are. All text in it is escaped, and
    its content security policy lets no other script run and nothing be loaded.
    """
    folder = files("amazon_optiply_etl.mapping_report") / "templates"
    texts = {
        kind: (folder / f"mapping_report.{kind}").read_text("utf-8")
        for kind in ("html", "css", "js")
    }
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": _number, "title_of": title_of}
    identifier_notes, other_notes = _note_groups(report)
    return environment.from_string(texts["html"]).render(
        style=texts["css"],
        style_hash=_hash(texts["css"]),
        script=texts["js"],
        script_hash=_hash(texts["js"]),
        subtitle=_subtitle(report),
        tallies=report.tallies,
        left_out=tuple(_left_out(each) for each in report.tallies if each.left_out),
        kept=list(_kept(report.tallies)),
        beyond=list(_beyond(report.tallies)),
        identifier_notes=identifier_notes,
        notes=other_notes,
        files_not_read=report.files_not_read,
        eans=_eans(report),
        stock=report.figures.stock,
        most_units=max((each.units for each in report.figures.stock), default=0) or 1,
        days=_days(report.figures.orders_by_day),
        settings=[(name, _shown(value)) for name, value in report.settings.items()],
    )


def title_of(name: str) -> str:
    """Return a tally's name as a heading: ``order_items`` is Order items."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _number(value: int) -> str:
    return f"{value:,}"


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _subtitle(report: MappingReport) -> str:
    days = report.figures.orders_by_day
    parts = ["Amazon to Optiply"]
    if days:
        parts.append(f"orders up to {_day(days[-1].day)}")
    return ", ".join(parts)


def _left_out(of_kind: Tally) -> _TallyGroups:
    rows = {each.outcome: each for each in of_kind.shown}
    groups = []
    for left in of_kind.left_out:
        shown = rows.get(left.reason)
        groups.append(
            _Group(
                left.reason,
                len(left.ids),
                advice_for(left.reason),
                _cells(shown.columns, shown.rows)
                if shown
                else [(each,) for each in left.ids[:LEFT_OUT_SHOWN]],
            )
        )
    return _TallyGroups(of_kind.name, of_kind.left_out_count, _urgent_first(groups))


def _note_groups(report: MappingReport) -> tuple[tuple[_Group, ...], tuple[_Group, ...]]:
    """Return the notes of identifiers and the other ones."""
    groups = [
        _Group(note, len(ids), advice_for(note), [_noted(each) for each in ids[:LEFT_OUT_SHOWN]])
        for note, ids in report.notes.items()
    ]
    return (
        _urgent_first(each for each in groups if each.reason in notes.OF_IDENTIFIERS),
        _urgent_first(each for each in groups if each.reason not in notes.OF_IDENTIFIERS),
    )


def _noted(text: str) -> tuple[str, ...]:
    """Part a remoteId from the code in front of it; the remoteId is what readers look for."""
    return tuple(reversed(text.rsplit(" ", 1)))


def _urgent_first(groups: Iterable[_Group]) -> tuple[_Group, ...]:
    return tuple(sorted(groups, key=lambda each: (not each.advice.needs_action, -each.count)))


def _cells(
    columns: Sequence[str], rows: Iterable[Sequence[str | None]]
) -> list[tuple[str | None, ...]]:
    """Write cells for people: marketplaces by country, instants by day."""
    writers = [_WRITERS.get(column, str) for column in columns]
    return [
        tuple(cell and writer(cell) for cell, writer in zip(row, writers, strict=True))
        for row in rows
    ]


def _kept(tallies: Iterable[Tally]) -> Iterator[dict[str, Any]]:
    """Return what was sent or is unchanged, as the page's script reads it."""
    for of_kind in tallies:
        for each in of_kind.shown:
            if each.outcome in _KEPT:
                yield {
                    "state": _KEPT[each.outcome],
                    "what": title_of(of_kind.name),
                    "advice": advice_for(each.outcome).sentence,
                    "rows": _cells(each.columns, each.rows),
                }


def _beyond(tallies: Iterable[Tally]) -> Iterator[str]:
    """Name what the page does not hold, and where it is."""
    for of_kind in tallies:
        shown = {each.outcome: len(each.rows) for each in of_kind.shown}
        for outcome, count, where in (
            (GOES_OUT, of_kind.went_out, "sent; the others are in the output, such as data.singer"),
            (UNCHANGED, of_kind.unchanged, "unchanged; the others are in the folder snapshots"),
        ):
            if shown.keys() & _KEPT.keys() and count > shown.get(outcome, 0):
                yield f"{title_of(of_kind.name)}: {shown.get(outcome, 0):,} of {count:,} {where}."
        for left in of_kind.left_out:
            if len(left.ids) > LEFT_OUT_SHOWN:
                yield (
                    f"{title_of(of_kind.name)}: {LEFT_OUT_SHOWN:,} of {len(left.ids):,} left out "
                    f"because {left.reason}; the others are in mapping-report.json."
                )


def _eans(report: MappingReport) -> dict[str, int] | None:
    figures = report.figures
    total = figures.with_ean + figures.without_ean
    return (
        {"with_ean": figures.with_ean, "without_ean": figures.without_ean, "all": total}
        if total
        else None
    )


def _days(orders: Sequence[OrdersOfDay]) -> dict[str, Any] | None:
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
        "first": _day(first.isoformat()),
        "last": _day(last.isoformat()),
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
        f"{total:,} orders from {_day(shown[0].day)} to {_day(shown[-1].day)} by day of purchase (UTC); "
        f"most on {_day(busiest.day)}: {busiest.orders:,}."
    )
    if earlier:
        text += f" {earlier:,} earlier ones are in mapping-report.json."
    return text


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%b %Y}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value) or "not set"
    return "not set" if value is None else str(value)
