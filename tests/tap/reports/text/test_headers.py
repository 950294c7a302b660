"""Columns get their canonical English name, whatever the header's language."""

from __future__ import annotations

import pytest

from tap_amazon_seller.reports.text.headers import (
    GERMAN,
    JAPANESE,
    LONGEST_NAME,
    PropertyNames,
    canonical_names,
    recognised,
)


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


def test_names_have_at_most_the_bytes_that_postgresql_takes_and_stay_apart() -> None:
    header = ["ü" * 40, "ü" * 40 + " a", "ü" * 40 + " b", "sku", "x" * 80, "x" * 80]

    names = canonical_names(header)

    assert len(set(names)) == len(header)
    assert all(len(name.encode()) <= LONGEST_NAME for name in names)
    assert names == canonical_names(header)


def test_dates_in_names_do_not_make_a_new_column_for_each_report() -> None:
    def names(*days: str) -> list[str]:
        return canonical_names(["date", *(f"Units {day}" for day in days), "inv-age-0-to-90-days"])

    found = names("2026-11-24", "2026-11-25")

    assert found == ["date", "units_on_date", "units_on_date_2", "inv_age_0_to_90_days"]
    assert names("25/11/2026", "Nov 2026") == names("2026-W48", "20261201") == found


def test_a_column_is_known_by_its_other_name_where_the_usual_one_is_missing() -> None:
    assert recognised(["country_region_code", "msku"], {"country", "merchant_sku"}) == [
        "country",
        "merchant_sku",
    ]
    assert recognised(["country", "country_region_code"], {"country"}) == [
        "country",
        "country_region_code",
    ]
    assert recognised(["country_region_code"], {"sku"}) == ["country_region_code"]


def test_properties_that_fold_to_one_name_are_kept_apart() -> None:
    names = PropertyNames()

    assert [names.of(each) for each in ("itemName", "item_name", "ItemName", "itemName")] == [
        "item_name",
        "item_name_2",
        "item_name_3",
        "item_name",
    ]
