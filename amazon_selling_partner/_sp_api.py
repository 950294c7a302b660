"""python-amazon-sp-api: routes, parameters and the login. The only module that knows it.

Its methods are called for the request that they make; nothing is sent here. The seams of release 2.1
that serve for that are private: `_transport` may be replaced on an instance, `_check_response` may be
overridden, `auth_token_client_class` has a `get_auth`, and `endpoint` may be set after construction
(which also undoes an SP_API_DEFAULT_MARKETPLACE of the environment).
`tests/contract/test_sp_api_seams.py` holds them fast.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

# Before the library is imported: it asks to donate, and fails on a marketplace that it lacks.
os.environ.setdefault("ENV_DISABLE_DONATION_MSG", "1")
os.environ.pop("SP_API_DEFAULT_MARKETPLACE", None)  # of no effect here

from sp_api.api import (
    AmazonWarehousingAndDistributionV20240509,
    CatalogItemsV20220401,
    DataKiosk,
    FinancesV20240619,
    ListingsItemsV20210801,
    Notifications,
    OrdersV20260101,
    ProductFees,
    ProductsV0,
    ProductsV20220501,
    Replenishment,
    Reports,
    Sellers,
    Tokens,
    VendorDirectFulfillmentOrdersV20211228,
    VendorDirectFulfillmentShippingV20211228,
    VendorOrders,
)
from sp_api.auth import AccessTokenClient, AccessTokenResponse
from sp_api.base import Marketplaces, fill_query_params, sp_endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN_HEADER = "x-amz-access-token"  # noqa: S105 - a header's name


class _Notifications(Notifications):  # type: ignore[misc]
    """With the operation that the library lacks."""

    @sp_endpoint("/notifications/v1/subscriptions/{}/testNotification", method="POST")  # type: ignore[untyped-decorator]
    def send_test_notification(self, notification_type: str, **parameters: Any) -> Any:
        """The request of sendTestNotification."""
        path = fill_query_params(parameters.pop("path"), notification_type)
        return self._request(path, data=parameters)


ROUTES: Mapping[str, tuple[type, str]] = {
    "getMarketplaceParticipations": (Sellers, "get_marketplace_participation"),
    "getAccount": (Sellers, "get_account"),
    "createReport": (Reports, "create_report"),
    "getReport": (Reports, "get_report"),
    "getReports": (Reports, "get_reports"),
    "getReportDocument": (Reports, "get_report_document"),
    "cancelReport": (Reports, "cancel_report"),
    "createQuery": (DataKiosk, "create_query"),
    "getQuery": (DataKiosk, "get_query"),
    "getQueries": (DataKiosk, "get_queries"),
    "getDocument": (DataKiosk, "get_document"),
    "cancelQuery": (DataKiosk, "cancel_query"),
    "createRestrictedDataToken": (Tokens, "create_restricted_data_token"),
    "searchListingsItems": (ListingsItemsV20210801, "search_listings_items"),
    "searchCatalogItems": (CatalogItemsV20220401, "search_catalog_items"),
    "searchOrders": (OrdersV20260101, "search_orders"),
    "getOrder": (OrdersV20260101, "get_order"),
    "createDestination": (_Notifications, "create_destination"),
    "getDestinations": (_Notifications, "get_destinations"),
    "deleteDestination": (_Notifications, "delete_destination"),
    "createSubscription": (_Notifications, "create_subscription"),
    "getSubscription": (_Notifications, "get_subscription"),
    "deleteSubscriptionById": (_Notifications, "delete_notification_subscription"),
    "sendTestNotification": (_Notifications, "send_test_notification"),
    "listTransactions": (FinancesV20240619, "list_transactions"),
    "listInventory": (AmazonWarehousingAndDistributionV20240509, "list_inventory"),
    "getCompetitiveSummary": (ProductsV20220501, "get_competitive_summary_batch"),
    "getFeaturedOfferExpectedPriceBatch": (
        ProductsV20220501, "get_featured_offer_expected_price_batch",
    ),
    "getMyFeesEstimates": (ProductFees, "get_product_fees_estimate"),
    "getListingOffersBatch": (ProductsV0, "get_listing_offers_batch"),
    "getItemOffersBatch": (ProductsV0, "get_item_offers_batch"),
    "getSellingPartnerMetrics": (Replenishment, "get_selling_partner_metrics"),
    "listOfferMetrics": (Replenishment, "list_offer_metrics"),
    "listOffers": (Replenishment, "list_offers"),
    "getPurchaseOrders": (VendorOrders, "get_purchase_orders"),
    "getPurchaseOrdersStatus": (VendorOrders, "get_purchase_orders_status"),
    "getOrders": (VendorDirectFulfillmentOrdersV20211228, "get_orders"),
    "getCustomerInvoices": (VendorDirectFulfillmentShippingV20211228, "get_customer_invoices"),
}  # fmt: skip
"""The class and method of each operationId."""
SANDBOX_ONLY = frozenset({"sendTestNotification"})
"""What Amazon has on the servers of its sandbox alone (notifications.json: "sandbox-only operation")."""
_PRODUCTION, _SANDBOX = "://sellingpartnerapi-", "://sandbox.sellingpartnerapi-"
"""How the addresses of Amazon's servers begin ("The Selling Partner API sandbox")."""


