"""Fault upon fault, sync after sync, kill after kill: in the end nothing is lost or altered."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from faults.conftest import SOAK
from faults.soak import OPTIONS, Soak
from proofs import is_full

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from conftest import StartSandbox

FEW, MANY = 25, 1_000


def test_many_syncs_among_many_faults_end_in_the_truth(
    start_sandbox: StartSandbox,
    tmp_path: Path,
    pytestconfig: pytest.Config,
    record_property: Callable[[str, object], None],
) -> None:
    size = MANY if is_full(pytestconfig) else FEW
    faults = pytestconfig.getoption("soak_faults", default=None) or size
    seed = pytestconfig.getoption("soak_seed", default=1)
    soak = Soak(start_sandbox(**OPTIONS), tmp_path, Random(seed))  # noqa: S311 - repeatable faults

    struck = soak.run(faults)

    wrong = ", ".join(f"{name} {soak.wrong[name]}" for name in ("lost", "altered", "too much"))
    record_property(
        SOAK,
        f"Seed {seed}: {soak.whole} syncs complete, {soak.failed} failed, {soak.killed} killed",
    )
    record_property(SOAK, f"Soak: {struck:,} faults in {soak.syncs} syncs: {wrong}")
    assert not soak.where, "\n".join(soak.where)
    assert not soak.offences, "\n".join(soak.offences)
    assert struck >= faults, f"only {struck} faults struck in {soak.syncs} syncs"
