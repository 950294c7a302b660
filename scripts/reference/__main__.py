"""`python -m scripts.reference` writes the generated reference; with `--check` it only looks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.reference import associates_pages, commands, hub, sentences, tap_pages
from scripts.reference.address import Address
from scripts.reference.markdown import between_marks

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


def generated() -> Iterator[tuple[Path, str]]:
    """Every page that the code knows, in full or between two marks, with the text that it must have."""
    yield _with_table("settings", tap_pages.settings_table())
    yield _with_table("streams", tap_pages.streams_table())
    for name, text in tap_pages.stream_pages():
        yield REFERENCE / "streams" / f"{name}.md", text
    associates = REFERENCE / "associates.md"
    table = associates_pages.settings_table()
    yield associates, between_marks(associates.read_text("utf-8"), "associates-settings", table)
    yield REFERENCE / "associates-streams.md", associates_pages.streams_page()
    yield REFERENCE / "commands.md", commands.page()
    yield REFERENCE / "errors.md", sentences.errors_page(ROOT)
    address = Address.of(ROOT)
    yield ROOT / "hub" / "tap-amazon-seller.yml", address.written(hub.definition(ROOT))
    yield from address.files(ROOT)
    yield REFERENCE / "log-lines.md", sentences.log_page(ROOT)


def _with_table(name: str, table: str) -> tuple[Path, str]:
    page = REFERENCE / f"{name}.md"
    return page, between_marks(page.read_text("utf-8"), name, table)


def main() -> int:
    """Write the pages, or with `--check` say which of them are out of date."""
    pages = dict(generated())
    stale = [
        page for page, text in pages.items() if not page.exists() or page.read_text("utf-8") != text
    ]
    gone = [page for page in (REFERENCE / "streams").glob("*.md") if page not in pages]
    if "--check" not in sys.argv[1:]:
        (REFERENCE / "streams").mkdir(exist_ok=True)
        for page in stale:
            page.write_text(pages[page], "utf-8")
        for page in gone:
            page.unlink()
        return 0
    if stale or gone:
        names = ", ".join(str(page.relative_to(ROOT)) for page in (*stale, *gone))
        print(f"Out of date: {names}. Run python -m scripts.reference.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
