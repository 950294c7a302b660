"""`migrate` makes this tap's files from those of hotglue's tap and of Airbyte's source."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
import warm_start
from running import BIN, configuration, differences, run_tap, select, write_json

from tap_amazon_seller import streams
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.migration import airbyte, hotglue

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from running import Record

SECRET, TOKEN, UNKNOWN = "sandbox-secret", "Atzr|sandbox-EU", "s3cr3t-of-the-host"
DE, GB = "A1PA6795UKMFR9", "A1F83G8C2ARO7P"
SEEN = "2026-10-20T08:00:00Z"
SEEN_AN_HOUR_BEFORE = "2026-10-20T07:00:00"
"""Which is the look-back of orders."""
EARLIER = "2026-10-18T00:00:00+00:00"

OF_HOTGLUE: Record = {
    "lwa_client_id": "amzn1.application-oa2-client.sandbox",
    "client_secret": SECRET,
    "refresh_token": TOKEN,
    "aws_access_key": UNKNOWN,
    "marketplace": "DE",
    "marketplaces": ["DE", "UK"],
    "start_date": "2026-09-01T00:00:00Z",
    "products_include_data": "attributes, vendorDetails",
    "hash_of_the_host": UNKNOWN,
}
STATE_OF_HOTGLUE: Record = {
    "bookmarks": {
        "marketplaces": {},
        "orders": {
            "partitions": [
                {
                    "context": {"marketplace_id": country},
                    "replication_key": "LastUpdateDate",
                    "replication_key_value": SEEN,
                    "progress_markers": {"replication_key_value": "2026-10-30T00:00:00Z"},
                }
                for country in ("DE", "UK")
            ]
        },
        "orderitems": {"partitions": [{"context": {"AmazonOrderId": "1"}}]},
        "orderfinancialevents": {"partitions": [{"context": {"AmazonOrderId": "1"}}]},
        "fba_customer_shipment_sales": {
            "replication_key": "shipment-date",
            "replication_key_value": EARLIER,
        },
        "sales_traffic_report": {
            "replication_key": "report_end_date",
            "replication_key_value": "2936-10-18",
        },
        "fba_inventory_ledger_detailed": {"replication_key": "Date", "replication_key_value": "x"},
        "warehouse_inventory": {"partitions": [{"context": {"marketplace_id": "DE"}}]},
        "replenishment_offer_metrics": {
            "partitions": [
                {
                    "context": {"marketplace_id": "DE"},
                    "replication_key": "report_end_date",
                    "replication_key_value": "2026-10-19T00:00:00Z",
                }
            ]
        },
        "a_custom_stream": {},
    }
}

OF_AIRBYTE: Record = {
    "lwa_app_id": "amzn1.application-oa2-client.sandbox",
    "lwa_client_secret": SECRET,
    "refresh_token": TOKEN,
    "app_id": "amzn1.sp.solution.x",
    "region": "DE",
    "account_type": "Seller",
    "aws_environment": "PRODUCTION",
    "replication_start_date": "2026-09-01T00:00:00Z",
    "sales_and_traffic_report_asin_granularity": "PARENT",
    "period_in_days": 90,
    "report_stream_lookback_window_in_hours": 36,
    "hash_of_the_host": UNKNOWN,
}
KEPT_BY_AIRBYTE: dict[str, Record] = {
    "Orders": {"LastUpdateDate": SEEN},
    "OrderItems": {
        "use_global_cursor": True,
        "state": {"LastUpdateDate": SEEN},
        "parent_state": {"Orders": {"LastUpdateDate": "2026-10-30T00:00:00Z"}},
    },
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": {"last-updated-date": EARLIER},
    "GET_FBA_REIMBURSEMENTS_DATA": {"dataEndTime": "2026-10-18"},
    "GET_SALES_AND_TRAFFIC_REPORT": {"queryEndDate": "2026-10-18"},
    "GET_SELLER_FEEDBACK_DATA": {"createdTime": SEEN},
    "GET_AFN_INVENTORY_DATA": {"dataEndTime": "2026-10-18"},
    "FbaInboundShipments": {},
}


def messages(kept: dict[str, Record]) -> list[Record]:
    """Airbyte's state as its protocol has it."""
    return [
        {"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": state}}
        for name, state in kept.items()
    ]


def migrate(
    folder: Path, config: object, state: object, *options: str
) -> subprocess.CompletedProcess[str]:
    """Run the command on files."""
    words = [str(BIN / "tap-amazon-seller"), "migrate"]
    words += [str(write_json(folder / "old-config.json", config))]
    words += [str(write_json(folder / "old-state.json", state))]
    words += ["--output", str(folder / "new"), *options]
    return warm_start.run(words, capture_output=True, encoding="utf-8", check=False)


def made(folder: Path, name: str) -> Any:
    """A file that was written."""
    return json.loads((folder / "new" / f"{name}.json").read_text("utf-8"))


