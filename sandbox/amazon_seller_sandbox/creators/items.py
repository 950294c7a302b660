"""Items of the Creators API, made of what the sellers' world knows of an ASIN."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.world import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.creators.requests import Checked
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.world import Business, World

ASIN = re.compile(r"[0-9]{9}[0-9X]|[A-Z][A-Z0-9]{9}")
_NOT_ACCESSIBLE_EVERY = 37
_LIST_PRICE_EVERY = 4
_SIZES = {"small": 75, "medium": 160, "large": 500, "hiRes": 1500}
_EVERYTHING = frozenset(catalog.DATASETS)


class Missing(Exception):  # noqa: N818 - it is Amazon's answer, not an error of the sandbox
    """There is no item for an ASIN: the code and the message of its error."""

    def __init__(self, code: str, message: str) -> None:
        """Describe the error."""
        super().__init__(message)
        self.code = code

    def body(self) -> dict[str, str]:
        """Return the JSON of it."""
        return {"code": self.code, "message": str(self)}


def item(world: World, asked: Checked, asin: str) -> dict[str, Any]:
    """Return the item of an ASIN, with what the resources of the request name.

    Raises:
        Missing: it is malformed, not of this marketplace, or not accessible through the API.
    """
    if not ASIN.fullmatch(asin):
        raise _invalid(asin)
    for business in _businesses(world, asked.market):
        found = catalog.item(world, business, asin, asked.market, _EVERYTHING)
        if found is None:
            continue
        listing = next(iter(business.listings.by_asin.get(asin, [])), None)
        if listing is not None and listing.product % _NOT_ACCESSIBLE_EVERY == 0:
            message = f"The ItemId {asin} is not accessible through the Creators API."
            raise Missing("ItemNotAccessible", message)
        return _chosen(_complete(world, business, listing, asked, found), asked.resources)
    raise _invalid(asin)


def _invalid(asin: str) -> Missing:
    message = f"The ItemId {asin} provided in the request is invalid."
    return Missing("InvalidParameterValue", message)


def asins(world: World, market: Marketplace) -> Iterator[tuple[str, str]]:
    """Return every ASIN of the accounts in a marketplace with its title, as searches go through them."""
    seen: set[str] = set()
    for business in _businesses(world, market):
        for listing in business.listings.all:
            if market.id in listing.titles and listing.asin not in seen:
                seen.add(listing.asin)
                yield listing.asin, listing.titles[market.id]


def _businesses(world: World, market: Marketplace) -> Iterator[Business]:
    for business in world.businesses.values():
        if business.account.marketplace(market.id) is not None:
            yield business


def _single(value: object, label: str) -> dict[str, Any]:
    return {"displayValue": value, "label": label, "locale": "en_US"}


def _several(values: list[str], label: str) -> dict[str, Any]:
    return {"displayValues": values, "label": label, "locale": "en_US"}


def _complete(
    world: World,
    business: Business,
    listing: Listing | None,
    asked: Checked,
    found: dict[str, Any],
) -> dict[str, Any]:
    """Return an item with every member that the catalog and the listing give."""
    asin, market = found["asin"], asked.market
    summary = found["summaries"][0]
    known = found["identifiers"][0]["identifiers"]
    codes = {
        kind: [each["identifier"] for each in known if each["identifierType"] == name]
        for kind, name in (("eans", "EAN"), ("upcs", "UPC"), ("isbns", "ISBN"))
    }
    complete: dict[str, Any] = {
        "asin": asin,
        "detailPageURL": (
            f"https://{market.domain}/dp/{asin}?tag={asked.tag}&linkCode=ogi&th=1&psc=1"
        ),
        "images": _images(found),
        "itemInfo": {
            "title": _single(summary.get("itemName"), "Title"),
            "byLineInfo": {"brand": _single(summary.get("brand"), "Brand")},
            "classifications": {
                "binding": _single("Misc.", "Binding"),
                "productGroup": _single("Lawn & Patio", "ProductGroup"),
            },
            "externalIds": {kind: _several(found_, kind) for kind, found_ in codes.items() if found_},
            "features": _several(["Made to last", "For the garden"], "Features"),
            "productInfo": {"unitCount": _single(summary.get("packageQuantity", 1), "NumberOfItems")},
        },
        "browseNodeInfo": {
            "browseNodes": [
                {
                    "id": "3610841", "displayName": "Garden", "contextFreeName": "Garden",
                    "isRoot": False,
                    "ancestor": {"id": "1", "displayName": "Home", "contextFreeName": "Home"},
                }
            ]
        },
    }  # fmt: skip
    ranks = found["salesRanks"][0]["displayGroupRanks"]
    if ranks:
        complete["browseNodeInfo"]["websiteSalesRank"] = {
            "id": "2", "displayName": ranks[0]["title"], "contextFreeName": ranks[0]["title"],
            "salesRank": ranks[0]["rank"],
        }  # fmt: skip
    relations = found["relationships"][0]["relationships"]
    if relations and relations[0].get("parentAsins"):
        complete["parentASIN"] = relations[0]["parentAsins"][0]
        number = listing.product if listing else 0
        complete["variationAttributes"] = [{"name": "Color", "value": f"Colour {number % 9}"}]
    complete["offersV2"] = {"listings": _offers(world, business, listing, asked, asin)}
    return complete


def _images(found: dict[str, Any]) -> dict[str, Any]:
    pictures = [
        {
            size: {
                "url": f"{each['link'][:-4]}._SL{pixels}_.jpg",
                "height": pixels,
                "width": pixels,
            }
            for size, pixels in _SIZES.items()
        }
        for each in found["images"][0]["images"]
    ]
    return {"primary": pictures[0], "variants": pictures[1:]} if pictures else {}


def _money(minor: int, market: Marketplace) -> dict[str, Any]:
    """Return an amount as a JSON number, as Amazon sends it, with what a page shows."""
    whole, rest = divmod(minor, market.minor_units)
    amount: float = whole if market.minor_units == 1 else float(f"{whole}.{rest:02d}")
    shown = f"{whole}" if market.minor_units == 1 else f"{whole},{rest:02d}"
    return {
        "amount": amount,
        "currency": market.currency,
        "displayAmount": f"{shown} {market.currency}",
    }


def _offers(
    world: World, business: Business, listing: Listing | None, asked: Checked, asin: str
) -> list[dict[str, Any]]:
    """Return the offers: none while the listing is not Active."""
    market = asked.market
    if listing is None:
        price, active = 999 + draws(key("creators", asin))[0] % 9_000, True
    else:
        offer = business.listings.offer(listing, market, world.data_time.now())
        price, active = offer.price, offer.status == "Active"
    if not active:
        return []
    found: dict[str, Any] = {
        "price": {"money": _money(price, market)},
        "availability": {
            "message": "In Stock", "type": "IN_STOCK", "minOrderQuantity": 1, "maxOrderQuantity": 30,
        },
        "condition": {"value": "New", "subCondition": "Unknown"},
        "merchantInfo": {"id": business.account.seller_id, "name": business.account.store_name},
        "isBuyBoxWinner": True,
        "violatesMAP": False,
    }  # fmt: skip
    if listing is not None and listing.product % _LIST_PRICE_EVERY == 0:
        before = price + price // 10
        percentage = (before - price) * 100 // before
        found["price"]["savingBasis"] = {
            "money": _money(before, market), "savingBasisType": "LIST_PRICE",
            "savingBasisTypeLabel": "List Price",
        }  # fmt: skip
        found["price"]["savings"] = {
            "money": _money(before - price, market), "percentage": percentage,
        }  # fmt: skip
    return [found]


def _chosen(complete: dict[str, Any], resources: frozenset[str]) -> dict[str, Any]:
    """Return what the resources name; the ASIN and the page's address always come."""
    chosen: dict[str, Any] = {
        name: complete[name]
        for name in ("asin", "detailPageURL", "variationAttributes")
        if name in complete
    }
    if "parentASIN" in resources and "parentASIN" in complete:
        chosen["parentASIN"] = complete["parentASIN"]
    info = {
        name: value
        for name, value in complete["itemInfo"].items()
        if f"itemInfo.{name}" in resources and value
    }
    if info:
        chosen["itemInfo"] = info
    parts = {
        "images": _chosen_images(complete["images"], resources),
        "browseNodeInfo": _chosen_nodes(complete["browseNodeInfo"], resources),
        "offersV2": _chosen_offers(complete["offersV2"]["listings"], resources),
    }
    return chosen | {name: found for name, found in parts.items() if found}


