"""How a program's threads share the interpreter."""

from __future__ import annotations

import sys

_SECONDS = 0.001
"""A twentieth less time for a large report than with Python's 5 ms or with a fifth of this."""


def hand_over_soon() -> None:
    """Have a thread that runs Python let others on as soon as they come back from Arrow or numpy.

    By default one that needs the interpreter waits up to 5 ms for another that has it, several times as
    long as its own piece of work took; if it waits for too little, threads take turns without end.
    For a program's start: it is of the whole process.
    """
    sys.setswitchinterval(_SECONDS)
