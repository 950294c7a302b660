"""Columns get their canonical English name, whatever the header's language."""

from __future__ import annotations

import pytest

from tap_amazon_seller.reports.text.headers import GERMAN, JAPANESE, canonical_names


@pytest.mark.parametrize("table", [GERMAN, JAPANESE], ids=["German", "Japanese"])
def test_a_localised_header_is_translated(table: dict[str, str]) -> None:
    cells = [cell for cell in table if cell != "ASIN 1"]

    assert canonical_names(cells) == [table[cell] for cell in cells]


def test_a_word_that_is_also_german_leaves_an_english_header_english() -> None:
    assert canonical_names(["Order ID", "Status", "Preis-Code"]) == [
        "order_id",
        "status",
        "preis_code",
    ]


def test_british_spelling_is_one_with_the_american() -> None:
    assert canonical_names(["fulfilment-channel", "asin1"]) == ["fulfillment_channel", "asin1"]


def test_repeated_columns_are_numbered_and_none_is_lost() -> None:
    names = canonical_names(["sku", *["Deprecated column"] * 3, "", "sku"])

    assert names == [
        "sku",
        "deprecated_column",
        "deprecated_column_2",
        "deprecated_column_3",
        "column_5",
        "sku_2",
    ]


def test_an_unknown_name_keeps_its_own_letters() -> None:
    assert canonical_names(["afn-onhand-buyable-quantity", "新しい列", "SafeT claim id"]) == [
        "afn_onhand_buyable_quantity",
        "新しい列",
        "safe_t_claim_id",
    ]
