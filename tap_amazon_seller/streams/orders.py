"""Orders and their lines, both from the all-orders report: one report instead of a call per order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
from typing_extensions import override

from amazon_selling_partner import marketplaces
from tap_amazon_seller import roles
from tap_amazon_seller.instants import TWO_YEARS
from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.machine.arrow_text import with_texts
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
from tap_amazon_seller.reports.rows.batches import with_column, with_constants, with_keys
from tap_amazon_seller.reports.rows.groups import (
    contents,
    group_starts,
    line_numbers,
    own_groups,
    whole_groups,
)
from tap_amazon_seller.streams.kinds.amazon_stream import SCHEMAS
from tap_amazon_seller.streams.kinds.defined_stream import DefinedReportStream
from tap_amazon_seller.streams.kinds.report_stream import LINE_NUMBER, ReportStream
from tap_amazon_seller.streams.order_places import OrderPlaces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.rows.flat_file import FlatFile

ORDER_ID = "amazon_order_id"
UPDATED = "last_updated_date"
ALL_ORDERS = ReportDefinition(
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
    Access(roles.ORDERS),
    window=WindowRules(
        longest=timedelta(days=30),
        overlap=timedelta(hours=1),  # order reports are up to 30 minutes late
        retention=TWO_YEARS,
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
            Access(roles.INSIGHTS),
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
        required_columns=("date", "rating", "order_id"),
    ),
    ReportStreamDefinition(
        "shipping_orders",
        about="Lines of orders that the seller has yet to ship, with buyers and addresses",
        report=ReportDefinition(
            "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING",
            Access(roles.PERSONAL, is_restricted=True),
            may_have_options=True,  # ShowSalesChannel
            window=WindowRules(
                longest=timedelta(days=30),
                overlap=timedelta(days=29),  # what is shipped later than that is an exception
                retention=TWO_YEARS,
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
CENTS, MILLION = 100, 1_000_000
"""Amounts are added up in millionths of the currency, exactly, and rounded half to even."""
LARGEST_AMOUNT = 1e10


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

    @property
    @override
    def row_keys(self) -> tuple[str, ...]:
        """The order that a line is of."""
        return (ORDER_ID,)

    @override
    def file_batches(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Any]:
        """The records of all orders in one document, whole orders at a time."""
        self._announce(flat_file)
        scattered = flat_file.document.scattered if flat_file.header.names[0] == ORDER_ID else None
        folder = self.account.settings.spool_path
        for batch in whole_groups(flat_file.batches_ahead(), ORDER_ID, scattered, folder):
            for place, own in self._by_place(batch, flat_file, marketplace):
                orders = with_constants(own, {"marketplace_id": place.id})
                yield self.batch_of_orders(orders, flat_file, place)

    def batch_of_orders(self, batch: Any, flat_file: FlatFile, marketplace: Marketplace) -> Any:
        """The records that whole orders make, both as Arrow record batches."""
        raise NotImplementedError

    def _announce(self, flat_file: FlatFile) -> None:
        """Pass on columns that are new, if the stream has all columns of lines."""

    def _by_place(
        self, batch: Any, flat_file: FlatFile, marketplace: Marketplace
    ) -> Iterator[tuple[Marketplace, Any]]:
        """The orders that come with this marketplace's report; an order is where its first line is."""
        channel = batch.column("sales_channel")
        found = channel.unique().to_pylist()
        if all(marketplaces.of_sales_channel(name or "") is marketplace for name in found):
            yield marketplace, batch
            return
        channels = channel.fill_null("").dictionary_encode()
        names = channels.dictionary.to_pylist()
        ids, rest = batch.column(ORDER_ID), batch.num_rows
        synced = self.account.marketplaces
        of_none = [self.places.is_of_none(name, synced) for name in names]
        places = [
            None if of_none[at] else marketplaces.of_order(name, synced)
            for at, name in enumerate(names)
        ]
        own = batch.filter(own_groups(channels, [one is not marketplace for one in places], ids))
        strays = batch.filter(own_groups(channels, [not one for one in of_none], ids))
        for place, orders in ((marketplace, own), (synced[0], self._not_emitted(strays))):
            rest -= orders.num_rows
            if orders.num_rows:
                yield place, orders
        flat_file.move_elsewhere(rest)

    def _not_emitted(self, batch: Any) -> Any:
        """The orders of no synced marketplace that no other marketplace's report has brought."""
        if not batch.num_rows:
            return batch
        starts = group_starts(batch.column(ORDER_ID))
        sizes = np.diff(starts, append=batch.num_rows)
        first = batch.take(pa.array(starts))
        versions = (
            with_texts(first.column(UPDATED)).to_pylist()
            if UPDATED in first.schema.names
            else [""] * len(starts)
        )
        is_new = [
            self.places.is_new(order_id, updated)
            for order_id, updated in zip(first.column(ORDER_ID).to_pylist(), versions, strict=True)
        ]
        return batch.filter(pa.array(np.repeat(np.array(is_new, bool), sizes)))

    @cached_property
    def places(self) -> OrderPlaces:
        """Where orders have come under in this sync."""
        return OrderPlaces()


