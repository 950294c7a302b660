"""A first run of a large shop keeps millions of records: in other files, and a column at a time."""

from __future__ import annotations

import json
import sys
import threading
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pytest
from hosted_shop import ASINS, ORDERS, HostedShop, sent
from hosted_target import HostedTarget

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.inputs import readers, streams, typed
from amazon_optiply_etl.inputs.folder import read_inputs
from amazon_optiply_etl.loading.loader import LoadedEntity
from amazon_optiply_etl.loading.written_rows import written_rows
from amazon_optiply_etl.optiply.entities import SELL_ORDERS
from amazon_optiply_etl.state import deliveries, waiting
from amazon_optiply_etl.state.snapshots import snapshot_pieces, versions
from amazon_optiply_etl.tables.digests import digests, hexadecimal
from amazon_optiply_etl.tables.dtypes import TEXT, WHOLE
from amazon_optiply_etl.tables.matching import joined_by
from amazon_optiply_etl.verdicts.outcomes import GOES_OUT, UNCHANGED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from etl.conftest import SellerFolder


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MANY", 1)
    monkeypatch.setattr(deliveries, "MANY", 1)


@pytest.fixture
def shop(seller: SellerFolder, few_are_many: None) -> HostedShop:  # noqa: ARG001 - is to be in force
    seller.config = {"flow": None}
    return HostedShop(seller, HostedTarget(seller.root))


def test_what_a_large_first_run_wrote_goes_out_again_once_a_host_is_seen(shop: HostedShop) -> None:
    shop.sync(*ORDERS, loads=False)
    snapshots = shop.seller.root / "snapshots"
    names = {path.name for path in snapshots.iterdir()}
    assert {"waiting.parquet", "deliveries.parquet"} <= names
    assert not {"waiting.singer", "deliveries.csv"} & names
    data = shop.seller.root / "etl-output" / "data.singer"
    first = data.read_bytes()
    assert sent(shop.sync(loads=False), "SellOrders") == []
    data.write_bytes(first)
    shop.target.load(stop_at=7)
    for _ in range(3):
        shop.sync()
    assert shop.arrived("Products") == set(ASINS)
    assert shop.arrived("SellOrders") == {number for number, _ in ORDERS}
    assert shop.doubled() == []
    assert not (snapshots / "deliveries.parquet").exists()


def test_records_move_to_the_other_file_when_there_are_many_no_more(
    shop: HostedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sync(*ORDERS, loads=False)
    for module in (waiting, deliveries):
        monkeypatch.setattr(module, "MANY", 1_000)
    built = shop.sync(loads=False)
    snapshots = shop.seller.root / "snapshots"
    names = {path.name for path in snapshots.iterdir()}
    assert {"waiting.singer", "deliveries.csv"} <= names
    assert not {"waiting.parquet", "deliveries.parquet"} & names
    assert sent(built, "SellOrders") == []
    kept = [json.loads(line) for line in (snapshots / "waiting.singer").read_text().splitlines()]
    numbers = [each["record"]["amazon_order_id"] for each in kept if each["stream"] == "orders"]
    assert sorted(numbers) == sorted(number for number, _ in ORDERS)


@pytest.mark.parametrize("name", ["waiting.parquet", "deliveries.parquet"])
def test_a_damaged_file_of_many_is_named(shop: HostedShop, name: str) -> None:
    shop.sync(*ORDERS, loads=False)
    (shop.seller.root / "snapshots" / name).write_bytes(b"PAR1 and nothing else")
    with pytest.raises(EtlError, match=name):
        shop.sync(loads=False)


_ORDER_LINES = [
    ("302-1", "Tasse ü\u2028", "1", "19.99"),
    ("302-2", None, "-3", "9999999999.1234"),
    ("302-3", "0123", None, None),
    ("302-4", '"', "4", "-0.5"),
]
_PURCHASE_ORDERS = [("PO1", '[{"a": {"b": "2.50"}}]'), ("PO2", None)]


@pytest.mark.usefixtures("few_are_many")
def test_records_come_back_as_they_were(tmp_path: Path) -> None:
    lines: dict[str, list[str | None]] = {
        "amazon_order_id": [each[0] for each in _ORDER_LINES],
        "sku": [each[1] for each in _ORDER_LINES],
        "quantity": [each[2] for each in _ORDER_LINES],
        "item_price": [each[3] for each in _ORDER_LINES],
        "marketplace_id": ["M"] * 4,
        "line_number": ["1"] * 4,
        "last_updated_date": ["2026-10-05T10:00:00Z", None, "2026-10-05T12:00:00+02:00", None],
    }
    orders: dict[str, list[str | None]] = {
        "purchase_order_number": [each[0] for each in _PURCHASE_ORDERS],
        "items": [each[1] for each in _PURCHASE_ORDERS],
    }
    frames = {
        stream: _typed(stream, columns)
        for stream, columns in ((streams.ORDER_LINES, lines), (streams.PURCHASE_ORDERS, orders))
    }
    rows = {stream: pd.Series([True] * len(frame)) for stream, frame in frames.items()}
    rows[streams.ORDER_LINES][2] = False
    kept = waiting.laid_out(frames, rows, ["302-1", "302-3", "PO2", "PO3"])
    assert kept.orders == {"302-1", "PO2"}
    path = tmp_path / "waiting.parquet"
    content = kept.files["waiting.parquet"]
    assert isinstance(content, list)
    path.write_bytes(b"".join(content))
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "orders.jsonl").write_text("")
    read = read_inputs(tmp_path / "input", (*frames, streams.ORDERS), [path])
    for stream, frame in frames.items():
        expected = frame[rows[stream].to_numpy()].reset_index(drop=True)
        found = read[stream].frame.drop(columns="outcome")
        pd.testing.assert_frame_equal(found, expected)
        assert (read[stream].kept, read[stream].present) == (len(expected), False)
    assert readers.kept_streams(path) == {stream.name for stream in frames}
    assert read[streams.ORDERS].read == 0


