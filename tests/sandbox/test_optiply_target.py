"""The stand-in for target-optiply and its host behaves as the public ones, row by row of its table.

It runs as processes of their own, on hotglue's SDK and on gluestick, against the stand-in for Optiply.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import warm_start
from click.testing import CliRunner

from amazon_seller_sandbox.optiply.accounts import CLIENT_ID, CLIENT_SECRET, PASSWORD
from amazon_seller_sandbox.optiply.target.cli import main

if TYPE_CHECKING:
    from click.testing import Result
    from sandbox.conftest import MakeAmazon, Optiply

COMMAND = Path(sys.executable).with_name("sandbox-target-optiply")
pytestmark = pytest.mark.usefixtures("stand_ins")
PLACED = "2026-11-01T10:00:00Z"
SHOE = {"externalId": "B1_DE", "name": "Shoe", "stockLevel": 3}
BOOT = {"externalId": "B2_DE", "name": "Boot", "stockLevel": 1}
MILL = {"externalId": "V1", "name": "Mill"}
LINE = {"quantity": 2, "subtotalValue": "9.95", "Remote_productId": "B1_DE"}
Message = dict[str, Any]


def schema(stream: str, properties: dict[str, Any]) -> Message:
    declared = {"type": "object", "properties": properties}
    return {"type": "SCHEMA", "stream": stream, "schema": declared, "key_properties": []}


def records(stream: str, *values: dict[str, Any]) -> list[Message]:
    """Return records after a schema that declares their keys as anything."""
    names = {name for each in values for name in each}
    found = [schema(stream, {name: {} for name in sorted(names)})]
    return found + [{"type": "RECORD", "stream": stream, "record": each} for each in values]


def order(number: str, *lines: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"externalId": number, "placed": PLACED, "line_items": json.dumps(lines), **more}


@dataclass(frozen=True, slots=True)
class Host:
    """A folder of the hosted sync, and what loads its Singer messages."""

    optiply: Optiply
    folder: Path

    def load(self, *messages: Message, version: int = 2, **settings: object) -> Result:
        """Run the target on messages; it ends by an exit code, never by an exception."""
        words, lines = self.command(*messages, **settings)
        words += ["--target-version", str(version)]
        run = CliRunner().invoke(main, words, input=lines)
        assert run.exception is None or isinstance(run.exception, SystemExit), run.exc_info
        return run

    def command(self, *messages: Message, **settings: object) -> tuple[list[str], str]:
        """Return the target's options and its input."""
        url = str(self.optiply.http.base_url).rstrip("/")
        config = {
            "username": "eu@optiply.example",
            "password": PASSWORD,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "account_id": "102",
            "coupling_id": "1002",
            "optiply_base_url": f"{url}/optiply/v1",
            "optiply_dashboard_url": f"{url}/optiply/api",
            **settings,
        }
        path = self.folder / "config.json"
        path.write_text(json.dumps(config))
        words = ["--config", str(path), "--flow", "f1", "--retry-seconds", "0"]
        words += ["--snapshots", str(self.folder / "snapshots")]
        words += ["--target-state", str(self.folder / "target-state.json")]
        return words, "".join(json.dumps(message) + "\n" for message in messages)

    def snapshot(self, stream: str) -> dict[str, str]:
        """Return a stream's ids in Optiply by those of the source."""
        path = self.folder / "snapshots" / f"{stream}_f1.snapshot.csv"
        with path.open(newline="") as file:
            return {row["InputId"]: row["RemoteId"] for row in csv.DictReader(file)}

    def state(self) -> Any:
        """Return the target's state."""
        return json.loads((self.folder / "target-state.json").read_text())


@pytest.fixture
def host(optiply: Optiply, tmp_path: Path) -> Host:
    return Host(optiply, tmp_path)


