"""The address of the repository: `Repository` in pyproject.toml says it, the rest follows."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = "pyproject.toml"
NAMED_IN = (
    PROJECT, "README.md", "docs/index.md", "docs/start/install.md", "docs/troubleshooting.md",
)  # fmt: skip
"""The files that name it and are not written from the code."""


class Address(NamedTuple):
    """What the address is to be, and what it is in the other places.

    Attributes:
        wanted: `Repository` of the project's addresses.
        present: What `Issues`, the one beside it, begins with.
    """

    wanted: str
    present: str

    @classmethod
    def of(cls, root: Path) -> Address:
        """That of a checkout."""
        urls = tomllib.loads((root / PROJECT).read_text("utf-8"))["project"]["urls"]
        return cls(urls["Repository"], urls["Issues"].removesuffix("/issues"))

    def written(self, text: str) -> str:
        """A text with the address that is wanted."""
        return text.replace(self.present, self.wanted)

    def files(self, root: Path) -> Iterator[tuple[Path, str]]:
        """Each file that names it, with the text that it must have."""
        for name in NAMED_IN:
            yield root / name, self.written((root / name).read_text("utf-8"))
