"""Orders and their lines, both from the all-orders report: one report instead of a call per order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from amazon_selling_partner import marketplaces
from tap_amazon_seller.machine.prefetch import ahead
from tap_amazon_seller.reports.definitions import (
    BUYERS_ELEMENTS,
    Access,
    Format,
    Layout,
    ReportDefinition,
    ReportStreamDefinition,
    Reuse,
    WindowRules,
)
from tap_amazon_seller.reports.rows.cells import EMPTY_KEY
from tap_amazon_seller.reports.rows.groups import apart_in, contents, groups
from tap_amazon_seller.streams.kinds.amazon_stream import SCHEMAS
from tap_amazon_seller.streams.kinds.defined_stream import DefinedReportStream
from tap_amazon_seller.streams.kinds.report_stream import LINE_NUMBER, ReportStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.rows.flat_file import FlatFile

ORDER_ID = "amazon_order_id"
ALL_ORDERS = ReportDefinition(
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
    Access("Inventory and Order Tracking"),
    window=WindowRules(
        longest=timedelta(days=30),
        overlap=timedelta(hours=1),  # order reports are up to 30 minutes late
        retention=timedelta(days=730),
    ),
    reuse=Reuse(timedelta(hours=24)),
    layout=Layout(groups_by=ORDER_ID),
)
ALL_ORDERS_BY_ORDER_DATE = replace(
    ALL_ORDERS,
    report_type="GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
    window=replace(
        ALL_ORDERS.window,
        # Orders change after they are placed, and one report reaches back so far.
        overlap=timedelta(days=29),
    ),
)
ARCHIVED_ORDERS = replace(
    ALL_ORDERS,
    report_type="GET_FLAT_FILE_ARCHIVED_ORDERS_DATA_BY_ORDER_DATE",
    window=replace(
        ALL_ORDERS.window,
        overlap=timedelta(days=60),  # orders are archived weeks after they are placed
    ),
)
REPORTS = (
    ReportStreamDefinition(
        "seller_feedback",
        about="Negative and neutral ratings of the seller by buyers, with the seller's answers",
        report=ReportDefinition(
            "GET_SELLER_FEEDBACK_DATA",
            Access("Selling Partner Insights"),
            window=WindowRules(
                longest=timedelta(days=30),
                overlap=timedelta(days=29),  # sellers answer later
                retention=timedelta(days=365),
            ),
            reuse=Reuse(timedelta(hours=24)),
            layout=Layout(
                positions=("date", "rating", "comments", "your_response", "order_id", "rater_email")
            ),
        ),
        keys=("order_id", "date"),
        is_numbered=True,  # nothing says that an order is rated once a day
        replication_key="date",
        required_columns=("date", "rating", "comments", "your_response", "order_id"),
    ),
    ReportStreamDefinition(
        "shipping_orders",
        about="Lines of orders that the seller has yet to ship, with buyers and addresses",
        report=ReportDefinition(
            "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING",
            Access("Direct to Consumer Shipping (Restricted)", is_restricted=True),
            window=WindowRules(
                longest=timedelta(days=30),
                overlap=timedelta(days=29),  # what is shipped later than that is an exception
                retention=timedelta(days=730),
            ),
        ),
        keys=("order_id", "order_item_id"),
        replication_key="purchase_date",
        is_personal=True,
    ),
)
XML_ORDERS = ReportStreamDefinition(
    "xml_orders",
    about="Orders with their lines, prices and promotions nested as Amazon's XML report has them",
    report=replace(
        ALL_ORDERS,
        report_type="GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
        layout=replace(
            ALL_ORDERS.layout,
            groups_by="",
            format=Format.XML,
            lists=("OrderItem", "Component", "Promotion"),
            personal=BUYERS_ELEMENTS,
        ),
    ),
    keys=("amazon_order_id",),
    replication_key="last_updated_date",
    records="Order|OrderReport",
)
XML_ORDERS_BY_ORDER_DATE = replace(
    XML_ORDERS,
    name="xml_orders_by_order_date",
    about="Orders as in `xml_orders`, by the date of the order",
    report=replace(
        XML_ORDERS.report,
        report_type="GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
        window=replace(XML_ORDERS.report.window, overlap=ALL_ORDERS_BY_ORDER_DATE.window.overlap),
    ),
    replication_key="purchase_date",
)

PRICES = ("item_price", "shipping_price", "gift_wrap_price")
TAXES = ("item_tax", "shipping_tax", "gift_wrap_tax")
DISCOUNTS = ("item_promotion_discount", "ship_promotion_discount")
CENT = Decimal("0.01")


class AllOrdersStream(ReportStream):
    """A stream fed by the all-orders report."""

    definition = ALL_ORDERS
    required_columns = ("amazon_order_id", "sku", "quantity", "sales_channel")
    expected_columns = ("asin", "last_updated_date", "item_price", "currency")
    replication_key = "last_updated_date"

    @property
    @override
    def columns(self) -> dict[str, Any]:
        """The report's known columns: those of both streams that it feeds."""
        return {
            **SCHEMAS.get_schema(Orders.name)["properties"],
            **SCHEMAS.get_schema(OrderItems.name)["properties"],
        }

    @override
    def file_records(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Record]:
        """The records of all orders in one document."""
        self._announce(flat_file)
        for lines in groups(flat_file, [ORDER_ID]):
            if not lines[0][ORDER_ID]:
                flat_file.counts.emitted -= len(lines)
                flat_file.counts.rejected += len(lines)
                self.logger.warning("%d rows name no order; they are left out.", len(lines))
                continue
            if is_elsewhere(lines[0], marketplace):
                flat_file.counts.emitted -= len(lines)
                flat_file.counts.elsewhere += len(lines)
                continue
            for line in lines:
                line["marketplace_id"] = marketplace.id
            yield from self.order_records(lines, marketplace)

    def order_records(self, lines: list[Record], marketplace: Marketplace) -> Iterator[Record]:
        """The records that one order makes, from all its lines."""
        raise NotImplementedError

    @override
    def file_batches(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Any]:
        """The records of all orders in one document, whole orders at a time."""
        from tap_amazon_seller.reports.rows import batches, whole_orders  # noqa: PLC0415 - needs Arrow

        self._announce(flat_file)
        apart = apart_in(flat_file, [ORDER_ID])
        lines = self._named(ahead(batches.batches(flat_file)), flat_file)
        for batch in whole_orders.whole_groups(lines, ORDER_ID, apart):
            own = self._own(batch, flat_file, marketplace)
            if own.num_rows:
                constants = {"marketplace_id": marketplace.id}
                yield self.batch_of_orders(batches.with_constants(own, constants))

    def batch_of_orders(self, batch: Any) -> Any:
        """The records that whole orders make, both as Arrow record batches."""
        raise NotImplementedError

    def _announce(self, flat_file: FlatFile) -> None:
        """Pass on columns that are new, if the stream has all columns of lines."""

    def _named(self, batches: Iterable[Any], flat_file: FlatFile) -> Iterator[Any]:
        """The lines that name their order."""
        for batch in batches:
            ids = batch.column(ORDER_ID)
            if ids.null_count:
                flat_file.counts.emitted -= ids.null_count
                flat_file.counts.rejected += ids.null_count
                self.logger.warning("%d rows name no order; they are left out.", ids.null_count)
                yield batch.filter(ids.is_valid())
            else:
                yield batch

    def _own(self, batch: Any, flat_file: FlatFile, marketplace: Marketplace) -> Any:
        """The orders of this marketplace; an order is where its first line is."""
        from tap_amazon_seller.reports.rows import whole_orders  # noqa: PLC0415 - needs Arrow

        channels = batch.column("sales_channel")
        if not any(
            is_elsewhere({"sales_channel": channel}, marketplace)
            for channel in channels.unique().to_pylist()
        ):
            return batch
        channels = channels.dictionary_encode()
        flags = [
            is_elsewhere({"sales_channel": channel}, marketplace)
            for channel in channels.dictionary.to_pylist()
        ]
        is_own = whole_orders.own_groups(channels, flags, batch.column(ORDER_ID))
        own = batch.filter(is_own)
        flat_file.counts.emitted -= batch.num_rows - own.num_rows
        flat_file.counts.elsewhere += batch.num_rows - own.num_rows
        return own


