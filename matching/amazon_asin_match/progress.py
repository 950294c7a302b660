"""How far a job is, for programs and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amazon_asin_match.store.jobs import Stage
from amazon_selling_partner import QUOTAS

if TYPE_CHECKING:
    from amazon_asin_match.store.jobs import Job

_CODES_OF_A_CALL: Final = 17.0
"""Until a job has figures of its own."""
_SHARES: Final = {Stage.READING: 0.0, Stage.JUDGING: 0.95, Stage.WRITING: 0.99, Stage.DONE: 1.0}
_SHOWN: Final = (
    "id", "name", "status", "stage", "created_at", "updated_at", "finished_at", "marketplace_id",
    "rows", "codes", "answered", "from_cache", "calls", "counts", "error",
)  # fmt: skip


def seconds_left(job: Job) -> float | None:
    """Seconds of Amazon's time that the rest of a job takes, by the quota; None where nobody knows."""
    if job.stage is Stage.READING:
        return None
    if job.stage is not Stage.SEARCHING:
        return 0.0
    asked = job.answered - job.from_cache
    codes_of_a_call = asked / job.calls if job.calls and asked else _CODES_OF_A_CALL
    left = job.codes - job.answered
    return left / max(codes_of_a_call, 1.0) / QUOTAS["searchCatalogItems"].rate


def share_done(job: Job) -> float:
    """How much of a job is done, from 0 to 1."""
    if job.stage is Stage.SEARCHING:
        return 0.05 + 0.9 * job.answered / max(job.codes, 1)
    return _SHARES[job.stage]


def progress_of(job: Job) -> dict[str, Any]:
    """A job as programs read it: without paths, options and addresses."""
    shown = {name: getattr(job, name) for name in _SHOWN}
    left = seconds_left(job)
    return {
        **shown,
        "percent": round(100 * share_done(job), 1),
        "seconds_left": None if left is None else round(left),
    }


def progress_line(job: Job) -> str:
    """One line about a job.

    Shape: `1,200 of 5,000 codes answered in 71 calls; about 2 minutes left`.
    """
    parts = [f"{job.answered:,} of {job.codes:,} codes answered in {job.calls:,} calls"]
    left = seconds_left(job)
    if left:
        parts.append(f"about {_span(left)} left")
    return "; ".join(parts)


def _span(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 - seconds read best below
        return f"{seconds:.0f} seconds"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"  # noqa: PLR2004