def test_records_are_posted_and_the_snapshot_knows_their_ids(host: Host) -> None:
    run = host.load(
        *records("Products", SHOE | {"price": 9.999, "unknown": 1, "remoteId": "B1_DE"}),
        *records("SellOrders", order("302-1", LINE, totalValue=7)),
    )
    dump = host.optiply.dump()

    assert (run.exit_code, run.stderr) == (0, "Products: 1 success\nSellOrders: 1 success\n")
    (product,) = dump["products"]
    assert (product["name"], product["price"], product["remoteIdMap"]) == ("Shoe", "10.00", {})
    (sold,) = dump["sellOrders"]
    assert (sold["totalValue"], sold["remoteIdMap"]) == ("9.95", {})
    assert [str(each["productId"]) for each in sold["orderLines"]] == [product["id"]]
    assert host.snapshot("Products") == {"B1_DE": product["id"]}
    assert host.snapshot("SellOrders") == {"302-1": sold["id"]}
    (state,) = host.state()["bookmarks"]["Products"]
    assert len(state.pop("hash")) == 64
    assert state.items() >= {"success": True, "id": product["id"], "externalId": "B1_DE"}.items()
    assert host.optiply.calls()["optiply.token"] == {"200": 2}  # one is the test's own


def test_what_the_snapshot_knows_is_patched_with_all_that_is_sent(host: Host) -> None:
    host.load(*records("Products", SHOE, BOOT | {"unlimitedStock": True}))
    before = host.snapshot("Products")
    run = host.load(*records("Products", BOOT | {"stockLevel": 9}))
    dump = host.optiply.dump()["products"]

    assert run.stderr == "Products: 1 updated\n"
    assert [each["stockLevel"] for each in dump] == [3, 9]
    assert [each["unlimitedStock"] for each in dump] == [False, False]  # PATCH sends the default
    assert host.snapshot("Products") == before


def test_the_flows_of_a_tenant_share_a_folder_and_no_ids(host: Host) -> None:
    host.load(*records("Products", SHOE))
    words, lines = host.command(*records("Products", SHOE))
    words[words.index("f1")] = "f2"
    CliRunner().invoke(main, words, input=lines)
    names = {each.name for each in (host.folder / "snapshots").iterdir()}

    assert names == {"Products_f1.snapshot.csv", "Products_f2.snapshot.csv"}
    assert len(host.optiply.dump()["products"]) == 2


def test_a_snapshot_in_parquet_is_read_and_goes_into_the_csv(host: Host) -> None:
    pandas = pytest.importorskip("pandas")
    number = host.optiply.product()
    (host.folder / "snapshots").mkdir()
    path = host.folder / "snapshots" / "Products_f1.snapshot.parquet"
    pandas.DataFrame({"InputId": ["B1_DE"], "RemoteId": [number]}).to_parquet(path)
    run = host.load(*records("Products", SHOE, BOOT))

    assert run.stderr == "Products: 1 success, 1 updated\n"
    assert host.snapshot("Products").keys() == {"B1_DE", "B2_DE"}


def test_ids_that_pandas_has_made_floats_lead_nowhere(host: Host) -> None:
    number = host.optiply.product()
    (host.folder / "snapshots").mkdir()
    path = host.folder / "snapshots" / "Products_f1.snapshot.csv"
    path.write_text(f"InputId,RemoteId\nB1_DE,{number}\nB9_DE,\n")
    run = host.load(*records("Products", SHOE))

    assert "Products: 1 fail" in run.stderr
    assert host.optiply.calls()["optiply.products.PATCH"] == {"404": 1}


def test_fields_that_a_schema_asks_for_become_custom_data(host: Host) -> None:
    messages = records("Products", SHOE | {"price": 5}, BOOT)
    messages[0]["x-hotglue"] = {"target_state_fields": ["stockLevel", "price"]}
    host.load(*messages)
    with (host.folder / "snapshots" / "Products_f1.snapshot.csv").open(newline="") as file:
        found = {row["InputId"]: json.loads(row["CustomData"]) for row in csv.DictReader(file)}

    assert found == {"B1_DE": {"stockLevel": 3, "price": 5}, "B2_DE": {"stockLevel": 1}}


def test_deleted_at_deletes_by_id_and_the_snapshot_keeps_it(host: Host) -> None:
    gone = host.optiply.product()
    host.load(*records("Products", SHOE))
    deleted = host.load(
        *records(
            "Products",
            SHOE | {"deleted_at": PLACED},
            {"id": gone, "name": "Shoe", "stockLevel": 1, "deleted_at": PLACED},
            {"id": "1", "name": "Shoe", "stockLevel": 1, "deleted_at": PLACED},
            BOOT | {"deleted_at": PLACED},  # without an id it is posted
        )
    )
    again = host.load(*records("Products", SHOE))

    assert deleted.stderr == "Products: 4 success\n"
    assert [each["name"] for each in host.optiply.dump()["products"]] == ["Boot"]
    assert "Products B1_DE: status 404" in again.stderr


