"""What the tap takes the place of in the Singer SDK is what it was when it did so."""

from __future__ import annotations

import hashlib
import inspect
from importlib.metadata import version

from singer_sdk import Stream

LOOP = "5b7e5f00c1ff51c9dccf85a251362165ebcc4e2ed2147d858d70b9eb1887b814"


def test_the_sdks_loop_over_records_is_the_one_that_ours_stands_in_for() -> None:
    source = inspect.getsource(Stream.sync) + inspect.getsource(Stream._sync_records)  # noqa: SLF001
    found = hashlib.sha256(source.encode()).hexdigest()

    assert found == LOOP, (
        f"singer-sdk {version('singer-sdk')} has another Stream.sync or Stream._sync_records. The "
        "latter is overridden by OutputStream._sync_records "
        "(tap_amazon_seller/streams/kinds/handover.py): "
        f"take over what has changed, see whether a public hook would do now, and note {found} here."
    )
