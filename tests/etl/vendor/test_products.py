"""Rules by which a vendor's products, suppliers and suppliers' products are made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from vendor_folder import (
    ASIN,
    DE,
    EAN,
    FR,
    OTHER_EAN,
    UPC,
    VendorFolder,
    cases,
    direct_item,
    eaches,
    euro,
    item,
    status_item,
)

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.verdicts import outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from etl.conftest import SellerFolder

pytestmark = pytest.mark.usefixtures("remembered_runs")

IT, ES, NL = "APJ6JRA9NG5V4", "A1RKKUPIHCS9HS", "A1805IZSGTT6HS"
LATER = "2026-10-06"


@pytest.fixture
def vendor(seller: SellerFolder) -> VendorFolder:
    return VendorFolder(seller)


def catalog(vendor: VendorFolder, ean: str = OTHER_EAN, **more: Any) -> None:
    groups = [{"marketplaceId": DE, "identifiers": [{"identifierType": "EAN", "identifier": ean}]}]
    record = {"marketplace_id": DE, "asin": ASIN, "identifiers": groups}
    vendor.add("product_catalog", record | more)


def ean_of(number: int) -> str:
    """An EAN of its own for each number."""
    digits = f"{400_638_000_000 + number}"
    total = sum(int(each) * (3 if place % 2 else 1) for place, each in enumerate(digits))
    return f"{digits}{-total % 10}"


def asin_of(number: int) -> str:
    return f"B{number:09}"


def test_a_product_is_an_ean_with_what_its_latest_purchase_order_says(vendor: VendorFolder) -> None:
    vendor.purchase("PO1", item(netCost=euro("2.50")))
    vendor.purchase("PO2", item(netCost=euro("2.755")), purchase_order_date="2026-10-08T00:00:00Z")
    seller_b = {"partyId": "PENSB", "address": {"city": "Berlin"}}
    vendor.direct("D1", direct_item(), order_date="2026-10-20T00:00:00Z", selling_party=seller_b)
    vendor.status("PO9", selling_party={"partyId": "PENSC"})
    vendor.held(7)
    vendor.build()

    # Its suppliers are the vendor codes.
    assert vendor.rows("suppliers") == {
        code: {"remoteId": code, "name": code} for code in ("PENSA", "PENSB", "PENSC")
    }
    assert vendor.rows("products") == {
        EAN: {
            "remoteId": EAN,
            "name": "A pen",
            "skuCode": EAN,
            "eanCode": EAN,
            "articleCode": ASIN,
            "price": 2.76,
            "stockLevel": 7,
            "unlimitedStock": False,
            "status": "enabled",
        }
    }


BARCODES = {
    "an EAN": (EAN, EAN),
    "a UPC becomes an EAN": (UPC, f"0{UPC}"),
    "an EAN of 8 digits": ("96385074", "96385074"),
    "a wrong check digit": ("4006381333932", None),
    "a number that would be one with zeros before it": ("12345670000", None),
    "a name": ("PEN-1", None),
    "nothing": (None, None),
}

STOCK: dict[str, tuple[list[dict[str, Any]], int]] = {
    "none": ([], 0),
    "of two marketplaces": ([{"units": 7}, {"units": 5, "marketplace_id": FR}], 12),
    "never less than none": ([{"units": -3}], 0),
    "back orders of one marketplace": ([{"units": 7}, {"units": -3, "marketplace_id": FR}], 4),
    "without a figure": ([{"units": None}], 0),
    # In other marketplaces, which have a later day too.
    "of the latest day": (
        [{"units": 7, "marketplace_id": IT}, {"units": 5, "end_date": LATER, "marketplace_id": IT}],
        5,
    ),
    "of the latest day of each marketplace": (
        [{"units": 7, "marketplace_id": ES}, {"units": 5, "end_date": LATER, "marketplace_id": NL}],
        12,
    ),
    "of an ASIN that the latest day does not have": ([{"units": 7, "marketplace_id": IT}], 0),
}
LOTS = {
    "eaches": (eaches(10), 1),
    "cases": (cases(2, 6), 6),
    "cases of unknown size": (cases(2, None), 1),
}
TWICE, NAMED, LITERAL, TOO_MUCH, BY_WEIGHT = range(400, 405)


@pytest.fixture(scope="module")
def of_cases(new_seller: Callable[[], SellerFolder]) -> VendorFolder:
    """Orders for each code, kind of stock, lot and the like, of an ASIN of their own each."""
    vendor = VendorFolder(new_seller())
    for number, (name, (code, _)) in enumerate(BARCODES.items(), 100):
        vendor.purchase(name, item(code, amazonProductIdentifier=asin_of(number)))
    for number, (name, (records, _)) in enumerate(STOCK.items(), 200):
        vendor.purchase(name, item(ean_of(number), amazonProductIdentifier=asin_of(number)))
        for record in records:
            vendor.held(**record, asin=asin_of(number))
    later = {"purchase_order_date": "2026-10-08T00:00:00Z"}
    for number, (name, (quantity, _)) in enumerate(LOTS.items(), 300):
        own = {"amazonProductIdentifier": asin_of(number)}
        vendor.purchase(f"{name} 1", item(ean_of(number), quantity=cases(1, 99), **own))
        vendor.purchase(f"{name} 2", item(ean_of(number), quantity=quantity, **own), **later)

    def ordered(number: int, code: str | None = None, **changed: Any) -> dict[str, Any]:
        own = item(code or ean_of(number), **changed)
        return own | {"amazonProductIdentifier": asin_of(number)}

    vendor.purchase("twice 1", ordered(TWICE))
    vendor.purchase("twice 2", ordered(TWICE, "PEN-1"), **later)
    catalog(vendor, ean_of(490), asin=asin_of(TWICE))
    vendor.purchase("named", ordered(NAMED, "PEN-2"))
    titles = [{"marketplaceId": DE, "itemName": "Pen  of the\ncatalog"}]
    catalog(vendor, ean_of(NAMED), asin=asin_of(NAMED), summaries=titles)
    vendor.purchase("literal", ordered(LITERAL))
    titles = [{"marketplaceId": DE, "itemName": "Ida's pen"}]
    catalog(vendor, ean_of(491), asin=asin_of(LITERAL), summaries=str(titles))
    vendor.purchase("too much", ordered(TOO_MUCH))
    vendor.held(10_000_000, asin=asin_of(TOO_MUCH))
    by_weight = euro("2.50") | {"unitOfMeasure": "POUNDS"}
    vendor.purchase("by weight", ordered(BY_WEIGHT, netCost=by_weight))
    vendor.build()
    return vendor


def products_of(vendor: VendorFolder, number: int) -> list[dict[str, Any]]:
    """The products of an ASIN, of which there should be one."""
    rows = vendor.rows("products").values()
    return [each for each in rows if each["articleCode"] == asin_of(number)]


@pytest.mark.parametrize("name", BARCODES)
def test_the_ean_is_the_vendors_id_where_that_is_a_barcode(
    of_cases: VendorFolder, name: str
) -> None:
    ean = BARCODES[name][1]
    products = of_cases.rows("products")
    left_out = of_cases.built.left_out("vendor_purchase_orders items")
    of_name = [
        why for why, ids in left_out.items() if any(each.startswith(f"{name} 1 ") for each in ids)
    ]
    asin = asin_of(100 + list(BARCODES).index(name))

    assert [key for key, row in products.items() if row["articleCode"] == asin] == (
        [ean] if ean else []
    )
    assert of_name == ([] if ean else [outcomes.NO_EAN])


def test_an_item_without_a_barcode_has_the_ean_of_its_asin(of_cases: VendorFolder) -> None:
    (product,) = products_of(of_cases, TWICE)
    assert (product["eanCode"], product["skuCode"]) == (ean_of(TWICE), "PEN-1")


def test_else_the_catalog_knows_the_ean_and_the_name(of_cases: VendorFolder) -> None:
    (product,) = products_of(of_cases, NAMED)
    assert (product["remoteId"], product["name"]) == (ean_of(NAMED), "Pen of the catalog")


def test_names_of_the_catalog_are_read_from_python_literals_too(of_cases: VendorFolder) -> None:
    assert of_cases.rows("products")[ean_of(LITERAL)]["name"] == "Ida's pen"


@pytest.mark.parametrize("name", STOCK)
def test_stock_is_amazons(of_cases: VendorFolder, name: str) -> None:
    (product,) = products_of(of_cases, 200 + list(STOCK).index(name))
    assert product["stockLevel"] == STOCK[name][1]


def test_more_stock_than_optiply_takes_is_not_sent(of_cases: VendorFolder) -> None:
    left_out = of_cases.built.left_out("products")
    assert left_out == {outcomes.TOO_MUCH_STOCK: [ean_of(TOO_MUCH)]}


@pytest.mark.parametrize("name", LOTS)
def test_a_suppliers_product_is_bought_in_the_lots_of_its_latest_order(
    of_cases: VendorFolder, name: str
) -> None:
    number = 300 + list(LOTS).index(name)
    rows = of_cases.rows("supplier_products")
    ean, asin = ean_of(number), asin_of(number)
    assert [row for row in rows.values() if row["articleCode"] == asin] == [
        {
            "remoteId": f"{ean}_PENSA",
            "name": asin,
            "skuCode": ean,
            "eanCode": ean,
            "articleCode": asin,
            "price": 2.5,
            "lotSize": LOTS[name][1],
            "status": "enabled",
            "Remote_productId": ean,
            "Remote_supplierId": "PENSA",
        }
    ]


def test_a_price_by_weight_is_no_price_of_a_piece(of_cases: VendorFolder) -> None:
    assert "price" not in of_cases.rows("products")[ean_of(BY_WEIGHT)]
    assert of_cases.rows("sell_orders")["by weight"]["totalValue"] == 0


def test_an_ean_is_remembered_when_the_catalog_is_not_in_the_input(vendor: VendorFolder) -> None:
    vendor.purchase("PO1", item("PEN-1"))
    catalog(vendor)
    vendor.build()
    vendor.next_sync()
    vendor.purchase("PO2", item("PEN-1"))
    vendor.host_loads_all()
    vendor.build()

    assert list(vendor.rows("sell_orders")) == ["PO2"]


def test_without_any_name_the_asin_is_the_name_until_there_is_one(vendor: VendorFolder) -> None:
    vendor.purchase("PO1")
    vendor.build()
    first = vendor.rows("products")[EAN]["name"]
    vendor.direct("D1", direct_item(title="A pen"))
    vendor.build()
    second = vendor.rows("products")[EAN]["name"]
    vendor.direct("D2", direct_item(title="Un stylo"), order_date="2026-10-30T00:00:00Z")
    vendor.build()

    assert (first, second) == (ASIN, "A pen")
    assert vendor.rows("products") == {}  # a name that was sent stays


def test_stock_of_products_without_orders_is_kept_up(vendor: VendorFolder) -> None:
    vendor.purchase("PO1")
    vendor.held(7)
    vendor.build()
    vendor.next_sync()
    vendor.held(4, end_date="2026-10-06")
    vendor.build()
    changed = vendor.rows("products")[EAN]
    vendor.next_sync()
    vendor.purchase("PO2")  # and no news of the stock
    vendor.build()

    assert (changed["stockLevel"], changed["price"]) == (4, 2.5)
    assert vendor.rows("products") == {}


def test_stock_is_that_of_all_asins_with_the_eans_that_they_got_when_no_order_names_them(
    vendor: VendorFolder,
) -> None:
    """One product of two ASINs, and an ASIN of two products, the later of which has its stock."""
    other = item(itemSequenceNumber="2", amazonProductIdentifier="B0000000BB")
    vendor.purchase("PO1", item(), other)
    moved: dict[str, Any] = {"amazonProductIdentifier": "B0000000CC"}
    vendor.purchase("PO2", item(f"0{UPC}", **moved))
    later = {"purchase_order_date": "2026-10-08T00:00:00Z"}
    vendor.purchase("PO3", item(OTHER_EAN, **moved), **later)

    def stock() -> None:
        vendor.held(7)
        vendor.held(5, asin="B0000000BB")
        vendor.held(3, asin="B0000000CC")

    stock()
    catalog(vendor, asin="B0000000CC", identifiers=[])
    vendor.build()
    first = {ean: product["stockLevel"] for ean, product in vendor.rows("products").items()}
    vendor.next_sync()
    old = status_item(f"0{UPC}", buyerProductIdentifier="B0000000CC")
    vendor.status("PO2", old)  # news of the old order
    stock()
    vendor.build()

    assert first == {EAN: 12, f"0{UPC}": 0, OTHER_EAN: 3}
    assert vendor.rows("products") == {}


def test_news_of_the_catalog_counts_before_what_it_told_earlier(vendor: VendorFolder) -> None:
    vendor.purchase("PO1", item("PEN-1"))
    catalog(vendor)
    vendor.build()
    vendor.next_sync()
    vendor.purchase("PO1", item("PEN-1"))
    identifiers = [{"identifiers": [{"identifierType": "EAN", "identifier": EAN}]}]
    catalog(vendor, identifiers=identifiers)
    vendor.build()

    assert list(vendor.rows("products")) == [EAN]
    assert (vendor.root / "snapshots" / "asins.snapshot.csv").read_text() == (
        f"asin,ean,placed\n{ASIN},{EAN},\n"
    )


def test_stock_that_arrived_in_part_changes_nothing(vendor: VendorFolder) -> None:
    vendor.purchase()
    vendor.held(7)
    vendor.held(5, marketplace_id=FR)
    vendor.build()
    vendor.next_sync()
    vendor.held(7, end_date="2026-10-06")
    told = {"stream": "vendor_inventory", "synced_at": "2026-10-07T00:00:00Z"}
    for marketplace, complete, records in ((DE, True, 1), (FR, False, 0)):
        vendor.add(
            "sync_summary",
            told | {"marketplace_id": marketplace, "complete": complete, "records": records},
        )
    vendor.build()

    assert vendor.rows("products") == {}
    left_out = vendor.built.left_out("vendor_inventory")
    assert left_out == {outcomes.STOCK_IN_PART: [f"{DE} {ASIN}"]}


def test_stock_of_which_a_part_could_not_be_read_changes_nothing(vendor: VendorFolder) -> None:
    vendor.purchase("PO1")
    vendor.held(7)
    vendor.build()
    vendor.next_sync()
    vendor.held(5, end_date="2026-10-06")
    told = {
        "stream": "vendor_inventory", "synced_at": "2026-10-07T00:00:00Z", "marketplace_id": DE,
        "complete": True, "records": 1, "rejected": 1,
    }  # fmt: skip
    vendor.add("sync_summary", told)
    vendor.build()

    assert vendor.rows("products") == {}
    left_out = vendor.built.left_out("vendor_inventory")
    assert left_out == {outcomes.STOCK_IN_PART: [f"{DE} {ASIN}"]}


def test_a_record_without_a_quantity_is_not_0(vendor: VendorFolder) -> None:
    vendor.purchase("PO1")
    vendor.held(7)
    vendor.build()
    vendor.next_sync()
    vendor.held(None, end_date="2026-10-06")
    vendor.build()

    assert vendor.rows("products") == {}
    left_out = vendor.built.left_out("vendor_inventory")
    assert left_out == {outcomes.NO_QUANTITY: [f"{DE} {ASIN}"]}


def test_stock_that_cannot_be_read_changes_its_product_not(vendor: VendorFolder) -> None:
    other = item(OTHER_EAN, itemSequenceNumber="2", amazonProductIdentifier="B0000000BB")
    vendor.purchase("PO1", item(), other)
    vendor.held(7)
    vendor.held(5, marketplace_id=FR)
    vendor.held(3, asin="B0000000BB")
    vendor.build()
    vendor.next_sync()
    vendor.add(
        "vendor_inventory",
        {
            "marketplace_id": DE,
            "asin": ASIN,
            "end_date": "2026-10-06",
            "sellable_on_hand_inventory_units": "many",
        },
    )
    vendor.held(5, marketplace_id=FR)
    vendor.held(4, asin="B0000000BB", end_date="2026-10-06")
    vendor.build()

    levels = {ean: product["stockLevel"] for ean, product in vendor.rows("products").items()}
    assert levels == {OTHER_EAN: 4}


@pytest.mark.parametrize("command", ["build", "push"])
def test_that_orders_are_missing_is_told_before_optiply_is_asked(
    vendor: VendorFolder, command: str
) -> None:
    vendor.held()
    credentials = dict.fromkeys(("username", "password", "client_id", "client_secret"), "x")
    vendor.folder.write(
        "snapshots/tenant-config.json",
        json.dumps({"apiCredentials": credentials | {"account_id": 1, "couplingId": 2}}),
    )
    vendor.folder.config = {"flavour": "vendor"}
    nowhere = "http://127.0.0.1:9"  # the port of discard, where nobody listens
    done = vendor.folder.run(
        command, optiply_base_url=nowhere, optiply_dashboard_url=f"{nowhere}/api"
    )

    assert done.stderr.startswith("Error: The input holds neither vendor_purchase_orders nor")


def test_a_sub_tenants_first_input_without_orders_is_refused(vendor: VendorFolder) -> None:
    vendor.held()
    for name in ("products", "suppliers"):
        vendor.folder.write(f"parent-snapshots/{name}.snapshot.csv", "remoteId,optiply_id\nA,1\n")
    vendor.folder.config = {"flavour": "vendor", "not_sync_entities": "products,suppliers"}

    assert vendor.folder.run().stderr.startswith("Error: The input holds neither")


def test_a_sellers_records_are_not_taken_for_a_vendors(vendor: VendorFolder) -> None:
    vendor.folder.listing()
    vendor.folder.config = {"flavour": "vendor"}

    assert "a seller's records (products_inventory.jsonl), and neither vendor_" in (
        vendor.folder.run().stderr
    )


def test_an_input_without_orders_is_refused_at_first_and_noted_later(vendor: VendorFolder) -> None:
    vendor.held()
    with pytest.raises(EtlError, match="neither vendor_purchase_orders nor"):
        vendor.build()
    vendor.purchase()
    vendor.build()
    vendor.next_sync()
    vendor.held(9)
    vendor.build()

    assert "there are no orders in the input" in vendor.built.notes()


def test_a_price_never_goes_back_to_the_cost_of_an_older_order(vendor: VendorFolder) -> None:
    old = item(netCost=euro("2.50"))
    vendor.purchase("PO1", old, purchase_order_date="2026-10-01T00:00:00Z")
    vendor.purchase("PO2", item(netCost=euro("2.75")), purchase_order_date="2026-10-08T00:00:00Z")
    vendor.build()
    vendor.host_loads_all()
    vendor.next_sync()
    vendor.purchase(  # which comes again, because its state has changed
        "PO1", old, purchase_order_date="2026-10-01T00:00:00Z", purchase_order_state="Closed"
    )
    vendor.status("PO0", status_item(netCost=euro("1.00")))
    vendor.direct("D1", direct_item(netPrice=euro("9.00"), title=None))
    vendor.build()
    assert vendor.rows("products") == vendor.rows("supplier_products") == {}

    vendor.next_sync()
    vendor.purchase("PO3", item(netCost=euro("2.60")), purchase_order_date="2026-10-09T00:00:00Z")
    vendor.build()
    assert vendor.rows("products")[EAN]["price"] == 2.6
    assert [each["price"] for each in vendor.rows("supplier_products").values()] == [2.6]