def test_an_object_that_is_gone_fails_alone_and_stays_in_the_snapshot(host: Host) -> None:
    host.load(*records("Products", SHOE))
    before = host.snapshot("Products")
    host.optiply.http.post(
        "/_sandbox/optiply/lose", json=[{"entity": "products", "where": {"name": "Shoe"}}]
    ).raise_for_status()
    run = host.load(*records("Products", SHOE | {"stockLevel": 9}, BOOT))

    assert (run.exit_code, run.stderr.splitlines()[0]) == (0, "Products: 1 success, 1 fail")
    assert host.snapshot("Products").items() >= before.items()
    assert [each["name"] for each in host.optiply.dump()["products"]] == ["Boot"]


def test_ids_of_the_source_are_resolved_within_a_run_alone(host: Host) -> None:
    host.load(*records("Products", SHOE))
    run = host.load(*records("SellOrders", order("302-1", LINE)))

    assert run.exit_code == 0
    assert "orderLines/0/productId: is null" in run.stderr
    assert host.optiply.dump()["sellOrders"] == []


def test_a_purchase_is_resolved_step_by_step(host: Host) -> None:
    run = host.load(
        *records("Products", SHOE, BOOT),
        *records(
            "ProductCompositions",
            {"Remote_composedProductId": "B2_DE", "Remote_partProductId": "B1_DE"}
            | {"partQuantity": 2},
        ),
        *records("Suppliers", MILL | {"emails": '["a@b.example"]'}),
        *records(
            "SupplierProducts",
            {"name": "Shoe", "Remote_productId": "B1_DE", "Remote_supplierId": "V1"},
        ),
        *records(
            "BuyOrders",
            {"externalId": "P1", "placed": PLACED, "totalValue": 5, "Remote_supplierId": "V1"},
        ),
        *records(
            "BuyOrderLines",
            {"externalId": "P1_1", "quantity": 1, "subtotalValue": 5}
            | {"Remote_productId": "B1_DE", "Remote_buyOrderId": "P1"},
        ),
        *records(
            "ReceiptLines",
            {"externalId": "R1", "occurred": PLACED, "quantity": 1}
            | {"Remote_buyOrderLineId": "P1_1"},
        ),
    )
    dump = host.optiply.dump()

    assert run.exit_code == 0
    assert "fail" not in run.stderr
    assert {name: len(each) for name, each in dump.items() if each} == {
        "products": 2,
        "suppliers": 1,
        "supplierProducts": 1,
        "buyOrders": 1,
        "buyOrderLines": 1,
        "receiptLines": 1,
        "productCompositions": 1,
    }
    assert dump["receiptLines"][0]["remoteIdMap"] == {"1002": "R1"}
    assert dump["suppliers"][0]["remoteIdMap"] == {}
    assert dump["suppliers"][0]["emails"] == ["a@b.example"]


def test_the_lines_sink_resolves_nothing(host: Host) -> None:
    line = {"quantity": 1, "subtotalValue": "5", "sellOrderId": "1", "Remote_productId": "B1_DE"}
    run = host.load(*records("Products", SHOE), *records("SellOrderLines", line))

    assert "SellOrderLines schema validation failed" in run.stderr


def test_a_conflict_of_supplier_products_takes_the_first_one_of_the_account(host: Host) -> None:
    """A trap: the target drops the filter by which it means to find the right one."""
    first, second = host.optiply.product(), host.optiply.product()
    supplier = host.optiply.made("suppliers", name="Mill")
    ids = [
        host.optiply.made("supplierProducts", name="Shoe", productId=each, supplierId=supplier)
        for each in (first, second)
    ]
    link = {"externalId": "L2", "name": "Shoe", "productId": second, "supplierId": supplier}
    run = host.load(*records("SupplierProducts", link))

    assert (run.exit_code, run.stderr) == (0, "SupplierProducts: 1 success\n")
    assert host.snapshot("SupplierProducts") == {"L2": ids[0]}


