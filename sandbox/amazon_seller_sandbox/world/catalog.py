"""What Amazon's catalog knows about the accounts' products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.world.titles import BRANDS

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.accounts import Marketplace
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
        return _coded_item(world, asin, market, wanted)
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


def _coded_item(
    world: World, asin: str, market: Marketplace, wanted: frozenset[str]
) -> dict[str, Any] | None:
    """Return an item of the code catalog."""
    if world.code_catalog is None:
        return None
    for each in world.code_catalog.found_by("ASIN", asin, market):
        datasets = world.code_catalog.datasets(each, market)
        return {"asin": asin} | {name: datasets[name] for name in DATASETS if name in wanted}
    return None
