"""Every answer of the sandbox is one that Amazon's published models describe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from amazon_seller_sandbox.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import RunningSandbox, StartSandbox
    from contract.conftest import ModelOperation

DE, US = "A1PA6795UKMFR9", "ATVPDKIKX0DER"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
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
    with httpx.Client(base_url=sandbox.url, timeout=30) as http:
        caller = Caller(sandbox, models, http)
        caller.log_in()
        yield caller


def test_operations_have_amazons_names_paths_and_usage_plans(
    models: dict[str, ModelOperation],
) -> None:
    for operation in OPERATIONS:
        model = models[operation.name]
        assert (operation.method, operation.path) == (model.method, model.path)
        assert str(operation.success) in model.responses
        assert model.usage_plan == (operation.rate.per_second, operation.rate.burst)
    assert {operation.name for operation in OPERATIONS} == set(models)


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
        assert httpx.get(document["url"]).status_code == 200


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


def test_orders_with_buyers_and_recipients_page_by_page(amazon: Caller) -> None:
    query: dict[str, Any] = {
        "lastUpdatedAfter": "2026-09-01T00:00:00Z",
        "includedData": "BUYER,RECIPIENT,FULFILLMENT,PROCEEDS",
    }
    first = amazon.call("searchOrders", 200, **query)
    token = first["pagination"]["nextToken"]
    second = amazon.call("searchOrders", 200, **query, paginationToken=token)
    created = amazon.call("searchOrders", 200, createdAfter="2026-11-01T00:00:00Z")

    assert len(first["orders"]) == len(second["orders"]) == 100
    assert any("phone" in order["recipient"]["deliveryAddress"]
               for order in first["orders"] if "recipient" in order)  # fmt: skip
    assert created["orders"]
    assert "buyer" not in created["orders"][0]
    amazon.call("searchOrders", 400)
    amazon.call("searchOrders", 400, **query, maxResultsPerPage="101")
    amazon.call("searchOrders", 403, **query, marketplaceIds=US)


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


@pytest.mark.parametrize("operation", [each.name for each in OPERATIONS])
def test_every_operation_refuses_bad_tokens_and_haste_as_modelled(
    amazon: Caller, operation: str
) -> None:
    path = dict.fromkeys(("reportId", "reportDocumentId", "reportScheduleId", "asin"), "1")
    body: object = {} if operation.startswith("create") else None
    good, amazon.token = amazon.token, ""
    amazon.call(operation, 403, body, path)
    amazon.token = good
    model = amazon.models[operation]
    plan = model.usage_plan
    assert plan is not None
    for _ in range(plan[1]):
        answer = amazon.http.request(
            model.method,
            model.path.format(**path),
            headers={"x-amz-access-token": amazon.token},
            json=body,
        )
        model.check(answer.status_code, answer.headers, answer.text)
    amazon.call(operation, 429, body, path)
    amazon.sandbox.fault(operation, "500")
    amazon.call(operation, 500, body, path)
    amazon.sandbox.advance(minutes=61)
    amazon.call(operation, 403, body, path)
