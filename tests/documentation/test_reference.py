"""The reference is what the code says, and each line that the troubleshooting names is in the code."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys

import pytest
from documents import DOCS, ROOT, blocks

from amazon_optiply_etl.config.settings import FLAGS, Settings
from amazon_optiply_etl.optiply.entities import ENTITIES, PRODUCTS, SELL_ORDERS
from scripts.reference.markdown import between_marks, counted, table
from scripts.reference.sentences import FILLED_IN, PACKAGES, texts

TROUBLES = [
    line
    for block in blocks(DOCS / "troubleshooting.md")
    if block.language == "text"
    for line in block.text.splitlines()
]


def test_the_generated_pages_are_those_of_the_code() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "scripts.reference", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


@pytest.fixture(scope="module")
def code() -> set[str]:
    folders = [ROOT / folder for each in PACKAGES.values() for folder in each]
    return {text for folder in folders for text in texts(folder)}


@pytest.mark.parametrize("line", TROUBLES)
def test_a_line_of_the_troubleshooting_is_in_the_code(line: str, code: set[str]) -> None:
    """`...` stands for what is filled in, and at the end of a line for its rest."""
    shown, rest = (line.removesuffix("..."), ".*") if line.endswith("...") else (line, "")
    filled = re.sub(r"(?:\\\.\\\.\\\.)+", r"(?:\\{\\})+", re.escape(shown))
    pattern = re.compile(filled + rest)

    assert any(pattern.fullmatch(text) for text in code)


def etl_flags() -> dict[str, str]:
    """The default of each flag as the page shows it, by name."""
    rows = re.findall(
        r"^\| `(\w+)` \| (.*?) \|", (DOCS / "reference" / "etl.md").read_text("utf-8"), re.MULTILINE
    )
    return {name: default.strip().strip("`") for name, default in rows}


def test_the_page_of_the_etl_has_every_flag_with_its_default() -> None:
    shown = etl_flags()
    fields = {field.name: field.default for field in dataclasses.fields(Settings)}

    assert set(FLAGS) <= shown.keys()
    for name in FLAGS:
        default = fields.get(name)
        if isinstance(default, bool | int | str):
            assert shown[name] == str(default).lower() or shown[name] == str(default), name


@pytest.mark.parametrize("entity", [PRODUCTS, SELL_ORDERS], ids=lambda entity: entity.name)
def test_the_mapping_page_has_every_field_of_what_a_seller_sends(entity: object) -> None:
    assert entity in ENTITIES
    page = (DOCS / "reference" / "mapping.md").read_text("utf-8")

    for name in [*getattr(entity, "fields"), "remoteId"]:  # noqa: B009 - entities are parametrised
        assert f"`{name}`" in page, name


def test_a_table_escapes_what_would_end_a_cell() -> None:
    assert table(("a",), [("x|y",)]) == "| a |\n| --- |\n| x\\|y |"


def test_a_count_knows_singular_and_plural() -> None:
    assert [counted(number, "day") for number in (0, 1, 30)] == ["0 days", "1 day", "30 days"]


def test_marks_that_are_missing_are_no_silent_success() -> None:
    with pytest.raises(ValueError, match="0 places for 'x'"):
        between_marks("no marks", "x", "text")


def test_texts_of_the_code_have_a_place_for_what_is_filled_in(code: set[str]) -> None:
    assert any(FILLED_IN in text for text in code)
