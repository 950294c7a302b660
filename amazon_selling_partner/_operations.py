"""The operations that can be called, with their usage plans; those that answer in pages as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sp_api.api import (
    AmazonWarehousingAndDistributionV20240509,
    FinancesV20240619,
    OrdersV20260101,
    Reports,
    VendorDirectFulfillmentOrdersV20211228,
    VendorDirectFulfillmentShippingV20211228,
    VendorOrders,
)

from amazon_selling_partner._throttle import Quota

if TYPE_CHECKING:
    from collections.abc import Mapping

QUOTAS: Mapping[str, Quota] = {
    "getMarketplaceParticipations": Quota(0.016, 15),
    "createReport": Quota(0.0167, 15),
    "getReports": Quota(0.0222, 10),
    "getReport": Quota(2, 15),
    "getReportDocument": Quota(0.0167, 15),
    "searchCatalogItems": Quota(2, 2),
    "getAccount": Quota(0.016, 15),
    "createRestrictedDataToken": Quota(1, 10),
}
"""Usage plans as Amazon's API models state them."""


@dataclass(frozen=True, slots=True)
class PagedOperation:
    """An operation that answers with a list, page by page.

    Attributes:
        name: Amazon's operationId.
        api: The class of python-amazon-sp-api that has it.
        method: The method there.
        quota: Its usage plan.
        records: Where the list is in an answer, by keys.
        token_parameter: The parameter that asks for the next page.
        token_alone: Whether that parameter excludes all others.
        restricted_path: The path that a restricted data token is for; none where no token is needed.
        data_elements: The personal data that the token opens.
    """

    name: str
    api: type
    method: str
    quota: Quota
    records: tuple[str, ...]
    token_parameter: str = "nextToken"  # noqa: S105 - a parameter's name
    token_alone: bool = False
    restricted_path: str = ""
    data_elements: tuple[str, ...] = ()


_DIRECT = "/vendor/directFulfillment"
PAGED: Mapping[str, PagedOperation] = {
    operation.name: operation
    for operation in (
        PagedOperation(
            "getReports", Reports, "get_reports", QUOTAS["getReports"], ("reports",),
            token_alone=True,
        ),
        PagedOperation(
            "searchOrders", OrdersV20260101, "search_orders", Quota(0.0056, 20), ("orders",),
            token_parameter="paginationToken",  # noqa: S106 - a parameter's name
        ),
        PagedOperation(
            "listTransactions", FinancesV20240619, "list_transactions", Quota(0.5, 10),
            ("transactions",),
        ),
        PagedOperation(
            "listInventory", AmazonWarehousingAndDistributionV20240509, "list_inventory",
            Quota(2, 2), ("inventory",),
        ),
        PagedOperation(
            "getPurchaseOrders", VendorOrders, "get_purchase_orders", Quota(10, 10), ("orders",)
        ),
        PagedOperation(
            "getPurchaseOrdersStatus", VendorOrders, "get_purchase_orders_status", Quota(10, 10),
            ("ordersStatus",),
        ),
        PagedOperation(
            "getOrders", VendorDirectFulfillmentOrdersV20211228, "get_orders", Quota(10, 10),
            ("orders",), restricted_path=f"{_DIRECT}/orders/2021-12-28/purchaseOrders",
        ),
        PagedOperation(
            "getCustomerInvoices", VendorDirectFulfillmentShippingV20211228,
            "get_customer_invoices", Quota(10, 10), ("customerInvoices",),
            restricted_path=f"{_DIRECT}/shipping/2021-12-28/customerInvoices",
        ),
    )
}  # fmt: skip
"""The operations that answer in pages, with the quotas of Amazon's API models."""
