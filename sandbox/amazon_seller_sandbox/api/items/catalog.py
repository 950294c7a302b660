"""Catalog Items API 2022-04-01: what Amazon's catalog knows about the accounts' products."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.refusals import Refusal, invalid_input, not_found, unauthorized
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.world import catalog
from amazon_seller_sandbox.world.accounts import ROLE_LISTING
from amazon_seller_sandbox.world.listings import ASIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amazon_seller_sandbox.api.operation import Call, Json
    from amazon_seller_sandbox.world.accounts import Account, Marketplace
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

_IDENTIFIER_TYPES = ("ASIN", "EAN", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")
_MOST_IDENTIFIERS = 20
_LARGEST_PAGE = 20


def _csv(query: Mapping[str, list[str]], name: str) -> list[str]:
    return [part for value in query.get(name, []) for part in value.split(",") if part]


def _included(query: Mapping[str, list[str]]) -> frozenset[str]:
    wanted = _csv(query, "includedData") or ["summaries"]
    for each in wanted:
        if each not in catalog.DATASETS:
            raise invalid_input(f"'{each}' is not a valid value for includedData.")
    return frozenset(wanted)


def _markets(account: Account, query: Mapping[str, list[str]]) -> list[Marketplace]:
    ids = _csv(query, "marketplaceIds")
    if not ids:
        raise invalid_input("Missing required 'marketplaceIds'.")
    found = [account.marketplace(each) for each in ids]
    markets = [each for each in found if each is not None]
    if len(markets) != len(found):
        raise unauthorized()
    return markets


def get_item(
    world: World, business: Business, asin: str, query: Mapping[str, list[str]]
) -> dict[str, Any]:
    """Answer getCatalogItem.

    Raises:
        Refusal: 400 malformed, 403 foreign marketplace, 404 not in the catalog.
    """
    market = _markets(business.account, query)[0]
    wanted = _included(query)
    if not ASIN.fullmatch(asin):
        raise invalid_input(f"Invalid 'asin' provided: {asin}")
    found = catalog.item(world, business, asin, market, wanted)
    if found is None:
        raise not_found(f"Requested item '{asin}' not found in marketplace(s) [{market.id}].")
    return found


def _matches(
    world: World, business: Business, market: Marketplace, kind: str, wanted: str
) -> list[str]:
    """Return the ASINs that one identifier stands for."""
    if kind == "ASIN":
        return [wanted]
    found = []
    if world.code_catalog:
        found += [each.asin for each in world.code_catalog.found_by(kind, wanted, market)]
    for listing in business.listings.all:
        if kind == "SKU":
            if listing.sku == wanted and market.id in listing.titles:
                found.append(listing.asin)
        elif {"identifierType": kind, "identifier": wanted} in catalog.identifiers(
            world, business, listing.product
        ):
            found.append(listing.asin)
    return found


def _searched(
    world: World, business: Business, market: Marketplace, query: Mapping[str, list[str]]
) -> list[str]:
    """Return the ASINs a search requests, in no particular order but always the same."""
    wanted, keywords = _csv(query, "identifiers"), _csv(query, "keywords")
    if bool(wanted) == bool(keywords):
        raise invalid_input("Exactly one of 'identifiers' and 'keywords' is required.")
    if len(wanted) > _MOST_IDENTIFIERS or len(keywords) > _MOST_IDENTIFIERS:
        raise invalid_input(f"At most {_MOST_IDENTIFIERS} identifiers or keywords are allowed.")
    if keywords:
        text = " ".join(keywords).casefold()
        asins = [
            each.asin
            for each in business.listings.all
            if text in each.titles.get(market.id, "").casefold()
        ]
    else:
        kind = next(iter(query.get("identifiersType", [])), None)
        if kind not in _IDENTIFIER_TYPES:
            raise invalid_input("'identifiersType' is required with 'identifiers'.")
        if kind == "SKU" and not query.get("sellerId"):
            raise invalid_input("'sellerId' is required when 'identifiersType' is 'SKU'.")
        bad = [each for each in wanted if kind == "ASIN" and not ASIN.fullmatch(each)]
        if bad:
            raise invalid_input(f"Invalid 'identifiers' provided: {', '.join(bad)}")
        if world.code_catalog and any(map(world.code_catalog.refuses, wanted)):
            raise invalid_input("Invalid 'identifiers' provided.")  # which one, Amazon does not say
        asins = [asin for each in wanted for asin in _matches(world, business, market, kind, each)]
    return sorted(set(asins), key=lambda asin: asin[::-1])


def search(world: World, business: Business, query: Mapping[str, list[str]]) -> dict[str, Any]:
    """Answer searchCatalogItems; one malformed identifier fails the complete call.

    Raises:
        Refusal: 400 malformed, 403 foreign marketplace.
    """
    markets = _markets(business.account, query)
    if len(markets) > 1:
        raise invalid_input("Only one marketplace is allowed in 'marketplaceIds'.")
    market = markets[0]
    wanted = _included(query)
    asins = _searched(world, business, market, query)
    size = _page_size(query)
    begin = _page_start(next(iter(query.get("pageToken", [])), None))
    every = [catalog.item(world, business, asin, market, wanted) for asin in asins]
    found = [each for each in every if each is not None]
    answer: dict[str, Any] = {
        "numberOfResults": len(found),
        "items": found[begin : begin + size],
    }
    pages = {}
    if begin + size < len(found):
        pages["nextToken"] = _page_token(begin + size)
    if begin:
        pages["previousToken"] = _page_token(max(begin - size, 0))
    is_lost = world.code_catalog and world.code_catalog.lost_pages(_csv(query, "identifiers"))
    if pages and not (is_lost and size == _LARGEST_PAGE):
        answer["pagination"] = pages
    return answer


def _page_size(query: Mapping[str, list[str]]) -> int:
    text = next(iter(query.get("pageSize", [])), "10")
    if not text.isdecimal() or not 1 <= int(text) <= _LARGEST_PAGE:
        raise invalid_input(f"'pageSize' must be between 1 and {_LARGEST_PAGE}.")
    return int(text)


def _page_token(begin: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"begin": begin}).encode()).decode()


def _page_start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(token))["begin"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(400, "InvalidInput", "Invalid 'pageToken' provided.") from error


async def _search_catalog(call: Call) -> Json:
    business = call.sandbox.world.businesses[call.grant.account.key]
    found = search(call.sandbox.world, business, call.query)
    return found | {"items": call.delivered(found["items"])}


async def _get_catalog_item(call: Call) -> Json:
    business = call.sandbox.world.businesses[call.grant.account.key]
    return get_item(call.sandbox.world, business, call.path["asin"], call.query)


_CATALOG = "/catalog/2022-04-01/items"
_ITEMS = Rate(2, 2)


def _catalog_items(
    world: World, business: Business, as_of: int, datasets: frozenset[str]
) -> Iterator[Record]:
    for market in business.account.marketplaces:
        skus: dict[str, list[str]] = {}
        for listing in business.listings.in_marketplace(market, as_of):
            if not listing.incomplete:
                skus.setdefault(listing.asin, []).append(listing.sku)
        for asin, listed in skus.items():
            item = catalog.item(world, business, asin, market, datasets)
            if item is not None:
                yield {
                    "marketplace_id": market.id,
                    "asin": asin,
                    "seller_skus": sorted(listed),
                    **{_PROPERTIES.get(name, name): item[name] for name in datasets},
                }


_PROPERTIES = {
    "productTypes": "product_types",
    "salesRanks": "sales_ranks",
}


def _product_catalog(
    world: World, business: Business, as_of: int, _since: float
) -> Iterator[Record]:
    datasets = frozenset({"identifiers", "summaries"})
    for record in _catalog_items(world, business, as_of, datasets):
        yield record | {"attributes": None}


def _product_details(
    world: World, business: Business, as_of: int, _since: float
) -> Iterator[Record]:
    datasets = frozenset(catalog.DATASETS) - {"vendorDetails"}
    return _catalog_items(world, business, as_of, datasets)


OPERATIONS = (
    Operation(
        "searchCatalogItems", "GET", _CATALOG, _ITEMS, 200, _search_catalog, role=ROLE_LISTING
    ),
    Operation(
        "getCatalogItem",
        "GET",
        _CATALOG + "/{asin}",
        _ITEMS,
        200,
        _get_catalog_item,
        role=ROLE_LISTING,
    ),
)
TRUTH: dict[str, Truth] = {"product_catalog": _product_catalog, "product_details": _product_details}
