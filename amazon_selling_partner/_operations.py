"""The operations: their usage plans, and the answers of those that answer page by page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from amazon_selling_partner._answers import Answered, Identifier, Json, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

from dataclasses import dataclass

from amazon_selling_partner._throttle import Quota


class Page(Protocol):
    """One page of a list."""

    @property
    def listed(self) -> Sequence[Json]:
        """The page's items, as Amazon has them."""

    @property
    def token(self) -> str | None:
        """What requests the next page; None, or empty, on the last."""


class _Pagination(Answered, frozen=True):
    next_token: str | None = None


class ReportsPage(Answered, frozen=True):
    """Reports 2021-06-30 getReports."""

    reports: list[Json]
    next_token: str | None = None

    @property
    def listed(self) -> list[Json]:
        """The reports."""
        return self.reports

    @property
    def token(self) -> str | None:
        """The next page's token."""
        return self.next_token


class OrdersPage(Answered, frozen=True):
    """Orders 2026-01-01 searchOrders."""

    orders: list[Json]
    pagination: _Pagination | None = None

    @property
    def listed(self) -> list[Json]:
        """The orders."""
        return self.orders

    @property
    def token(self) -> str | None:
        """The next page's token."""
        return self.pagination.next_token if self.pagination else None


class InventoryPage(Answered, frozen=True):
    """AWD 2024-05-09 listInventory."""

    inventory: list[Json]
    next_token: str | None = None

    @property
    def listed(self) -> list[Json]:
        """The stock of each SKU."""
        return self.inventory

    @property
    def token(self) -> str | None:
        """The next page's token."""
        return self.next_token


class _Transactions(Answered, frozen=True):
    transactions: list[Json] | None = None
    next_token: str | None = None


class TransactionsPage(Answered, frozen=True):
    """Finances 2024-06-19 listTransactions, whose model requires nothing."""

    payload: _Transactions | None = None

    @property
    def listed(self) -> list[Json]:
        """The transactions."""
        return (self.payload.transactions if self.payload else None) or []

    @property
    def token(self) -> str | None:
        """The next page's token."""
        return self.payload.next_token if self.payload else None


class _VendorLists(Answered, frozen=True):
    orders: list[Json] | None = None
    orders_status: list[Json] | None = None
    pagination: _Pagination | None = None


class VendorPage(Answered, frozen=True):
    """Vendor Retail Procurement Orders v1, with one of two lists; its model requires none."""

    payload: _VendorLists | None = None

    @property
    def listed(self) -> list[Json]:
        """The orders, or states of orders."""
        found = self.payload
        return (found and (found.orders or found.orders_status)) or []

    @property
    def token(self) -> str | None:
        """The next page's token."""
        pagination = self.payload.pagination if self.payload else None
        return pagination.next_token if pagination else None


class DirectFulfilmentPage(Answered, frozen=True):
    """Vendor Direct Fulfillment 2021-12-28, whose lists stand at the top; its models require none.

    A payload, as other operations have it, would hide lists: such an answer is of another form.
    """

    payload: None = None
    orders: list[Json] | None = None
    customer_invoices: list[Json] | None = None
    pagination: _Pagination | None = None

    @property
    def listed(self) -> list[Json]:
        """The orders or invoices."""
        return self.orders or self.customer_invoices or []

    @property
    def token(self) -> str | None:
        """The next page's token."""
        return self.pagination.next_token if self.pagination else None


# Items: what a caller relies on in each. An answer with another one is refused as a whole.


class ReportItem(Answered, frozen=True):
    """Reports 2021-06-30 Report."""

    report_id: Identifier
    marketplace_ids: list[str] | None = None


class _SalesChannel(Answered, frozen=True):
    marketplace_id: str | None = None
    marketplace_name: str | None = None


class _Recipient(Answered, frozen=True):
    delivery_address: Json | None = None


