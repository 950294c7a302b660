"""What sellers list: one own quantity a SKU, listings that sell out, that end and begin."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from amazon_seller_sandbox.clock import ManualClock
from amazon_seller_sandbox.server.truth import TRUTH
from amazon_seller_sandbox.world.listings import REPLACED_AFTER
from amazon_seller_sandbox.world.world import DEFAULT_NOW_SECONDS, Settings, World

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = DEFAULT_NOW_SECONDS
HOUR, DAY = 3_600, 86_400
ACCOUNTS = ("NA", "EU", "FE", "PANEU")
REPLACED = NOW + REPLACED_AFTER


@pytest.fixture(scope="module")
def world() -> World:
    settings = Settings(orders=1_000, listings=120)
    return World(settings, ManualClock(settings.now))


def records(
    world: World, account: str, stream: str, instant: int, since: float = -math.inf
) -> Iterator[dict[str, Any]]:
    return TRUTH[stream](world, world.businesses[account], instant, since)


def by_sku(
    world: World, account: str, instant: int, stream: str = "products_inventory"
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the records of a stream by SKU and marketplace id."""
    name = "seller_sku" if stream == "products_inventory" else "sku"
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for each in records(world, account, stream, instant):
        found[each[name]][each["marketplace_id"]] = each
    return found


@pytest.mark.parametrize("account", ["NA", "EU", "PANEU"])
def test_a_unified_account_shows_one_own_quantity_of_a_sku_in_every_marketplace(
    world: World, account: str
) -> None:
    quantities = [
        {each["quantity"] for each in places.values()}
        for places in by_sku(world, account, NOW).values()
        if len(places) > 1
    ]

    assert len(quantities) > 50
    assert all(len(each) == 1 for each in quantities)


def test_a_marketplace_of_an_account_that_is_not_unified_has_a_stock_of_its_own(
    world: World,
) -> None:
    quantities = [
        {each["quantity"] for each in places.values()}
        for places in by_sku(world, "FE", NOW).values()
        if len(places) > 1
    ]

    assert any(len(each) > 1 for each in quantities)


@pytest.mark.parametrize("account", ["EU", "FE"])
def test_a_listing_that_is_sold_out_is_inactive_and_comes_back(world: World, account: str) -> None:
    returned = 0
    before = own_listings(world, account, NOW)
    for instant in range(NOW + 4 * HOUR, NOW + 4 * DAY, 4 * HOUR):
        now = own_listings(world, account, instant)
        for place, (quantity, status) in now.items():
            quantity_before, status_before = before.get(place, (1, "Active"))
            if quantity == quantity_before == 0:
                assert status == "Inactive"
            if quantity > quantity_before == 0:
                returned += (status_before, status) == ("Inactive", "Active")
        before = now

    assert returned > 5


def own_listings(
    world: World, account: str, instant: int
) -> dict[tuple[str, str], tuple[int, str]]:
    """Return quantity and status of what the seller fulfils, by SKU and marketplace id."""
    return {
        (each["seller_sku"], each["marketplace_id"]): (each["quantity"], each["status"])
        for each in records(world, account, "products_inventory", instant)
        if each["quantity"] is not None and each["status"] != "Incomplete"
    }


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_listing_that_amazon_fulfils_is_active_as_long_as_there_are_sellable_units(
    world: World, account: str
) -> None:
    stock, stock_before = (
        by_sku(world, account, instant, "warehouse_inventory") for instant in (NOW, NOW - HOUR)
    )
    statuses: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for sku, places in by_sku(world, account, NOW).items():
        for place, each in places.items():
            if each["quantity"] is None:
                in_stock = stock[sku][place]["afn_fulfillable_quantity"] > 0
                statuses[each["status"], in_stock].add(sku)
                if each["status"] == "Active" and not in_stock:
                    assert stock_before[sku][place]["afn_fulfillable_quantity"] > 0

    assert len(statuses["Inactive", False]) > 3
    assert len(statuses["Active", True]) > 30
    assert statuses["Inactive", True], "none is closed with stock"


@pytest.mark.parametrize("account", ACCOUNTS)
def test_some_listings_have_been_sold_out_for_years_and_nobody_orders_them(
    world: World, account: str
) -> None:
    dead = {each.sku for each in world.businesses[account].listings.all if each.long_sold_out}
    listed = by_sku(world, account, NOW)
    ordered = {each["sku"] for each in records(world, account, "order_items", NOW)}

    assert len(dead) > 3
    assert not dead & ordered
    assert {each["status"] for sku in dead for each in listed[sku].values()} == {"Inactive"}


@pytest.mark.parametrize("account", ACCOUNTS)
def test_an_assortment_is_replaced_at_once_and_orders_follow(world: World, account: str) -> None:
    before, after = (
        set(by_sku(world, account, instant)) for instant in (REPLACED - 1, REPLACED + 1)
    )
    later = [
        each
        for each in records(world, account, "order_items", NOW + 20 * DAY)
        if each["purchase_date"] > "2026-11-02T18:00:00"
    ]

    ended, begun = before - after, after - before
    assert len(ended) == len(begun) > 5
    assert begun & {each["sku"] for each in later}
    assert not ended & {each["sku"] for each in later}


@pytest.mark.parametrize("account", ACCOUNTS)
def test_nothing_is_ordered_while_it_is_sold_out(world: World, account: str) -> None:
    business = world.businesses[account]
    markets = frozenset(each.id for each in business.account.marketplaces)
    listings = {(each.sku, each.asin): each for each in business.listings.all}
    lines = [
        (listings[line.sku, line.asin], order.market, order.purchased)
        for order in business.orders.updated_between(0, NOW, NOW, markets)
        for line in order.lines
    ]

    assert len(lines) > 1_000
    assert not any(business.listings.is_sold_out(*each) for each in lines)
