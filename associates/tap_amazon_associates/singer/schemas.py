"""The schemas of the streams: every property with what it is and where Amazon has it."""

from __future__ import annotations

from typing import Any

from tap_amazon_associates.items.outcomes import Reason
from tap_amazon_associates.items.records import DIMENSIONS

Schema = dict[str, Any]

_EMPTY_NOW = (
    "PA-API 5 gave it. Today's model has it (`customerReviews`), but since 2020 Amazon fills it for "
    "selected Associates alone (sergioteula/python-amazon-paapi#135): null for nearly everybody."
)


def _of(kind: str, description: str, **more: Any) -> Schema:
    return {"type": [kind, "null"], "description": description, **more}


def _text(description: str) -> Schema:
    return _of("string", description)


def _number(description: str) -> Schema:
    return _of("number", description)


def _whole(description: str) -> Schema:
    return _of("integer", description)


def _flag(description: str) -> Schema:
    return _of("boolean", description)


def _instant(description: str) -> Schema:
    return _of("string", description, format="date-time")


def _key(description: str) -> Schema:
    return {"type": "string", "description": description}


def _texts(description: str) -> Schema:
    return _of("array", description, items={"type": "string"})


def _objects(description: str, properties: Schema) -> Schema:
    return _of("array", description, items={"type": "object", "properties": properties})


