"""Whatever goes wrong at whichever call, a sync is complete, or the next one makes it so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faults.conftest import CELL
from faults.table import ROWS
from faults.trial import FAIL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from faults.table import Case
    from faults.trial import Verdict


def test_a_fault_costs_time_or_a_rerun_and_never_a_record(
    case: Case,
    verdicts: Mapping[Case, Future[Verdict]],
    record_property: Callable[[str, object], None],
) -> None:
    record_property(CELL, (str(case), FAIL))

    verdict = verdicts[case].result()

    record_property(CELL, (str(case), verdict.cell))
    assert not verdict.problems, str(verdict)


def test_every_fault_is_told_or_has_a_reason_to_pass_in_silence() -> None:
    assert [row.label for row in ROWS if bool(row.told) == bool(row.silent)] == []
