"""The flat files: columns, charsets and dates by marketplace, and that they say what is true."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from amazon_seller_sandbox.world.accounts import ACCOUNTS, ALL_MARKETPLACES

if TYPE_CHECKING:
    from sandbox.conftest import Amazon, MakeAmazon

BY_COUNTRY = {market.country: market.id for market in ALL_MARKETPLACES.values()}
ACCOUNT_OF = {  # of two accounts that share a marketplace, the first
    market.id: account.key
    for account in reversed(ACCOUNTS.values())
    for market in account.marketplaces
}
COUNTRIES = sorted(BY_COUNTRY)
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
BY_UPDATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
BY_PURCHASE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
STOCK = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"
LAST_MONTH = {"dataStartTime": "2026-10-03T08:00:00Z", "dataEndTime": "2026-11-02T08:00:00Z"}
ORDERS_CHARSET = dict.fromkeys(COUNTRIES, "cp1252") | {
    "US": "utf-8",
    "CA": "utf-8",
    "MX": "utf-8",
    "AU": "utf-8",
    "JP": "cp932",
}


def log_in(amazon: Amazon, country: str) -> str:
    market = BY_COUNTRY[country]
    amazon.log_in(f"Atzr|sandbox-{ACCOUNT_OF[market]}")
    return market


def order_rows(amazon: Amazon, country: str, kind: str = BY_UPDATE) -> list[dict[str, str]]:
    market = log_in(amazon, country)
    return amazon.rows(kind, market, ORDERS_CHARSET[country], **LAST_MONTH)


def number(cell: str) -> float | None:
    return float(cell) if cell else None


@pytest.mark.parametrize("country", COUNTRIES)
def test_order_rows_are_the_true_order_lines(make_amazon: MakeAmazon, country: str) -> None:
    amazon = make_amazon(orders=800)
    rows = order_rows(amazon, country)
    market = BY_COUNTRY[country]
    truth = [
        record
        for record in amazon.truth(
            ACCOUNT_OF[market], "order_items", updated_since="2026-10-03T08:00:00Z"
        )
        if record["marketplace_id"] == market
    ]

    def key_of_row(row: dict[str, str]) -> tuple[object, ...]:
        return (
            row["amazon-order-id"],
            row["last-updated-date"],
            row["order-status"],
            row["item-status"],
            row["product-name"],
            row["sku"],
            row["asin"],
            int(row["quantity"]),
            row["currency"] or None,
            number(row["item-price"]),
            number(row["item-tax"]),
            number(row["shipping-price"]),
            number(row["item-promotion-discount"]),
            row["promotion-ids"] or None,
            row.get("order-item-id"),
        )

    def key_of_truth(record: dict[str, Any]) -> tuple[object, ...]:
        return (
            record["amazon_order_id"],
            record["last_updated_date"],
            record["order_status"],
            record["item_status"],
            record["product_name"],
            record["sku"],
            record["asin"],
            record["quantity"],
            record["currency"],
            record["item_price"],
            record["item_tax"],
            record["shipping_price"],
            record["item_promotion_discount"],
            record["promotion_ids"],
            record["order_item_id"],
        )

    assert rows
    assert Counter(map(key_of_row, rows)) == Counter(map(key_of_truth, truth))


@pytest.mark.parametrize("country", ["US", "DE", "JP"])
def test_order_totals_follow_from_the_rows(make_amazon: MakeAmazon, country: str) -> None:
    amazon = make_amazon(orders=800)
    totals: dict[str, float] = {}
    for row in order_rows(amazon, country):
        total = totals.get(row["amazon-order-id"], math.nan)
        if row["item-price"]:
            total = 0.0 if math.isnan(total) else total
            plus = ["item-price", "shipping-price", "gift-wrap-price"]
            if country == "US":
                plus += ["item-tax", "shipping-tax", "gift-wrap-tax"]
            total += sum(number(row[name]) or 0 for name in plus)
            total -= number(row["item-promotion-discount"]) or 0
            total -= number(row["ship-promotion-discount"]) or 0
        totals[row["amazon-order-id"]] = total
    market = BY_COUNTRY[country]
    truth = {
        record["amazon_order_id"]: record["order_total"]
        for record in amazon.truth(
            ACCOUNT_OF[market], "orders", updated_since="2026-10-03T08:00:00Z"
        )
        if record["marketplace_id"] == market
    }

    assert truth == {
        order: None if math.isnan(total) else pytest.approx(total, abs=0.001)
        for order, total in totals.items()
    }


def test_order_columns_differ_by_marketplace_and_report(amazon: Amazon) -> None:
    united_states = list(order_rows(amazon, "US")[0])
    japan = list(order_rows(amazon, "JP")[0])
    germany = list(order_rows(amazon, "DE")[0])
    by_purchase = list(order_rows(amazon, "DE", BY_PURCHASE)[0])

    assert len(united_states) == 34
    assert united_states[4:6] == ["order-status", "order-item-id"]
    assert {"cpf", "signature-confirmation-recommended"} <= set(united_states)
    assert japan[7:9] == ["order-channel", "url"]
    assert japan[-1] == "order-item-id"
    assert "order-item-id" not in germany
    assert "cpf" not in germany
    assert by_purchase[by_purchase.index("promotion-ids") + 1] == "cpf"


def test_orders_by_purchase_date_are_those_purchased_in_the_window(amazon: Amazon) -> None:
    rows = order_rows(amazon, "DE", BY_PURCHASE)
    truth = [
        record["amazon_order_id"]
        for record in amazon.truth("EU", "orders")
        if record["marketplace_id"] == BY_COUNTRY["DE"]
        and "2026-10-03T08:00:00" <= record["purchase_date"] <= "2026-11-02T08:00:00"
    ]

    assert {row["amazon-order-id"] for row in rows} == set(truth)


def test_orders_come_in_all_the_states_of_real_life(make_amazon: MakeAmazon) -> None:
    items = make_amazon(orders=3000).truth("EU", "order_items")
    orders: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        orders.setdefault(item["amazon_order_id"], []).append(item)

    statuses = {item["order_status"] for item in items}
    assert statuses == {
        "Pending",
        "Unshipped",
        "Shipped",
        "Cancelled",
        "Shipped - Returned to Seller",
    }
    assert {item["item_status"] for item in items} == {
        "Unshipped",
        "Shipped",
        "Cancelled",
        "Returned",
    }
    assert all(item["item_price"] is None for item in items if item["order_status"] == "Pending")
    assert any(
        {"Cancelled", "Shipped"} == {line["item_status"] for line in lines}
        for lines in orders.values()
    )
    assert max(map(len, orders.values())) == 12
    assert any(item["line_number"] == 2 for item in items)
    assert any(item["price_designation"] for item in items)
    assert any(item["gift_wrap_price"] for item in items)
    assert any(item["ship_promotion_discount"] for item in items)


def test_equal_lines_sort_the_same_by_id_and_by_cells(make_amazon: MakeAmazon) -> None:
    amazon = make_amazon(orders=5000)
    for country in ("US", "DE"):
        groups: dict[tuple[str, str, str], list[dict[str, str]]] = {}
        for row in order_rows(amazon, country):
            key = (row["amazon-order-id"], row["sku"], row["asin"])
            groups.setdefault(key, []).append(row)
        twins = [group for group in groups.values() if len(group) > 1]
        assert twins
        for group in twins:
            cells = [[row[name] for name in row if name != "order-item-id"] for row in group]
            ids = [row.get("order-item-id", "") for row in group]
            assert ids == sorted(ids)
            assert cells == sorted(cells)


@pytest.mark.parametrize(
    ("country", "content_type", "first", "last"),
    [
        ("DE", "text/plain; charset=Cp1252", "Artikelbezeichnung", "Restposten verkaufen"),
        ("FR", "text/plain; charset=Cp1252", "item-name", "status"),
        ("GB", "text/plain; charset=Cp1252", "item-name", "Sell remainder"),
        ("US", "text/plain; charset=UTF-8", "\ufeffitem-name", "status"),
        ("AU", "text/plain; charset=UTF-8", "item-name", "status"),
        ("SE", "text/plain; charset=Cp1252", "item-name", "status"),
        ("JP", "text/plain; charset=Windows-31J", "商品名", "ステータス"),
    ],
)
def test_listing_files_speak_the_language_of_their_marketplace(
    amazon: Amazon, country: str, content_type: str, first: str, last: str
) -> None:
    body, found = amazon.download(amazon.finished(LISTINGS, log_in(amazon, country)))
    charset = {"US": "utf-8", "AU": "utf-8", "JP": "cp932"}.get(country, "cp1252")
    header = body.decode(charset).split("\n")[0].split("\t")

    assert found == content_type
    assert (header[0], header[-1]) == (first, last)


def test_the_locale_option_gives_english_headers(make_amazon: MakeAmazon) -> None:
    option = {"reportOptions": {"preferredReportDocumentLocale": "en_US"}}
    obedient = make_amazon()
    japan = log_in(obedient, "JP")
    english = obedient.rows(LISTINGS, japan, "cp932", **option)[0]
    stubborn = make_amazon(ignore_report_locale=True)
    log_in(stubborn, "JP")
    local = stubborn.rows(LISTINGS, japan, "cp932", **option)[0]

    assert next(iter(english)) == "item-name"
    assert next(iter(local)) == "商品名"
    assert list(english.values()) == list(local.values())


@pytest.mark.parametrize(
    ("country", "pattern"),
    [
        ("US", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d P[SD]T"),
        ("GB", r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d (GMT|BST)"),
        ("NL", r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d (CET|CEST)"),
        ("DE", r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d (MET|MEST|MEZ|MESZ)"),
        ("FR", r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d (CET|CEST)"),
        ("JP", r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d JST"),
        ("AU", r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d A?E[SD]T"),
    ],
)
def test_open_dates_are_local(amazon: Amazon, country: str, pattern: str) -> None:
    charset = {"US": "utf-8-sig", "JP": "cp932", "AU": "utf-8"}.get(country, "cp1252")
    rows = amazon.rows(LISTINGS, log_in(amazon, country), charset)
    dates = [row.get("open-date") or row.get("Erstellungsdatum") or row["出品日"] for row in rows]
    marks = {date.split(" ")[2] for date in dates}

    assert all(re.fullmatch(pattern, date) for date in dates)
    assert len(marks) == {"JP": 1, "DE": 4, "AU": 4}.get(country, 2)


def test_listing_rows_are_the_true_listings(amazon: Amazon) -> None:
    rows = amazon.rows(LISTINGS, log_in(amazon, "GB"), "cp1252")
    truth = [
        record
        for record in amazon.truth("EU", "products_inventory")
        if record["marketplace_id"] == BY_COUNTRY["GB"]
    ]

    assert [
        (
            row["seller-sku"],
            row["item-name"],
            row["asin1"] or None,
            float(row["price"]),
            int(row["quantity"]) if row["quantity"] else None,
            row["fulfilment-channel"],
            row["status"],
            int(row["Minimum order quantity"]) if row["Minimum order quantity"] else None,
        )
        for row in rows
    ] == [
        (
            record["seller_sku"],
            record["item_name"],
            record["asin1"],
            record["price"],
            record["quantity"],
            record["fulfillment_channel"],
            record["status"],
            record["minimum_order_quantity"],
        )
        for record in truth
    ]
    assert {record["status"] for record in truth} == {"Active", "Inactive", "Incomplete"}
    assert len({record["asin1"] for record in truth}) < len(truth) - 10


def test_a_date_in_summer_time_is_true_in_utc(amazon: Amazon) -> None:
    rows = amazon.rows(LISTINGS, log_in(amazon, "GB"), "cp1252")
    truth = {
        record["seller_sku"]: record["open_date"]
        for record in amazon.truth("EU", "products_inventory")
        if record["marketplace_id"] == BY_COUNTRY["GB"]
    }
    summer = next(row for row in rows if row["open-date"].endswith("BST"))
    local, true = summer["open-date"], truth[summer["seller-sku"]]

    assert local[14:19] == true[14:19]
    assert (int(local[11:13]) - int(true[11:13])) % 24 == 1


@pytest.mark.parametrize(
    ("country", "content_type", "columns"),
    [
        ("DE", "text/plain; charset=ISO-8859-1", 23),
        ("FR", "text/plain", 23),
        ("GB", "text/plain; charset=Cp1252", 23),
        ("US", "text/plain; charset=UTF-8", 24),
        ("CA", "text/plain; charset=UTF-8", 21),
        ("JP", "text/plain; charset=Windows-31J", 21),
    ],
)
def test_stock_files_differ_by_marketplace(
    amazon: Amazon, country: str, content_type: str, columns: int
) -> None:
    body, found = amazon.download(amazon.finished(STOCK, log_in(amazon, country)))
    header = body.split(b"\n")[0].decode().split("\t")

    assert found == content_type
    assert len(header) == columns


def test_european_stock_is_shared_between_marketplaces(amazon: Amazon) -> None:
    records = amazon.truth("EU", "warehouse_inventory")
    by_sku: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        by_sku.setdefault(record["sku"], []).append(record)

    for same in by_sku.values():
        local = sum(record["afn_fulfillable_quantity_local"] for record in same)
        for record in same:
            assert record["afn_fulfillable_quantity"] == local
            assert record["afn_total_quantity"] == record["afn_warehouse_quantity"] + sum(
                record[f"afn_inbound_{part}_quantity"]
                for part in ("working", "shipped", "receiving")
            )


def test_titles_hold_what_breaks_readers_of_flat_files(amazon: Amazon) -> None:
    german = [
        record["product_name"] for record in amazon.truth("EU", "order_items")
        if record["marketplace_id"] == BY_COUNTRY["DE"]
    ]  # fmt: skip
    american = [record["item_name"] for record in amazon.truth("NA", "products_inventory")]
    japanese = [
        record["item_name"] for record in amazon.truth("FE", "products_inventory")
        if record["marketplace_id"] == BY_COUNTRY["JP"]
    ]  # fmt: skip
    german += [record["item_name"] for record in amazon.truth("EU", "products_inventory")]

    def some(titles: list[str], part: str) -> bool:
        return any(part in title for title in titles)

    assert any(title.count('"') % 2 for title in german)
    assert any(title.startswith(" ") for title in german)
    assert all(some(german, part) for part in ("ß", "™", "…", "?", "'", ", "))
    assert all(some(american, part) for part in ("\u2028", "\u0085", "日本", "🏖"))
    assert all(some(japanese, part) for part in ("ソ", "表", "①", "髙", "?"))
    assert not any(character in title for title in german + american for character in "\t\r\n")


def test_region_wide_orders_ignore_the_marketplace(make_amazon: MakeAmazon) -> None:
    rows = order_rows(make_amazon(region_wide_orders=True), "DE")

    assert {row["sales-channel"] for row in rows} == {
        "Amazon.de",
        "Amazon.fr",
        "Amazon.co.uk",
        "Amazon.it",
        "Amazon.es",
    }


def test_the_orders_report_lags_behind(make_amazon: MakeAmazon) -> None:
    amazon = make_amazon(orders=5000, report_lag_minutes=60)
    newest = max(row["last-updated-date"] for row in order_rows(amazon, "DE"))
    true_newest = max(record["last_updated_date"] for record in amazon.truth("EU", "orders"))

    assert newest <= "2026-11-02T07:00:00+00:00" < true_newest


def test_orders_older_than_two_years_are_gone(make_amazon: MakeAmazon) -> None:
    amazon = make_amazon(orders=2000, days=800)
    log_in(amazon, "DE")

    def count(start: str, end: str) -> int:
        window = {"dataStartTime": start, "dataEndTime": end}
        return len(amazon.rows(BY_PURCHASE, BY_COUNTRY["DE"], "cp1252", **window))

    assert count("2024-09-10T00:00:00Z", "2024-10-05T00:00:00Z") == 0
    assert count("2024-11-10T00:00:00Z", "2024-12-05T00:00:00Z") > 0
