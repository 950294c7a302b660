"""Records of one outcome or note, as the mapping report's page lists and finds them."""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.config.marketplaces import country
from amazon_optiply_etl.mapping_report.advice import Advice, advice_for
from amazon_optiply_etl.mapping_report.report import LEFT_OUT_SHOWN
from amazon_optiply_etl.mapping_report.wording import title_of
from amazon_optiply_etl.verdicts import notes
from amazon_optiply_etl.verdicts.outcomes import GOES_OUT, UNCHANGED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from amazon_optiply_etl.mapping_report.origin import Earlier
    from amazon_optiply_etl.mapping_report.report import LeftOut, MappingReport, ShownRecords, Tally

IDS_PACKED = 20_000  # of a reason, for a CSV file of them
KEPT = {GOES_OUT: "sent", UNCHANGED: "same"}
OF_ARTICLES = ("products_inventory", "products")
"""Tallies whose records a page finds as parts of articles."""
_MARKETPLACE = "marketplace"


def _day_of(instant: str) -> str:
    return instant[: len("YYYY-MM-DD")]


_WRITERS: dict[str, Callable[[str], str]] = {_MARKETPLACE: country, "placed": _day_of}


@dataclass(frozen=True, slots=True)
class Row:
    """A record of a group.

    Attributes:
        cells: By what a reader knows it; null where it has none.
        place: Country code of its marketplace, null where it has none.
        is_new: Whether the run before did not leave it out for this reason.
    """

    cells: tuple[str | None, ...]
    place: str | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one reason or note.

    Attributes:
        reason: The reason or note.
        count: How many there are.
        advice: What to do about them.
        columns: What the cells of the rows are.
        rows: The first records.
        new: How many of all are new since the run before.
        packed_ids: Where there are more than `rows`: up to IDS_PACKED ids a line each, gzip, base64.
    """

    reason: str
    count: int
    advice: Advice
    columns: tuple[str, ...]
    rows: Sequence[Row]
    new: int = 0
    packed_ids: str | None = None

    @property
    def ids_in_csv(self) -> int:
        """How many ids a CSV file of the group can hold."""
        return min(self.count, IDS_PACKED) if self.packed_ids else len(self.rows)


@dataclass(frozen=True, slots=True)
class TallyGroups:
    """What was left out of a kind of record."""

    name: str
    count: int
    groups: tuple[Group, ...]


def left_out(of_kind: Tally, earlier: Earlier) -> TallyGroups:
    """Return the groups of what was left out, those first about which something is to be done."""
    shown = {each.outcome: each for each in of_kind.shown}
    groups = [
        _group_left_out(of_kind.name, each, shown.get(each.reason), earlier)
        for each in of_kind.left_out
    ]
    return TallyGroups(of_kind.name, of_kind.left_out_count, _urgent_first(groups))


def _group_left_out(
    name: str, left: LeftOut, shown: ShownRecords | None, earlier: Earlier
) -> Group:
    new = earlier.new_ids(name, left)
    first = left.ids[:LEFT_OUT_SHOWN]
    if shown is None:
        columns: tuple[str, ...] = ("id",)
        rows = [Row((each,)) for each in first]
    else:
        columns, rows = shown.columns, list(_rows(shown))
    # Records are shown in the order of their ids.
    marked = [
        Row(row.cells, row.place, is_new=id_ in new) for row, id_ in zip(rows, first, strict=True)
    ]
    return Group(
        left.reason,
        len(left.ids),
        advice_for(left.reason),
        columns,
        marked if new else rows,
        new=len(new),
        packed_ids=_packed(left.ids) if len(left.ids) > len(rows) else None,
    )


def noted(report: MappingReport) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """Return the notes of identifiers and the other ones."""
    groups = [
        Group(
            note,
            len(ids),
            advice_for(note),
            ("id", "code"),
            [Row(_parted(each)) for each in ids[:LEFT_OUT_SHOWN]],
            packed_ids=_packed(ids) if len(ids) > LEFT_OUT_SHOWN else None,
        )
        for note, ids in report.notes.items()
    ]
    return (
        _urgent_first(each for each in groups if each.reason in notes.OF_IDENTIFIERS),
        _urgent_first(each for each in groups if each.reason not in notes.OF_IDENTIFIERS),
    )


def _parted(text: str) -> tuple[str, ...]:
    """Part a remoteId from the code in front of it; the remoteId is what readers look for."""
    return tuple(reversed(text.rsplit(" ", 1)))


def _urgent_first(groups: Iterable[Group]) -> tuple[Group, ...]:
    return tuple(sorted(groups, key=lambda each: (not each.advice.needs_action, -each.count)))


def _packed(ids: Sequence[str]) -> str:
    text = "\n".join(" ".join(each.split()) for each in ids[:IDS_PACKED])
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()


def _rows(shown: ShownRecords) -> Iterator[Row]:
    """Write cells for people: marketplaces by country, instants by day."""
    writers = [_WRITERS.get(column, str) for column in shown.columns]
    place = shown.columns.index(_MARKETPLACE) if _MARKETPLACE in shown.columns else None
    for row in shown.rows:
        cells = tuple(cell and writer(cell) for cell, writer in zip(row, writers, strict=True))
        yield Row(cells, None if place is None else cells[place])


def kept(tallies: Iterable[Tally], *, with_articles: bool) -> Iterator[dict[str, Any]]:
    """Return what was sent or is unchanged, as the page's script reads it; articles report theirs."""
    for of_kind in tallies:
        if with_articles and of_kind.name in OF_ARTICLES:
            continue
        for each in of_kind.shown:
            if each.outcome in KEPT:
                yield {
                    "state": KEPT[each.outcome],
                    "what": title_of(of_kind.name),
                    "advice": advice_for(each.outcome).sentence,
                    "place": each.columns.index(_MARKETPLACE)
                    if _MARKETPLACE in each.columns
                    else -1,
                    "rows": [row.cells for row in _rows(each)],
                }


def beyond(report: MappingReport) -> Iterator[str]:
    """Name what the page does not hold, and where it is."""
    articles = report.articles
    if articles.count > len(articles.shown):
        yield (
            f"Articles: {len(articles.shown):,} of {articles.count:,}; the others are in the folder "
            "snapshots, and in mapping-report.json where they were left out."
        )
    for of_kind in report.tallies:
        yield from _beyond_kept(of_kind, with_articles=bool(articles.count))
        for left in of_kind.left_out:
            if len(left.ids) > LEFT_OUT_SHOWN:
                yield (
                    f"{title_of(of_kind.name)}: {LEFT_OUT_SHOWN:,} of {len(left.ids):,} left out "
                    f"because {left.reason}; the others are in mapping-report.json."
                )


def _beyond_kept(of_kind: Tally, *, with_articles: bool) -> Iterator[str]:
    if with_articles and of_kind.name in OF_ARTICLES:
        return
    shown = {each.outcome: len(each.rows) for each in of_kind.shown}
    for outcome, count, where in (
        (GOES_OUT, of_kind.went_out, "sent; the others are in the output, such as data.singer"),
        (UNCHANGED, of_kind.unchanged, "unchanged; the others are in the folder snapshots"),
    ):
        if shown.keys() & KEPT.keys() and count > shown.get(outcome, 0):
            yield f"{title_of(of_kind.name)}: {shown.get(outcome, 0):,} of {count:,} {where}."
