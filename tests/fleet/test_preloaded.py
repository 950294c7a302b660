"""What the fork server has loaded before the first run, and what a worker goes without."""

from __future__ import annotations

import subprocess
import sys

_LOOK = """
import amazon_fleet.account_run.preloaded
import gc, pickle, sys, threading
from datetime import UTC, datetime
from pathlib import Path

known = set(sys.modules)
import amazon_fleet.account_run.child
from amazon_fleet.account_run.entry import main
from amazon_fleet.account_run.order import RunOrder

pickle.loads(pickle.dumps((main, RunOrder("a", "b", Path("c"), "d", datetime.now(UTC)))))
print(sorted(set(sys.modules) - known), threading.active_count(), gc.isenabled(), gc.get_count()[2])
"""

_WORKER = """
import amazon_fleet.command.cli, amazon_fleet.worker.worker
import sys

print(sorted({each.partition(".")[0] for each in sys.modules} & set(sys.argv[1:])))
"""


def test_a_run_begins_without_loading_a_module_or_inheriting_a_thread() -> None:
    looked = subprocess.run(
        [sys.executable, "-c", _LOOK], capture_output=True, text=True, check=False
    )

    assert (looked.stdout, looked.stderr) == ("[] 1 True 0\n", "")


def test_a_worker_loads_nothing_that_its_runs_alone_need() -> None:
    needed = ("pandas", "pyarrow", "singer_sdk", "tap_amazon_seller", "amazon_optiply_etl")
    looked = subprocess.run(
        [sys.executable, "-c", _WORKER, *needed], capture_output=True, text=True, check=False
    )

    assert (looked.stdout, looked.stderr) == ("[]\n", "")
