"""Every command has a version, help and completion in the shell."""

from __future__ import annotations

import os
import subprocess
import tomllib

import pytest
from documents import DOCS, ROOT, documented_example
from running import BIN


def commands() -> list[str]:
    found = []
    for name in ("pyproject.toml", "sandbox/pyproject.toml"):
        found += tomllib.loads((ROOT / name).read_text("utf-8"))["project"]["scripts"]
    return found


def printed(command: str, *words: str, **variables: str) -> str:
    run = subprocess.run(
        [BIN / command, *words],
        env=os.environ | variables,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("command", commands())
def test_a_command_has_its_version_help_and_completion(command: str) -> None:
    variable = f"_{command.upper().replace('-', '_')}_COMPLETE"

    assert "0.1.0" in printed(command, "--version")
    assert "Usage:" in printed(command, "--help")
    assert "complete" in printed(command, **{variable: "bash_source"})


def test_the_reference_has_the_help_of_every_command() -> None:
    page = (DOCS / "reference" / "commands.md").read_text("utf-8")

    assert [name for name in commands() if f"## {name}\n" not in page] == []


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
