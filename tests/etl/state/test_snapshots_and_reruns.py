"""What a second run sends, and what a crash in the first changes about it: nothing."""

from __future__ import annotations

import contextlib
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import warm_start

from amazon_optiply_etl.config.settings import Settings
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.runs import pipeline
from amazon_optiply_etl.state import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etl.conftest import SellerFolder

ASIN = "B0000000AA"
OTHER = "B0000000BB"


@pytest.fixture(autouse=True)
def _one_sold_product(
    seller: SellerFolder,
    remembered_runs: None,  # noqa: ARG001 - before the first build
) -> None:
    seller.listing(ASIN, quantity=5)
    seller.order("302-1")
    seller.line("302-1")


def test_a_second_run_sends_nothing_again(seller: SellerFolder) -> None:
    seller.build()
    built = seller.build()
    assert (built.products, built.sell_orders) == ({}, {})
    assert [each["type"] for each in built.messages] == ["SCHEMA", "SCHEMA"]
    assert built.report["counts"]["products"]["unchanged"] == 1
    assert built.report["counts"]["orders"]["unchanged"] == 1


@pytest.mark.parametrize(
    "changed", [{"item_name": "New"}, {"price": 1}, {"quantity": 6}, {"seller_sku": "NEW"}]
)
def test_a_changed_product_is_sent_again(seller: SellerFolder, changed: dict[str, object]) -> None:
    seller.build()
    seller.records["products_inventory"].clear()
    seller.listing(ASIN, **({"quantity": 5} | changed))
    assert list(seller.build().products) == [ASIN]
    assert seller.build().products == {}


def test_an_order_that_was_pending_goes_out_once_when_it_is_shipped(seller: SellerFolder) -> None:
    seller.order("302-2", order_status="Pending")
    seller.line("302-2")
    assert list(seller.build().sell_orders) == ["302-1"]
    seller.host_loads()
    seller.order("302-2", last_updated_date="2026-10-05T00:00:00Z")
    assert list(seller.build().sell_orders) == ["302-2"]
    seller.host_loads()
    assert seller.build().sell_orders == {}


def test_an_order_cancelled_after_it_was_sent_is_noted(seller: SellerFolder) -> None:
    seller.build()
    seller.order("302-1", order_status="Cancelled", last_updated_date="2026-10-05T00:00:00Z")
    notes = seller.build().notes()
    assert notes["cancelled after it was sent; Optiply still has it"] == ["302-1"]


def test_snapshots_can_be_read_by_a_person(seller: SellerFolder) -> None:
    seller.catalog(EAN="0012345678905")
    seller.build()
    assert seller.snapshot("products.snapshot.csv") == [
        "remoteId,optiply_id,name,skuCode,eanCode,articleCode,price,stockLevel,unlimitedStock,status",
        f"{ASIN},,Name of {ASIN},SKU-{ASIN},0012345678905,{ASIN},9.99,5,false,enabled",
    ]
    assert seller.snapshot("sell_orders.snapshot.csv") == [
        "remoteId,optiply_id,placed,totalValue",
        "302-1,,2026-10-01T10:00:00Z,9.99",
    ]


def test_a_line_taken_from_the_snapshot_is_sent_again(seller: SellerFolder) -> None:
    seller.build()
    seller.host_loads()
    seller.write("snapshots/sell_orders.snapshot.csv", "remoteId,optiply_id,placed,totalValue\n")
    assert list(seller.build().sell_orders) == []  # the host has it
    seller.write("snapshots/sell_orders.snapshot.csv", "remoteId,optiply_id,placed,totalValue\n")
    seller.write("snapshots/SellOrders_flow1.snapshot.csv", "InputId,RemoteId\n")
    assert list(seller.build().sell_orders) == ["302-1"]


def test_a_product_of_an_earlier_run_is_known_by_its_id(seller: SellerFolder) -> None:
    seller.build()
    seller.host_loads()
    seller.records["products_inventory"].clear()
    seller.listing(ASIN, status="Inactive")
    seller.listing(OTHER)
    seller.order("302-2")
    seller.line("302-2")
    built = seller.build()
    assert built.sell_orders["302-2"]["orderLines"][0]["productId"] == seller.optiply_id(ASIN)


