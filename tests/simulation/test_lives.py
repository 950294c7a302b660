"""Lives in simulated time end in the truth, and the same seed lives the same life."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from random import Random

from simulation.machine import SimulatedMachine
from simulation.mutations import MUTATIONS, ROOT
from simulation.scheduler import Process, Scheduler

TESTS = Path(__file__).parents[1]


def simulate(*options: str) -> str:
    """Run the command, which must find nothing wrong, and return what it prints."""
    paths = os.pathsep.join((str(TESTS), str(TESTS / "support")))
    run = subprocess.run(
        [sys.executable, "-m", "simulation", "--quick", *options],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_the_same_seed_lives_the_same_life_byte_for_byte(tmp_path: Path) -> None:
    logs = [tmp_path / "one.log", tmp_path / "other.log"]
    for log in logs:
        end = simulate("--seed", "2", "--lives", "1", "--syncs", "3", "--log", str(log))
        assert "lost 0, altered 0, doubled 0; 0 lives failed" in end

    first, second = (log.read_bytes() for log in logs)

    assert len(first.splitlines()) > 500
    assert first == second


def test_lives_of_each_other_kind_end_in_the_truth() -> None:
    """In files, by messages, with a limited report type, into Optiply, and of a vendor."""
    end = simulate("--lives", "5", "--seed", "9", "--syncs", "2")
    assert "lost 0, altered 0, doubled 0; 0 lives failed" in end


def test_each_mutation_changes_one_place_of_the_product() -> None:
    assert [
        each.rule
        for each in MUTATIONS
        if (ROOT / each.path).read_text("utf-8").count(each.old) != 1
    ] == []


def a_machine(seed: int = 1) -> tuple[Scheduler, SimulatedMachine, Process]:
    scheduler = Scheduler(Random(seed))
    process = Process("one")
    return scheduler, SimulatedMachine(scheduler, process), process


def test_time_passes_only_while_all_threads_wait() -> None:
    scheduler, machine, process = a_machine()
    seen: list[tuple[str, float]] = []

    def sleeper(name: str, seconds: float) -> None:
        machine.sleep(seconds)
        seen.append((name, machine.monotonic()))

    def main() -> None:
        threads = [
            machine.start(lambda: sleeper("late", 7200), "late"),
            machine.start(lambda: sleeper("soon", 5), "soon"),
        ]
        for thread in threads:
            thread.join()

    scheduler.start(process, main)
    scheduler.wait_for(process)

    assert seen == [("soon", 5.0), ("late", 7200.0)]


def test_the_order_of_threads_comes_from_the_seed() -> None:
    def order(seed: int) -> list[int]:
        scheduler, machine, process = a_machine(seed)
        found: list[int] = []
        lock = machine.lock()

        def work(number: int) -> None:
            for _ in range(3):
                with lock:
                    found.append(number)

        def main() -> None:
            for thread in [
                machine.start(partial(work, number), str(number)) for number in range(4)
            ]:
                thread.join()

        scheduler.start(process, main)
        scheduler.wait_for(process)
        return found

    orders = [order(seed) for seed in range(5)]

    assert orders == [order(seed) for seed in range(5)]
    assert len({tuple(each) for each in orders}) > 1


def test_a_killed_process_does_nothing_more() -> None:
    scheduler, machine, process = a_machine()
    done: list[int] = []

    def main() -> None:
        for number in range(10):
            machine.sleep(1)
            done.append(number)

    process.at[4] = lambda: scheduler.kill(process)
    scheduler.start(process, main)
    scheduler.wait_for(process)
    scheduler.sleep(60)

    assert process.killed
    assert done == [0, 1, 2]


def test_who_takes_from_a_queue_waits_until_something_is_there() -> None:
    scheduler, machine, process = a_machine()
    taken: list[tuple[int, float]] = []

    def main() -> None:
        queue = machine.queue()

        def give() -> None:
            for number in range(3):
                machine.sleep(1)
                queue.put(number)

        machine.start(give, "giver")
        start = machine.monotonic()
        taken.extend((queue.get(), machine.monotonic() - start) for _ in range(3))

    scheduler.start(process, main)
    scheduler.wait_for(process)

    assert process.failure is None
    assert taken == [(0, 1.0), (1, 2.0), (2, 3.0)]
