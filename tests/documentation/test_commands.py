"""Every command has a version, help of all that it takes, and completion in the shell."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import click
import pytest
import warm_start
from documents import DOCS, documented_example
from running import BIN

from amazon_asin_match.command.cli import cli as match
from amazon_fleet.command.cli import commands as fleet
from amazon_optiply_etl.command.cli import commands as etl
from amazon_seller_sandbox.cli import main as sandbox
from amazon_seller_sandbox.optiply.target.cli import main as sandbox_target
from scripts.reference.commands import names
from tap_amazon_associates.command import commands as associates
from tap_amazon_associates.singer.tap import TapAmazonAssociates
from tap_amazon_seller.command_line import COMMANDS
from tap_amazon_seller.tap import TapAmazonSeller

if TYPE_CHECKING:
    from collections.abc import Iterator

TREES = {
    "tap-amazon-seller": TapAmazonSeller.get_singer_command(),
    **{f"tap-amazon-seller {name}": command for name, command in COMMANDS.items()},
    "tap-amazon-associates": TapAmazonAssociates.get_singer_command(),
    "amazon-associates": associates,
    "amazon-asin-match": match,
    "amazon-fleet": fleet,
    "amazon-optiply-etl": etl,
    "amazon-seller-sandbox": sandbox,
    "sandbox-target-optiply": sandbox_target,
}
"""The commands as Click has them, by the words that call them."""


def every(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """A command and those in it."""
    yield words, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from every(f"{words} {name}", inner)


COMMANDS_ALL = [pair for words, tree in TREES.items() for pair in every(words, tree)]


def printed(command: str, *words: str, **variables: str) -> str:
    """What a command prints, as a fork of a loaded one where that makes no difference."""
    done = warm_start.run(
        [BIN / command, *words],
        env=os.environ | variables,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def completed(line: str) -> set[str]:
    """What bash is offered for a line, whose last word is not complete."""
    command, *words = line.split(" ")
    variables = {
        f"_{command.upper().replace('-', '_')}_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words)),
    }
    offered = printed(command, **variables).splitlines()
    return {each.partition(",")[2] for each in offered}


@pytest.mark.parametrize("command", names())
def test_a_command_has_its_version_help_and_completion(command: str) -> None:
    variable = f"_{command.upper().replace('-', '_')}_COMPLETE"

    version = subprocess.run(  # as users start it
        [BIN / command, "--version"], capture_output=True, encoding="utf-8", check=True
    ).stdout
    assert command in version
    assert "0.1.0" in version
    assert "Usage:" in printed(command, "--help")
    assert "complete" in printed(command, **{variable: "bash_source"})


def test_a_command_beside_the_options_of_the_sdk_has_them_too() -> None:
    assert printed("tap-amazon-seller", "migrate", "--version").startswith(
        "tap-amazon-seller migrate, version 0.1.0"
    )
    assert "Usage: tap-amazon-seller migrate" in printed("tap-amazon-seller", "migrate", "-h")


def test_these_are_all_commands_that_are_installed() -> None:
    assert {words.split(" ")[0] for words in TREES} == set(names())


@pytest.mark.parametrize(("words", "command"), COMMANDS_ALL, ids=[each[0] for each in COMMANDS_ALL])
def test_help_says_what_a_command_and_each_of_its_options_does(
    words: str, command: click.Command
) -> None:
    options = [each for each in command.params if isinstance(each, click.Option)]

    assert command.help, words
    assert [each.opts[0] for each in options if not each.help and not each.hidden] == []


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("tap-amazon-seller --cat", {"--catalog"}),
        ("tap-amazon-seller mi", {"migrate"}),
        ("tap-amazon-seller migrate --ou", {"--output"}),
        ("tap-amazon-associates --disc", {"--discover"}),
        ("amazon-associates search", {"search-ean"}),
        ("amazon-asin-match res", {"resume", "results"}),
        ("amazon-asin-match products.csv --market", {"--marketplace"}),
        ("amazon-optiply-etl push --push", {"--push-concurrency"}),
        ("amazon-seller-sandbox --clock", {"--clock-factor"}),
        ("sandbox-target-optiply --snap", {"--snapshots"}),
    ],
)
def test_a_shell_is_offered_what_a_line_can_continue_with(line: str, offered: set[str]) -> None:
    assert completed(line) == offered


@pytest.mark.parametrize("words", [each[0] for each in COMMANDS_ALL])
def test_the_reference_has_the_help_of_every_command(words: str) -> None:
    page = (DOCS / "reference" / "commands.md").read_text("utf-8")

    assert f"## {words}\n" in page


def test_the_example_of_completion_makes_a_script_that_bash_can_read(tmp_path: object) -> None:
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", documented_example("completion")],
        cwd=str(tmp_path),
        env=os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert run.returncode == 0, run.stderr
