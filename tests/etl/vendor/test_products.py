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


@pytest.fixture
def vendor(seller: SellerFolder) -> VendorFolder:
    return VendorFolder(seller)


def catalog(vendor: VendorFolder, **more: Any) -> None:
    groups = [
        {
            "marketplaceId": DE,
            "identifiers": [{"identifierType": "EAN", "identifier": OTHER_EAN}],
        }
    ]
    record = {"marketplace_id": DE, "asin": ASIN, "identifiers": groups}
    vendor.add("product_catalog", record | more)


def test_a_product_is_an_ean_with_what_its_latest_purchase_order_says(vendor: VendorFolder) -> None:
    vendor.purchase("PO1", item(netCost=euro("2.50")))
    vendor.purchase("PO2", item(netCost=euro("2.755")), purchase_order_date="2026-10-08T00:00:00Z")
    vendor.direct("D1", direct_item(), order_date="2026-10-20T00:00:00Z")
    vendor.held(7)
    vendor.build()

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


@pytest.fixture(scope="module")
def of_barcodes(new_seller: Callable[[], SellerFolder]) -> VendorFolder:
    """An order for each code, of an ASIN of its own."""
    vendor = VendorFolder(new_seller())
    for number, (name, (code, _)) in enumerate(BARCODES.items()):
        vendor.purchase(name, item(code, amazonProductIdentifier=f"B{number:09}"))
    vendor.build()
    return vendor


@pytest.mark.parametrize("name", BARCODES)
def test_the_ean_is_the_vendors_id_where_that_is_a_barcode(
    of_barcodes: VendorFolder, name: str
) -> None:
    ean = BARCODES[name][1]
    products = of_barcodes.rows("products")
    left_out = of_barcodes.built.left_out("vendor_purchase_orders items")
    of_name = [
        why for why, ids in left_out.items() if any(each.startswith(f"{name} 1 ") for each in ids)
    ]
    asin = f"B{list(BARCODES).index(name):09}"

    assert [key for key, row in products.items() if row["articleCode"] == asin] == (
        [ean] if ean else []
    )
    assert of_name == ([] if ean else [outcomes.NO_EAN])


def test_an_item_without_a_barcode_has_the_ean_of_its_asin(vendor: VendorFolder) -> None:
    vendor.purchase("PO1", item(EAN))
    vendor.purchase("PO2", item("PEN-1"), purchase_order_date="2026-10-08T00:00:00Z")
    catalog(vendor)
    vendor.build()

    (product,) = vendor.rows("products").values()
    assert (product["eanCode"], product["skuCode"]) == (EAN, "PEN-1")


def test_else_the_catalog_knows_the_ean_and_the_name(vendor: VendorFolder) -> None:
    vendor.purchase("PO1", item("PEN-1"))
    catalog(vendor, summaries=[{"marketplaceId": DE, "itemName": "Pen  of the\ncatalog"}])
    vendor.build()

    (product,) = vendor.rows("products").values()
    assert (product["remoteId"], product["name"]) == (OTHER_EAN, "Pen of the catalog")


def test_names_of_the_catalog_are_read_from_python_literals_too(vendor: VendorFolder) -> None:
    vendor.purchase("PO1", item())
    catalog(vendor, summaries=str([{"marketplaceId": DE, "itemName": "Ida's pen"}]))
    vendor.build()

    assert vendor.rows("products")[EAN]["name"] == "Ida's pen"


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
    vendor.purchase()
    vendor.build()
    first = vendor.rows("products")[EAN]["name"]
    vendor.direct("D1", direct_item(title="A pen"))
    vendor.build()
    second = vendor.rows("products")[EAN]["name"]
    vendor.direct("D2", direct_item(title="Un stylo"), order_date="2026-10-30T00:00:00Z")
    vendor.build()

    assert (first, second) == (ASIN, "A pen")
    assert vendor.rows("products") == {}  # a name that was sent stays


STOCK: dict[str, tuple[list[dict[str, Any]], int]] = {
    "none": ([], 0),
    "of two marketplaces": ([{"units": 7}, {"units": 5, "marketplace_id": FR}], 12),
    "never less than none": ([{"units": -3}], 0),
    "back orders of one marketplace": ([{"units": 7}, {"units": -3, "marketplace_id": FR}], 4),
    "without a figure": ([{"units": None}], 0),
}
CODES = dict(zip(STOCK, (EAN, OTHER_EAN, f"0{UPC}", "96385074", "12345670"), strict=True))


@pytest.fixture(scope="module")
def of_stock(new_seller: Callable[[], SellerFolder]) -> VendorFolder:
    """A product for each kind of stock."""
    vendor = VendorFolder(new_seller())
    for number, (name, (records, _)) in enumerate(STOCK.items()):
        vendor.purchase(name, item(CODES[name], amazonProductIdentifier=f"B{number:09}"))
        for record in records:
            vendor.held(**record, asin=f"B{number:09}")
    vendor.build()
    return vendor


@pytest.mark.parametrize("name", STOCK)
def test_stock_is_amazons(of_stock: VendorFolder, name: str) -> None:
    assert of_stock.rows("products")[CODES[name]]["stockLevel"] == STOCK[name][1]


DAYS: dict[str, tuple[list[dict[str, Any]], int]] = {
    "the latest day": ([{"units": 7}, {"units": 5, "end_date": "2026-10-06"}], 5),
    "the latest day of each marketplace": (
        [{"units": 7}, {"units": 5, "end_date": "2026-10-06", "marketplace_id": FR}],
        12,
    ),
    "an ASIN that the latest day does not have": (
        [{"units": 7}, {"units": 5, "end_date": "2026-10-06", "asin": "B0000000ZZ"}],
        0,
    ),
}


