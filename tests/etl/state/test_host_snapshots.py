"""Which of the host's snapshots count, and which ids are read from those and from others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.runs import pipeline
from amazon_optiply_etl.state.host_snapshots import (
    flow_of,
    flows_in,
    read_host_rows,
    with_leading_zeros,
)
from amazon_optiply_etl.tables.dtypes import TEXT

if TYPE_CHECKING:
    from pathlib import Path

    from etl.conftest import Built, SellerFolder

ASIN = "B0000000AA"
DE = "A1PA6795UKMFR9"
HEAD = "InputId,RemoteId\n"
SHOP = "remoteId,optiply_id,skuCode,eanCode\n"

pytestmark = pytest.mark.usefixtures("remembered_runs")


@pytest.fixture
def sold(seller: SellerFolder) -> SellerFolder:
    """Return a folder with a product that an earlier run has sent, and an order of it."""
    seller.listing(ASIN)
    seller.order("302-0")
    seller.line("302-0")
    seller.build()
    seller.order("302-1")
    seller.line("302-1")
    return seller


def in_flow(seller: SellerFolder, flow: str) -> Built:
    seller.config["flow"] = flow
    return seller.build()


def product_of(built: Built) -> Any:
    return built.sell_orders["302-1"]["orderLines"][0].get("productId")


def test_only_the_files_of_this_runs_flow_are_read(sold: SellerFolder) -> None:
    sold.write("snapshots/Products_mine.snapshot.csv", f"{HEAD}{ASIN},901\n")
    sold.write("snapshots/Products_other.snapshot.csv", f"{HEAD}{ASIN},666\n")
    sold.write("snapshots/SellOrders_other.snapshot.csv", f"{HEAD}302-1,5\n")
    assert product_of(in_flow(sold, "mine")) == "901"


def _without(seller: SellerFolder, path: str, remote_id: str) -> None:
    """Take a record's line out of a snapshot."""
    file = seller.root / path
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if remote_id not in line), "utf-8")


@pytest.mark.parametrize("in_both", [False, True], ids=["in ours alone", "in the host's as well"])
def test_a_line_taken_out_has_its_record_sent_again(sold: SellerFolder, *, in_both: bool) -> None:
    """With the host's line the product is changed once more; without it, made again."""
    sold.write("snapshots/Products_mine.snapshot.csv", f"{HEAD}{ASIN},901\n")
    sold.write("snapshots/SellOrders_mine.snapshot.csv", f"{HEAD}302-0,5\n302-1,6\n")
    in_flow(sold, "mine")
    assert in_flow(sold, "mine").products == {}, "nothing is new"
    _without(sold, "snapshots/products.snapshot.csv", ASIN)
    if in_both:
        _without(sold, "snapshots/Products_mine.snapshot.csv", ASIN)

    sent = in_flow(sold, "mine").products[ASIN]

    assert sent.get("id") == (None if in_both else "901")


def test_a_flow_whose_name_begins_like_another_is_not_it(sold: SellerFolder) -> None:
    sold.write("snapshots/Products_a.snapshot.csv", f"{HEAD}{ASIN},901\n")
    sold.write("snapshots/Products_a_b.snapshot.csv", f"{HEAD}{ASIN},666\n")
    assert flows_in(sold.root / "snapshots") == {"a", "a_b"}
    assert product_of(in_flow(sold, "a")) == "901"


def test_files_of_another_flow_alone_are_as_if_there_were_none(sold: SellerFolder) -> None:
    sold.write("snapshots/Products_other.snapshot.csv", f"{HEAD}{ASIN},666\n")
    assert in_flow(sold, "mine").products == {}


def test_the_only_flow_needs_no_name(sold: SellerFolder) -> None:
    sold.write("snapshots/Products_any.snapshot.csv", f"{HEAD}{ASIN},901\n")
    assert product_of(sold.build()) == "901"


def test_several_flows_and_none_named_is_refused_with_their_names(sold: SellerFolder) -> None:
    sold.write("snapshots/Products_f1.snapshot.csv", f"{HEAD}{ASIN},901\n")
    sold.write("snapshots/SellOrders_f2.snapshot.parquet", b"")
    with pytest.raises(EtlError, match=r"several flows \(f1, f2\).*FLOW in the environment"):
        sold.build()


