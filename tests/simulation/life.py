"""One life: syncs with all that happens in them, and what is held in the end against the truth."""

from __future__ import annotations

import gc
import json
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
from running import KEYS

from amazon_seller_sandbox.api.operations import OPERATIONS
from amazon_seller_sandbox.world.world import Settings
from simulation import script as scripts
from simulation.amazon import Amazon, InProcess
from simulation.disks import Disk, close_for_good, open_files
from simulation.garbling import garbled
from simulation.machine import SimulatedMachine
from simulation.pushes import Shop
from simulation.scheduler import Process, Scheduler
from simulation.taps import (
    INCREMENTAL,
    SECRETS,
    SNAPSHOTS,
    Log,
    Outputs,
    Taps,
    configuration,
    is_told,
)
from simulation.target import Pipe, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from simulation.script import Event, Script
    from simulation.taps import Record

STRIKES = "strikes:"
QUIET_GAP = 95.0
"""Minutes between the quiet syncs at the end: more than any cool-down."""
MOST_QUIET = 8
QUIET_GAPS_OF_PUSHES = (95.0, 95.0, 95.0, 95.0, 1500.0, 1500.0, 1500.0)
"""What Optiply has refused again and again is tried once a day."""
SHORT_HISTORY, START_OF_SHORT = 6, "2026-10-27T00:00:00Z"
"""Days of orders of a life with a stream that takes a report for each day, and where it starts."""
RATES = {each.name: each.rate for each in OPERATIONS}


@dataclass(slots=True)
class Ended:
    """How a life has ended.

    Attributes:
        syncs: How often the tap ran; pushes are counted apart.
        strikes: How often each kind of event struck.
        struck: The places in the script of the events that struck.
        wrong: What is lost, altered or there twice, and what no process may do.
        digest: Of the complete log.
        course: Of the log without the lines that report strikes alone, and without times.
        log: Its lines.
        cpu: Seconds.
    """

    seed: int
    syncs: int = 0
    pushes: int = 0
    kills: int = 0
    complete: int = 0
    strikes: Counter[str] = field(default_factory=Counter)
    struck: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    digest: str = ""
    course: str = ""
    log: list[str] = field(default_factory=list)
    simulated: float = 0.0
    cpu: float = 0.0


def lived(script: Script) -> Ended:
    """Live a life in this process, which is to be a fork: it ends with threads that never continue."""
    began = time.process_time()
    with tempfile.TemporaryDirectory(prefix="life-") as folder:
        tempfile.tempdir = folder
        life = Life(script, Path(folder))
        try:
            life.run()
        finally:
            tempfile.tempdir = None
    ended = life.ended
    ended.log = life.log.lines
    ended.digest = sha256("\n".join(life.log.lines).encode()).hexdigest()
    course = [line.partition(" ")[2] for line in life.log.lines if STRIKES not in line]
    ended.course = sha256("\n".join(course).encode()).hexdigest()
    ended.simulated = life.scheduler.time
    ended.cpu = time.process_time() - began
    return ended


