"""The streams, one module per business subject. `ALL` are the classes that discovery shows."""

from __future__ import annotations

from typing import Any

from tap_amazon_seller.streams import analytics, inventory, orders, products, vendor
from tap_amazon_seller.streams.account import Marketplaces
from tap_amazon_seller.streams.defined import DefinedReportStream
from tap_amazon_seller.streams.orders import OrderItems, Orders
from tap_amazon_seller.streams.products import ProductCatalog, ProductsInventory

DEFINED = (
    *analytics.REPORTS,
    *inventory.REPORTS,
    *orders.REPORTS,
    *products.REPORTS,
    *vendor.REPORTS,
)

ALL: tuple[Any, ...] = (
    Marketplaces,
    OrderItems,
    Orders,
    ProductCatalog,
    ProductsInventory,
    *vendor.CLASSES,
    *(DefinedReportStream.of(entry) for entry in DEFINED),
)
