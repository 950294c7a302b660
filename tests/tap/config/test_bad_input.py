"""Whatever is wrong with the input is reported in one sentence, with the right exit code."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
import pytest
from running import Output, configuration, discover, run_tap, select, write_json

from tap_amazon_seller.config.catalog_and_state import check_bookmarks
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.tap import TapAmazonSeller

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    """One sandbox for all tests that break nothing in it; its clock runs fast."""
    return start_module_sandbox(clock_factor=600)


def complaint(output: Output) -> str:
    """The one error of a run that failed cleanly."""
    assert output.returncode == 1, output.errors
    assert "Traceback" not in output.errors
    assert output.records == {}
    errors = [line for line in output.errors.splitlines() if "| ERROR" in line]
    assert len(errors) == 1, output.errors
    return errors[0]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"refresh_token": None}, "Setting 'refresh_token' is missing"),
        ({"refresh_token": ""}, "Setting 'refresh_token' is missing"),
        ({"client_secret": 7}, "Setting 'client_secret' must be a text"),
        ({"marketplaces": ["DE", "XX"]}, "names 'XX', which is not an Amazon marketplace"),
        ({"marketplaces": "DE,US"}, "mixes regions (DE in Europe; US in North America)"),
        ({"marketplaces": {"DE": 1}}, "Setting 'marketplaces' must be a list"),
        ({"region": "XX"}, "Setting 'region' is 'XX'"),
        ({"region": "NA", "marketplaces": "DE"}, "Setting 'region' is NA, but DE"),
        ({"start_date": "soon"}, "Setting 'start_date' is 'soon', which is not a date"),
        ({"end_date": "2020-01-01"}, "is not after 'start_date'"),
        ({"report_timeout_minutes": 0}, "Setting 'report_timeout_minutes' is '0'"),
        ({"include_pii": "maybe"}, "Setting 'include_pii' is 'maybe'"),
        ({"report_charset": "klingon"}, "Setting 'report_charset' is 'klingon'"),
        ({"report_charset": "utf-16"}, "Setting 'report_charset' is 'utf-16'"),
        ({"start_date": "0001-01-01T00:00:00+14:00"}, "which is not a date"),
        ({"endpoint_url": "http://example.com"}, "plain http would show the token"),
        ({"endpoint_url": "ftp://127.0.0.1"}, "which is not an http or https URL"),
        ({"products_include_data": "eans"}, "Setting 'products_include_data' names 'eans'"),
        ({"limit_wait_minutes": -1}, "Setting 'limit_wait_minutes' is '-1'"),
        (
            {"report_limits": {"GET_A_REPORT": 0}},
            "Setting 'report_limits' must give each report type",
        ),
        ({"asin_granularity": "ASIN"}, "'asin_granularity'"),
        ({"report_limits": {"orders": 4}}, "Setting 'report_limits' must give each report type"),
        (
            {"leave_reports": True, "report_max_age_minutes": 0},
            "Setting 'leave_reports' leaves reports for the next sync to read",
        ),
        ({"lookback_days": {"ordres": 7}}, "Setting 'lookback_days' names 'ordres', which is no"),
        ({"flattening_max_depth": "x"}, "cannot be used: 'x' is not of type 'integer', 'null' in"),
        ({"client_secret": "s\u00e9cret"}, "Setting 'client_secret' has characters"),
        ({"refresh_token": "Atzr|a\ud800b"}, "Setting 'refresh_token' has characters"),
        ({"endpoint_url": "http://127.evil.example"}, "plain http would show the token"),
        ({"endpoint_url": "http://[::1"}, "which is not an http or https URL"),
        ({"report_timeout_minutes": 10**400}, "Setting 'report_timeout_minutes' is '1000"),
        ({"lookback_days": "[" * 100_000}, "Setting 'lookback_days' is not JSON that can be read"),
        ({"spool_path": "/proc/nowhere"}, "Setting 'spool_path': the folder /proc/nowhere"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_is_named(
    tmp_path: Path, sandbox: RunningSandbox, settings: dict[str, Any], sentence: str
) -> None:
    config = configuration(sandbox.url) | settings

    assert sentence in complaint(run_tap(tmp_path, config))


def test_an_age_beyond_all_dates_is_any_age(tmp_path: Path, sandbox: RunningSandbox) -> None:
    config = configuration(
        sandbox.url, "FE", clock_factor=600, report_max_age_minutes=2_000_000_000
    )

    for _ in range(2):  # the second finds the reports of the first
        output = run_tap(tmp_path, config, None, *select(tmp_path, "orders"))
        assert output.returncode == 0, output.errors


def test_a_misspelt_setting_is_guessed(tmp_path: Path, sandbox: RunningSandbox) -> None:
    config = configuration(sandbox.url)
    config["refresh_tokne"] = config.pop("refresh_token")

    assert "did you mean 'refresh_token'?" in complaint(run_tap(tmp_path, config))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"lwa_client_id": "other"}, "check the settings 'lwa_client_id' and 'client_secret'"),
        ({"client_secret": "other"}, "check the settings 'lwa_client_id' and 'client_secret'"),
        ({"refresh_token": "Atzr|other"}, "refuses the refresh token (invalid_grant)"),
        ({"marketplaces": "PL"}, "does not sell there; it sells in DE, FR, GB, IT, ES"),
        ({"marketplaces": "US"}, "does not sell there; it sells in DE, FR, GB, IT, ES"),
    ],
    ids=lambda value: "=".join(*value.items()) if isinstance(value, dict) else "",
)
def test_credentials_and_marketplaces_that_amazon_refuses(
    tmp_path: Path, sandbox: RunningSandbox, settings: dict[str, Any], sentence: str
) -> None:
    output = run_tap(tmp_path, configuration(sandbox.url) | settings)

    assert sentence in complaint(output)
    assert "sandbox-secret" not in output.errors
    assert "Atzr|" not in output.errors


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not JSON"),
        ("[]", "must hold a JSON object"),
        (
            '{"bookmarks": {"orders": {"partitions": [{"context": {}}]}}}',
            "the bookmarks of orders are not one for each marketplace",
        ),
        (
            (
                '{"bookmarks": {"orders": {"partitions": [{"context": {"marketplace_id": "x"}}, '
                '{"context": {"marketplace_id": "x"}}]}}}'
            ),
            "the bookmarks of orders are not one for each marketplace",
        ),
        (
            (
                '{"bookmarks": {"orders": {"partitions": '
                '[{"context": {"marketplace_id": "x", "day": "2026-11-01"}}]}}}'
            ),
            "the bookmarks of orders are not one for each marketplace",
        ),
        (
            '{"bookmarks": {"vendor_purchase_orders": {"replication_key_value": 20261001}}}',
            "a bookmark of vendor_purchase_orders is damaged (20261001)",
        ),
        (
            (
                '{"bookmarks": {"orders": {"partitions": [{"context": {"marketplace_id": "x"}, '
                '"replication_key_value": 20261001}]}}}'
            ),
            "a bookmark of orders is damaged (20261001)",
        ),
        ('{"bookmarks": []}', "'bookmarks' must be an object"),
        ('{"singer_state": {"bookmarks": []}}', "'bookmarks' must be an object"),
        ('{"singer_state": "x"}', "must hold a JSON object"),
        ('{"bookmarks": {"orders": {"partitions": 3}}}', "the bookmark of orders is damaged"),
        (
            (
                '{"bookmarks": {"orders": {"partitions": [{"context": {"marketplace_id": "x"}, '
                '"replication_key_value": "2026-13-41"}]}}}'
            ),
            "a bookmark of orders is damaged ('2026-13-41')",
        ),
    ],
)
def test_a_corrupt_state_file_is_refused(
    tmp_path: Path, sandbox: RunningSandbox, text: str, sentence: str
) -> None:
    state = tmp_path / "broken-state.json"
    state.write_text(text, encoding="utf-8")

    output = run_tap(tmp_path, configuration(sandbox.url), None, "--state", str(state))

    assert sentence in complaint(output)
    assert str(state) in output.errors


def test_a_state_without_bookmarks_is_told(tmp_path: Path, sandbox: RunningSandbox) -> None:
    config = configuration(sandbox.url, "FE", clock_factor=600)
    state = {"orders": {"last_updated_date": "2026-10-01T00:00:00Z"}}

    output = run_tap(tmp_path, config, state, *select(tmp_path, "marketplaces"))

    assert output.returncode == 0, output.errors
    [warning] = output.warnings()
    assert "state.json holds no bookmarks, so streams begin at 'start_date'" in warning


def test_a_catalog_that_is_none_is_refused(tmp_path: Path, sandbox: RunningSandbox) -> None:
    catalog = tmp_path / "broken-catalog.json"
    catalog.write_text('{"streams": [1]}', encoding="utf-8")

    output = run_tap(tmp_path, configuration(sandbox.url), None, "--catalog", str(catalog))

    assert "is not a Singer catalog" in complaint(output)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"metadata": None}, "is not a Singer catalog"),
        ({"schema": {"properties": {"sku": 5}}}, "is not a Singer catalog"),
        ({"schema": {"properties": {"sku": {"items": [{}]}}}}, "is not a Singer catalog"),
        ({"metadata": [{"breadcrumb": []}]}, "is not a Singer catalog"),
        ({"metadata": ["selected"]}, "is not a Singer catalog"),
        ({"key_properties": "amazon_order_id"}, "is not a Singer catalog"),
        ({"key_properties": ["order_no"]}, "has no property 'order_no' of stream 'orders'"),
        ({"schema": {"properties": {}}}, "has no property 'marketplace_id' of stream 'orders'"),
        (
            {"replication_method": "LOG_BASED"},
            "'replication_method' of stream 'orders' is 'LOG_BASED'; it must be INCREMENTAL or",
        ),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_a_catalog_entry_that_cannot_be_followed_is_refused(
    tmp_path: Path, sandbox: RunningSandbox, changes: dict[str, Any], sentence: str
) -> None:
    options = select(tmp_path, "orders")
    catalog = json.loads((tmp_path / "catalog.json").read_text(encoding="utf-8"))
    [entry] = [one for one in catalog["streams"] if one["tap_stream_id"] == "orders"]
    entry.update(changes)
    write_json(tmp_path / "catalog.json", catalog)

    output = run_tap(tmp_path, configuration(sandbox.url), None, *options)

    assert sentence in complaint(output)


def test_a_selected_stream_that_does_not_exist_is_named(
    tmp_path: Path, sandbox: RunningSandbox
) -> None:
    entry = {
        "tap_stream_id": "ordres",
        "schema": {"properties": {}},
        "metadata": [{"breadcrumb": [], "metadata": {"selected": True}}],
    }
    catalog = write_json(tmp_path / "catalog.json", {"streams": [entry]})

    output = run_tap(tmp_path, configuration(sandbox.url), None, "--catalog", str(catalog))

    assert output.returncode == 0
    unknown, nothing = output.warnings()
    assert "The catalog selects stream 'ordres', which this tap does not have" in unknown
    assert "The catalog selects no stream" in nothing


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"client_secret": NaN}', "is not JSON: NaN is not a number that JSON has"),
        ('{"a": -Infinity}', "is not JSON: -Infinity is not a number that JSON has"),
        ('{"a": ' * 100_000, "is nested too deep to be read"),
        ('{"a": ' + "9" * 5_000 + "}", "is not JSON: Exceeds the limit"),
        (" " * (64 << 20) + "{}", "is larger than 64 million characters"),
    ],
    ids=["NaN", "Infinity", "deep", "long number", "large"],
)
def test_a_configuration_file_of_another_form_is_named(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=re.escape(sentence)):
        TapAmazonSeller.cb_config(
            click.Context(click.Command("tap")), click.Option(["--config"]), (str(path),)
        )


NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "taken"), [(-1, "2026-11-02T07:59:00+00:00"), (15, "2026-11-02T08:00:00+00:00")]
)
def test_a_bookmark_slightly_ahead_of_amazons_clock_is_taken_as_now(
    minutes: int, taken: str
) -> None:
    value = (NOW + timedelta(minutes=minutes)).isoformat()
    place = {"context": {"marketplace_id": "DE"}, "replication_key_value": value}

    check_bookmarks({"orders": {"partitions": [place]}, "reports": {}}, NOW)

    assert place["replication_key_value"] == taken


def test_a_bookmark_further_ahead_is_named() -> None:
    place = {
        "context": {"marketplace_id": "DE"},
        "replication_key_value": (NOW + timedelta(minutes=16)).isoformat(),
    }

    with pytest.raises(ConfigurationError, match=r"stream orders for DE is 2026-11-02T08:16:00"):
        check_bookmarks({"orders": {"partitions": [place]}}, NOW)


def test_a_bookmark_in_the_future_is_refused(tmp_path: Path, sandbox: RunningSandbox) -> None:
    config = configuration(sandbox.url, "vendor", clock_factor=600, marketplaces="DE")
    bookmark = {"replication_key_value": "2036-01-01T00:00:00Z"}
    state = {"bookmarks": {"vendor_purchase_orders": bookmark}}

    output = run_tap(tmp_path, config, state, *select(tmp_path, "vendor_purchase_orders"))

    assert "The state's bookmark of stream vendor_purchase_orders is 2036-01-01" in (
        complaint(output)
    )
    assert output.state is None or output.state["bookmarks"] == state["bookmarks"]


def test_time_that_amazon_no_longer_has_is_told(tmp_path: Path, sandbox: RunningSandbox) -> None:
    bookmark = "2020-01-01T00:00:00Z"
    sentence = "Amazon no longer has getPurchaseOrders for 2019-12-04T00:00:00Z"
    config = configuration(sandbox.url, "vendor", clock_factor=600, marketplaces="DE")
    del config["start_date"]
    state = {"bookmarks": {"vendor_purchase_orders": {"replication_key_value": bookmark}}}

    output = run_tap(tmp_path, config, state, *select(tmp_path, "vendor_purchase_orders"))

    assert output.returncode == 0, output.errors
    [warning] = output.warnings()
    assert sentence in warning


def test_an_option_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    output = run_tap(tmp_path, {}, None, "--frobnicate")

    assert output.returncode == 2
    assert "No such option '--frobnicate'" in output.errors


@pytest.mark.parametrize("text", [None, "{", '{"a": 1'])
def test_a_configuration_file_that_cannot_be_read_is_named(
    tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "broken-config.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")

    output = run_tap(tmp_path, {}, None, "--config", str(path))

    assert str(path) in complaint(output)


def test_a_server_that_is_not_there_is_told_after_the_tries(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

    output = run_tap(tmp_path, configuration(url, clock_factor=10_000))

    assert (
        f"Login with Amazon gave no answer (ConnectError: nothing listens at {url[7:]}); "
        "gave up after 10 tries" in complaint(output)
    )


def test_old_iam_settings_are_ignored_with_one_warning(
    tmp_path: Path, sandbox: RunningSandbox
) -> None:
    config = configuration(sandbox.url, aws_access_key="AKIA", role_arn="arn", aws_secret_key="s")
    output = run_tap(tmp_path, config, None, *select(tmp_path, "marketplaces"))

    assert output.returncode == 0
    assert len(output.records["marketplaces"]) == 5
    assert sum("IAM credentials" in line for line in output.warnings()) == 1


def test_a_setting_that_is_null_is_not_set(tmp_path: Path, sandbox: RunningSandbox) -> None:
    unset = dict.fromkeys(["region", "end_date", "spool_path", "batch_config", "lookback_days"])
    config = configuration(sandbox.url) | unset

    output = run_tap(tmp_path, config, None, *select(tmp_path, "marketplaces"))

    assert output.returncode == 0, output.errors
    assert len(output.records["marketplaces"]) == 5


def test_discovery_needs_no_credentials(tmp_path: Path) -> None:
    select(tmp_path)
    catalog = json.loads((tmp_path / "catalog.json").read_text())

    names = [entry["tap_stream_id"] for entry in catalog["streams"]]
    selected = [
        entry["tap_stream_id"]
        for entry in catalog["streams"]
        for metadata in entry["metadata"]
        if metadata["breadcrumb"] == [] and metadata["metadata"].get("selected-by-default", True)
    ]

    assert names == sorted(names)
    assert selected == [
        "account",
        "marketplaces",
        "order_items",
        "orders",
        "product_catalog",
        "products_inventory",
        "rejected_rows",
        "sync_summary",
        "warehouse_inventory",
    ]


@pytest.mark.parametrize(
    "setting",
    [{"price_items": 7}, {"competitive_prices_source": "v0"}, {"limit_wait_minutes": "long"}],
)
def test_discovery_refuses_a_wrong_setting(tmp_path: Path, setting: dict[str, Any]) -> None:
    path = write_json(tmp_path / "config.json", {"reject_path": "/dev/null/x", **setting})

    with pytest.raises(subprocess.CalledProcessError) as failure:
        discover("--config", str(path))

    assert failure.value.returncode == 1
    assert f"Setting '{next(iter(setting))}' " in failure.value.stderr
