"""`--test` requests what the streams need, says beforehand how long it takes, and leaves no report."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import warm_start
from running import command, configuration, select

from amazon_selling_partner import QUOTAS, AmazonClock, Credentials, SellingPartnerClient
from tap_amazon_seller import streams
from tap_amazon_seller.reports.definitions import Audience
from tap_amazon_seller.streams import changes
from tap_amazon_seller.streams.kinds.api_stream import ApiStream
from tap_amazon_seller.streams.kinds.report_stream import ReportStream

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from running import Record

ALL = [stream.name for stream in streams.ALL]
REPORTS = [stream for stream in streams.ALL if issubclass(stream, ReportStream)]
OF_VENDORS = [name for name in ALL if name.startswith("vendor_")]
TYPES = sorted({each.definition.report_type for each in REPORTS if not each.definition.query})
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
FEES = "GET_FBA_FULFILLMENT_LONGTERM_STORAGE_FEE_CHARGES_DATA"
"""Of the role that stock needs, and without stock's cool-down."""
MOST_TYPES = 10  # of one getReports call
ANSWERS = {"cancelQuery": {"204"}, "getFeaturedOfferExpectedPriceBatch": {"400"}}
"""What else is an answer: that a SKU is not the seller's, which is requested so as to read nothing."""


@pytest.fixture(scope="module")
def shared(start_module_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox whose reports stay in the queue for as long as a test takes."""
    return start_module_sandbox(clock_factor=60, orders=50, report_seconds=(3_000, 3_600))


@pytest.fixture
def sandbox(shared: RunningSandbox) -> RunningSandbox:
    """The shared sandbox, its calls counted again, with full quotas."""
    shared.clear_faults()
    shared.advance(minutes=60)
    shared.reset_calls()
    return shared


def asked(
    sandbox: RunningSandbox, folder: Path, account: str, *streams: str, **settings: object
) -> subprocess.CompletedProcess[str]:
    """Run `--test` for some streams, or for the default ones."""
    config = configuration(sandbox.url, account, **{"marketplaces": "DE,FR", **settings})
    options = select(folder, *streams, config=config) if streams else []
    words = command(folder, config, None, "--test", *options)  # it waits for the catalog
    return warm_start.run(words, capture_output=True, encoding="utf-8", timeout=600, check=False)


def said(run: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """What is said of each stream."""
    assert "Traceback" not in run.stderr, run.stderr
    return dict(line.split(": ", 1) for line in run.stdout.splitlines()[1:] if ": " in line)


def reports(sandbox: RunningSandbox, account: str = "EU") -> list[Record]:
    """The reports of the last hour and a half, as Amazon lists them."""
    config = configuration(sandbox.url, account)
    client = SellingPartnerClient(
        Credentials(config["lwa_client_id"], config["client_secret"], config["refresh_token"]),
        sandbox.url,
        AmazonClock(60, believed=None),
        token_url=config["token_url"],
    )
    now = datetime.fromisoformat(sandbox.get_json("/_sandbox/clock")["now"])
    try:
        return [
            report
            for first in range(0, len(TYPES), MOST_TYPES)
            for report in client.reports(
                TYPES[first : first + MOST_TYPES], (), now - timedelta(minutes=45)
            )
        ]
    finally:
        client.close()


def test_the_default_streams_take_a_report_for_each_role_and_seconds(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    run = asked(sandbox, tmp_path, "EU")

    calls = sandbox.calls()
    lines = run.stdout.splitlines()
    assert run.returncode == 0, run.stderr
    assert lines[0] == (
        "The credentials are good. Marketplaces: DE (A1PA6795UKMFR9), FR (A13V1IB3VIYZZH)."
    )
    assert lines[1] == (
        "Asking Amazon takes about 6 seconds: 6 calls, 2 of them for reports, which are cancelled at "
        "once."
    )
    assert calls == {
        "token": {"200": 1},
        "getMarketplaceParticipations": {"200": 1},
        "getAccount": {"200": 1},
        "searchCatalogItems": {"200": 1},
        "createReport": {"202": 2},
        "cancelReport": {"200": 2},
    }
    assert {each["reportType"]: each["processingStatus"] for each in reports(sandbox)} == {
        LISTINGS: "CANCELLED",
        FEES: "CANCELLED",
    }
    assert said(run) == {
        "Asking Amazon takes about 6 seconds": said(run)["Asking Amazon takes about 6 seconds"],
        "account": "allowed by the role 'Selling Partner Insights'.",
        "marketplaces": "allowed by the role 'Selling Partner Insights'.",
        "order_items": "allowed by the role 'Inventory and Order Tracking'.",
        "orders": "allowed by the role 'Inventory and Order Tracking'.",
        "product_catalog": (
            "allowed by the roles 'Inventory and Order Tracking' and 'Product Listing'."
        ),
        "products_inventory": "allowed by the role 'Inventory and Order Tracking'.",
        "warehouse_inventory": "allowed by the role 'Amazon Fulfillment'.",
    }


def test_a_role_that_is_missing_is_named_with_what_to_do(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    run = asked(sandbox, tmp_path, "limited")

    found = said(run)
    assert found["warehouse_inventory"] == (
        "not allowed (createReport): the application lacks the role 'Amazon Fulfillment'; give it that "
        "role in Amazon's developer console, and have the seller authorise it again."
    )
    assert (
        "(searchCatalogItems): the application lacks the role 'Product Listing'"
        in (found["product_catalog"])
    )
    assert found["orders"].startswith("allowed")
    assert run.returncode == 0

    strict = asked(sandbox, tmp_path, "limited", fail_on_incomplete=True)

    assert strict.returncode == 1
    assert "A sync would be incomplete in 2 streams" in strict.stderr


def test_every_api_is_called_once_and_every_role_takes_one_report_within_the_bursts(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    run = asked(sandbox, tmp_path, "EU", *ALL, include_pii=True)

    calls = sandbox.calls()
    of_sellers = [
        stream
        for stream in streams.ALL
        if issubclass(stream, ApiStream) and stream.name not in OF_VENDORS
    ]
    assert {stream.operation for stream in of_sellers} <= calls.keys()
    roles = {
        stream.definition.access.role
        for stream in REPORTS
        if stream.definition.audience is not Audience.VENDORS and not stream.definition.is_scheduled
    }
    made = reports(sandbox)
    assert calls["createReport"] == {"202": len(roles)}
    assert [each["processingStatus"] for each in made] == ["CANCELLED"] * len(roles)
    assert "GET_SALES_AND_TRAFFIC_REPORT" not in {each["reportType"] for each in made}
    for operation, statuses in calls.items():
        assert not statuses.keys() - ANSWERS.get(operation, {"200", "202"}), operation
        if operation in QUOTAS:
            assert sum(statuses.values()) <= QUOTAS[operation].burst, operation
    assert calls["createQuery"] == {"202": 1}
    seconds = re.search(r"takes about (\d+) seconds", run.stdout)
    assert seconds
    assert int(seconds[1]) < 60  # of Amazon's time

    found = said(run)
    assert not {name for name in ALL if name not in found} - {"rejected_rows", "sync_summary"}
    assert found["order_buyer_info"].startswith(
        "allowed by the role 'Direct to Consumer Shipping (Restricted)'; whether buyers' data come"
    )
    for stream in changes.CLASSES:
        assert found[stream.name] == (
            "not read, since it comes from notifications; set 'enable_notifications', or deselect it."
        )
    assert found["fba_promotions"] == "does not exist in Europe; deselect it in the catalog."
    for name in OF_VENDORS:
        assert (
            found[name]
            == "for vendors, and this is a seller's account; deselect it in the catalog."
        )
    vendors = ("getPurchaseOrders", "getPurchaseOrdersStatus", "getOrders", "getCustomerInvoices")
    assert not calls.keys() & set(vendors)


def test_a_seller_s_streams_are_not_demanded_from_a_vendor(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    run = asked(sandbox, tmp_path, "vendor", "orders", "account", *OF_VENDORS)

    found = said(run)
    for name in ("orders", "account"):
        assert found[name].startswith(
            "for sellers, and this is a vendor's account; select a vendor's"
        )
    for name in OF_VENDORS:
        assert found[name].startswith("allowed by the role '"), name
    calls = sandbox.calls()
    assert calls["createReport"] == {"202": 1}
    assert "getAccount" not in calls
    for operation in ("getPurchaseOrders", "getOrders", "getCustomerInvoices"):
        assert calls[operation] == {"200": 1}


def test_buyers_data_that_may_not_be_seen_are_told_by_role_and_by_setting(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    names = ("order_address", "order_buyer_info")
    withheld = said(asked(sandbox, tmp_path, "limited", *names))
    calls = sandbox.calls()
    refused = said(asked(sandbox, tmp_path, "limited", *names, include_pii=True))

    for name in names:
        assert withheld[name] == (
            "not requested, since it holds buyers' data; set 'include_pii', or deselect it."
        )
        assert "lacks the role 'Direct to Consumer Shipping (Restricted)'" in refused[name]
    assert "searchOrders" not in calls


def test_what_other_programs_have_used_up_is_not_waited_for(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.fault("createReport", "429", times=9)
    run = asked(sandbox, tmp_path, "EU", "orders", "account")

    found = said(run)
    assert found["account"].startswith("allowed")
    assert found["orders"].startswith("could not be requested (createReport answered 429")
    assert found["orders"].endswith("try again in a few minutes.")
    assert sandbox.calls()["createReport"]["429"] <= 2


def test_a_report_that_amazon_makes_already_is_left_with_a_warning(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.fault("cancelReport", "400")
    run = asked(sandbox, tmp_path, "EU", "orders")

    assert said(run)["orders"].startswith("allowed")
    assert re.search(r"Report \w+ of GET_\w+ could not be cancelled \(cancelReport", run.stderr)


def test_custom_reports_are_asked_for_one_by_one_since_nobody_knows_their_roles(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    types = {"one": "GET_FBA_REIMBURSEMENTS_DATA", "two": "GET_RESERVED_INVENTORY_DATA"}
    custom = [{"stream": name, "report_type": of} for name, of in types.items()]
    run = asked(sandbox, tmp_path, "limited", *types, custom_reports=custom)

    for name in types:
        assert said(run)[name].startswith(
            "not allowed (createReport): the application lacks the role that Amazon's documentation"
        )
    assert sandbox.calls()["createReport"] == {"403": 2}


def test_the_stream_of_a_file_of_codes_needs_the_catalog(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    codes = tmp_path / "codes.csv"
    codes.write_text("ean\n4006381333931\n", encoding="utf-8")
    found = {
        account: said(asked(sandbox, tmp_path, account, "asin_matches", match_input=str(codes)))[
            "asin_matches"
        ]
        for account in ("EU", "limited")
    }

    assert found["EU"] == "allowed by the role 'Product Listing'."
    assert "lacks the role 'Product Listing'" in found["limited"]
    assert sandbox.calls()["searchCatalogItems"] == {"200": 1, "403": 1}


def test_wrong_credentials_are_one_sentence_that_names_the_setting(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    run = asked(sandbox, tmp_path, "EU", client_secret="wrong-secret")

    assert run.returncode == 1
    assert run.stdout == ""
    assert "check the settings 'lwa_client_id' and 'client_secret'" in run.stderr
    assert "wrong-secret" not in run.stderr


def test_the_help_says_what_it_does(tmp_path: Path) -> None:
    words = [command(tmp_path, {})[0], "--help"]
    text = " ".join(
        warm_start.run(words, capture_output=True, text=True, check=True).stdout.split()
    )

    assert "a call of each API, and one report for each role, cancelled at once" in text
    assert "single record" not in text


def test_another_word_is_no_test_and_nothing_is_asked(tmp_path: Path) -> None:
    words = [command(tmp_path, {})[0], "--test=everything"]
    run = warm_start.run(words, capture_output=True, text=True, check=False)

    assert run.returncode == 2
    assert "'everything' is none of --test and --test=schema." in run.stderr


def test_the_operation_that_a_setting_chooses_is_the_one_that_is_called(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    run = asked(
        sandbox, tmp_path, "EU", "competitive_prices", competitive_prices_source="listing_offers"
    )

    assert run.returncode == 0, run.stderr
    assert said(run)["competitive_prices"].startswith("allowed by")
    assert sandbox.calls()["getListingOffersBatch"] == {"200": 1}
    assert "getCompetitiveSummary" not in sandbox.calls()
