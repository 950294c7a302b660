"""The Singer SDK's own suite for taps; `test_standard.py` runs it with a sandbox's configuration."""

from __future__ import annotations

import json
import os
from typing import Any

from singer_sdk.testing import SuiteConfig, get_tap_test_class

from tap_amazon_seller.streams import changes
from tap_amazon_seller.tap import TapAmazonSeller


def everything() -> dict[str, Any]:
    """A catalog in which every stream is selected."""
    catalog = TapAmazonSeller(validate_config=False, setup_mapper=False).catalog
    for entry in catalog.values():
        entry.metadata.root.selected = True
    return dict(catalog.to_dict())


STREAMS = TapAmazonSeller(validate_config=False, setup_mapper=False).streams

TestTapAmazonSeller = get_tap_test_class(
    TapAmazonSeller,
    config=json.loads(os.environ["STANDARD_SUITE_CONFIG"]),
    catalog=everything(),
    suite_config=SuiteConfig(
        max_records_limit=None,
        ignore_no_records_for_streams=[
            "afn_inventory_country",  # which Europe alone has
            "rejected_rows",  # there are none in sound files
            *(name for name in STREAMS if name.startswith("vendor_")),  # nothing for a seller
            *(each.name for each in changes.CLASSES),  # notifications are off
        ],
    ),
)
