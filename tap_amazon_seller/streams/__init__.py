"""The streams, one module per business subject. `ALL` are the classes that discovery shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_amazon_seller.streams import (
    analytics,
    changes,
    data_kiosk,
    finance,
    inventory,
    orders,
    prices,
    products,
    replenishment,
    returns,
    shipments,
    vendor,
)
from tap_amazon_seller.streams.account import Account, Marketplaces, Reports
from tap_amazon_seller.streams.buyers import OrderAddress, OrderBuyerInfo
from tap_amazon_seller.streams.finance import OrderFinancialEvents, Settlements
from tap_amazon_seller.streams.inventory import AwdInventory
from tap_amazon_seller.streams.kinds.defined_stream import DefinedReportStream
from tap_amazon_seller.streams.kinds.kiosk_stream import KioskStream
from tap_amazon_seller.streams.orders import (
    AllOrdersByOrderDate,
    ArchivedOrders,
    OrderItems,
    Orders,
    XmlOrdersStream,
)
from tap_amazon_seller.streams.products import (
    PricedListings,
    ProductCatalog,
    ProductDetails,
    ProductsInventory,
)
from tap_amazon_seller.streams.rejected import RejectedRowsStream
from tap_amazon_seller.streams.summary import SyncSummary

if TYPE_CHECKING:
    from tap_amazon_seller.reports.definitions import ReportStreamDefinition

DEFINED = (
    *analytics.REPORTS,
    *data_kiosk.QUERIES,
    *finance.REPORTS,
    *inventory.REPORTS,
    *orders.REPORTS,
    *products.REPORTS,
    *returns.REPORTS,
    *shipments.REPORTS,
    *vendor.REPORTS,
)


def defined(entry: ReportStreamDefinition) -> type[DefinedReportStream]:
    """The stream that a definition describes."""
    is_of_kiosk = entry.report.query or entry.data_kiosk
    return (KioskStream if is_of_kiosk else DefinedReportStream).of(entry)


ALL: tuple[Any, ...] = (
    Account,
    AllOrdersByOrderDate,
    ArchivedOrders,
    AwdInventory,
    Marketplaces,
    OrderAddress,
    OrderBuyerInfo,
    OrderFinancialEvents,
    OrderItems,
    Orders,
    ProductCatalog,
    ProductDetails,
    ProductsInventory,
    *prices.CLASSES,
    RejectedRowsStream,
    *replenishment.CLASSES,
    Reports,
    Settlements,
    SyncSummary,
    *changes.CLASSES,
    *vendor.CLASSES,
    XmlOrdersStream.of(orders.XML_ORDERS),
    XmlOrdersStream.of(orders.XML_ORDERS_BY_ORDER_DATE),
    *(PricedListings.of(entry) for entry in products.PRICED),
    *(defined(entry) for entry in DEFINED),
)
