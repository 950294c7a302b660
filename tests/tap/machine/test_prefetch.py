"""What is loaded ahead fails, if it does, where it is needed."""

from __future__ import annotations

import subprocess
import sys


def run(script: str) -> subprocess.CompletedProcess[str]:
    script = f"from tap_amazon_seller.machine.prefetch import load_ahead\n{script}"
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )


def test_a_module_that_cannot_be_loaded_says_nothing() -> None:
    found = run("load_ahead('no_such_module')")

    assert (found.returncode, found.stderr) == (0, "")


def test_the_process_ends_after_what_it_loads() -> None:
    found = run("import sys; load_ahead('tap_amazon_seller.machine.arrow_text'); sys.exit(3)")

    assert (found.returncode, found.stderr) == (3, "")
