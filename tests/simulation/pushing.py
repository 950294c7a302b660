"""The pushes of a life: the ETL as a process after each sync, and what happens to it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.state import consumed_files
from amazon_optiply_etl.state.journal import read_journal
from simulation import script as scripts
from simulation.amazon import InProcess
from simulation.machine import SimulatedMachine
from simulation.scheduler import Process

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from simulation.pushes import Shop
    from simulation.script import Event
    from simulation.stage import Stage
    from simulation.taps import Record


class Pushing:
    """Brings what each sync has brought into the life's Optiply."""

    def __init__(self, stage: Stage, shop: Shop) -> None:
        self._stage = stage
        self._shop = shop

    def run(self, number: int, synced: Mapping[str, list[Record]]) -> Process:
        """Push once, with what happens in it."""
        stage, shop, script = self._stage, self._shop, self._stage.script
        shop.clear()
        shop.take(str(number), synced)
        process = Process(f"push-{number}")
        machine = SimulatedMachine(stage.scheduler, process)
        transport = InProcess(stage.amazon, partial(self._noted, process))
        stage.disk.settle(*shop.places)
        for event in script.of(number, scripts.PUSH_KILLED)[:1]:
            process.at[event.at] = partial(stage.kill, event, process)
        for event in script.of(number, scripts.POWER)[:1]:
            process.at[event.at] = partial(self._cut_power, event, process)
        for event in script.of(number, scripts.PUSH_DISK)[:1]:
            stage.disk.flushes, stage.disk.refused = event.at, 0
            process.on_end.append(partial(self._count_refused, event))
        stage.watch(process)
        with stage.faults(script.of(number, scripts.PUSH_FAULT)):
            stage.scheduler.start(process, partial(shop.push, machine, transport))
            stage.scheduler.wait_for(process)
        stage.disk.flushes = None
        stage.ended.pushes += 1
        stage.ended.wrong += shop.twice(stage.amazon)
        self._check_what_is_left(process)
        return process

    def _check_what_is_left(self, process: Process) -> None:
        """What a push that did not come to its end leaves must be enough for the next one.

        In doubt are at most the calls that were under way. What it read stays where it has stopped
        before all was sent; after that, only the journal can fail.
        """
        wrong = self._stage.ended.wrong
        if process.killed:
            journal = read_journal(self._shop.folders.snapshots)
            doubts = len(journal.in_doubt) if journal else 0
            most = self._shop.settings.push_concurrency
            if doubts > most:
                wrong.append(f"{process.name}: {doubts} calls in doubt, of {most} under way")
        elif isinstance(process.failure, EtlError) and self._counts_as_consumed():
            wrong.append(f"{process.name} stopped, and what it has read counts as consumed: lost")

    def _counts_as_consumed(self) -> bool:
        """Whether files of the input would be removed before the next sync."""
        note = self._shop.folders.input / consumed_files.NOTE
        return note.exists() and bool(json.loads(note.read_bytes()))

    def _cut_power(self, event: Event, process: Process) -> None:
        """The machine loses its power: what has not reached the disk is gone."""
        self._stage.disk.lose_power(*self._shop.places)
        self._stage.kill(event, process)

    def _count_refused(self, event: Event) -> None:
        self._stage.strike(event, self._stage.disk.refused)

    def _noted(
        self, process: Process, request: httpx.Request, status: int, body: bytes
    ) -> tuple[int, bytes]:
        self._stage.log.note(f"{process.name} {request.method} {request.url.path} -> {status}")
        return status, body