class Life:
    """A seller, a target, and a script of what happens to them."""

    def __init__(self, script: Script, folder: Path) -> None:
        self.script = script
        self.folder = folder
        random.seed(f"jitter/{script.seed}")
        self.scheduler = Scheduler(Random(f"threads/{script.seed}"))
        seller = Random(f"seller/{script.seed}")
        self.amazon = Amazon(
            self.scheduler,
            Random(f"calls/{script.seed}"),
            script.account,
            Settings(
                seed=script.seed,
                orders=seller.choice((20, 60, 150)),
                days=SHORT_HISTORY if script.streams else 60,
                listings=20,
                live=True,
                report_seconds=(20, seller.choice((60, 240))),
                cancel_empty=seller.random() < 0.3,
                odd_participations=seller.random() < 0.3,
            ),
        )
        self.config = configuration(script.account, **_settings_of(script, seller))
        self.taps = Taps(*script.streams)
        self.log = Log(self.scheduler)
        self.log.hidden = str(folder)
        self.target = Target(lambda text: self.log.note(f"target {text}"))
        self.outputs = Outputs(self.scheduler)
        self.disk = Disk(self.scheduler)
        self.ended = Ended(script.seed)
        self.shop = Shop(folder) if script.pushes else None
        self._struck: Counter[int] = Counter()
        self._numbers = {event: number for number, event in enumerate(script.events)}

    def run(self) -> None:
        """Live."""
        with ExitStack() as stack:
            stack.callback(self.amazon.sandbox.close)
            stack.enter_context(self._logged())
            stack.enter_context(self.disk.in_place())
            for number, gap in enumerate(self.script.gaps):
                self.scheduler.sleep(gap * 60)
                self.sync(number)
                self._push(number)
            self._stop_and_judge()
        for number, count in sorted(self._struck.items()):
            self.ended.strikes[self.script.events[number].label] += count
        self.ended.struck = sorted(self._struck)

    def _logged(self) -> Any:
        """Have log and output go to this life's."""
        stack = ExitStack()
        root = logging.getLogger()
        before, level, output = list(root.handlers), root.level, sys.stdout
        root.handlers[:] = [self.log]
        root.setLevel(logging.INFO)
        sys.stdout = self.outputs

        def back() -> None:
            root.handlers[:] = before
            root.setLevel(level)
            sys.stdout = output

        stack.callback(back)
        return stack

    # Syncs

    def sync(self, number: int) -> None:
        """One sync with what happens in it."""
        events = self.script.of(number, scripts.FAULT)
        board = self.amazon.sandbox.faults
        self._switch_on(events)
        faults = list(zip(events, board.faults, strict=True))
        overlaps = self.script.of(number, scripts.OVERLAP)
        first = self._start(number, f"sync-{number}")
        others = []
        for event in overlaps[:1]:
            self.scheduler.sleep(event.seconds)
            if not first.ended:
                self._strike(event)
            others.append(self._start(number, f"sync-{number}-too", is_second=True))
        self.scheduler.wait_for(first, *others)
        for event, fault in faults:
            self._strike(event, fault.struck)
        board.faults.clear()
        self.amazon.refuses_until = 0.0
        self.disk.room = None

    def _switch_on(self, events: Sequence[Event]) -> None:
        for event in events:
            self.amazon.sandbox.faults.switch_on(
                {
                    "operation": event.place,
                    "fault": event.what,
                    "skip": event.at,
                    "times": event.times,
                    "seconds": event.seconds,
                }
            )

    def _start(self, number: int, name: str, *, is_second: bool = False) -> Process:
        """Start a tap with the last state."""
        process = Process(name)
        machine = SimulatedMachine(self.scheduler, process)
        pipe = Pipe(self.scheduler, self.target)
        self.outputs.open(process, pipe)
        spoil = self._spoiler(number, process)
        if not is_second:
            self.target.synced = {}
            self._arrange(number, process, pipe)
        state = json.loads(json.dumps(self.target.state)) if self.target.state else None
        main = partial(
            self.taps.run, machine, InProcess(self.amazon, spoil), dict(self.config), state
        )
        before = open_files()
        warnings = len(self.log.warnings)

        def ended() -> None:
            if process.killed:
                close_for_good(open_files() - before)
                self.ended.kills += 1
            self._note_end(process, warnings)

        process.on_end.append(ended)
        self.scheduler.start(process, main)
        self.ended.syncs += 1
        return process

    def _arrange(self, number: int, process: Process, pipe: Pipe) -> None:
        """Have things happen at points of a process."""
        of = partial(self.script.of, number)
        for event in of(scripts.CLOCK):
            process.at[event.at] = partial(self._jump, event, process)
        if not of(scripts.OVERLAP):  # whose files are whose cannot be reported then
            for event in of(scripts.KILLED)[:1]:
                process.at[event.at] = partial(self._kill, event, process)
        for event in of(scripts.DISK)[:1]:
            self.disk.room, self.disk.refused = event.at, 0
            process.on_end.append(partial(self._count_refused, event))
        for event in of(scripts.TARGET)[:1]:
            pipe.refuses_after = event.at
            process.on_end.append(partial(self._count_refusals, event, pipe))
        for event in of(scripts.USED_UP):
            self._others(event)

    def _jump(self, event: Event, process: Process) -> None:
        process.offset += event.seconds
        self._strike(event)

    def _kill(self, event: Event, process: Process) -> None:
        self._strike(event)
        self.scheduler.kill(process)

    def _count_refusals(self, event: Event, pipe: Pipe) -> None:
        self._strike(event, pipe.refused)

    def _count_refused(self, event: Event) -> None:
        self._strike(event, self.disk.refused)

    def _others(self, event: Event) -> None:
        """Another program of the account uses a quota up, again and again for a while."""
        process = Process(f"others of {event.place}")

        def use() -> None:
            self.scheduler.sleep(event.seconds)
            rate = RATES[event.place]
            for _ in range(event.times):
                taken = 0
                while self.amazon.sandbox.quotas.take(self.script.account, event.place, rate):
                    taken += 1
                if taken:
                    self._strike(event)
                self.scheduler.sleep(0.7 / rate.per_second)

        self.scheduler.start(process, use)

    def _spoiler(
        self, number: int, process: Process
    ) -> Callable[[httpx.Request, int, bytes], tuple[int, bytes]]:
        """Garbles the answers that the script names, and closes a marketplace."""
        counts: Counter[str] = Counter()
        events = self.script.of(number, scripts.GARBLED)
        closed = self.script.of(number, scripts.CLOSED)

        def spoil(request: httpx.Request, status: int, body: bytes) -> tuple[int, bytes]:
            name = operation_of(request)
            counts[name] += 1
            self.log.note(f"{process.name} {request.method} {request.url.path} -> {status}")
            for event in events:
                if event.place == name and event.at < counts[name] <= event.at + event.times:
                    chance = Random(f"garbled/{self.script.seed}/{event}/{counts[name]}")
                    self._strike(event)
                    return garbled(chance, status, body)
            if closed and name == scripts.SELLERS and status == 200:
                self._strike(closed[0])
                return status, without_one(body)
            return status, body

        return spoil

    def _strike(self, event: Event, times: int = 1) -> None:
        if times:
            self._struck[self._numbers[event]] += times
            self.log.note(f"{STRIKES} {event.label} {event.place} ({times})")

    def _note_end(self, process: Process, warnings: int) -> None:
        """Take note of how a sync ended, and of what none may do."""
        failure = process.failure
        how = "killed" if process.killed else (f"failed: {failure}" if failure else "ended")
        self.log.note(f"{process.name} {how}")
        if not is_told(failure):
            self.ended.wrong.append(f"{process.name} crashed: {failure!r}")
        told = [*self.log.warnings[warnings:], str(failure)]
        for secret in SECRETS:
            if any(secret in text for text in told):
                self.ended.wrong.append(f"{process.name}: the log holds {secret}")
        incomplete = any("incomplete" in text for text in told)
        process.is_complete = not (process.killed or failure or incomplete)

    # Pushes

    def _push(self, number: int) -> Process | None:
        """Bring what a sync has brought into Optiply, with what happens in it."""
        if self.shop is None:
            return None
        self.shop.clear()
        self.shop.take(str(number), self.target.synced)
        board = self.amazon.sandbox.faults
        events = self.script.of(number, scripts.PUSH_FAULT)
        self._switch_on(events)
        faults = list(zip(events, board.faults, strict=True))
        process = Process(f"push-{number}")
        machine = SimulatedMachine(self.scheduler, process)
        self.disk.settle(*self.shop.places)
        for event in self.script.of(number, scripts.PUSH_KILLED)[:1]:
            process.at[event.at] = partial(self._kill, event, process)
        for event in self.script.of(number, scripts.POWER)[:1]:
            process.at[event.at] = partial(self._cut_power, event, process)
        for event in self.script.of(number, scripts.PUSH_DISK)[:1]:
            self.disk.flushes, self.disk.refused = event.at, 0
            process.on_end.append(partial(self._count_refused, event))
        before = open_files()

        def ended() -> None:
            if process.killed:
                close_for_good(open_files() - before)
                self.ended.kills += 1

        process.on_end.append(ended)
        transport = InProcess(self.amazon, partial(self._noted, process))
        warnings = len(self.log.warnings)
        self.scheduler.start(process, partial(self.shop.push, machine, transport))
        self.scheduler.wait_for(process)
        self.ended.pushes += 1
        for event, fault in faults:
            self._strike(event, fault.struck)
        board.faults.clear()
        self.amazon.refuses_until = 0.0
        self.disk.flushes = None
        self._note_end(process, warnings)
        self.ended.wrong += self.shop.twice(self.amazon)
        return process

    def _cut_power(self, event: Event, process: Process) -> None:
        """The machine loses its power: what has not reached the disk is gone."""
        assert self.shop is not None
        self.disk.lose_power(*self.shop.places)
        self._kill(event, process)

    def _noted(
        self, process: Process, request: httpx.Request, status: int, body: bytes
    ) -> tuple[int, bytes]:
        self.log.note(f"{process.name} {request.method} {request.url.path} -> {status}")
        return status, body

    # The end

    def _stop_and_judge(self) -> None:
        """Let the seller stop, sync without any event until all is there, and judge."""
        self.amazon.time.stopped_at = self.amazon.clock.now()
        found: list[str] = []
        cancels_empty = self.amazon.world.settings.cancel_empty
        gaps = QUIET_GAPS_OF_PUSHES if self.shop else (QUIET_GAP,) * MOST_QUIET
        for round_, gap in enumerate(gaps):
            self.scheduler.sleep(gap * 60)
            number = len(self.script.gaps) + round_
            refused = self._refused()
            process = self._start(number, f"quiet-{round_}")
            self.scheduler.wait_for(process)
            for name, count in (self._refused() - refused).items():
                self.ended.wrong.append(f"quiet-{round_}: {count} calls of {name} beyond its quota")
            found = list(self._differences())
            pushed = self._push(number)
            # Amazon does not say whether it cancels for want of data.
            is_complete = process.is_complete or (
                cancels_empty and not process.failure and not found
            )
            if not is_complete:
                continue
            self.ended.complete += 1
            if found:
                break
            found = list(self._differences_in_optiply())
            if not pushed or (pushed.is_complete and not found):
                break
        else:
            found.append(f"none of {len(gaps)} quiet syncs was complete, and pushed")
        self.ended.wrong += found

    def _refused(self) -> Counter[str]:
        """How often calls to Amazon have been refused for their quota."""
        return Counter(
            {
                name: count
                for (name, status), count in self.amazon.sandbox.calls.items()
                if status == httpx.codes.TOO_MANY_REQUESTS and not name.startswith("optiply")
            }
        )

    def _differences_in_optiply(self) -> Iterator[str]:
        """How Optiply differs from the truth."""
        if self.shop is not None:
            truth = {stream: self.amazon.truth(stream) for stream in (*INCREMENTAL, *SNAPSHOTS)}
            yield from self.shop.differences(self.amazon, truth)

    def _differences(self) -> Iterator[str]:
        """How what the target holds differs from the truth."""
        for stream in (*INCREMENTAL, *SNAPSHOTS):
            held = self.target.rows.get(stream, {})
            if stream in SNAPSHOTS:
                records = self.target.synced.get(stream, [])
                held = {tuple(each[name] for name in KEYS[stream]): each for each in records}
            truth = {
                tuple(each[name] for name in KEYS[stream]): each
                for each in self.amazon.truth(stream)
            }
            for what, keys in (
                ("lost", truth.keys() - held.keys()),
                ("too much", held.keys() - truth.keys()),
            ):
                if keys:
                    yield f"{stream}: {len(keys)} {what}, such as {min(keys, key=str)}"
            altered = [
                (key, name)
                for key in truth.keys() & held.keys()
                for name in truth[key].keys() | held[key].keys()
                if truth[key].get(name) != held[key].get(name)
            ]
            if altered:
                key, name = min(altered, key=str)
                yield (
                    f"{stream}: {len(altered)} altered, such as {name} of {key}: "
                    f"{held[key].get(name)!r} instead of {truth[key].get(name)!r}"
                )


def _settings_of(script: Script, seller: Random) -> Record:
    found: Record = {"start_date": START_OF_SHORT} if script.streams else {}
    found |= {"request_timeout_seconds": seller.choice((1, 30, 60))}
    if seller.random() < 0.3:
        found["report_timeout_minutes"] = 20
    return found


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


def unlock_cached_properties() -> None:
    """Take the lock away that Python 3.11 gives each cached property, for all objects of its class.

    A killed process would leave it locked, and two processes here share it, as no real ones do.
    """
    for found in gc.get_objects():
        if isinstance(found, cached_property) and hasattr(found, "lock"):
            found.lock = nullcontext()


unlock_cached_properties()
