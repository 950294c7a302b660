"""The Python interface: item, searches, variations, validation, and files that get product data."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from scripted_creators import MovingClock, good_items, item, refusal, scripted_creators
from selling_partner.conftest import Answer

from tap_amazon_associates.enrichment import enrich
from tap_amazon_associates.errors import (
    ConfigurationError,
    NotAProductLinkError,
    ProductNotFoundError,
    QuotaSpentError,
    UnavailableError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from scripted_creators import Record

ASIN = "B08XYZ1234"
EAN = "4006381333931"
NOT_FOUND = {
    "errors": [{"code": "InvalidParameterValue", "message": f"The ItemId {ASIN} is invalid."}]
}


def with_codes(asin: str, *codes: str, kind: str = "eans") -> Record:
    return item(asin, itemInfo={"externalIds": {kind: {"displayValues": list(codes)}}})


def test_an_item_is_found_by_asin_or_link() -> None:
    with scripted_creators() as server, server.open() as amazon:
        record = amazon.item(f"https://www.amazon.de/dp/{ASIN}")

        assert (record["asin"], record["price"], record["currency"]) == (
            ASIN,
            Decimal("19.99"),
            "EUR",
        )
        assert amazon.item(ASIN) == record
        assert len(server.called("getItems")) == 1


@pytest.mark.parametrize(
    ("text", "answer", "kind"),
    [
        (ASIN, NOT_FOUND, ProductNotFoundError),
        ("headphones", None, NotAProductLinkError),
        (f"https://www.amazon.it/dp/{ASIN}", None, ConfigurationError),
        (ASIN, Answer({"type": "ThrottleException"}, 429), QuotaSpentError),
        (ASIN, Answer(b"<html>"), UnavailableError),
    ],
)
def test_an_item_that_cannot_be_given_raises_what_is_wrong(
    text: str, answer: Any, kind: type[Exception]
) -> None:
    with (
        scripted_creators(getItems=lambda _: answer) as server,
        server.open() as amazon,
        pytest.raises(kind),
    ):
        amazon.item(text)


@pytest.mark.parametrize(
    ("text", "answer", "valid"),
    [
        (ASIN, None, True),
        (ASIN, NOT_FOUND, False),
        ("headphones", None, False),
        ("1234567890", None, False),
    ],
)
def test_an_asin_is_validated_by_its_form_and_then_by_amazon(
    text: str,
    answer: Any,
    valid: bool,  # noqa: FBT001
) -> None:
    with scripted_creators(getItems=lambda body: answer or good_items(body)) as server:
        with server.open() as amazon:
            assert amazon.validate(text) is valid

        assert len(server.called("getItems")) == (text == ASIN)


def test_validation_gives_no_verdict_where_amazon_cannot_say() -> None:
    with (
        scripted_creators(getItems=lambda _: Answer({}, 500)) as server,
        server.open() as amazon,
        pytest.raises(UnavailableError),
    ):
        amazon.validate(ASIN)


def test_a_search_by_code_takes_items_that_have_it_alone() -> None:
    items = [
        with_codes("B000000001", "4006381333948"),
        with_codes("B000000002", f"0{EAN}"),
        with_codes("B000000003"),
        with_codes("B000000004", EAN, kind="upcs"),
    ]
    result = {"searchResult": {"totalResultCount": 4, "items": items}}
    with scripted_creators(searchItems=lambda _: result) as server, server.open() as amazon:
        found = amazon.search_ean(EAN)

        assert [each["asin"] for each in found] == ["B000000002", "B000000004"]
        [body] = server.called("searchItems")
        assert body["keywords"] == EAN
        assert body["availability"] == "IncludeOutOfStock"
        assert body["itemCount"] == 10


@pytest.mark.parametrize(
    "result",
    [
        {"errors": [{"code": "NoResults", "message": "No results found for your request."}]},
        {"searchResult": {"items": []}},
        {"searchResult": {"items": [with_codes("B000000001", "4006381333948")]}},
        {},
    ],
)
def test_a_code_that_no_item_has_is_no_failure_and_asked_again_after_an_hour(
    result: Record,
) -> None:
    clock = MovingClock()
    with scripted_creators(searchItems=lambda _: result) as server, server.open(clock) as amazon:
        for passed in (0, 1800, 1900):
            clock.passed += passed
            assert amazon.search_ean(EAN) == []

        assert len(server.called("searchItems")) == 2


def test_what_is_not_a_code_is_not_searched_for() -> None:
    with scripted_creators() as server, server.open() as amazon:
        with pytest.raises(ConfigurationError, match="not a product code"):
            amazon.search_ean("4006381333932")

        assert server.calls == []


def test_a_search_reads_as_many_pages_as_are_wanted_and_there() -> None:
    def pages(body: Record) -> Record:
        start = (body["itemPage"] - 1) * 10
        found = [item(f"B{number:09d}") for number in range(start, min(start + 10, 25))]
        return {"searchResult": {"items": found}}

    with scripted_creators(searchItems=pages) as server, server.open() as amazon:
        assert len(amazon.search({"keywords": "pen", "pages": 2})) == 20
        assert len(amazon.search({"keywords": "pen", "pages": 9})) == 25

        assert [body["itemPage"] for body in server.called("searchItems")] == [1, 2, 1, 2, 3]


def test_all_pages_of_variations_are_read_and_kept() -> None:
    def pages(body: Record) -> Record:
        found = [item(f"B{body['variationPage']:09d}", parentASIN=ASIN)]
        return {"variationsResult": {"items": found, "variationSummary": {"pageCount": 3}}}

    with scripted_creators(getVariations=pages) as server, server.open() as amazon:
        assert len(amazon.variations(ASIN)) == 3
        assert amazon.variations(ASIN)[0]["parent_asin"] == ASIN

        assert [body["variationPage"] for body in server.called("getVariations")] == [1, 2, 3]


def test_variations_of_an_item_without_any_are_an_empty_list() -> None:
    errors = {"errors": [{"code": "NoResults", "message": "No variations."}]}
    with scripted_creators(getVariations=lambda _: errors) as server, server.open() as amazon:
        assert amazon.variations(ASIN) == []


def lines(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_records_of_a_file_get_product_data_beside_them(tmp_path: Path) -> None:
    records = [
        {"order": 1, "asin": ASIN, "price": 5},
        {"order": 2, "link": f"https://www.amazon.de/dp/{ASIN}"},
        {"order": 3, "asin": None},
        {"order": 4, "asin": "headphones"},
        {"order": 5, "asin": "B000000001", "marketplace_id": "A13V1IB3VIYZZH"},
    ]
    source = tmp_path / "orders.jsonl"
    source.write_text("".join(json.dumps(each) + "\n" for each in records), "utf-8")
    with scripted_creators() as server, server.open(partner_tags={"FR": "site-fr-21"}) as amazon:
        [done] = list(enrich(amazon, source))

        calls = [call for call in server.calls if call.operation == "getItems"]
        assert [call.headers["x-marketplace"] for call in calls] == [
            "www.amazon.de",
            "www.amazon.fr",
        ]
    written = lines(tmp_path / "orders.enriched.jsonl")
    assert done.counts == {"current": 3, "no_product": 1, "none": 1}
    assert [
        {key: each[key] for key in each if not key.startswith("amazon_")} for each in written
    ] == records
    assert [each["amazon_product_status"] for each in written] == [
        "current", "current", "no_product", "none", "current",
    ]  # fmt: skip
    assert written[0]["amazon_product"]["price"] == 19.99
    assert "not an ASIN" in written[3]["amazon_product_message"]


def test_a_folder_of_tables_and_json_lines_is_enriched_and_again(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f'asin,title\n{ASIN},"one, two"\n', "utf-8")
    (tmp_path / "b.tsv").write_text(f"sku\tasin\n1\t{ASIN}\n", "utf-8")
    (tmp_path / "c.jsonl").write_text("", "utf-8")
    (tmp_path / "d.txt").write_text("not a table", "utf-8")
    with scripted_creators() as server, server.open() as amazon:
        for _ in range(2):
            done = list(enrich(amazon, tmp_path))

        assert [each.source.name for each in done] == ["a.csv", "b.tsv", "c.jsonl"]
        assert lines(tmp_path / "a.enriched.jsonl")[0]["title"] == "one, two"
        assert len(server.called("getItems")) == 1


@pytest.mark.parametrize(
    "failure", [Answer({}, 500), Answer({"type": "ThrottleException"}, 429), Answer(b"<html>")]
)
def test_old_data_is_taken_and_marked_where_amazon_fails(tmp_path: Path, failure: Answer) -> None:
    clock, answers = MovingClock(), [None, failure]
    source = tmp_path / "items.jsonl"
    source.write_text(json.dumps({"asin": ASIN}) + "\n" + json.dumps({"asin": "B000000001"}) + "\n")
    with (
        scripted_creators(getItems=lambda body: answers[-1] or good_items(body)) as server,
        server.open(clock, cache_path=str(tmp_path / "c.sqlite")) as amazon,
    ):
        answers.append(None)
        amazon.item(ASIN)
        answers.append(failure)
        clock.passed += 25 * 3600
        list(enrich(amazon, source))

    old, none = lines(tmp_path / "items.enriched.jsonl")
    assert old["amazon_product_status"] == "cached"
    assert old["amazon_product"]["read_at"] == "2026-11-02T08:00:00+00:00"
    assert "2026-11-02 08:00 UTC" in old["amazon_product_message"]
    assert none["amazon_product_status"] == "none"


def test_a_line_that_is_no_record_is_named_and_leaves_no_half_file(tmp_path: Path) -> None:
    source = tmp_path / "items.jsonl"
    source.write_text(json.dumps({"asin": ASIN}) + "\n{half\n")
    with (
        scripted_creators() as server,
        server.open() as amazon,
        pytest.raises(ConfigurationError, match=r"items.jsonl, line 2, is not a JSON object"),
    ):
        list(enrich(amazon, source))

    assert [each.name for each in tmp_path.iterdir()] == ["items.jsonl"]


def test_a_row_with_too_many_cells_is_named(tmp_path: Path) -> None:
    source = tmp_path / "items.csv"
    source.write_text(f"asin,title\n{ASIN},one\n{ASIN},two,three\n")
    with (
        scripted_creators() as server,
        server.open() as amazon,
        pytest.raises(ConfigurationError, match=r"items.csv, line 3, has more cells"),
    ):
        list(enrich(amazon, source))


def test_a_wrong_setting_ends_an_enrichment_without_a_file(tmp_path: Path) -> None:
    source = tmp_path / "items.jsonl"
    source.write_text(json.dumps({"asin": ASIN}) + "\n")
    answer = refusal(400, "ValidationException", "InvalidPartnerTag")
    with (
        scripted_creators(getItems=lambda _: answer) as server,
        server.open() as amazon,
        pytest.raises(Exception, match="set 'partner_tag'"),
    ):
        list(enrich(amazon, source))

    assert [each.name for each in tmp_path.iterdir()] == ["items.jsonl"]
