"""The help of every command and of the commands in it, as a terminal of 100 columns shows it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from scripts.reference.markdown import GENERATED

ROOT = Path(__file__).parents[2]
WIDTH = 100


def page() -> str:
    """The page: a section per command."""
    sections = [
        f"## {' '.join(words)}\n\n```text\n{text}```\n"
        for name in names()
        for words, text in _sections(name)
    ]
    return "\n".join([GENERATED, "# Commands\n", *sections])


def names() -> list[str]:
    """The commands that the two distributions install."""
    found: list[str] = []
    for file in ("pyproject.toml", "sandbox/pyproject.toml"):
        found += tomllib.loads((ROOT / file).read_text("utf-8"))["project"]["scripts"]
    return found


def _sections(name: str) -> list[tuple[list[str], str]]:
    """The words of a command and its help, and those of the commands in it."""
    run = subprocess.run(
        [sys.executable, "-m", "scripts.reference.helps", name],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": str(WIDTH), "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    sections: list[tuple[list[str], str]] = json.loads(run.stdout)
    return sections
