"""An item of Amazon's answer as a flat record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tap_amazon_associates.items.money import number
from tap_amazon_associates.items.offers import offers
from tap_amazon_associates.items.parts import (
    display_value,
    display_values,
    flag,
    member,
    objects,
    text,
    whole,
)
from tap_amazon_associates.links.products import marketplace_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_amazon_associates.marketplaces import Marketplace

Record = dict[str, Any]

SIZES = ("hiRes", "large", "medium", "small")
"""The sizes of images, the largest first; what is requested as `highRes` comes as `hiRes`."""
DIMENSIONS = ("height", "length", "width", "weight")
_MOST_ANCESTORS = 30


def item_record(item: Record, marketplace: Marketplace, tag: str, read_at: datetime) -> Record:
    """The record of an item.

    Args:
        marketplace: Where it was looked up.
        item: The item as Amazon wrote it, JSON numbers as decimals.
        tag: The partner's tag, which the link to the product's page carries.
        read_at: When Amazon gave it.
    """
    info = member(item, "itemInfo")
    every_offer = offers(item, marketplace)
    first = every_offer[0] if every_offer else {}
    nodes = list(_browse_nodes(item))
    images = list(_images(item))
    return {
        "marketplace_id": marketplace.id,
        "asin": item["asin"],
        "country": marketplace.country,
        "read_at": read_at.isoformat(),
        "title": display_value(member(info, "title")),
        "brand": display_value(member(info, "byLineInfo", "brand")),
        "manufacturer": display_value(member(info, "byLineInfo", "manufacturer")),
        "contributors": _contributors(info),
        **{name: first.get(name) for name in FIRST_OFFER},
        "offers": every_offer,
        "image_url": next((each["url"] for each in images), None),
        "images": images,
        "features": display_values(member(info, "features")),
        "category": display_value(member(info, "classifications", "productGroup"))
        or next((node["name"] for node in nodes if node["name"]), None),
        "binding": display_value(member(info, "classifications", "binding")),
        "browse_nodes": nodes,
        "sales_rank": whole(member(item, "browseNodeInfo", "websiteSalesRank", "salesRank")),
        "sales_rank_category": text(
            member(item, "browseNodeInfo", "websiteSalesRank", "displayName")
        ),
        "eans": display_values(member(info, "externalIds", "eans")),
        "upcs": display_values(member(info, "externalIds", "upcs")),
        "isbns": display_values(member(info, "externalIds", "isbns")),
        "parent_asin": text(member(item, "parentASIN")),
        "variation_attributes": [
            {"name": text(each.get("name")), "value": text(each.get("value"))}
            for each in objects(member(item, "variationAttributes"))
        ],
        "detail_page_url": detail_page(
            text(member(item, "detailPageURL")), item["asin"], marketplace, tag
        ),
        **_product_info(info),
        # PA-API 5 gave these three. The stars and the count are in today's model and empty for nearly
        # everybody (python-amazon-paapi#135); of Prime today's offers say nothing.
        "rating": number(member(item, "customerReviews", "starRating", "value")),
        "review_count": whole(member(item, "customerReviews", "count")),
        "prime_eligible": None,
    }


FIRST_OFFER = (
    "price", "currency", "price_text", "list_price", "saving_basis", "saving_basis_type", "savings",
    "savings_percent", "price_per_unit", "availability", "availability_type", "min_order_quantity",
    "max_order_quantity", "condition", "sub_condition", "merchant_id", "merchant_name",
    "is_buy_box_winner", "violates_map", "offer_type",
)  # fmt: skip
"""What an item has of its first offer."""


def codes_of(item: Record) -> list[str]:
    """All external ids of an item: EANs, UPCs and ISBNs."""
    ids = member(item, "itemInfo", "externalIds")
    return [
        code for kind in ("eans", "upcs", "isbns") for code in display_values(member(ids, kind))
    ]


def detail_page(url: str | None, asin: str, marketplace: Marketplace, tag: str) -> str:
    """The address of the product's page, with the tag of the partner in it.

    Amazon's own address has it; one that has not, or another one, gets it: what is bought behind a link
    without the tag is not the partner's.
    """
    try:
        parts = urlsplit(url or "")
        is_amazons = parts.scheme == "https" and marketplace_of(parts) is not None
    except ValueError:
        is_amazons = False
    if not is_amazons:
        parts = urlsplit(f"https://{marketplace.host}/dp/{asin}")
    query = parse_qsl(parts.query, keep_blank_values=True)
    if ("tag", tag) in query and sum(name == "tag" for name, _ in query) == 1:
        return parts.geturl()
    query = [("tag", tag), *((name, value) for name, value in query if name != "tag")]
    return parts._replace(query=urlencode(query)).geturl()


def _contributors(info: Any) -> list[Record]:
    return [
        {"name": text(each.get("name")), "role": text(each.get("role"))}
        for each in objects(member(info, "byLineInfo", "contributors"))
    ]


def _images(item: Record) -> Iterator[Record]:
    """The images, the primary one first, each in its largest size."""
    primary = member(item, "images", "primary")
    variants = objects(member(item, "images", "variants"))
    for number_, image in enumerate([primary, *variants]):
        for size in SIZES:
            if url := text(member(image, size, "url")):
                yield {
                    "kind": "variant" if number_ else "primary",
                    "size": size,
                    "url": url,
                    "height": whole(member(image, size, "height")),
                    "width": whole(member(image, size, "width")),
                }
                break


def _browse_nodes(item: Record) -> Iterator[Record]:
    for node in objects(member(item, "browseNodeInfo", "browseNodes")):
        path: list[str] = []
        above: Any = node
        while isinstance(above, dict) and len(path) < _MOST_ANCESTORS:
            path.append(text(above.get("displayName")) or text(above.get("contextFreeName")) or "")
            above = above.get("ancestor")
        yield {
            "id": text(node.get("id")),
            "name": path[0] or None,
            "path": " > ".join(reversed(path)),
            "sales_rank": whole(node.get("salesRank")),
        }


def _product_info(info: Any) -> Record:
    product = member(info, "productInfo")
    made = member(info, "manufactureInfo")
    content = member(info, "contentInfo")
    sizes = member(product, "itemDimensions")
    record: Record = {
        "color": display_value(member(product, "color")),
        "size": display_value(member(product, "size")),
        "unit_count": whole(member(product, "unitCount", "displayValue")),
        "is_adult_product": flag(member(product, "isAdultProduct", "displayValue")),
        "release_date": display_value(member(product, "releaseDate")),
        "model": display_value(member(made, "model")),
        "part_number": display_value(member(made, "itemPartNumber")),
        "warranty": display_value(member(made, "warranty")),
        "edition": display_value(member(content, "edition")),
        "pages": whole(member(content, "pagesCount", "displayValue")),
        "publication_date": display_value(member(content, "publicationDate")),
        "languages": [
            found
            for each in objects(member(content, "languages", "displayValues"))
            if (found := display_value(each))
        ],
        "audience_rating": display_value(member(info, "contentRating", "audienceRating")),
        "formats": display_values(member(info, "technicalInfo", "formats")),
        "energy_efficiency_class": display_value(
            member(info, "technicalInfo", "energyEfficiencyClass")
        ),
    }
    for name in DIMENSIONS:
        record[name] = number(member(sizes, name, "displayValue"))
        record[f"{name}_unit"] = text(member(sizes, name, "unit"))
    return record
