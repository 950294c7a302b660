"""The syncs of a life: taps as processes, and what happens to them."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from amazon_seller_sandbox.api.operations import OPERATIONS
from simulation import script as scripts
from simulation.amazon import InProcess
from simulation.garbling import garbled
from simulation.machine import SimulatedMachine
from simulation.scheduler import Process
from simulation.target import Pipe

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from simulation.script import Event
    from simulation.stage import Stage
    from simulation.taps import Outputs, Record, Taps
    from simulation.target import Target

    Spoiler = Callable[[httpx.Request, int, bytes], tuple[int, bytes]]

RATES = {each.name: each.rate for each in OPERATIONS}


class Syncs:
    """Runs taps against the life's Amazon, into its target.

    Args:
        stage: The life's surroundings.
        taps: Starts taps with the life's streams.
        config: The tap's configuration.
        target: Takes what they write.
        outputs: The standard outputs of processes.
    """

    def __init__(
        self, stage: Stage, taps: Taps, config: Record, target: Target, outputs: Outputs
    ) -> None:
        self._stage = stage
        self._taps = taps
        self._config = config
        self._target = target
        self._outputs = outputs

    def run(self, number: int) -> None:
        """One sync with what happens in it."""
        stage, scheduler = self._stage, self._stage.scheduler
        with stage.faults(stage.script.of(number, scripts.FAULT)):
            first = self.start(number, f"sync-{number}")
            others = []
            for event in stage.script.of(number, scripts.OVERLAP)[:1]:
                scheduler.sleep(event.seconds)
                if not first.ended:
                    stage.strike(event)
                others.append(self.start(number, f"sync-{number}-too", is_second=True))
            scheduler.wait_for(first, *others)
        stage.disk.room = stage.disk.flushes = None

    def start(self, number: int, name: str, *, is_second: bool = False) -> Process:
        """Start a tap with the last state."""
        process = Process(name)
        machine = SimulatedMachine(self._stage.scheduler, process)
        pipe = Pipe(self._stage.scheduler, self._target)
        self._outputs.open(process, pipe)
        spoil = self._spoiler(number, process)
        if not is_second:
            self._target.synced = {}
            self._arrange(number, process, pipe)
        state = json.loads(json.dumps(self._target.state)) if self._target.state else None
        transport = InProcess(self._stage.amazon, spoil)
        self._stage.watch(process)
        self._stage.scheduler.start(
            process, partial(self._taps.run, machine, transport, dict(self._config), state)
        )
        self._stage.ended.syncs += 1
        return process

    def _arrange(self, number: int, process: Process, pipe: Pipe) -> None:
        """Have things happen at points of a process."""
        stage, of = self._stage, partial(self._stage.script.of, number)
        for event in of(scripts.CLOCK):
            process.at[event.at] = partial(self._jump, event, process)
        if not of(scripts.OVERLAP):  # whose files are whose cannot be reported then
            for event in of(scripts.KILLED)[:1]:
                process.at[event.at] = partial(stage.kill, event, process)
            for event in of(scripts.AT_STATE):
                pipe.after_state[event.at] = partial(stage.kill, event, process)
        for event in of(scripts.DISK)[:1]:
            stage.disk.refused = 0
            stage.disk.room = event.at
            if stage.script.batch:  # its files are flushed before they are named
                stage.disk.flushes = event.at % MOST_FLUSHES
            process.on_end.append(partial(self._count_refused, event))
        for event in of(scripts.TARGET)[:1]:
            pipe.refuses_after = event.at
            process.on_end.append(partial(self._count_refusals, event, pipe))
        for event in of(scripts.USED_UP):
            self._others(event)

    def _jump(self, event: Event, process: Process) -> None:
        process.offset += event.seconds
        self._stage.strike(event)

    def _count_refusals(self, event: Event, pipe: Pipe) -> None:
        self._stage.strike(event, pipe.refused)

    def _count_refused(self, event: Event) -> None:
        self._stage.strike(event, self._stage.disk.refused)

    def _others(self, event: Event) -> None:
        """Another program of the account uses a quota up, again and again for a while."""
        stage = self._stage
        process = Process(f"others of {event.place}")

        def use() -> None:
            stage.scheduler.sleep(event.seconds)
            rate = RATES[event.place]
            for _ in range(event.times):
                taken = 0
                while stage.amazon.sandbox.quotas.take(stage.script.account, event.place, rate):
                    taken += 1
                if taken:
                    stage.strike(event)
                stage.scheduler.sleep(0.7 / rate.per_second)

        stage.scheduler.start(process, use)

    def _spoiler(self, number: int, process: Process) -> Spoiler:
        """Garbles the answers that the script names, and closes a marketplace."""
        stage = self._stage
        counts: Counter[str] = Counter()
        events = stage.script.of(number, scripts.GARBLED)
        closed = stage.script.of(number, scripts.CLOSED)

        def spoil(request: httpx.Request, status: int, body: bytes) -> tuple[int, bytes]:
            name = operation_of(request)
            counts[name] += 1
            stage.log.note(f"{process.name} {request.method} {request.url.path} -> {status}")
            for event in events:
                if event.place == name and event.at < counts[name] <= event.at + event.times:
                    chance = Random(f"garbled/{stage.script.seed}/{event}/{counts[name]}")
                    stage.strike(event)
                    return garbled(chance, status, body)
            if closed and name == scripts.SELLERS and status == 200:
                stage.strike(closed[0])
                return status, without_one(body)
            return status, body

        return spoil


MOST_FLUSHES = 30
"""Files that a sync with batch files finishes, about."""


def operation_of(request: httpx.Request) -> str:
    """Return the name of the operation that a request is for."""
    path = request.url.path
    if path.startswith("/_documents/"):
        return scripts.DOCUMENT
    if path.endswith("/token"):
        return scripts.TOKEN
    for each in OPERATIONS:
        head, brace, _ = each.path.partition("{")
        if each.method == request.method and (path.startswith(head) if brace else path == head):
            return each.name
    return path


def without_one(body: bytes) -> bytes:
    """Return an answer of getMarketplaceParticipations in which the seller has left a marketplace."""
    try:
        answer = json.loads(body)
        entries = [each for each in answer["payload"] if each["participation"]["isParticipating"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return body  # another fault has struck it
    if len(entries) > 1:
        entries[-1]["participation"]["isParticipating"] = False
    return json.dumps(answer).encode()
