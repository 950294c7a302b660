"""The help of every command and of the commands in it, as a terminal of 100 columns shows it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from scripts.reference.markdown import GENERATED

ROOT = Path(__file__).parents[2]
WIDTH = 100
WITHIN = {"tap-amazon-seller": ("migrate", "notifications")}
"""Commands that no list of a help has: the Singer SDK's command knows none beside its options."""
_LISTED = re.compile(r"^Commands:\n(.*?)(?:\n\n|\Z)", re.DOTALL | re.MULTILINE)


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


def _sections(*words: str) -> list[tuple[tuple[str, ...], str]]:
    """The words of a command and its help, and those of the commands in it."""
    text = _help(words)
    listed = _LISTED.search(text)
    inner = re.findall(r"^  (\S+)", listed[1], re.MULTILINE) if listed else []
    inner += WITHIN.get(" ".join(words), ())
    return [(words, text), *(each for name in inner for each in _sections(*words, name))]


def _help(words: tuple[str, ...]) -> str:
    folder = Path(sys.executable).parent
    run = subprocess.run(
        [folder / words[0], *words[1:], "--help"],
        env=os.environ | {"COLUMNS": str(WIDTH), "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return run.stdout
