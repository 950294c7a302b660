"""The help of every command, as a terminal of 100 columns shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from scripts.reference.markdown import GENERATED

COMMANDS = (
    ("tap-amazon-seller",),
    ("tap-amazon-seller", "migrate"),
    ("tap-amazon-seller", "migrate"),
    ("amazon-optiply-etl",),
    ("amazon-optiply-etl", "build"),
    ("amazon-optiply-etl", "push"),
    ("amazon-optiply-etl", "run"),
    ("amazon-optiply-etl", "check"),
    ("amazon-optiply-etl", "clear"),
    ("tap-amazon-associates",),
    *(
        ("amazon-associates", *command)
        for command in (
            (),
            ("item",),
            ("search-ean",),
            ("validate",),
            ("asin-from-url",),
            ("resolve",),
            ("enrich",),
        )
    ),
    ("amazon-asin-match",),
    ("tap-amazon-associates",),
    ("amazon-associates",),
    ("amazon-seller-sandbox",),
    ("sandbox-target-optiply",),
)
WIDTH = 100


def page() -> str:
    """The page: a section per command."""
    sections = [f"## {' '.join(command)}\n\n```text\n{_help(command)}```\n" for command in COMMANDS]
    return "\n".join([GENERATED, "# Commands\n", *sections])


def _help(command: tuple[str, ...]) -> str:
    folder = Path(sys.executable).parent
    run = subprocess.run(
        [folder / command[0], *command[1:], "--help"],
        env=os.environ | {"COLUMNS": str(WIDTH), "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return run.stdout
