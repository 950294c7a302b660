"""Every answer of the sandbox is one that Amazon's published models describe."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import loopback
import pytest

from amazon_seller_sandbox.api.operations import OPERATIONS
from amazon_seller_sandbox.world.accounts import ACCOUNTS
from amazon_seller_sandbox.world.code_catalog.rows import rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import RunningSandbox, StartSandbox
    from contract.conftest import ModelOperation

DE, US = "A1PA6795UKMFR9", "ATVPDKIKX0DER"
IN_PART = ("/awd/",)
"""Paths of the APIs of which the sandbox has only some operations."""
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
WEEKS = ("2026-10-20T00:00:00Z", "2026-11-01T00:00:00Z")
RESTRICTED = {each.name for each in OPERATIONS if each.restricted}
GRANTLESS = {each.name for each in OPERATIONS if each.grantless}
STOCK = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"


@dataclass(slots=True)
class Caller:
    """Calls operations and holds every answer against the model."""

    sandbox: RunningSandbox
    models: dict[str, ModelOperation]
    http: httpx.Client
    token: str = ""

    def log_in(self, refresh_token: str = "Atzr|sandbox-EU") -> None:
        """Fetch an access token."""
        answer = self.http.post(
            "/auth/o2/token",
            data={
                "grant_type": "refresh_token",
                "client_id": "amzn1.application-oa2-client.sandbox",
                "client_secret": "sandbox-secret",
                "refresh_token": refresh_token,
            },
        )
        self.token = answer.raise_for_status().json()["access_token"]

    def log_in_application(self) -> None:
        """Fetch a token of the application alone."""
        answer = self.http.post(
            "/auth/o2/token",
            data={
                "grant_type": "client_credentials",
                "client_id": "amzn1.application-oa2-client.sandbox",
                "client_secret": "sandbox-secret",
                "scope": "sellingpartnerapi::notifications",
            },
        )
        self.token = answer.raise_for_status().json()["access_token"]

    def open_path(self, path: str) -> None:
        """Call with a restricted data token of a path from now on."""
        resources = {"restrictedResources": [{"method": "GET", "path": path}]}
        answer = self.call("createRestrictedDataToken", 200, resources)
        self.token = answer["restrictedDataToken"]

    def call(
        self,
        operation: str,
        status: int,
        body: object = None,
        path: dict[str, str] | None = None,
        **query: str,
    ) -> Any:
        """Call an operation, expect a status, and return the JSON body."""
        model = self.models[operation]
        answer = self.http.request(
            model.method,
            model.path.format(**(path or {})),
            headers={"x-amz-access-token": self.token},
            params=query,
            json=body,
        )
        assert answer.status_code == status, answer.text
        model.check(answer.status_code, answer.headers, answer.text)
        return answer.json() if answer.text else None

    def finished(self, report_type: str, **more: object) -> dict[str, Any]:
        """Create a report, let its time pass, and return it."""
        body = {"reportType": report_type, "marketplaceIds": [DE], **more}
        report_id = self.call("createReport", 202, body)["reportId"]
        self.call("getReport", 200, path={"reportId": report_id})
        self.sandbox.advance(minutes=5)
        found: dict[str, Any] = self.call("getReport", 200, path={"reportId": report_id})
        return found


@pytest.fixture
def amazon(start_sandbox: StartSandbox, models: dict[str, ModelOperation]) -> Iterator[Caller]:
    sandbox = start_sandbox()
    with httpx.Client(verify=loopback.TLS, base_url=sandbox.url, timeout=30) as http:
        caller = Caller(sandbox, models, http)
        caller.log_in()
        yield caller


def test_codes_are_answered_as_modelled(
    start_sandbox: StartSandbox, models: dict[str, ModelOperation]
) -> None:
    asked = [row for row in rows(1, 160) if row.code.isdigit() and len(row.code) == 13]
    seller = {"sellerId": ACCOUNTS["EU"].seller_id}
    sandbox = start_sandbox(codes=160, clock_factor=600)
    with httpx.Client(verify=loopback.TLS, base_url=sandbox.url, timeout=30) as http:
        caller = Caller(sandbox, models, http)
        caller.log_in()
        found = listed = 0
        for first in range(0, 100, 20):
            codes = ",".join(row.code for row in asked[first : first + 20])
            query: dict[str, Any] = {
                "identifiers": codes,
                "identifiersType": "EAN",
                "marketplaceIds": DE,
            }
            datasets = "attributes,identifiers,images,salesRanks,summaries,relationships"
            items = caller.call(
                "searchCatalogItems", 200, **query, includedData=datasets, pageSize="20"
            )
            found += items["numberOfResults"]
            own = caller.call(
                "searchListingsItems",
                200,
                path=seller,
                **query,
                includedData="attributes,summaries",
            )
            listed += own["numberOfResults"]
            sandbox.advance(minutes=1)
        assert found > 80
        assert listed


def test_operations_have_amazons_names_paths_and_usage_plans(
    models: dict[str, ModelOperation],
) -> None:
    for operation in OPERATIONS:
        model = models[operation.name]
        assert (operation.method, operation.path) == (model.method, model.path)
        assert str(operation.success) in model.responses
        assert model.usage_plan == (operation.rate.per_second, operation.rate.burst)
    missing = set(models) - {operation.name for operation in OPERATIONS}
    assert all(models[name].path.startswith(IN_PART) for name in missing)


def test_sellers(amazon: Caller) -> None:
    for refresh_token in ("Atzr|sandbox-NA", "Atzr|sandbox-EU", "Atzr|sandbox-FE"):
        amazon.log_in(refresh_token)
        assert amazon.call("getMarketplaceParticipations", 200)["payload"]
        assert amazon.call("getAccount", 200)["payload"]


def test_the_life_of_reports(amazon: Caller) -> None:
    window = {"dataStartTime": "2026-10-10T00:00:00Z", "dataEndTime": "2026-11-01T00:00:00Z"}
    long = {"dataStartTime": "2026-01-10T00:00:00Z", "dataEndTime": "2026-11-01T00:00:00Z"}
    done = amazon.finished(ORDERS, **window)
    fatal = amazon.finished(ORDERS, **long)
    outcomes = [amazon.finished(STOCK)["processingStatus"] for _ in range(3)]
    queued = amazon.call("createReport", 202, {"reportType": LISTINGS, "marketplaceIds": [DE]})
    amazon.call("cancelReport", 200, path={"reportId": queued["reportId"]})
    first = amazon.call("getReports", 200, reportTypes=f"{ORDERS},{STOCK},{LISTINGS}", pageSize="4")
    second = amazon.call("getReports", 200, nextToken=first["nextToken"])

    assert done["processingStatus"] == "DONE"
    assert fatal["processingStatus"] == "FATAL"
    assert sorted(outcomes) == ["CANCELLED", "DONE", "FATAL"]
    assert len(first["reports"] + second["reports"]) == 6
    for report in (done, fatal):
        document = amazon.call(
            "getReportDocument",
            200,
            path={"reportDocumentId": report["reportDocumentId"]},
            enableContentEncodingUrlHeader="true",
        )
        assert loopback.get(document["url"]).status_code == 200


def test_schedules(amazon: Caller) -> None:
    body = {
        "reportType": LISTINGS,
        "marketplaceIds": [DE],
        "period": "P1D",
        "reportOptions": {"custom": "true"},
        "nextReportCreationTime": "2026-11-03T00:00:00Z",
    }
    schedule = amazon.call("createReportSchedule", 201, body)["reportScheduleId"]
    path = {"reportScheduleId": schedule}

    assert amazon.call("getReportSchedules", 200, reportTypes=LISTINGS)["reportSchedules"]
    assert amazon.call("getReportSchedule", 200, path=path)["period"] == "P1D"
    amazon.call("cancelReportSchedule", 200, path=path)
    amazon.call("getReportSchedule", 404, path=path)
    amazon.call("cancelReportSchedule", 404, path=path)
    amazon.call("createReportSchedule", 400, body | {"period": "P9D"})
    amazon.call("getReportSchedules", 400)


def test_the_catalog_with_every_dataset(amazon: Caller) -> None:
    datasets = (
        "attributes,classifications,dimensions,identifiers,images,"
        "productTypes,relationships,salesRanks,summaries,vendorDetails"
    )
    records = amazon.sandbox.truth("EU", "product_catalog")
    asins = [record["asin"] for record in records if record["marketplace_id"] == DE]
    for begin in range(0, 80, 20):
        found = amazon.call(
            "searchCatalogItems",
            200,
            identifiers=",".join(asins[begin : begin + 20]),
            identifiersType="ASIN",
            marketplaceIds=DE,
            includedData=datasets,
        )
        assert found["numberOfResults"] == 20
        amazon.sandbox.advance(minutes=1)
    item = amazon.call(
        "getCatalogItem", 200, path={"asin": asins[0]}, marketplaceIds=DE, includedData=datasets
    )

    assert set(item) == {"asin", *datasets.split(",")}


def test_transactions(amazon: Caller) -> None:
    def ask(status: int, **query: str) -> Any:
        return amazon.call("listTransactions", status, None, None, **query)

    window = {"postedAfter": "2026-10-01T00:00:00Z", "postedBefore": "2026-10-31T00:00:00Z"}
    first = ask(200, marketplaceId=DE, **window)["payload"]
    token = first["nextToken"]
    second = ask(200, marketplaceId=DE, nextToken=token, **window)["payload"]
    everywhere = ask(200, postedAfter="2026-09-01T00:00:00Z")["payload"]

    assert first["transactions"] == [], "the operation can answer with empty pages"
    assert {each["transactionType"] for each in second["transactions"]} >= {"Shipment", "Refund"}
    assert everywhere["nextToken"]
    ask(400, marketplaceId=DE, nextToken=token)
    ask(400, marketplaceId=US, **window)
    ask(400, postedAfter="2026-11-02T08:00:00Z")
    ask(400, postedAfter="2024-10-01T00:00:00Z")


def test_awd_inventory(amazon: Caller) -> None:
    first = amazon.call("listInventory", 200, details="SHOW", maxResults="20")
    amazon.sandbox.advance(minutes=1)
    token = first["nextToken"]
    amazon.call("listInventory", 200, details="SHOW", maxResults="20", nextToken=token)
    amazon.sandbox.advance(minutes=1)
    assert amazon.call("listInventory", 200, sortOrder="DESCENDING")["inventory"]
    amazon.call("listInventory", 400, sortOrder="UNKNOWN")
    amazon.sandbox.advance(minutes=1)
    amazon.log_in("Atzr|sandbox-limited")
    amazon.call("listInventory", 403)


def test_subscribe_and_save(amazon: Caller) -> None:
    def ask(operation: str, status: int, body: dict[str, Any]) -> Any:
        amazon.sandbox.advance(minutes=1)
        return amazon.call(operation, status, body)

    day = {"startDate": "2026-10-30T00:00:00Z", "endDate": "2026-10-30T00:00:00Z"}
    of_days = {
        "aggregationFrequency": "DAY",
        "marketplaceId": DE,
        "programTypes": ["SUBSCRIBE_AND_SAVE"],
        "timeInterval": day,
        "timePeriodType": "PERFORMANCE",
    }
    page = {"limit": 500, "offset": 0}
    for token, places in (("EU", [DE]), ("NA", [US, "A2EUQ1WTGCTBG2"]), ("vendor", [DE])):
        amazon.log_in(f"Atzr|sandbox-{token}")
        for place in places:
            asked = of_days | {"marketplaceId": place}
            metrics = ask("getSellingPartnerMetrics", 200, asked)["metrics"]
            assert len(metrics) == 3  # of the day, of one year, and of two
            listed = {"filters": asked, "pagination": page}
            assert ask("listOfferMetrics", 200, listed)["offers"]
            offers = {name: asked[name] for name in ("marketplaceId", "programTypes")}
            small = {"filters": offers, "pagination": {"limit": 100, "offset": 0}}
            assert ask("listOffers", 200, small)["offers"]
    amazon.log_in()
    forecast = {name: of_days[name] for name in of_days if name != "aggregationFrequency"} | {
        "timePeriodType": "FORECAST"
    }
    key = {"key": "NEXT_90DAYS_TOTAL_SUBSCRIPTIONS_REVENUE", "order": "DESC"}
    found = ask("listOfferMetrics", 200, {"filters": forecast, "pagination": page, "sort": key})
    revenue = [each["next90DayTotalSubscriptionsRevenue"] for each in found["offers"]]
    assert revenue == sorted(revenue, reverse=True)
    assert found["pagination"]["totalResults"] == len(revenue) > 50
    ask("getSellingPartnerMetrics", 400, of_days | {"metrics": ["UNKNOWN"]})
    ask("listOfferMetrics", 400, {"filters": of_days, "pagination": page | {"offset": 9_001}})
    ask(
        "listOfferMetrics", 400, {"filters": of_days | {"productGroups": ["X"]}, "pagination": page}
    )
    amazon.log_in("Atzr|sandbox-limited")
    ask("getSellingPartnerMetrics", 403, of_days)


def test_prices_and_fees(amazon: Caller) -> None:
    def ask(operation: str, status: int, body: object) -> Any:
        amazon.sandbox.advance(minutes=1)
        return amazon.call(operation, status, body)

    for account, place in (("EU", DE), ("NA", US), ("FE", "A1VC38T7YXB528")):
        amazon.log_in(f"Atzr|sandbox-{account}")
        records = amazon.sandbox.truth(account, "fee_estimates")
        own = [record for record in records if record["marketplace_id"] == place]
        statuses: Counter[int] = Counter()
        for first in range(0, 80, 20):
            part = own[first : first + 20]
            asked = [summary_request(record["asin"], place) for record in part[:-1]]
            wrong = summary_request("11_AABB_123", place)
            answer = ask("getCompetitiveSummary", 200, {"requests": [*asked, wrong]})
            statuses.update(each["status"]["statusCode"] for each in answer["responses"])
        assert statuses == {200: 76, 400: 4}
        skus = [*(record["sku"] for record in own[:39]), "no such SKU"]
        prices = ask(
            "getFeaturedOfferExpectedPriceBatch",
            200,
            {"requests": [price_request(sku, place) for sku in skus]},
        )
        assert {each["request"]["sku"] for each in prices["responses"]} == set(skus)
        requests = [fees_request(number, record) for number, record in enumerate(own[:19])]
        requests.append(fees_request(19, own[0] | {"sku": "no such SKU"}))
        fees = ask("getMyFeesEstimates", 200, requests)
        assert Counter(each["Status"] for each in fees) == {"Success": 19, "ClientError": 1}
    amazon.log_in()
    wrong = summary_request("11_AABB_123", DE)
    ask("getCompetitiveSummary", 400, {"requests": [wrong]})
    ask("getCompetitiveSummary", 400, {"requests": [wrong] * 21})
    ask("getCompetitiveSummary", 403, {"requests": [summary_request("B000000000", US)]})
    ask("getFeaturedOfferExpectedPriceBatch", 400, {"requests": [price_request("x", DE)]})
    ask("getMyFeesEstimates", 400, [])
    ask("getMyFeesEstimates", 400, {"requests": []})
    for fault in ("refused_entry", "failed_entry"):
        amazon.sandbox.fault("getCompetitiveSummary", fault)
        ask("getCompetitiveSummary", 200, {"requests": [summary_request("B000000000", DE)]})
    amazon.log_in("Atzr|sandbox-vendor")
    ask("getMyFeesEstimates", 403, [])


def test_offers_of_listings_and_items(amazon: Caller) -> None:
    def ask(operation: str, status: int, requests: object) -> Any:
        amazon.sandbox.advance(minutes=1)
        return amazon.call(operation, status, {"requests": requests})

    for account, place in (("EU", DE), ("NA", US), ("FE", "A1VC38T7YXB528")):
        amazon.log_in(f"Atzr|sandbox-{account}")
        records = amazon.sandbox.truth(account, "competitive_prices")
        own = [each for each in records if each["marketplace_id"] == place][:57]
        found: Counter[object] = Counter()
        for first in range(0, 57, 19):
            part = own[first : first + 19]
            skus = [each["seller_skus"][0] for each in part] + ["no such SKU"]
            listings = ask(
                "getListingOffersBatch", 200,
                [offers_request(f"listings/{quote(each, safe='')}", place) for each in skus],
            )  # fmt: skip
            asins = [each["asin"] for each in part] + ["11_AABB_123"]
            items = ask(
                "getItemOffersBatch", 200,
                [offers_request(f"items/{each}", place) for each in asins],
            )  # fmt: skip
            assert {each["request"]["SellerSKU"] for each in listings["responses"]} == set(skus)
            assert {each["request"]["Asin"] for each in items["responses"]} == set(asins)
            for answer in (listings, items):
                found.update(
                    each["body"].get("payload", {}).get("status", each["status"]["statusCode"])
                    for each in answer["responses"]
                )
        assert found[400] == 6
        assert found.keys() == {"Success", "NoBuyableOffers", "ActiveButTooSoonForProcessing", 400}
    amazon.log_in()
    known = offers_request("items/B000000000", DE)
    ask("getItemOffersBatch", 400, [known] * 21)
    ask("getItemOffersBatch", 400, [])
    ask("getItemOffersBatch", 400, [offers_request("listings/S", DE)])
    within = {name: known.pop(name) for name in ("MarketplaceId", "ItemCondition", "CustomerType")}
    ask("getItemOffersBatch", 400, [known | {"queryParams": within}])
    ask("getListingOffersBatch", 403, [offers_request("listings/S", US)])
    for fault in ("refused_entry", "failed_entry"):
        amazon.sandbox.fault("getItemOffersBatch", fault)
        ask("getItemOffersBatch", 200, [offers_request("items/B000000000", DE)])
    amazon.log_in("Atzr|sandbox-limited")
    ask("getListingOffersBatch", 403, [offers_request("listings/S", DE)])


def offers_request(path: str, place: str) -> dict[str, Any]:
    """A request of the batches of Product Pricing v0."""
    return {
        "uri": f"/products/pricing/v0/{path}/offers",
        "method": "GET",
        "MarketplaceId": place,
        "ItemCondition": "New",
        "CustomerType": "Consumer",
    }


def summary_request(asin: str, place: str) -> dict[str, Any]:
    """A request of getCompetitiveSummary for all that there is."""
    return {
        "asin": asin,
        "marketplaceId": place,
        "includedData": [
            "featuredBuyingOptions", "lowestPricedOffers", "referencePrices", "similarItems",
        ],
        "lowestPricedOffersInputs": [
            {"itemCondition": each, "offerType": "Consumer"} for each in ("New", "Used")
        ],
        "method": "GET",
        "uri": "/products/pricing/2022-05-01/items/competitiveSummary",
    }  # fmt: skip


def price_request(sku: str, place: str) -> dict[str, Any]:
    """A request of getFeaturedOfferExpectedPriceBatch."""
    return {
        "sku": sku,
        "marketplaceId": place,
        "method": "GET",
        "uri": "/products/pricing/2022-05-01/offer/featuredOfferExpectedPrice",
    }


def fees_request(number: int, record: dict[str, Any]) -> dict[str, Any]:
    """A request of getMyFeesEstimates for a true record of fees."""
    price = {"CurrencyCode": record["currency"], "Amount": record["listing_price"]}
    return {
        "IdType": "SellerSKU",
        "IdValue": record["sku"],
        "FeesEstimateRequest": {
            "Identifier": str(number),
            "IsAmazonFulfilled": record["is_amazon_fulfilled"],
            "MarketplaceId": record["marketplace_id"],
            "PriceToEstimateFees": {"ListingPrice": price},
        },
    }


def test_orders_with_buyers_and_recipients_page_by_page(amazon: Caller) -> None:
    query: dict[str, Any] = {
        "lastUpdatedAfter": "2026-09-01T00:00:00Z",
        "includedData": "BUYER,RECIPIENT,FULFILLMENT,PROCEEDS",
    }
    first = amazon.call("searchOrders", 200, None, None, **query)
    token = first["pagination"]["nextToken"]
    second = amazon.call("searchOrders", 200, None, None, **query, paginationToken=token)
    created = amazon.call("searchOrders", 200, createdAfter="2026-11-01T00:00:00Z")

    assert len(first["orders"]) == len(second["orders"]) == 100
    assert any("phone" in order["recipient"]["deliveryAddress"]
               for order in first["orders"] if "recipient" in order)  # fmt: skip
    assert created["orders"]
    assert "buyer" not in created["orders"][0]
    amazon.call("searchOrders", 400)
    amazon.call("searchOrders", 400, None, None, **query, maxResultsPerPage="101")
    amazon.call("searchOrders", 403, None, None, **query, marketplaceIds=US)


def test_restricted_data_tokens(amazon: Caller) -> None:
    resource = {"method": "GET", "path": "/reports/2021-06-30/documents/amzn1.spdoc.1"}
    answer = amazon.call("createRestrictedDataToken", 200, {"restrictedResources": [resource]})

    assert answer["restrictedDataToken"].startswith("Atz.sprdt|")
    amazon.call("createRestrictedDataToken", 400, {"restrictedResources": []})
    everything = resource | {"path": "/reports/2021-06-30/documents/{reportDocumentId}"}
    amazon.call("createRestrictedDataToken", 400, {"restrictedResources": [everything]})


def test_refusals(amazon: Caller) -> None:
    report = amazon.finished(LISTINGS)
    amazon.call("createReport", 400, {"reportType": "GET_UNKNOWN", "marketplaceIds": [DE]})
    amazon.call("createReport", 400, {"reportType": LISTINGS, "marketplaceIds": []})
    amazon.call("createReport", 403, {"reportType": LISTINGS, "marketplaceIds": [US]})
    amazon.call("getReports", 400)
    amazon.call("getReport", 400, path={"reportId": "x"})
    amazon.call("getReport", 404, path={"reportId": "1"})
    amazon.call("cancelReport", 400, path={"reportId": report["reportId"]})
    amazon.call("cancelReport", 404, path={"reportId": "1"})
    amazon.call("getReportDocument", 400, path={"reportDocumentId": "x"})
    amazon.call("getReportDocument", 404, path={"reportDocumentId": "amzn1.spdoc.1.4.eu.x"})
    amazon.call("searchCatalogItems", 400)
    amazon.call("getCatalogItem", 404, path={"asin": "B0ZZZZZZZZ"}, marketplaceIds=DE)


def test_purchase_orders_of_vendors(amazon: Caller) -> None:
    amazon.log_in("Atzr|sandbox-vendor")
    for after in WEEKS:
        before = after.replace("T00", "T23")
        orders = amazon.call(
            "getPurchaseOrders", 200, createdAfter=after, createdBefore=before, limit="3"
        )["payload"]
        amazon.call("getPurchaseOrders", 200, nextToken=orders["pagination"]["nextToken"])
        numbers = amazon.call(
            "getPurchaseOrders",
            200,
            changedAfter=after,
            changedBefore=before,
            includeDetails="false",
        )
        statuses = amazon.call(
            "getPurchaseOrdersStatus", 200, updatedAfter=after, updatedBefore=before
        )
        assert len(orders["orders"]) == 3
        assert "orderDetails" not in numbers["payload"]["orders"][0]
        assert statuses["payload"]["ordersStatus"]
    amazon.call("getPurchaseOrders", 400)
    amazon.call("getPurchaseOrdersStatus", 400)


def test_direct_fulfilment_of_vendors(amazon: Caller) -> None:
    for operation, name in (("getOrders", "orders"), ("getCustomerInvoices", "customerInvoices")):
        amazon.log_in("Atzr|sandbox-vendor")
        amazon.open_path(amazon.models[operation].path)
        first = amazon.call(
            operation,
            200,
            limit="10",
            createdAfter=WEEKS[0],
            createdBefore="2026-10-27T00:00:00Z",
        )
        second = amazon.call(operation, 200, nextToken=first["pagination"]["nextToken"])

        assert len(first[name]) == len(second[name]) == 10
        amazon.call(operation, 400)


def test_notifications_are_answered_as_modelled(amazon: Caller) -> None:
    arn = "arn:aws:sqs:eu-west-1:123456789012:queue"
    kind = {"notificationType": "ORDER_CHANGE"}
    seller = amazon.token
    amazon.call("createDestination", 403, {"name": "a", "resourceSpecification": {}})
    amazon.log_in_application()
    asked = {"name": "a", "resourceSpecification": {"sqs": {"arn": arn}}}
    made = amazon.call("createDestination", 200, asked)["payload"]
    amazon.call("createDestination", 409, asked)
    amazon.call("createDestination", 400, asked | {"resourceSpecification": {"sqs": {"arn": "x"}}})
    there = {"destinationId": made["destinationId"]}
    assert amazon.call("getDestinations", 200)["payload"] == [made]
    assert amazon.call("getDestination", 200, path=there)["payload"] == made
    application, amazon.token = amazon.token, seller
    amazon.call("getSubscription", 404, path=kind)
    asked = {"payloadVersion": "1.0", **there}
    for other in ({}, {"processingDirective": {"eventFilter": {"eventFilterType": "Any"}}}):
        amazon.call("createSubscription", 400, asked | other, kind)
    asked["processingDirective"] = {"eventFilter": {"eventFilterType": "ORDER_CHANGE"}}
    found = amazon.call("createSubscription", 200, asked, kind)["payload"]
    amazon.call("createSubscription", 409, asked, kind)
    amazon.call("createSubscription", 400, asked | {"payloadVersion": "7"}, kind)
    assert amazon.call("getSubscription", 200, path=kind, payloadVersion="1.0")["payload"] == found
    listed = amazon.call("getSubscriptions", 200, notificationTypes="ORDER_CHANGE")
    assert listed["payload"]["subscriptions"] == [found]
    amazon.token = application
    one = kind | {"subscriptionId": found["subscriptionId"]}
    assert amazon.call("getSubscriptionById", 200, path=one)["payload"] == found
    example = {"payloadVersion": "1.0", "testScenario": "Any"}
    amazon.call("sendTestNotification", 200, there | {"testNotification": example}, kind)
    lacking = there | {"testNotification": {"payloadVersion": "1.0"}}
    amazon.call("sendTestNotification", 400, lacking, kind)
    amazon.call("deleteDestination", 409, path=there)
    amazon.call("deleteSubscriptionById", 200, path=one)
    amazon.call("deleteDestination", 200, path=there)
    amazon.sandbox.advance(minutes=1)
    amazon.call("deleteDestination", 404, path=there)


def test_a_single_order_is_answered_as_modelled(amazon: Caller) -> None:
    since = "2026-10-20T00:00:00Z"
    (listed,) = amazon.call("searchOrders", 200, lastUpdatedAfter=since, maxResultsPerPage="1")[
        "orders"
    ]

    found = amazon.call("getOrder", 200, path={"orderId": listed["orderId"]})

    assert found["order"] == listed
    amazon.call("getOrder", 404, path={"orderId": "302-0000000-0000000"})


@pytest.mark.parametrize("operation", [each.name for each in OPERATIONS])
def test_every_operation_refuses_bad_tokens_and_haste_as_modelled(
    amazon: Caller, operation: str
) -> None:
    body: object = {} if operation.startswith(("create", "send")) else None
    model = amazon.models[operation]
    path = dict.fromkeys(re.findall(r"\{(\w+)\}", model.path), "1")
    if model.path.startswith("/vendor/"):
        amazon.log_in("Atzr|sandbox-vendor")
    if operation in RESTRICTED:
        amazon.open_path(model.path)
    if operation in GRANTLESS:
        amazon.log_in_application()
    good, amazon.token = amazon.token, ""
    amazon.call(operation, 403, body, path)
    amazon.token = good
    plan = model.usage_plan
    assert plan is not None
    for _ in range(plan[1] * 20):  # a bucket may fill while it is being emptied
        answer = amazon.http.request(
            model.method,
            model.path.format(**path),
            headers={"x-amz-access-token": amazon.token},
            json=body,
        )
        model.check(answer.status_code, answer.headers, answer.text)
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    amazon.sandbox.fault(operation, "500")
    amazon.call(operation, 500, body, path)
    amazon.sandbox.advance(minutes=61)
    amazon.call(operation, 403, body, path)
