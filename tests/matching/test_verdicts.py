"""What each row gets, and the sentence that a person reads."""

from __future__ import annotations

import doctest
from typing import TYPE_CHECKING

import pytest
from matching.scripted_catalog import code, ean, facts

from amazon_asin_match.codes import Reading, read_cell
from amazon_asin_match.scoring import evidence as evidence_module
from amazon_asin_match.scoring.evidence import RowFacts
from amazon_asin_match.scoring.verdict import CodeAnswer, Limits, Status, Verdict, judge
from amazon_asin_match.search.asking import Found

if TYPE_CHECKING:
    from amazon_asin_match.search.items import ItemFacts

EAN = ean(1)
ROW = RowFacts(title="Shampoo Classic 250 ml", brand="Rossmeier GmbH")


def verdict(
    *items: ItemFacts, row: RowFacts = ROW, listed: bool = True, cell: str = EAN, **answer: str
) -> Verdict:
    found = CodeAnswer(tuple(Found(item, listed) for item in items), **answer)
    reading = read_cell(cell)
    return judge(reading, dict.fromkeys(reading.codes, found), row, Limits())


def shampoo(asin: str = "B000000001", title: str = "", **more: object) -> ItemFacts:
    more = {"brand": ("Rossmeier",), "classification": "BASE_PRODUCT"} | more
    return facts(asin, EAN, title=title or "Rossmeier Classic Shampoo, 250 ml", **more)


def test_examples_in_the_documentation_hold() -> None:
    failed, _ = doctest.testmod(evidence_module)
    assert not failed


def test_one_item_that_lists_the_code_and_agrees_is_the_match() -> None:
    found = verdict(shampoo())
    assert found.status is Status.MATCHED
    assert found.best
    assert found.best.confidence > 0.95
    assert found.reason == (
        "The item lists the code; size or content agree; the titles are alike (100 of 100); the brand "
        "agrees."
    )


def test_without_anything_but_the_code_one_item_is_clear() -> None:
    assert verdict(shampoo(), row=RowFacts()).status is Status.MATCHED


@pytest.mark.parametrize(
    "title",
    [
        "Rossmeier Classic Shampoo, 250 ml (6er Pack)",
        "6x Rossmeier Classic Shampoo, 250 ml",
        "Rossmeier Classic Shampoo, 250 ml - 6 Stück",
    ],
)
def test_a_multipack_for_a_single_is_never_the_match_however_alike_the_titles(title: str) -> None:
    found = verdict(shampoo(title=title))
    assert (found.status, found.best) == (Status.NEEDS_REVIEW, None)
    assert found.candidates[0].confidence <= 0.1
    assert found.reason == "The row means 1 and Amazon's item holds 6."


def test_a_multipack_that_only_its_data_show_is_seen_too() -> None:
    assert verdict(shampoo(counts=(6,))).status is Status.NEEDS_REVIEW


def test_the_single_wins_beside_a_multipack_with_its_code() -> None:
    pack = shampoo("B000000002", "Rossmeier Classic Shampoo, 250 ml (6er Pack)", rank=1)
    found = verdict(pack, shampoo())
    assert found.best
    assert found.best.item.asin == "B000000001"
    assert [each.item.asin for each in found.candidates] == ["B000000001", "B000000002"]


def test_a_row_that_means_the_multipack_gets_the_multipack() -> None:
    pack = shampoo("B000000002", "Rossmeier Classic Shampoo, 250 ml (6er Pack)")
    row = RowFacts(title="Shampoo Classic 250 ml, VE 6", brand="Rossmeier")
    found = verdict(shampoo(), pack, row=row)
    assert found.best
    assert found.best.item.asin == "B000000002"
    by_column = verdict(shampoo(), pack, row=RowFacts(title=ROW.title, pack=6))
    assert by_column.best
    assert by_column.best.item.asin == "B000000002"


def test_a_multipack_for_a_row_that_says_nothing_is_for_a_person_to_look_at() -> None:
    found = verdict(shampoo(title="Rossmeier Shampoo (6er Pack)"), row=RowFacts())
    assert found.status is Status.NEEDS_REVIEW
    assert found.reason == (
        "Amazon's item is a pack of 6, and the row does not say how many it means."
    )


def test_a_parent_is_never_the_match() -> None:
    parent = shampoo("B0PARENT01", classification="VARIATION_PARENT")
    alone = verdict(parent)
    assert alone.status is Status.NEEDS_REVIEW
    assert alone.reason == "Amazon found a variation parent alone, which cannot be sold or ordered."
    beside = verdict(parent, shampoo())
    assert beside.best
    assert beside.best.item.asin == "B000000001"


def test_a_bundle_is_not_the_product() -> None:
    bundle = shampoo("B0BUNDLE01", "Rossmeier Classic Shampoo 250 ml im Set mit Handtuch",
                     classification="PRODUCT_BUNDLE")  # fmt: skip
    assert verdict(bundle).status is Status.NEEDS_REVIEW
    beside = verdict(bundle, shampoo())
    assert beside.best
    assert beside.best.item.asin == "B000000001"


def test_between_two_equal_pages_nobody_chooses() -> None:
    found = verdict(shampoo(rank=3), shampoo("B000000002", rank=90_000))
    assert (found.status, found.best) == (Status.NEEDS_REVIEW, None)
    assert found.reason == "2 candidates, and nothing speaks against 2 of them: look yourself."


