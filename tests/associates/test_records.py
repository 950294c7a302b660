"""An item of Amazon's answer as a record: every member, and nothing that is not there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tap_amazon_associates.exact_json import encoded
from tap_amazon_associates.items.records import item_record
from tap_amazon_associates.marketplaces import BY_COUNTRY
from tap_amazon_associates.singer import schemas

READ_AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
DE, JP = BY_COUNTRY["DE"], BY_COUNTRY["JP"]


def single(value: Any) -> dict[str, Any]:
    return {"displayValue": value, "label": "L", "locale": "de_DE"}


def several(*values: Any) -> dict[str, Any]:
    return {"displayValues": list(values), "label": "L", "locale": "de_DE"}


def money(amount: str, currency: str = "EUR") -> dict[str, Any]:
    return {"amount": Decimal(amount), "currency": currency, "displayAmount": f"{amount} x"}


COMPLETE: dict[str, Any] = {
    "asin": "B08XYZ1234",
    "parentASIN": "B08PARENT1",
    "detailPageURL": "https://www.amazon.de/dp/B08XYZ1234?tag=site-21&linkCode=ogi&th=1&psc=1",
    "variationAttributes": [{"name": "Color", "value": "Blau"}],
    "browseNodeInfo": {
        "browseNodes": [
            {
                "id": "3", "displayName": "Handys", "contextFreeName": "Handys", "isRoot": False,
                "salesRank": 12,
                "ancestor": {"displayName": "Elektronik", "ancestor": {"contextFreeName": "Alles"}},
            }
        ],
        "websiteSalesRank": {"displayName": "Elektronik", "salesRank": "45"},
    },
    "images": {
        "primary": {
            "large": {"url": "https://m.media-amazon.com/l.jpg", "height": 500, "width": 400},
            "hiRes": {"url": "https://m.media-amazon.com/h.jpg", "height": 1500, "width": 1200},
        },
        "variants": [{"large": {"url": "https://m.media-amazon.com/v.jpg"}}],
    },
    "itemInfo": {
        "title": single("Samsung Galaxy S24"),
        "features": several("schnell", "blau"),
        "byLineInfo": {
            "brand": single("Samsung"), "manufacturer": single("Samsung GmbH"),
            "contributors": [{"name": "A. Uthor", "role": "Autor", "roleType": "author"}],
        },
        "classifications": {"binding": single("Elektronik"), "productGroup": single("Wireless")},
        "contentInfo": {
            "edition": single("2"), "pagesCount": single(320), "publicationDate": single("2024-01-01"),
            "languages": {"displayValues": [{"displayValue": "Deutsch", "type": "Published"}]},
        },
        "contentRating": {"audienceRating": single("FSK 12")},
        "externalIds": {
            "eans": several("4006381333931"), "upcs": several("036000291452"), "isbns": several(),
        },
        "manufactureInfo": {
            "itemPartNumber": single("SM-S921"), "model": single("S24"), "warranty": single("2 Jahre"),
        },
        "technicalInfo": {"energyEfficiencyClass": single("A"), "formats": several("5G")},
        "productInfo": {
            "color": single("Blau"), "size": single("128 GB"), "unitCount": single(1),
            "isAdultProduct": {"displayValue": False}, "releaseDate": single("2024-01-24T00:00:00Z"),
            "itemDimensions": {
                "height": {"displayValue": Decimal("14.7"), "unit": "Zentimeter"},
                "weight": {"displayValue": "0.168", "unit": "Kilogramm"},
            },
        },
    },
    "offersV2": {
        "listings": [
            {"price": {"money": money("850")}, "isBuyBoxWinner": False, "type": "HAUL"},
            {
                "price": {
                    "money": money("799.99"),
                    "pricePerUnit": money("799.99"),
                    "savings": {"money": money("100.00"), "percentage": 11},
                    "savingBasis": {"money": money("899.99"), "savingBasisType": "LIST_PRICE"},
                },
                "availability": {
                    "message": "Auf Lager", "type": "IN_STOCK", "minOrderQuantity": 1,
                    "maxOrderQuantity": 5,
                },
                "condition": {"value": "New", "subCondition": "New", "conditionNote": "neu"},
                "merchantInfo": {"id": "A3JWKAKR8XB7XF", "name": "Amazon.de"},
                "isBuyBoxWinner": True, "violatesMAP": False, "loyaltyPoints": {"points": 8},
                "type": "LIGHTNING_DEAL",
                "dealDetails": {
                    "accessType": "ALL", "badge": "Blitzangebot", "percentClaimed": 40,
                    "startTime": "2026-11-02T06:00:00Z", "endTime": "2026-11-02T14:00:00+02:00",
                },
            },
        ]
    },
}  # fmt: skip


def test_every_member_of_a_complete_item_is_in_its_record() -> None:
    record = item_record(COMPLETE, DE, "site-21", READ_AT)

    shown = {
        name: record[name]
        for name in (
            "marketplace_id", "asin", "title", "brand", "price", "currency", "read_at", "list_price",
            "savings", "savings_percent", "availability", "condition", "merchant_name", "image_url",
            "category", "eans", "parent_asin", "height", "weight", "pages", "release_date",
        )
    }  # fmt: skip
    assert shown == {
        "marketplace_id": "A1PA6795UKMFR9",
        "asin": "B08XYZ1234",
        "title": "Samsung Galaxy S24",
        "brand": "Samsung",
        "price": Decimal("799.99"),
        "currency": "EUR",
        "read_at": "2026-11-02T08:00:00+00:00",
        "list_price": Decimal("899.99"),
        "savings": Decimal("100.00"),
        "savings_percent": Decimal(11),
        "availability": "Auf Lager",
        "condition": "New",
        "merchant_name": "Amazon.de",
        "image_url": "https://m.media-amazon.com/h.jpg",
        "category": "Wireless",
        "eans": ["4006381333931"],
        "parent_asin": "B08PARENT1",
        "height": Decimal("14.7"),
        "weight": Decimal("0.168"),
        "pages": 320,
        "release_date": "2024-01-24T00:00:00Z",
    }
    assert record["browse_nodes"] == [
        {"id": "3", "name": "Handys", "path": "Alles > Elektronik > Handys", "sales_rank": 12}
    ]
    assert [offer["price"] for offer in record["offers"]] == [Decimal("799.99"), Decimal("850.00")]
    assert record["offers"][0]["deal_end"] == "2026-11-02T12:00:00+00:00"
    assert [image["size"] for image in record["images"]] == ["hiRes", "large"]
    empty = [name for name, value in record.items() if value in (None, [])]
    assert set(empty) == {
        # not in this item
        "isbns", "length", "length_unit", "width", "width_unit",
        # what today's API does not give; the schema says why
        "rating", "review_count", "prime_eligible",
    }  # fmt: skip


def test_the_schema_describes_every_property_of_a_record_and_no_other() -> None:
    record = item_record(COMPLETE, DE, "site-21", READ_AT)

    assert list(record) == list(schemas.ITEM)
    assert all(schema["description"] for schema in schemas.ITEM.values())
    assert set(record["offers"][0]) == set(schemas.ITEM["offers"]["items"]["properties"])
    for name in ("rating", "review_count", "prime_eligible"):
        assert "PA-API 5 gave it" in schemas.ITEM[name]["description"]


def test_stars_are_passed_on_where_amazon_gives_them() -> None:
    reviews = {"count": 1234, "starRating": {"value": Decimal("4.5")}}

    record = item_record(COMPLETE | {"customerReviews": reviews}, DE, "site-21", READ_AT)

    assert (record["rating"], record["review_count"]) == (Decimal("4.5"), 1234)


def test_yen_have_no_digits() -> None:
    listing = {"price": {"money": {"amount": Decimal("1299.0"), "currency": "JPY"}}}

    record = item_record({"asin": "B0", "offersV2": {"listings": [listing]}}, JP, "t-22", READ_AT)

    assert encoded(record["price"]) == b"1299"


def test_a_was_price_is_not_a_list_price() -> None:
    basis = {"money": money("899.99"), "savingBasisType": "WAS_PRICE"}
    listing = {"price": {"money": money("799.99"), "savingBasis": basis}}

    record = item_record({"asin": "B0", "offersV2": {"listings": [listing]}}, DE, "t-21", READ_AT)

    assert (record["list_price"], record["saving_basis"]) == (None, Decimal("899.99"))


@pytest.mark.parametrize(
    "url",
    [
        None,
        "https://www.amazon.de/dp/B08XYZ1234",
        "https://www.amazon.de/dp/B08XYZ1234?tag=other-21&psc=1",
        "https://www.amazon.de/dp/B08XYZ1234?tag=site-21&tag=other-21",
        "https://evil.example/dp/B08XYZ1234?tag=site-21",
        "http://www.amazon.de/dp/B08XYZ1234?tag=site-21",
        "javascript:alert(1)",
        5,
    ],
)
def test_the_link_to_the_page_always_has_the_partners_tag(url: Any) -> None:
    record = item_record({"asin": "B08XYZ1234", "detailPageURL": url}, DE, "site-21", READ_AT)

    parts = urlsplit(record["detail_page_url"])
    assert (parts.scheme, parts.hostname, parts.path) == (
        "https",
        "www.amazon.de",
        "/dp/B08XYZ1234",
    )
    assert parse_qs(parts.query)["tag"] == ["site-21"]


def test_amazons_own_link_stays_as_it_is() -> None:
    record = item_record(COMPLETE, DE, "site-21", READ_AT)

    assert record["detail_page_url"] == COMPLETE["detailPageURL"]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    return [path, *(each for key, child in children for each in _paths(child, (*path, key)))]


PATHS = [path for path in _paths(COMPLETE) if path and path != ("asin",)]
VALIDATOR = Draft202012Validator(schemas.stream_schema(schemas.ITEM))


@given(path=st.sampled_from(PATHS), value=_VALUES)
def test_an_odd_member_anywhere_makes_a_record_that_the_schema_allows(
    path: tuple[Any, ...], value: Any
) -> None:
    odd = json.loads(json.dumps(COMPLETE, default=float), parse_float=Decimal)
    place = odd
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value

    record = item_record(odd, DE, "site-21", READ_AT)

    errors = list(VALIDATOR.iter_errors(json.loads(encoded(record))))
    assert not errors, errors[0]
