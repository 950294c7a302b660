"""python-amazon-sp-api has the seams that `_sp_api` uses, and makes the requests of Amazon's models."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from sp_api.auth import AccessTokenClient
from sp_api.base import Client

from amazon_selling_partner import QUOTAS
from amazon_selling_partner._sp_api import ROUTES, Routes, login_request

ENDPOINT = "https://sellingpartnerapi-eu.amazon.com"
SANDBOX = ENDPOINT.replace("://", "://sandbox.")
FEES = {
    "price": 9.99,
    "currency": "EUR",
    "id_type": "SellerSKU",
    "id_value": "S",
    "identifier": "1",
    "is_fba": True,
    "marketplace_id": "M",
}
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "getReport": ("a/b",),
    "getReportDocument": ("a/b",),
    "cancelReport": ("a/b",),
    "createQuery": ("{a}",),
    "getQuery": ("a/b",),
    "cancelQuery": ("a/b",),
    "getDocument": ("a/b",),
    "searchListingsItems": ("A/1",),
    "getCompetitiveSummary": ([{"asin": "B000000001", "marketplaceId": "M"}],),
    "getFeaturedOfferExpectedPriceBatch": ([{"sku": "S", "marketplaceId": "M"}],),
    "getMyFeesEstimates": ([FEES],),
    "getListingOffersBatch": ([{"uri": "/products/pricing/v0/listings/S/offers"}],),
    "getItemOffersBatch": ([{"uri": "/products/pricing/v0/items/B000000001/offers"}],),
    "getOrder": ("a/b",),
    "createDestination": ("N", "arn:aws:sqs:r:a:q"),
    "deleteDestination": ("a/b",),
    "createSubscription": ("ORDER_CHANGE", "D"),
    "getSubscription": ("ORDER_CHANGE",),
    "deleteSubscriptionById": ("ORDER_CHANGE", "a/b"),
    "sendTestNotification": ("ORDER_CHANGE",),
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "createReport": {"reportType": "T", "marketplaceIds": ["M"]},
    "createRestrictedDataToken": {"restrictedResources": [{"method": "GET", "path": "/x"}]},
    "createSubscription": {
        "processingDirective": {"eventFilter": {"eventFilterType": "ORDER_CHANGE"}}
    },
    "sendTestNotification": {"destinationId": "D", "testNotification": {"payloadVersion": "1.0"}},
    "getSellingPartnerMetrics": {"marketplaceId": "M", "metrics": ["REVENUE_PENETRATION"]},
    "listOfferMetrics": {"filters": {"marketplaceId": "M"}, "pagination": {"limit": 500}},
    "listOffers": {"filters": {"marketplaceId": "M"}, "pagination": {"limit": 100}},
}
BODIES: dict[str, Any] = {
    **PARAMETERS,
    "createQuery": {"query": "{a}"},
    "createDestination": {
        "name": "N",
        "resourceSpecification": {"sqs": {"arn": "arn:aws:sqs:r:a:q"}},
    },
    "createSubscription": {
        "destinationId": "D",
        "payloadVersion": "1.0",
        **PARAMETERS["createSubscription"],
    },
    **{
        name: {"requests": ARGUMENTS[name][0]}
        for name in (
            "getCompetitiveSummary",
            "getFeaturedOfferExpectedPriceBatch",
            "getListingOffersBatch",
            "getItemOffersBatch",
        )
    },
    "getMyFeesEstimates": [
        {
            "FeesEstimateRequest": {
                "Identifier": "1",
                "PriceToEstimateFees": {
                    "ListingPrice": {"Amount": 9.99, "CurrencyCode": "EUR"},
                    "Shipping": None,
                    "Points": None,
                },
                "IsAmazonFulfilled": True,
                "OptionalFulfillmentProgram": None,
                "MarketplaceId": "M",
            },
            "IdType": "SellerSKU",
            "IdValue": "S",
        }
    ],
}
"""The body that Amazon's model has for these; what is null is left out by it, and taken by Amazon."""
REQUESTS = {
    "getMarketplaceParticipations": "GET /sellers/v1/marketplaceParticipations",
    "getAccount": "GET /sellers/v1/account",
    "createReport": "POST /reports/2021-06-30/reports",
    "getReport": "GET /reports/2021-06-30/reports/a%2Fb",
    "getReports": "GET /reports/2021-06-30/reports",
    "getReportDocument": "GET /reports/2021-06-30/documents/a%2Fb",
    "cancelReport": "DELETE /reports/2021-06-30/reports/a%2Fb",
    "createQuery": "POST /dataKiosk/2023-11-15/queries",
    "getQuery": "GET /dataKiosk/2023-11-15/queries/a%2Fb",
    "getQueries": "GET /dataKiosk/2023-11-15/queries",
    "getDocument": "GET /dataKiosk/2023-11-15/documents/a%2Fb",
    "cancelQuery": "DELETE /dataKiosk/2023-11-15/queries/a%2Fb",
    "createRestrictedDataToken": "POST /tokens/2021-03-01/restrictedDataToken",
    "searchCatalogItems": "GET /catalog/2022-04-01/items",
    "searchListingsItems": "GET /listings/2021-08-01/items/A%2F1",
    "searchOrders": "GET /orders/2026-01-01/orders",
    "getOrder": "GET /orders/2026-01-01/orders/a%2Fb",
    "createDestination": "POST /notifications/v1/destinations",
    "getDestinations": "GET /notifications/v1/destinations",
    "deleteDestination": "DELETE /notifications/v1/destinations/a%2Fb",
    "createSubscription": "POST /notifications/v1/subscriptions/ORDER_CHANGE",
    "getSubscription": "GET /notifications/v1/subscriptions/ORDER_CHANGE",
    "deleteSubscriptionById": "DELETE /notifications/v1/subscriptions/ORDER_CHANGE/a%2Fb",
    "sendTestNotification": "POST /notifications/v1/subscriptions/ORDER_CHANGE/testNotification",
    "listTransactions": "GET /finances/2024-06-19/transactions",
    "listInventory": "GET /awd/2024-05-09/inventory",
    "getCompetitiveSummary": "POST /batches/products/pricing/2022-05-01/items/competitiveSummary",
    "getFeaturedOfferExpectedPriceBatch": (
        "POST /batches/products/pricing/2022-05-01/offer/featuredOfferExpectedPrice"
    ),
    "getMyFeesEstimates": "POST /products/fees/v0/feesEstimate",
    "getListingOffersBatch": "POST /batches/products/pricing/v0/listingOffers",
    "getItemOffersBatch": "POST /batches/products/pricing/v0/itemOffers",
    "getSellingPartnerMetrics": "POST /replenishment/2022-11-07/sellingPartners/metrics/search",
    "listOfferMetrics": "POST /replenishment/2022-11-07/offers/metrics/search",
    "listOffers": "POST /replenishment/2022-11-07/offers/search",
    "getPurchaseOrders": "GET /vendor/orders/v1/purchaseOrders",
    "getPurchaseOrdersStatus": "GET /vendor/orders/v1/purchaseOrdersStatus",
    "getOrders": "GET /vendor/directFulfillment/orders/2021-12-28/purchaseOrders",
    "getCustomerInvoices": "GET /vendor/directFulfillment/shipping/2021-12-28/customerInvoices",
}
"""Method and path of each operation, as Amazon's models have them."""