class Orders(AllOrdersStream):
    """One record per order and its latest state."""

    name = "orders"
    primary_keys = ("marketplace_id", "amazon_order_id")

    @override
    def file_batches(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Any]:
        """The orders; counts those held back, of which no line may be left."""
        yield from super().file_batches(flat_file, marketplace)
        flat_file.counts.held_back = len(flat_file.rejected_order_ids)

    @override
    def batch_of_orders(self, batch: Any, flat_file: FlatFile, marketplace: Marketplace) -> Any:
        """The orders: what their first line says, and the sums of all their lines.

        Not those of which a line was rejected: their sums would be wrong.
        """
        starts = group_starts(batch.column(ORDER_ID))
        orders = batch.take(pa.array(starts))
        sizes = np.diff(starts, append=batch.num_rows)
        for name, column in (
            ("currency", first_of_groups(batch, "currency", starts)),
            ("order_total", order_totals(batch, starts, marketplace)),
            ("number_of_lines", pa.array(sizes)),
            ("quantity", sums(batch, "quantity", starts)),
        ):
            orders = with_column(orders, name, column)
        in_doubt = flat_file.order_ids_in_doubt
        if in_doubt:
            ids = pa.array(sorted(in_doubt), pa.string())
            is_held_back = pc.is_in(orders.column(ORDER_ID), value_set=ids)
            held_back = orders.filter(is_held_back).column(ORDER_ID).to_pylist()
            flat_file.rejected_order_ids.update(held_back)
            return orders.filter(pc.invert(is_held_back))
        return orders


class OrderItems(AllOrdersStream):
    """One record per order line."""

    name = "order_items"
    primary_keys = ("marketplace_id", "amazon_order_id", "sku", "line_number")

    @override
    def _announce(self, flat_file: FlatFile) -> None:
        self.describe(flat_file)

    @override
    def batch_of_orders(self, batch: Any, flat_file: FlatFile, marketplace: Marketplace) -> Any:
        """The lines; those of one SKU in an order are numbered from 1."""
        batch = with_keys(batch, ("sku",))
        return batch.append_column(LINE_NUMBER, line_numbers(batch, (ORDER_ID, "sku"), in_order))


class DatedOrders(OrderItems):
    """A stream of order lines with all that the report says of their orders, by order date."""

    selected_by_default = False
    replication_key = "purchase_date"

    @property
    @override
    def columns(self) -> dict[str, Any]:
        """The report's known columns: the stream has them all."""
        return dict(self.schema["properties"])


class AllOrdersByOrderDate(DatedOrders):
    """One record per order line, by the date of the order, with what the report says of the order."""

    name = "all_orders_by_order_date"
    definition = ALL_ORDERS_BY_ORDER_DATE