def test_an_order_waits_until_the_id_of_its_product_is_known(seller: SellerFolder) -> None:
    seller.build()
    seller.order("302-2")
    seller.line("302-2")
    built = seller.build()
    reason = "Optiply's id of a product of it is not known yet; it waits for the next run"
    assert built.sell_orders == {}
    assert built.left_out("orders") == {reason: ["302-2"]}
    assert built.notes()["orders kept for the next run"] == ["302-2"]

    seller.host_loads()
    for stream in ("orders", "order_items"):  # Amazon does not report it again
        seller.records[stream].clear()
    built = seller.build()
    assert built.sell_orders["302-2"]["orderLines"] == [
        {"quantity": 1, "subtotalValue": 9.99, "productId": seller.optiply_id(ASIN)}
    ]
    seller.host_loads()
    assert seller.build().sell_orders == {}
    assert not (seller.root / "snapshots" / "waiting.singer").exists()


def test_an_order_waits_for_a_product_that_is_not_listed_yet(seller: SellerFolder) -> None:
    seller.order("302-2", order_total=12.34)
    seller.line("302-2", OTHER, item_price=12.34)
    assert list(seller.build().sell_orders) == ["302-1"]
    for stream in ("orders", "order_items"):
        seller.records[stream].clear()
    seller.listing(OTHER)
    assert seller.build().sell_orders["302-2"] == {
        "remoteId": "302-2",
        "placed": "2026-10-01T10:00:00Z",
        "totalValue": 12.34,
        "orderLines": [{"quantity": 1, "subtotalValue": 12.34, "Remote_productId": OTHER}],
    }


@pytest.mark.parametrize("first", ["orders", "order_items"])
def test_an_order_and_its_lines_may_come_in_two_syncs(seller: SellerFolder, first: str) -> None:
    later = {"orders": "order_items", "order_items": "orders"}[first]
    kept = seller.records.pop(later)
    assert seller.build().sell_orders == {}
    seller.records[first] = []
    seller.records[later] = kept
    seller.host_loads()
    assert list(seller.build().sell_orders) == ["302-1"]


def test_an_order_waits_90_days_at_most(seller: SellerFolder) -> None:
    seller.order("302-2", last_updated_date="2026-07-01T00:00:00Z")
    seller.line("302-2", OTHER, last_updated_date="2026-07-01T00:00:00Z")
    seller.config = {"host_snapshots": False}
    built = seller.build()
    assert built.left_out("orders") == {
        "it has waited 90 days for its product or its lines": ["302-2"]
    }
    assert not (seller.root / "snapshots" / "waiting.singer").exists()


def test_what_waits_holds_no_buyers_data(seller: SellerFolder) -> None:
    seller.order("302-2", buyer_name="Ann Buyer", ship_city="Ghent")
    seller.line("302-2", OTHER, product_name="Gift for Ann")
    seller.build()
    waiting = seller.root / "snapshots" / "waiting.singer"
    assert "Ann" not in waiting.read_text("utf-8")
    assert "Ghent" not in waiting.read_text("utf-8")
    assert waiting.stat().st_mode & 0o077 == 0


def test_optiplys_ids_from_the_host_are_used(seller: SellerFolder) -> None:
    seller.build()
    seller.write("snapshots/Products_f1.snapshot.csv", f"InputId,RemoteId\n{ASIN},4711\n")
    seller.order("302-2")
    seller.line("302-2")
    built = seller.build()
    assert built.products == {}
    assert built.sell_orders["302-2"]["orderLines"][0] == {
        "quantity": 1,
        "subtotalValue": 9.99,
        "productId": "4711",
    }
    seller.records["products_inventory"].clear()
    seller.listing(ASIN, price=1)
    assert seller.build().products[ASIN]["id"] == "4711"


def test_an_id_that_the_host_wrote_as_a_fraction_is_a_whole_number(seller: SellerFolder) -> None:
    seller.build()
    lines = f"InputId,RemoteId\n{ASIN},4711.0\n{OTHER},\n"
    seller.write("snapshots/Products_f1.snapshot.csv", lines)
    seller.records["products_inventory"].clear()
    seller.listing(ASIN, price=1)
    assert seller.build().products[ASIN]["id"] == "4711"


