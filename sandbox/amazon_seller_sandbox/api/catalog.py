"""Catalog Items API 2022-04-01: what Amazon's catalog knows about the accounts' products."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.refusals import Refusal, invalid_input, not_found, unauthorized
from amazon_seller_sandbox.world.titles import BRANDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.world.accounts import Account, Marketplace
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.world import Business, World

DATASETS = (
    "attributes",
    "classifications",
    "dimensions",
    "identifiers",
    "images",
    "productTypes",
    "relationships",
    "salesRanks",
    "summaries",
    "vendorDetails",
)
_IDENTIFIER_TYPES = ("ASIN", "EAN", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")
_ASIN = re.compile(r"B[0-9A-Z]{9}|[0-9]{9}[0-9X]")
_MOST_IDENTIFIERS = 20
_LARGEST_PAGE = 20
UNKNOWN_EVERY = 31
"""Every so many products the catalog does not know the ASIN."""


def _check_digit(digits: str) -> str:
    total = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits[::-1])
    )
    return str(-total % 10)


def _with_check_digit(digits: str) -> str:
    return digits + _check_digit(digits)


def identifiers(world: World, business: Business, product: int) -> list[dict[str, str]]:
    """Return a product's identifiers: some have EAN, UPC and GTIN, some no EAN, some two."""
    chance = draws(key(world.settings.seed, business.account.key, "ean"), product)
    upc = _with_check_digit(f"{chance[0] % 10**5:05d}{product:06d}")
    second = _with_check_digit(f"4{chance[1] % 10**5:05d}{product:06d}")
    ean = {"identifierType": "EAN", "identifier": f"0{upc}"}
    german_ean = {"identifierType": "EAN", "identifier": second}
    gtin = {"identifierType": "GTIN", "identifier": f"00{upc}"}
    only_upc = {"identifierType": "UPC", "identifier": upc}
    choices: tuple[list[dict[str, str]], ...] = (
        [ean, gtin, only_upc],
        [german_ean],
        [german_ean, {"identifierType": "GTIN", "identifier": f"0{second}"}],
        [only_upc],
        [ean, german_ean],
        [],
        [ean],
    )
    return choices[product % len(choices)]


def _listing_of(business: Business, asin: str, market: Marketplace) -> Listing | None:
    """Return a listing that stands for this ASIN, if the catalog of the marketplace has it."""
    return next(
        (
            each
            for each in business.listings.by_asin.get(asin, [])
            if market.id in each.titles and _known(each)
        ),
        None,
    )


def _known(listing: Listing) -> bool:
    return listing.product % UNKNOWN_EVERY != UNKNOWN_EVERY - 1


def _images(asin: str, product: int) -> list[dict[str, Any]]:
    return [
        {
            "variant": variant,
            "link": f"https://m.media-amazon.com/images/I/{asin}{number}.jpg",
            "height": 500 + number,
            "width": 500,
        }
        for number, variant in enumerate(("MAIN", "PT01", "SWCH")[: product % 4])
    ]


def _relationships(product: int) -> list[dict[str, Any]]:
    """Every third product is a variation of a parent that is not for sale."""
    if product % 3:
        return []
    return [
        {
            "type": "VARIATION",
            "parentAsins": [f"B0{product // 9:08d}"],
            "variationTheme": {"attributes": ["color", "size"], "theme": "SIZE_NAME/COLOR_NAME"},
        }
    ]


def _ranks(product: int) -> list[dict[str, Any]]:
    if product % 5 == 0:  # not sold yet
        return []
    rank = 1 + product * 7_919 % 400_000
    return [{"websiteDisplayGroup": "garden_display_on_website", "title": "Garden", "rank": rank}]


def item(
    world: World, business: Business, asin: str, market: Marketplace, wanted: frozenset[str]
) -> dict[str, Any] | None:
    """Return a catalog item with the wanted datasets, None when the catalog does not know it."""
    listing = _listing_of(business, asin, market)
    if listing is None:
        return None
    product = listing.product
    name = listing.titles[market.id]
    brand = BRANDS[product % len(BRANDS)]
    known = identifiers(world, business, product)
    datasets: dict[str, Any] = {
        "attributes": {
            "item_name": [
                {"value": name, "language_tag": market.language, "marketplace_id": market.id}
            ],
            "brand": [
                {"value": brand, "language_tag": market.language, "marketplace_id": market.id}
            ],
        },
        "classifications": [
            {
                "marketplaceId": market.id,
                "classifications": [{"displayName": "Garden", "classificationId": "3610841"}],
            }
        ],
        "dimensions": [
            {
                "marketplaceId": market.id,
                "item": {"weight": {"unit": "kilograms", "value": 0.1 + product % 50 / 10}},
            }
        ],
        "identifiers": [{"marketplaceId": market.id, "identifiers": known}],
        "images": [{"marketplaceId": market.id, "images": _images(asin, product)}],
        "productTypes": [{"marketplaceId": market.id, "productType": "GARDEN_TOOL"}],
        "relationships": [{"marketplaceId": market.id, "relationships": _relationships(product)}],
        "salesRanks": [{"marketplaceId": market.id, "displayGroupRanks": _ranks(product)}],
        "summaries": [
            {
                "marketplaceId": market.id,
                "adultProduct": False,
                "brand": brand,
                "itemClassification": "BASE_PRODUCT",
                "itemName": name,
                "packageQuantity": 1 + product % 3,
            }
        ],
        "vendorDetails": [],
    }
    return {"asin": asin} | {name: datasets[name] for name in DATASETS if name in wanted}


def _csv(query: Mapping[str, list[str]], name: str) -> list[str]:
    return [part for value in query.get(name, []) for part in value.split(",") if part]


def _included(query: Mapping[str, list[str]]) -> frozenset[str]:
    wanted = _csv(query, "includedData") or ["summaries"]
    for each in wanted:
        if each not in DATASETS:
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
    if not _ASIN.fullmatch(asin):
        raise invalid_input(f"Invalid 'asin' provided: {asin}")
    found = item(world, business, asin, market, wanted)
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
    for listing in business.listings.all:
        if kind == "SKU":
            if listing.sku == wanted and market.id in listing.titles:
                found.append(listing.asin)
        elif {"identifierType": kind, "identifier": wanted} in identifiers(
            world, business, listing.product
        ):
            found.append(listing.asin)
    return found


def _searched(
    world: World, business: Business, market: Marketplace, query: Mapping[str, list[str]]
) -> list[str]:
    """Return the ASINs a search asks for, in no particular order but always the same."""
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
        bad = [each for each in wanted if kind == "ASIN" and not _ASIN.fullmatch(each)]
        if bad:
            raise invalid_input(f"Invalid 'identifiers' provided: {', '.join(bad)}")
        asins = [asin for each in wanted for asin in _matches(world, business, market, kind, each)]
    return sorted(set(asins), key=lambda asin: asin[::-1])


def search(world: World, business: Business, query: Mapping[str, list[str]]) -> dict[str, Any]:
    """Answer searchCatalogItems; one malformed identifier fails the whole call.

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
    every = [item(world, business, asin, market, wanted) for asin in asins]
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
    if pages:
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
