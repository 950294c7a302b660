"""Runs a program of Python under yappi: `profiled.py OUTPUT PROGRAM ARGUMENTS...`.

OUTPUT becomes a JSON object: CPU seconds of the process; the functions that ran in any of its threads,
with the CPU seconds of each without those that it called; and who called whom, for how many CPU seconds
without and with those that the callee called.
"""

from __future__ import annotations

import json
import runpy
import sys
import time
from pathlib import Path

import yappi


def main() -> None:
    """Run the program to its end, however it ends."""
    output, *sys.argv = sys.argv[1:]
    yappi.set_clock_type("cpu")
    yappi.start(builtins=True)
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        yappi.stop()
        cpu_seconds = time.process_time()
        functions = list(yappi.get_func_stats())
        facts = {
            "cpu_seconds": cpu_seconds,
            "functions": [[each.index, each.module, each.name, each.tsub] for each in functions],
            "calls": [
                [each.index, callee.index, callee.tsub, callee.ttot]
                for each in functions
                for callee in each.children
            ],
        }
        Path(output).write_text(json.dumps(facts), encoding="utf-8")


if __name__ == "__main__":
    main()
