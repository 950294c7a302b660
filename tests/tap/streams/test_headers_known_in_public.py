"""Headers known in public refuse no report: columns of another age, other names, other languages."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from flat_files import DE, flat_file, rows_of
from typing_extensions import override

from amazon_selling_partner import THIS_MACHINE, marketplaces
from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.machine.arrow_text import rows_as_records
from tap_amazon_seller.streams import ALL
from tap_amazon_seller.streams.kinds.amazon_stream import SCHEMAS
from tap_amazon_seller.streams.kinds.report_stream import ReportStream
from tap_amazon_seller.streams.products import ALL_LISTINGS_COLUMNS, ProductsInventory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_amazon_seller.reports.rows.flat_file import FlatFile

OF_ORDERS = {"orders", "order_items", "all_orders_by_order_date", "archived_orders"}
"""Their reports cover all marketplaces of a region, so that the sales channel is needed as well."""
BY_PLACE = {"seller_feedback"}
"""Its headers are in any language, and its columns known by their places."""
REPORT_STREAMS: dict[str, Any] = {
    stream.name: stream
    for stream in ALL
    if issubclass(stream, ReportStream) and stream.name not in OF_ORDERS | BY_PLACE
}
FIGURES = {
    "afn_inventory": {"quantity_available"},
    "afn_inventory_country": {"quantity_for_local_fulfillment"},
    "competitive_prices": {"asin1", "seller_sku"},
    "fba_customer_shipment_sales": {"quantity"},
    "fba_inventory_archived": {"afn_fulfillable_quantity", "afn_total_quantity"},
    "fba_inventory_ledger": {"quantity"},
    "fba_inventory_ledger_summary": {"ending_warehouse_balance"},
    "fba_inventory_planning": {"available"},
    "featured_offer_prices": {"asin1", "seller_sku"},
    "fee_estimates": {"asin1", "seller_sku"},
    "fulfilled_shipments": {"quantity_shipped"},
    "product_catalog": {"asin1", "seller_sku"},
    "product_details": {"asin1", "seller_sku"},
    "products_inventory": {"quantity"},
    "reserved_inventory": {"reserved_qty"},
    "settlements": {"amount", "total_amount"},
    "warehouse_inventory": {"afn_fulfillable_quantity", "afn_total_quantity"},
}
"""The figures that a stream is read for, without which its report is refused."""


@pytest.mark.parametrize("name", REPORT_STREAMS)
def test_a_report_is_refused_only_for_what_identifies_a_row_and_its_figures(name: str) -> None:
    stream = REPORT_STREAMS[name]
    keys = {*stream.primary_keys, *(each for some in stream.called.values() for each in some)}

    assert set(stream.required_columns) - keys == FIGURES.get(name, set())


@pytest.mark.parametrize("name", REPORT_STREAMS)
def test_a_date_without_which_no_row_is_a_record_is_required(name: str) -> None:
    stream = REPORT_STREAMS[name]
    properties = SCHEMAS.get_schema(name)["properties"]
    dates = {key for key in stream.primary_keys if "format" in properties[key]}
    if stream.definition.layout.format.value in {"json", "xml"}:
        pytest.skip("JSON and XML have no header")

    assert dates <= set(stream.required_columns)


LISTINGS = SCHEMAS.get_schema("products_inventory")["properties"]
CHINESE = [
    "商品名称", "商品描述", "商品编号", "卖家 SKU", "价格", "数量", "开售日期",
    *["不适用"] * 8, "商品状况", *["类别"] * 3, "ASIN 1", "ASIN 2", "ASIN 3",
    *["配送"] * 3, "商品 ID", "出价", "操作", "待处理", "渠道", "配送组",
]  # fmt: skip
"""As wide as an English header of all listings, with eight columns of one name."""


def listings(header: list[str], **cells: str) -> FlatFile:
    """A file of all listings with one row."""
    row = "\t".join(cells.get(name, "") for name in ALL_LISTINGS_COLUMNS)
    body = "\t".join(header) + "\n" + row + "\n"
    return flat_file(
        body,
        LISTINGS,
        marketplace=marketplaces.BY_COUNTRY["US"],
        required=ProductsInventory.required_columns,
        positions=ProductsInventory.definition.layout.positions,
    )


def test_a_chinese_header_is_read_by_its_places_where_the_contents_fit() -> None:
    found = listings(
        CHINESE[: len(ALL_LISTINGS_COLUMNS)],
        seller_sku="A-1", price="19.99", quantity="7", asin1="B00TEST001",
        open_date="2026-11-24 10:00:00 PST", fulfillment_channel="DEFAULT",
    )  # fmt: skip

    [row] = rows_of(found)

    assert (row["seller_sku"], row["price"], row["quantity"]) == ("A-1", 19.99, 7)
    assert (row["asin1"], row["fulfillment_channel"]) == ("B00TEST001", "DEFAULT")
    assert found.header.new_names == ()


@pytest.mark.parametrize(
    "cells",
    [{"asin1": "7"}, {"quantity": "B00TEST001"}, {"price": "A-1"}, {"open_date": "DEFAULT"}],
    ids=["ASIN", "quantity", "price", "date"],
)
def test_a_header_of_another_language_over_other_contents_is_refused(cells: dict[str, str]) -> None:
    with pytest.raises(ReportUnavailableError, match="its header is in a language"):
        listings(CHINESE[: len(ALL_LISTINGS_COLUMNS)], seller_sku="A-1", **cells)


class Unplugged(ReportStream):
    """A stream that reads files, without a tap around it."""

    def __init__(self) -> None:
        self._schema = self.own_schema()
        settings = SimpleNamespace(spool_path=None)
        account = SimpleNamespace(settings=settings, machine=THIS_MACHINE)
        self._tap: Any = SimpleNamespace(account=account)
        self.new: list[str] = []

    @property
    @override
    def logger(self) -> logging.Logger:
        return logging.getLogger(self.name)

    @override
    def announce(self, properties: Mapping[str, Any], source: str) -> None:
        self.new += properties


def unplugged(name: str) -> Any:
    """The stream of a name, without a tap."""
    return type(name, (Unplugged, REPORT_STREAMS[name]), {})()


def test_fees_for_long_storage_of_before_the_tiers_of_age_are_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream = unplugged("fba_longterm_storage_fees")
    body = (
        "snapshot-date\tsku\tfnsku\tasin\tproduct-name\tcondition\tcurrency\tcountry\n"
        "2022-02-15T00:00:00+00:00\tA-1\tX001\tB00TEST001\tPan\tNew\tEUR\tDE\n"
    )
    found = flat_file(body, stream.columns, required=stream.required_columns)

    [batch] = stream.file_batches(found, DE)
    [record] = rows_as_records(batch)

    assert (record["sku"], record["snapshot_date"][:10]) == ("A-1", "2022-02-15")
    assert record["surcharge_age_tier"] == "-", "no part of a key is empty"
    assert "surcharge_age_tier" in caplog.text


def test_the_country_of_a_recommendation_may_be_called_country_or_region() -> None:
    stream = unplugged("restock_recommendations")
    body = "Country/Region Code\tFNSKU\tMerchant SKU\tASIN\nUS\tX001\tA-1\tB00TEST001\n"
    america = marketplaces.BY_COUNTRY["US"]
    found = flat_file(body, stream.columns, marketplace=america, required=stream.required_columns)

    [batch] = stream.file_batches(found, america)
    [record] = rows_as_records(batch)

    assert (record["country"], record["merchant_sku"]) == ("US", "A-1")
    assert stream.new == []
