"""How long the tap's short commands take: against a bare `import singer_sdk`, in the same run.

Complete processes, in turn; the fastest of several runs counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from programs import BIN
from results import Figure, Measurement, Ratio, as_text

MOST = 2.0
"""Target: of the import's time."""
ROUNDS = 8
IMPORT = "import singer_sdk"
IMPORTING = (sys.executable, "-c", IMPORT)
TAP = "tap-amazon-seller"
COMMANDS = {
    IMPORT: IMPORTING,
    **{
        f"{TAP} {option}": (str(BIN / TAP), option) for option in ("--version", "--about", "--discover")
    },
}  # fmt: skip


def measure(*, quick: bool = False) -> Measurement:
    """Run the commands in turn."""
    rounds = 1 if quick else ROUNDS
    # Bytecode is written, as it is wherever the tap is installed.
    environment = {
        name: text
        for name, text in os.environ.items()
        if name not in {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    }
    best = dict.fromkeys(COMMANDS, float("inf"))
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            began = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True, env=environment)
            best[name] = min(best[name], time.perf_counter() - began)
    return Measurement(
        "startup",
        "How long the tap's short commands take, against `import singer_sdk`",
        tuple(
            Ratio(f"time of {name}", f"`{IMPORT}`", seconds, best[IMPORT], "s", MOST, at_most=True)
            for name, seconds in best.items()
            if name != IMPORT
        ),
        tuple(Figure(name, "time", seconds, "s") for name, seconds in best.items()),
        (f"Complete processes; the fastest of {rounds} runs of each, in turn.",),
    )


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()
