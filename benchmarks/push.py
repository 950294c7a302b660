"""A first `push` with several calls under way against one call at a time, to an Optiply 100 ms away.

Both make the same products and orders of the same records, in turn within one run; the time is that of
the complete command, start-up and build included.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path

from programs import BIN, Run, launch
from results import Figure, Measurement, Ratio, as_text
from seller_records import write_input
from slow_optiply import slow_optiply

ORDER_LINES = 2_000
DELAY = 0.1
"""Seconds until Optiply answers a call."""
AT_ONCE = (1, 8)
"""Calls under way: one, and as many as a push has where nothing is set."""
TIMES_FASTER = 6.0


def measure(*, quick: bool = False) -> Measurement:
    """Push the same records with each number of calls."""
    found = {each: push(each, 50 if quick else ORDER_LINES) for each in AT_ONCE}
    (one, made), (several, also_made) = (found[each] for each in AT_ONCE)
    if made != also_made:
        raise SystemExit(
            f"One at a time made {made.total()} objects, {AT_ONCE[1]} {also_made.total()}."
        )
    calls = made.total()
    return Measurement(
        "push",
        "A first push into an Optiply that answers after 100 ms, several calls under way or one",
        (
            Ratio(
                f"calls per second, {AT_ONCE[1]} under way", "one at a time",
                calls / several.seconds, calls / one.seconds, "calls/s", TIMES_FASTER,
            ),
        ),
        tuple(
            Figure(f"{each} under way", quantity, value, unit)
            for each, (run, _) in found.items()
            for quantity, value, unit in (
                ("time", run.seconds, "s"),
                ("CPU time", run.cpu_seconds, "s"),
            )
        ),
        (
            f"{calls:,} products and orders, each created once; an answer takes {DELAY * 1e3:.0f} ms.",
            "Every call is in the journal, and on disk, before it is made and after it has come off.",
        ),
    )  # fmt: skip


def push(at_once: int, order_lines: int) -> tuple[Run, Counter[tuple[str, str]]]:
    """Push into an empty Optiply; return the run and how often each object was created."""
    with tempfile.TemporaryDirectory() as name, slow_optiply(DELAY) as optiply:
        folder = Path(name)
        write_input(folder / "sync-output", order_lines)
        (folder / "snapshots").mkdir()
        secrets = dict.fromkeys(("username", "password", "client_id", "client_secret"), "slow")
        credentials = {**secrets, "account_id": 1, "couplingId": 1}
        (folder / "snapshots" / "tenant-config.json").write_text(
            json.dumps({"apiCredentials": credentials}), encoding="utf-8"
        )
        run = launch(
            folder, BIN / "amazon-optiply-etl", "push", "--root", folder,
            "--push-concurrency", str(at_once), environment=optiply.environment(),
        )  # fmt: skip
        made = Counter(
            (entity, each) for entity, remote_ids in optiply.created.items() for each in remote_ids
        )
    return run, made


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()
