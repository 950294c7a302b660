"""What the target of a life must hold in the end, stream by stream."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from running import ALL_KEYS

from amazon_seller_sandbox.server.truth import TRUTH
from simulation.script import FIGURES, PRICES, SNAPSHOTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from simulation.amazon import Amazon
    from simulation.taps import Record
    from simulation.target import Target

STOCK = "vendor_inventory"
FULFILMENT, OF_BUYER, OF_BUYER_IN_ITEMS = (
    "vendor_fulfilment_orders",
    ("ship_to_party", "bill_to_party"),
    ("giftDetails", "buyerCustomizedInfo"),
)
"""A stream with buyers' data among others, and where they are."""
LATEST_PUBLICATION = timedelta(days=10)
"""After so long a day's stock is in every report."""
NOT_COMPARED = {"rejected_rows", "sync_summary"}
"""What syncs report of themselves."""
NOT_OF_TRUTH = {"synced_at"}
"""When a sync has read a price."""
PUBLISHED = timedelta(days=4)
"""After so long figures of a day are there."""


class Truth:
    """The truth of a life's streams, once its seller has stopped.

    Args:
        amazon: The life's Amazon.
        target: What was held.
        streams: The streams that syncs read.
        include_pii: Whether buyers' data are among what is true.
        start: The first day of figures by day; where it is empty, they are not compared, since
            their reports come once in a quarter of an hour.
    """

    def __init__(
        self,
        amazon: Amazon,
        target: Target,
        streams: Sequence[str],
        *,
        include_pii: bool,
        start: str,
    ) -> None:
        self._amazon = amazon
        self._include_pii = include_pii
        self._target = target
        self._start = start
        left_out = NOT_COMPARED if start else {*NOT_COMPARED, *FIGURES}
        self._streams = [each for each in streams if each not in left_out]

    def of_all(self) -> dict[str, list[Record]]:
        """What is true of the streams, of which Optiply's objects are made.

        The stock of the day on which a history begins, which the truth does not know, is as it was read.
        """
        found = {stream: self._of(stream) for stream in self._streams}
        if STOCK in found:
            read = self._target.rows.get(STOCK, {}).values()
            found[STOCK] += [each for each in read if each["end_date"] <= self._first_day]
        return found

    def differences(self) -> Iterator[str]:
        """How what the target holds differs from the truth."""
        for stream in self._streams:
            yield from self._differences_of(stream)

    def _differences_of(self, stream: str) -> Iterator[str]:
        keys = self._target.keys.get(stream) or ALL_KEYS[stream]
        held = self._held(stream, keys)
        truth = by_key(keys, self._of(stream))
        for what, found in (
            ("lost", truth.keys() - held.keys()),
            ("too much", held.keys() - truth.keys()),
        ):
            if found:
                yield f"{stream}: {len(found)} {what}, such as {min(found, key=str)}"
        altered = [
            (key, name)
            for key in truth.keys() & held.keys()
            for name in (truth[key].keys() | held[key].keys()) - NOT_OF_TRUTH
            if instant(truth[key].get(name)) != instant(held[key].get(name))
        ]
        if altered:
            key, name = min(altered, key=str)
            yield (
                f"{stream}: {len(altered)} altered, such as {name} of {key}: "
                f"{held[key].get(name)!r} instead of {truth[key].get(name)!r}"
            )

    def _held(self, stream: str, keys: Sequence[str]) -> dict[tuple[object, ...], Record]:
        """What the target holds of a stream: of a snapshot, what the last sync has brought."""
        if stream in {*SNAPSHOTS, *PRICES}:
            return by_key(keys, self._target.synced.get(stream, ()))
        rows = self._target.rows.get(stream, {})
        if stream in FIGURES:
            return {key: row for key, row in rows.items() if self._is_published(row)}
        if stream != STOCK:
            return rows
        # Of the day on which its history begins the truth knows nothing.
        return {key: row for key, row in rows.items() if row["end_date"] > self._first_day}

    def _is_published(self, row: Record) -> bool:
        """Whether a day's figures are wanted and there for certain."""
        last = datetime.fromtimestamp(self._amazon.time.now(), UTC) - PUBLISHED
        day = str(row.get("date") or row["end_date"])[:10]
        return self._start <= day <= last.date().isoformat()

    @property
    def _first_day(self) -> str:
        return datetime.fromtimestamp(self._amazon.world.history_start, UTC).date().isoformat()

    def _of(self, stream: str) -> list[Record]:
        if stream == STOCK:
            return self._stock()
        found = self._at(stream, self._amazon.time.now())
        if stream in FIGURES:
            return [each for each in found if self._is_published(each)]
        if stream == FULFILMENT and not self._include_pii:
            return [without_buyer(each) for each in found]
        return found

    def _at(self, stream: str, time: float) -> list[Record]:
        amazon = self._amazon
        business = amazon.world.businesses[amazon.account]
        found = TRUTH[stream](amazon.world, business, int(time), -math.inf)
        return [each for each in found if each.get("marketplace_id") in {None, *amazon.markets}]

    def _stock(self) -> list[Record]:
        """A vendor's stock up to the last day that Amazon has published, by marketplace."""
        newest: dict[str, str] = {}
        for each in self._target.rows.get(STOCK, {}).values():
            market, day = each["marketplace_id"], each["end_date"]
            newest[market] = max(day, newest.get(market, day))
        if not newest:
            return []
        published = datetime.fromisoformat(f"{max(newest.values())}T00:00:00+00:00")
        later = self._at(STOCK, (published + LATEST_PUBLICATION).timestamp())
        return [
            each for each in later if each["end_date"] <= newest.get(each["marketplace_id"], "")
        ]


def by_key(keys: Sequence[str], records: Iterable[Record]) -> dict[tuple[object, ...], Record]:
    """The last record of each key."""
    return {tuple(record[name] for name in keys): record for record in records}


def without_buyer(order: Record) -> Record:
    """An order of a vendor without the data of its buyer."""
    items = [
        {name: value for name, value in item.items() if name not in OF_BUYER_IN_ITEMS}
        for item in order["items"]
    ]
    return order | dict.fromkeys(OF_BUYER) | {"items": items}


def instant(value: object) -> object:
    """A value; an instant as Parquet files have it, which keep no `Z`."""
    if isinstance(value, str) and value.endswith("Z") and len(value) == len("2026-11-02T08:00:00Z"):
        return f"{value[:-1]}+00:00"
    return value
