"""Ratios are judged as their targets say, and the report and the page report it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report import ratio_table, report, terminal_table, with_table
from results import Figure, Measurement, Ratio, Table
from run import sentence

FASTER = Ratio("records/s", "a peer", ours=30.0, peer=10.0, unit="records/s", target=2.0)
LARGER = Ratio("memory", "a limit", ours=30.0, peer=10.0, unit="MB", target=2.0, at_most=True)
SHOWN = Ratio("calls", "another way", ours=1.0, peer=8.0, unit="calls")
MEASUREMENT = Measurement(
    "readers",
    "Which is faster",
    (FASTER, LARGER, SHOWN),
    (Figure("ours", "time", 1.5, "s", at=1_000), Figure("a peer", "time", 3.0, "s", at=1_000)),
    ("One run.",),
    tables=(Table("Calls", ("Operation", "first"), (("token", "1"),)),),
)


@pytest.mark.parametrize(
    ("ours", "at_most", "met"),
    [(2.0, False, True), (1.9, False, False), (2.0, True, True), (2.1, True, False)],
)
def test_a_target_is_a_bound_that_may_be_reached(ours: float, at_most: bool, met: bool) -> None:  # noqa: FBT001
    ratio = Ratio("x", "y", ours=ours, peer=1.0, unit="s", target=2.0, at_most=at_most)

    assert ratio.met is met


@pytest.mark.parametrize(("ours", "met"), [(30.0, True), (29.0, False)])
def test_a_target_may_also_be_met_by_a_value_of_ours(ours: float, met: bool) -> None:  # noqa: FBT001
    ratio = Ratio("x", "y", ours=ours, peer=10.0, unit="records/s", target=5.0, enough=30.0)

    assert ratio.met is met
    assert "| at least 5, or 30 records/s |" in ratio_table([ratio])


def test_a_ratio_without_target_is_neither_met_nor_missed() -> None:
    assert SHOWN.met is None


def test_the_terminal_shows_each_ratio_with_its_target() -> None:
    lines = terminal_table([MEASUREMENT]).splitlines()

    assert [line.split()[-3:] for line in lines[1:]] == [
        ["least", "2:", "met"],
        ["most", "2:", "missed"],
        ["0.125", "no", "target"],
    ]


def test_the_report_has_ratios_figures_and_notes() -> None:
    text = report([MEASUREMENT], plots=[], missing={})

    assert "| records/s | a peer | 30 records/s | 10 records/s | 3 | at least 2 | met |" in text
    assert "| memory | a limit | 30 MB | 10 MB | 3 | at most 2 | **missed** |" in text
    assert "| ours | 1,000 | 1.5 |" in text
    assert "- One run." in text
    assert "Calls:\n\n| Operation | first |\n| --- | --: |\n| token | 1 |" in text


def test_the_report_tells_what_has_no_new_figures() -> None:
    text = report([MEASUREMENT], plots=[], missing={"pipe": "it failed: no room."})

    assert "**pipe** has no new figures: it failed: no room." in text


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SystemExit("tap failed:\nTraceback\nNo room"), "tap failed: No room."),
        (ValueError("One line."), "One line."),
        (KeyError(), "KeyError."),
    ],
)
def test_a_failure_is_told_in_one_sentence(error: BaseException, told: str) -> None:
    assert sentence(error) == told


def test_a_busy_machine_is_told() -> None:
    assert "used up to 70% of the cores" in report(
        [replace(MEASUREMENT, busy=0.7)], plots=[], missing={}
    )
    assert "quiet" not in report([replace(MEASUREMENT, busy=0.05)], plots=[], missing={})


def test_the_readme_shows_ratios_with_a_target_between_its_marks() -> None:
    readme = "Before\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nAfter\n"

    text = with_table(readme, [MEASUREMENT])

    assert text.startswith("Before\n<!-- benchmarks -->\n| What |")
    assert text.endswith("<!-- /benchmarks -->\nAfter\n")
    assert "old" not in text
    assert "a peer" in text
    assert "another way" not in text
