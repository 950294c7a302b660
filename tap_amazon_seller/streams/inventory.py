"""Stock in Amazon's warehouses."""

from __future__ import annotations

from tap_amazon_seller.reports.definitions import FBA_INVENTORY
from tap_amazon_seller.streams.base import ReportStream


class WarehouseInventory(ReportStream):
    """FBA stock of each SKU, as it stands now."""

    name = "warehouse_inventory"
    primary_keys = ("marketplace_id", "sku", "fnsku", "condition")
    definition = FBA_INVENTORY
    required_columns = ("sku", "fnsku", "condition")