def test_every_operation_has_a_route_and_a_usage_plan() -> None:
    assert ROUTES.keys() == QUOTAS.keys() == REQUESTS.keys()


@pytest.mark.parametrize("operation", REQUESTS)
def test_the_request_of_an_operation_is_that_of_the_model(operation: str) -> None:
    request = Routes(ENDPOINT).request(
        operation, "Atza|token", ARGUMENTS.get(operation, ()), PARAMETERS.get(operation, {})
    )

    endpoint = SANDBOX if operation == "sendTestNotification" else ENDPOINT
    assert f"{request.method} {request.url.removeprefix(endpoint)}" == REQUESTS[operation]
    assert request.headers["x-amz-access-token"] == "Atza|token"
    assert "host" not in request.headers
    assert re.fullmatch(r"\d{8}T\d{6}Z", request.headers["x-amz-date"])
    assert request.params == {}  # the library would name the US in four spellings
    if operation in BODIES:
        assert request.content is not None
        assert json.loads(request.content) == BODIES[operation]
    assert "Atza" not in repr(request)


def test_a_grantless_token_is_of_the_application_alone() -> None:
    request = login_request("the-id", "the-secret", "the-refresh-token", None, "the::scope")

    assert request.data == {
        "grant_type": "client_credentials",
        "client_id": "the-id",
        "client_secret": "the-secret",
        "scope": "the::scope",
    }


def test_the_login_is_that_of_amazons_documentation() -> None:
    request = login_request("the-id", "the-secret", "the-refresh-token", None)

    assert (request.method, request.url) == ("POST", "https://api.amazon.com/auth/o2/token")
    assert request.data == {
        "grant_type": "refresh_token",
        "client_id": "the-id",
        "client_secret": "the-secret",
        "refresh_token": "the-refresh-token",
    }
    assert "the-secret" not in repr(request)


def test_an_environment_of_another_marketplace_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SP_API_DEFAULT_MARKETPLACE", "JP")

    assert Routes(ENDPOINT).request("getAccount", "t", (), {}).url.startswith(ENDPOINT)


def test_an_environment_of_no_marketplace_stops_nothing() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import amazon_selling_partner"],
        env=os.environ | {"SP_API_DEFAULT_MARKETPLACE": "nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, "")


def test_the_private_seams_are_there() -> None:
    assert callable(Client._check_response)  # noqa: SLF001 - the seam
    assert callable(AccessTokenClient.get_auth)
