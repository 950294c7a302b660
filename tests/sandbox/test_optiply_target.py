"""The stand-in for target-optiply and its host, as a process against the stand-in for Optiply."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from amazon_seller_sandbox.optiply.accounts import CLIENT_ID, CLIENT_SECRET, PASSWORD
from amazon_seller_sandbox.optiply.target.cli import main

if TYPE_CHECKING:
    from click.testing import Result
    from sandbox.conftest import MakeAmazon, Optiply

COMMAND = Path(sys.executable).with_name("sandbox-target-optiply")
PLACED = "2026-11-01T10:00:00Z"
SHOE = {"externalId": "B1_DE", "name": "Shoe", "stockLevel": 3}
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

    def load(self, *messages: Message, **settings: object) -> Result:
        """Run the target on messages; it ends by an exit code, never by an exception."""
        words, lines = self.command(*messages, **settings)
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
    assert state.pop("hash")
    assert state == {"success": True, "id": product["id"], "externalId": "B1_DE"}
    assert host.state()["summary"]["SellOrders"] == {"success": 1}


def test_what_the_snapshot_knows_is_patched(host: Host) -> None:
    host.load(*records("Products", SHOE, SHOE | {"externalId": "B2_DE", "name": "Boot"}))
    before = host.snapshot("Products")
    run = host.load(*records("Products", SHOE | {"stockLevel": 9}))

    assert run.stderr == "Products: 1 updated\n"
    assert [each["stockLevel"] for each in host.optiply.dump()["products"]] == [9, 3]
    assert host.snapshot("Products") == before


def test_a_snapshot_in_parquet_is_read_and_goes_into_the_csv(host: Host) -> None:
    pandas = pytest.importorskip("pandas")
    number = host.optiply.product()
    (host.folder / "snapshots").mkdir()
    path = host.folder / "snapshots" / "Products_f1.snapshot.parquet"
    pandas.DataFrame({"InputId": ["B1_DE"], "RemoteId": [number]}).to_parquet(path)
    run = host.load(*records("Products", SHOE, SHOE | {"externalId": "B2_DE", "name": "Boot"}))

    assert run.stderr == "Products: 1 success, 1 updated\n"
    assert list(host.snapshot("Products")) == ["B1_DE", "B2_DE"]
    assert not path.exists()


def test_an_id_in_the_record_is_patched_and_with_deleted_at_deleted(host: Host) -> None:
    kept, gone = host.optiply.product(), host.optiply.product()
    run = host.load(
        *records(
            "Products",
            {"optiply_id": kept, "name": "Boot"},
            {"id": gone, "name": "Shoe", "deleted_at": PLACED},
            {"id": "1", "name": "Shoe", "deleted_at": PLACED},
        )
    )
    left = host.optiply.dump()["products"]

    assert run.stderr == "Products: 2 deleted, 1 updated\n"
    assert [(each["id"], each["name"]) for each in left] == [(kept, "Boot")]


def test_deleted_at_with_an_id_of_the_snapshot_deletes_and_the_snapshot_keeps_it(
    host: Host,
) -> None:
    host.load(*records("Products", SHOE))
    deleted = host.load(*records("Products", SHOE | {"deleted_at": PLACED}))
    again = host.load(*records("Products", SHOE))

    assert deleted.stderr == "Products: 1 deleted\n"
    assert host.optiply.dump()["products"] == []
    assert "Products: status 404" in again.stderr


def test_deleted_at_without_an_id_is_posted(host: Host) -> None:
    host.load(*records("Products", SHOE | {"deleted_at": PLACED}))

    assert len(host.optiply.dump()["products"]) == 1


def test_a_patch_sends_unlimited_stock_again(host: Host) -> None:
    number = host.optiply.product(unlimitedStock=True)
    host.load(*records("Products", {"id": number, "name": "Shoe"}))

    assert host.optiply.dump()["products"][0]["unlimitedStock"] is False


def test_ids_of_the_source_are_resolved_within_a_run_alone(host: Host) -> None:
    host.load(*records("Products", SHOE))
    run = host.load(*records("SellOrders", order("302-1", LINE)))

    assert run.exit_code == 1
    assert "orderLines/0/productId: is null" in run.stderr
    assert host.optiply.dump()["sellOrders"] == []


def test_a_record_before_the_one_it_refers_to_finds_nothing(host: Host) -> None:
    run = host.load(
        *records("SellOrders", order("302-1", LINE)),
        *records("Products", SHOE),
    )

    assert run.exit_code == 1
    assert "Products: 1 skipped" in run.stderr
    assert host.optiply.dump()["products"] == []


def test_a_whole_purchase_is_resolved_step_by_step(host: Host) -> None:
    run = host.load(
        *records("Products", SHOE, SHOE | {"externalId": "B2_DE", "name": "Box"}),
        *records(
            "ProductCompositions",
            {"Remote_composedProductId": "B2_DE", "Remote_partProductId": "B1_DE"}
            | {"partQuantity": 2},
        ),
        *records("Suppliers", {"externalId": "V1", "name": "Mill", "emails": '["a@b.example"]'}),
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

    assert run.exit_code == 0, run.stderr
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
    line = {"quantity": 1, "subtotalValue": 5, "sellOrderId": "1", "Remote_productId": "B1_DE"}
    run = host.load(*records("Products", SHOE), *records("SellOrderLines", line))

    assert "SellOrderLines: productId is missing" in run.stderr


def test_a_supplier_product_that_is_there_is_found(host: Host) -> None:
    product = host.optiply.product()
    supplier = host.optiply.made("suppliers", name="Mill")
    there = host.optiply.made(
        "supplierProducts", name="Shoe", productId=product, supplierId=supplier
    )
    link = {"externalId": "L1", "name": "Shoe", "productId": product, "supplierId": supplier}
    run = host.load(*records("SupplierProducts", link))

    assert (run.exit_code, run.stderr) == (0, "SupplierProducts: 1 existing\n")
    assert host.snapshot("SupplierProducts") == {"L1": there}


def test_records_that_look_the_same_are_sent_once(host: Host) -> None:
    """A trap: the remote id is no part of what is compared, as it is not sent."""
    run = host.load(
        *records("Products", SHOE),
        *records("SellOrders", order("302-1", LINE), order("302-2", LINE)),
    )

    assert "SellOrders: 1 existing, 1 success" in run.stderr
    assert len(host.optiply.dump()["sellOrders"]) == 1
    assert list(host.snapshot("SellOrders")) == ["302-1"]


@pytest.mark.parametrize(
    ("stream", "wrong", "complaint"),
    [
        ("Products", {"stockLevel": "many"}, "stockLevel is not an integer"),
        ("Products", {"stockLevel": None}, "stockLevel is missing"),
        ("Products", {"name": None}, "name is missing"),
        ("Products", {"status": "gone"}, "status: is none of enabled, disabled"),
        ("SellOrders", {"placed": "2026-11-01"}, "placed: is not a date-time"),
        ("SellOrders", {"placed": None}, "placed is missing"),
        ("SellOrders", {"line_items": None}, "orderLines: is missing"),
        ("SellOrders", {"line_items": [LINE]}, "line_items is not a string of JSON"),
        ("SellOrders", {"line_items": "{}"}, "line_items is not a list"),
        ("SellOrders", {"line_items": '[{"quantity": 1}]'}, "quantity or subtotalValue is not"),
    ],
)
def test_one_refused_record_makes_the_job_skip_all_later_ones(
    host: Host, stream: str, wrong: dict[str, Any], complaint: str
) -> None:
    right = {"Products": SHOE, "SellOrders": order("302-1", LINE)}
    boot = SHOE | {"externalId": "B2_DE", "name": "Boot"}
    run = host.load(
        *records("Products", SHOE),
        *records(stream, right[stream] | wrong),
        *records("Products", boot),
        *records("Suppliers", {"externalId": "V1", "name": "Mill"}),
    )
    dump = host.optiply.dump()

    assert run.exit_code == 1
    assert complaint in run.stderr
    assert run.stderr.endswith("Error: the job is unhealthy; 2 records were skipped\n")
    assert [each["name"] for each in dump["products"]] == ["Shoe"]
    assert dump["suppliers"] == dump["sellOrders"] == []
    assert list(host.snapshot("Products")) == ["B1_DE"]


@pytest.mark.parametrize(
    ("stream", "record", "status"),
    [
        ("Products", {"id": "1", "name": "Shoe"}, "status 404"),
        ("products", SHOE, "status 400"),
        ("Orders", SHOE, "status 404"),
    ],
)
def test_what_is_not_found_fails_alone_and_a_misspelt_stream_somehow(
    host: Host, stream: str, record: dict[str, Any], status: str
) -> None:
    run = host.load(*records(stream, record), *records("Suppliers", {"name": "Mill"}))

    assert status in run.stderr
    assert run.exit_code == (0 if status == "status 404" else 1)
    assert len(host.optiply.dump()["suppliers"]) == (1 if run.exit_code == 0 else 0)


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([{"type": "RECORD", "stream": "Products", "record": SHOE}], "came before its schema"),
        (
            [
                schema("Products", {"name": {}}),
                {"type": "RECORD", "stream": "Products", "record": SHOE},
            ],
            "line 4, Products: the schema does not declare externalId",
        ),
        (
            [
                schema("Products", {"name": {"type": "string"}}),
                {"type": "RECORD", "stream": "Products", "record": {"name": 5}},
            ],
            "line 4, Products: name breaks type of its schema",
        ),
        ([schema("Products", {"name": {"type": "text"}})], "is no JSON Schema"),
        ([{"type": "SCHEMA", "stream": "Products", "schema": {}}], "needs key_properties"),
        ([{"type": "BATCH"}], "is no Singer message"),
    ],
)
def test_messages_that_are_wrong_end_the_run(
    host: Host, messages: list[Message], complaint: str
) -> None:
    run = host.load(
        *records("Suppliers", {"externalId": "V1", "name": "Mill"}),
        *messages,
        *records("Suppliers", {"externalId": "V2", "name": "Weaver"}),
    )

    assert run.exit_code == 1
    assert complaint in run.stderr
    assert list(host.snapshot("Suppliers")) == ["V1"]


@pytest.mark.parametrize(
    "declared",
    [
        {"type": ["string", "null"], "format": "date-time"},
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
    ],
)
def test_a_date_that_is_declared_as_one_is_refused(host: Host, declared: dict[str, Any]) -> None:
    names: dict[str, Any] = {"externalId": {}, "line_items": {}, "placed": declared}
    run = host.load(
        *records("Products", SHOE),
        schema("SellOrders", names),
        {"type": "RECORD", "stream": "SellOrders", "record": order("302-1", LINE)},
    )

    assert run.exit_code == 1
    assert "placed is a datetime, for its schema says date-time" in run.stderr


def test_a_date_that_the_target_converts_may_be_declared_as_one(host: Host) -> None:
    names: dict[str, Any] = {name: {} for name in SHOE}
    names["created_at"] = {"type": "string", "format": "date-time"}
    record = SHOE | {"created_at": "2026-11-01T12:00:00+02:00"}
    host.load(schema("Products", names), {"type": "RECORD", "stream": "Products", "record": record})

    assert host.optiply.dump()["products"][0]["createdAtRemote"] == PLACED


@pytest.mark.parametrize("fault", ["429", "503"])
def test_a_throttled_call_is_tried_again(host: Host, fault: str) -> None:
    host.optiply.fault("optiply.products.POST", fault, times=4)
    run = host.load(*records("Products", SHOE))

    assert (run.exit_code, run.stderr) == (0, "Products: 1 success\n")


@pytest.mark.parametrize(("fault", "code"), [("429", 1), ("503", 0)])
def test_a_call_that_fails_every_time_fails_its_record(host: Host, fault: str, code: int) -> None:
    host.optiply.fault("optiply.products.POST", fault, times=5)
    run = host.load(*records("Products", SHOE), *records("Suppliers", {"name": "Mill"}))

    assert run.exit_code == code
    assert f"Products: status {fault}" in run.stderr
    assert len(host.optiply.dump()["suppliers"]) == 1 - code


def test_a_lost_answer_ends_the_run_and_the_snapshot_does_not_know(host: Host) -> None:
    host.optiply.fault("optiply.products.POST", "reset", skip=1)
    boot = SHOE | {"externalId": "B2_DE", "name": "Boot"}
    run = host.load(*records("Products", SHOE, boot))

    assert run.exit_code == 1
    assert "the target crashed: no answer to POST" in run.stderr
    assert len(host.optiply.dump()["products"]) == 2
    assert list(host.snapshot("Products")) == ["B1_DE"]


@pytest.mark.parametrize("fault", ["html", "empty", "truncated"])
def test_an_answer_without_an_id_ends_the_run(host: Host, fault: str) -> None:
    host.optiply.fault("optiply.products.POST", fault)
    run = host.load(*records("Products", SHOE))

    assert run.exit_code == 1
    assert "/optiply/v1/products answered 20" in run.stderr


def test_a_product_id_that_is_not_a_number_is_sent_and_refused(host: Host) -> None:
    """As pandas writes a missing one; Python's JSON lets it pass."""
    lines = '[{"quantity": 1, "subtotalValue": 1.0, "productId": NaN}]'
    run = host.load(*records("SellOrders", order("302-1") | {"line_items": lines}))

    assert run.exit_code == 1
    assert "status 400: the body is not JSON" in run.stderr


