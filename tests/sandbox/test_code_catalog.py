"""The code catalog answers searches as Amazon does, oddities included, and knows the right answers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.world.accounts import ACCOUNTS
from amazon_seller_sandbox.world.code_catalog.items import Trap, answer, is_refused
from amazon_seller_sandbox.world.code_catalog.rows import rows
from amazon_seller_sandbox.world.code_catalog.search import CodeCatalog, canonical

if TYPE_CHECKING:
    from sandbox.conftest import Amazon, MakeAmazon

DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
CODES = 3_000


def make(make_amazon: MakeAmazon) -> Amazon:
    return make_amazon(codes=CODES)


def codes_of(trap: Trap, least: int = 1) -> list[str]:
    found = [
        each.code
        for each in (answer(1, index) for index in range(CODES) if not is_refused(index))
        if each.trap is trap
    ]
    assert len(found) >= least
    return found


def search(amazon: Amazon, *codes: str, market: str = DE, kind: str = "EAN", **query: Any) -> Any:
    amazon.clock.advance(1)  # within the quota
    return amazon.call(
        "GET",
        "/catalog/2022-04-01/items",
        identifiers=",".join(codes),
        identifiersType=kind,
        marketplaceIds=market,
        **({"includedData": "identifiers,summaries", "pageSize": "20"} | query),
    )


def test_every_trap_occurs_and_the_same_seed_gives_the_same_rows() -> None:
    once, again = list(rows(7, 4_000)), list(rows(7, 4_000))
    assert once == again
    assert {trap.value for trap in Trap} <= {row.trap for row in once}
    assert {"mistyped", "digits lost", "no code"} <= {row.trap for row in once}
    share = sum(row.clear for row in once) / len(once)
    assert 0.75 < share < 0.92


def test_no_two_products_have_a_code_or_an_asin_in_common_unless_a_trap_says_so() -> None:
    codes = Counter(answer(1, index).code.zfill(14) for index in range(CODES))
    assert codes.most_common(1)[0][1] == 1
    asins = Counter(
        item.asin
        for each in (answer(1, index) for index in range(CODES))
        if each.trap not in {Trap.SECOND_CODE, Trap.CLAIMED}
        for item in each.items
    )
    assert asins.most_common(1)[0][1] == 1


def test_a_code_finds_its_items_under_any_gtin_type_and_length(make_amazon: MakeAmazon) -> None:
    amazon = make(make_amazon)
    upc = next(code for code in codes_of(Trap.PLAIN) if code[0] == "0" and code[1] != "0")
    found = [
        {item["asin"] for item in search(amazon, code, kind=kind).json()["items"]}
        for code, kind in ((upc, "EAN"), (upc[1:], "UPC"), ("0" + upc, "GTIN"), (upc[1:], "EAN"))
    ]
    assert found[0]
    assert all(each == found[0] for each in found)


def test_a_multipack_with_the_singles_code_comes_beside_it(make_amazon: MakeAmazon) -> None:
    [code, *_] = codes_of(Trap.MULTIPACK_BESIDE)
    body = search(make(make_amazon), code).json()
    assert body["numberOfResults"] == len(body["items"]) == 2


def test_an_item_may_come_without_the_code_that_found_it(make_amazon: MakeAmazon) -> None:
    [code, *_] = codes_of(Trap.UNLISTED)
    [item] = search(make(make_amazon), code).json()["items"]
    shown = [each for place in item["identifiers"] for each in place["identifiers"]]
    assert canonical(code) not in {canonical(each["identifier"]) for each in shown}


def test_one_code_that_amazon_does_not_like_fails_all_twenty_without_being_named(
    make_amazon: MakeAmazon,
) -> None:
    amazon = make(make_amazon)
    refused = next(answer(1, index).code for index in range(CODES) if is_refused(index))
    answered = search(amazon, *codes_of(Trap.PLAIN, 19)[:19], refused)
    assert answered.status_code == 400
    assert answered.json()["errors"][0] == {
        "code": "InvalidInput", "message": "Invalid 'identifiers' provided.", "details": "",
    }  # fmt: skip


def test_what_is_known_elsewhere_alone_is_not_found_in_germany(make_amazon: MakeAmazon) -> None:
    amazon = make(make_amazon)
    [code, *_] = codes_of(Trap.ELSEWHERE)
    assert search(amazon, code).json()["items"] == []
    assert search(amazon, code, market=FR).json()["items"]


def test_an_answer_of_two_pages_may_lack_its_pagination(make_amazon: MakeAmazon) -> None:
    amazon = make(make_amazon)
    codes = codes_of(Trap.MULTIPACK_BESIDE, 45)
    catalog = CodeCatalog(1, CODES)
    batches = [codes[first : first + 15] for first in range(30)]
    lost = next((batch for batch in batches if catalog.lost_pages(batch)), None)
    kept = next(batch for batch in batches if not catalog.lost_pages(batch))
    whole = search(amazon, *kept).json()
    assert whole["pagination"]["nextToken"]
    if lost:
        short = search(amazon, *lost).json()
        assert len(short["items"]) == 20 < short["numberOfResults"]
        assert "pagination" not in short


def test_the_sellers_own_listings_are_found_by_code(make_amazon: MakeAmazon) -> None:
    amazon = make(make_amazon)
    own = next(row for row in rows(1, CODES) if row.own and row.code.isdigit())
    found = amazon.call(
        "GET",
        "/listings/2021-08-01/items/" + ACCOUNTS["EU"].seller_id,
        identifiers=own.code,
        identifiersType="EAN",
        marketplaceIds=DE,
        includedData="summaries,attributes",
        pageSize="20",
    ).json()
    assert [item["summaries"][0]["asin"] for item in found["items"]] == [own.own]
