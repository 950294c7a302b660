"""A catalog file is read as the SDK would read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from running import discover, write_json
from singer_sdk.singerlib import Catalog

from tap_amazon_seller.config.catalog_and_state import catalog

if TYPE_CHECKING:
    from pathlib import Path

ODD: dict[str, Any] = {
    "streams": [
        {
            "tap_stream_id": "orders",
            "table_name": "o",
            "row_count": 3,
            "schema": {
                "type": "object",
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "additionalProperties": False,
                "x-own": 1,
                "properties": {
                    "a": {"type": ["array", "null"], "items": {"type": "string", "maxLength": 3}},
                    "b": {"properties": {"c": {"anyOf": [{"type": "null"}], "enum": [1]}}},
                },
            },
            "metadata": [
                {"breadcrumb": ["properties", "a"], "metadata": {"selected": False, "x": 1}},
                {"breadcrumb": [], "metadata": {"selected": True, "table-key-properties": ["a"]}},
            ],
        },
        {"tap_stream_id": "listings", "schema": {"properties": {}}},
    ]
}


@pytest.mark.parametrize(
    "found", [pytest.param(None, id="of the tap"), pytest.param(ODD, id="odd")]
)
def test_each_entry_is_the_one_that_the_sdk_makes(
    tmp_path: Path, found: dict[str, Any] | None
) -> None:
    given = json.loads(discover()) if found is None else found
    path = write_json(tmp_path / "catalog.json", given)

    with path.open(encoding="utf-8") as file:
        read = catalog(file)

    expected = Catalog.from_dict(given)
    assert read == expected
    assert read.to_dict() == expected.to_dict()