class Orders(AllOrdersStream):
    """One record per order and its latest state."""

    name = "orders"
    primary_keys = ("marketplace_id", "amazon_order_id")

    @override
    def order_records(self, lines: list[Record], marketplace: Marketplace) -> Iterator[Record]:
        """The order: what its lines have in common, and their sums."""
        yield {
            **lines[0],
            "currency": next((line["currency"] for line in lines if line.get("currency")), None),
            "order_total": order_total(lines, marketplace),
            "number_of_lines": len(lines),
            "quantity": sum(line["quantity"] or 0 for line in lines),
        }


class OrderItems(AllOrdersStream):
    """One record per order line."""

    name = "order_items"
    primary_keys = ("marketplace_id", "amazon_order_id", "sku", "line_number")

    @property
    @override
    def is_columnar(self) -> bool:
        """Yes."""
        return True

    @override
    def _announce(self, flat_file: FlatFile) -> None:
        self.describe(flat_file)

    @override
    def order_records(self, lines: list[Record], marketplace: Marketplace) -> Iterator[Record]:
        """The order's lines; those of one SKU are numbered from 1."""
        yield from numbered(lines)

    @override
    def batch_of_orders(self, batch: Any) -> Any:
        """The lines; those of one SKU in an order are numbered from 1."""
        from tap_amazon_seller.reports.rows import batches, whole_orders  # noqa: PLC0415 - needs Arrow

        batch = batches.with_keys(batch, ("sku",))
        numbers = whole_orders.line_numbers(batch, (ORDER_ID, "sku"), in_order)
        return batch.append_column(LINE_NUMBER, numbers)


