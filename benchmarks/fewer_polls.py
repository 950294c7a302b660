"""How many polls a first sync of five marketplaces makes with notifications, and how many without.

`python benchmarks/fewer_polls.py` prints the calls of each, and the share that notifications save.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / each) for each in (".", "support")]

from conftest import RunningSandbox, _starter  # noqa: E402 - tests are no package
from notified_shop import CREDENTIALS, NotifiedShop  # noqa: E402

POLLS = ("getReport", "getQuery")
STREAMS = (
    "orders", "order_items", "products_inventory", "warehouse_inventory", "fba_inventory_ledger",
    "fba_reimbursements", "order_changes",
)  # fmt: skip
LEAST_SAVED = 0.6


def polls_of(sandbox: RunningSandbox, folder: Path, *, notified: bool) -> dict[str, int]:
    """The calls of a first sync, by operation."""
    shop = NotifiedShop(sandbox, folder)
    if notified:
        shop.set_up()
    sandbox.reset_calls()
    shop.sync(*STREAMS)
    return {
        name: sum(by_status.values())
        for name, by_status in sandbox.calls().items()
        if name in {*POLLS, "getReports", "createReport"}
    }


def main() -> int:
    """Compare; 0 where enough is saved."""
    os.environ |= CREDENTIALS
    starter = _starter()
    start = next(starter)
    found = {}
    for notified in (False, True):
        sandbox = start(notifications=True, clock_factor=60, orders=600, listings=60)
        with tempfile.TemporaryDirectory() as folder:
            found[notified] = polls_of(sandbox, Path(folder), notified=notified)
        sandbox.stop()
    before, after = (sum(found[each].get(name, 0) for name in POLLS) for each in (False, True))
    saved = 1 - after / before if before else 0.0
    print(f"without notifications: {found[False]}")
    print(f"with notifications:    {found[True]}")
    print(f"getReport and getQuery: {before} and {after}, {saved:.0%} fewer")
    return 0 if saved >= LEAST_SAVED else 1


if __name__ == "__main__":
    sys.exit(main())
