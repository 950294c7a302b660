"""Questions to Amazon: few, none spoilt by a bad code, every answer at the code that found it."""

from __future__ import annotations

import doctest
import random
from typing import Any

import pytest
from matching.scripted_catalog import DE, ScriptedCatalog, code, ean, item

from amazon_asin_match.search import batch_size
from amazon_asin_match.search.asking import Asked, Asker, attribute
from amazon_asin_match.search.items import catalog_item, listing_item
from amazon_asin_match.search.left_over import Puzzle, after_call, calls_for
from amazon_selling_partner import AmazonError

CODES = [ean(number) for number in range(20)]


def asked(catalog: ScriptedCatalog, texts: list[str]) -> Asked:
    return Asker(catalog, DE).catalog([code(text) for text in texts])


def asins(found: Asked, text: str) -> list[str]:
    return sorted(each.item.asin for each in found.found[code(text)])


def test_twenty_codes_take_one_call_and_each_gets_its_items() -> None:
    catalog = ScriptedCatalog(
        {text: [item(f"B00000{n:04d}", text)] for n, text in enumerate(CODES[:18])}
    )
    found = asked(catalog, CODES)
    assert len(catalog.calls) == 1
    assert [asins(found, text) for text in CODES[:18]] == [[f"B00000{n:04d}"] for n in range(18)]
    assert asins(found, CODES[19]) == []


def test_an_item_that_lists_the_code_at_another_length_is_joined_to_it() -> None:
    upc = "036000291452"
    listed = [{"identifierType": "GTIN", "identifier": "00036000291452"}]
    one = item("B000000001") | {"identifiers": [{"marketplaceId": DE, "identifiers": listed}]}
    found = asked(ScriptedCatalog({"0" + upc: [one]}), [upc, CODES[0]])
    assert asins(found, upc) == ["B000000001"]


@pytest.mark.parametrize("place", [0, 7, 13, 19])
def test_one_bad_code_spoils_none_of_the_nineteen(place: int) -> None:
    catalog = ScriptedCatalog(
        {text: [item(f"B00000{n:04d}", text)] for n, text in enumerate(CODES)}
    )
    catalog.refused = {CODES[place]}
    found = asked(catalog, CODES)
    assert found.refused == {code(CODES[place]): "InvalidInput: Invalid value."}
    good = [text for text in CODES if text != CODES[place]]
    assert all(asins(found, text) for text in good)
    assert len(catalog.calls) <= 11  # two a level at most, one where the culprit is clear
    assert found.calls == len(catalog.calls)


def test_two_bad_codes_are_both_found() -> None:
    catalog = ScriptedCatalog(
        {text: [item(f"B00000{n:04d}", text)] for n, text in enumerate(CODES)}
    )
    catalog.refused = {CODES[3], CODES[16]}
    found = asked(catalog, CODES)
    assert {each.identifier for each in found.refused} == catalog.refused
    assert sum(bool(asins(found, text)) for text in CODES if text not in catalog.refused) == 18


def test_refusals_without_end_are_not_about_the_codes() -> None:
    catalog = ScriptedCatalog(refused={ean(number) for number in range(100)})
    asker = Asker(catalog, DE)
    for first in (0, 20):
        asker.catalog([code(ean(number)) for number in range(first, first + 20)])
    with pytest.raises(AmazonError):
        asker.catalog([code(ean(number)) for number in range(40, 60)])


def test_a_page_without_pagination_is_asked_again_in_halves() -> None:
    items = {
        text: [item(f"B0000{n:02d}{m:03d}", text) for m in range(2)] for n, text in enumerate(CODES)
    }
    catalog = ScriptedCatalog(items, lost=True)
    found = asked(catalog, CODES)
    assert all(len(asins(found, text)) == 2 for text in CODES)
    assert not found.short
    assert found.calls == len(catalog.calls) == 3


def test_one_code_with_more_items_than_came_says_so() -> None:
    many = {CODES[0]: [item(f"B00000{m:04d}", CODES[0]) for m in range(23)]}
    found = asked(ScriptedCatalog(many, lost=True), CODES[:1])
    assert found.short == {code(CODES[0]): "Amazon found 23 items and gave 20."}


def test_an_item_that_lists_no_code_is_left_over_with_the_unanswered_codes_first() -> None:
    items = {text: [item(f"B00000{n:04d}", text)] for n, text in enumerate(CODES[:3])}
    items[CODES[4]] = [item("B0STRAY001")]
    found = asked(ScriptedCatalog(items), CODES[:5])
    [left] = found.left_over
    assert left.item.asin == "B0STRAY001"
    assert [each.identifier for each in left.suspects[:2]] == [CODES[3], CODES[4]]


def test_a_single_code_has_found_whatever_came() -> None:
    found = asked(ScriptedCatalog({CODES[0]: [item("B0STRAY001")]}), CODES[:1])
    assert [each.listed for each in found.found[code(CODES[0])]] == [False]
    assert not found.left_over


def test_left_overs_of_many_batches_share_calls_and_are_all_solved() -> None:
    chance = random.Random(7)  # noqa: S311 - repeatable
    puzzles, truth = [], {}
    for number in range(60):
        suspects = [code(ean(1000 + 20 * number + each)) for each in range(20)]
        likely = chance.randint(1, 3)
        truth[f"B0{number:08d}"] = chance.choice(suspects[:likely] if number % 5 else suspects)
        puzzles.append(Puzzle(f"B0{number:08d}", tuple(suspects), likely))
    calls = 0
    solved: dict[str, str] = {}
    while puzzles:
        following = []
        for codes, helped in calls_for(puzzles):
            calls += 1
            assert len(codes) <= 20
            came = [asin for asin, right in truth.items() if right in codes]
            following += after_call(helped, came)
        for puzzle in following:
            if puzzle.solution:
                solved[puzzle.asin] = puzzle.solution.key
        puzzles = [puzzle for puzzle in following if not puzzle.solution]
    assert solved == {asin: right.key for asin, right in truth.items()}
    assert calls < 40  # halving each batch by itself takes more than 300


def test_the_sellers_listings_answer_codes_that_they_name() -> None:
    catalog = ScriptedCatalog(listings={CODES[2]: ("MY-1", "B000000009")})
    found = Asker(catalog, DE, "A1").listings([code(text) for text in CODES])
    assert list(found.found) == [code(CODES[2])]
    assert found.found[code(CODES[2])][0].item.own_skus == ("MY-1",)


def test_the_batch_shrinks_where_codes_have_several_items() -> None:
    failed, _ = doctest.testmod(batch_size)
    assert not failed
    size = batch_size.BatchSize()
    assert size.codes == 20
    for number in range(400):
        size.learn(2 if number % 10 == 0 else 1)
    assert 15 <= size.codes <= 18


def test_data_sets_that_are_missing_or_odd_cost_nothing() -> None:
    odd_ones: list[dict[str, Any]] = [
        {"asin": "B1"},
        {"asin": "B1", "summaries": None, "identifiers": [1], "images": {}},
    ]
    for odd in odd_ones:
        facts = catalog_item(odd, DE)
        assert (facts.asin, facts.title, facts.identifiers, facts.has_summary) == (
            "B1",
            "",
            (),
            False,
        )
    assert listing_item({"sku": "S", "summaries": []}, DE) is None


def test_a_page_that_came_twice_counts_once() -> None:
    one = catalog_item(item("B000000001", CODES[0]), DE)
    found = attribute([code(CODES[0]), code(CODES[1])], [one, one])
    assert len(found.found[code(CODES[0])]) == 1