@pytest.mark.parametrize(
    ("arguments", "environment", "config"),
    [
        (("--flow", "mine"), {"FLOW": "other"}, "other"),
        ((), {"FLOW": "mine"}, "other"),
        ((), {"AMAZON_OPTIPLY_ETL_FLOW": "mine"}, "other"),
        ((), {}, "mine"),
    ],
)
def test_the_flow_is_named_by_flag_environment_or_configuration(
    sold: SellerFolder, arguments: tuple[str, ...], environment: dict[str, str], config: str
) -> None:
    sold.write("snapshots/Products_mine.snapshot.csv", f"{HEAD}{ASIN},901\n")
    sold.write("snapshots/Products_other.snapshot.csv", f"{HEAD}{ASIN},666\n")
    sold.config["flow"] = config
    finished = sold.run("build", "--format", "jsonl", *arguments, **environment)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert product_of(sold.built) == "901"


def test_a_flow_may_be_a_number_in_the_configuration() -> None:
    assert settings_from({"flow": 7}, {}).flow == "7"
    with pytest.raises(EtlError, match="flow is True; it must be the name of a flow"):
        settings_from({"flow": True}, {})


@pytest.mark.parametrize("flow", ["../mine", "mine/..", "[a-z]*", "mine\x00"])
def test_a_hostile_flow_finds_nothing(tmp_path: Path, flow: str) -> None:
    (tmp_path / "Products_mine.snapshot.csv").write_text(f"{HEAD}{ASIN},901\n")
    assert read_host_rows(tmp_path, "Products", flow) is None


def test_a_folder_that_is_missing_has_no_flow(tmp_path: Path) -> None:
    assert flow_of(tmp_path / "snapshots") is None


def parents(seller: SellerFolder, **config: str) -> Built:
    """Run a sub-tenant, whose parent sends the products."""
    seller.config |= {"not_sync_entities": "products"} | config
    seller.write_input()
    folders = pipeline.Folders(
        seller.root / "sync-output",
        seller.root / "snapshots",
        seller.root / "etl-output",
        seller.root / "parent-snapshots",
    )
    pipeline.build(settings_from(seller.config, {}), folders, ("jsonl",))
    return seller.built


@pytest.fixture
def parent(seller: SellerFolder) -> SellerFolder:
    """Return a sub-tenant's folder with an order of the parent's product."""
    seller.listing(ASIN)
    seller.order("302-1")
    seller.line("302-1")
    seller.write("parent-snapshots/products.snapshot.csv", f"remoteId\n{ASIN}\n")
    seller.write("parent-snapshots/Products_p1.snapshot.csv", f"{HEAD}{ASIN},901\n")
    return seller


def test_a_parents_only_flow_counts_whatever_this_runs_is(parent: SellerFolder) -> None:
    assert product_of(parents(parent, flow="mine")) == "901"


def test_of_a_parents_several_flows_this_runs_or_the_named_one_counts(
    parent: SellerFolder,
) -> None:
    parent.write("parent-snapshots/Products_p2.snapshot.csv", f"{HEAD}{ASIN},666\n")
    with pytest.raises(EtlError, match=r"parent-snapshots .* \(p1, p2\).*--products-flow"):
        parents(parent, flow="mine")
    assert product_of(parents(parent, flow="p1")) == "901"


def test_a_parents_flow_can_be_named(parent: SellerFolder) -> None:
    parent.write("parent-snapshots/Products_p2.snapshot.csv", f"{HEAD}{ASIN},666\n")
    assert product_of(parents(parent, flow="mine", products_flow="p1")) == "901"


@pytest.fixture
def secondary(seller: SellerFolder) -> SellerFolder:
    """Return a folder of the secondary flavour with an order of the shop's product."""
    seller.config |= {"flavour": "secondary", "optiply_key": "skuCode"}
    seller.order("302-1")
    seller.line("302-1", sku="SK-1")
    return seller


def test_another_shops_flow_counts_only_if_it_is_named(secondary: SellerFolder) -> None:
    secondary.write("snapshots/products.snapshot.csv", "remoteId,skuCode\nP1,SK-1\n")
    secondary.write("snapshots/Products_shop.snapshot.csv", f"{HEAD}P1,901\n")
    assert in_flow(secondary, "mine").sell_orders == {}
    secondary.config["products_flow"] = "shop"
    assert product_of(secondary.build()) == "901"