def _chosen_images(images: dict[str, Any], resources: frozenset[str]) -> dict[str, Any]:
    def sizes(picture: dict[str, Any], kind: str) -> dict[str, Any]:
        return {
            size: value
            for size, value in picture.items()
            if f"images.{kind}.{'highRes' if size == 'hiRes' else size}" in resources
        }

    chosen: dict[str, Any] = {}
    if primary := sizes(images.get("primary", {}), "primary"):
        chosen["primary"] = primary
    if variants := [
        found for each in images.get("variants", []) if (found := sizes(each, "variants"))
    ]:
        chosen["variants"] = variants
    return chosen


def _chosen_nodes(info: dict[str, Any], resources: frozenset[str]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if any(name.startswith("browseNodeInfo.browseNodes") for name in resources):
        left_out = {
            name for name in ("ancestor", "salesRank")
            if f"browseNodeInfo.browseNodes.{name}" not in resources
        }  # fmt: skip
        chosen["browseNodes"] = [
            {name: value for name, value in node.items() if name not in left_out}
            for node in info["browseNodes"]
        ]
    if "browseNodeInfo.websiteSalesRank" in resources and "websiteSalesRank" in info:
        chosen["websiteSalesRank"] = info["websiteSalesRank"]
    return chosen


def _chosen_offers(listings: list[dict[str, Any]], resources: frozenset[str]) -> dict[str, Any]:
    names = {name.rpartition(".")[2] for name in resources if name.startswith("offersV2.")}
    if not names or not listings:
        return {}
    kept = names | {"violatesMAP"}
    return {
        "listings": [
            {name: value for name, value in each.items() if name in kept} for each in listings
        ]
    }
