"""Products that went out and have no active listing any more: disabled, unless a report is at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.verdicts import outcomes

if TYPE_CHECKING:
    from etl.conftest import SellerFolder

ASIN, OTHER = "B0000000AA", "B0000000BB"
DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
MANY = [f"B{number:09}" for number in range(25)]


def _summary(marketplace: str, records: int, *, complete: bool | str = True) -> dict[str, Any]:
    return {
        "stream": "products_inventory", "marketplace_id": marketplace, "complete": complete,
        "records": records, "synced_at": "2026-10-03T10:00:00Z",
    }  # fmt: skip


def synced(seller: SellerFolder, *listed: str, status: str = "Active", **more: Any) -> None:
    """Have another sync, complete, of these listings in Germany; of others it says nothing."""
    seller.records["products_inventory"] = []
    seller.records["sync_summary"] = []
    for asin in listed:
        seller.listing(asin, status=status, **more)
    seller.add("sync_summary", _summary(DE, len(listed)))


@pytest.fixture(autouse=True)
def _two_products_in_optiply(
    seller: SellerFolder,
    remembered_runs: None,  # noqa: ARG001 - before the first build
) -> None:
    seller.listing(ASIN)
    seller.listing(OTHER)
    seller.order()
    seller.build()
    seller.host_loads()
    seller.records["products_inventory"].clear()


def test_they_are_disabled_once_when_all_listings_have_arrived(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.add("sync_summary", _summary(DE, 1))
    built = seller.build()
    assert built.products == {
        OTHER: {
            "remoteId": OTHER, "id": seller.optiply_id(OTHER), "name": f"Name of {OTHER}",
            "skuCode": f"SKU-{OTHER}", "articleCode": OTHER, "price": 9.99, "stockLevel": 5,
            "unlimitedStock": False, "status": "disabled",
        }
    }  # fmt: skip
    assert built.notes()["disabled, because it has no active listing any more"] == [OTHER]
    assert seller.build().products == {}


def test_they_are_enabled_again_when_they_are_listed_again(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.add("sync_summary", _summary(DE, 1))
    seller.build()
    seller.listing(OTHER)
    product = seller.build().products[OTHER]
    assert (product["status"], product["id"]) == ("enabled", seller.optiply_id(OTHER))


def test_they_are_disabled_where_a_target_writes_true_as_python_does(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.add("sync_summary", _summary(DE, 1, complete="True"))
    assert seller.build().products[OTHER]["status"] == "disabled"


def test_an_inactive_listing_counts_as_none(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.listing(OTHER, status="Inactive")
    seller.add("sync_summary", _summary(DE, 2))
    assert seller.build().products[OTHER]["status"] == "disabled"


@pytest.mark.parametrize(
    "summaries",
    [
        [],
        [_summary(DE, 2)],
    ],
    ids=[
        "nobody says that they have",
        "fewer have arrived than were read",
    ],
)
def test_they_stay_as_they_are_while_listings_may_be_missing(
    seller: SellerFolder, summaries: list[dict[str, Any]]
) -> None:
    seller.listing(ASIN)
    for each in summaries:
        seller.add("sync_summary", each)
    built = seller.build()
    assert built.products == {}
    assert built.left_out("products") == {outcomes.MAY_BE_LISTED: [OTHER]}


@pytest.mark.parametrize(
    ("summaries", "place"),
    [
        ([_summary(DE, 1, complete=False)], "DE"),
        ([_summary(DE, 1), _summary(FR, 0, complete=False)], "FR"),
    ],
    ids=["some of its marketplace", "those of another marketplace"],
)
def test_no_product_changes_while_the_tap_could_not_read_all_listings(
    seller: SellerFolder, summaries: list[dict[str, Any]], place: str
) -> None:
    seller.listing(ASIN, item_name="Nom", quantity=1)
    for each in summaries:
        seller.add("sync_summary", each)
    built = seller.build()
    assert built.products == {}
    assert built.left_out("products") == {
        outcomes.MAY_BE_LISTED: [OTHER],
        outcomes.LISTINGS_IN_PART.format(place): [ASIN],
    }


def test_with_marketplaces_listings_that_could_not_be_read_hold_back_their_own_alone(
    seller: SellerFolder,
) -> None:
    fresh(seller, marketplaces="DE,FR")
    for place in (DE, FR):
        seller.listing(ASIN, marketplace_id=place)
    seller.build()
    seller.host_loads()
    synced(seller, ASIN, quantity=1)
    seller.listing(ASIN, marketplace_id=FR, quantity=1)
    seller.add("sync_summary", _summary(FR, 1, complete=False))
    built = seller.build()
    assert list(built.products) == [f"{ASIN}_{DE}"]
    assert built.left_out("products") == {outcomes.LISTINGS_IN_PART.format("FR"): [f"{ASIN}_{FR}"]}


def test_an_empty_report_disables_nothing(seller: SellerFolder) -> None:
    synced(seller)
    done = seller.run("build", "--format", "jsonl")
    assert seller.built.products == {}
    reason = "the listing report of all marketplaces is empty; it stays as it was"
    assert seller.built.left_out("products") == {reason: [ASIN, OTHER]}
    advice = seller.built.report["left_out"]["products"][reason]["advice"]
    assert "run once with the flag allow_mass_disable" in advice
    assert done.stderr == (
        "The listing report of all marketplaces is empty; 2 products are kept as they were. If the "
        "listings really are gone, run once with the flag allow_mass_disable.\n"
    )


def test_an_empty_report_in_a_first_run_is_told_as_such(seller: SellerFolder) -> None:
    fresh(seller)
    synced(seller)
    with pytest.raises(EtlError, match="Amazon's listing report is empty"):
        seller.build()


def test_an_empty_report_of_a_marketplace_disables_nothing_there(seller: SellerFolder) -> None:
    fresh(seller, marketplaces="DE,FR")
    for place in (DE, FR):
        for asin in (ASIN, OTHER):
            seller.listing(asin, marketplace_id=place)
    seller.build()
    seller.host_loads()
    synced(seller, ASIN)
    seller.add("sync_summary", _summary(FR, 0))
    built = seller.build()
    assert {key: each["status"] for key, each in built.products.items()} == {
        f"{OTHER}_{DE}": "disabled"
    }
    assert built.left_out("products") == {
        outcomes.EMPTY_LISTINGS.format("FR"): [f"{ASIN}_{FR}", f"{OTHER}_{FR}"]
    }


@pytest.mark.parametrize("listed", [0, 11])
def test_the_flag_has_them_disabled_all_the_same(seller: SellerFolder, listed: int) -> None:
    many_products(seller)
    seller.config["allow_mass_disable"] = True
    synced(seller, *MANY[:listed])
    assert list(seller.build().products) == MANY[listed:]


def test_a_report_that_lacks_most_products_disables_none_of_them(seller: SellerFolder) -> None:
    many_products(seller)
    synced(seller, *MANY[:12])
    built = seller.build()
    assert built.products == {}
    assert built.left_out("products") == {
        outcomes.MOST_MISSING.format("all marketplaces"): MANY[12:]
    }


@pytest.mark.parametrize("known", [25, 19], ids=["half of many", "most of a few"])
def test_fewer_are_disabled(seller: SellerFolder, known: int) -> None:
    many_products(seller, known)
    listed = 13 if known == 25 else 1
    synced(seller, *MANY[:listed])
    assert list(seller.build().products) == MANY[listed:known]


def test_listings_that_the_report_calls_inactive_are_gone_for_certain(seller: SellerFolder) -> None:
    many_products(seller)
    synced(seller, *MANY, status="Inactive")
    assert list(seller.build().products) == MANY


def test_products_of_a_marketplace_that_is_not_asked_for_any_more_stay(
    seller: SellerFolder,
) -> None:
    fresh(seller, marketplaces="DE,FR")
    for place in (DE, FR):
        seller.listing(ASIN, marketplace_id=place)
        seller.add("sync_summary", _summary(place, 1))
    seller.build()
    seller.host_loads()
    seller.config["marketplaces"] = "DE"
    built = seller.build()
    assert built.products == {}
    assert built.left_out("products") == {outcomes.OTHER_MARKETPLACE: [f"{ASIN}_{FR}"]}


def many_products(seller: SellerFolder, count: int = len(MANY)) -> None:
    """Have so many products in Optiply."""
    fresh(seller)
    for asin in MANY[:count]:
        seller.listing(asin)
    seller.build()
    seller.host_loads()


def fresh(seller: SellerFolder, **config: Any) -> None:
    """Start again, with these flags."""
    for path in (seller.root / "snapshots").iterdir():
        path.unlink()
    seller.config |= config
    seller.records["products_inventory"] = []
