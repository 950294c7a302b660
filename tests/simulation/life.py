"""One life: syncs with all that happens in them, and what is held in the end against the truth."""

from __future__ import annotations

import contextlib
import gc
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, nullcontext
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import httpx

from amazon_seller_sandbox.world.world import Settings
from simulation.amazon import Amazon
from simulation.disks import Disk
from simulation.pushes import Shop
from simulation.pushing import Pushing
from simulation.scheduler import Scheduler
from simulation.script import INCREMENTAL, VENDOR
from simulation.stage import Ended, Stage
from simulation.syncs import Syncs
from simulation.taps import Log, Outputs, Taps, configuration
from simulation.target import Target
from simulation.truth import Truth
from simulation.vendor_pushes import VendorShop

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterator

    from simulation.scheduler import Process
    from simulation.script import Script
    from simulation.taps import Record

QUIET_GAP = 95.0
"""Minutes between the quiet syncs at the end: more than any cool-down."""
MOST_QUIET = 8
QUIET_GAPS_OF_PUSHES = (95.0, 95.0, 95.0, 95.0, 1500.0, 1500.0, 1500.0)
"""What Optiply has refused again and again is tried once a day."""
LONG_HISTORY, SHORT_HISTORY = 60, 6
"""Days of orders: short where many reports are due for a day, or each sync is to bring new orders."""
START_OF_LONG, START_OF_SHORT = "2026-09-01T00:00:00Z", "2026-10-27T00:00:00Z"


def lived(script: Script) -> Ended:
    """Live a life in this process, which is to be a fork: it ends with threads that never continue."""
    began = time.process_time()
    with _folder() as folder:
        life = Life(script, folder)
        life.run()
    ended, lines = life.stage.ended, life.stage.log.lines
    ended.log = lines
    ended.digest = sha256("\n".join(lines).encode()).hexdigest()
    ended.course = life.stage.log.course
    ended.simulated = life.stage.scheduler.time
    ended.cpu = time.process_time() - began
    return ended


def followed(script: Script, course: array[int], departs: Callable[[], None]) -> None:
    """Live the syncs of a life as long as they go the way of another life, which had more events.

    Args:
        script: The life; what comes after its syncs is not lived.
        course: That of the other life.
        departs: Called where the ways part, in whichever thread; it is to end this process.
    """

    def compare(own: array[int]) -> None:
        place = len(own) - 1
        if place >= len(course) or own[place] != course[place]:
            departs()

    with _folder() as folder:
        life = Life(script, folder)
        life.stage.log.on_line = compare
        life.run(is_judged=False)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder for the life in this process, and all of its temporary files."""
    with tempfile.TemporaryDirectory(prefix="life-") as folder:
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = None


class Life:
    """A seller, a target, and a script of what happens to them."""

    def __init__(self, script: Script, folder: Path) -> None:
        random.seed(f"jitter/{script.seed}")
        seller = Random(f"seller/{script.seed}")
        scheduler = Scheduler(Random(f"threads/{script.seed}"))
        log = Log(scheduler)
        log.hidden = str(folder)
        self.stage = Stage(
            script,
            scheduler,
            Amazon(
                scheduler,
                Random(f"calls/{script.seed}"),
                script.account,
                settings_of_world(script, seller),
            ),
            Disk(scheduler),
            log,
            Ended(script.seed),
        )
        config = configuration(script.token, **_settings_of(script, seller, folder))
        self.outputs = Outputs(scheduler)
        self.target = Target(lambda text: log.note(f"target {text}"))
        self.syncs = Syncs(self.stage, Taps(script.streams), config, self.target, self.outputs)
        kind = VendorShop if script.account == VENDOR else Shop
        self.shop = kind(folder) if script.pushes else None
        self.pushing = Pushing(self.stage, self.shop) if self.shop else None
        self.truth = Truth(
            self.stage.amazon,
            self.target,
            script.streams,
            include_pii=script.include_pii,
            start=config["start_date"][:10] if script.asks_data_kiosk else "",
        )

    def run(self, *, is_judged: bool = True) -> None:
        """Live, and be held against the truth in the end."""
        with ExitStack() as stack:
            stack.callback(self.stage.amazon.sandbox.close)
            stack.enter_context(self._logged())
            stack.enter_context(self.stage.disk.in_place())
            for number, gap in enumerate(self.stage.script.gaps):
                self.stage.scheduler.sleep(gap * 60)
                self.syncs.run(number)
                self._push(number)
            if is_judged:
                self._stop_and_judge()
        self.stage.count_strikes()

    def _logged(self) -> ExitStack:
        """Have log and output go to this life's."""
        stack = ExitStack()
        root = logging.getLogger()
        before, level, output = list(root.handlers), root.level, sys.stdout
        root.handlers[:] = [self.stage.log]
        root.setLevel(logging.INFO)
        sys.stdout = self.outputs

        def back() -> None:
            root.handlers[:] = before
            root.setLevel(level)
            sys.stdout = output

        stack.callback(back)
        return stack

    def _push(self, number: int) -> Process | None:
        return self.pushing.run(number, self.target.synced) if self.pushing else None

    # The end

    def _stop_and_judge(self) -> None:
        """Let the seller stop, sync without any event until all is there, and judge."""
        stage = self.stage
        stage.amazon.time.stopped_at = stage.amazon.clock.now()
        found: list[str] = []
        cancels_empty = stage.amazon.world.settings.cancel_empty
        gaps = QUIET_GAPS_OF_PUSHES if self.shop else (QUIET_GAP,) * MOST_QUIET
        for round_, gap in enumerate(gaps):
            stage.scheduler.sleep(gap * 60)
            number = len(stage.script.gaps) + round_
            refused = self._refused()
            process = self.syncs.start(number, f"quiet-{round_}")
            stage.scheduler.wait_for(process)
            for name, count in (self._refused() - refused).items():
                stage.ended.wrong.append(
                    f"quiet-{round_}: {count} calls of {name} beyond its quota"
                )
            found = list(self.truth.differences())
            pushed = self._push(number)
            # Amazon does not say whether it cancels for want of data.
            is_complete = process.is_complete or (
                cancels_empty and not process.failure and not found
            )
            if not is_complete:
                continue
            stage.ended.complete += 1
            if found:
                break
            found = list(self._differences_in_optiply())
            if not pushed or (pushed.is_complete and not found):
                break
        else:
            found.append(f"none of {len(gaps)} quiet syncs was complete, and pushed")
        stage.ended.wrong += found

    def _refused(self) -> Counter[str]:
        """How often calls to Amazon have been refused for their quota."""
        return Counter(
            {
                name: count
                for (name, status), count in self.stage.amazon.sandbox.calls.items()
                if status == httpx.codes.TOO_MANY_REQUESTS and not name.startswith("optiply")
            }
        )

    def _differences_in_optiply(self) -> Iterator[str]:
        """How Optiply differs from the truth."""
        if self.shop is not None:
            yield from self.shop.differences(self.stage.amazon, self.truth.of_all())


