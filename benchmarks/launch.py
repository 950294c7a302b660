"""Runs a command and tells what it took: `launch.py OUTPUT ERRORS COMMAND...` prints one JSON object.

A process of its own, because Linux counts the memory of the process that starts a program as the
program's: this one is small.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time


def main() -> None:
    """Run the command with its output and errors in files."""
    output, errors, *command = sys.argv[1:]
    with open(output, "wb") as out, open(errors, "wb") as err:  # noqa: PTH123 - pathlib is memory
        began = time.monotonic()
        code = subprocess.call(command, stdout=out, stderr=err)
        ended = time.monotonic()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    facts = {
        "code": code, "seconds": ended - began, "ended": ended,
        "cpu_seconds": usage.ru_utime + usage.ru_stime, "resident": usage.ru_maxrss * 1024,
    }  # fmt: skip
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
