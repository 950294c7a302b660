"""Tap and target as programs with a pipe between them, as a host runs them; each can be killed.

The host keeps the last line that the target has written completely, and gives it to the tap the next
time, as Meltano and hotglue do.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import termios
import time
from typing import TYPE_CHECKING, Any

import warm_start

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_PATIENCE = 120.0
"""Seconds of real time within which a program that is not stuck does what it is to do."""


class Programs:
    """A tap and a target.

    Args:
        tap: The tap's command.
        target: The target's command.
        folder: Where their logs go.

    Attributes:
        tap: The tap.
        target: The target.
    """

    def __init__(self, tap: Sequence[str], target: Sequence[str], folder: Path) -> None:
        with (folder / "target.log").open("ab") as log:
            self.target = warm_start.Popen(
                target, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        with (folder / "tap.log").open("ab") as log:
            self.tap = warm_start.Popen(tap, stdout=subprocess.PIPE, stderr=log)

    def pass_on(self, until: Callable[[dict[str, Any]], bool] = lambda _: False) -> None:
        """Pass on what the tap writes, to its end or up to a message, which is passed on, too."""
        assert self.tap.stdout is not None
        assert self.target.stdin is not None
        for line in self.tap.stdout:
            if not line.endswith(b"\n"):
                return  # it was killed amid a line
            self.target.stdin.write(line)
            self.target.stdin.flush()
            if until(json.loads(line)):
                return

    def wait_until_read(self) -> None:
        """Wait until the target has read all that has been passed on."""
        assert self.target.stdin is not None
        descriptor = self.target.stdin.fileno()
        wait_until(lambda: _unread(descriptor) == 0)

    def block_output(self) -> None:
        """Fill the pipe that the target writes its states to, so that it cannot write another."""
        assert self.target.stdout is not None
        path = f"/proc/self/fd/{self.target.stdout.fileno()}"
        other_end = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        try:
            while True:
                os.write(other_end, b"\n" * 4096)
        except BlockingIOError:
            os.close(other_end)

    def first_state(self) -> dict[str, Any]:
        """The next state that the target writes."""
        assert self.target.stdout is not None
        found: dict[str, Any] = json.loads(self.target.stdout.readline())
        return found

    def end_input(self) -> None:
        """Have the target load what it holds, as at the end of a tap."""
        assert self.target.stdin is not None
        self.target.stdin.close()

    def kill(self, program: subprocess.Popen[bytes]) -> None:
        """End a program without a word, as a machine that fails does."""
        os.kill(program.pid, signal.SIGKILL)
        program.wait(_PATIENCE)

    def last_state(self) -> dict[str, Any] | None:
        """Wait for both to end; the last state that the target has written completely."""
        assert self.tap.stdout is not None
        assert self.target.stdin is not None
        assert self.target.stdout is not None
        self.tap.stdout.close()
        self.tap.wait(_PATIENCE)
        try:
            self.target.stdin.close()
        except BrokenPipeError:
            """It is not there any longer."""
        written = self.target.stdout.read()
        self.target.stdout.close()
        self.target.wait(_PATIENCE)
        states = [line for line in written.split(b"\n")[:-1] if line.strip()]
        return json.loads(states[-1]) if states else None


def _unread(descriptor: int) -> int:
    """Bytes in a pipe that nobody has read."""
    found = fcntl.ioctl(descriptor, termios.FIONREAD, b"\0\0\0\0")
    return int.from_bytes(found, "little")


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that another program brings about."""
    end = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.02)
