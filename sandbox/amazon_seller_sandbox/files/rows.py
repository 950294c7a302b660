"""Rows of a time: one source writes a report's document and says the true records."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from amazon_seller_sandbox.files.documents import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.files.tables import Table
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.truth import Record
    from amazon_seller_sandbox.world.world import Business, World

Row = TypeVar("Row")
PERSONAL = re.compile(r"(buyer|recipient|bill|customer)_.*|.*(phone|e_?mail).*|ship_address_\d")
"""Buyers' data, which a sync delivers only if it is asked to: true records are without."""


class Period(NamedTuple):
    """A stretch of time, begin included and end not, as it is known at an instant (seconds)."""

    since: float
    until: float
    as_of: int


@dataclass(frozen=True, slots=True)
class Source(Generic[Row]):
    """The rows of one report type."""

    table: Table[Row]
    find: Callable[[World, Business, Marketplace, Period], Iterable[Row]]
    numbered_by: tuple[str, ...] = ()
    """The properties that rows may share; then they are numbered."""
    called: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Properties of records that have the first value of several."""
    charset_of: str = "stock"
    """The kind of file whose charset the document has."""
    regions: tuple[str, ...] = ()
    """Where Amazon has the report; everywhere unless given."""


def content(source: Source[Row], asked: Asked) -> Content:
    """Return the document of a report, whose window includes both ends."""
    account, market = asked.business.account, asked.market
    rows: Iterable[Row] = ()
    if not source.regions or account.region in source.regions:
        period = Period(max(asked.start, asked.world.history_start), asked.end + 1, asked.as_of)
        rows = source.find(asked.world, asked.business, market, period)
    charset = getattr(market.charsets, source.charset_of)
    return Content(source.table.lines(rows), charset, asked.compressed)


def true_records(
    source: Source[Row], world: World, business: Business, as_of: int, since: float
) -> Iterator[Record]:
    """Yield the records of all marketplaces, as known at an instant."""
    if source.regions and business.account.region not in source.regions:
        return
    for market in business.account.marketplaces:
        charset = getattr(market.charsets, source.charset_of)
        period = Period(max(since, world.history_start), as_of + 1, as_of)
        records = (
            {
                name: value
                for name, value in source.table.record(row, charset).items()
                if not PERSONAL.fullmatch(name)
            }
            | {"marketplace_id": market.id}
            for row in source.find(world, business, market, period)
        )
        if source.numbered_by:
            yield from numbered(records, source.numbered_by, source.called)
        else:
            yield from records


NOTHING = "-"
"""What a sync has in a key that the file leaves empty."""


def numbered(
    records: Iterable[Record],
    keys: tuple[str, ...],
    called: Mapping[str, tuple[str, ...]] | None = None,
) -> Iterator[Record]:
    """Number the records that share keys from 1, in the order of their contents."""
    shared: dict[tuple[object, ...], list[Record]] = {}
    for record in records:
        names = {
            name: next((record[each] for each in columns if record.get(each)), None)
            for name, columns in (called or {}).items()
        }
        found = record | names
        own = {name: NOTHING if found[name] in {None, ""} else found[name] for name in keys}
        shared.setdefault(tuple(own.values()), []).append(found | own)
    for together in shared.values():
        for number, record in enumerate(sorted(together, key=_contents), start=1):
            yield record | {"line_number": number}


def _contents(record: Record) -> str:
    return repr(sorted((name, str(value)) for name, value in record.items()))