def test_a_supplier_product_that_is_gone_is_posted_again(host: Host) -> None:
    product = host.optiply.product()
    supplier = host.optiply.made("suppliers", name="Mill")
    link = {"id": "1", "name": "Shoe", "productId": product, "supplierId": supplier}
    run = host.load(*records("SupplierProducts", link))

    assert run.stderr == "SupplierProducts: 1 success\n"
    assert len(host.optiply.dump()["supplierProducts"]) == 1


def test_a_record_that_comes_twice_is_sent_once_and_two_that_look_alike_twice(host: Host) -> None:
    """And a line keeps the id that it has."""
    there = host.optiply.product()
    first, second = order("302-1", LINE), order("302-2", LINE)
    other = order("302-3", LINE | {"productId": there})
    run = host.load(*records("Products", SHOE), *records("SellOrders", first, first, second, other))
    sold = host.optiply.dump()["sellOrders"]
    shoe = host.snapshot("Products")["B1_DE"]

    assert "SellOrders: 3 success, 1 existing" in run.stderr
    products = [str(line["productId"]) for each in sold for line in each["orderLines"]]
    assert products == [shoe, shoe, there]


def test_the_total_is_the_sum_of_the_lines_as_floats_add_up(
    make_amazon: MakeAmazon, host: Host
) -> None:
    lines = [LINE | {"quantity": 1, "subtotalValue": each} for each in ("0.10", "0.20")]
    lines[1]["Remote_productId"] = "B2_DE"
    messages = [
        *records("Products", SHOE, BOOT),
        *records("SellOrders", order("302-1", *lines, totalValue="9.00")),
    ]
    host.load(*messages)
    (sold,) = host.optiply.dump()["sellOrders"]
    host.optiply.amazon = make_amazon(strict_optiply=True)
    shutil.rmtree(host.folder / "snapshots")
    strict = host.load(*messages)

    assert sold["totalValue"] == "0.30"
    assert "totalValue: has more than two decimals" in strict.stderr


@pytest.mark.parametrize(
    ("stream", "wrong", "complaint"),
    [
        ("Products", {"stockLevel": "many"}, "schema validation failed"),
        ("Products", {"stockLevel": None}, "schema validation failed"),
        ("Products", {"status": "gone"}, "status: is none of enabled, disabled"),
        ("SellOrders", {"placed": "2026-11-01"}, "placed: is not a date-time"),
        ("SellOrders", {"line_items": [LINE]}, "schema validation failed"),
    ],
)
def test_one_refused_record_makes_the_job_skip_all_later_ones_and_end_well(
    host: Host, stream: str, wrong: dict[str, Any], complaint: str
) -> None:
    right = {"Products": BOOT, "SellOrders": order("302-1", LINE)}
    run = host.load(
        *records("Products", SHOE),
        *records(stream, right[stream] | wrong),
        *records("Suppliers", MILL),
    )
    dump = host.optiply.dump()

    assert run.exit_code == 0
    assert complaint in run.stderr
    assert "failed: Suppliers V1: Skipped" in run.stderr
    assert [each["name"] for each in dump["products"]] == ["Shoe"]
    assert dump["suppliers"] == dump["sellOrders"] == []
    assert list(host.snapshot("Products")) == ["B1_DE"]


@pytest.mark.parametrize("fault", ["400", "403", "429", "500", "503"])
def test_any_refusal_by_optiply_stops_the_job_at_once(host: Host, fault: str) -> None:
    host.optiply.fault("optiply.products.POST", fault, skip=1)
    run = host.load(*records("Products", SHOE, BOOT), *records("Suppliers", MILL))

    assert run.exit_code == 0
    assert f"failed: Products B2_DE: status {fault}" in run.stderr
    assert host.optiply.dump()["suppliers"] == []
    assert host.optiply.calls()["optiply.products.POST"] == {"201": 1, fault: 1}
    assert list(host.snapshot("Products")) == ["B1_DE"]