def settings_of_world(script: Script, seller: Random) -> Settings:
    """The sandbox's settings in a life; the same draws in every kind of life."""
    orders = seller.choice((20, 60, 150))
    return Settings(
        seed=script.seed,
        orders=150 if script.is_busy else orders,
        days=SHORT_HISTORY if script.is_short else LONG_HISTORY,
        listings=20,
        live=True,
        report_seconds=(20, seller.choice((60, 240))),
        cancel_empty=seller.random() < 0.3,
        odd_participations=seller.random() < 0.3,
        rate_factor=_rate_factor(script.seed),
    )


def _rate_factor(seed: int) -> float:
    """To some sellers Amazon grants more calls than it documents, as their business demands them."""
    chance = Random(f"rate/{seed}")
    return chance.choice((2.0, 5.0)) if chance.random() < 0.25 else 1.0


def _settings_of(script: Script, seller: Random, folder: Path) -> Record:
    """The tap's settings in a life."""
    found: Record = {
        "start_date": START_OF_SHORT if script.is_short else START_OF_LONG,
        "request_timeout_seconds": seller.choice((1, 30, 60)),
    }
    if seller.random() < 0.3:
        found["report_timeout_minutes"] = 20
    if script.reads_once:
        found["lookback_days"] = dict.fromkeys(INCREMENTAL, 0)
    if script.asks_data_kiosk:
        found["sales_traffic_source"] = "data_kiosk"
    if script.markets:
        found["marketplaces"] = list(script.markets)
    if script.include_pii:
        found["include_pii"] = True
    if script.batch:
        found["batch_config"] = {
            "encoding": {"format": script.batch},
            "storage": {"root": (folder / "batches").as_uri()},
            "batch_size": seller.choice((7, 500)),
        }
    return found


def unlock_cached_properties() -> None:
    """Take the lock away that Python 3.11 gives each cached property, for all objects of its class.

    A killed process would leave it locked, and two processes here share it, as no real ones do.
    """
    for found in gc.get_objects():
        if isinstance(found, cached_property) and hasattr(found, "lock"):
            found.lock = nullcontext()


unlock_cached_properties()
