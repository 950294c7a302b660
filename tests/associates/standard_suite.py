"""The Singer SDK's own suite for taps; `test_standard.py` runs it with a sandbox's configuration."""

from __future__ import annotations

import json
import os

from singer_sdk.testing import SuiteConfig, get_tap_test_class

from tap_amazon_associates.singer.tap import TapAmazonAssociates

TestTapAmazonAssociates = get_tap_test_class(
    TapAmazonAssociates,
    config=json.loads(os.environ["STANDARD_SUITE_CONFIG"]),
    suite_config=SuiteConfig(max_records_limit=None),
)
