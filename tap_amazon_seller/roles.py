"""Roles of applications, as Seller Central has them ("Role mappings for SP-API operations")."""

from __future__ import annotations

ORDERS = "Inventory and Order Tracking"
FULFILLMENT = "Amazon Fulfillment"
LISTINGS = "Product Listing"
PRICING = "Pricing"
"""Of Product Pricing and Product Fees."""
BRAND_ANALYTICS = "Brand Analytics"
"""Also of all operations of Data Kiosk (Amazon's use case guide)."""
PERSONAL = "Direct to Consumer Shipping (Restricted)"
"""Of what is personal data of buyers, and of orders that vendors ship to them."""
INSIGHTS = "Selling Partner Insights"
FINANCE = "Finance and Accounting"
WAREHOUSING = "Amazon Warehousing and Distribution"