SHOPS = pd.DataFrame(
    {
        "remoteId": ["P1", "P2"],
        "optiply_id": [901.0, None],
        "skuCode": [12345.0, None],
        "eanCode": ["0036000291452", None],
    }
)
WRITTEN = {
    "CSV": (lambda frame, path: frame.to_csv(f"{path}.csv", index=False)),
    "CSV with an index": (lambda frame, path: frame.to_csv(f"{path}.csv")),
    "CSV with an index, read and written again": (
        lambda frame, path: (
            frame.reset_index().rename(columns={"index": "Unnamed: 0"}).to_csv(f"{path}.csv")
        )
    ),
    "Parquet": (lambda frame, path: frame.to_parquet(f"{path}.parquet", index=False)),
    "Parquet with an index": (
        lambda frame, path: frame.set_index("remoteId").to_parquet(f"{path}.parquet")
    ),
    "Parquet of pandas' own types": (
        lambda frame, path: frame.convert_dtypes().to_parquet(f"{path}.parquet")
    ),
    "texts that were floats": (
        lambda frame, path: frame.astype(str).to_csv(f"{path}.csv", index=False)
    ),
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN.keys())
def test_another_shops_ids_are_read_as_pandas_writes_them(
    secondary: SellerFolder,
    write: Any,
) -> None:
    secondary.records["order_items"][0]["sku"] = "12345"
    (secondary.root / "snapshots").mkdir()
    write(SHOPS, secondary.root / "snapshots" / "products.snapshot")
    assert product_of(secondary.build()) == "901"


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_hosts_ids_are_read_as_pandas_writes_them(sold: SellerFolder, suffix: str) -> None:
    frame = pd.DataFrame({"InputId": [ASIN, "B0000000BB"], "RemoteId": [901.0, None]})
    path = sold.root / "snapshots" / f"Products_f.snapshot.{suffix}"
    _ = frame.to_csv(path) if suffix == "csv" else frame.to_parquet(path)
    assert product_of(sold.build()) == "901"


def test_our_own_snapshot_may_have_gone_through_pandas(sold: SellerFolder) -> None:
    path = sold.root / "snapshots" / "products.snapshot.csv"
    frame = pd.read_csv(path)
    more = frame.assign(remoteId="B0000000BB", optiply_id=None)
    pd.concat([frame.assign(optiply_id=901), more]).to_csv(path)
    assert product_of(sold.build()) == "901"


@pytest.mark.parametrize(
    "odd", ["12.5", "abc", "1e+16", "-3", "0", "1.23457E+12", "id-of-B0000000AA", "../../users"]
)
@pytest.mark.parametrize("of", ["host", "own", "shop", "parent"])
def test_what_is_no_id_is_refused_by_name(seller: SellerFolder, odd: str, of: str) -> None:
    seller.listing(ASIN)
    seller.order("302-1")
    seller.line("302-1")
    name = {
        "host": "snapshots/Products_f.snapshot.csv",
        "own": "snapshots/products.snapshot.csv",
        "shop": "snapshots/products.snapshot.csv",
        "parent": "parent-snapshots/products.snapshot.csv",
    }[of]
    head = HEAD if of == "host" else "remoteId,optiply_id\n"
    path = seller.write(name, f"{head}{ASIN},{odd}\n")
    text = path.read_text("utf-8")
    seller.config |= {"flavour": "secondary", "optiply_key": "skuCode"} if of == "shop" else {}
    sentence = rf"{name}: (RemoteId|optiply_id) holds '.*' of {ASIN}, which is not an id of Optiply"
    with pytest.raises(EtlError, match=sentence) as refused:
        _ = parents(seller) if of == "parent" else seller.build()
    assert odd in str(refused.value)
    assert path.read_text("utf-8") == text
    assert not (seller.root / "etl-output").exists()


def test_several_that_are_no_ids_are_counted(seller: SellerFolder) -> None:
    rows = "".join(f"B{number},x{number}\n" for number in range(5))
    seller.write("snapshots/Products_f.snapshot.csv", HEAD + rows)
    seller.listing(ASIN)
    with pytest.raises(
        EtlError, match=r"'x0' of B0, 'x1' of B1, 'x2' of B2 and 2 more, which is no"
    ):
        seller.build()