def test_what_is_not_found_in_conflict_or_no_answer_fails_alone(host: Host) -> None:
    faults = ("404", "409", "html", "empty")
    for fault in faults:  # the first product meets the first of them, and so on
        host.optiply.fault("optiply.products.POST", fault)
    wrong = [SHOE | {"externalId": fault} for fault in faults]
    run = host.load(*records("Products", *wrong, BOOT), *records("Suppliers", MILL))

    assert run.exit_code == 0
    assert "Products: 1 success, 4 fail" in run.stderr
    assert [f"failed: Products {fault}:" in run.stderr for fault in faults] == [True] * len(faults)
    assert list(host.snapshot("Products")) == ["B2_DE"]
    assert len(host.optiply.dump()["suppliers"]) == 1


def test_what_lacks_a_mandatory_field_or_cannot_be_read_fails_alone(host: Host) -> None:
    run = host.load(
        *records(
            "SellOrders",
            {"externalId": "1", "placed": PLACED},
            {"externalId": "2", "placed": PLACED, "line_items": "{"},
            {"externalId": "3", "placed": PLACED, "line_items": '[{"quantity": 1}]'},
        ),
        *records("BuyOrders", {"placed": PLACED, "totalValue": "5"}),
        *records("Suppliers", MILL),
    )
    failed = dict(re.findall(r"failed: \w+ (\d): (.+)", run.stderr))

    assert run.exit_code == 0
    assert "SellOrders: 3 fail" in run.stderr
    assert "BuyOrders: 1 fail" in run.stderr
    assert failed.keys() == set("123")
    assert "totalValue" in failed["1"]
    assert "subtotalValue" in failed["3"]
    assert re.search("failed: BuyOrders .*supplierId", run.stderr)
    assert len(host.optiply.dump()["suppliers"]) == 1


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([{"type": "RECORD", "stream": "Products", "record": SHOE}], "Products"),
        (
            [
                schema("Products", {"name": {}, "stockLevel": {}}),
                {"type": "RECORD", "stream": "Products", "record": SHOE},
            ],
            "KeyError: 'externalId'",
        ),
        (
            [
                schema("Products", {"name": {"type": "string"}}),
                {"type": "RECORD", "stream": "Products", "record": {"name": 5}},
            ],
            "",
        ),
        (records("Orders", SHOE), "no sink is Orders"),
        (records("products", SHOE), "no sink is products"),
        ([{"type": "BATCH"}], "Unknown message type"),
    ],
)
def test_messages_that_are_wrong_end_the_run(
    host: Host, messages: list[Message], complaint: str
) -> None:
    run = host.load(
        *records("Suppliers", MILL),
        *messages,
        *records("Suppliers", {"externalId": "V2", "name": "Weaver"}),
    )

    assert run.exit_code == 1
    assert "the target crashed" in run.stderr
    assert complaint in run.stderr
    assert list(host.snapshot("Suppliers")) == ["V1"]


def test_a_date_that_is_declared_as_one_is_refused_unless_the_target_converts_it(
    host: Host,
) -> None:
    names: dict[str, Any] = {name: {} for name in SHOE}
    names["created_at"] = {"type": "string", "format": "date-time"}
    made = SHOE | {"created_at": "2026-11-01T12:00:00+02:00"}
    sold: dict[str, Any] = {"externalId": {}, "line_items": {}}
    sold["placed"] = {"type": ["string", "null"], "format": "date-time"}
    run = host.load(
        schema("Products", names),
        {"type": "RECORD", "stream": "Products", "record": made | {"created_at": PLACED}},
        schema("SellOrders", sold),
        {"type": "RECORD", "stream": "SellOrders", "record": order("302-1", LINE)},
    )

    assert host.optiply.dump()["products"][0]["createdAtRemote"] == PLACED
    assert "SellOrders schema validation failed" in run.stderr


def test_a_lost_answer_is_tried_again_and_the_object_is_there_twice(host: Host) -> None:
    host.optiply.fault("optiply.products.POST", "reset")
    run = host.load(*records("Products", SHOE))

    assert run.stderr == "Products: 1 success\n"
    assert len(host.optiply.dump()["products"]) == 2
    assert len(host.snapshot("Products")) == 1


