"""The operations: their usage plans, and the answers of those that answer page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from amazon_selling_partner._answers import Answered, Identifier, Json, Text
from amazon_selling_partner._throttle import Quota

if TYPE_CHECKING:
    from collections.abc import Mapping

# Items: what a caller relies on in each. Another one costs itself, not the page that it is on.


class _Nothing(Answered, frozen=True, forbid_unknown_fields=True):
    """`{}`, as servers write an empty list whose language has one type for lists and objects."""


TextOrNumber = Text | int
"""An id; a number becomes its text where it is passed on."""


class ReportItem(Answered, frozen=True):
    """Reports 2021-06-30 Report."""

    report_id: Identifier
    marketplace_ids: list[str] | None = None


class QueryItem(Answered, frozen=True):
    """Data Kiosk 2023-11-15 Query."""

    query_id: Identifier
    query: str


class _SalesChannel(Answered, frozen=True):
    marketplace_id: str | None = None
    marketplace_name: str | None = None


class _Recipient(Answered, frozen=True):
    delivery_address: Json | None = None


class OrderItem(Answered, frozen=True):
    """Orders 2026-01-01 Order."""

    order_id: TextOrNumber
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
    related_identifier_value: str | int | None = None


class _OfMarketplace(Answered, frozen=True):
    marketplace_id: str | None = None


class TransactionItem(Answered, frozen=True):
    """Finances 2024-06-19 Transaction."""

    transaction_id: str | None = None
    marketplace_details: _OfMarketplace | None = None
    selling_partner_metadata: _OfMarketplace | None = None
    related_identifiers: list[_RelatedIdentifier] | _Nothing | None = None


class InventoryItem(Answered, frozen=True):
    """AWD 2024-05-09 InventorySummary."""

    sku: TextOrNumber


class _OrderDetails(Answered, frozen=True):
    items: list[Json] | _Nothing | None = None


class VendorItem(Answered, frozen=True):
    """An order, state of an order or invoice of a vendor."""

    purchase_order_number: TextOrNumber
    order_details: _OrderDetails | None = None


class _Interval(Answered, frozen=True):
    start_date: str | None = None
    end_date: str | None = None


class MetricsItem(Answered, frozen=True):
    """Replenishment 2022-11-07 metrics of a selling partner, of one interval."""

    time_interval: _Interval


class OfferMetricsItem(Answered, frozen=True):
    """Replenishment 2022-11-07 metrics of an offer."""

    asin: TextOrNumber
    sku: TextOrNumber | None = None
    time_interval: _Interval | None = None


class OfferItem(Answered, frozen=True):
    """Replenishment 2022-11-07 offer."""

    asin: TextOrNumber


@dataclass(frozen=True, slots=True)
class PagedOperation:
    """An operation that answers with a list, page by page.

    Attributes:
        name: Amazon's operationId.
        quota: Its usage plan.
        items_at: The members that lead to the list, from the outermost on.
        is_required: Whether Amazon's model requires the list: an answer without it is none.
        token_at: The members that lead to the next page's token.
        total_at: The members that lead to how many items all pages have together, where a page is
            requested by its offset.
        beside: Further members of a page that the model has, by the way to them.
        item: The struct that each item is held against.
        token_parameter: The parameter that requests the next page.
        token_alone: Whether that parameter excludes all others.
        restricted_path: The path that a restricted data token is for; none where no token is needed.
        data_elements: The personal data that the token opens.
    """

    name: str
    quota: Quota
    items_at: tuple[str, ...]
    item: type[Answered]
    is_required: bool = False
    token_at: tuple[str, ...] = ("pagination", "nextToken")
    total_at: tuple[str, ...] = ()
    beside: tuple[tuple[str, ...], ...] = ()
    token_parameter: str = "nextToken"  # noqa: S105 - a parameter's name
    token_alone: bool = False
    restricted_path: str = ""
    data_elements: tuple[str, ...] = ()

    @property
    def list_name(self) -> str:
        """The list's name as one writes it: `payload.transactions`."""
        return ".".join(self.items_at)

    def is_known(self, way: tuple[str, ...]) -> bool:
        """Whether the model has the member that a way leads to, or one on the way."""
        known = (self.items_at, self.token_at, self.total_at, ("errors",), *self.beside)
        return any(each[: len(way)] == way for each in known)


