"""The run of a made-up seller, which a process makes before it is forked."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.interface import preload
from amazon_optiply_etl.mapping_report.report import as_json
from amazon_optiply_etl.runs import sample

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_it_takes_the_ways_of_products_and_orders_that_are_new_unchanged_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    report: dict[str, Any] = json.loads(as_json(sample.build()))

    assert report["counts"] == {
        "products_inventory": {"in": 2, "out": 1, "unchanged": 1, "left_out": 0},
        "warehouse_inventory": {"in": 2, "out": 1, "unchanged": 1, "left_out": 0},
        "products": {"in": 2, "out": 1, "unchanged": 1, "left_out": 0},
        "orders": {"in": 3, "out": 1, "unchanged": 1, "left_out": 1},
        "order_items": {"in": 3, "out": 1, "unchanged": 1, "left_out": 1},
    }
    assert not list(tmp_path.iterdir())


def test_a_process_without_a_place_for_temporary_files_can_be_forked_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))

    preload()
