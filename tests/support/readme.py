"""The examples of the README, for the tests that run them."""

from __future__ import annotations

import re
from pathlib import Path

_README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def readme_example(name: str) -> str:
    """The code block after `<!-- tested: name -->`."""
    found = re.search(rf"<!-- tested: {name} -->\n```\w*\n(.*?)```", _README, re.DOTALL)
    assert found, f"the README has no example {name}"
    return found[1]
