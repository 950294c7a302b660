"""How long the tap's short commands take: against a bare `import singer_sdk`, in the same run.

Whole processes, in turns; the best of several runs counts. Fails above TARGET times the import.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

from programs import BIN

TARGET = 2.0
ROUNDS = 7
TAP = str(BIN / "tap-amazon-seller")
COMMANDS = {
    "import singer_sdk": [sys.executable, "-c", "import singer_sdk"],
    "--version": [TAP, "--version"],
    "--about": [TAP, "--about"],
    "--discover": [TAP, "--discover"],
}


def measure(rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds of the import, and how many times as long each command takes."""
    # Bytecode is written, as it is wherever the tap is installed.
    environment = {
        name: text
        for name, text in os.environ.items()
        if name not in {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    }
    best = dict.fromkeys(COMMANDS, float("inf"))
    for _ in range(rounds + 1):
        for name, command in COMMANDS.items():
            began = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True, env=environment)
            best[name] = min(best[name], time.perf_counter() - began)
    seconds = best.pop("import singer_sdk")
    return {"import_seconds": seconds} | {name: time / seconds for name, time in best.items()}


def main() -> None:
    """Print the ratios; end with 1 when one misses its target."""
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=ROUNDS)
    found = measure(options.parse_args().rounds)
    seconds = found.pop("import_seconds")
    for name, ratio in found.items():
        print(
            f"tap-amazon-seller {name:<10} {ratio:.2f} times `import singer_sdk` ({seconds:.2f} s)"
        )
    if max(found.values()) > TARGET:
        sys.exit(f"{max(found.values()):.2f} is more than {TARGET:g}")


if __name__ == "__main__":
    main()
