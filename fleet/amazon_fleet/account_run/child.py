"""The process of a run, and how it ends."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from amazon_fleet.account_run.guard import Guard
from amazon_fleet.account_run.order import BUSY, DONE, FAILED, LOCK_LOST
from amazon_fleet.account_run.run import AccountRun
from amazon_fleet.account_run.session import Session
from amazon_fleet.errors import AccountBusyError, FleetError, LockLostError
from amazon_fleet.observation import log
from amazon_fleet.observation.traces import send_trace
from amazon_fleet.store import history

if TYPE_CHECKING:
    from amazon_fleet.account_run.order import RunOrder

_COMM = Path("/proc/self/comm")
_logger = logging.getLogger(__name__)


def main(order: RunOrder) -> None:
    """Run an account and end the process: 0, or why the history says nothing of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the worker's to see to
    os.umask(0o077)
    log.configure(sys.stderr, account=order.account, worker=order.worker)
    code = _run(order)
    logging.shutdown()
    os._exit(code)  # threads of libraries have nothing left to do


def _run(order: RunOrder) -> int:
    try:
        session = Session(order)
    except AccountBusyError as error:
        _logger.info("%s", error)
        return BUSY
    except FleetError as error:
        _logger.error("%s", error)  # noqa: TRY400 - one sentence
        return FAILED
    _show_name(order.account)
    log.configure(sys.stderr, account=order.account, worker=order.worker, run=session.run)
    guard: Guard | None = None
    try:
        account = session.account()
        guard = Guard(session, account.bounds)
        guard.start()
        AccountRun(order, session, guard).take_place(account)
    except LockLostError as error:
        _logger.error("%s", error)  # noqa: TRY400 - one sentence
        return LOCK_LOST
    except FleetError as error:
        _logger.error("%s", error)  # noqa: TRY400 - one sentence
        return FAILED
    except Exception as error:  # noqa: BLE001 - the history must have an end
        sentence = (
            f"This should not happen, please report it: {type(error).__name__} in {_place(error)}"
        )
        _logger.error("%s", sentence)  # noqa: TRY400 - a trace may show what a variable holds
        with contextlib.suppress(FleetError):
            session.finish(history.FAILED, sentence, {})
    if session.ended is not None:
        if guard is not None:
            guard.stop()
        session.close()  # nobody waits for whoever takes the trace
        _show_name("fleet-trace")
        send_trace(session.ended)
    return DONE


def _show_name(name: str) -> None:
    """Have `ps` and `top` show a name, where the system knows how."""
    with contextlib.suppress(OSError):
        _COMM.write_text(name[:15], "utf-8")


def _place(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"
