"""How a program loads its libraries, which stay to its end: a quarter less CPU time for a short run."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMAND_LINE = "httpx._main"


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Look for no garbage in what is imported meanwhile, nor in anything once the program ends.

    At its end Python would go through all objects several times over (0.15 s after the tap's imports),
    to free what the system takes back anyway.
    """
    start_no_idle_threads()
    gc.disable()
    try:
        with without_command_lines():
            yield
    finally:
        gc.freeze()
        gc.enable()
        atexit.register(gc.freeze)


def start_no_idle_threads() -> None:
    """Keep numpy from starting a thread for each core to multiply matrices with, which nobody does.

    Each spins for 0.1 s of CPU time before it sleeps. What the environment says goes before.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@contextlib.contextmanager
def without_command_lines() -> Iterator[None]:
    """Load no command line of a library: httpx has one, for which it loads Rich where that is installed.

    It goes without where it cannot load it: 40 ms and 4 MB less.
    """
    if _COMMAND_LINE in sys.modules:
        yield
        return
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_COMMAND_LINE]