def test_that_a_page_says_more_does_not_make_the_other_one_wrong() -> None:
    more = shampoo("B000000002", "Rossmeier AB-1234 Classic Shampoo, 250 ml", model=("AB-1234",))
    row = RowFacts(title="Shampoo Classic AB-1234 250 ml", brand="Rossmeier")
    assert verdict(shampoo(), more, row=row).status is Status.NEEDS_REVIEW


def test_another_product_with_the_code_is_not_the_match() -> None:
    other = facts("B000000003", EAN, title="Zand Basic Notizbuch A5", brand=("Zand",))
    found = verdict(other)
    assert found.status is Status.NEEDS_REVIEW
    assert found.reason == "The titles differ (0 of 100 alike); the brand differs (Zand)."
    beside = verdict(other, shampoo())
    assert beside.best
    assert beside.best.item.asin == "B000000001"


def test_an_item_that_does_not_list_the_code_is_for_a_person_to_look_at() -> None:
    found = verdict(shampoo(), listed=False)
    assert found.status is Status.NEEDS_REVIEW
    assert found.reason == "Amazon found the item, but it does not list the code."


def test_another_size_colour_or_used_copies_are_not_the_match() -> None:
    for title in (
        "Rossmeier Classic Shampoo, 500 ml",
        "Rossmeier Classic Shampoo 250 ml (Generalüberholt)",
    ):
        assert verdict(shampoo(title=title)).status is Status.NEEDS_REVIEW
    row = RowFacts(title="Handtuch Comfort rot", brand="Zand")
    blue = facts("B000000001", EAN, title="Zand Comfort Handtuch, Blau", brand=("Zand",))
    assert verdict(blue, row=row).status is Status.NEEDS_REVIEW


def test_a_brand_that_is_called_like_a_colour_is_none() -> None:
    row = RowFacts(title="Handtuch Comfort rot", brand="Braun & Blau")
    item = facts("B1", EAN, title="Braun & Blau Comfort Handtuch, Rot", brand=("Braun & Blau",))
    assert verdict(item, row=row).status is Status.MATCHED


def test_own_listings_are_the_surest() -> None:
    found = verdict(shampoo(own_skus=("MY-1",)), row=RowFacts())
    assert found.reason == "The seller lists it as MY-1; the item lists the code."


def test_what_amazon_does_not_know_refuses_or_cuts_off_is_said() -> None:
    assert verdict().reason == "Amazon knows no item with this code here."
    refused = verdict(refused="InvalidInput: Invalid value.")
    assert (refused.status, refused.reason) == (
        Status.ERROR, "Amazon refuses the code (InvalidInput: Invalid value.).",
    )  # fmt: skip
    short = verdict(shampoo(), short="Amazon found 23 items and gave 20.")
    assert (short.status, short.reason) == (
        Status.NEEDS_REVIEW, "Amazon found 23 items and gave 20.",
    )  # fmt: skip


def test_a_code_that_was_not_asked_says_so() -> None:
    found = judge(read_cell(EAN), {}, ROW, Limits())
    assert (found.status, found.reason) == (
        Status.NOT_ASKED, "The job ended before this code was asked; resume it.",
    )  # fmt: skip


def test_a_cell_without_a_code_is_invalid_with_the_reason() -> None:
    found = verdict(cell="4006381333932")
    assert (found.status, found.reason) == (
        Status.INVALID, "The check digit of '4006381333932' is wrong: a digit is mistyped or missing.",
    )  # fmt: skip


def test_several_codes_of_a_cell_are_ambiguous_unless_the_row_tells() -> None:
    other = ean(2)
    reading = read_cell(f"{EAN}; {other}")
    first = CodeAnswer((Found(shampoo(), listed=True),))
    second = CodeAnswer((Found(facts("B9", other, title="Zand Notizbuch A5"), listed=True),))
    answers = {code(EAN): first, code(other): second}
    silent = judge(reading, answers, RowFacts(), Limits())
    assert (silent.status, silent.reason) == (
        Status.AMBIGUOUS_CODE,
        (
            "The cell holds several codes, and nothing in the row says which one is meant. The cell "
            "holds 2 codes, and all of them are asked."
        ),
    )
    assert len(silent.candidates) == 2
    assert judge(reading, answers, ROW, Limits()).status is Status.MATCHED


def test_a_code_with_two_readings_is_ambiguous_unless_the_row_tells() -> None:
    reading = Reading(
        (code(EAN), code(ean(2))), ("It can be read in two ways, and both are asked.",)
    )
    answers = {code(EAN): CodeAnswer((Found(shampoo(), listed=True),)), code(ean(2)): CodeAnswer()}
    silent = judge(reading, answers, RowFacts(), Limits())
    assert silent.status is Status.AMBIGUOUS_CODE
    assert silent.reason.startswith("The code can be read in two ways, and nothing in the row says")
    assert judge(reading, answers, ROW, Limits()).status is Status.MATCHED


def test_an_item_that_another_row_claims_for_another_product_is_no_match() -> None:
    answers = {code(EAN): CodeAnswer((Found(shampoo(), listed=True),))}
    found = judge(read_cell(EAN), answers, ROW, Limits(), lambda _: "row 9")
    assert (found.status, found.reason) == (
        Status.NEEDS_REVIEW, "Row 9 claims it for another product.",
    )  # fmt: skip


def test_the_threshold_is_a_setting() -> None:
    answers = {code(EAN): CodeAnswer((Found(shampoo(), listed=True),))}
    found = judge(read_cell(EAN), answers, ROW, Limits(threshold=1.0))
    assert found.status is Status.NEEDS_REVIEW
    assert found.reason == "Not sure enough (1.00, and 1 is due)."
