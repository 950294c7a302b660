"""Requests of the Creators API, checked as Amazon's models describe them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.creators.accounts import MARKETS
from amazon_seller_sandbox.creators.refusals import invalid, not_eligible, refused_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.creators.accounts import Associate
    from amazon_seller_sandbox.world.accounts import Marketplace

_SIZES = ("small", "medium", "large", "highRes")
ITEM_RESOURCES = frozenset(
    {
        "browseNodeInfo.browseNodes",
        "browseNodeInfo.browseNodes.ancestor",
        "browseNodeInfo.browseNodes.salesRank",
        "browseNodeInfo.websiteSalesRank",
        "customerReviews.count",
        "customerReviews.starRating",
        *(f"images.{kind}.{size}" for kind in ("primary", "variants") for size in _SIZES),
        *(
            f"itemInfo.{name}"
            for name in (
                "byLineInfo", "classifications", "contentInfo", "contentRating", "externalIds",
                "features", "manufactureInfo", "productInfo", "technicalInfo", "title", "tradeInInfo",
            )
        ),
        *(
            f"offersV2.listings.{name}"
            for name in (
                "availability", "condition", "dealDetails", "isBuyBoxWinner", "loyaltyPoints",
                "merchantInfo", "price", "type",
            )
        ),
        "parentASIN",
    }
)  # fmt: skip
"""The enumeration of getItems; `hiRes`, as the answer calls it, is none of them."""
RESOURCES = {
    "getItems": ITEM_RESOURCES,
    "searchItems": ITEM_RESOURCES | {"searchRefinements"},
    "getVariations": ITEM_RESOURCES
    | {
        "variationSummary.price.highestPrice",
        "variationSummary.price.lowestPrice",
        "variationSummary.variationDimension",
    },
}
MOST_ITEMS = 10
_MOST_RESOURCES, _LONGEST_TAG, _LONGEST = 100, 64, 1_000
CRITERIA = (
    "keywords", "actor", "artist", "author", "brand", "title", "searchIndex", "browseNodeId",
)  # fmt: skip
_ENUMERATIONS = {
    "condition": ("Any", "New"),
    "availability": ("Available", "IncludeOutOfStock"),
    "sortBy": (
        "AvgCustomerReviews", "Featured", "NewestArrivals", "Price:HighToLow", "Price:LowToHigh",
        "Relevance",
    ),
}  # fmt: skip
_RANGES = {
    "itemCount": (1, 10),
    "itemPage": (1, 10),
    "variationCount": (1, 10),
    "variationPage": (1, 1_000_000),
    "minReviewsRating": (1, 4),
    "minSavingPercent": (1, 99),
    "minPrice": (1, 10**12),
    "maxPrice": (1, 10**12),
}
"""`itemCount` goes to 100 in the SDK, and to 10 on Amazon's page, as public clients quote it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A request that is right."""

    market: Marketplace
    tag: str
    body: Mapping[str, Any]
    resources: frozenset[str]

    def number(self, name: str, default: int) -> int:
        """Return a number of the body."""
        return int(self.body.get(name, default))


def checked(
    operation: str, associate: Associate, marketplace: str | None, body: Mapping[str, Any]
) -> Checked:
    """Return a request after all checks; `marketplace`, `partnerType` and the like in it are ignored.

    Raises:
        CreatorsRefusal: 400 or 403, the first thing that is wrong.
    """
    market = MARKETS.get(marketplace or "")
    if market is None:
        raise invalid("x-marketplace", f"'{marketplace or ''}' is not a supported marketplace.")
    if not associate.eligible:
        raise not_eligible()
    if not associate.is_for(market):
        raise refused_request(
            "InvalidAssociate", f"The associate is not valid for {market.domain}."
        )
    tag = _text(body, "partnerTag", _LONGEST_TAG, required=True)
    if tag != associate.tag(market):
        raise refused_request(
            "InvalidPartnerTag", f"The partner tag is not valid for {market.domain}."
        )
    for name, values in _ENUMERATIONS.items():
        if body.get(name) is not None and body[name] not in values:
            raise invalid(name, f"Value must be one of {list(values)}.")
    for name, (least, most) in _RANGES.items():
        value = body.get(name)
        if value is not None and (not _is_whole(value) or not least <= value <= most):
            raise invalid(name, f"Value must be between {least} and {most}.")
    languages = body.get("languagesOfPreference")
    if languages is not None and (not _is_texts(languages) or len(languages) > 1):
        raise invalid("languagesOfPreference", "At most one language is allowed.")
    _check_subject(operation, body)
    return Checked(market, tag, body, _resources(operation, body))


def _check_subject(operation: str, body: Mapping[str, Any]) -> None:
    """Check what is requested."""
    if operation == "getItems":
        ids = body.get("itemIds")
        if not _is_texts(ids) or not 1 <= len(ids or ()) <= MOST_ITEMS:
            raise invalid("itemIds", f"Between 1 and {MOST_ITEMS} item ids are required.")
    elif operation == "getVariations":
        _text(body, "asin", _LONGEST, required=True)
    elif not [name for name in CRITERIA if _text(body, name, _LONGEST)]:
        raise invalid("keywords", f"At least one of {list(CRITERIA)} is required.")


def _resources(operation: str, body: Mapping[str, Any]) -> frozenset[str]:
    wanted = body.get("resources")
    if wanted is None:
        return frozenset()
    if not _is_texts(wanted) or len(wanted) > _MOST_RESOURCES:
        raise invalid("resources", "Resources are at most 100 texts.")
    for name in wanted:
        if name not in RESOURCES[operation]:
            raise invalid("resources", f"'{name}' is not a resource of {operation}.")
    return frozenset(wanted)


def _text(body: Mapping[str, Any], name: str, most: int, *, required: bool = False) -> str:
    value = body.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise invalid(name, f"A text of 1 to {most} characters is required.")
    return value


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
