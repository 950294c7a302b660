"""Which kinds of events have changed the course of a life.

A life is lived again without one event, and compared with itself line by line: where the log is another
one, in what happens, in its order or its times, the event has changed the course, and that is all that
is wanted of it. What nothing depends on within some syncs counts as unchanged.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulation.lives import Task, live_all

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator

    from simulation.script import Event, Script
    from simulation.stage import Ended

ROUNDS = 20
"""So many lives are tried for each kind of event, until one goes another way."""
LATER = 2
"""So many syncs after that of the event are lived again."""


@dataclass(frozen=True, slots=True)
class _Struck:
    """An event that has struck a life.

    Attributes:
        course: The life's.
        cpu: The seconds that it took.
    """

    script: Script
    number: int
    course: array[int]
    cpu: float

    @property
    def event(self) -> Event:
        """The event."""
        return self.script.events[self.number]

    @property
    def cost(self) -> tuple[int, float]:
        """What to order by, so that the shortest are tried first."""
        return self.event.sync, self.cpu

    @property
    def without(self) -> Task:
        """The life without the event, as long as it is that life."""
        events = [each for place, each in enumerate(self.script.events) if place != self.number]
        short = self.script.with_events(events).shorter(self.event.sync + 1 + LATER)
        return Task(short, follows=self.course)


@dataclass(slots=True)
class Probes:
    """The events that have struck, by their kinds."""

    _of: dict[str, list[_Struck]] = field(default_factory=lambda: defaultdict(list))

    def take(self, script: Script, ended: Ended) -> None:
        """Take in what has struck a life."""
        for number in ended.struck:
            found = _Struck(script, number, ended.course, ended.cpu)
            self._of[found.event.label].append(found)

    def changed(self) -> Iterator[str]:
        """The kinds of events that have changed a course."""
        left = {label: sorted(each, key=lambda one: one.cost) for label, each in self._of.items()}
        for round_ in range(ROUNDS):
            labels: dict[int, str] = {}
            tasks = []
            for label, struck in left.items():
                if len(struck) > round_:
                    task = struck[round_].without
                    labels[id(task)] = label
                    tasks.append(task)
            for task, ended in live_all(tasks):
                if ended.departed:
                    label = labels[id(task)]
                    del left[label]
                    yield label