def test_a_revoked_token_makes_the_job_unhealthy(host: Host) -> None:
    host.optiply.fault("optiply.products.POST", "revoked_tokens", skip=1)
    boot = SHOE | {"externalId": "B2_DE", "name": "Boot"}
    run = host.load(*records("Products", SHOE, boot))

    assert "status 401" in run.stderr
    assert "the job is unhealthy" in run.stderr


def test_a_token_is_replaced_before_it_expires(host: Host, make_amazon: MakeAmazon) -> None:
    host.optiply.amazon = make_amazon(optiply_token_seconds=100)
    boot = SHOE | {"externalId": "B2_DE", "name": "Boot"}
    run = host.load(*records("Products", SHOE, boot))

    assert run.exit_code == 0
    assert host.optiply.calls()["optiply.token"] == {"200": 2}


def test_one_record_can_be_made_to_fail(host: Host) -> None:
    host.optiply.fault("optiply.products.POST", "404", where={"name": "Boot"})
    boot = SHOE | {"externalId": "B2_DE", "name": "Boot"}
    run = host.load(*records("Products", boot, SHOE))

    assert run.exit_code == 0
    assert "Products: 1 fail, 1 success" in run.stderr


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"password": "wrong"}, "Optiply refused the credentials with status 401"),
        ({"account_id": "101"}, "status 403"),
        ({"coupling_id": ""}, "Error: the configuration lacks coupling_id"),
        ({"optiply_base_url": ""}, "neither the configuration nor the environment has optiply_"),
    ],
)
def test_a_wrong_configuration_is_one_clear_sentence(
    host: Host, settings: dict[str, Any], complaint: str
) -> None:
    run = host.load(*records("Products", SHOE), **settings)

    assert run.exit_code == 1
    assert complaint in run.stderr


@pytest.mark.parametrize(("known", "code"), [(True, 0), (False, 1)])
def test_it_is_a_command_that_reads_a_file(host: Host, known: bool, code: int) -> None:  # noqa: FBT001 - a parameter of the test
    lines = [LINE] if known else [LINE | {"Remote_productId": "B9_DE"}]
    words, text = host.command(
        *records("Products", SHOE), *records("SellOrders", order("302-1", *lines))
    )
    (host.folder / "data.singer").write_text(text)
    command = [str(COMMAND), *words, "--input", str(host.folder / "data.singer")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)

    assert run.returncode == code
    assert run.stdout == ""
    assert ("the job is unhealthy" in run.stderr) == (code == 1)


def test_a_configuration_that_is_no_json_is_one_clear_sentence(host: Host) -> None:
    words, lines = host.command()
    (host.folder / "config.json").write_text("{")
    run = CliRunner().invoke(main, words, input=lines)

    assert run.exit_code == 1
    assert "config.json is not JSON" in run.stderr
