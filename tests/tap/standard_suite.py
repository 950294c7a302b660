"""The Singer SDK's own suite for taps; `test_standard.py` runs it with a sandbox's configuration."""

from __future__ import annotations

import json
import os
from typing import Any

from singer_sdk.testing import SuiteConfig, get_tap_test_class

from tap_amazon_seller.tap import TapAmazonSeller

CONFIG = json.loads(os.environ["STANDARD_SUITE_CONFIG"])


def every_stream() -> dict[str, Any]:
    """A catalog that selects them all, those that a sync without a catalog leaves out as well."""
    catalog: dict[str, Any] = TapAmazonSeller(config=CONFIG).catalog_dict
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            if not metadata["breadcrumb"]:
                metadata["metadata"]["selected"] = True
    return catalog


TestTapAmazonSeller = get_tap_test_class(
    TapAmazonSeller,
    config=CONFIG,
    suite_config=SuiteConfig(max_records_limit=None),
    catalog=every_stream(),
)
