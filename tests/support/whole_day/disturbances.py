"""What goes wrong on a disturbed day, and what Optiply must hold in the end all the same."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conftest import RunningSandbox
    from running import Record
    from whole_day.expectation import Expectation
    from whole_day.shops import Shop

REFUSALS = ("429", "500", "503", "400")
WRITES = "optiply.*.P*"
"""Operations that POST and PATCH anything; no token and no reading."""
LOST_PRODUCTS = 2
QUIET_SYNCS = 3
"""Undisturbed syncs at the end of the day; what is refused for ever is refused then, too."""


@dataclass(slots=True)
class Disturbances:
    """The disturbances of one shop's day, drawn by a seed.

    Every second sync Optiply refuses one call. One product, known by its ASIN, and one order, known by
    the second at which it was placed, it refuses for ever. Two products are lost on the way.

    Attributes:
        shop: Whose day it is.
        refused_asin: The refused product's, or empty.
        refused_at: When the refused order was placed.
        losses: How many products are lost.
        dead: The remoteIds of products that were lost, by the id that they had.
    """

    shop: Shop
    refused_asin: str
    refused_at: str
    losses: int = LOST_PRODUCTS
    seed: str = "day"
    dead: dict[str, str] = field(default_factory=dict)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Refuse the two for ever."""
        self._random = random.Random(self.seed)  # noqa: S311 - a reproducible day
        self.be_quiet()

    @property
    def _sandbox(self) -> RunningSandbox:
        return self.shop.sandbox

    def be_quiet(self) -> None:
        """End all disturbances but those that last for ever."""
        self._sandbox.clear_faults()
        entries: list[Record] = [{"operation": "optiply.sellOrders.P*"}]
        entries[0]["where"] = {"placed": self.refused_at}
        if self.refused_asin:
            where = {"articleCode": self.refused_asin}
            entries.append({"operation": "optiply.products.P*", "where": where})
        forever = {"fault": "400", "times": None}
        self._sandbox.post("/_sandbox/faults", [each | forever for each in entries])

    def before(self, number: int, syncs: int, calls: int) -> None:
        """Disturb a sync of so many, which has so many calls to make."""
        self.be_quiet()
        if number % 2:
            entry = {"operation": WRITES, "fault": self._random.choice(REFUSALS), "seconds": 0}
            among = {"among": max(1, calls), "seed": f"{self.seed}/{number}"}
            self._sandbox.post("/_sandbox/faults", [entry | among])
        places = [syncs * (each + 1) // (self.losses + 1) for each in range(self.losses)]
        if number in places and number:
            self._lose_one()

    def _lose_one(self) -> None:
        """Lose a product that is sold, as if somebody had deleted it in Optiply."""
        dump = self._sandbox.get_json("/_sandbox/optiply")
        products, _ = self.shop.by_remote_id("Products", dump["products"])
        sold = Counter(
            str(line["productId"]) for order in dump["sellOrders"] for line in order["orderLines"]
        )
        found = [
            (sold[each["id"]], remote_id, each["id"])
            for remote_id, each in products.items()
            if remote_id not in self.dead.values() and not remote_id.startswith("(")
        ]
        assert found, "there is no product to lose"
        best = sorted(found)[-3:]
        _, remote_id, number = self._random.choice(best)
        entry = {"entity": "products", "where": {"id": number}}
        (lost,) = self._sandbox.post("/_sandbox/optiply/lose", [entry])["lost"]
        self.dead[lost["id"]] = remote_id


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a disturbed day may lack in the end, and what is wrong beside that.

    Attributes:
        products: The remoteIds that may be missing, and have to be listed.
        orders: The orders that may be.
        wrong: The differences from the truth beside those.
        unlisted: What is missing and not in the report.
    """

    products: frozenset[str]
    orders: frozenset[str]
    wrong: dict[str, Counter[str]]
    unlisted: frozenset[str]


def judged(disturbed: Disturbances, expected: Expectation, *, recreated: bool) -> Outcome:
    """Hold Optiply against the truth after a disturbed day.

    Args:
        disturbed: The day.
        expected: The truth.
        recreated: Whether lost products have to be there again.
    """
    refused = {each for each in expected.products if _is_of(each, disturbed.refused_asin)}
    gone = set() if recreated else set(disturbed.dead.values())
    orders = {
        number
        for number, order in expected.orders.items()
        if order.placed == disturbed.refused_at or refused & order.lines.keys()
    }
    differences = disturbed.shop.differences(expected, disturbed.dead)
    missing = set(differences.get("product lost", ())), set(differences.get("order lost", ()))
    if gone:
        # Those that arrived before the loss are there.
        orders |= {number for number in missing[1] if gone & expected.orders[number].lines.keys()}
    wrong = {
        **differences,
        "product lost": Counter(missing[0] - refused - gone),
        "order lost": Counter(missing[1] - orders),
        "product there, though refused": Counter((refused | gone) - missing[0]),
    }
    listed = json.dumps(disturbed.shop.report(), ensure_ascii=False)
    every = frozenset(missing[0] | missing[1])
    return Outcome(
        frozenset(refused | gone),
        frozenset(orders),
        {name: counter for name, counter in wrong.items() if counter},
        frozenset(each for each in every if each not in listed),
    )


def _is_of(remote_id: str, asin: str) -> bool:
    return bool(asin) and remote_id.partition("_")[0] == asin


def an_asin_that_is_sold(truth: Mapping[str, Iterable[Record]]) -> str:
    """Return an ASIN that is in some orders, not in many, and in the listings."""
    listed = {each["asin1"] for each in truth["products_inventory"] if each["status"] == "Active"}
    sold = Counter(each["asin"] for each in truth["order_items"] if each["asin"] in listed)
    ranked = sold.most_common()
    return str(ranked[len(ranked) // 2][0])


def a_second_of_one_order(expected: Expectation, asin: str) -> str:
    """Return when an order was placed that no other one shares, and that does not name the ASIN."""
    placed = Counter(order.placed for order in expected.orders.values())
    return next(
        order.placed
        for _, order in sorted(expected.orders.items(), reverse=True)
        if placed[order.placed] == 1 and not any(_is_of(each, asin) for each in order.lines)
    )
