"""Runs a program that ends with the process that wants it: ``python tied.py PARENT PROGRAM WORDS...``.

A target behind a pipe takes the end of its input for the end of the sync. When the run is killed, it
must not run beside the account's next one, so Linux is asked to kill it too. This file loads nothing
of the package, as it is started for each run.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # of Linux's sys/prctl.h


def main(parent: int, command: list[str]) -> None:
    """Become the program."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the run has ended")
    os.execvp(command[0], command)  # noqa: S606 - the user's target


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
