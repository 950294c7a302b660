"""A command ends with its exit code and, where something fails, with one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from amazon_programs.command_line import run

COMMAND = """
import sys

import click

from amazon_programs.command_line import run


@click.command()
def many_lines():
    for number in range(100_000):
        click.echo(number)


run(many_lines, [], name="many-lines", extra="", sentence_of=lambda error: None)
"""


class ForeseenError(Exception):
    """What a program raises for its user to read."""


@click.group()
@click.version_option("1.2.3", prog_name="shop")
def shop() -> None:
    """A command with one subcommand for each end."""


@shop.command()
@click.argument("end")
@click.pass_context
def close(context: click.Context, end: str) -> None:
    if end == "code":
        context.exit(3)
    if end == "foreseen":
        raise ForeseenError("The key\x07 of the shop is lost; look under the mat.")
    if end == "file":
        Path("/nowhere/at all").read_text("utf-8")
    if end == "interrupted":
        raise KeyboardInterrupt
    if end == "extra":
        raise ModuleNotFoundError("No module named 'till'", name="till")
    if end == "own module":
        raise ModuleNotFoundError("No module named 'amazon_fleet.x'", name="amazon_fleet.x")
    if end == "unforeseen":
        raise ValueError("Atzr|secret")


def end_of(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str]:
    """The exit code and what is on standard error."""
    try:
        run(
            shop,
            words,
            name="shop",
            extra="till",
            sentence_of=lambda error: str(error) if isinstance(error, ForeseenError) else None,
            shown=lambda sentence: sentence.replace("\x07", ""),
        )
    except SystemExit as end:
        return end.code, capsys.readouterr().err
    return 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("end", "code", "sentence"),
    [
        ("well", 0, ""),
        ("code", 3, ""),
        ("foreseen", 1, "Error: The key of the shop is lost; look under the mat.\n"),
        ("file", 1, "Error: /nowhere/at all: No such file or directory.\n"),
        ("interrupted", 130, "\nInterrupted.\n"),
    ],
)
def test_every_end_has_its_exit_code_and_its_sentence(
    end: str, code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end_of(capsys, "close", end) == (code, sentence)


def test_words_that_are_not_known_are_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = end_of(capsys, "opne")

    assert code == click.UsageError.exit_code
    assert "No such command 'opne'" in said


def test_help_and_version_end_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert end_of(capsys, "--help")[0] == 0
    assert end_of(capsys, "--version")[0] == 0


def test_a_library_that_is_missing_is_named_with_the_command_that_installs_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, _ = end_of(capsys, "close", "extra")

    assert isinstance(code, str), "the interpreter prints it and exits with 1"
    assert code.startswith("shop needs till, which is not installed; install it with: ")


def test_what_nobody_foresaw_is_a_kind_and_a_place_and_shows_no_value(
    capsys: pytest.CaptureFixture[str],
) -> None:
    unexpected = "Error: This should not happen, please report it: "

    code, said = end_of(capsys, "close", "unforeseen")

    assert code == 1
    assert said.startswith(f"{unexpected}ValueError in programs/test_command_line.py, line ")
    assert "secret" not in said
    assert said.count("\n") == 1
    assert str(end_of(capsys, "close", "own module")[0]).startswith(unexpected)


def test_a_reader_that_leaves_early_is_no_failure_to_report() -> None:
    run = subprocess.run(
        ["sh", "-c", f"{sys.executable} -c '{COMMAND}' | head -n 1"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert (run.stdout, run.stderr) == ("0\n", "")
