"""Mutations of the rules that guard bookmarks, snapshots, journal and quotas: each must be found.

Each is one change of the product, made in a copy of it. `python -m simulation.mutations` lives the first
syncs of a life that is known to find it, or lives of its kind until one fails, and lives that one again.
A rule that nothing notices the loss of is no rule, or not tested.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
PACKAGES = ("amazon_selling_partner", "tap_amazon_seller", "etl/amazon_optiply_etl")
FETCH = "tap_amazon_seller/reports/fetch"
REQUESTS = "tap_amazon_seller/reports/requests"
STATE = "etl/amazon_optiply_etl/state"
PUSH = "etl/amazon_optiply_etl/runs/push.py"


@dataclass(frozen=True, slots=True)
class Known:
    """A life that finds a mutation, cut short."""

    seed: int
    syncs: int


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change of a rule.

    Attributes:
        rule: What the rule says.
        path: The module.
        old: Its text, once in it.
        new: What stands there instead.
        known: A life that finds it, and how many of its first syncs that takes.
        kind: Which lives to look at where that one does not find it, any more: the first, and how far it
            is to the next.
    """

    rule: str
    path: str
    old: str
    new: str
    kind: tuple[int, int]
    known: Known


SYNCS, PUSHES, LIMITED, IN_FILES = (2, 4), (4, 4), (3, 8), (1, 4)
"""Sellers' lives, with pushes, with a report type that has a limit of its own, with records in files."""
MUTATIONS = (
    Mutation(
        "a bookmark does not pass a window that is missing",
        f"{REQUESTS}/bookmarks.py",
        "reached if self.is_unbroken and is_ahead else None",
        "reached if is_ahead else None",
        SYNCS,
        Known(2, 4),
    ),
    Mutation(
        "a window that Amazon cancels once is not taken for one without data",
        f"{REQUESTS}/cancellations.py",
        "return CancelledStreak(now, end, now), None",
        "return CancelledStreak(now, end, now), end",
        SYNCS,
        Known(26, 2),
    ),
    Mutation(
        "a report that ends sooner moves the bookmark to its own end",
        f"{REQUESTS}/reuse.py",
        "return replace(request, window=existing.window)",
        "return request",
        SYNCS,
        Known(302, 6),
    ),
    Mutation(
        "a window is read unless it ended before the bookmark",
        "tap_amazon_seller/streams/kinds/partition_reading.py",
        "window and self.bookmark and window.end <= self.bookmark - self.reach",
        "window and self.bookmark and window.start <= self.bookmark",
        SYNCS,
        Known(2, 5),
    ),
    Mutation(
        "a report that cannot be obtained has not been read",
        "tap_amazon_seller/streams/kinds/planned_stream.py",
        "        except ReportUnavailableError as error:\n            return error\n",
        "        except ReportUnavailableError:\n            return None\n",
        SYNCS,
        Known(6, 4),
    ),
    Mutation(
        "records that are kept back go out before a state",
        "tap_amazon_seller/output/messages.py",
        "        if self.output:\n            self.output.flush()\n",
        "        pass\n",
        IN_FILES,
        Known(41, 4),
    ),
    Mutation(
        "a report that has failed raises its error",
        f"{FETCH}/queue.py",
        "        if job.error:\n            raise job.error\n",
        "",
        SYNCS,
        Known(2, 4),
    ),
    Mutation(
        "a text that ends within a line is downloaded once more",
        "tap_amazon_seller/reports/text/download.py",
        'return None if body.read(1) in {b"\\n", b"\\r"} else body.tell()',
        "return None",
        SYNCS,
        Known(14, 18),
    ),
    Mutation(
        "an unfinished run's snapshots are put back",
        f"{STATE}/transaction.py",
        "    unfinished = is_unfinished(snapshots)\n",
        "    unfinished = False\n",
        PUSHES,
        Known(4, 18),
    ),
    Mutation(
        "what is in doubt after a crash is looked for",
        PUSH,
        "    for each in done.in_doubt:\n",
        "    for each in ():\n",
        PUSHES,
        Known(28, 18),
    ),
    Mutation(
        "what a crashed push has done goes into the snapshots",
        PUSH,
        "    for name, of_entity in rows.items():\n        entity = BY_NAME[name]\n        frame",
        "    for name, of_entity in ():\n        entity = BY_NAME[name]\n        frame",
        PUSHES,
        Known(4, 6),
    ),
    Mutation(
        "a line says what is about to be created",
        f"{STATE}/journal.py",
        '            self._about[entity.name, row["remoteId"]] = line\n        self._write(line)\n',
        '            self._about[entity.name, row["remoteId"]] = line\n',
        PUSHES,
        Known(28, 18),
    ),
    Mutation(
        "a line says what has been done",
        f"{STATE}/journal.py",
        '        self._write(_line({"done": entity.name, "row": row}))\n',
        "",
        PUSHES,
        Known(20, 18),
    ),
    Mutation(
        "the journal has reached the disk before the next call",
        f"{STATE}/journal.py",
        "                os.fsync(self._file)\n",
        "",
        PUSHES,
        Known(76, 6),
    ),
    Mutation(
        "after a creation without an answer the object is looked for",
        PUSH,
        "            return found or self._post(entity, row, attributes)",
        "            return self._post(entity, row, attributes)",
        PUSHES,
        Known(4, 18),
    ),
    Mutation(
        "a creation that may have come off is not repeated",
        "etl/amazon_optiply_etl/optiply/exchange.py",
        "                if request.repeatable or not error.sent:\n",
        "                if True:\n",
        PUSHES,
        Known(4, 18),
    ),
    Mutation(
        "what a push that stopped has not sent is read again",
        PUSH,
        "{} if stopped else read",
        "read",
        PUSHES,
        Known(60, 18),
    ),
    Mutation(
        "tokens are counted no faster than Amazon counts them",
        "amazon_selling_partner/_throttle.py",
        "MARGIN = 1.01\n",
        "MARGIN = 0.2\n",
        SYNCS,
        Known(70, 18),
    ),
    Mutation(
        "a call waits for its token",
        "amazon_selling_partner/_throttle.py",
        "while (wait := self.seconds_until_ready()) > 0:",
        "while (wait := 0.0) > 0:",
        PUSHES,
        Known(4, 18),
    ),
    Mutation(
        "a report type with a limit of its own waits for it",
        "amazon_selling_partner/_report_limits.py",
        "            ready = max(ready, times[-1] + interval)\n",
        "            ready = max(ready, times[-1])\n",
        LIMITED,
        Known(3, 18),
    ),
)


