"""The streams, one module per business subject. `ALL` are the classes that discovery shows."""

from __future__ import annotations

from typing import Any

from tap_amazon_seller.streams import inventory, orders, products
from tap_amazon_seller.streams.account import Account, Marketplaces, Reports
from tap_amazon_seller.streams.buyers import OrderAddress, OrderBuyerInfo
from tap_amazon_seller.streams.defined import DefinedReportStream
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

DEFINED = (*inventory.REPORTS, *orders.REPORTS, *products.REPORTS)

ALL: tuple[Any, ...] = (
    Account,
    AllOrdersByOrderDate,
    ArchivedOrders,
    Marketplaces,
    OrderAddress,
    OrderBuyerInfo,
    OrderItems,
    Orders,
    ProductCatalog,
    ProductDetails,
    ProductsInventory,
    Reports,
    XmlOrdersStream.of(orders.XML_ORDERS),
    *(PricedListings.of(entry) for entry in products.PRICED),
    *(DefinedReportStream.of(entry) for entry in DEFINED),
)