class ArchivedOrders(DatedOrders):
    """One record per line of orders that Amazon has archived, by the date of the order."""

    name = "archived_orders"
    definition = ARCHIVED_ORDERS


class XmlOrdersStream(DefinedReportStream):
    """The XML report of all orders, which answers for the complete region as the flat file does."""

    @override
    def place_of(self, record: Record, marketplace: Marketplace) -> Marketplace | None:
        """The marketplace that an order comes under, if it comes with this one's report."""
        channel, synced = str(record.get("sales_channel") or ""), self.account.marketplaces
        if self.places.is_of_none(channel, synced):
            is_new = self.places.is_new(record.get(ORDER_ID), record.get(UPDATED))
            return synced[0] if is_new else None
        return marketplace if marketplaces.of_order(channel, synced) is marketplace else None

    @cached_property
    def places(self) -> OrderPlaces:
        """Where orders have come under in this sync."""
        return OrderPlaces()


def order_totals(batch: Any, starts: Any, marketplace: Marketplace) -> Any:
    """What the buyer pays for each order, in its currency; null while no line has a price.

    Null, too, where an amount is larger than any can be: its cell holds something else.

    Prices and discounts of all lines, and the taxes where prices do not include them (US and CA).
    Amazon's `OrderTotal` of the Orders API is the same sum.

    Args:
        batch: The lines, those of one order one after another.
        starts: Where each order begins.
        marketplace: That of the orders.
    """
    added = PRICES if marketplace.prices_include_tax else PRICES + TAXES
    millionths = np.zeros(batch.num_rows, np.int64)
    is_unbelievable = np.zeros(batch.num_rows, bool)
    for names, sign in ((added, 1), (DISCOUNTS, -1)):
        for name in names:
            if name in batch.schema.names:
                amounts = np.asarray(batch.column(name).fill_null(0.0))
                if (is_large := np.abs(amounts) > LARGEST_AMOUNT).any():
                    amounts = np.where(is_large, 0.0, amounts)
                    is_unbelievable |= is_large
                millionths += sign * np.rint(amounts * MILLION).astype(np.int64)
    cents, rest = np.divmod(np.add.reduceat(millionths, starts), MILLION // CENTS)
    half = MILLION // CENTS // 2
    cents += (rest > half) | ((rest == half) & (cents % 2 == 1))
    is_priced = np.zeros(batch.num_rows, np.int64)
    if "item_price" in batch.schema.names:
        is_priced = np.asarray(batch.column("item_price").is_valid().cast(pa.int64()))
    is_unknown = np.add.reduceat(is_priced, starts) == 0
    is_unknown |= np.logical_or.reduceat(is_unbelievable, starts)
    return pa.array(cents / CENTS, pa.float64(), mask=is_unknown)


def sums(batch: Any, name: str, starts: Any) -> Any:
    """The sum of a column of whole numbers for each order; what is not there counts for nothing."""
    return pa.array(np.add.reduceat(np.asarray(batch.column(name).fill_null(0)), starts))


def first_of_groups(batch: Any, name: str, starts: Any) -> Any:
    """The first text of a column that each order has; null where it has none."""
    if name not in batch.schema.names:
        return pa.nulls(len(starts), pa.string())
    places = np.flatnonzero(np.asarray(batch.column(name).is_valid().cast(pa.uint8())))
    found = np.searchsorted(places, starts)
    ends = np.append(starts[1:], batch.num_rows)
    at = np.append(places, batch.num_rows)[found]
    return batch.column(name).take(pa.array(at, pa.int64(), mask=at >= ends))


def in_order(lines: list[Record]) -> list[Record]:
    """Lines in an order that does not depend on the file's: that of their ids, else their contents."""
    ids = [line.get("order_item_id") or "" for line in lines]
    if len(set(ids)) == len(ids):
        return sorted(lines, key=lambda line: line.get("order_item_id") or "")
    return sorted(lines, key=lambda line: (line.get("order_item_id") or "", contents(line)))
