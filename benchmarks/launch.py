"""Runs a command and says what it took: `launch.py OUTPUT ERRORS COMMAND...` prints one JSON object.

A process of its own, because Linux counts the memory of the process that starts a program as the
program's: this one is small.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time

EVERY = 0.2
"""Seconds between two looks at the process."""
_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Run the command with its output and errors in files."""
    output, errors, *command = sys.argv[1:]
    samples: list[tuple[float, float, int]] = []
    with open(output, "wb") as out, open(errors, "wb") as err:  # noqa: PTH123 - pathlib is memory
        began = time.monotonic()
        with subprocess.Popen(command, stdout=out, stderr=err) as process:
            ended = threading.Event()
            looking = threading.Thread(target=look, args=(process.pid, samples, ended))
            looking.start()
            code = process.wait()
            at = time.monotonic()
            ended.set()
            looking.join()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    facts = {
        "code": code, "seconds": at - began, "ended": at,
        "cpu_seconds": usage.ru_utime + usage.ru_stime, "resident": usage.ru_maxrss * 1024,
        "samples": samples,
    }  # fmt: skip
    print(json.dumps(facts))


def look(process: int, samples: list[tuple[float, float, int]], ended: threading.Event) -> None:
    """Note the instant, the CPU seconds and the resident bytes of a process until it has ended.

    CPU seconds are of the process and of those of its children that have ended. Without /proc, nothing
    is noted.
    """
    while not ended.wait(EVERY):
        try:
            with open(f"/proc/{process}/stat") as stat, open(f"/proc/{process}/statm") as statm:  # noqa: PTH123
                ticks = stat.read().rpartition(")")[2].split()[11:15]
                pages = int(statm.read().split()[1])
        except OSError:
            return
        if pages:  # none once it has ended
            samples.append((time.monotonic(), sum(map(int, ticks)) / _TICKS, pages * _PAGE))


if __name__ == "__main__":
    main()
