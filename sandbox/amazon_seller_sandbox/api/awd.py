"""Amazon Warehousing and Distribution 2024-05-09: listInventory."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.clock import DAY
from amazon_seller_sandbox.refusals import invalid_input
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.world.accounts import ROLE_AWD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amazon_seller_sandbox.api.operation import Call, Json
    from amazon_seller_sandbox.world.world import Business, World

_MOVES_EVERY = 3 * DAY
_LARGEST_PAGE = 200
_USUAL_PAGE = "25"
_EVERY = 3
"""Every third FBA listing is stored there."""


def inventory(world: World, business: Business, as_of: int) -> Iterator[dict[str, Any]]:
    """Yield the stock of every SKU as of an instant, in the order of the SKUs."""
    prefix = key(world.settings.seed, business.account.key, "awd")
    stored = [
        each
        for each in business.listings.all
        if each.fba and each.listed_at(as_of) and each.index % _EVERY == 0
    ]
    for listing in sorted(stored, key=lambda each: each.sku):
        slot = (as_of + listing.index * 7_919) // _MOVES_EVERY
        chance = draws(prefix, (listing.index << 24) + slot)
        available, reserved = chance[0] % 900, chance[1] % 50
        expiry = [
            {
                "expiration": datetime(2027 + year, 1, 12, 10, tzinfo=UTC).isoformat(),
                "onhandQuantity": quantity,
            }
            for year, quantity in enumerate((available, reserved))
        ]
        yield {
            "sku": listing.sku,
            "totalOnhandQuantity": available + reserved,
            "totalInboundQuantity": chance[2] % 300 if chance[2] % 3 == 0 else 0,
            "inventoryDetails": {
                "availableDistributableQuantity": available,
                "reservedDistributableQuantity": reserved,
                "replenishmentQuantity": chance[3] % 120,
            },
            "expirationDetails": expiry if listing.index % 2 == 0 else [],
        }


async def _list_inventory(call: Call) -> Json:
    world = call.sandbox.world
    details = _choice(call.query, "details", ("HIDE", "SHOW"))
    order = _choice(call.query, "sortOrder", ("ASCENDING", "DESCENDING"))
    size = _one(call.query, "maxResults") or _USUAL_PAGE
    if not size.isdecimal() or not 1 <= int(size) <= _LARGEST_PAGE:
        raise invalid_input("Invalid value for maxResults. It must be between 1 and 200.")
    sku = _one(call.query, "sku")
    business = world.businesses[call.grant.account.key]
    found = [
        each
        for each in inventory(world, business, world.data_time.now())
        if sku is None or each["sku"] == sku
    ]
    if order == "DESCENDING":
        found.reverse()
    start = _start(call.query, (details, order, sku))
    page = found[start : start + int(size)]
    body: dict[str, Any] = {"inventory": [_shown(each, details) for each in page]}
    if start + len(page) < len(found):
        body["nextToken"] = _token(start + len(page), (details, order, sku))
    return body


def _shown(summary: dict[str, Any], details: str) -> dict[str, Any]:
    if details == "SHOW":
        return summary
    return {name: value for name, value in summary.items() if not name.endswith("Details")}


def _one(query: Mapping[str, list[str]], name: str) -> str | None:
    return next(iter(query.get(name, [])), None)


def _choice(query: Mapping[str, list[str]], name: str, choices: tuple[str, str]) -> str:
    value = _one(query, name) or choices[0]
    if value not in choices:
        raise invalid_input(
            f"Invalid value: {value} passed for {name}. "
            f"Possible values are: [{', '.join(sorted(choices))}]"
        )
    return value


def _token(start: int, asked: tuple[str, str, str | None]) -> str:
    return base64.urlsafe_b64encode(json.dumps([start, *asked]).encode()).decode()


def _start(query: Mapping[str, list[str]], asked: tuple[str, str, str | None]) -> int:
    """Return where a page starts; its token goes with the arguments that produced it."""
    token = _one(query, "nextToken")
    if token is None:
        return 0
    try:
        start, *rest = json.loads(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise invalid_input("Invalid value for nextToken.") from error
    if tuple(rest) != asked:
        raise invalid_input("nextToken must come with the arguments of the call that produced it.")
    return int(start)


def _truth(world: World, business: Business, as_of: int, _since: float) -> Iterator[dict[str, Any]]:
    for each in inventory(world, business, as_of):
        yield {
            "sku": each["sku"],
            "total_onhand_quantity": each["totalOnhandQuantity"],
            "total_inbound_quantity": each["totalInboundQuantity"],
            "inventory_details": each["inventoryDetails"],
            "expiration_details": each["expirationDetails"],
        }


OPERATIONS = (
    Operation(
        "listInventory",
        "GET",
        "/awd/2024-05-09/inventory",
        Rate(2, 2),
        200,
        _list_inventory,
        role=ROLE_AWD,
    ),
)
TRUTH = {"awd_inventory": _truth}