def test_a_product_that_optiply_did_not_take_is_sent_again(seller: SellerFolder) -> None:
    seller.listing(OTHER)
    seller.build()
    seller.write("snapshots/Products_f1.snapshot.csv", f"InputId,RemoteId\n{ASIN},4711\n")
    assert list(seller.build().products) == [OTHER]


def test_an_order_in_the_hosts_snapshot_is_not_sent_again(seller: SellerFolder) -> None:
    seller.write("snapshots/SellOrders_f1.snapshot.csv", "InputId,RemoteId\n302-1,9\n")
    assert seller.build().sell_orders == {}


def test_a_snapshot_with_other_remote_ids_is_refused(seller: SellerFolder) -> None:
    seller.build()
    seller.config["marketplaces"] = "DE"
    with pytest.raises(EtlError, match="was written without the flag marketplaces"):
        seller.build()


def test_a_snapshot_with_remote_ids_by_marketplace_is_refused(seller: SellerFolder) -> None:
    seller.config["marketplaces"] = "DE"
    seller.build()
    seller.config.clear()
    with pytest.raises(EtlError, match="was written with the flag marketplaces"):
        seller.build()


def test_the_snapshot_of_another_seller_is_refused(seller: SellerFolder) -> None:
    seller.build()
    seller.records["products_inventory"].clear()
    seller.listing(OTHER)
    for stream in ("orders", "order_items"):
        seller.records[stream].clear()
    seller.order("999-1")
    with pytest.raises(EtlError, match=r"another seller's.*set accept_new_assortment for one run"):
        seller.build()


def test_a_seller_who_has_replaced_all_products_is_known_by_an_order(seller: SellerFolder) -> None:
    seller.build()
    seller.records["products_inventory"].clear()
    seller.listing(OTHER)
    built = seller.build()
    assert list(built.products) == [OTHER]
    assert built.sell_orders == {}
    note = "no product of earlier runs is listed any more; orders say that it is the same seller"
    assert built.notes()[note] == [ASIN]


def test_a_new_assortment_can_be_accepted_and_known_orders_are_not_sent_again(
    seller: SellerFolder,
) -> None:
    seller.build()
    for records in seller.records.values():
        records.clear()
    seller.listing(OTHER)
    seller.order("302-2")
    seller.line("302-2", OTHER)
    seller.config["accept_new_assortment"] = True
    assert list(seller.build().sell_orders) == ["302-2"]
    seller.config.clear()
    seller.order("302-1", last_updated_date="2026-10-09T10:00:00Z")
    seller.line("302-1", OTHER)
    assert seller.build().sell_orders == {}


def test_output_of_an_earlier_run_is_replaced_and_other_files_stay(seller: SellerFolder) -> None:
    seller.write("etl-output/notes.txt", "mine")
    seller.build()
    result = seller.run("build", "--format", "singer")
    assert result.returncode == 0, result.stderr
    names = {path.name for path in (seller.root / "etl-output").iterdir()}
    assert names == {"data.singer", "mapping-report.html", "mapping-report.json", "notes.txt"}


_CRASHING = Path(warm_start.__file__).with_name("crashing.py")