class DatedOrders(OrderItems):
    """A stream of order lines with all that the report tells of their orders, by order date."""

    selected_by_default = False
    replication_key = "purchase_date"

    @property
    @override
    def columns(self) -> dict[str, Any]:
        """The report's known columns: the stream has them all."""
        return dict(self.schema["properties"])


class AllOrdersByOrderDate(DatedOrders):
    """One record per order line, by the date of the order, with what the report tells of the order."""

    name = "all_orders_by_order_date"
    definition = ALL_ORDERS_BY_ORDER_DATE


class ArchivedOrders(DatedOrders):
    """One record per line of orders that Amazon has archived, by the date of the order."""

    name = "archived_orders"
    definition = ARCHIVED_ORDERS


class XmlOrdersStream(DefinedReportStream):
    """The XML report of all orders, which answers for the whole region as the flat file does."""

    @override
    def is_elsewhere(self, record: Record, marketplace: Marketplace) -> bool:
        """Whether an order comes with another marketplace's report."""
        return is_elsewhere(record, marketplace)


def is_elsewhere(record: Record, marketplace: Marketplace) -> bool:
    """Whether an order or line belongs to another marketplace's report.

    Amazon is known to answer with the orders of the whole region, whichever marketplace was asked for;
    they come with their own marketplace's report and would be doubled here.
    """
    own = marketplaces.of_sales_channel(record.get("sales_channel") or "")
    return own is not None and own is not marketplace


def order_total(lines: list[Record], marketplace: Marketplace) -> float | None:
    """What the buyer pays for an order, in its currency; None while no line has a price.

    Prices and discounts of all lines, and the taxes where prices do not include them (US and CA).
    Amazon's `OrderTotal` of the Orders API is the same sum.
    """
    if all(line.get("item_price") is None for line in lines):
        return None
    added = PRICES if marketplace.prices_include_tax else PRICES + TAXES
    total = sum(
        (
            sum((_decimal(line.get(name)) for name in added), Decimal(0))
            - sum((_decimal(line.get(name)) for name in DISCOUNTS), Decimal(0))
            for line in lines
        ),
        Decimal(0),
    )
    return float(total.quantize(CENT))


def numbered(lines: list[Record]) -> list[Record]:
    """Give the lines of one order their `line_number` among those of their SKU.

    Their order is that of their order item ids where the report has them, else of their
    contents, so that it does not depend on the order of the file.
    """
    lines = in_order(lines) if len(lines) > 1 else lines
    seen: dict[str, int] = {}
    for line in lines:
        sku = line["sku"] = line["sku"] or EMPTY_KEY
        line[LINE_NUMBER] = seen[sku] = seen.get(sku, 0) + 1
    return lines


def in_order(lines: list[Record]) -> list[Record]:
    """Lines in an order that does not depend on the file's: that of their ids, else their contents."""
    ids = [line.get("order_item_id") or "" for line in lines]
    if len(set(ids)) == len(ids):
        return sorted(lines, key=lambda line: line.get("order_item_id") or "")
    return sorted(lines, key=lambda line: (line.get("order_item_id") or "", contents(line)))


def _decimal(value: float | None) -> Decimal:
    return Decimal(0) if value is None else Decimal(repr(value))
