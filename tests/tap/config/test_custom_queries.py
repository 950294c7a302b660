"""Queries of a configuration are checked and typed by the schema, and refused in one sentence."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tap_amazon_seller.config.custom_queries import custom_queries
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.reports.definitions import ReportStreamDefinition, Span

if TYPE_CHECKING:
    from pathlib import Path

DAYS = date(2026, 11, 1), date(2026, 11, 2)
ECONOMICS = """
query Mine {
  analytics_economics_2024_03_15 {
    economics(startDate: "2020-01-01", endDate: "2020-01-31", marketplaceIds: ["OLD"],
              aggregateBy: {date: WEEK, productId: MSKU}) {
      msku
      sales { unitsOrdered orderedProductSales { amount currencyCode } }
      fees { feeTypeName }
    }
  }
}
"""
VIEW = """
{ analytics_vendorAnalytics_2024_09_30 { sourcingView(aggregateBy: DAY) {
  totals { costs { netPPM } }
  metrics { groupByKey { brand } metrics { sourcing { confirmedUnits } } }
} } }
"""
PREVIEW = """
{ analytics_economics_2024_03_15 { economicsPreview(feeTypes: [REFERRAL_FEES]) {
  msku netProceeds { total { amount currencyCode } }
} } }
"""


def defined(query: str, **more: Any) -> ReportStreamDefinition:
    entry = {"stream": "mine", "query": query, "keys": ["end_date", "msku"], **more}
    [found] = custom_queries({"custom_queries": [entry]})
    return found


def text_of(found: ReportStreamDefinition, *, currency: str = "EUR") -> str:
    query = found.report.query
    assert query
    return query.text(DAYS, ["A", "B"], currency)


def properties(found: ReportStreamDefinition) -> dict[str, Any]:
    assert found.schema
    return dict(found.schema)


def test_days_and_marketplaces_are_the_taps_and_the_rest_is_the_users() -> None:
    found = defined(ECONOMICS)

    assert text_of(found) == (
        "{analytics_economics_2024_03_15{economics(aggregateBy:{date:WEEK productId:MSKU} "
        'endDate:"2026-11-02" marketplaceIds:["A","B"] startDate:"2026-11-01"){marketplaceId '
        "startDate endDate msku sales{unitsOrdered orderedProductSales{amount currencyCode}}"
        "fees{feeTypeName}}}}"
    )
    assert found.report.window.span is Span.WEEK
    assert found.replication_key == "end_date"


def test_records_are_typed_by_the_schema() -> None:
    found = properties(defined(ECONOMICS))

    assert found["msku"] == {"type": ["string"]}, "a key is never null"
    assert found["end_date"] == {"type": ["string"], "format": "date"}
    assert found["sales"]["properties"]["unitsOrdered"] == {"type": ["integer", "null"]}
    amount = found["sales"]["properties"]["orderedProductSales"]["properties"]["amount"]
    assert amount == {"type": ["number", "null"]}
    assert found["fees"]["items"]["properties"] == {"feeTypeName": {"type": ["string", "null"]}}


def test_rows_of_a_view_are_its_groups_in_the_currency_of_the_marketplace() -> None:
    found = defined(VIEW, keys=["end_date", "brand"])

    assert found.records == "metrics"
    assert list(properties(found)) == [
        "marketplace_id", "start_date", "end_date", "brand", "sourcing",
    ]  # fmt: skip
    assert 'currencyCode:"EUR"' in text_of(found)
    assert "marketplaceIds" not in text_of(found)
    fixed = VIEW.replace("aggregateBy: DAY", 'aggregateBy: DAY, currencyCode: "USD"')
    assert 'currencyCode:"USD"' in text_of(defined(fixed, keys=["end_date", "brand"]))


def test_a_query_about_time_to_come_is_a_snapshot() -> None:
    found = defined(PREVIEW, keys=["msku"], days_ahead=30)

    assert found.report.is_snapshot
    assert found.replication_key is None
    assert found.report.query
    assert found.report.query.days_ahead == 30


def test_a_schema_of_the_users_folder_comes_before_ours(tmp_path: Path) -> None:
    (tmp_path / "analytics_new_2027_01_01.graphql").write_text(
        "type Query { analytics_new_2027_01_01: New } scalar Date "
        "type New { things(startDate: Date!, endDate: Date!): [Thing] } "
        "type Thing { endDate: Date! name: String }",
        encoding="utf-8",
    )
    query = "{ analytics_new_2027_01_01 { things { name } } }"
    entry = {"stream": "things", "query": query, "keys": ["end_date", "name"]}

    [found] = custom_queries({"custom_queries": [entry], "data_kiosk_schemas": str(tmp_path)})

    assert list(properties(found)) == ["end_date", "name"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"query": "{ analytics"}, "is not GraphQL in line 1: Expected Name, found <EOF>"),
        ({"query": "mutation { x }"}, "must be one query, without fragments"),
        ({"query": "query A($a: Int) { x }"}, "has variables, which Amazon does not take"),
        ({"query": "{ a b }"}, "must have one data set; it has 2"),
        ({"query": "{ ... on X { a } }"}, "without fragments, aliases and directives"),
        ({"query": "{ analytics_x { y { z } } }"}, "of the data set 'analytics_x', which is not"),
        (
            {"query": ECONOMICS.replace("economics(", "economic(")},
            "has 'economic', which is not in the schema; there are economics, economicsPreview",
        ),
        (
            {"query": ECONOMICS.replace("msku", "mksu")},
            "does not fit Amazon's schema: Cannot query field 'mksu' on type 'Economics'",
        ),
        ({"query": ECONOMICS.replace("WEEK", "YEAR")}, "does not fit Amazon's schema"),
        ({"keys": []}, "needs 'keys'"),
        ({"keys": ["sales"]}, "has the key 'sales', which is not a property of its records"),
        ({"stream": "My"}, "needs a 'stream' name"),
        ({"window_days": 10}, "aggregated by weeks; give 7, 14, 21"),
        ({"days_ahead": 400}, "Amazon looks ahead 120 days"),
        ({"period": "day"}, "has an unknown key 'period'"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_in_one_sentence(
    change: dict[str, Any], sentence: str
) -> None:
    entry = {"stream": "mine", "query": ECONOMICS, "keys": ["end_date", "msku"], **change}

    with pytest.raises(ConfigurationError) as caught:
        custom_queries({"custom_queries": [entry]})

    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_query_without_a_name_is_named_by_its_place() -> None:
    entry = {"stream": "mine", "query": ECONOMICS, "keys": ["msku"]}

    for entries, place in (([{}], "the first query needs"), ([entry, {}], "query 2 needs")):
        with pytest.raises(ConfigurationError, match=f"Setting 'custom_queries': {place}"):
            custom_queries({"custom_queries": entries})


def test_queries_are_a_list_of_objects_with_names_of_their_own(tmp_path: Path) -> None:
    entry = {"stream": "mine", "query": ECONOMICS, "keys": ["msku"]}
    for value, sentence in (
        ({"custom_queries": '{"a": 1}'}, "must be a list of objects"),
        ({"custom_queries": [entry, entry]}, "names the stream 'mine' twice"),
        (
            {"custom_queries": [entry], "data_kiosk_schemas": str(tmp_path / "nowhere")},
            "is not a folder that can be read",
        ),
    ):
        with pytest.raises(ConfigurationError, match=sentence):
            custom_queries(value)
