"""How a command of Click ends: with what it came to in one sentence, and an exit code.

Exit codes: what the command says; 1 for a failure; 2 for words that it does not know; 130 for Ctrl-C.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from amazon_programs.installation import missing_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

FAILURE = 1
INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it


def run(
    command: click.Command,
    arguments: Sequence[str] | None,
    *,
    name: str,
    extra: str,
    sentence_of: Callable[[Exception], str | None],
    shown: Callable[[str], str] = str,
) -> None:
    """Run a command line; every failure is one sentence on standard error and another exit code than 0.

    Args:
        command: What Click made of the command line.
        arguments: Its words; None for those of the process.
        name: The command's name, as a user types it.
        extra: The extra that has the libraries it needs.
        sentence_of: The sentence of a failure that the program foresees; None for others.
        shown: Makes a sentence fit for a terminal and a log, such as without secrets.
    """
    _take_any_text()
    try:
        code = command.main(
            args=None if arguments is None else list(arguments),
            prog_name=name,
            standalone_mode=False,
        )
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _leave_output()
        sys.exit(FAILURE)
    except ModuleNotFoundError as error:
        sys.exit(_missing(name, error, extra))
    except Exception as error:  # noqa: BLE001 - no stack trace reaches a user
        _fail(shown(sentence_of(error) or _sentence(error)))
    if isinstance(code, int) and code:  # what `Context.exit` was called with
        sys.exit(code)


def place_of(error: BaseException) -> str:
    """Where a failure came from, without any value: `store/database.py, line 77`."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "an unknown place"
    path = Path(frames[-1].filename)
    return f"{path.parent.name}/{path.name}, line {frames[-1].lineno}"


def unexpected(error: BaseException) -> str:
    """The sentence of a failure that nobody foresaw; its text stays out, which may hold anything."""
    kind = type(error).__name__
    return f"This should not happen, please report it: {kind} in {place_of(error)}."


def _missing(name: str, error: ModuleNotFoundError, extra: str) -> str:
    """The sentence of a library that is missing, or of a module of the project's."""
    try:
        return missing_extra(name, error, extra)
    except ModuleNotFoundError:
        return f"Error: {unexpected(error)}"


def _sentence(error: Exception) -> str:
    """The sentence of a failure that is not the program's own."""
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}."
    return unexpected(error)


def _fail(sentence: str) -> NoReturn:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(FAILURE)


def _take_any_text() -> None:
    """Let standard output take characters that its encoding lacks, instead of failing after the work."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _leave_output() -> None:
    """Keep Python from writing to a closed pipe once more when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
