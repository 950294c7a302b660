"""The mapping report as a page for people: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import jinja2

from amazon_optiply_etl.mapping_report import groups
from amazon_optiply_etl.mapping_report.cards import cards
from amazon_optiply_etl.mapping_report.plots import day_text, orders_plot
from amazon_optiply_etl.mapping_report.wording import title_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from amazon_optiply_etl.mapping_report.groups import TallyGroups
    from amazon_optiply_etl.mapping_report.report import MappingReport


def as_html(report: MappingReport) -> str:
    """Return a report as an HTML page.

    Its size is bounded: of each kind, at most LEFT_OUT_SHOWN records a reason and KEPT_SHOWN of what
    went out or is unchanged are in it, and as many articles; it says where the others are. All text in
    it is escaped, and its content security policy lets no other script run and nothing be loaded.
    """
    style, script = _part("css"), _part("js")
    identifier_notes, other_notes = groups.noted(report)
    left_out = tuple(
        groups.left_out(each, report.earlier) for each in report.tallies if each.left_out
    )
    articles = report.articles
    return template().render(
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        origin=report.origin,
        earlier=report.earlier,
        last_day=_last_day(report),
        articles=articles,
        cards=cards(articles.shown),
        places=list(_places(report, left_out)),
        tallies=report.tallies,
        left_out=left_out,
        kept=list(groups.kept(report.tallies, with_articles=bool(articles.count))),
        beyond=list(groups.beyond(report)),
        identifier_notes=identifier_notes,
        notes=other_notes,
        files_not_read=report.files_not_read,
        eans=_eans(report),
        stock=report.figures.stock,
        most_units=max((each.units for each in report.figures.stock), default=0) or 1,
        days=orders_plot(report.figures.orders_by_day),
        settings=[(name, _shown(value)) for name, value in report.settings.items()],
    )


@cache
def template() -> jinja2.Template:
    """The page without a report; a fleet, or a push, makes more than one of a process."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": _number, "title_of": title_of, "instant": _instant}
    return environment.from_string(_part("html"))


def _part(kind: str) -> str:
    """A file of the page: its HTML, style or script."""
    folder = files("amazon_optiply_etl.mapping_report") / "templates"
    return (folder / f"mapping_report.{kind}").read_text("utf-8")


def _number(value: int) -> str:
    return f"{value:,}"


def _instant(iso: str) -> str:
    """Write an instant, ``YYYY-MM-DDTHH:MM:SS...`` in UTC, for people: 2 Nov 2026, 08:00 UTC."""
    return f"{day_text(iso[:10])}, {iso[11:16]} UTC"


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _last_day(report: MappingReport) -> str | None:
    days = report.figures.orders_by_day
    return day_text(days[-1].day) if days else None


def _places(report: MappingReport, left_out: Iterable[TallyGroups]) -> Iterator[str]:
    """Return the country codes of all that the page holds, in alphabetical order."""
    found = {place for article in report.articles.shown for place in article.places}
    found |= {
        row.place
        for of_kind in left_out
        for group in of_kind.groups
        for row in group.rows
        if row.place
    }
    yield from sorted(found)


def _eans(report: MappingReport) -> dict[str, int] | None:
    figures = report.figures
    total = figures.with_ean + figures.without_ean
    return (
        {"with_ean": figures.with_ean, "without_ean": figures.without_ean, "all": total}
        if total
        else None
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value) or "not set"
    return "not set" if value is None else str(value)
