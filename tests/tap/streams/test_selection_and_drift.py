"""Records hold what the catalog selects, and columns that are new to the tap are announced."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from running import configuration, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox

NEW = "buyer_identification_number"  # a column of Japanese order files that no schema declares


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox for all tests here."""
    return start_module_sandbox(clock_factor=600, orders=60, report_seconds=(1, 30))


def jp(sandbox: RunningSandbox, **settings: object) -> dict[str, object]:
    """A configuration for Japan alone."""
    return configuration(sandbox.url, "FE", clock_factor=600, marketplaces="JP", **settings)


def test_personal_columns_stay_out_by_default(sandbox: RunningSandbox, tmp_path: Path) -> None:
    output = run_tap(tmp_path, jp(sandbox), None, *select(tmp_path, "order_items"))

    assert len(output.schemas["order_items"]) == 1
    assert not any(name.startswith("buyer") for name in output.records["order_items"][0])


def test_a_new_column_comes_with_a_new_schema_and_a_warning(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    output = run_tap(
        tmp_path, jp(sandbox, include_pii=True), None, *select(tmp_path, "order_items")
    )

    first, second = output.schemas["order_items"]
    assert NEW not in first["schema"]["properties"]
    assert second["schema"]["properties"][NEW] == {"type": ["string", "null"]}
    assert all(NEW in record for record in output.records["order_items"])
    assert any(
        f"has properties that are new to this tap: {NEW}" in line for line in output.warnings()
    )


def test_a_deselected_property_is_left_out_and_so_are_new_ones(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    options = select(tmp_path, "order_items")
    path = tmp_path / "catalog.json"
    catalog = json.loads(path.read_text())
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            if metadata["breadcrumb"] == ["properties", "product_name"]:
                metadata["metadata"]["selected"] = False
    path.write_text(json.dumps(catalog))

    output = run_tap(tmp_path, jp(sandbox, include_pii=True), None, *options)

    assert output.returncode == 0
    [schema] = output.schemas["order_items"]
    assert "product_name" not in schema["schema"]["properties"]
    for record in output.records["order_items"]:
        assert record.keys() <= schema["schema"]["properties"].keys()


def test_stream_maps_of_the_sdk_work(sandbox: RunningSandbox, tmp_path: Path) -> None:
    maps = {"order_items": {"asin_lower": "asin.lower()", "product_name": None}}

    output = run_tap(
        tmp_path, jp(sandbox, stream_maps=maps), None, *select(tmp_path, "order_items")
    )

    assert output.returncode == 0, output.errors
    record = output.records["order_items"][0]
    assert record["asin_lower"] == record["asin"].lower()
    assert "product_name" not in record


def test_keys_are_passed_on_though_a_catalog_deselects_them(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    options = select(tmp_path, "order_items", "products_inventory")
    path = tmp_path / "catalog.json"
    catalog = json.loads(path.read_text())
    for entry in catalog["streams"]:
        for each in entry["metadata"]:
            if each["breadcrumb"]:
                each["metadata"] = {"selected": False}  # and no word of `inclusion`
    path.write_text(json.dumps(catalog))

    output = run_tap(tmp_path, jp(sandbox), None, *options)

    assert output.returncode == 0, output.errors
    for stream, more in (("order_items", ["last_updated_date"]), ("products_inventory", [])):
        [schema] = output.schemas[stream]
        names = sorted([*schema["key_properties"], *more])
        assert sorted(schema["schema"]["properties"]) == names
        assert all(sorted(record) == names for record in output.records[stream])


def test_a_map_of_all_streams_is_no_matter_of_those_that_are_deselected(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    maps = {"*": {"tenant": "'acme'"}}

    output = run_tap(
        tmp_path, jp(sandbox, stream_maps=maps), None, *select(tmp_path, "orders", "marketplaces")
    )

    assert output.returncode == 0, output.errors
    assert output.records.keys() == {"orders", "marketplaces"}
    assert all(one["tenant"] == "acme" for records in output.records.values() for one in records)
