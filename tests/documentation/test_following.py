"""A reader who follows a page, block by block, gets what the page shows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from documents import COMMANDS, ROOT, blocks, in_order
from programs_on_path import programs_on_path
from running import BIN

from scripts.follow_documents import (
    Reader,
    StumbledError,
    bare,
    checkout_copy,
    commands,
    fits,
    free_port,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOADERS = ROOT / ".meltano" / "loaders"


def with_commands() -> list[Path]:
    """The pages with commands that need no installation of their own."""
    return [
        page
        for page in in_order()
        if any(each.mark == "tested" and each.language in RUN for each in blocks(page))
        and "reference" not in page.parts
    ]


RUN = COMMANDS | {"python"}


PROGRAMS = (
    "amazon-associates",
    "amazon-optiply-etl",
    "amazon-seller-sandbox",
    "python",  # for the examples
    "tap-amazon-associates",
    "tap-amazon-seller",
)
"""Those that most pages start."""


@pytest.fixture
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Programs and targets that start as forks of loaded ones."""
    programs = [*(BIN / name for name in PROGRAMS), *LOADERS.glob("*/venv/bin/target-*")]
    with programs_on_path(tmp_path_factory.mktemp("path"), programs) as folder:
        yield folder


def reader(folder: Path, *first: Path) -> Reader:
    """One in whose shell the programs and targets of this checkout are installed.

    ``first``: folders of programs that come before those.
    """
    paths = [*first, BIN, *LOADERS.glob("*/venv/bin"), os.environ["PATH"]]
    path = os.pathsep.join(map(str, paths))
    return Reader(folder, dict(os.environ) | {"PATH": path, "HOME": str(folder)}, in_full=False)


@pytest.mark.parametrize("page", with_commands(), ids=lambda page: page.stem)
def test_a_page_does_what_it_says_from_top_to_bottom(
    page: Path, clients: Path, tmp_path: Path
) -> None:
    if not any(LOADERS.glob("*/venv/bin")):
        pytest.fail("the pages need targets: make .venv/plugins", pytrace=False)
    following = reader(tmp_path, clients)

    following.follow(page, tmp_path)

    assert following.run > 0


def made(folder: Path, text: str) -> Path:
    page = folder / "page.md"
    page.write_text(text, "utf-8")
    return page


def test_what_a_block_exports_and_writes_holds_for_the_next(tmp_path: Path) -> None:
    page = made(
        tmp_path,
        "<!-- file: name.txt -->\n```text\nAmazon\n```\n"
        '<!-- tested: a -->\n```sh\nexport GREETING="Hello $(cat name.txt)"\n```\n'
        "<!-- tested: b -->\n```console\n$ echo $GREETING \\\n  again\nHello ... again\n```\n",
    )

    reader(tmp_path).follow(page, tmp_path)


def test_a_reader_stumbles_over_another_output_and_over_a_failure(tmp_path: Path) -> None:
    mark = "<!-- tested: a -->\n```console\n$ "
    for text in ("echo 70 streams\n69 streams\n", "false\n"):
        with pytest.raises(StumbledError):
            reader(tmp_path).follow(made(tmp_path, f"{mark}{text}```\n"), tmp_path)


def test_what_a_page_has_to_be_read_before_gives_files_and_programs(tmp_path: Path) -> None:
    (tmp_path / "first.md").write_text(
        "<!-- file: a.txt -->\n```text\n8700\n```\n"
        '<!-- background: ready -->\n```sh\nbash -c "echo ready; sleep 600"\n```\n',
        "utf-8",
    )
    page = made(
        tmp_path,
        "<!-- after: first.md -->\n<!-- tested: a -->\n```sh\ntest $(cat a.txt) = 8700\n```\n",
    )

    reader(tmp_path).follow(page, tmp_path)


def test_a_page_with_a_sandbox_of_its_own_takes_only_files_of_the_one_before(
    tmp_path: Path,
) -> None:
    (tmp_path / "first.md").write_text(
        "<!-- file: a.txt -->\n```text\na\n```\n"
        "<!-- background: ready -->\n```sh\ntouch other.started\n```\n",
        "utf-8",
    )
    page = made(
        tmp_path,
        "<!-- after: first.md -->\n"
        '<!-- background: ready -->\n```sh\nbash -c "echo ready; sleep 600"\n```\n'
        "<!-- tested: a -->\n```sh\ntest -f a.txt\ntest ! -f other.started\n```\n",
    )

    reader(tmp_path).follow(page, tmp_path)


def test_the_project_file_of_meltano_names_the_port_of_the_sandbox_while_a_page_is_read(
    tmp_path: Path,
) -> None:
    project = tmp_path / "meltano.yml"
    project.write_text("endpoint_url: http://127.0.0.1:8700\n", "utf-8")
    page = made(
        tmp_path,
        "<!-- tested: a -->\n```sh\ngrep -q 'http://127.0.0.1:8700$' meltano.yml\n```\n"
        "<!-- tested: b -->\n```sh\ncp meltano.yml read.yml\n```\n",
    )

    reader(tmp_path).follow(page, tmp_path)

    assert project.read_text("utf-8") == "endpoint_url: http://127.0.0.1:8700\n"
    assert "8700" not in (tmp_path / "read.yml").read_text("utf-8")


def test_in_full_the_shell_has_no_environment_and_the_folder_is_a_checkout() -> None:
    found = bare({"PATH": f"{BIN}:/usr/bin", "VIRTUAL_ENV": "x", "HOME": "/root"})

    assert found == {"PATH": "/usr/bin", "HOME": "/root"}
    with checkout_copy() as checkout:
        assert (checkout / "pyproject.toml").exists()
        assert not (checkout / ".venv").exists()


def test_output_that_differs_from_what_is_shown_is_seen() -> None:
    assert fits("a\n...\nz\n", "a\nb\nc\nz\n")
    assert fits("69 streams\n", "69 streams\n")
    assert not fits("69 streams\n", "70 streams\n")
    assert not fits("a\n", "a\nb\n")


def test_a_command_of_several_lines_is_one() -> None:
    assert commands("$ a \\\n  | b\nc\n$ d\n") == [("a \\\n  | b", "c\n"), ("d", "")]
    assert free_port() != free_port() or free_port().isdigit()