_FIRST_OFFER: Schema = {
    "price": _number(
        "Price of the first offer in `currency`, with the currency's digits, as it was at `read_at` "
        "(`price.money.amount`)."
    ),
    "currency": _text("Currency of all amounts of the offer (ISO 4217; `price.money.currency`)."),
    "price_text": _text("The price as Amazon shows it (`price.money.displayAmount`)."),
    "list_price": _number("List price in `currency`: `saving_basis` where its type says so."),
    "saving_basis": _number("The price that savings are counted from (`price.savingBasis.money`)."),
    "saving_basis_type": _text(
        "What that price is: LIST_PRICE, WAS_PRICE, LOWEST_PRICE or another."
    ),
    "savings": _number("Amount saved in `currency` (`price.savings.money`)."),
    "savings_percent": _number("Percentage saved (`price.savings.percentage`)."),
    "price_per_unit": _number("Price per unit in `currency` (`price.pricePerUnit`)."),
    "availability": _text("Availability in words of the marketplace (`availability.message`)."),
    "availability_type": _text("Its kind (`availability.type`)."),
    "min_order_quantity": _whole("Fewest units of an order (`availability.minOrderQuantity`)."),
    "max_order_quantity": _whole("Most units of an order (`availability.maxOrderQuantity`)."),
    "condition": _text("Condition, such as New or Used (`condition.value`)."),
    "sub_condition": _text("Its grade (`condition.subCondition`)."),
    "merchant_id": _text("Seller's id (`merchantInfo.id`)."),
    "merchant_name": _text("Seller's name (`merchantInfo.name`)."),
    "is_buy_box_winner": _flag("Whether it is the offer of the buy box (`isBuyBoxWinner`)."),
    "violates_map": _flag("Whether Amazon hides its price (`violatesMAP`)."),
    "offer_type": _text(
        "Kind of the offer, such as LIGHTNING_DEAL; kinds that are new pass (`type`)."
    ),
}
_OFFER: Schema = {
    **_FIRST_OFFER,
    "condition_note": _text("The seller's note on the condition (`condition.conditionNote`)."),
    "loyalty_points": _whole("Points that a buyer gets, in Japan (`loyaltyPoints.points`)."),
    "deal_badge": _text("The deal's badge (`dealDetails.badge`)."),
    "deal_access_type": _text(
        "Who gets the deal, such as PRIME_EXCLUSIVE (`dealDetails.accessType`)."
    ),
    "deal_start": _instant("Begin of the deal (`dealDetails.startTime`)."),
    "deal_end": _instant("End of the deal (`dealDetails.endTime`)."),
    "deal_percent_claimed": _whole(
        "Percentage claimed of the deal (`dealDetails.percentClaimed`)."
    ),
}
ITEM: Schema = {
    "marketplace_id": _key("Amazon's id of the marketplace."),
    "asin": _key("ASIN."),
    "country": _text("Country of the marketplace (ISO 3166)."),
    "read_at": _instant(
        "When Amazon gave this; prices and availability are those of that instant."
    ),
    "title": _text("Title (`itemInfo.title`)."),
    "brand": _text("Brand (`itemInfo.byLineInfo.brand`)."),
    "manufacturer": _text("Manufacturer (`itemInfo.byLineInfo.manufacturer`)."),
    "contributors": _objects(
        "Authors, artists and others (`itemInfo.byLineInfo.contributors`).",
        {"name": _text("Name."), "role": _text("Role in words of the marketplace.")},
    ),
    **_FIRST_OFFER,
    "offers": _objects("All offers, that of the buy box first (`offersV2.listings`).", _OFFER),
    "image_url": _text("Address of the primary image in its largest size."),
    "images": _objects(
        "The primary image and its variants, each in its largest size (`images`).",
        {
            "kind": _text("primary or variant."),
            "size": _text("hiRes, large, medium or small."),
            "url": _text("Address."),
            "height": _whole("Pixels."),
            "width": _whole("Pixels."),
        },
    ),
    "features": _texts("Bullet points (`itemInfo.features`)."),
    "category": _text(
        "Product group (`itemInfo.classifications.productGroup`), else the first browse node."
    ),
    "binding": _text("Binding (`itemInfo.classifications.binding`)."),
    "browse_nodes": _objects(
        "Browse nodes (`browseNodeInfo.browseNodes`).",
        {
            "id": _text("Id of the node."),
            "name": _text("Name."),
            "path": _text("Names from the root down, with ' > ' between them."),
            "sales_rank": _whole("Sales rank in the node."),
        },
    ),
    "sales_rank": _whole("Sales rank in the marketplace (`browseNodeInfo.websiteSalesRank`)."),
    "sales_rank_category": _text("The category of that rank."),
    "eans": _texts("EANs (`itemInfo.externalIds.eans`)."),
    "upcs": _texts("UPCs (`itemInfo.externalIds.upcs`)."),
    "isbns": _texts("ISBNs (`itemInfo.externalIds.isbns`)."),
    "parent_asin": _text("ASIN of the parent whose variation it is (`parentASIN`)."),
    "variation_attributes": _objects(
        "What distinguishes it from its siblings (`variationAttributes`).",
        {"name": _text("Such as Color."), "value": _text("Value.")},
    ),
    "detail_page_url": _text(
        "Address of the product's page, with the partner's tag (`detailPageURL`)."
    ),
    "color": _text("Colour (`itemInfo.productInfo.color`)."),
    "size": _text("Size (`itemInfo.productInfo.size`)."),
    "unit_count": _whole("Units (`itemInfo.productInfo.unitCount`)."),
    "is_adult_product": _flag("Whether it is for adults (`itemInfo.productInfo.isAdultProduct`)."),
    "release_date": _text("Release, as Amazon writes it (`itemInfo.productInfo.releaseDate`)."),
    "model": _text("Model (`itemInfo.manufactureInfo.model`)."),
    "part_number": _text("Part number (`itemInfo.manufactureInfo.itemPartNumber`)."),
    "warranty": _text("Warranty (`itemInfo.manufactureInfo.warranty`)."),
    "edition": _text("Edition (`itemInfo.contentInfo.edition`)."),
    "pages": _whole("Pages (`itemInfo.contentInfo.pagesCount`)."),
    "publication_date": _text("Publication (`itemInfo.contentInfo.publicationDate`)."),
    "languages": _texts("Languages (`itemInfo.contentInfo.languages`)."),
    "audience_rating": _text("Rating of content (`itemInfo.contentRating`)."),
    "formats": _texts("Formats (`itemInfo.technicalInfo.formats`)."),
    "energy_efficiency_class": _text(
        "Energy class (`itemInfo.technicalInfo.energyEfficiencyClass`)."
    ),
    **{
        name: schema
        for each in DIMENSIONS
        for name, schema in (
            (
                each,
                _number(f"Item {each} in `{each}_unit` (`itemInfo.productInfo.itemDimensions`)."),
            ),
            (f"{each}_unit", _text(f"Unit of `{each}`, in words of the marketplace.")),
        )
    },
    "rating": _number(f"Stars of customer reviews. {_EMPTY_NOW}"),
    "review_count": _whole(f"Number of customer reviews. {_EMPTY_NOW}"),
    "prime_eligible": _flag(
        "Always null: PA-API 5 gave it with offers (`DeliveryInfo.IsPrimeEligible`); the offers of the "
        "Creators API say nothing of Prime."
    ),
}
SEARCH: Schema = {
    **ITEM,
    "query": _key(
        "What was searched for: the code, the keywords, or criteria as `brand=...; title=...`."
    ),
    "position": _whole("Place in the result, from 1; of a code, among the items that have it."),
}
VARIATION: Schema = {
    **ITEM,
    "variation_of": _key("The ASIN whose variations were listed."),
}
REJECTED: Schema = {
    "stream": _key("The stream that has no record for it."),
    "input": _key("What was requested, as it was given: an ASIN, a link, a query."),
    "marketplace_id": _key(
        "Where it was looked up; the usual marketplace for an input that names none."
    ),
    "asin": _text("The ASIN, where the input has one."),
    "reason": _text(f"Why there is no record: {', '.join(Reason)}."),
    "message": _text("The same in a sentence."),
    "read_at": _instant("When Amazon said so; null where it was not asked."),
}


def stream_schema(properties: Schema) -> Schema:
    """The JSON Schema of a stream."""
    return {"type": "object", "properties": properties}
