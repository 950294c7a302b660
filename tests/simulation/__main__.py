"""The command behind `make simulate`: lives many, a summary, and of a failure the shortest script."""

from __future__ import annotations

import argparse
import ctypes
import os
import sys

PERSONALITY, AS_IT_IS, SAME_ADDRESSES = 135, 0xFFFFFFFF, 0x0040000
FIXED = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}


def fix_order() -> None:
    """Begin again with the same hashes and, on Linux, addresses each time: sets go by them."""
    if all(os.environ.get(name) == value for name, value in FIXED.items()):
        return
    try:
        before = ctypes.CDLL(None).personality(AS_IT_IS)
        ctypes.CDLL(None).personality(before | SAME_ADDRESSES)
    except AttributeError:
        pass  # not Linux
    os.environ.update(FIXED)
    os.execv(sys.executable, [sys.executable, "-m", "simulation", *sys.argv[1:]])


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--lives", type=int, default=368, help="how many lives (default: 368)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first of them")
    parser.add_argument("--log", metavar="FILE", help="write the log of the first life")
    parser.add_argument(
        "--quick", action="store_true", help="do not find out what changed the course"
    )
    parser.add_argument("--step", type=int, default=1, help="between the seeds of two lives")
    parser.add_argument("--syncs", type=int, help="at most so many in each life, and quiet ones")
    parser.add_argument("--first-failure", action="store_true", help="stop at the first failure")
    parser.add_argument("--times", type=int, help="live each life so often, and count what fails")
    given = parser.parse_args()
    fix_order()
    # After the order is fixed: it loads the product.
    from simulation import summary  # noqa: PLC0415
    from simulation.script import drawn  # noqa: PLC0415

    scripts = [drawn(given.seed + number * given.step) for number in range(given.lives)]
    if given.syncs:
        scripts = [script.shorter(given.syncs) for script in scripts]
    if given.first_failure or given.times:
        repeated = [script for script in scripts for _ in range(given.times or 1)]
        return summary.failing(repeated, stops=given.first_failure)
    return summary.run(scripts, given.log, probes=not given.quick)


if __name__ == "__main__":
    sys.exit(main())
