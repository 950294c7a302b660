"""Checks before a release that its tag, both distributions and the changelog name one version."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def problems(tag: str, root: Path = ROOT) -> list[str]:
    """What does not agree with a tag such as v0.1.0, a sentence each."""
    version = tag.removeprefix("v")
    found = []
    for name in ("pyproject.toml", "sandbox/pyproject.toml"):
        project = tomllib.loads((root / name).read_text("utf-8"))["project"]
        if project["version"] != version:
            found.append(f"{name} has version {project['version']}, and the tag is {tag}.")
    changelog = (root / "CHANGELOG.md").read_text("utf-8")
    if not re.search(
        rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE
    ):
        found.append(f"CHANGELOG.md has no section '## [{version}] - YYYY-MM-DD'.")
    return found


def main() -> int:
    """Print what does not agree; 1 if anything."""
    found = problems(sys.argv[1] if len(sys.argv) > 1 else "")
    print("\n".join(found), file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
