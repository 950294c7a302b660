"""The examples of the README and of the pages in docs/, for the tests that run them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def pages() -> list[Path]:
    """The README and every page of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def documented_example(name: str) -> str:
    """The code block after `<!-- tested: name -->`; where several pages have it, all are the same."""
    found = {
        match[1]
        for page in pages()
        for match in re.finditer(
            rf"<!-- tested: {name} -->\n```\w*\n(.*?)```", page.read_text("utf-8"), re.DOTALL
        )
    }
    assert found, f"no page has an example {name}"
    assert len(found) == 1, f"the pages differ in their example {name}"
    return found.pop()
