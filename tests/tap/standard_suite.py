"""The Singer SDK's own suite for taps; `test_standard.py` runs it with a sandbox's configuration."""

from __future__ import annotations

import json
import os

from singer_sdk.testing import SuiteConfig, get_tap_test_class

from tap_amazon_seller.tap import TapAmazonSeller

CATALOG = TapAmazonSeller(validate_config=False, setup_mapper=False).catalog_dict
for _entry in CATALOG["streams"]:
    for _metadata in _entry["metadata"]:
        if not _metadata["breadcrumb"]:
            _metadata["metadata"]["selected"] = True

TestTapAmazonSeller = get_tap_test_class(
    TapAmazonSeller,
    config=json.loads(os.environ["STANDARD_SUITE_CONFIG"]),
    catalog=CATALOG,
    suite_config=SuiteConfig(max_records_limit=None),
)
