"""Thirty days in which Amazon's answers are odd at random: nothing is missing without a word."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from faults.conftest import SOAK
from faults.month import BY_HOUR, CLOCK_FACTOR, HISTORY, SELLER, VENDOR, Month
from proofs import is_full

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from conftest import StartSandbox

DAY = 24 * 60  # minutes
WHOLE_STEP, SMALL_STEP = DAY, 10 * DAY


def test_a_month_of_odd_answers_ends_as_the_truth_has_it_and_reports_all_that_is_missing(
    pytestconfig: pytest.Config,
    start_sandbox: StartSandbox,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    full = is_full(pytestconfig)
    seed = pytestconfig.getoption("soak_seed", default=1)
    sandbox = start_sandbox(
        clock_factor=CLOCK_FACTOR, orders=200 if full else 40, listings=60 if full else 20,
        days=HISTORY, report_seconds=(1, 30), report_limits="off",
        live=True,
    )  # fmt: skip
    month = Month(
        sandbox,
        tmp_path,
        Random(seed),  # noqa: S311 - repeatable faults
        step=WHOLE_STEP if full else SMALL_STEP,
        parts=(SELLER, VENDOR, BY_HOUR) if full else (SELLER, VENDOR),
    )

    month.run()

    record_property(
        SOAK,
        f"Month: {month.strikes} odd answers in {month.syncs} syncs, {month.reported} differences "
        "reported on the way",
    )
    assert not month.offences, "\n".join(month.offences)
    assert month.missing == []
    assert month.strikes >= month.syncs, "hardly anything was odd"
