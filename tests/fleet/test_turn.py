"""As many runs build at once as the machine has cores, and none waits for ever."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from amazon_fleet.account_run.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_HOLDER = """\
import sys, time
from pathlib import Path
from amazon_fleet.account_run.turn import Turn
turn = Turn(Path(sys.argv[1]), 1)
turn.take()
print("taken", flush=True)
time.sleep(600)
"""


class _WaitedError(Exception):
    """A run had to wait."""


def _refuse(_seconds: float) -> None:
    raise _WaitedError


@pytest.fixture
def turn(tmp_path: Path) -> Iterator[Callable[[int], Turn]]:
    """Makes turns that are not waited for."""
    with ExitStack() as ends:

        def made(count: int) -> Turn:
            found = Turn(tmp_path, count, sleep=_refuse)
            ends.callback(found.leave)
            return found

        yield made


def test_as_many_have_a_turn_as_there_are_and_the_next_waits(turn: Callable[[int], Turn]) -> None:
    first, second, third = (turn(2) for _ in range(3))
    first.take()
    second.take()
    with pytest.raises(_WaitedError):
        third.take()
    first.leave()
    third.take()


def test_while_a_run_calls_another_has_its_turn_and_then_it_waits_again(
    turn: Callable[[int], Turn],
) -> None:
    first, second = (turn(1) for _ in range(2))
    first.take()
    with pytest.raises(_WaitedError), first.away():
        second.take()
    second.leave()
    with first.away():
        second.take()
        second.leave()
    with pytest.raises(_WaitedError):
        second.take()


def test_a_run_that_has_waited_for_a_minute_goes_on_without_a_turn(
    tmp_path: Path, turn: Callable[[int], Turn]
) -> None:
    slept: list[float] = []
    turn(1).take()
    Turn(tmp_path, 1, sleep=slept.append, now=lambda: sum(slept)).take()

    assert 60 <= sum(slept) < 61


def test_a_turn_is_free_once_the_process_that_had_it_was_killed(
    tmp_path: Path, turn: Callable[[int], Turn]
) -> None:
    command = [sys.executable, "-c", _HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "taken\n"
        waiting = turn(1)
        with pytest.raises(_WaitedError):
            waiting.take()
        holder.kill()
        holder.wait()

        waiting.take()