@contextlib.contextmanager
def _putting_into_place(seller: SellerFolder) -> Iterator[Callable[[int], int]]:
    """Yield what puts the run into place in a process that dies after so many steps, and its exit code.

    A negative number lets it come to its end.
    """
    with warm_start.Popen(
        [sys.executable, _CRASHING],
        cwd=seller.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        requests, answers = process.stdin, process.stdout
        assert requests is not None
        assert answers is not None

        def put(steps: int) -> int:
            requests.write(f"{steps}\n")
            requests.flush()
            return int(answers.readline())

        yield put
    assert process.returncode == 0


def _state(seller: SellerFolder) -> dict[str, bytes]:
    return {
        str(path.relative_to(seller.root)): path.read_bytes()
        for folder in ("etl-output", "snapshots")
        for path in sorted((seller.root / folder).rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("first_run", [True, False], ids=["first run", "later run"])
def test_a_rerun_after_a_crash_at_any_step_gives_what_an_undisturbed_run_gives(
    seller: SellerFolder,
    tmp_path_factory: pytest.TempPathFactory,
    first_run: bool,  # noqa: FBT001
) -> None:
    def fresh() -> SellerFolder:
        folder = type(seller)(tmp_path_factory.mktemp("seller"), dict(seller.records))
        folder.records = {name: list(records) for name, records in seller.records.items()}
        if not first_run:
            folder.build()
        folder.listing(OTHER)
        folder.order("302-2")
        folder.line("302-2", asin=OTHER)
        folder.write_input()
        return folder

    undisturbed = fresh()
    undisturbed.build()
    expected = _state(undisturbed)
    crashed = fresh()
    before = _state(crashed)
    run = pipeline.prepare(Settings(), crashed.folders, ("singer", "jsonl"), crashed.clock)
    content = (run.output_files, run.snapshot_files.result(), tuple(run.output_files))
    (crashed.root / "run.pickle").write_bytes(pickle.dumps(content))
    seen: set[frozenset[tuple[str, bytes]]] = set()
    built_from: set[tuple[frozenset[tuple[str, bytes]], bool]] = set()
    left_behind: set[frozenset[tuple[str, bytes]]] = set()
    scratch = tmp_path_factory.mktemp("scratch")
    with _putting_into_place(crashed) as put:
        for step in range(200):
            if put(step) == 0:
                break
            left = _everything(crashed.root)
            if left in seen:  # what is made of it has been seen as well
                _restore(crashed, before)
                continue
            seen.add(left)
            # Once the run counts, its output and snapshots stand; until then they are made again.
            counts = not (crashed.root / "snapshots" / ".before-this-run").exists()
            if counts and _complete(crashed, expected):
                break
            # A run puts snapshots back and reads them: of those it has read before it makes the same.
            left_behind.add(_everything(crashed.root / "snapshots"))
            as_left = _in_the_folder(crashed.root / "snapshots")
            read = _put_back(crashed.root / "snapshots", scratch)
            if (read, read == as_left) in built_from:
                assert put(-1) == 0
            else:
                built_from.add((read, read == as_left))
                crashed.build()
            assert _state(crashed) == expected, f"after a crash at step {step}"
            _restore(crashed, before)
    assert len(left_behind) > 10
    assert len(built_from) > 6
    assert step > 20
    assert _complete(crashed, expected)


def _everything(root: Path) -> frozenset[tuple[str, bytes]]:
    """All that is in a folder, folders included."""
    found = sorted(root.rglob("*"))
    return frozenset(
        (str(path.relative_to(root)), path.read_bytes() if path.is_file() else b"")
        for path in found
    )


def _in_the_folder(root: Path) -> frozenset[tuple[str, bytes]]:
    """All that is in a folder itself: of the folders in it, which a run does not read, the names."""
    return frozenset(each for each in _everything(root) if "/" not in each[0])


def _put_back(snapshots: Path, scratch: Path) -> frozenset[tuple[str, bytes]]:
    """What is in a copy of a folder of snapshots once those that an unfinished run replaced are back."""
    shutil.rmtree(scratch, ignore_errors=True)
    if snapshots.exists():
        shutil.copytree(snapshots, scratch)
    transaction.roll_back(scratch)
    return _in_the_folder(scratch)


def _complete(seller: SellerFolder, expected: dict[str, bytes]) -> bool:
    state = _state(seller)
    return all(state.get(name) == content for name, content in expected.items())


def _restore(seller: SellerFolder, files: dict[str, bytes]) -> None:
    for folder in ("etl-output", "snapshots"):
        shutil.rmtree(seller.root / folder, ignore_errors=True)
    for name, content in files.items():
        seller.write(name, content)


@pytest.mark.parametrize("work", [pipeline.build, pipeline.look])
def test_snapshots_that_cannot_be_laid_out_are_a_failure_that_leaves_nothing(
    seller: SellerFolder, monkeypatch: pytest.MonkeyPatch, work: Callable[..., object]
) -> None:
    seller.write_input()

    def fail(*_: object) -> None:
        raise EtlError("It does not work.")

    monkeypatch.setattr(pipeline, "delivery_files", fail)
    with pytest.raises(EtlError, match="It does not work"):
        work(Settings(), seller.folders, ("singer",), seller.clock)
    assert _state(seller).keys() <= {"snapshots/.lock"}
