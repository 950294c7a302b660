"""The account of a run: what came in, what went out, what was left out and why; it must add up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.outcomes import DONE_BEFORE, GOES_OUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Records that were left out for one reason."""

    reason: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one kind of record.

    Attributes:
        name: What is counted, such as ``orders``.
        came_in: How many the input holds.
        went_out: How many are in the output.
        unchanged: How many were sent before, as they are or in an earlier state, and need not be again.
        left_out: The others, by reason.
    """

    name: str
    came_in: int
    went_out: int
    unchanged: int
    left_out: tuple[LeftOut, ...]

    @property
    def left_out_count(self) -> int:
        """How many were left out, over all reasons."""
        return sum(len(each.ids) for each in self.left_out)


@dataclass(frozen=True, slots=True)
class MappingReport:
    """The accounts of a run with what else a reader should know."""

    settings: Mapping[str, Any]
    accounts: tuple[Account, ...]
    notes: Mapping[str, Sequence[str]]
    files_not_read: tuple[str, ...]


def account(name: str, frame: pd.DataFrame, came_in: int, ids: pd.Series[Any]) -> Account:
    """Count the outcomes of a frame of records.

    Args:
        name: What is counted.
        frame: Records with their final `outcome`.
        came_in: How many records were read, counted where they were read.
        ids: How a reader finds each record again.
    """
    outcome = frame["outcome"]
    done = outcome.isin(DONE_BEFORE).fillna(value=False).astype(bool)
    left = ~(done | (outcome == GOES_OUT).fillna(value=False).astype(bool))
    reasons = outcome.where(outcome.notna(), "for no known reason")
    groups = ids[left].groupby(reasons[left], sort=True)
    return Account(
        name,
        came_in=came_in,
        went_out=int((outcome == GOES_OUT).sum()),
        unchanged=int(done.sum()),
        left_out=tuple(LeftOut(str(reason), tuple(sorted(group))) for reason, group in groups),
    )


def check(report: MappingReport, written: Mapping[str, int]) -> None:
    """Refuse a report that does not add up, or that tells of other counts than were written.

    Args:
        report: The report.
        written: Account name -> count, as counted in the output itself.

    Raises:
        EtlError: records are missing, doubled or without a reason.
    """
    for each in report.accounts:
        total = each.went_out + each.unchanged + each.left_out_count
        nameless = any(group.reason == "for no known reason" for group in each.left_out)
        if (
            total != each.came_in
            or nameless
            or written.get(each.name, each.went_out) != each.went_out
        ):
            raise EtlError(
                f"The counts of {each.name} do not add up, so nothing was written: {each.came_in} came "
                f"in; {each.went_out} went out ({written.get(each.name, each.went_out)} in the output), "
                f"{each.unchanged} unchanged, {each.left_out_count} left out. Please report this."
            )


def as_json(report: MappingReport) -> str:
    """Return the report as JSON, with all ids."""
    content = {
        "settings": dict(report.settings),
        "counts": {
            each.name: {
                "in": each.came_in,
                "out": each.went_out,
                "unchanged": each.unchanged,
                "left_out": each.left_out_count,
            }
            for each in report.accounts
        },
        "left_out": {
            each.name: {
                group.reason: {"count": len(group.ids), "ids": group.ids} for group in each.left_out
            }
            for each in report.accounts
        },
        "notes": {
            note: {"count": len(ids), "ids": list(ids)} for note, ids in report.notes.items()
        },
        "files_not_read": report.files_not_read,
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def summary(report: MappingReport) -> str:
    """Return the counts as a table for a terminal."""
    lines = [f"{'':<22}{'in':>10}{'out':>10}{'unchanged':>11}{'left out':>10}"]
    for each in report.accounts:
        lines.append(
            f"{each.name:<22}{each.came_in:>10,}{each.went_out:>10,}{each.unchanged:>11,}"
            f"{each.left_out_count:>10,}"
        )
        lines.extend(f"  {len(group.ids):>9,}  {group.reason}" for group in each.left_out)
    if report.notes:
        lines.append("Please note")
        lines.extend(f"  {len(ids):>9,}  {note}" for note, ids in report.notes.items())
    lines.extend(f"Not read: {name}" for name in report.files_not_read)
    return "\n".join(lines)


def as_markdown(report: MappingReport) -> str:
    """Return the report as a page to read, with the first ids of each reason."""
    lines = ["# Mapping report", ""]
    lines += [f"- {name}: {_shown(value)}" for name, value in report.settings.items()]
    lines += ["", "| | in | out | unchanged | left out |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {each.name} | {each.came_in} | {each.went_out} | {each.unchanged} | {each.left_out_count} |"
        for each in report.accounts
    ]
    lines += ["", "## Left out", ""]
    for each in report.accounts:
        lines += [
            f"- {each.name}: {group.reason} ({len(group.ids)}): {_first(group.ids)}"
            for group in each.left_out
        ]
    lines += ["", "## Please note", ""]
    lines += [f"- {note} ({len(ids)}): {_first(ids)}" for note, ids in report.notes.items()]
    lines += [f"- not read: {name}" for name in report.files_not_read]
    return "\n".join(lines) + "\n"


def _first(ids: Sequence[str]) -> str:
    shown = ", ".join(f"`{each}`" for each in ids[:_SHOWN])
    return f"{shown}, ..." if len(ids) > _SHOWN else shown


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "not set"
    return "not set" if value is None else str(value)