def test_a_rounded_remote_id_is_refused_by_its_row(seller: SellerFolder) -> None:
    seller.write("snapshots/SellOrders_f.snapshot.csv", f"{HEAD}302-0,1\n1.23457E+12,2\n")
    seller.listing(ASIN)
    with pytest.raises(EtlError, match=r"InputId holds '1.23457E\+12' of row 2, which is a number"):
        seller.build()


@pytest.mark.parametrize(
    "text", ["", "\n", '""\n', HEAD, "InputId,RemoteId,CustomData\n", ",InputId,RemoteId\n"]
)
def test_a_hosts_snapshot_without_rows_has_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "Products_f.snapshot.csv").write_text(text)
    rows = read_host_rows(tmp_path, "Products", "f")
    assert rows is not None
    assert rows.empty


def test_custom_data_comes_with_the_ids(tmp_path: Path) -> None:
    custom = json.dumps({"price": 9.99})
    frame = pd.DataFrame({"InputId": ["a"], "RemoteId": [5], "CustomData": [custom]})
    frame.to_csv(tmp_path / "Products_f.snapshot.csv", index=False)
    rows = read_host_rows(tmp_path, "Products", "f")
    assert rows is not None
    assert rows.to_dict("records") == [{"InputId": "a", "RemoteId": "5", "CustomData": custom}]


@pytest.mark.parametrize("column", ["amazon_order_id", "sku", "asin"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_ids_of_the_input_are_read_as_pandas_writes_them(
    seller: SellerFolder, column: str, suffix: str
) -> None:
    number = "1234567890"
    seller.listing(number, seller_sku=number)
    order = number if column == "amazon_order_id" else "302-1"
    seller.order(order)
    seller.line(order, number, sku=number)
    seller.add(
        "order_items", {"marketplace_id": DE, "line_number": 2}
    )  # what makes the column one of floats
    seller.write_input()
    for stream in ("orders", "order_items"):
        path = seller.root / "sync-output" / f"{stream}.jsonl"
        frame = pd.DataFrame([json.loads(text) for text in path.read_text("utf-8").splitlines()])
        if column in frame:
            frame[column] = frame[column].astype(float)
        path.unlink()
        other = path.with_suffix(f".{suffix}")
        _ = frame.to_csv(other) if suffix == "csv" else frame.to_parquet(other)
    pipeline.build(settings_from({}, {}), seller.folders, ("jsonl",))
    assert list(seller.built.sell_orders) == [order]


def test_an_order_whose_number_was_rounded_is_left_out_by_name(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.order("1.23457E+12")
    seller.line("1.23457E+12")
    built = seller.build()
    assert built.sell_orders == {}
    assert built.notes()["orders: amazon_order_id cannot be read as an id"] == [
        "'A1PA6795UKMFR9: 1.23457E+12' (orders.jsonl, record 1)"
    ]


def test_a_number_that_lost_its_zeros_in_pandas_is_found(seller: SellerFolder) -> None:
    isbn = "0140328726"
    seller.listing(isbn)
    seller.order()
    seller.line("302-1", isbn)
    seller.build()
    seller.order("302-2")
    seller.line("302-2", isbn)
    path = seller.write("snapshots/Products_f.snapshot.csv", f"{HEAD}{isbn},901\n")
    pd.read_csv(path).to_csv(path, index=False)
    assert f"\n{isbn.lstrip('0')},901" in path.read_text("utf-8")
    built = seller.build()
    assert built.products == {}
    assert built.sell_orders["302-2"]["orderLines"][0]["productId"] == "901"


@pytest.mark.parametrize(
    ("ids", "known", "wanted"),
    [
        (["12"], ["012"], ["012"]),
        (["12", "012"], ["012"], ["12", "012"]),
        (["12"], ["012", "12"], ["12"]),
        (["12"], ["012", "0012"], ["12"]),
        (["12", "B1"], ["B1"], ["12", "B1"]),
        (["A1"], ["0A1", "00"], ["A1"]),
    ],
)
def test_zeros_are_given_back_where_that_means_one_id(
    ids: list[str], known: list[str], wanted: list[str]
) -> None:
    found = with_leading_zeros(pd.Index(ids, dtype=TEXT), pd.Series(known, dtype=TEXT))
    assert list(found) == wanted
