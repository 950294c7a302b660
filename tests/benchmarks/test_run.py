"""One benchmark that fails does not cost the others their figures."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import run
from click.testing import CliRunner
from results import Measurement, Ratio

if TYPE_CHECKING:
    from pathlib import Path


class Bench:
    """Two benchmarks in a folder, of which some fail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.failing: set[str] = set()
        for name in ("fast", "slow"):
            (folder / f"{name}.py").write_text("def measure(*, quick=False): ...", "utf-8")
        (folder / "page.md").write_text("<!-- benchmarks -->\n<!-- /benchmarks -->\n", "utf-8")

    def module(self, name: str) -> Any:
        def measure(*, quick: bool) -> Measurement:  # noqa: ARG001
            if name in self.failing:
                raise SystemExit(f"{name} broke:\nTraceback\nNo room on the disk")
            ratio = Ratio(f"speed of {name}", "a peer", 3.0, 1.0, "rows/s", target=2.0)
            return Measurement(name, f"How {name}", (ratio,))

        return SimpleNamespace(measure=measure)

    def report(self) -> str:
        return (self.folder / "REPORT.md").read_text("utf-8")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    found = Bench(tmp_path)
    monkeypatch.setattr(run, "HERE", tmp_path)
    monkeypatch.setattr(run, "KEPT", tmp_path / "results")
    monkeypatch.setattr(run, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(run, "peer", lambda _: None)
    monkeypatch.setattr(importlib, "import_module", found.module)
    return found


def test_the_figures_of_the_others_are_reported_and_the_failure_in_a_sentence(bench: Bench) -> None:
    bench.failing = {"slow"}

    result = CliRunner().invoke(run.main)

    assert result.exit_code == 1
    assert "speed of fast" in bench.report()
    assert "**slow** has no new figures: it failed when it was last run: slow broke: No room" in (
        bench.report()
    )
    assert "speed of fast" in (bench.folder / "page.md").read_text("utf-8")


def test_a_failure_keeps_the_figures_of_an_earlier_run_and_says_so(bench: Bench) -> None:
    CliRunner().invoke(run.main)
    bench.failing = {"slow"}
    CliRunner().invoke(run.main)

    assert "speed of slow" in bench.report()
    assert "No room on the disk. Its figures are those of an earlier run." in bench.report()


def test_what_the_proofs_found_last_stays_at_the_end_of_the_report(bench: Bench) -> None:
    CliRunner().invoke(run.main)
    path = bench.folder / "REPORT.md"
    path.write_text(bench.report() + "\n## Proofs\n\nlost 0\n", "utf-8")

    for _ in range(2):
        CliRunner().invoke(run.main)

    assert bench.report().endswith("\n\n## Proofs\n\nlost 0\n")
    assert bench.report().count("## Proofs") == 1


def test_a_benchmark_that_works_again_is_not_told_of(bench: Bench) -> None:
    bench.failing = {"slow"}
    CliRunner().invoke(run.main)
    bench.failing = set()
    result = CliRunner().invoke(run.main)

    assert result.exit_code == 0
    assert "has no new figures" not in bench.report()
