"""Thirty days in which Amazon's answers are odd at random: nothing is missing without a word."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

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
    sandbox = start_sandbox(**_options(full=full))
    month = Month(
        sandbox,
        tmp_path,
        _chance(pytestconfig),
        step=WHOLE_STEP if full else SMALL_STEP,
        parts=(SELLER, VENDOR, BY_HOUR) if full else (SELLER, VENDOR),
    )

    month.run()

    record_property(SOAK, f"Month: {month.figures}")
    _check(month)
    assert month.strikes >= month.syncs, "hardly anything was odd"
    assert month.rejected, "no item was odd"


def test_days_of_odd_answers_end_as_the_truth_has_it_hour_by_hour(
    pytestconfig: pytest.Config,
    start_sandbox: StartSandbox,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """Amazon keeps hours for six days, so that these streams are synced every day or so."""
    days = start_sandbox(**_options(full=False))
    month = Month(days, tmp_path, _chance(pytestconfig), step=DAY, parts=(BY_HOUR,), length=3 * DAY)

    month.run()

    record_property(SOAK, f"Days by hours: {month.figures}")
    _check(month)
    assert month.strikes, "nothing was odd"


def _options(*, full: bool) -> dict[str, Any]:
    return {
        "clock_factor": CLOCK_FACTOR,
        "orders": 200 if full else 40,
        "listings": 60 if full else 20,
        "days": HISTORY,
        "report_seconds": (1, 30),
        "report_limits": "off",
        "live": True,
    }


def _chance(config: pytest.Config) -> Random:
    return Random(config.getoption("soak_seed", default=1))  # noqa: S311 - repeatable faults


def _check(month: Month) -> None:
    assert not month.offences, "\n".join(month.offences)
    assert month.missing == []
