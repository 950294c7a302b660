"""The README and the pages in docs/, and their examples, for the tests that read and run them."""

from __future__ import annotations

from scripts.pages import COMMANDS, DOCS, GENERATED, ROOT, Block, blocks, in_order, pages

__all__ = [
    "COMMANDS", "DOCS", "GENERATED", "ROOT", "Block", "blocks", "documented_example", "in_order",
    "pages",
]  # fmt: skip


def documented_example(name: str) -> str:
    """The block that is marked as `tested: name`, or as a file of that name.

    Where several pages have it, all are the same.
    """
    marked = {("tested", name), ("file", f"{name}.json"), ("file", f"{name}.py")}
    found = {
        block.text
        for page in pages()
        for block in blocks(page)
        if (block.mark, block.about) in marked
    }
    assert found, f"no page has an example {name}"
    assert len(found) == 1, f"the pages differ in their example {name}"
    return found.pop()