@dataclass(frozen=True, slots=True)
class Mutated:
    """A copy of the product with a mutation in it.

    Attributes:
        root: Its folder.
    """

    root: Path

    @classmethod
    def made(cls, mutation: Mutation, root: Path) -> Self:
        """Copy the product into a folder, and change it."""
        for package in PACKAGES:
            shutil.copytree(ROOT / package, root / package)
        (root / "schemas").symlink_to(ROOT / "schemas")
        path = root / mutation.path
        text = path.read_text("utf-8")
        assert text.count(mutation.old) == 1, f"{mutation.path} has changed: {mutation.old}"
        path.write_text(text.replace(mutation.old, mutation.new), "utf-8")
        return cls(root)

    def failures(self, *words: str) -> list[str]:
        """The lines about the lives that fail."""
        places = (self.root, self.root / "etl", ROOT / "tests", ROOT / "tests" / "support")
        run = subprocess.run(
            [sys.executable, "-m", "simulation", *words],
            cwd=self.root,  # it comes first where modules are looked for
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, places))},
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [each for each in run.stdout.split("\n") if " failed: " in each]
        assert lines or run.returncode == 0, run.stderr
        return lines


def found_by(mutated: Mutated, kind: tuple[int, int], lives: int) -> str:
    """The line about the first life of a kind that fails; empty where none does."""
    first, step = kind
    words = ("--seed", str(first), "--step", str(step), "--lives", str((lives - first) // step + 1))
    return next(iter(mutated.failures("--first-failure", *words)), "")


def tried(mutation: Mutation, lives: int, times: int) -> str:
    """Say which life finds a mutation, and how often it does so when it is lived again; or nothing."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        mutated = Mutated.made(mutation, Path(folder))
        known = mutation.known
        short = ("--lives", "1", "--times", str(1 + times))
        lines = mutated.failures(*short, "--seed", str(known.seed), "--syncs", str(known.syncs))
        if not lines:
            line = found_by(mutated, mutation.kind, lives)
            if not line:
                return ""
            lines = [line]
            if times:
                again = ("--lives", "1", "--times", str(times), "--seed", line.split()[1])
                lines += mutated.failures(*again)
        repeated = f"; {len(lines) - 1} of {times} times again" if times else ""
        return f"{lines[0]}{repeated}"


def main() -> int:
    """Try all mutations, and print which were found."""
    parser = argparse.ArgumentParser(prog="simulation.mutations", description=__doc__)
    parser.add_argument("--lives", type=int, default=368)
    parser.add_argument("--only", type=int, nargs="+", help="the numbers of some")
    parser.add_argument(
        "--times", type=int, default=0, help="so often is a failing seed lived again"
    )
    given = parser.parse_args()
    count = 0
    for number, mutation in enumerate(MUTATIONS, 1):
        if given.only is None or number in given.only:
            began = time.monotonic()
            line = tried(mutation, given.lives, given.times)
            count += bool(line)
            said = f"found by {line}" if line else "NOT FOUND"
            took = time.monotonic() - began
            print(f"{number:2} {mutation.rule}: {said} ({took:.0f} s)", flush=True)
    print(f"{count} of {len(given.only or MUTATIONS)} found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
