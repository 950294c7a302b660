"""The account, buyers, catalog details, further order reports and listings are the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import jsonschema_rs
import loopback
import pytest
from running import Output, configuration, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox

ACCOUNT = ("account",)
CATALOG = ("product_catalog", "product_details")
BUYERS = ("order_address", "order_buyer_info")
LASTING = (
    "all_orders_by_order_date",
    "archived_orders",
    "seller_feedback",
    "xml_orders",
    "xml_orders_by_order_date",
)
ORDERS = (*LASTING, "shipping_orders")
LISTED_AS = (
    "active_listings",
    "browse_tree",
    "cancelled_listings",
    "inactive_listings",
    "listings_back_compat",
    "open_listings",
    "suppressed_listings",
)
ALL = (*ACCOUNT, *CATALOG, *BUYERS, *ORDERS, *LISTED_AS)
FACTOR = 200
START = "2026-10-04T00:00:00Z"
LISTED = "/reports/2021-06-30/reports"

NEW = "buyer_identification_number"  # a column of Japanese order files that no schema declares

Record = dict[str, Any]


def start(start_sandbox: StartSandbox, **options: object) -> RunningSandbox:
    """A fast sandbox with few orders."""
    usual = {"clock_factor": FACTOR, "orders": 120, "days": 28, "report_seconds": (1, 30)}
    return start_sandbox(**(usual | options))


def settings(sandbox: RunningSandbox, account: str = "EU", *places: str, **more: object) -> Record:
    """A configuration for some of an account's marketplaces; its orders are in reach of one window."""
    config = configuration(sandbox.url, account, clock_factor=FACTOR, start_date=START)
    return config | ({"marketplaces": list(places)} if places else {}) | more


def keys_of(output: Output, stream: str) -> list[str]:
    """The key that the stream's SCHEMA message names."""
    keys: list[str] = output.schemas[stream][-1]["key_properties"]
    return keys


def by_key(records: list[Record], keys: list[str]) -> dict[tuple[Any, ...], Record]:
    """What a target that upserts holds in the end."""
    return {tuple(record[name] for name in keys): told(record) for record in records}


def told(record: Record) -> Record:
    """The properties that are not null: one that a side lacks counts as null."""
    return {name: value for name, value in record.items() if value is not None}


def assert_is_truth(
    sandbox: RunningSandbox, account: str, stream: str, *runs: Output, doubled: bool = False
) -> None:
    """Every run's records fit the schema, have keys of their own, and are together the truth."""
    keys = keys_of(runs[0], stream)
    records = [record for run in runs for record in run.records.get(stream, [])]
    validator = jsonschema_rs.Draft202012Validator(runs[-1].schemas[stream][-1]["schema"])
    for record in records:
        validator.validate(record)
    for run in runs:
        own = run.records.get(stream, [])
        assert doubled or len(by_key(own, keys)) == len(own), f"{stream} doubles records"
    places = {record.get("marketplace_id") for record in records}
    truth = by_key(
        [each for each in sandbox.truth(account, stream) if each.get("marketplace_id") in places],
        keys,
    )
    have = by_key(records, keys)
    assert truth, stream
    assert have.keys() == truth.keys(), stream
    assert have == truth, stream


@pytest.mark.parametrize(
    ("account", "places", "habits"),
    [
        ("NA", ("US", "CA"), {}),
        ("EU", ("DE", "GB"), {"ignore_report_locale": True, "region_wide_orders": True}),
        ("FE", ("JP", "AU"), {"ignore_report_locale": True}),
    ],
)
def test_every_stream_equals_the_truth(
    start_sandbox: StartSandbox,
    tmp_path: Path,
    account: str,
    places: tuple[str, ...],
    habits: dict[str, object],
) -> None:
    sandbox = start(start_sandbox, orders=600, **habits)
    config = settings(sandbox, account, *places, include_pii=True)

    output = run_tap(tmp_path, config, None, *select(tmp_path, *ALL))

    assert output.returncode == 0, output.errors
    assert all("catalog of" in line or NEW in line for line in output.warnings())
    for record in output.records["account"]:
        assert record.pop("primary_contact")["name"] == "Sandy Beach"
        assert record.pop("registered_business_address")["countryCode"]
    for stream in ALL[1:]:
        assert len({record["marketplace_id"] for record in output.records[stream]}) == 2, stream
    for stream in ALL:
        assert_is_truth(sandbox, account, stream, output)
    assert not any("429" in statuses for statuses in sandbox.calls().values())


