"""What a program imports stays, so nobody looks for garbage in it, not even when the program ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from amazon_programs import start_no_idle_threads

SCRIPT = """
import atexit, gc
from amazon_programs import loading

atexit.register(lambda: print(sum(map(type([]).__instancecheck__, gc.get_objects()))))  # runs last
with loading():
    print(gc.isenabled())
    kept = [[] for _ in range(1_000)]
print(gc.isenabled(), gc.get_freeze_count() > len(kept))
left = [[] for _ in range(2_000)]
"""


def test_garbage_is_looked_for_in_what_the_program_makes_and_in_nothing_at_its_end() -> None:
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)

    while_loading, afterwards, watched_at_the_end = run.stdout.splitlines()
    assert while_loading == "False"
    assert afterwards == "True True"
    assert int(watched_at_the_end) < 100


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc")
def test_a_program_that_loads_numpy_has_one_thread() -> None:
    script = (
        "from amazon_programs import loading\n"
        "with loading():\n"
        "    import numpy\n"
        "import os; print(len(os.listdir('/proc/self/task')))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert run.stdout == "1\n"


def test_no_command_line_of_a_library_is_loaded() -> None:
    script = (
        "import sys\n"
        "from amazon_programs import loading\n"
        "with loading():\n"
        "    import httpx\n"
        "print({'rich', 'httpx._main'} & sys.modules.keys(), httpx.URL('https://a.example').host)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert run.stdout == "set() a.example\n"


def test_what_the_environment_says_of_threads_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")

    start_no_idle_threads()

    assert os.environ["OPENBLAS_NUM_THREADS"] == "3"
