"""Products without an EAN in the catalog take it from asin_matches, where that is clear (flag)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amazon_asin_match.scoring.evidence import AGAINST, CAPS
from amazon_asin_match.scoring.verdict import THRESHOLD
from amazon_optiply_etl.config.settings import LEAST_MATCH, settings_from
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.verdicts import notes, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from etl.conftest import Built, SellerFolder

DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
AA, BB = "B0000000AA", "B0000000BB"
EAN, OTHER_EAN = "4006381333931", "4006381333948"
GTIN, OTHER_GTIN = f"0{EAN}", f"0{OTHER_EAN}"

pytestmark = pytest.mark.usefixtures("remembered_runs")


@pytest.fixture(autouse=True)
def _with_the_flag_and_two_products(seller: SellerFolder) -> None:
    seller.records["orders"] = []
    seller.config = {"eans_from_matches": True}
    seller.listing(AA)
    seller.catalog(AA)
    seller.listing(BB)
    seller.catalog(BB)


def _refused(built: Built) -> dict[str, list[str]]:
    """What was left out of asin_matches; the counts of which add up, or the run had stopped."""
    return built.left_out("asin_matches")


def _ean(built: Built, asin: str = AA) -> str | None:
    ean: str | None = built.products[asin].get("eanCode")
    return ean


def test_a_clear_match_gives_its_ean_and_the_report_says_from_which_row_and_why(
    seller: SellerFolder,
) -> None:
    seller.match(GTIN, row=12)
    built = seller.build()
    assert (_ean(built), _ean(built, BB)) == (EAN, None)
    assert built.notes()[notes.EAN_MATCHED] == [
        f"{EAN} (row 12, confidence 0.98: Amazon lists the code for it.) {AA}"
    ]
    assert built.notes()[notes.NO_EAN] == [BB]
    counts = built.report["counts"]["asin_matches"]
    assert counts == {"in": 1, "out": 1, "unchanged": 0, "left_out": 0}
    [article] = [each for each in built.report["articles"]["articles"] if each["asin"] == AA]
    assert article["ean"] == EAN
    assert article["products"][0]["eanCode_from"].startswith("row 12, confidence 0.98: Amazon")


def test_without_the_flag_the_stream_is_not_read(seller: SellerFolder) -> None:
    seller.config = {}
    seller.match(GTIN)
    built = seller.build()
    assert _ean(built) is None
    assert built.report["files_not_read"] == ["asin_matches.jsonl"]
    assert "asin_matches" not in built.report["counts"]


GTINS = {
    GTIN: EAN,
    "00012345678905": "0012345678905",  # a UPC is the EAN of the same product with a zero
    "00000096385074": "96385074",
    "12345678901231": "12345678901231",  # a case
    OTHER_EAN: OTHER_EAN,  # the zero is lost
    "12345670": "12345670",
    "4006381333955.0": "4006381333955",
}


@pytest.fixture(scope="module")
def of_gtins(new_seller: Callable[[], SellerFolder]) -> Built:
    """A product for each GTIN."""
    seller = new_seller()
    seller.records["orders"] = []
    seller.config = {"eans_from_matches": True}
    for number, gtin in enumerate(GTINS, 2):
        seller.listing(f"B{number:09}")
        seller.match(gtin, f"B{number:09}", number)
    return seller.build()


@pytest.mark.parametrize(("number", "ean"), list(enumerate(GTINS.values(), 2)), ids=GTINS)
def test_a_gtin_is_written_as_the_catalog_writes_codes(
    of_gtins: Built, number: int, ean: str
) -> None:
    assert _ean(of_gtins, f"B{number:09}") == ean


ALONE: dict[str, tuple[dict[str, Any], str]] = {
    "to look at": ({"status": "needs_review"}, outcomes.NO_CLEAR_MATCH),
    "several codes in a cell": ({"status": "ambiguous_code"}, outcomes.NO_CLEAR_MATCH),
    "not found": ({"status": "not_found", "asin": None}, outcomes.NO_CLEAR_MATCH),
    "no status": ({"status": None}, outcomes.NO_CLEAR_MATCH),
    "a duplicate of a row that is not clear": (
        {"status": "duplicate_of", "asin": None},
        outcomes.NO_CLEAR_MATCH,
    ),
    "not sure enough": ({"confidence": 0.8499}, outcomes.NOT_SURE_ENOUGH),
    "no confidence": ({"confidence": None}, outcomes.NOT_SURE_ENOUGH),
    "a MINSAN": ({"code": "A000307052", "gtin": None}, outcomes.NOT_A_GTIN),
    "a wrong check digit": ({"gtin": "04006381333932"}, outcomes.NOT_A_GTIN),
    "not a listing": ({"asin": "B0000000ZZ"}, outcomes.NOT_LISTED),
    "an unreadable confidence": (
        {"confidence": "high"},
        "its confidence cannot be read as a share from 0 to 1",
    ),
}


def _gtin(number: int) -> str:
    """A GTIN of its own for a number below 100."""
    body = f"0400638133{number:03}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


@pytest.fixture(scope="module")
def of_unclear(new_seller: Callable[[], SellerFolder]) -> Built:
    """A product, and a match that is not clear, for each reason."""
    seller = new_seller()
    seller.records["orders"] = []
    seller.config = {"eans_from_matches": True}
    for number, (changed, _) in enumerate(ALONE.values(), 2):
        seller.listing(f"B{number:09}")
        seller.catalog(f"B{number:09}")
        match: dict[str, Any] = {"gtin": _gtin(number), "asin": f"B{number:09}", "row": number}
        seller.match(**match | changed)
    return seller.build()


@pytest.mark.parametrize(
    ("number", "reason"),
    list(enumerate((reason for _, reason in ALONE.values()), 2)),
    ids=ALONE,
)
def test_a_match_that_is_not_clear_gives_no_ean_and_says_why(
    of_unclear: Built, number: int, reason: str
) -> None:
    assert _ean(of_unclear, f"B{number:09}") is None
    refused = _refused(of_unclear).items()
    assert [why for why, ids in refused if f"DE row {number}" in ids] == [reason]
    assert notes.EAN_MATCHED not in of_unclear.notes()


def test_a_match_without_its_row_gives_no_ean_and_says_why(seller: SellerFolder) -> None:
    seller.match(GTIN, row_number=None)
    built = seller.build()
    assert _ean(built) is None
    assert list(_refused(built)) == ["it has no row_number"]
    assert notes.EAN_MATCHED not in built.notes()


def test_the_threshold_may_be_higher_and_includes_its_own_value(seller: SellerFolder) -> None:
    seller.config["match_threshold"] = "0.95"
    seller.match(GTIN, AA, 2, confidence=0.95)
    seller.match(OTHER_GTIN, BB, 3, confidence=0.9499)
    built = seller.build()
    assert (_ean(built), _ean(built, BB)) == (EAN, None)
    assert _refused(built) == {outcomes.NOT_SURE_ENOUGH: ["DE row 3"]}


@pytest.mark.parametrize("value", [0.5, 0.8499, 1.01, "high", True, [0.9]])
def test_a_threshold_below_what_the_stream_calls_a_match_is_refused(value: object) -> None:
    with pytest.raises(
        EtlError, match=r"match_threshold is .*; it must be a number from 0.85 to 1"
    ):
        settings_from({"match_threshold": value}, {})


def test_nothing_that_speaks_against_a_candidate_leaves_it_as_sure_as_a_match() -> None:
    assert LEAST_MATCH == THRESHOLD
    assert {reason for reason in AGAINST if CAPS.get(reason, 1.0) >= LEAST_MATCH} == set()


@pytest.mark.parametrize(
    "config", [{"flavour": "secondary"}, {"flavour": "vendor"}, {"sync_sell_orders_only": True}]
)
def test_the_flag_is_refused_where_no_products_of_a_seller_are_sent(config: dict[str, Any]) -> None:
    with pytest.raises(EtlError, match="eans_from_matches is true and flavour is"):
        settings_from({"eans_from_matches": True, **config}, {})


def _two_codes(seller: SellerFolder) -> None:
    seller.match(GTIN, AA, 2)
    seller.match(OTHER_GTIN, AA, 3)


def _two_asins(seller: SellerFolder) -> None:
    seller.match(GTIN, AA, 2)
    seller.match(GTIN, BB, 2, marketplace_id=FR)
    seller.listing(BB, marketplace_id=FR)


def _ean_of_another(seller: SellerFolder) -> None:
    seller.catalog("B0000000CC", EAN=GTIN)  # as a GTIN-14 there
    seller.match(GTIN, AA, 2)


def _in_the_catalog(seller: SellerFolder) -> None:
    seller.records["product_catalog"].pop(0)
    seller.catalog(AA, EAN=OTHER_EAN)
    seller.match(GTIN, AA, 2)


@pytest.mark.parametrize(
    ("prepare", "reason", "rows", "sent"),
    [
        (_two_codes, outcomes.SEVERAL_CODES, ["DE row 2", "DE row 3"], None),
        (_two_asins, outcomes.SEVERAL_ASINS, ["DE row 2", "FR row 2"], None),
        (_ean_of_another, outcomes.EAN_OF_ANOTHER, ["DE row 2"], None),
        (_in_the_catalog, outcomes.EAN_IN_CATALOG, ["DE row 2"], OTHER_EAN),
    ],
)
def test_what_is_not_the_products_alone_is_not_taken(
    seller: SellerFolder,
    prepare: Callable[[SellerFolder], None],
    reason: str,
    rows: list[str],
    sent: str | None,
) -> None:
    prepare(seller)
    built = seller.build()
    assert _refused(built) == {reason: rows}
    assert _ean(built) == sent
    assert _ean(built, BB) is None


def test_a_row_that_repeats_a_code_is_not_a_second_code(seller: SellerFolder) -> None:
    seller.match(GTIN, AA, 2)
    seller.match(GTIN, AA, 3, status="duplicate_of", code=f"{EAN}.0")
    built = seller.build()
    assert _ean(built) == EAN
    assert built.report["counts"]["asin_matches"]["out"] == 2


def test_of_two_files_the_later_record_of_a_row_counts(seller: SellerFolder) -> None:
    seller.match(OTHER_GTIN, AA, 2)
    seller.match(GTIN, AA, 2)
    built = seller.build()
    assert _ean(built) == EAN
    assert _refused(built) == {outcomes.SUPERSEDED: ["DE row 2"]}


def test_with_marketplaces_each_product_takes_the_match_of_its_own(seller: SellerFolder) -> None:
    seller.config["marketplaces"] = "DE,FR"
    seller.listing(AA, marketplace_id=FR)
    seller.match(GTIN, AA, 2)
    seller.match(OTHER_GTIN, BB, 3, marketplace_id="A1F83G8C2ARO7P")
    built = seller.build()
    assert built.products[f"{AA}_{DE}"]["eanCode"] == EAN
    assert "eanCode" not in built.products[f"{AA}_{FR}"]
    assert _refused(built) == {outcomes.OTHER_MARKETPLACE: ["GB row 3"]}


def test_with_marketplaces_an_asins_products_may_share_an_ean(seller: SellerFolder) -> None:
    seller.config["marketplaces"] = "DE,FR"
    seller.listing(AA, marketplace_id=FR)
    seller.match(GTIN, AA, 2)
    seller.match(GTIN, AA, 2, marketplace_id=FR)
    products = seller.build().products
    assert {products[f"{AA}_{place}"]["eanCode"] for place in (DE, FR)} == {EAN}


def test_an_article_that_is_no_product_takes_none(seller: SellerFolder) -> None:
    seller.listing("B0000000CC", status="Inactive")
    seller.match(GTIN, "B0000000CC", 2)
    assert _refused(seller.build()) == {outcomes.NOT_MADE: ["DE row 2"]}


def _second_run(seller: SellerFolder) -> Built:
    """Run once with a match, have the host load it, and run again on what remains."""
    seller.match(GTIN, AA, 2)
    assert _ean(seller.build()) == EAN
    seller.host_loads()
    (seller.root / "sync-output" / "asin_matches.jsonl").unlink()
    seller.records["asin_matches"] = []
    return seller.build()


def _sent_eans(seller: SellerFolder) -> dict[str, str]:
    rows = [line.split(",") for line in seller.snapshot("products.snapshot.csv")]
    place = rows[0].index("eanCode")
    return {row[0]: row[place] for row in rows[1:]}


def test_an_ean_stays_when_a_later_input_lacks_the_matches(seller: SellerFolder) -> None:
    built = _second_run(seller)
    assert built.products == {}
    assert built.report["counts"]["products"]["unchanged"] == 2
    assert _sent_eans(seller) == {AA: EAN, BB: ""}


def test_matches_that_are_missing_altogether_are_noted(seller: SellerFolder) -> None:
    assert seller.build().notes()[notes.NO_MATCHES] == ["asin_matches"]


def test_a_match_stays_that_of_its_product_where_nothing_changed(seller: SellerFolder) -> None:
    _second_run(seller)
    seller.match(GTIN, AA, 2)
    seller.records["product_catalog"] = seller.records["product_catalog"][1:]
    built = seller.build()
    assert built.report["counts"]["asin_matches"]["unchanged"] == 1
    assert _refused(built) == {}
    assert len(built.notes()[notes.EAN_MATCHED]) == 1


def test_an_ean_that_optiply_has_is_not_replaced_while_the_catalog_is_not_read(
    seller: SellerFolder,
) -> None:
    _second_run(seller)
    seller.match(OTHER_GTIN, AA, 2)
    catalog = seller.records["product_catalog"]
    seller.records["product_catalog"] = catalog[1:]
    assert _refused(seller.build()) == {outcomes.EAN_SENT: ["DE row 2"]}
    seller.records["product_catalog"] = catalog
    built = seller.build()
    assert _ean(built) == OTHER_EAN
    assert built.report["left_out"]["asin_matches"] == {}


def test_an_ean_that_optiply_has_for_another_asin_is_not_given_twice(seller: SellerFolder) -> None:
    _second_run(seller)
    seller.match(GTIN, BB, 2)
    built = seller.build()
    assert _refused(built) == {outcomes.EAN_OF_ANOTHER: ["DE row 2"]}
    assert _sent_eans(seller) == {AA: EAN, BB: ""}


def test_the_catalogs_ean_takes_the_place_of_a_matched_one(seller: SellerFolder) -> None:
    _second_run(seller)
    seller.records["product_catalog"] = seller.records["product_catalog"][1:]
    seller.catalog(AA, EAN=OTHER_EAN)
    assert _ean(seller.build()) == OTHER_EAN
