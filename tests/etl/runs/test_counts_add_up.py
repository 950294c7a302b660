"""Whatever comes in, every record is accounted for once, and the output says the same."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proofs import is_full

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.mapping_report.report import MappingReport, check, tally
from amazon_optiply_etl.optiply.entities import ENTITIES, Entity
from amazon_optiply_etl.optiply.payloads import singer_schema
from amazon_optiply_etl.optiply.schema_check import load_schema
from amazon_optiply_etl.runs import pipeline

DE = "A1PA6795UKMFR9"
FR = "A13V1IB3VIYZZH"
_marketplaces = st.sampled_from([DE, FR])
_asins = st.sampled_from(["B0000000AA", "B0000000BB", "B0000000CC", None])
_numbers = st.sampled_from(["302-1", "302-2", "302-3", "302-4"])
_amounts = st.decimals(0, 1000, places=4).map(float) | st.none()
_dates = st.sampled_from(["2026-10-01T00:00:00Z", "2026-10-02T01:30:00+01:00", None])

_listings = st.fixed_dictionaries(
    {
        "marketplace_id": _marketplaces,
        "seller_sku": st.sampled_from(["S1", "S2", "0003"]),
        "item_name": st.text(max_size=6) | st.none(),
        "price": _amounts,
        "quantity": st.integers(0, 5) | st.none(),
        "asin1": _asins,
        "status": st.sampled_from(["Active", "Active", "Inactive", None]),
    }
)
_stock = st.fixed_dictionaries(
    {
        "marketplace_id": _marketplaces,
        "sku": st.sampled_from(["S1", "S2", "0003", "S4"]),
        "fnsku": st.sampled_from(["X1", "X2"]),
        "asin": _asins,
        "condition": st.just("New"),
        "afn_total_quantity": st.integers(0, 9) | st.none(),
        "afn_fulfillable_quantity_local": st.integers(0, 9) | st.none(),
    }
)
_orders = st.fixed_dictionaries(
    {
        "marketplace_id": _marketplaces,
        "amazon_order_id": _numbers,
        "purchase_date": _dates,
        "last_updated_date": _dates,
        "order_status": st.sampled_from(["Shipped", "Shipped", "Pending", "Cancelled", None]),
        "order_total": _amounts,
    }
)
_lines = st.fixed_dictionaries(
    {
        "marketplace_id": _marketplaces,
        "amazon_order_id": _numbers,
        "line_number": st.integers(1, 2),
        "last_updated_date": _dates,
        "sku": st.sampled_from(["S1", "S2"]),
        "asin": _asins,
        "item_status": st.sampled_from(["Shipped", "Cancelled", None]),
        "quantity": st.integers(0, 3) | st.none(),
        "item_price": _amounts,
    }
)
_folder = st.fixed_dictionaries(
    {
        "products_inventory": st.lists(_listings, min_size=1, max_size=8),
        "warehouse_inventory": st.lists(_stock, max_size=6),
        "orders": st.lists(_orders, max_size=6),
        "order_items": st.lists(_lines, max_size=10),
    }
)
_configs = st.sampled_from(
    [{}, {"marketplaces": "DE"}, {"marketplaces": "DE,FR"}, {"second_flavour": True}]
)


FEW, MANY = 12, 200
"""Examples: folders of two syncs."""


def test_in_is_out_plus_unchanged_plus_left_out(pytestconfig: pytest.Config) -> None:
    examples = MANY if is_full(pytestconfig) else FEW

    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(first=_folder, second=_folder, config=_configs)
    def holds(
        first: dict[str, list[dict[str, Any]]],
        second: dict[str, list[dict[str, Any]]],
        config: dict[str, Any],
    ) -> None:
        _add_up(first, second, config)

    holds()


def _add_up(
    first: dict[str, list[dict[str, Any]]],
    second: dict[str, list[dict[str, Any]]],
    config: dict[str, Any],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folders = pipeline.Folders(root / "sync-output", root / "snapshots", root / "etl-output")
        folders.input.mkdir()
        sent: list[str] = []
        for records in (first, second):
            _write(folders.input, records)
            waiting = _waiting(folders.snapshots)
            try:
                pipeline.build(settings_from(config, {}), folders, ("singer", "jsonl"))
            except EtlError as error:
                assert "another seller's" in str(error)  # noqa: PT017 - the only one that may come
                return
            sent += _check_output(folders.output, records, waiting)
        assert len(sent) == len(set(sent)), "an order went out twice"


def _write(folder: Path, records: dict[str, list[dict[str, Any]]]) -> None:
    for stream, each in records.items():
        lines = "".join(f"{json.dumps(record)}\n" for record in each)
        (folder / f"{stream}.jsonl").write_text(lines, encoding="utf-8")


def _waiting(snapshots: Path) -> Counter[str]:
    """Count the records of each stream that wait for a run."""
    path = snapshots / "waiting.singer"
    return Counter(each["stream"] for each in (_lines_of(path) if path.exists() else ()))


def _check_output(
    output: Path, records: dict[str, list[dict[str, Any]]], waiting: Counter[str]
) -> list[str]:
    """Check the output against the report and its schemas; answers the orders that went out."""
    counts = json.loads((output / "mapping-report.json").read_text("utf-8"))["counts"]
    for stream, each in records.items():
        count = counts[stream]
        assert count["in"] == len(each) + waiting[stream]
        assert count["in"] == count["out"] + count["unchanged"] + count["left_out"]
    products = _valid(output / "products.jsonl", "product")
    orders = _valid(output / "sell_orders.jsonl", "sell_order")
    assert counts["products"]["out"] == len(products)
    assert counts["orders"]["out"] == len(orders)
    for message in _lines_of(output / "data.singer"):
        if message["type"] == "RECORD":
            entity = next(each for each in ENTITIES if each.stream == message["stream"])
            _validator(entity).validate(message["record"])
    for order in orders:
        lines = order["orderLines"]
        assert len({line["Remote_productId"] for line in lines}) == len(lines)
    return [order["remoteId"] for order in orders]


def _valid(path: Path, schema: str) -> list[dict[str, Any]]:
    found = _lines_of(path)
    validator = jsonschema_rs.validator_for(load_schema(schema))
    for each in found:
        validator.validate(each)
    return found


@cache
def _validator(entity: Entity) -> Any:
    return jsonschema_rs.validator_for(singer_schema(entity))


def _lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def test_a_report_that_does_not_add_up_stops_the_run() -> None:
    frame = pd.DataFrame({"outcome": pd.Series(["goes out", "unchanged"], dtype="string[pyarrow]")})
    ids = pd.Series(["a", "b"])
    lost = MappingReport({}, (tally("orders", frame, 3, ids),), {}, ())
    with pytest.raises(EtlError, match="orders do not add up, so nothing was written: 3 came in"):
        check(lost, {})
    whole = MappingReport({}, (tally("orders", frame, 2, ids),), {}, ())
    check(whole, {"orders": 1})
    with pytest.raises(EtlError, match=r"1 went out \(2 in the output\)"):
        check(whole, {"orders": 2})