def test_a_product_id_that_is_not_a_number_is_taken_for_none(host: Host) -> None:
    """As pandas writes a missing one."""
    lines = '[{"quantity": 1, "subtotalValue": 1.0, "productId": NaN}]'
    run = host.load(*records("SellOrders", order("302-1") | {"line_items": lines}))

    assert "productId: is null" in run.stderr


def test_a_revoked_token_is_replaced_and_a_token_is_kept_in_the_configuration(host: Host) -> None:
    host.optiply.fault("optiply.products.POST", "revoked_tokens", skip=1)
    run = host.load(*records("Products", SHOE, BOOT))
    config = json.loads((host.folder / "config.json").read_text())

    assert (run.exit_code, run.stderr) == (0, "Products: 2 success\n")
    assert host.optiply.calls()["optiply.token"] == {"200": 3}  # one is the test's own
    assert config["access_token"]


@pytest.mark.parametrize(
    ("settings", "complaint", "code"),
    [
        ({"password": "wrong"}, "Failed OAuth login with status 401", 0),
        ({"account_id": "101"}, "status 403", 0),
        ({"coupling_id": ""}, "Error: the configuration lacks coupling_id", 1),
        ({"optiply_base_url": ""}, "neither the configuration nor the environment has", 1),
    ],
)
def test_a_wrong_configuration_is_one_clear_sentence(
    host: Host, settings: dict[str, Any], complaint: str, code: int
) -> None:
    run = host.load(*records("Products", SHOE), **settings)

    assert run.exit_code == code
    assert complaint in run.stderr


def test_it_is_a_command_that_reads_a_file(host: Host) -> None:
    words, text = host.command(*records("Products", SHOE))
    (host.folder / "data.singer").write_text(text)
    command = [str(COMMAND), *words, "--input", str(host.folder / "data.singer")]
    run = warm_start.run(command, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "Products: 1 success\n")


def test_a_configuration_that_is_no_json_is_one_clear_sentence(host: Host) -> None:
    words, lines = host.command()
    (host.folder / "config.json").write_text("{")
    run = CliRunner().invoke(main, words, input=lines)

    assert run.exit_code == 1
    assert "config.json is not JSON" in run.stderr


def test_without_its_environment_it_says_how_to_make_it(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_OPTIPLY_ENVIRONMENTS", str(host.folder / "nowhere"))
    run = host.load(*records("Products", SHOE))

    assert run.exit_code == 1
    assert "make it once with: sandbox-target-optiply --install" in run.stderr


# ---------------------------------------------------------------------- the first version


def test_the_first_version_takes_no_line_without_a_product_id(host: Host) -> None:
    there = host.optiply.product()
    lacking = {"quantity": 1, "subtotalValue": "5.00", "Remote_productId": "B1_DE"}
    run = host.load(
        *records("Products", SHOE | {"unlimitedStock": False}),
        *records(
            "SellOrders",
            order("302-1", lacking, totalValue="5.00"),
            order("302-2", lacking | {"productId": there}, totalValue="7.00"),
        ),
        version=1,
    )
    (sold,) = host.optiply.dump()["sellOrders"]

    assert "SellOrders: 1 success, 1 fail" in run.stderr
    assert sold["totalValue"] == "5.00"
    assert list(host.snapshot("SellOrders")) == ["302-2"]


@pytest.mark.parametrize(("fault", "times"), [("400", 1), ("429", 1), ("500", 5)])
def test_the_first_version_goes_on_after_a_refusal(host: Host, fault: str, times: int) -> None:
    host.optiply.fault("optiply.products.POST", fault, times=times)
    products = [each | {"unlimitedStock": False} for each in (SHOE, BOOT)]
    run = host.load(*records("Products", *products), version=1)

    assert run.exit_code == 0
    assert "Products: 1 success, 1 fail" in run.stderr
    assert list(host.snapshot("Products")) == ["B2_DE"]


def test_the_first_version_deletes_nothing_and_has_no_receipts(host: Host) -> None:
    number = host.optiply.product()
    product = {"id": number, "name": "Boot", "deleted_at": PLACED}
    run = host.load(*records("Products", product), *records("ReceiptLines", MILL), version=1)

    assert run.exit_code == 1
    assert "no sink is ReceiptLines" in run.stderr
    assert [each["name"] for each in host.optiply.dump()["products"]] == ["Boot"]