def _typed(stream: streams.Stream, columns: dict[str, list[str | None]]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    nothing = pa.nulls(count, pa.string())
    table = pa.table(
        {name: pa.array(columns[name]) if name in columns else nothing for name in stream.columns}
    )
    frame, unreadable = typed.typed_frame(table, stream)
    assert unreadable == []
    return frame


def test_both_files_of_deliveries_say_the_same(tmp_path: Path) -> None:
    frame = _deliveries(5)
    (tmp_path / "csv").mkdir()
    (tmp_path / "parquet").mkdir()
    as_csv = snapshot_pieces(deliveries.as_text(frame))
    (tmp_path / "csv" / "deliveries.csv").write_bytes(b"".join(as_csv))
    as_parquet = deliveries.as_parquet([frame[:2], frame[2:2], frame[2:]])
    (tmp_path / "parquet" / "deliveries.parquet").write_bytes(b"".join(as_parquet))
    of_csv, of_parquet = (
        deliveries.read_deliveries(tmp_path / each) for each in ("csv", "parquet")
    )
    assert len(of_csv) == len(frame)
    pd.testing.assert_frame_equal(of_csv, of_parquet)


def _deliveries(count: int) -> pd.DataFrame:
    texts = dict.fromkeys(("written", "since"), "2026-11-02T08:30:00Z")
    return pd.DataFrame(
        {
            "entity": pd.Series(["sellOrders"] * count, dtype=TEXT),
            "remoteId": pd.Series([f"302-{number}" for number in range(count)], dtype=TEXT),
            "kind": pd.Series([deliveries.CREATION] * count, dtype=TEXT),
            "version": pd.Series(["0011"] * count, dtype=TEXT),
            "position": pd.array([*range(count - 1), pd.NA], "Int64"),
            **{name: pd.Series([text] * count, dtype=TEXT) for name, text in texts.items()},
            "failures": pd.array([1] * count, "Int64"),
            "attempts": pd.array([0] * count, "Int64"),
            "suspect": [number % 2 == 0 for number in range(count)],
            "refers_to": pd.Series([None, *["A B"] * (count - 1)], dtype=TEXT),
        }
    )


def test_digests_are_equal_where_texts_are() -> None:
    texts = ["", "a", "b", "ab", "ba", "a\x00", "\x00", "\x00\x00", "ü" * 300, "ü" * 299]
    texts += [f"order {number}" for number in range(20_000)]
    numbers = digests(pa.array(texts))
    assert len(set(numbers.tolist())) == len(texts)
    again = digests(pa.array(["x", *texts]).slice(1))
    assert again.tolist() == numbers.tolist()
    assert digests(pa.array([None], pa.string())).tolist() == digests(pa.array([""])).tolist()
    assert hexadecimal(numbers[:3]).to_pylist() == [f"{each:016x}" for each in numbers[:3].tolist()]


def test_the_version_of_an_order_is_that_of_its_lines_in_any_order() -> None:
    table, lines = _orders(3)
    found = versions(SELL_ORDERS, table, lines)
    assert len(set(found)) == len(table)
    turned = lines.iloc[::-1].reset_index(drop=True)
    assert versions(SELL_ORDERS, table, turned).tolist() == found.tolist()
    for column, value in (("quantity", 9), ("product", "other"), ("subtotalValue", 1)):
        changed = lines.assign(**{column: lines[column].where(lines.index != 0, value)})
        other = versions(SELL_ORDERS, table, changed)
        assert (other != found).tolist() == [True, False, False]
    fewer = versions(SELL_ORDERS, table, lines[1:])
    assert (fewer != found).tolist() == [True, False, False]


def test_an_order_refers_to_its_products_in_the_order_of_its_lines() -> None:
    rows = pa.array([2, 0, None, 2, 0, 2], pa.int32())
    joined = joined_by(rows, pa.array(["c", "b", "x", "a", "a", "c"]), 4)
    assert joined.to_pylist() == ["b a", None, "c a c", None]
    assert joined_by(rows.slice(0, 0), pa.array([], pa.string()), 1).to_pylist() == [None]


def _orders(count: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return orders of two lines each, the way that loaders take them."""
    numbers = pd.Series([f"302-{number}" for number in range(count)], dtype=TEXT)
    table = pd.DataFrame(
        {
            "remoteId": numbers,
            "optiply_id": pd.Series([None] * count, dtype=TEXT),
            "placed": pd.Series(["2026-11-02T08:30:00Z"] * count, dtype=TEXT),
            "totalValue": pd.Series(range(count), dtype=WHOLE),
            "outcome": pd.Series([GOES_OUT] * (count - 1) + [UNCHANGED], dtype=TEXT),
        }
    )
    lines = pd.DataFrame(
        {
            "remoteId": pd.concat([numbers, numbers], ignore_index=True),
            "product": pd.Series(["A"] * count + ["B"] * count, dtype=TEXT),
            "quantity": pd.Series(range(2 * count), dtype=WHOLE),
            "subtotalValue": pd.Series([1250] * (2 * count), dtype=WHOLE),
        }
    )
    return table, lines


def _written(count: int) -> Callable[[], object]:
    table, lines = _orders(count)
    step = LoadedEntity(
        SELL_ORDERS,
        table,
        ids=pd.Series(dtype=TEXT),
        in_output=pd.Index([], dtype=TEXT),
        count=count - 1,
        snapshot=None,
        awaited=True,
        lines=lines,
    )
    return lambda: list(written_rows(step, step.gone_out, count))


def _kept(count: int) -> Callable[[], object]:
    columns: dict[str, list[str | None]] = {
        "amazon_order_id": [f"302-{number}" for number in range(count)],
        "item_price": ["19.99"] * count,
        "quantity": ["1"] * count,
    }
    frame = _typed(streams.ORDER_LINES, columns)
    return lambda: waiting.laid_out({streams.ORDER_LINES: frame})


def _as_text(count: int) -> Callable[[], object]:
    frame = _deliveries(count)
    return lambda: deliveries.as_text(frame)


def _as_parquet(count: int) -> Callable[[], object]:
    frame = _deliveries(count)
    return lambda: deliveries.as_parquet([frame])


@pytest.mark.parametrize("work", [_written, _kept, _as_text, _as_parquet])
def test_more_rows_take_no_more_calls(work: Callable[[int], Callable[[], object]]) -> None:
    few, many = work(10), work(4_000)
    _calls(many)  # what is done once and kept
    assert _calls(many) < _calls(few) + 200


def _calls(work: Callable[[], object]) -> int:
    """Count the functions that are called, those of Python and those of C."""
    count = 0

    def note(_frame: object, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    threading.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
        threading.setprofile(None)
    return count
