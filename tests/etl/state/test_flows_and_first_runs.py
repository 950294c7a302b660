"""Before any host's snapshot is there, and where the one that is there is another flow's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hosted_shop import ASINS, ORDERS, HostedShop, sent
from hosted_target import HostedTarget
from vendor_folder import VendorFolder, item

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.runs import pipeline
from amazon_optiply_etl.state.evidence import Evidence
from amazon_optiply_etl.verdicts import notes, outcomes

if TYPE_CHECKING:
    from etl.conftest import SellerFolder

pytestmark = pytest.mark.usefixtures("remembered_runs")

ALL = {number for number, _ in ORDERS}


@pytest.fixture
def shop(seller: SellerFolder) -> HostedShop:
    return HostedShop(seller, HostedTarget(seller.root))


@pytest.mark.parametrize("stop_at", [1, 5, 7])
def test_what_a_first_run_without_a_flow_wrote_goes_out_again_once_a_host_is_seen(
    shop: HostedShop, stop_at: int
) -> None:
    shop.seller.config = {"flow": None}
    shop.sync(*ORDERS, stop_at=stop_at)
    for _ in range(2):
        shop.sync()
    assert shop.arrived("Products") == set(ASINS)
    assert shop.arrived("SellOrders") == ALL
    assert shop.doubled() == []


def test_records_are_kept_over_runs_until_a_host_is_seen(shop: HostedShop) -> None:
    shop.seller.config = {"flow": None}
    shop.sync(*ORDERS, loads=False)
    data = shop.seller.root / "etl-output" / "data.singer"
    first = data.read_bytes()
    for _ in range(2):
        assert sent(shop.sync(loads=False), "SellOrders") == []
    data.write_bytes(first)
    shop.target.load(stop_at=7)
    for _ in range(2):
        shop.sync()
    assert shop.arrived("SellOrders") == ALL
    assert shop.doubled() == []


def test_where_no_host_has_come_in_three_days_nothing_is_kept_any_more(shop: HostedShop) -> None:
    shop.seller.config = {"flow": None}
    shop.sync(*ORDERS, loads=False)
    built = shop.sync(*ORDERS, loads=False)
    assert sent(built, "SellOrders") == sent(built, "Products") == []
    assert built.left_out("orders") == {}
    assert notes.NOT_TAKEN not in built.notes()
    shop.sync(loads=False)
    snapshots = shop.seller.root / "snapshots"
    assert (snapshots / "waiting.singer").exists()
    shop.now += timedelta(days=3)
    assert sent(shop.sync(*ORDERS, loads=False), "SellOrders") == []
    for name in ("waiting.singer", "deliveries.csv"):
        assert not (snapshots / name).exists()


def test_the_orders_of_a_vendors_first_run_without_a_flow_are_kept_too(
    seller: SellerFolder,
) -> None:
    vendor, target = VendorFolder(seller), HostedTarget(seller.root)
    seller.config = {"flavour": "vendor"}
    vendor.direct("D-1")
    vendor.direct("D-2")
    target.load(stop_at=first_of(vendor, "SellOrders") + 1)
    assert len(target.ids["SellOrders"]) == 1
    seller.records.clear()
    for path in (seller.root / "sync-output").glob("*"):
        path.unlink()
    vendor.direct("D-3")
    for _ in range(2):
        seller.build()
        target.load()
    assert set(target.ids["SellOrders"]) == {"D-1", "D-2", "D-3"}
    assert len(target.created) == len(set(target.created))


def first_of(vendor: VendorFolder, stream: str) -> int:
    """Run the ETL, and return the place of a stream's first record in data.singer."""
    messages = vendor.folder.build().messages
    records = [each["stream"] for each in messages if each["type"] == "RECORD"]
    return records.index(stream)


@pytest.mark.parametrize("config", [{}, {"host_snapshots": True}])
def test_a_flow_that_was_renamed_is_refused_and_goes_on_once_its_snapshots_are(
    shop: HostedShop, config: dict[str, bool]
) -> None:
    shop.sync(*ORDERS)
    shop.seller.config = {"flow": "flow2", **config}
    before = {path: path.read_bytes() for path in (shop.seller.root / "snapshots").iterdir()}
    with pytest.raises(EtlError, match=r"flow2 now.*sent by flow flow1;.*rename the files"):
        shop.sync(loads=False)
    assert before == {p: p.read_bytes() for p in (shop.seller.root / "snapshots").iterdir()}
    for path in before:
        path.rename(path.with_name(path.name.replace("_flow1.", "_flow2.")))
    shop.target.flow = "flow2"
    assert sent(shop.sync(("303-1", ASINS[0])), "SellOrders") == ["303-1"]
    assert shop.doubled() == []
    shop.seller.config = {"flow": "flow1"}  # and back
    with pytest.raises(EtlError, match="sent by flow flow2"):
        shop.sync(loads=False)


def test_a_flow_that_was_renamed_goes_on_where_the_host_keeps_no_snapshots_any_more(
    shop: HostedShop,
) -> None:
    shop.sync(*ORDERS)
    shop.seller.config = {"flow": "flow2", "host_snapshots": False}
    assert sent(shop.sync(*ORDERS, loads=False), "SellOrders") == []


def test_a_record_that_waits_and_comes_again_as_it_was_is_one_record(shop: HostedShop) -> None:
    shop.sync(*ORDERS, stop_at=5)
    built = shop.sync(*ORDERS, stop_at=5)
    assert built.left_out("orders") == built.left_out("order_items") == {}
    assert built.report["counts"]["orders"]["in"] == len(ORDERS)
    shop.sync(*ORDERS)
    assert shop.arrived("SellOrders") == ALL
    assert shop.doubled() == []


def test_a_record_that_waits_and_has_changed_is_superseded(shop: HostedShop) -> None:
    shop.sync(*ORDERS, stop_at=5)
    shop.seller.records["orders"][0]["order_total"] = 5.01
    built = shop.build(stop_at=5)
    assert built.left_out("orders") == {outcomes.SUPERSEDED: ["302-0"]}


def test_records_of_a_vendor_that_wait_and_come_again_are_counted_once(
    seller: SellerFolder,
) -> None:
    vendor = VendorFolder(seller)
    seller.config = {"flavour": "vendor", "flow": "flow1"}
    vendor.purchase("PO-1", item(unknown="of no use to payloads"))
    vendor.direct("D-1")
    for _ in range(2):
        seller.write_input()
        built = seller.build()
    assert not any(outcomes.SUPERSEDED in each for each in built.report["left_out"].values())


def test_a_flow_that_was_renamed_stops_no_push(shop: HostedShop) -> None:
    """What `push` is answered counts, whatever the flow is called."""
    shop.sync(*ORDERS)
    settings = settings_from({"flow": "flow2"}, {})
    before = pipeline.snapshots_of(settings, shop.seller.folders, shop.now, pushes=True)
    assert before.evidence is Evidence.WRITTEN