class OrderItem(Answered, frozen=True):
    """Orders 2026-01-01 Order."""

    order_id: Text
    created_time: str
    last_updated_time: str
    sales_channel: _SalesChannel
    buyer: Json | None = None
    recipient: _Recipient | None = None

    def __post_init__(self) -> None:
        """Refuse times that are none."""
        for text in (self.created_time, self.last_updated_time):
            try:
                datetime.fromisoformat(text).astimezone(UTC)
            except (OverflowError, ValueError):
                raise ValueError("a time that is not one") from None


class _RelatedIdentifier(Answered, frozen=True):
    related_identifier_name: str | None = None
    related_identifier_value: str | None = None


class _OfMarketplace(Answered, frozen=True):
    marketplace_id: str | None = None


class TransactionItem(Answered, frozen=True):
    """Finances 2024-06-19 Transaction."""

    transaction_id: str | None = None
    marketplace_details: _OfMarketplace | None = None
    selling_partner_metadata: _OfMarketplace | None = None
    related_identifiers: list[_RelatedIdentifier] | None = None


class InventoryItem(Answered, frozen=True):
    """AWD 2024-05-09 InventorySummary."""

    sku: Text


class _OrderDetails(Answered, frozen=True):
    items: list[Json] | None = None


class VendorItem(Answered, frozen=True):
    """An order, state of an order or invoice of a vendor."""

    purchase_order_number: Text
    order_details: _OrderDetails | None = None


@dataclass(frozen=True, slots=True)
class PagedOperation:
    """An operation that answers with a list, page by page.

    Attributes:
        name: Amazon's operationId.
        quota: Its usage plan.
        page: The struct of an answer.
        item: The struct that each item is held against.
        token_parameter: The parameter that asks for the next page.
        token_alone: Whether that parameter excludes all others.
        restricted_path: The path that a restricted data token is for; none where no token is needed.
        data_elements: The personal data that the token opens.
    """

    name: str
    quota: Quota
    page: type[Page]
    item: type[Answered]
    token_parameter: str = "nextToken"  # noqa: S105 - a parameter's name
    token_alone: bool = False
    restricted_path: str = ""
    data_elements: tuple[str, ...] = ()


_DIRECT = "/vendor/directFulfillment"
PAGED: Mapping[str, PagedOperation] = {
    operation.name: operation
    for operation in (
        PagedOperation("getReports", Quota(0.0222, 10), ReportsPage, ReportItem, token_alone=True),
        PagedOperation(
            "searchOrders", Quota(0.0056, 20), OrdersPage, OrderItem,
            token_parameter="paginationToken",  # noqa: S106 - a parameter's name
        ),
        PagedOperation("listTransactions", Quota(0.5, 10), TransactionsPage, TransactionItem),
        PagedOperation("listInventory", Quota(2, 2), InventoryPage, InventoryItem),
        PagedOperation("getPurchaseOrders", Quota(10, 10), VendorPage, VendorItem),
        PagedOperation("getPurchaseOrdersStatus", Quota(10, 10), VendorPage, VendorItem),
        PagedOperation(
            "getOrders", Quota(10, 10), DirectFulfilmentPage, VendorItem,
            restricted_path=f"{_DIRECT}/orders/2021-12-28/purchaseOrders",
        ),
        PagedOperation(
            "getCustomerInvoices", Quota(10, 10), DirectFulfilmentPage, VendorItem,
            restricted_path=f"{_DIRECT}/shipping/2021-12-28/customerInvoices",
        ),
    )
}  # fmt: skip
"""The operations that answer in pages, with the quotas of Amazon's API models."""

QUOTAS: Mapping[str, Quota] = {
    "getMarketplaceParticipations": Quota(0.016, 15),
    "createReport": Quota(0.0167, 15),
    "getReport": Quota(2, 15),
    "getReportDocument": Quota(0.0167, 15),
    "searchCatalogItems": Quota(2, 2),
    "getAccount": Quota(0.016, 15),
    "createRestrictedDataToken": Quota(1, 10),
    **{name: operation.quota for name, operation in PAGED.items()},
}
"""Usage plans by operationId, as Amazon's API models state them."""