def bookmarks(folder: Path) -> dict[str, dict[str, str]]:
    """The new bookmarks by stream and marketplace."""
    return {
        stream: {
            each["context"]["marketplace_id"]: each["replication_key_value"]
            for each in bookmark["partitions"]
        }
        for stream, bookmark in made(folder, "state")["bookmarks"].items()
    }


def test_from_hotglue_country_codes_and_old_cursors_become_bookmarks(tmp_path: Path) -> None:
    run = migrate(tmp_path, OF_HOTGLUE, STATE_OF_HOTGLUE)

    assert run.returncode == 0, run.stderr
    seen = "2026-10-20T08:00:00+00:00"
    assert bookmarks(tmp_path) == {
        "orders": {DE: seen, GB: seen},
        "order_items": {DE: seen, GB: seen},
        "fba_customer_shipment_sales": {DE: EARLIER},
        "replenishment_offer_metrics": {DE: "2026-10-19T00:00:00+00:00"},
    }
    assert made(tmp_path, "config") == {
        "lwa_client_id": "amzn1.application-oa2-client.sandbox",
        "client_secret": SECRET,
        "refresh_token": TOKEN,
        "marketplaces": ["DE", "UK"],
        "start_date": "2026-09-01T00:00:00Z",
        "products_include_data": ["attributes"],
    }
    for sentence in (
        "orders of GB from 2026-10-20 08:00 UTC",
        "order_financial_events: the old stream had the events of an order as they stood when",
        "sales_traffic_report: the cursor of 'sales_traffic_report' (2936-10-18 00:00 UTC) lies in the",
        "fba_inventory_ledger: the old stream had adjustments alone",
        "setting 'aws_access_key': Amazon stopped requiring IAM credentials",
        "setting 'hash_of_the_host': the tap has no such setting",
        "setting 'products_include_data': the catalog gives sellers no 'vendorDetails'",
        "stream 'a_custom_stream': there is no such stream",
    ):
        assert sentence in run.stdout, sentence


def test_from_airbyte_cursors_of_each_kind_become_bookmarks(tmp_path: Path) -> None:
    run = migrate(tmp_path, OF_AIRBYTE, messages(KEPT_BY_AIRBYTE))

    assert run.returncode == 0, run.stderr
    assert bookmarks(tmp_path) == {
        "orders": {DE: EARLIER},  # the earlier of two
        "order_items": {DE: EARLIER},
        "fba_reimbursements": {DE: EARLIER},
        "sales_traffic_report": {DE: EARLIER},
    }
    config = made(tmp_path, "config")
    assert config["marketplaces"] == ["DE"]
    assert config["start_date"] == "2026-09-01T00:00:00Z"
    assert config["asin_granularity"] == "PARENT"
    assert config["lookback_days"] == {
        "fba_reimbursements": 1.5, "order_items": 1.5, "orders": 1.5, "sales_traffic_report": 1.5,
    }  # fmt: skip
    for sentence in (
        "seller_feedback: the cursor of 'GET_SELLER_FEEDBACK_DATA' says when a report was made",
        "  afn_inventory\n",
        "setting 'period_in_days': the tap knows the longest window of each type",
        "stream 'FbaInboundShipments': there is no such stream",
        "setting 'hash_of_the_host': the tap has no such setting",
    ):
        assert sentence in run.stdout, sentence


@pytest.mark.parametrize(
    "form",
    [
        messages,
        lambda kept: kept,
        lambda kept: [{"type": "STATE", "state": each} for each in messages(kept)],
        lambda kept: [
            {"streamDescriptor": {"name": name}, "streamState": state}
            for name, state in kept.items()
        ],
        lambda kept: {
            "stateType": "stream",
            "connectionId": "x",
            "streamState": [
                {"streamDescriptor": {"name": name}, "streamState": state}
                for name, state in kept.items()
            ],
        },
    ],
    ids=["of a connection", "of first releases", "messages", "of the page", "of the API"],
)
def test_each_form_of_airbytes_state_is_read(tmp_path: Path, form: Any) -> None:
    kept = {"Orders": {"LastUpdateDate": SEEN}}

    assert migrate(tmp_path, OF_AIRBYTE, form(kept)).returncode == 0
    assert bookmarks(tmp_path) == {"orders": {DE: "2026-10-20T08:00:00+00:00"}}


@pytest.mark.parametrize(
    "state",
    [
        {"slices": [{"start": "2026-10-01T00:00:00Z", "end": SEEN}, {"start": "x", "end": "y"}]},
        {
            "states": [
                {"partition": {"a": 1}, "cursor": {"LastUpdateDate": "2026-10-25T00:00:00Z"}},
                {"partition": {"a": 2}, "cursor": {"LastUpdateDate": SEEN}},
            ]
        },
    ],
    ids=["with gaps", "of parts"],
)
def test_a_cursor_with_gaps_goes_on_at_the_first(tmp_path: Path, state: Record) -> None:
    assert migrate(tmp_path, OF_AIRBYTE, messages({"Orders": state})).returncode == 0
    assert bookmarks(tmp_path) == {"orders": {DE: "2026-10-20T08:00:00+00:00"}}


