"""The tap as a simulated process: the product's own class, on a simulated machine."""

from __future__ import annotations

import logging
import os
from array import array
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zlib import crc32

from typing_extensions import override

from amazon_optiply_etl.errors import EtlError
from amazon_selling_partner import Redaction, SellingPartnerError
from simulation.amazon import URL
from tap_amazon_seller import streams
from tap_amazon_seller.errors import TapError
from tap_amazon_seller.tap import TapAmazonSeller
from tap_amazon_seller.tap.configured import LONGEST_LOG_LINE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import httpx

    from simulation.machine import SimulatedMachine
    from simulation.scheduler import Process, Scheduler
    from simulation.target import Pipe
    from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

    Record = dict[str, Any]

STRIKES = "strikes:"
"""How a line of the log begins, after its time, that reports nothing but that an event has struck."""
SECRETS = ("sandbox-secret", "Atzr|sandbox", "Atza|", "X-Amz-Signature", "/_documents/", "\x1b]")


def configuration(token: str, **settings: object) -> Record:
    """Return the tap's configuration, with the refresh token of an account."""
    return {
        "lwa_client_id": "amzn1.application-oa2-client.sandbox",
        "client_secret": "sandbox-secret",
        "refresh_token": f"Atzr|sandbox-{token}",
        "endpoint_url": URL,
        "token_url": f"{URL}/auth/o2/token",
        "start_date": "2026-09-01T00:00:00Z",
        "report_timeout_minutes": 60,
        "request_timeout_seconds": 30,
        **settings,
    }


class Taps:
    """Starts taps with these streams selected."""

    def __init__(self, names: Sequence[str]) -> None:
        self._kinds = [kind for kind in streams.ALL if kind.name in names]
        assert {kind.name for kind in self._kinds} == set(names)

    def run(
        self,
        machine: SimulatedMachine,
        transport: httpx.BaseTransport,
        config: Record,
        state: Record | None,
    ) -> None:
        """Sync once; raises as the tap does."""
        kinds = self._kinds
        for kind in kinds:
            kind.selected_by_default = True

        class Tap(TapAmazonSeller):
            redaction = Redaction(longest=LONGEST_LOG_LINE)

            @cached_property
            @override
            def _discovered(self) -> list[AmazonStream]:
                return [kind(self) for kind in kinds]

        Tap.machine = machine
        Tap.transport = transport
        Tap(config=config, state=state).sync()


def is_told(failure: BaseException | None) -> bool:
    """Say whether a failure is one that the command reports in a sentence."""
    told = (SellingPartnerError, TapError, EtlError, OSError)
    return failure is None or isinstance(failure, told)


class Outputs:
    """Standard output of whichever process runs."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._pipes: dict[Process, Pipe] = {}

    def open(self, process: Process, pipe: Pipe) -> None:
        """Give a process its output."""
        self._pipes[process] = pipe

    @property
    def buffer(self) -> Pipe:
        """The output of the process that runs."""
        return self._pipes[self._scheduler.current.process]

    def write(self, _text: str) -> int:
        """Take what nobody should write here."""
        raise AssertionError("something writes text to standard output")

    def flush(self) -> None:
        """Nothing is held back."""

    def fileno(self) -> int:
        """Return a descriptor that may be put elsewhere, as a closed pipe's is."""
        return os.open(os.devnull, os.O_WRONLY)

    def isatty(self) -> bool:
        """It is not a terminal."""
        return False


class Log(logging.Handler):
    """Keeps the log of all processes, at simulated times; without what measures this machine.

    Attributes:
        hidden: A folder whose name is another each time.
        course: A number for each line that does not report a strike alone.
        on_line: Called after such a line.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(logging.INFO)
        self._scheduler = scheduler
        self.redaction = Redaction(longest=LONGEST_LOG_LINE)
        self.hidden = ""
        self.lines: list[str] = []
        self.course: array[int] = array("L")
        self.on_line: Callable[[array[int]], None] | None = None
        self.warnings: list[str] = []

    def note(self, text: str) -> None:
        """Add a line of the simulation's own."""
        if self.hidden:
            text = text.replace(self.hidden, "FOLDER")
        line = f"{self._scheduler.time:.4f} {text}"
        self.lines.append(line)
        if text.startswith(STRIKES):
            return
        self.course.append(crc32(line.encode()))
        if self.on_line:
            self.on_line(self.course)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "singer_sdk.metrics":
            return
        process = self._scheduler.current.process.name
        text = record.getMessage()
        if record.exc_info:
            text += f" {record.exc_info[1]!r}"
        self.note(f"{process} {record.levelname} {text}")
        if record.levelno >= logging.WARNING:
            self.warnings.append(f"{process}: {text}")
