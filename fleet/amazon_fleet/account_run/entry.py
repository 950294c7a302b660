"""Where the process of a run begins: what a worker names, which itself loads nothing of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amazon_fleet.account_run.order import RunOrder


def main(order: RunOrder) -> None:
    """Run an account and end the process; the fork server calls it, which has loaded everything."""
    from amazon_fleet.account_run.child import main as run  # noqa: PLC0415 - loads tap and ETL

    run(order)
