"""What titles say of packs, contents, models, colours and brands, in many languages."""

from __future__ import annotations

import doctest

import pytest

from amazon_asin_match.scoring import quantities as quantities_module
from amazon_asin_match.scoring import words
from amazon_asin_match.scoring.quantities import quantities


@pytest.mark.parametrize("module", [quantities_module, words])
def test_examples_in_the_documentation_hold(module: object) -> None:
    failed, tried = doctest.testmod(module)  # type: ignore[arg-type]
    assert tried
    assert not failed


@pytest.mark.parametrize(
    ("title", "packs"),
    [
        ("Shampoo 250 ml", set()),
        ("Shampoo 250 ml (6er Pack)", {6}),
        ("Shampoo 250 ml 6er-Set", {6}),
        ("Shampoo 250 ml - 6 Stück", {6}),
        ("Shampoo (6 Stk.)", {6}),
        ("6x Shampoo 250 ml", {6}),
        ("6 x Shampoo 250 ml", {6}),
        ("Shampoo 6 x 250 ml", {6}),
        ("Vorteilspack 6 Packungen Shampoo", {6}),
        ("Shampoo, VE 6", {6}),
        ("Shampoo Set à 10", {10}),
        ("Shampoo (Pack of 3)", {3}),
        ("Shampoo 3-Pack", {3}),
        ("Shampoo - Set of 3", {3}),
        ("Shampoo 12 Count", {12}),
        ("Shampooing (Lot de 4)", {4}),
        ("Shampooing - Pack de 4", {4}),
        ("Shampooing (4 pièces)", {4}),
        ("Shampoo (Confezione da 5)", {5}),
        ("Shampoo, conf. da 5", {5}),
        ("Shampoo (5 pezzi)", {5}),
        ("Champú (Paquete de 8)", {8}),
        ("Champú, 8 uds", {8}),
        ("シャンプー 【3個セット】", {3}),
        ("シャンプー 3個", {3}),
        ("シャンプー ×3", {3}),
        ("シャンプー 3パック", {3}),
        ("Handtuch 50 x 100 cm", set()),
        ("LED-Lampe E27 9 W", set()),
        ("CB-8245 Windeln", set()),
        ("Pampers Gr. 4, 174 Windeln", set()),
        ("Bluetooth-Kopfhörer 5.3", set()),
        ("Pack of 1", set()),
    ],
)
def test_packs_are_read_in_many_wordings(title: str, packs: set[int]) -> None:
    assert quantities(title).packs == packs


def test_contents_and_numbers_are_told_apart() -> None:
    found = quantities("Pampers Gr. 4, 174 Windeln 1,5 l 50 x 100 cm AB-1234")
    assert found.contents == {("ml", 1500.0)}
    assert found.numbers == {"4", "174", "50x100cm"}


def test_two_times_a_pound_is_a_kilogram() -> None:
    assert ("g", 1000.0) in set(quantities_module.amounts(quantities("2x500 g")))
    assert ("g", 1000.0) in set(quantities_module.amounts(quantities("1 kg")))


def test_brands_are_alike_whatever_their_legal_form() -> None:
    forms = ("Rossmeier GmbH", "ROSSMEIER", "Rossmeier®", "Rossmeier S.p.A.", "Rossmeier Inc.")
    assert {words.brand_words(form) for form in forms} == {"rossmeier"}