@pytest.mark.parametrize(("records", "level"), DAYS.values(), ids=DAYS)
def test_stock_is_that_of(vendor: VendorFolder, records: list[dict[str, Any]], level: int) -> None:
    vendor.purchase()
    for record in records:
        vendor.held(**record)
    vendor.build()

    assert vendor.rows("products")[EAN]["stockLevel"] == level


def test_stock_of_products_without_orders_is_kept_up(vendor: VendorFolder) -> None:
    vendor.purchase()
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


def test_stock_of_all_asins_of_a_product_counts_when_no_order_names_them(
    vendor: VendorFolder,
) -> None:
    other = item(itemSequenceNumber="2", amazonProductIdentifier="B0000000BB")
    vendor.purchase("PO1", item(), other)
    vendor.held(7)
    vendor.held(5, asin="B0000000BB")
    vendor.build()
    first = vendor.rows("products")[EAN]["stockLevel"]
    vendor.next_sync()
    vendor.held(7)
    vendor.held(5, asin="B0000000BB")
    vendor.build()

    assert (first, vendor.rows("products")) == (12, {})


def test_an_asin_that_got_another_ean_keeps_it_when_no_order_names_it(vendor: VendorFolder) -> None:
    vendor.purchase("PO1", item(EAN))
    vendor.purchase("PO2", item(OTHER_EAN), purchase_order_date="2026-10-08T00:00:00Z")
    vendor.held(7)
    catalog(vendor, identifiers=[])
    vendor.build()
    first = {ean: product["stockLevel"] for ean, product in vendor.rows("products").items()}
    vendor.next_sync()
    vendor.status("PO1")  # news of the old order
    vendor.held(7)
    vendor.build()

    assert first == {EAN: 0, OTHER_EAN: 7}
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


def test_more_stock_than_optiply_takes_is_not_sent(vendor: VendorFolder) -> None:
    vendor.purchase()
    vendor.held(10_000_000)
    vendor.build()

    assert vendor.built.left_out("products") == {outcomes.TOO_MUCH_STOCK: [EAN]}


def test_suppliers_are_the_vendor_codes(vendor: VendorFolder) -> None:
    vendor.purchase("PO1")
    vendor.direct("D1", selling_party={"partyId": "PENSB", "address": {"city": "Berlin"}})
    vendor.status("PO9", selling_party={"partyId": "PENSC"})
    vendor.build()

    assert vendor.rows("suppliers") == {
        code: {"remoteId": code, "name": code} for code in ("PENSA", "PENSB", "PENSC")
    }


LOTS = {
    "eaches": (eaches(10), 1),
    "cases": (cases(2, 6), 6),
    "cases of unknown size": (cases(2, None), 1),
}


EANS = (EAN, OTHER_EAN, f"0{UPC}")


@pytest.fixture(scope="module")
def of_lots(new_seller: Callable[[], SellerFolder]) -> VendorFolder:
    """A product for each lot, with an earlier order of another one."""
    vendor = VendorFolder(new_seller())
    for ean, (name, (quantity, _)) in zip(EANS, LOTS.items(), strict=True):
        asin = {"amazonProductIdentifier": f"B{ean[-9:]}"}
        vendor.purchase(f"{name} 1", item(ean, quantity=cases(1, 99), **asin))
        later = {"purchase_order_date": "2026-10-08T00:00:00Z"}
        vendor.purchase(f"{name} 2", item(ean, quantity=quantity, **asin), **later)
    vendor.build()
    return vendor


@pytest.mark.parametrize(
    ("ean", "lot"), list(zip(EANS, (lot for _, lot in LOTS.values()), strict=True)), ids=LOTS
)
def test_a_suppliers_product_is_bought_in_the_lots_of_its_latest_order(
    of_lots: VendorFolder, ean: str, lot: int
) -> None:
    found = of_lots.rows("supplier_products")
    assert len(found) == len(LOTS)
    assert found[f"{ean}_PENSA"] == {
        "remoteId": f"{ean}_PENSA",
        "name": f"B{ean[-9:]}",
        "skuCode": ean,
        "eanCode": ean,
        "articleCode": f"B{ean[-9:]}",
        "price": 2.5,
        "lotSize": lot,
        "status": "enabled",
        "Remote_productId": ean,
        "Remote_supplierId": "PENSA",
    }


def test_news_of_an_old_order_does_not_bring_its_price_back(vendor: VendorFolder) -> None:
    vendor.purchase("PO2", item(netCost=euro("3.00")), purchase_order_date="2026-10-08T00:00:00Z")
    vendor.build()
    vendor.host_loads_all()
    vendor.next_sync()
    vendor.status("PO1", status_item(netCost=euro("1.00")))
    vendor.direct("D1", direct_item(netPrice=euro("9.00"), title=None))
    vendor.build()

    assert vendor.rows("products") == {}
    assert vendor.rows("supplier_products") == {}


def test_a_price_by_weight_is_no_price_of_a_piece(vendor: VendorFolder) -> None:
    vendor.purchase("PO1", item(netCost=euro("2.50") | {"unitOfMeasure": "POUNDS"}))
    vendor.build()

    assert "price" not in vendor.rows("products")[EAN]
    assert vendor.rows("sell_orders")["PO1"]["totalValue"] == 0


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
    vendor.build()
    assert vendor.rows("products") == vendor.rows("supplier_products") == {}

    vendor.next_sync()
    vendor.purchase("PO3", item(netCost=euro("2.60")), purchase_order_date="2026-10-09T00:00:00Z")
    vendor.build()
    assert vendor.rows("products")[EAN]["price"] == 2.6
    assert [each["price"] for each in vendor.rows("supplier_products").values()] == [2.6]
