"""Buyers' data are known by their names: narrowly in known reports, widely in others."""

from __future__ import annotations

import pytest

from tap_amazon_seller.reports.rows.personal import LeftOut, is_personal, is_widely_personal


@pytest.mark.parametrize(
    "name",
    [
        "shipping_name", "BuyerInfo.BuyerName", "ShippingAddress.AddressLine1", "fax", "Name",
        "recipientName", "consignee", "contact_person", "first-name", "e-mail", "emailAddress", "Mobile",
        "ship-city", "Postal Code", "Street", "CompanyName", "org_name", "vat_number", "buyername",
        "customer-comments", "gift-message-text", "telephone", "nickname", "userName", "screen_name",
        "dateOfBirth", "ship_to", "billTo", "line1", "address_line_2", "addr1", "house_number", "po_box",
        "stateOrRegion", "ship_state", "province", "pin_code", "IBAN", "bank_account", "cardholder",
        "signed_by", "deliveryInstructions", "client_id", "lat", "corporation", "customer_orders_email",
        "Käufername", "Empfänger", "Straße", "PLZ", "Telefonnummer", "Firma", "Vorname", "Kunde",
        "Prénom", "Téléphone", "Ville", "Adresse", "Dirección", "Teléfono", "Ciudad", "Indirizzo",
        "Cognome", "voornaam", "Bedrijf", "Nazwisko", "Köpare", "氏名", "住所", "電話番号", "お届け先",
        "会社名", "地址", "电话", "收件人",
    ],
)  # fmt: skip
def test_what_is_named_like_a_person_address_phone_e_mail_or_company_is_left_out(name: str) -> None:
    assert is_widely_personal(name)


@pytest.mark.parametrize(
    "name",
    [
        "sku", "asin", "product-name", "item_name", "brand name", "carrier-name", "order-id", "velocity",
        "customer-returns", "Customer Order", "reserved_customerorders", "uniqueCustomers",
        "mobile_sessions", "mobileAppPageViews", "mobileSessionsB2B", "customerCount", "customers_count",
        "file_name", "fileName", "filename", "model-name", "Artikelname", "Produktname", "Sekunden",
        "confirmation", "cost", "state", "order-state", "region", "line-number",
        "license-plate-number", "note", "country", "location", "device", "account-type", "floor-price",
        "商品名", "価格", "数量", "商品名称",
        "ship-country", "is-business-order", "item-price", "capacity", "currency", "promotion-ids",
    ],
)  # fmt: skip
def test_what_is_named_like_a_thing_or_a_figure_passes(name: str) -> None:
    assert not is_widely_personal(name)


def test_properties_are_left_out_at_any_depth() -> None:
    record = {
        "order_id": "1",
        "buyer_info": {"name": "E"},
        "items": [{"sku": "A", "giftMessage": "x", "deep": {"ShipPhone": "1", "quantity": 2}}],
    }
    left_out = LeftOut()

    assert left_out.without(record) == {
        "order_id": "1",
        "items": [{"sku": "A", "deep": {"quantity": 2}}],
    }
    assert set(left_out.names) == {"buyer_info", "giftMessage", "ShipPhone"}


def test_depth_is_no_matter() -> None:
    record: dict[str, object] = {"fax": "1"}
    for _ in range(100_000):
        record = {"a": record}

    found = LeftOut()
    found.without(record)

    assert list(found.names) == ["fax"]


def test_counts_of_a_known_report_are_no_buyers_data() -> None:
    assert not is_personal("customer_returns", {"type": ["integer", "null"]})
    assert is_personal("customer_comments", {"type": ["string", "null"]})


def test_what_is_left_out_is_named_up_to_a_number_and_all_of_it_is_left_out() -> None:
    record = {f"buyer_{number}": 1 for number in range(5_000)}
    left_out = LeftOut()

    assert left_out.without(record) == {}
    assert len(left_out.names) == 1_000
