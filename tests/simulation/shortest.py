"""The shortest script of a life that still fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulation.lives import Task, live_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulation.script import Event, Script
    from simulation.stage import Ended


def shortest(script: Script) -> tuple[Script, Ended]:
    """Take events and syncs away from a script as long as it fails; what is left, and how it ended."""
    found = _ended_of(script)

    def fails(shorter: Script) -> bool:
        nonlocal found
        ended = _ended_of(shorter)
        if ended.wrong:
            found = ended
        return bool(ended.wrong)

    short = script.shorter(_fewest(script, fails))
    return short.with_events(_without_needless(short, fails)), found


def _ended_of(script: Script) -> Ended:
    [(_, ended)] = live_all([Task(script)])
    return ended


def _fewest(script: Script, fails: Callable[[Script], bool]) -> int:
    """The fewest of the first syncs that fail, by halving; at least one."""
    low, high = 0, len(script.gaps)
    while high - low > 1:
        middle = (low + high) // 2
        if fails(script.shorter(middle)):
            high = middle
        else:
            low = middle
    return high


def _without_needless(script: Script, fails: Callable[[Script], bool]) -> Sequence[Event]:
    """The events without those that are not needed for the failure (Zeller's ddmin)."""
    events = list(script.events)
    size = max(1, len(events) // 2)
    while events:
        at, is_cut = 0, False
        while at < len(events):
            kept = events[:at] + events[at + size :]
            if fails(script.with_events(kept)):
                events, is_cut = kept, True
            else:
                at += size
        if size == 1 and not is_cut:
            break
        size = max(1, size // 2)
    return events
