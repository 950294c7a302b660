"""What a sync says of each stream when it is complete, and the table at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amazon_selling_partner import marketplaces
from tap_amazon_seller.instants import minutes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_amazon_seller.account.selling_account import SellingAccount
    from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

COLUMNS = ("stream", "marketplace", "records", "rejected", "due", "complete", "until")
_NUMBERS = {"records", "rejected", "due"}


@dataclass(frozen=True, slots=True)
class Row:
    """A stream and marketplace at the end of a sync.

    Attributes:
        stream: The stream's name.
        marketplace: The country; `-` where the stream is not split by marketplaces.
        records: How many were emitted.
        rejected: Rows and items that could not become records.
        due: Windows that are left for later syncs.
        is_complete: Whether all that Amazon has was read.
        until: The bookmark, to the minute; `-` where there is none.
    """

    stream: str
    marketplace: str
    records: int
    rejected: int
    due: int
    is_complete: bool
    until: str
    due_in: str = "report"
    """What is counted as due, in the singular."""

    @property
    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        complete = "yes" if self.is_complete else "no"
        return (
            self.stream, self.marketplace, str(self.records), str(self.rejected), str(self.due),
            complete, self.until,
        )  # fmt: skip


def rows_of(stream: AmazonStream, account: SellingAccount) -> list[Row]:
    """What a sync has read of a stream, by marketplace."""
    rows = []
    for (name, place), read in account.tally.read.items():
        if name == stream.name:
            marketplace = marketplaces.BY_ID.get(place)
            due = account.due_of(name, place)
            until = stream.bookmark_of(marketplace)
            rows.append(
                Row(
                    name,
                    marketplace.country if marketplace else "-",
                    read.records,
                    read.rejected,
                    due.windows if due else 0,
                    read.complete and due is None,
                    minutes(until) if until else "-",
                    stream.due_in,
                )
            )
    return sorted(rows, key=lambda row: row.marketplace)


def sentence(rows: Sequence[Row]) -> str:
    """A stream in one line, such as `orders: 280 records (DE 180, FR 100), 2 rejected.`, for the log."""
    records = sum(row.records for row in rows)
    parts = [f"{rows[0].stream}: {records} {'record' if records == 1 else 'records'}"]
    if len(rows) > 1:
        parts[0] += f" ({', '.join(f'{row.marketplace} {row.records}' for row in rows)})"
    if rejected := sum(row.rejected for row in rows):
        parts.append(f"{rejected} rejected")
    if due := sum(row.due for row in rows):
        parts.append(f"{due} {rows[0].due_in}{'' if due == 1 else 's'} due")
    if lacking := [row.marketplace for row in rows if not row.is_complete and not row.due]:
        where = f" for {', '.join(lacking)}" if lacking != ["-"] else ""
        parts.append(f"incomplete{where}")
    return f"{', '.join(parts)}."


def table(rows: Iterable[Row]) -> Iterator[str]:
    """The lines of the table, its header first."""
    lines = [COLUMNS, *(row.cells for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(COLUMNS))]
    for line in lines:
        cells = (
            cell.rjust(width) if column in _NUMBERS else cell.ljust(width)
            for cell, width, column in zip(line, widths, COLUMNS, strict=True)
        )
        yield "  ".join(cells).rstrip()
