"""On codes with known answers, a few of them: matches are right, sure as they say, and cheap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from codes_to_asins import CALLS, RECALL, least_calls, run

from amazon_seller_sandbox.world.code_catalog.rows import rows
from amazon_seller_sandbox.world.code_catalog.search import CodeCatalog

if TYPE_CHECKING:
    from pathlib import Path

    from codes_to_asins import Outcome

CODES, SEED = 2_000, 4


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return run(tmp_path_factory.mktemp("codes"), CODES, SEED)


def test_no_best_match_is_wrong(outcome: Outcome) -> None:
    assert outcome.right > 0.75 * CODES
    assert not outcome.wrong


def test_nearly_every_clear_code_gets_its_asin(outcome: Outcome) -> None:
    assert outcome.recall >= RECALL


def test_candidates_are_right_as_often_as_their_confidence_says(outcome: Outcome) -> None:
    assert outcome.miscalibration(least=100) < 0.12


def test_calls_are_no_more_than_this_world_needs(outcome: Outcome) -> None:
    assert outcome.calls <= CALLS * outcome.least


def test_what_is_not_found_invalid_or_refused_says_so(outcome: Outcome) -> None:
    expected = {"duplicate_of"}
    others = {key for key in outcome.other_status if key[2] not in expected}
    assert not others


def test_the_sellers_own_listings_make_no_match_wrong(tmp_path: Path) -> None:
    own = run(tmp_path, 600, SEED, seller=True)
    assert not own.wrong
    assert own.recall >= 0.99


def test_the_least_number_of_calls_counts_second_pages() -> None:
    assert least_calls(CodeCatalog(SEED, 400), list(rows(SEED, 400))) > 400 / 20