ADDED = frozenset({"MarketplaceId", "MarketplaceIds", "marketplace_ids", "marketplaceIds"})
"""What the library adds to requests that name no marketplace: the US, in four spellings."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that is ready to be sent. Its representation shows no token and no secret."""

    method: str
    url: str
    params: Any = field(default=None, repr=False)
    content: str | None = field(default=None, repr=False)
    data: Any = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class _Recorded:
    """Stands where the library has an answer, which some of its methods hang more on."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.payload: dict[str, Any] = {}


class _Recorder:
    """Stands where the library has its transport: answers with the request itself."""

    def request(self, method: str, url: str, **parts: Any) -> _Recorded:
        return _Recorded(Request(method, url, **parts))


class _NoToken:
    """Stands where the library logs in: the token is put in when the request is sent."""

    def __init__(self, **_: Any) -> None: ...

    def get_auth(self) -> AccessTokenResponse:
        return AccessTokenResponse(access_token="")


class _Seams:
    """What an API's class of the library does otherwise here."""

    @property
    def headers(self) -> dict[str, str]:
        """Without the Host, which the library writes as it is right for https alone."""
        headers = dict(super().headers)  # type: ignore[misc]
        headers.pop("host", None)
        return headers

    def _check_response(self, recorded: _Recorded, *_: Any, **__: Any) -> _Recorded:
        return recorded

    def _request_grantless_operation(self, path: str, **parts: Any) -> Any:
        return self._request(path, **parts)  # type: ignore[attr-defined]  # the token is put in later


class Routes:
    """Makes the requests of operations. Safe to use from several threads.

    Args:
        endpoint: URL of the region's server.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._instances: dict[type, Any] = {}
        self._lock = threading.Lock()

    def request(
        self, operation: str, token: str, arguments: tuple[Any, ...], parameters: dict[str, Any]
    ) -> Request:
        """The request of an operation.

        Args:
            operation: Amazon's operationId.
            token: The access token, or the restricted data token.
            arguments: What is part of the path.
            parameters: What goes into the query or the body.
        """
        api, method = ROUTES[operation]
        recorded: _Recorded = getattr(self._instance(api), method)(*arguments, **parameters)
        request = recorded.request
        added = ADDED - parameters.keys()
        return Request(
            request.method,
            _in_sandbox(request.url) if operation in SANDBOX_ONLY else request.url,
            {name: value for name, value in (request.params or {}).items() if name not in added},
            _without(added, request.content),
            headers={**request.headers, TOKEN_HEADER: token},
        )

    def _instance(self, api: type) -> Any:
        with self._lock:
            if api not in self._instances:
                instance = type(api.__name__, (_Seams, api), {})(
                    Marketplaces.US,
                    credentials={"lwa_app_id": "unused", "lwa_client_secret": "unused"},
                    refresh_token="unused",  # noqa: S106 - `_NoToken` needs none
                    verify=False,  # its own connections, which are never made, need no certificates
                    auth_token_client_class=_NoToken,
                )
                instance._transport.close()  # noqa: SLF001
                instance._transport = _Recorder()  # noqa: SLF001
                instance.endpoint = self._endpoint
                self._instances[api] = instance
            return self._instances[api]


def _in_sandbox(url: str) -> str:
    """The same address at Amazon's sandbox; a server that is not Amazon's is its own.

    >>> _in_sandbox("https://sellingpartnerapi-eu.amazon.com/notifications/v1")
    'https://sandbox.sellingpartnerapi-eu.amazon.com/notifications/v1'
    """
    return url.replace(_PRODUCTION, _SANDBOX, 1)


def _without(names: frozenset[str], content: str | None) -> str | None:
    """A body without some of its members; a list, as getMyFeesEstimates has it, as it is."""
    if content is None:
        return None
    body = json.loads(content)
    if isinstance(body, list):
        return content
    return json.dumps({name: value for name, value in body.items() if name not in names})


def login_request(
    client_id: str, client_secret: str, refresh_token: str, url: str | None, scope: str = ""
) -> Request:
    """The request of an access token from Login with Amazon.

    Args:
        client_id: The application's id.
        client_secret: Its secret.
        refresh_token: The seller's authorisation.
        url: The token URL; None for Amazon's.
        scope: That of a grantless token, which is the application's alone; empty for a seller's.
    """
    named = {"lwa_app_id": client_id, "lwa_client_secret": client_secret}
    login = AccessTokenClient(
        refresh_token=refresh_token, credentials=type("Credentials", (), named), verify=False
    )
    login._transport.close()  # noqa: SLF001
    return Request(
        "POST",
        url or str(httpx.URL(login.scheme + login.host + login.path)),
        data=login.grantless_data(scope) if scope else login.data,
        headers=login.headers,
    )
