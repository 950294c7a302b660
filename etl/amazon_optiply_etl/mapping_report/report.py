"""The report of a run: what came in, what went out, what was left out and why; it must add up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.mapping_report.advice import advice_for
from amazon_optiply_etl.mapping_report.articles import Articles, facts
from amazon_optiply_etl.mapping_report.figures import Figures
from amazon_optiply_etl.mapping_report.origin import Earlier, Origin
from amazon_optiply_etl.mapping_report.wording import stock_sentence, verdict
from amazon_optiply_etl.tables.amounts import array_of
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.verdicts.outcomes import DONE_BEFORE, GOES_OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

LEFT_OUT_SHOWN = 1_000  # of each reason
KEPT_SHOWN = 10_000  # of those that went out and of the unchanged, together
_CELL = 100  # characters
_NO_REASON = "for no known reason"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Records that were left out for one reason."""

    reason: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownRecords:
    """The first records of one outcome, as a page shows and finds them.

    Attributes:
        outcome: What became of them.
        columns: By what a reader knows them, such as SKU, ASIN, name; the first distinguishes them.
        rows: A tuple of cells for each record, in the order of `columns`; None where it has none.
    """

    outcome: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of one kind of record.

    Attributes:
        name: What is counted, such as ``orders``.
        came_in: How many the input holds.
        went_out: How many are in the output.
        unchanged: How many were sent before, as they are or in an earlier state, and need not be again.
        left_out: The others, by reason.
        shown: The first records of each outcome; at most LEFT_OUT_SHOWN of a reason and KEPT_SHOWN
            of those that went out and of the unchanged together.
    """

    name: str
    came_in: int
    went_out: int
    unchanged: int
    left_out: tuple[LeftOut, ...]
    shown: tuple[ShownRecords, ...] = ()

    @property
    def left_out_count(self) -> int:
        """How many were left out, over all reasons."""
        return sum(len(each.ids) for each in self.left_out)


@dataclass(frozen=True, slots=True)
class MappingReport:
    """The tallies of a run with what else a reader should know.

    Attributes:
        settings: The settings, as a reader knows them.
        tallies: What became of each kind of record.
        notes: Note -> ids.
        files_not_read: Files of the input folder that hold no records of a known stream.
        figures: What is drawn.
        articles: What is said of each article.
        origin: Where and when it was made; null for a report that no run made.
        earlier: What the report of the run before says.
    """

    settings: Mapping[str, Any]
    tallies: tuple[Tally, ...]
    notes: Mapping[str, Sequence[str]]
    files_not_read: tuple[str, ...]
    figures: Figures = field(default_factory=Figures)
    articles: Articles = field(default_factory=Articles)
    origin: Origin | None = None
    earlier: Earlier = field(default_factory=Earlier)


def tally(
    name: str,
    frame: pd.DataFrame,
    came_in: int,
    ids: pd.Series[Any] | Callable[[pd.DataFrame], pd.Series[Any]],
    known_by: Mapping[str, str] | None = None,
    *,
    kept_shown: int = KEPT_SHOWN,
) -> Tally:
    """Count the outcomes of a frame of records.

    Args:
        name: What is counted.
        frame: Records with their final `outcome`.
        came_in: How many records were read, counted where they were read.
        ids: How a reader finds each record again; or what says it of some of the records.
        known_by: Label -> column of `frame`: by what else readers know a record, in the order in which
            they are shown. They must not reveal buyers. Without it, records are shown by their ids.
        kept_shown: How many are shown of those that went out and then of the unchanged.
    """

    def ids_of(rows: NDArray[np.intp]) -> pd.Series[Any]:
        return ids.iloc[rows] if isinstance(ids, pd.Series) else ids(frame.iloc[rows])

    columns = {label: frame[name] for label, name in (known_by or {}).items()}
    outcomes = pc.fill_null(array_of(frame["outcome"], pa.string()), _NO_REASON).dictionary_encode()
    places = outcomes.indices.to_numpy()
    counts = dict(
        zip(outcomes.dictionary.to_pylist(), np.bincount(places).tolist(), strict=bool(len(frame)))
    )
    left_out, shown = [], []
    for reason in sorted(counts):
        most = LEFT_OUT_SHOWN
        if reason == GOES_OUT:
            most = kept_shown
        elif reason in DONE_BEFORE:
            most = max(kept_shown - counts.get(GOES_OUT, 0), 0)
        rows = np.flatnonzero(places == outcomes.dictionary.index(reason).as_py())
        if reason not in (GOES_OUT, *DONE_BEFORE):
            of_rows = ids_of(rows)
            order = of_rows.array.argsort()
            rows = rows[order]
            left_out.append(
                LeftOut(reason, tuple(array_of(of_rows.iloc[order], pa.string()).to_pylist()))
            )
        if len(first := rows[:most]):
            cells = [column.iloc[first] for column in columns.values()] or [ids_of(first)]
            shown.append(ShownRecords(reason, tuple(columns) or ("id",), tuple(_texts(cells))))
    return Tally(
        name,
        came_in=came_in,
        went_out=counts.get(GOES_OUT, 0),
        unchanged=sum(counts.get(each, 0) for each in DONE_BEFORE),
        left_out=tuple(left_out),
        shown=tuple(shown),
    )


def _texts(columns: Sequence[pd.Series[Any]]) -> Iterator[tuple[str | None, ...]]:
    """Turn columns into rows of texts that are cut where they are long."""
    return zip(
        *(
            (None if cell is None else cell[:_CELL] for cell in _cells(column))
            for column in columns
        ),
        strict=True,
    )


def _cells(column: pd.Series[Any]) -> list[str | None]:
    texts: list[str | None] = array_of(column.astype(TEXT), pa.string()).to_pylist()
    return texts


def check(report: MappingReport, written: Mapping[str, int]) -> None:
    """Refuse a report that does not add up, or that reports other counts than were written.

    Args:
        report: The report.
        written: Tally name -> count, as counted in the output itself.

    Raises:
        EtlError: records are missing, doubled or without a reason.
    """
    for each in report.tallies:
        total = each.went_out + each.unchanged + each.left_out_count
        nameless = any(group.reason == _NO_REASON for group in each.left_out)
        if (
            total != each.came_in
            or nameless
            or written.get(each.name, each.went_out) != each.went_out
        ):
            raise EtlError(
                f"The counts of {each.name} do not add up, so nothing was written: {each.came_in} came "
                f"in; {each.went_out} went out ({written.get(each.name, each.went_out)} in the output), "
                f"{each.unchanged} unchanged, {each.left_out_count} left out. Please report this."
            )


def as_json(report: MappingReport) -> str:
    """Return the report as JSON, with all ids."""
    content = {
        "origin": {
            **(report.origin.facts() if report.origin else {}),
            "run_before": report.earlier.made_at,
        },
        "settings": dict(report.settings),
        "counts": {
            each.name: {
                "in": each.came_in,
                "out": each.went_out,
                "unchanged": each.unchanged,
                "left_out": each.left_out_count,
            }
            for each in report.tallies
        },
        "left_out": {
            each.name: {
                group.reason: {
                    "count": len(group.ids),
                    "new": len(report.earlier.new_ids(each.name, group)),
                    "advice": advice_for(group.reason).sentence,
                    "ids": group.ids,
                }
                for group in each.left_out
            }
            for each in report.tallies
        },
        "notes": {
            note: {"count": len(ids), "advice": advice_for(note).sentence, "ids": list(ids)}
            for note, ids in report.notes.items()
        },
        "figures": report.figures.facts(),
        "articles": facts(report.articles, {"verdict": verdict, "stock": stock_sentence}),
        "files_not_read": report.files_not_read,
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n"


def summary(report: MappingReport) -> str:
    """Return the counts as a table for a terminal."""
    lines = [f"{'':<22}{'in':>10}{'out':>10}{'unchanged':>11}{'left out':>10}"]
    for each in report.tallies:
        lines.append(
            f"{each.name:<22}{each.came_in:>10,}{each.went_out:>10,}{each.unchanged:>11,}"
            f"{each.left_out_count:>10,}"
        )
        lines.extend(f"  {len(group.ids):>9,}  {group.reason}" for group in each.left_out)
    if report.notes:
        lines.append("Please note")
        lines.extend(f"  {len(ids):>9,}  {note}" for note, ids in report.notes.items())
    lines.extend(f"Not read: {name}" for name in report.files_not_read)
    return "\n".join(lines)
