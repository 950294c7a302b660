"""Catalog Items: searching by identifier, paging, and what the catalog knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Amazon

DE, US = "A1PA6795UKMFR9", "ATVPDKIKX0DER"
ITEMS = "/catalog/2022-04-01/items"


def german_asins(amazon: Amazon) -> list[str]:
    listings = amazon.truth("EU", "products_inventory")
    found = [record["asin1"] for record in listings if record["marketplace_id"] == DE]
    return sorted({asin for asin in found if asin})


def german_catalog(amazon: Amazon) -> dict[str, dict[str, Any]]:
    records = amazon.truth("EU", "product_catalog")
    return {record["asin"]: record for record in records if record["marketplace_id"] == DE}


def test_a_search_finds_twenty_asins_over_two_default_pages(amazon: Amazon) -> None:
    wanted = list(german_catalog(amazon))[:20]
    query = {
        "identifiers": ",".join(wanted),
        "identifiersType": "ASIN",
        "marketplaceIds": DE,
        "includedData": "identifiers,summaries",
    }
    first = amazon.call("GET", ITEMS, **query).json()
    second = amazon.call("GET", ITEMS, **query, pageToken=first["pagination"]["nextToken"]).json()

    assert first["numberOfResults"] == 20
    assert len(first["items"]) == len(second["items"]) == 10
    assert "nextToken" not in second["pagination"]
    assert {item["asin"] for item in first["items"] + second["items"]} == set(wanted)
    assert [set(item) for item in first["items"]] == [{"asin", "identifiers", "summaries"}] * 10


def test_the_search_agrees_with_the_truth(amazon: Amazon) -> None:
    truth, asins = german_catalog(amazon), german_asins(amazon)
    found: dict[str, dict[str, Any]] = {}
    for begin in range(0, len(asins), 20):
        answer = amazon.call(
            "GET",
            ITEMS,
            identifiers=",".join(asins[begin : begin + 20]),
            identifiersType="ASIN",
            marketplaceIds=DE,
            includedData="identifiers,summaries",
            pageSize="20",
        )
        found |= {item["asin"]: item for item in answer.json()["items"]}
        amazon.clock.advance(1)

    assert set(found) == set(truth)
    assert 0 < len(set(asins) - set(found)) < 20
    for asin, item in found.items():
        assert item["identifiers"] == truth[asin]["identifiers"]
        assert item["summaries"] == truth[asin]["summaries"]


def test_items_have_none_one_or_two_eans(amazon: Amazon) -> None:
    eans = [
        [each["identifier"] for each in record["identifiers"][0]["identifiers"]
         if each["identifierType"] == "EAN"]
        for record in german_catalog(amazon).values()
    ]  # fmt: skip

    assert {len(each) for each in eans} == {0, 1, 2}
    assert any(ean.startswith("0") for each in eans for ean in each)
    for ean in (ean for each in eans for ean in each):
        digits = [int(digit) for digit in ean]
        assert len(digits) == 13
        assert (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def test_one_malformed_asin_fails_the_whole_search(amazon: Amazon) -> None:
    good = german_asins(amazon)[0]

    answer = amazon.call(
        "GET", ITEMS, identifiers=f"{good},b0", identifiersType="ASIN", marketplaceIds=DE
    )

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"marketplaceIds": None}, 400),
        ({"marketplaceIds": f"{DE},A13V1IB3VIYZZH"}, 400),
        ({"marketplaceIds": US}, 403),
        ({"identifiers": ",".join(f"B{number:09d}" for number in range(21))}, 400),
        ({"identifiersType": None}, 400),
        ({"identifiersType": "asin"}, 400),
        ({"identifiersType": "SKU"}, 400),
        ({"identifiers": None}, 400),
        ({"keywords": "Eimer"}, 400),
        ({"includedData": "identifiers,everything"}, 400),
        ({"pageSize": "21"}, 400),
        ({"pageToken": "made up"}, 400),
        ({"MarketplaceId": DE, "marketplace_ids": DE}, 200),
    ],
)
def test_only_searches_of_amazons_model_are_accepted(
    amazon: Amazon, query: dict[str, str | None], status: int
) -> None:
    right = {"identifiers": "B000000000", "identifiersType": "ASIN", "marketplaceIds": DE}
    changed = {name: value for name, value in (right | query).items() if value is not None}

    assert amazon.call("GET", ITEMS, **changed).status_code == status


def test_items_are_found_by_ean_sku_and_keyword(amazon: Amazon) -> None:
    record = next(
        record for record in german_catalog(amazon).values()
        if record["identifiers"][0]["identifiers"]
    )  # fmt: skip
    known = record["identifiers"][0]["identifiers"][0]
    by_sku = {"identifiers": record["seller_skus"][0], "identifiersType": "SKU", "sellerId": "A1"}
    by_ean = {"identifiers": known["identifier"], "identifiersType": known["identifierType"]}
    by_word = {"keywords": record["summaries"][0]["itemName"].split(",")[0]}

    for query in (by_sku, by_ean, by_word):
        answer = amazon.call("GET", ITEMS, marketplaceIds=DE, **query)
        assert record["asin"] in [item["asin"] for item in answer.json()["items"]]
        amazon.clock.advance(1)


def test_one_item_can_be_read_and_an_unknown_one_is_not_found(amazon: Amazon) -> None:
    known = german_catalog(amazon)
    asin = next(iter(known))
    unknown = next(each for each in german_asins(amazon) if each not in known)

    item = amazon.call("GET", f"{ITEMS}/{asin}", marketplaceIds=DE)
    missing = amazon.call("GET", f"{ITEMS}/{unknown}", marketplaceIds=DE)
    amazon.clock.advance(1)
    malformed = amazon.call("GET", f"{ITEMS}/b0", marketplaceIds=DE)

    assert set(item.json()) == {"asin", "summaries"}
    assert missing.status_code == 404
    assert missing.json()["errors"][0]["code"] == "NOT_FOUND"
    assert malformed.status_code == 400
