"""What matching uses of an item of Amazon's catalog, or of one of the seller's listings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from amazon_asin_match.codes.checks import fits_gtin, fits_isbn10, isbn10_to_gtin
from amazon_asin_match.codes.code import Code, CodeKind

CATALOG_DATASETS: Final = (
    "attributes", "identifiers", "images", "salesRanks", "summaries",
)  # fmt: skip
"""Without `identifiers` nothing could be attributed; the default is `summaries` alone."""
LISTING_DATASETS: Final = ("attributes", "summaries")
PARENT: Final = "VARIATION_PARENT"
BUNDLE: Final = "PRODUCT_BUNDLE"
_COUNTS: Final = ("number_of_items", "item_package_quantity", "unit_count")
_LENGTHS = range(8, 15)
_ISBN10_LENGTH = 10

Json = Mapping[str, Any]


class ItemFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item, as far as it matters for a match. What Amazon does not say is empty or None.

    Attributes:
        asin: Its ASIN.
        title: `itemName` in the marketplace's language.
        brand: Brand, and `manufacturer` where there is one.
        model: `modelNumber` and `partNumber`.
        color: `color`.
        size: `size`.
        classification: BASE_PRODUCT, OTHER, PRODUCT_BUNDLE or VARIATION_PARENT.
        counts: Numbers above 0 of packageQuantity, number_of_items and the like.
        identifiers: Keys of the codes that it lists (see `Code.key`).
        rank: The lowest of its sales ranks.
        image_url: Its main image, the largest.
        has_summary: Whether the marketplace has a summary of it.
        own_skus: The seller's SKUs of it, of an own listing.
    """

    asin: str
    title: str = ""
    brand: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    color: str = ""
    size: str = ""
    classification: str = ""
    counts: tuple[int, ...] = ()
    identifiers: tuple[str, ...] = ()
    rank: int | None = None
    image_url: str = ""
    has_summary: bool = False
    own_skus: tuple[str, ...] = ()


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(ItemFacts)


def encode(facts: ItemFacts) -> str:
    """The text under which the database keeps an item."""
    return _ENCODER.encode(facts).decode()


def decode(text: str) -> ItemFacts:
    """The item of such a text."""
    return _DECODER.decode(text)


def catalog_item(item: Json, marketplace_id: str) -> ItemFacts:
    """An item of searchCatalogItems; data sets that are missing or odd are as if Amazon said nothing."""
    summary = _of_marketplace(item.get("summaries"), marketplace_id)
    attributes = _object(item.get("attributes"))
    return ItemFacts(
        asin=str(item["asin"]),
        title=_text(summary.get("itemName")),
        brand=_texts(summary, "brand", "manufacturer"),
        model=_texts(summary, "modelNumber", "partNumber"),
        color=_text(summary.get("color")),
        size=_text(summary.get("size")),
        classification=_text(summary.get("itemClassification")),
        counts=tuple(_counts(summary, attributes)),
        identifiers=tuple(dict.fromkeys(_identifiers(item, marketplace_id))),
        rank=_rank(_of_marketplace(item.get("salesRanks"), marketplace_id)),
        image_url=_image(_of_marketplace(item.get("images"), marketplace_id).get("images")),
        has_summary=bool(summary),
    )


def listing_item(item: Json, marketplace_id: str) -> ItemFacts | None:
    """A listing of searchListingsItems as an item; None where it has no ASIN (yet)."""
    summary = _of_marketplace(item.get("summaries"), marketplace_id)
    attributes = _object(item.get("attributes"))
    asin = _text(summary.get("asin"))
    if not asin:
        return None
    listed = (
        key
        for entry in _entries(attributes.get("externally_assigned_product_identifier"))
        if (key := identifier_key(_text(entry.get("type")), _text(entry.get("value"))))
    )
    brands = [_text(entry.get("value")) for entry in _entries(attributes.get("brand"))]
    return ItemFacts(
        asin=asin,
        title=_text(summary.get("itemName")),
        brand=tuple(dict.fromkeys(filter(None, brands))),
        counts=tuple(_counts({}, attributes)),
        identifiers=tuple(dict.fromkeys(listed)),
        image_url=_text(_object(summary.get("mainImage")).get("link")),
        has_summary=True,
        own_skus=(str(item["sku"]),),
    )


def identifier_key(kind: str, value: str) -> str | None:
    """The key of an identifier that an item lists; None where it is not a code."""
    plain = value.strip().upper()
    if kind.upper() == "MINSAN":
        return Code(CodeKind.MINSAN, plain.removeprefix("A")).key
    if len(plain) == _ISBN10_LENGTH and plain[:9].isdigit() and plain[9] in "0123456789X":
        return Code(CodeKind.GTIN, isbn10_to_gtin(plain)).key if fits_isbn10(plain) else None
    if plain.isascii() and plain.isdigit() and len(plain) in _LENGTHS and fits_gtin(plain):
        return Code(CodeKind.GTIN, plain.zfill(14)).key
    return None


def _identifiers(item: Json, marketplace_id: str) -> Iterator[str]:
    for place in _entries(item.get("identifiers")):
        if place.get("marketplaceId") == marketplace_id:
            for entry in _entries(place.get("identifiers")):
                kind, value = _text(entry.get("identifierType")), _text(entry.get("identifier"))
                if key := identifier_key(kind, value):
                    yield key


def _counts(summary: Json, attributes: Json) -> Iterator[int]:
    values = [summary.get("packageQuantity")]
    for name in _COUNTS:
        values += [entry.get("value") for entry in _entries(attributes.get(name))]
    for value in values:
        if isinstance(value, int | float) and value >= 1 and value == int(value):
            yield int(value)


def _rank(ranks: Json) -> int | None:
    found = [
        entry.get("rank")
        for name in ("classificationRanks", "displayGroupRanks")
        for entry in _entries(ranks.get(name))
    ]
    return min((rank for rank in found if isinstance(rank, int)), default=None)


def _image(images: Any) -> str:  # noqa: ANN401 - JSON
    main = [entry for entry in _entries(images) if entry.get("variant") == "MAIN"]
    largest = max(main, key=lambda entry: _number(entry.get("width")), default={})
    return _text(largest.get("link"))


def _number(value: Any) -> float:  # noqa: ANN401 - JSON
    return float(value) if isinstance(value, int | float) else 0.0


def _of_marketplace(groups: Any, marketplace_id: str) -> Json:  # noqa: ANN401 - JSON
    return next(
        (each for each in _entries(groups) if each.get("marketplaceId") == marketplace_id), {}
    )


def _entries(value: Any) -> Sequence[Json]:  # noqa: ANN401 - JSON
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _object(value: Any) -> Json:  # noqa: ANN401 - JSON
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    return value.strip() if isinstance(value, str) else ""


def _texts(summary: Json, *names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (_text(summary.get(name)) for name in names))))
