"""The streams, one module per business subject. `ALL` is the list that discovery shows."""

from __future__ import annotations

from tap_amazon_seller.streams.account import Marketplaces
from tap_amazon_seller.streams.inventory import WarehouseInventory
from tap_amazon_seller.streams.orders import OrderItems, Orders
from tap_amazon_seller.streams.products import ProductCatalog, ProductsInventory

ALL = (
    Marketplaces,
    OrderItems,
    Orders,
    ProductCatalog,
    ProductsInventory,
    WarehouseInventory,
)
