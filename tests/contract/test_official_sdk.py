"""Amazon's official Python SDK reads the sandbox through its public client."""

from __future__ import annotations

import gzip
import logging
from typing import TYPE_CHECKING, Any

import httpx
import pytest

root_level = logging.getLogger().level
spapi = pytest.importorskip("spapi", reason="the official SDK (amzn-sp-api) is not installed")
# The SDK configures the root logger when it is imported.
logging.getLogger().setLevel(root_level)
specifications = pytest.importorskip("spapi.models.reports_v2021_06_30")

if TYPE_CHECKING:
    from conftest import RunningSandbox, StartSandbox

DE = "A1PA6795UKMFR9"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    return start_module_sandbox()


def client_of(sandbox: RunningSandbox, refresh_token: str = "Atzr|sandbox-EU") -> Any:
    config = spapi.SPAPIConfig(
        client_id="amzn1.application-oa2-client.sandbox",
        client_secret="sandbox-secret",
        refresh_token=refresh_token,
        region="EU",
    )
    client = spapi.SPAPIClient(
        config, oauth_endpoint=f"{sandbox.url}/auth/o2/token", endpoint=sandbox.url
    )
    return client.api_client


@pytest.fixture(scope="module")
def client(sandbox: RunningSandbox) -> Any:
    return client_of(sandbox)


def test_it_reads_the_sellers_api(client: Any) -> None:
    sellers = spapi.SellersApi(client)

    participations = sellers.get_marketplace_participations().payload
    account = sellers.get_account().payload

    assert participations[0].marketplace.id == DE
    assert participations[0].participation.is_participating is True
    assert account.business.name == "Sandkasten GmbH"


def test_it_takes_a_report_from_creation_to_its_document(
    client: Any,
    sandbox: RunningSandbox,
) -> None:
    reports = spapi.ReportsApi(client)
    created = reports.create_report(
        specifications.CreateReportSpecification(report_type=LISTINGS, marketplace_ids=[DE])
    )
    sandbox.advance(minutes=5)
    report = reports.get_report(created.report_id)
    document = reports.get_report_document(report.report_document_id)
    listed = reports.get_reports(report_types=[LISTINGS], processing_statuses=["DONE"])

    assert report.processing_status == "DONE"
    assert report.processing_end_time.tzinfo is not None
    assert [each.report_id for each in listed.reports] == [created.report_id]
    body = gzip.decompress(httpx.get(document.url).content)
    assert body.decode("cp1252").startswith("Artikelbezeichnung\t")


def test_it_pages_and_cancels_reports(
    client: Any,
) -> None:
    reports = spapi.ReportsApi(client)
    specification = specifications.CreateReportSpecification(
        report_type=LISTINGS, marketplace_ids=[DE]
    )
    created = [reports.create_report(specification).report_id for _ in range(2)]
    reports.cancel_report(created[0])
    first = reports.get_reports(report_types=[LISTINGS], page_size=1)
    second = reports.get_reports(next_token=first.next_token)

    assert first.reports[0].report_id == created[1]
    assert second.reports[0].report_id == created[0]
    assert second.reports[0].processing_status == "CANCELLED"


def test_it_handles_schedules(client: Any) -> None:
    reports = spapi.ReportsApi(client)
    created = reports.create_report_schedule(
        specifications.CreateReportScheduleSpecification(
            report_type=LISTINGS, marketplace_ids=[DE], period="P7D"
        )
    ).report_schedule_id

    assert reports.get_report_schedule(created).period == "P7D"
    listed = reports.get_report_schedules([LISTINGS]).report_schedules
    assert [each.report_schedule_id for each in listed] == [created]
    reports.cancel_report_schedule(created)
    assert reports.get_report_schedules([LISTINGS]).report_schedules == []


def test_it_reads_the_catalog(client: Any, sandbox: RunningSandbox) -> None:
    catalog = spapi.CatalogApi(client)
    records = sandbox.truth("EU", "product_catalog")
    asins = [record["asin"] for record in records if record["marketplace_id"] == DE][:20]
    found = catalog.search_catalog_items(
        [DE],
        identifiers=asins,
        identifiers_type="ASIN",
        included_data=["identifiers", "summaries"],
        page_size=20,
    )
    item = catalog.get_catalog_item(asins[0], [DE])

    assert found.number_of_results == 20
    assert {each.asin for each in found.items} == set(asins)
    assert item.summaries[0].marketplace_id == DE


def test_it_reads_a_vendors_purchase_orders(sandbox: RunningSandbox) -> None:
    vendor = spapi.VendorOrdersApi(client_of(sandbox, "Atzr|sandbox-vendor"))
    window = {"created_after": "2026-10-20T00:00:00Z", "created_before": "2026-10-27T00:00:00Z"}

    orders = vendor.get_purchase_orders(limit=5, **window).payload
    more = vendor.get_purchase_orders(next_token=orders.pagination.next_token).payload
    statuses = vendor.get_purchase_orders_status(limit=5, **window).payload.orders_status

    assert len(orders.orders) == 5
    assert more.orders
    assert orders.orders[0].order_details.items[0].ordered_quantity.amount >= 0
    numbers = [order.purchase_order_number for order in orders.orders]
    assert [status.purchase_order_number for status in statuses] == numbers


def test_it_understands_refusals(sandbox: RunningSandbox) -> None:
    reports = spapi.ReportsApi(client_of(sandbox))
    with pytest.raises(spapi.ApiException) as unknown:
        reports.get_report("1")
    catalog = spapi.CatalogApi(client_of(sandbox, "Atzr|sandbox-limited"))
    with pytest.raises(spapi.ApiException) as forbidden:
        catalog.get_catalog_item("B000000000", [DE])

    assert unknown.value.status == 404
    assert forbidden.value.status == 403
