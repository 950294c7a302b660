"""Amazon's official Python SDK reads the sandbox through its public client."""

from __future__ import annotations

import gzip
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import loopback
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
    body = gzip.decompress(loopback.get(document.url).content)
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


def test_it_reads_transactions(client: Any, sandbox: RunningSandbox) -> None:
    finances = spapi.FinancesV2024Api(client)
    window = {
        "posted_after": datetime(2026, 10, 1, tzinfo=UTC),
        "posted_before": datetime(2026, 10, 31, tzinfo=UTC),
    }
    empty = finances.list_transactions(marketplace_id=DE, **window).payload
    page = finances.list_transactions(
        marketplace_id=DE, next_token=empty.next_token, **window
    ).payload  # fmt: skip
    orders = {record["amazon_order_id"] for record in sandbox.truth("EU", "orders")}

    assert empty.transactions == []
    assert page.transactions
    for transaction in page.transactions:
        related = {each.related_identifier_name: each for each in transaction.related_identifiers}
        assert transaction.total_amount.currency_code == "EUR"
        if transaction.transaction_type != "ServiceFee":
            assert related["ORDER_ID"].related_identifier_value in orders


def test_it_reads_awd_inventory_page_by_page(client: Any, sandbox: RunningSandbox) -> None:
    awd = spapi.AwdApi(client)
    truth = sandbox.truth("EU", "awd_inventory")
    first = awd.list_inventory(details="SHOW", max_results=20)
    second = awd.list_inventory(details="SHOW", max_results=20, next_token=first.next_token)

    found = [*first.inventory, *second.inventory]
    assert [each.sku for each in found] == [each["sku"] for each in truth[:40]]
    assert found[0].inventory_details.replenishment_quantity is not None


def test_it_reads_subscribe_and_save(client: Any, sandbox: RunningSandbox) -> None:
    models = pytest.importorskip("spapi.models.replenishment_v2022_11_07")
    replenishment = spapi.ReplenishmentApi(client)
    day = {"start_date": "2026-10-30T00:00:00Z", "end_date": "2026-10-30T00:00:00Z"}
    asked = {
        "aggregation_frequency": "DAY",
        "time_interval": models.TimeInterval(**day),
        "time_period_type": "PERFORMANCE",
        "marketplace_id": DE,
        "program_types": ["SUBSCRIBE_AND_SAVE"],
    }
    truth = [
        record
        for record in sandbox.truth("EU", "replenishment_offer_metrics")
        if (record["marketplace_id"], record["report_end_date"]) == (DE, day["end_date"])
    ]

    metrics = replenishment.get_selling_partner_metrics(
        body=models.GetSellingPartnerMetricsRequest(**asked)
    ).metrics
    found = replenishment.list_offer_metrics(
        body=models.ListOfferMetricsRequest(
            pagination=models.ListOfferMetricsRequestPagination(limit=500, offset=0),
            filters=models.ListOfferMetricsRequestFilters(**asked),
        )
    )

    assert len(metrics) == 3
    assert found.pagination.total_results == len(truth)
    assert {each.sku for each in found.offers} == {record["sku"] for record in truth}


def test_it_reads_prices_and_fees(client: Any, sandbox: RunningSandbox) -> None:
    pricing = pytest.importorskip("spapi.models.product_pricing_v2022_05_01")
    fees = pytest.importorskip("spapi.models.product_fees_v0")
    own = [each for each in sandbox.truth("EU", "fee_estimates") if each["marketplace_id"] == DE]
    products = spapi.ProductPricingV2022Api(client)

    summaries = products.get_competitive_summary(
        requests=pricing.CompetitiveSummaryBatchRequest(
            requests=[
                pricing.CompetitiveSummaryRequest(
                    asin=record["asin"],
                    marketplace_id=DE,
                    included_data=["featuredBuyingOptions", "referencePrices"],
                    method="GET",
                    uri="/products/pricing/2022-05-01/items/competitiveSummary",
                )
                for record in own[:20]
            ]
        )
    ).responses
    estimates = spapi.FeesApi(client).get_my_fees_estimates(
        body=[
            fees.FeesEstimateByIdRequest(
                id_type="SellerSKU",
                id_value=record["sku"],
                fees_estimate_request=fees.FeesEstimateRequest(
                    marketplace_id=DE,
                    is_amazon_fulfilled=record["is_amazon_fulfilled"],
                    identifier=record["sku"],
                    price_to_estimate_fees=fees.PriceToEstimateFees(
                        listing_price=fees.MoneyType(
                            currency_code="EUR", amount=record["listing_price"]
                        )
                    ),
                ),
            )
            for record in own[:20]
        ]
    )

    assert [each.status.status_code for each in summaries] == [200] * 20
    featured = [option for each in summaries for option in each.body.featured_buying_options]
    assert any(len(option.segmented_featured_offers) > 1 for option in featured)
    totals = {
        each.fees_estimate_identifier.seller_input_identifier: (
            each.fees_estimate.total_fees_estimate.amount
        )
        for each in estimates
    }
    assert totals == {record["sku"]: record["total_fees"] for record in own[:20]}


def test_it_reads_orders_with_their_buyers(client: Any) -> None:
    found = spapi.SearchOrdersApi(client).search_orders(
        last_updated_after="2026-10-01T00:00:00Z",
        marketplace_ids=[DE],
        included_data=["BUYER", "RECIPIENT"],
        max_results_per_page=20,
    )

    assert len(found.orders) == 20
    assert found.pagination.next_token
    assert any(order.buyer and order.buyer.buyer_name for order in found.orders)


def test_it_gets_a_restricted_data_token(client: Any) -> None:
    models = pytest.importorskip("spapi.models.tokens_v2021_03_01")
    resource = models.RestrictedResource(
        method="GET", path="/reports/2021-06-30/documents/amzn1.spdoc.1"
    )
    body = models.CreateRestrictedDataTokenRequest(restricted_resources=[resource])

    assert spapi.TokensApi(client).create_restricted_data_token(body).expires_in == 3600


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
