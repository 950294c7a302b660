"""Is in the midst of a batch file until its input ends: `python unfinished_batch.py SETTING`."""

from __future__ import annotations

import json
import logging
import sys

from tap_amazon_seller.output.batch_files import BatchSettings, Files
from tap_amazon_seller.output.messages import MessageWriter

RECORDS = 3000


def files_of(settings: BatchSettings) -> Files:
    """Files of orders that have ids alone."""
    return Files(
        MessageWriter(),
        settings,
        "orders",
        properties=lambda: {"amazon_order_id": {"type": "string"}},
        count=lambda: None,
        logger=logging.getLogger(),
    )


def main() -> None:
    """Write records, say so, wait, and finish the file."""
    settings = BatchSettings.from_config({"batch_config": json.loads(sys.argv[1])})
    assert settings
    files = files_of(settings)
    for number in range(RECORDS):
        files.add({"amazon_order_id": str(number)})
    print("writing", flush=True)  # noqa: T201
    sys.stdin.read()
    files.flush()


if __name__ == "__main__":
    main()
