"""What the fork server has loaded before the first run."""

from __future__ import annotations

import subprocess
import sys

_LOOK = """
import amazon_fleet.account_run.preloaded
import gc, pickle, sys, threading
from datetime import UTC, datetime
from pathlib import Path

known = set(sys.modules)
from amazon_fleet.account_run.child import main
from amazon_fleet.account_run.order import RunOrder

pickle.loads(pickle.dumps((main, RunOrder("a", "b", Path("c"), "d", datetime.now(UTC)))))
print(sorted(set(sys.modules) - known), threading.active_count(), gc.isenabled(), gc.get_count()[2])
"""


def test_a_run_begins_without_loading_a_module_or_inheriting_a_thread() -> None:
    looked = subprocess.run(
        [sys.executable, "-c", _LOOK], capture_output=True, text=True, check=False
    )

    assert (looked.stdout, looked.stderr) == ("[] 1 True 0\n", "")
