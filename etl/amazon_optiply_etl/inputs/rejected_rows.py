"""Rows of reports that the tap could not read (stream rejected_rows), with what they still say."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec
import pandas as pd

from amazon_optiply_etl.verdicts.outcomes import is_open

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amazon_optiply_etl.inputs.folder import StreamRecords
    from amazon_optiply_etl.inputs.streams import Stream

_COLUMNS = (
    "marketplace_id", "report_id", "line", "asins", "amazon_order_ids", "cells", "streams",
)  # fmt: skip
_LINES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row of a report, or neighbouring lines of one, in which something can still be read.

    Attributes:
        records: The places of its records in the frame of rejected_rows.
        place: Marketplace id: its own, or the first of those that the report was requested for.
        report: Amazon's id of the report.
        lines: The numbers of its lines; none where none is given.
        asins: The ASINs that stand in it.
        orders: The ids of orders that stand in it.
        cells: Its cells; none where the report has buyers' data.
    """

    records: tuple[int, ...]
    place: str
    report: str
    lines: tuple[int, ...] = ()
    asins: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()


def rejected_rows(records: StreamRecords, of: Iterable[Stream]) -> list[RejectedRow]:
    """Return the rejected rows of the reports that feed some streams, in order of report and line.

    Args:
        records: The records of rejected_rows.
        of: The streams.
    """
    if not records.read:
        return []
    frame = records.frame.reset_index(drop=True)
    names = {each.name for each in of}
    rows = []
    found = frame.loc[is_open(frame), list(_COLUMNS)]
    for record, place, report, line, asins, orders, cells, streams in found.itertuples():
        if names.isdisjoint(_texts(streams)):
            continue
        rows.append(
            RejectedRow(
                (record,),
                place,
                "" if pd.isna(report) else report,
                () if pd.isna(line) else (int(line),),
                tuple(each.strip().upper() for each in _texts(asins)),
                tuple(each.strip() for each in _texts(orders)),
                _texts(cells),
            )
        )
    return sorted(rows, key=lambda row: (row.place, row.report, row.lines, row.records))


def as_one(rows: Iterable[RejectedRow]) -> list[RejectedRow]:
    """Make one row of neighbouring lines: a line break within a cell makes several lines of a row.

    Args:
        rows: Rows in order of report and line, as `rejected_rows` returns them.
    """
    joined: list[RejectedRow] = []
    for row in rows:
        if joined and _goes_on(joined[-1], row):
            last = joined[-1]
            joined[-1] = replace(
                last,
                records=last.records + row.records,
                lines=last.lines + row.lines,
                asins=last.asins + row.asins,
                orders=last.orders + row.orders,
                cells=last.cells + row.cells,
            )
        else:
            joined.append(row)
    return joined


def _goes_on(last: RejectedRow, row: RejectedRow) -> bool:
    return (
        bool(last.lines and row.lines)
        and (last.place, last.report) == (row.place, row.report)
        and row.lines[0] == last.lines[-1] + 1
    )


def named_lines(rows: Iterable[RejectedRow], beside: int = 0) -> str:
    """Name the first line of each row: ``line 17``, ``lines 17, 40 and 2 rows``.

    Args:
        rows: The rows.
        beside: How many rows there are that are only counted.
    """
    lines = sorted(row.lines[0] for row in rows if row.lines)
    beside += sum(not row.lines for row in rows)
    parts = []
    if lines:
        shown = ", ".join(map(str, lines[:_LINES_SHOWN]))
        more = len(lines) - _LINES_SHOWN
        parts.append(f"line{'s' * (len(lines) > 1)} {shown}{f', {more:,} more' * (more > 0)}")
    if beside:
        parts.append(f"{beside:,} row{'s' * (beside > 1)}")
    return " and ".join(parts)


def _texts(array: Any) -> tuple[str, ...]:  # noqa: ANN401 - a text, or what pandas has where none is
    """Read an array of texts: JSON, or the Python literal that some CSV writers make of it.

    What is neither holds nothing that could be trusted.
    """
    if not isinstance(array, str):
        return ()
    try:
        values = msgspec.json.decode(array, type=list[str | None])
    except msgspec.MsgspecError:
        try:
            values = msgspec.convert(ast.literal_eval(array), list[str | None])
        except (msgspec.ValidationError, SyntaxError, ValueError):
            return ()
    return tuple(value for value in values if value)
