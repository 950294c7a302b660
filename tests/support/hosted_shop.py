"""A seller's folder at a host: each sync runs the ETL, then the target, which may stop anywhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.runs import pipeline

if TYPE_CHECKING:
    from etl.conftest import Built, SellerFolder
    from hosted_target import HostedTarget

START = datetime(2026, 10, 3, 8, tzinfo=UTC)
DE = "A1PA6795UKMFR9"
HALF_AN_HOUR = timedelta(minutes=30)
ASINS = [f"B00000000{n}" for n in range(5)]


@dataclass(slots=True)
class HostedShop:
    """A seller's folder at a host: each sync brings listings and, once each, orders.

    Attributes:
        seller: The folder.
        target: What loads it.
        now: The time of the next sync.
        quantity: ASIN -> own stock, of what is listed.
        whole: Whether the tap says that the listings arrived complete.
    """

    seller: SellerFolder
    target: HostedTarget
    now: datetime = START
    quantity: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ASINS, 5))
    whole: bool = False

    def sync(
        self, *orders: tuple[str, str], stop_at: int | None = None, loads: bool = True
    ) -> Built:
        """Run the ETL on the listings and these orders (number, ASIN), then the target."""
        self.seller.records.clear()
        for asin, quantity in self.quantity.items():
            self.seller.listing(asin, quantity=quantity)
        if self.whole:
            summary = {"stream": "products_inventory", "marketplace_id": DE, "complete": True}
            self.seller.add("sync_summary", summary | {"records": len(self.quantity)})
        for number, asin in orders:
            self.seller.order(number)
            self.seller.line(number, asin)
        return self.build(stop_at=stop_at, loads=loads)

    def build(self, *, stop_at: int | None = None, loads: bool = True) -> Built:
        """Run the ETL on the records that are there, then the target."""
        for path in (self.seller.root / "sync-output").glob("*"):
            path.unlink()
        self.seller.write_input()
        config = {"flow": "flow1"} | self.seller.config
        pipeline.build(
            settings_from(config, {}), self.seller.folders, ("singer",), lambda: self.now
        )
        if loads:
            self.target.load(stop_at)
        self.now += HALF_AN_HOUR
        return self.seller.built

    def arrived(self, stream: str) -> set[str]:
        """Return what Optiply has of a stream, by what the host calls it."""
        there = self.target.objects.get(stream, {})
        return {key for key, id_ in self.target.ids.get(stream, {}).items() if id_ in there}

    def doubled(self) -> list[tuple[str, str]]:
        """Return what was created more than once."""
        return [key for key, count in Counter(self.target.created).items() if count > 1]


def sent(built: Built, stream: str) -> list[str]:
    """Return the externalIds of a stream in data.singer, in its order."""
    records = (each for each in built.messages if each["type"] == "RECORD")
    return [each["record"]["externalId"] for each in records if each["stream"] == stream]


ORDERS = [(f"302-{n}", asin) for n, asin in enumerate(ASINS)]