@pytest.mark.parametrize(
    ("config", "state"),
    [(OF_HOTGLUE, STATE_OF_HOTGLUE), (OF_AIRBYTE, messages(KEPT_BY_AIRBYTE))],
    ids=["hotglue", "airbyte"],
)
def test_the_files_are_the_owner_s_alone_and_no_secret_is_shown(
    tmp_path: Path, config: Record, state: object
) -> None:
    run = migrate(tmp_path, config, state)

    for path in (tmp_path / "new").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    shown = run.stdout + run.stderr
    assert not [secret for secret in (SECRET, TOKEN, UNKNOWN) if secret in shown]
    again = migrate(tmp_path, config, state)
    assert again.returncode == 1
    assert "new/config.json is there already; name another folder with --output." in again.stderr


@pytest.mark.parametrize(
    ("config", "state", "sentence"),
    [
        (OF_HOTGLUE, messages(KEPT_BY_AIRBYTE), "give two files of one connector"),
        ({}, {}, "say with --from what they are"),
        ([], {}, "must hold a JSON object"),
        (OF_HOTGLUE, [], "STATE holds no 'bookmarks'"),
        (OF_AIRBYTE, {"bookmarks": {}}, "STATE names no stream of Airbyte's source"),
        (OF_AIRBYTE | {"region": "Atlantis"}, [], "names a marketplace that Amazon does not have"),
        (OF_AIRBYTE | {"lwa_client_secret": "**********"}, [], "asterisks in the place of"),
        (OF_HOTGLUE | {"refresh_token": ""}, STATE_OF_HOTGLUE, "has no 'refresh_token'"),
        (
            OF_HOTGLUE | {"marketplaces": ["US"]},
            STATE_OF_HOTGLUE,
            "are of several regions (EU, NA)",
        ),
        (OF_HOTGLUE | {"start_date": "soon"}, STATE_OF_HOTGLUE, "Setting 'start_date' is 'soon'"),
    ],
)
def test_what_cannot_be_converted_is_one_sentence(
    tmp_path: Path, config: object, state: object, sentence: str
) -> None:
    run = migrate(tmp_path, config, state)

    assert (run.returncode, run.stdout) == (1, "")
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "new").exists()


def test_every_stream_named_as_a_counterpart_is_one_of_this_tap() -> None:
    names = {stream.name for stream in streams.ALL}
    for table in (hotglue.COUNTERPARTS, airbyte.OTHERS):
        for counterpart in table.values():
            assert set(counterpart.streams) <= names
    assert set(hotglue.SNAPSHOTS.values()) <= names


# With the sandbox


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox whose reports take little time."""
    return start_module_sandbox(clock_factor=600, orders=200, report_seconds=(1, 30))


ALL_ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"


@pytest.mark.parametrize(
    ("files", "old", "columns"),
    [
        (
            (OF_HOTGLUE, STATE_OF_HOTGLUE),
            "orders",
            {"AmazonOrderId": "amazon_order_id", "IsBusinessOrder": "is_business_order"},
        ),
        (
            (
                OF_AIRBYTE | {"report_stream_lookback_window_in_hours": 0},
                messages({ALL_ORDERS: {"last-updated-date": SEEN}}),
            ),
            ALL_ORDERS,
            {"amazon-order-id": "amazon_order_id", "cpf": "cpf", "order-status": "order_status"},
        ),
    ],
    ids=["hotglue", "airbyte"],
)
def test_a_sync_goes_on_from_the_new_files_and_keeps_old_names_where_that_is_wanted(
    tmp_path: Path,
    sandbox: RunningSandbox,
    files: tuple[Record, object],
    old: str,
    columns: dict[str, str],
) -> None:
    assert migrate(tmp_path, *files).returncode == 0
    here = configuration(sandbox.url, clock_factor=600)
    settings = here | {"marketplaces": "DE"} | made(tmp_path, "config") | {"marketplaces": "DE"}
    Settings.from_config(settings)
    catalog = select(tmp_path, "orders")

    plain = run_tap(tmp_path, settings, made(tmp_path, "state"), *catalog)
    renamed = run_tap(
        tmp_path, settings | made(tmp_path, "stream_maps"), made(tmp_path, "state"), *catalog
    )

    assert (plain.returncode, renamed.returncode) == (0, 0), plain.errors + renamed.errors
    truth = [
        record
        for record in sandbox.truth("EU", "orders")
        if record["marketplace_id"] == DE and record["last_updated_date"] >= SEEN_AN_HOUR_BEFORE
    ]
    assert truth
    assert differences("orders", plain.records["orders"], truth) == {}
    by_id = {record["amazon_order_id"]: record for record in plain.records["orders"]}
    assert len(renamed.records[old]) == len(by_id)
    for record in renamed.records[old]:
        own = by_id[record["amazon_order_id"]]
        for name, new in columns.items():
            assert record.get(name) == own.get(new)