def test_a_second_sync_brings_what_is_new_or_changed(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start(start_sandbox, orders=600)
    config = settings(sandbox, "NA", "US", "MX", include_pii=True)
    chosen = select(tmp_path, *ORDERS)

    first = run_tap(tmp_path, config, None, *chosen)
    sandbox.advance(minutes=36 * 60)
    second = run_tap(tmp_path, config, first.state, *chosen)

    for stream in LASTING:
        assert_is_truth(sandbox, "NA", stream, first, second)
    assert len(second.records["xml_orders"]) < len(first.records["xml_orders"]) / 2
    # What has been shipped is no longer in the report.
    assert_is_truth(sandbox, "NA", "shipping_orders", second)


def calls(sandbox: RunningSandbox, operation: str) -> int:
    """How often an operation was answered."""
    return sandbox.calls().get(operation, {}).get("200", 0)


def test_buyers_come_in_one_pass_for_both_streams_and_all_marketplaces(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=FACTOR, orders=600, days=28)
    config = settings(sandbox, include_pii=True)
    chosen = select(tmp_path, *BUYERS)

    sandbox.fault("searchOrders", "429", times=1, skip=1)
    first = run_tap(tmp_path, config, None, *chosen)
    calls_of_first = calls(sandbox, "searchOrders")
    sandbox.advance(minutes=24 * 60)
    second = run_tap(tmp_path, config, first.state, *chosen)

    assert sandbox.struck() == 1
    assert 3 <= calls_of_first <= 3 + 600 // 100
    assert calls(sandbox, "searchOrders") <= calls_of_first + 3  # once a day, back for five days
    for stream in BUYERS:
        assert 0 < len(second.records[stream]) < len(first.records[stream]) / 2
        assert_is_truth(sandbox, "EU", stream, first, second)
    for record in first.records["order_buyer_info"]:
        assert record["buyer_name"] not in first.errors


def test_a_marketplace_that_joins_later_brings_all_its_buyers(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start(start_sandbox)
    config = settings(sandbox, "NA", include_pii=True)
    chosen = select(tmp_path, *BUYERS)

    first = run_tap(tmp_path, {**config, "marketplaces": "US"}, None, *chosen)
    second = run_tap(tmp_path, config, first.state, *chosen)

    for stream in BUYERS:
        assert {record["marketplace_id"] for record in first.records[stream]} == {"ATVPDKIKX0DER"}
        assert_is_truth(sandbox, "NA", stream, first, second)


def test_personal_streams_yield_nothing_unless_asked_for(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start(start_sandbox)
    config = settings(sandbox)

    output = run_tap(tmp_path, config, None, *select(tmp_path, *BUYERS, *ACCOUNT))

    assert output.returncode == 0
    assert list(output.records) == ["account"]
    assert not output.records["account"][0].keys() & {
        "primary_contact",
        "registered_business_address",
    }
    assert len(output.warnings()) == len(BUYERS)
    assert all("'include_pii'" in line for line in output.warnings())
    assert calls(sandbox, "searchOrders") == 0


def test_catalog_streams_share_their_calls(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = start(start_sandbox)
    config = settings(sandbox, "EU", "DE")
    both = run_tap(tmp_path, config, None, *select(tmp_path, *CATALOG))
    calls_of_both = calls(sandbox, "searchCatalogItems")
    sandbox.reset_calls()

    run_tap(tmp_path, config, None, *select(tmp_path, "product_catalog"))

    assert calls(sandbox, "searchCatalogItems") == calls_of_both
    catalog = {record["asin"]: record for record in both.records["product_catalog"]}
    details = {record["asin"]: record for record in both.records["product_details"]}
    assert catalog.keys() == details.keys()
    assert all("images" not in record for record in catalog.values())
    assert all(record["images"] for record in details.values())


class Amazon:
    """A caller of the sandbox beside the tap."""

    def __init__(self, sandbox: RunningSandbox, account: str) -> None:
        """Log in."""
        self.http = httpx.Client(verify=loopback.TLS, base_url=sandbox.url, timeout=30)
        form = {
            "grant_type": "refresh_token",
            "client_id": "amzn1.application-oa2-client.sandbox",
            "client_secret": "sandbox-secret",
            "refresh_token": f"Atzr|sandbox-{account}",
        }
        answer = self.http.post("/auth/o2/token", data=form).raise_for_status()
        self.http.headers["x-amz-access-token"] = answer.json()["access_token"]

    def ask(self, report_type: str, *marketplaces: str) -> str:
        """Request a report and answer its id."""
        body = {"reportType": report_type, "marketplaceIds": list(marketplaces)}
        return str(self.http.post(LISTED, json=body).raise_for_status().json()["reportId"])

    def report(self, report_id: str) -> Record:
        """Amazon's own words on a report."""
        found: Record = self.http.get(f"{LISTED}/{report_id}").raise_for_status().json()
        return found


def as_record(report: Record) -> Record:
    """What the stream makes of a report."""
    return {
        "marketplace_id": report["marketplaceIds"][0],
        "marketplace_ids": report["marketplaceIds"],
        "report_id": report["reportId"],
        "report_type": report["reportType"],
        "processing_status": report["processingStatus"],
        "data_start_time": report["dataStartTime"],
        "data_end_time": report["dataEndTime"],
        "created_time": report["createdTime"],
        "processing_start_time": report.get("processingStartTime"),
        "processing_end_time": report.get("processingEndTime"),
        "report_document_id": report.get("reportDocumentId"),
    }


LISTINGS, STOCK = "GET_MERCHANT_LISTINGS_ALL_DATA", "GET_FBA_MYI_ALL_INVENTORY_DATA"
DE, FR, GB = "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "A1F83G8C2ARO7P"


def test_reports_are_listed_once_and_again_until_they_are_finished(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(
        clock_factor=60, report_seconds=(1, 30)
    )  # a token is valid for a minute
    amazon = Amazon(sandbox, "EU")
    config = configuration(sandbox.url)
    chosen = select(tmp_path, "reports")
    several = amazon.ask("GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL", GB, DE, FR)
    sandbox.fault("createReport", "stuck_report", times=1)
    stuck, done = amazon.ask(LISTINGS, FR), amazon.ask(LISTINGS, DE)
    sandbox.advance(minutes=10)

    first = run_tap(tmp_path, config, None, *chosen)
    late = amazon.ask(LISTINGS, DE)
    sandbox.advance(minutes=10)
    second = run_tap(tmp_path, config, first.state, *chosen)
    later_setting = {**config, "report_types": [STOCK], "processing_status": "DONE"}
    none = run_tap(tmp_path, later_setting, None, *chosen)
    filtered = run_tap(
        tmp_path, {**config, "report_types": LISTINGS, "processing_status": "DONE"}, None, *chosen
    )

    expected = [as_record(amazon.report(each)) for each in (several, stuck, done)]
    amazon.http.close()
    keys = keys_of(first, "reports")
    assert keys == ["marketplace_id", "report_id"]
    asked = [  # settlements are there without anybody asking
        record for record in first.records["reports"] if "SETTLEMENT" not in record["report_type"]
    ]
    assert by_key(asked, keys) == by_key(expected, keys)
    assert len(asked) == 3
    assert late in {record["report_id"] for record in second.records["reports"]}
    assert "reports" not in none.records
    assert {record["report_id"] for record in filtered.records["reports"]} == {done, late}
    validator = jsonschema_rs.Draft202012Validator(first.schemas["reports"][-1]["schema"])
    for record in first.records["reports"]:
        validator.validate(record)


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("report_types", "orders", "'report_types' names 'orders'"),
        ("processing_status", ["DONE", "READY"], "'processing_status' names 'READY'"),
    ],
)
def test_settings_of_reports_are_checked(
    tmp_path: Path, setting: str, value: object, sentence: str
) -> None:
    config = configuration("http://127.0.0.1:9") | {setting: value}

    output = run_tap(tmp_path, config)

    assert output.returncode == 1
    assert sentence in output.errors