_DIRECT = "/vendor/directFulfillment"
_IN_PAYLOAD = ("payload", "pagination", "nextToken")
_TOTAL = ("pagination", "totalResults")
PAGED: Mapping[str, PagedOperation] = {
    operation.name: operation
    for operation in (
        PagedOperation(
            "getReports", Quota(0.0222, 10), ("reports",), ReportItem, is_required=True,
            token_at=("nextToken",), token_alone=True,
        ),
        PagedOperation(
            "getQueries", Quota(0.0222, 10), ("queries",), QueryItem, is_required=True,
            token_parameter="paginationToken",  # noqa: S106 - a parameter's name
        ),
        PagedOperation(
            "searchOrders", Quota(0.0056, 20), ("orders",), OrderItem, is_required=True,
            beside=(("lastUpdatedBefore",), ("createdBefore",)),
            token_parameter="paginationToken",  # noqa: S106 - a parameter's name
        ),
        PagedOperation(
            "listTransactions", Quota(0.5, 10), ("payload", "transactions"), TransactionItem,
            token_at=("payload", "nextToken"),
        ),
        PagedOperation(
            "listInventory", Quota(2, 2), ("inventory",), InventoryItem, is_required=True,
            token_at=("nextToken",),
        ),
        PagedOperation("getSellingPartnerMetrics", Quota(1, 1), ("metrics",), MetricsItem),
        PagedOperation(
            "listOfferMetrics", Quota(1, 1), ("offers",), OfferMetricsItem, total_at=_TOTAL
        ),
        PagedOperation("listOffers", Quota(1, 1), ("offers",), OfferItem, total_at=_TOTAL),
        PagedOperation(
            "getPurchaseOrders", Quota(10, 10), ("payload", "orders"), VendorItem,
            token_at=_IN_PAYLOAD,
        ),
        PagedOperation(
            "getPurchaseOrdersStatus", Quota(10, 10), ("payload", "ordersStatus"), VendorItem,
            token_at=_IN_PAYLOAD,
        ),
        PagedOperation(
            "getOrders", Quota(10, 10), ("orders",), VendorItem,
            restricted_path=f"{_DIRECT}/orders/2021-12-28/purchaseOrders",
        ),
        PagedOperation(
            "getCustomerInvoices", Quota(10, 10), ("customerInvoices",), VendorItem,
            restricted_path=f"{_DIRECT}/shipping/2021-12-28/customerInvoices",
        ),
    )
}  # fmt: skip
"""The operations that answer in pages; quotas, names and requirements are those of Amazon's models."""

QUOTAS: Mapping[str, Quota] = {
    "getMarketplaceParticipations": Quota(0.016, 15),
    "createReport": Quota(0.0167, 15),
    "getReport": Quota(2, 15),
    "getReportDocument": Quota(0.0167, 15),
    "cancelReport": Quota(0.0222, 10),
    "createQuery": Quota(0.0167, 15),
    "getQuery": Quota(2, 15),
    "getDocument": Quota(0.0167, 15),
    "cancelQuery": Quota(0.0222, 10),
    "searchCatalogItems": Quota(2, 2),
    "searchListingsItems": Quota(5, 5),
    "getAccount": Quota(0.016, 15),
    "createRestrictedDataToken": Quota(1, 10),
    "getCompetitiveSummary": Quota(0.033, 1),
    "getFeaturedOfferExpectedPriceBatch": Quota(0.033, 1),
    "getMyFeesEstimates": Quota(0.5, 1),
    "getListingOffersBatch": Quota(0.5, 1),
    "getItemOffersBatch": Quota(0.1, 1),
    "getOrder": Quota(0.5, 30),
    **dict.fromkeys(
        (
            "createDestination", "getDestinations", "deleteDestination", "createSubscription",
            "getSubscription", "deleteSubscriptionById", "sendTestNotification",
        ),
        Quota(1, 5),
    ),
    **{name: operation.quota for name, operation in PAGED.items()},
}  # fmt: skip
"""Usage plans by operationId, as Amazon's API models state them."""

WITHOUT_BODY = frozenset({"cancelReport", "cancelQuery"})
"""Operations whose success has no body in Amazon's models."""

GRANTLESS: Mapping[str, str] = dict.fromkeys(
    (
        "createDestination",
        "getDestinations",
        "deleteDestination",
        "deleteSubscriptionById",
        "sendTestNotification",
    ),
    "sellingpartnerapi::notifications",
)
"""Operations that are the application's alone, without a seller, and the scope of their token."""
