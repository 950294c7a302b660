"""Builds the site of docs/ with Zensical, strictly: `python scripts/site.py [FOLDER]`.

The pages are written for the repository, where they link to files beside docs/ too. The site has no such
files: links to them lead to the repository's address, which pyproject.toml has.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TAKEN_IN = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
"""Pages of the repository that the site has as its own."""
_LINK = re.compile(r"(?<=\]\()(?!https?://|mailto:|#)([^)#\s]+)(#[^)\s]*)?(?=\))")


def main() -> int:
    """Stage the pages beside the site and build it; a broken link is a failure."""
    site = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site").absolute()
    work = site.with_name(f"{site.name}-pages")
    shutil.rmtree(work, ignore_errors=True)
    stage(work / "docs")
    shutil.copy(ROOT / "zensical.toml", work)
    build = subprocess.run(
        [Path(sys.executable).parent / "zensical", "build", "--strict"],
        cwd=work,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if build.returncode:
        print(build.stdout, file=sys.stderr)
        return 1
    shutil.rmtree(site, ignore_errors=True)
    shutil.move(work / "site", site)
    shutil.rmtree(work)
    print(f"Built in {site}; open its index.html.")
    return 0


def stage(folder: Path) -> None:
    """Copy the pages into a folder, with links that lead out of docs/ made absolute."""
    for page in DOCS.rglob("*.md"):
        _write(page, page.relative_to(DOCS), folder)
    for name, taken in TAKEN_IN.items():
        _write(ROOT / name, Path(taken), folder)


def repository() -> str:
    """The repository's address."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["urls"]["Repository"])


def _write(page: Path, name_there: Path, folder: Path) -> None:
    here = name_there.parent

    def link(match: re.Match[str]) -> str:
        target, anchor = (page.parent / match[1]).resolve(), match[2] or ""
        if not target.exists():
            return match[0]  # which the strict build reports
        if target.is_relative_to(DOCS):
            inside = target.relative_to(DOCS)
        elif (name := target.relative_to(ROOT).as_posix()) in TAKEN_IN:
            inside = Path(TAKEN_IN[name])
        else:
            return f"{repository()}/{'tree' if target.is_dir() else 'blob'}/main/{name}{anchor}"
        return f"{os.path.relpath(inside, here)}{anchor}"

    staged = folder / name_there
    staged.parent.mkdir(parents=True, exist_ok=True)
    staged.write_text(_LINK.sub(link, page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
