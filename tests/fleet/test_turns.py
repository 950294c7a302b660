"""As many runs build at once as the machine has cores, and none waits for ever."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from amazon_fleet.account_run.turns import Turns

if TYPE_CHECKING:
    from pathlib import Path

_HOLDER = """\
import sys, time
from pathlib import Path
from amazon_fleet.account_run.turns import Turns
with Turns(Path(sys.argv[1]), 1).taken():
    print("taken", flush=True)
    time.sleep(600)
"""


class _WaitedError(Exception):
    """A run had to wait."""


def _refuse_to_wait(_seconds: float) -> None:
    raise _WaitedError


def test_as_many_have_a_turn_as_there_are_and_the_next_waits(tmp_path: Path) -> None:
    turns = Turns(tmp_path, 2, sleep=_refuse_to_wait)
    with turns.taken():
        with turns.taken(), pytest.raises(_WaitedError):
            turns.taken().__enter__()
        with turns.taken():  # the second one is free again
            pass


def test_a_run_that_has_waited_for_a_minute_goes_on_without_a_turn(tmp_path: Path) -> None:
    slept: list[float] = []
    with ExitStack() as stack:
        stack.enter_context(Turns(tmp_path, 1).taken())
        stack.enter_context(Turns(tmp_path, 1, sleep=slept.append, now=lambda: sum(slept)).taken())

    assert 60 <= sum(slept) < 61


def test_a_turn_is_free_once_the_process_that_had_it_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "taken\n"
        turns = Turns(tmp_path, 1, sleep=_refuse_to_wait)
        with pytest.raises(_WaitedError):
            turns.taken().__enter__()
        holder.kill()
        holder.wait()

        with turns.taken():
            pass
