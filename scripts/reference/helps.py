"""Prints the help of one command and of the commands in it: `python -m scripts.reference.helps NAME`.

One process shows them all, since most of a help is the loading of the program. What it prints is a JSON
array of the words of each command and its help.
"""

from __future__ import annotations

import io
import json
import re
import runpy
import sys
from contextlib import redirect_stdout
from pathlib import Path

WITHIN = {"tap-amazon-seller": ("migrate", "notifications")}
"""Commands that no list of a help has: the Singer SDK's command knows none beside its options."""
_LISTED = re.compile(r"^Commands:\n(.*?)(?:\n\n|\Z)", re.DOTALL | re.MULTILINE)


def helps(*words: str) -> list[tuple[tuple[str, ...], str]]:
    """The words of a command and its help, and those of the commands in it."""
    text = _help(words)
    listed = _LISTED.search(text)
    inner = re.findall(r"^  (\S+)", listed[1], re.MULTILINE) if listed else []
    inner += WITHIN.get(" ".join(words), ())
    return [(words, text), *(each for name in inner for each in helps(*words, name))]


def _help(words: tuple[str, ...]) -> str:
    sys.argv = [str(Path(sys.executable).with_name(words[0])), *words[1:], "--help"]
    shown = io.StringIO()
    with redirect_stdout(shown):
        try:
            runpy.run_path(sys.argv[0], run_name="__main__")
        except SystemExit as end:
            if end.code:
                raise
    return shown.getvalue()


if __name__ == "__main__":
    print(json.dumps(helps(sys.argv[1])))
