"""The pages are short and in the site; every link leads somewhere, every example is accounted for."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from documents import COMMANDS, DOCS, GENERATED, ROOT, Block, blocks, in_order, pages

from scripts.pages import MARKS
from tap_amazon_seller.tap import TapAmazonSeller

LONGEST_PAGE = 300  # lines
LONGEST_README = 130
TESTS = "\n".join(
    path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)
)


def is_generated(page: Path) -> bool:
    return page.read_text("utf-8").startswith(GENERATED)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_short(page: Path) -> None:
    length = len(page.read_text("utf-8").splitlines())

    assert is_generated(page) or length <= LONGEST_PAGE
    assert page.name != "README.md" or length <= LONGEST_README


def test_the_navigation_has_every_page_but_those_of_single_streams() -> None:
    text = (ROOT / "zensical.toml").read_text("utf-8")
    named = set(re.findall(r'"([\w/-]+\.md)"', text))
    written = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}

    single = {name for name in written if name.startswith("reference/streams/")}
    assert named - {"changelog.md", "contributing.md"} == written - single


def test_every_block_of_commands_is_run_by_a_test_or_says_why_not() -> None:
    unmarked = [
        str(block)
        for page in pages()
        if not is_generated(page)
        for block in blocks(page)
        if block.language in COMMANDS and block.mark not in {*MARKS} - {"file"}
    ]

    assert unmarked == []


def test_every_block_has_a_language() -> None:
    without = [str(block) for page in pages() for block in blocks(page) if not block.language]

    assert without == []


def examples() -> set[str]:
    """Those that no reader follows."""
    return {
        block.about
        for page in pages()
        for block in blocks(page)
        if block.mark == "tested"
        and not (block.language in COMMANDS and page in in_order())
        and not (block.language == "python" and "reference" not in page.parts)
    }


@pytest.mark.parametrize("name", sorted(examples()))
def test_an_example_that_says_it_is_tested_is_named_by_a_test(name: str) -> None:
    assert f'"{name}"' in TESTS or f"tested: {name} " in TESTS


def test_links_between_documents_and_to_files_of_the_repository_lead_somewhere() -> None:
    documents = [*pages(), *ROOT.glob("*.md"), ROOT / "benchmarks" / "README.md"]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in documents
        for target in re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
        and not target.startswith("../../")  # of the repository's host
    ]

    assert broken == []


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    if importlib.util.find_spec("zensical") is None:
        pytest.skip("Zensical is not installed: make docs installs it")
    run = subprocess.run(
        [sys.executable, ROOT / "scripts" / "site.py", tmp_path / "site"],
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert (tmp_path / "site" / "index.html").exists()


def test_the_site_and_the_package_name_one_address() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    address = project["urls"]["Repository"]

    assert all(url.startswith(address) for url in project["urls"].values())


def test_the_page_on_secrets_names_the_roles_that_streams_need() -> None:
    tap = TapAmazonSeller(validate_config=False, setup_mapper=False)
    page = (DOCS / "start" / "seller-central.md").read_text("utf-8")
    named = {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")}

    roles = {str(getattr(stream, "role", "")) for stream in tap.streams.values()} - {""}
    assert {role for role in roles if role[0].isupper()} <= named


def test_the_readme_counts_the_streams_as_they_are() -> None:
    tap = TapAmazonSeller(validate_config=False, setup_mapper=False)
    words = {"sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
    units = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    text = (ROOT / "README.md").read_text("utf-8")
    found = re.search(r"\*\*(\w+?)(?:-(\w+))? built-in streams", text)

    assert found
    assert words[found[1].lower()] + units.index(found[2] or "") == len(tap.streams)


def test_a_block_knows_its_mark() -> None:
    page = DOCS / "start" / "first-sync.md"
    marks = [(block.language, block.mark, block.about) for block in blocks(page)]

    assert ("json", "file", "config.json") in marks
    assert all(isinstance(block, Block) for block in blocks(page))
