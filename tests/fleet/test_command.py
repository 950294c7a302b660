"""What the command line says before anything runs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from amazon_fleet.command.cli import main
from amazon_fleet.command.own_folder import alone_in

if TYPE_CHECKING:
    from pathlib import Path

URL = "postgresql://fleet:the-password@127.0.0.1:1/fleet"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit):
        main(words)
    return capsys.readouterr().err


@pytest.mark.parametrize("url", [URL, "host=127.0.0.1 port=1 dbname=fleet password=the-password"])
def test_a_password_in_an_argument_is_warned_of_and_not_repeated(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wrote = said(capsys, "status", "--database", url)
    assert wrote.startswith("Warning: --database holds a password")
    assert "cannot be reached" in wrote
    assert "the-password" not in wrote


def test_a_password_in_the_environment_is_where_it_belongs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMAZON_FLEET_DATABASE", URL)
    wrote = said(capsys, "status")
    assert "Warning" not in wrote
    assert "the-password" not in wrote
    monkeypatch.delenv("AMAZON_FLEET_DATABASE")
    monkeypatch.setenv("PGPASSWORD", "the-password")
    assert "Warning" not in said(
        capsys, "status", "--database", "postgresql://fleet@127.0.0.1:1/fleet"
    )


@pytest.mark.parametrize(
    "url",
    [
        "mysql://fleet:the-password@db/fleet",
        "postgresql://fleet:the password@db/fleet",
        "postgresql://fleet:the-password%zz@db/fleet",
        "postgresql://fleet:a@the-password@db/fleet",
        "host=db password=the password",
    ],
)
def test_an_address_that_cannot_be_read_is_said_to_be_and_not_repeated(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMAZON_FLEET_DATABASE", url)
    wrote = said(capsys, "status")
    assert wrote.startswith(
        "Error: The address of the database cannot be read: write postgresql://"
    )
    assert "password@" not in wrote
    assert "the" not in wrote.replace("the database", "")


def test_a_check_looks_at_the_address_of_a_target_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "accounts.toml"
    path.write_text(
        """
        [defaults]
        target = { kind = "database", url = "env:TARGET_URL" }
        [accounts.one]
        amazon = { refresh_token = "env:TOKEN", lwa_client_id = "id", client_secret = "env:TOKEN" }
        """,
        encoding="utf-8",
    )
    monkeypatch.setenv("TOKEN", "Atzr|one")
    with pytest.raises(SystemExit):
        main(["check", str(path)])
    monkeypatch.setenv("TARGET_URL", "postgresql://u:the-password%zz@db/x")
    with pytest.raises(SystemExit):
        main(["check", str(path)])
    found = capsys.readouterr().out

    assert "one: url refers to env:TARGET_URL, but the environment variable" in found
    assert "one: The address of the target's database cannot be read" in found
    assert "the-password" not in found


@pytest.mark.parametrize(
    "words", [["run", "accounts.toml"], ["worker", "--database", "postgresql://f@127.0.0.1:1/f"]]
)
def test_a_worker_without_what_its_runs_need_says_so_before_it_changes_anything(
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "accounts.toml").touch()
    monkeypatch.setitem(sys.modules, "pandas", None)
    wrote = said(capsys, *words, "--folder", "fleet")
    last = wrote.splitlines()[-1]
    assert last.startswith(
        "Error: A run of an account needs pandas, which is not installed; install it with: "
    )
    assert "[etl]" in last
    assert [each.name for each in tmp_path.iterdir()] == ["accounts.toml"]


@pytest.mark.parametrize("command", ["worker", "run"])
def test_two_workers_in_one_folder_are_refused_before_the_second_changes_anything(
    command: str, tmp_path: Path
) -> None:
    given = tmp_path / "accounts.toml"
    given.write_text(
        '[accounts.one]\namazon = { refresh_token = "env:TOKEN" }\netl = {}\n', "utf-8"
    )
    folder = tmp_path / "fleet"

    def began() -> str:
        words = [command, *([str(given)] if command == "run" else []), "--folder", str(folder)]
        return subprocess.run(
            [sys.executable, "-m", "amazon_fleet", *words, "--database", "postgresql://f@127.0.0.1:1/f"],
            capture_output=True, text=True, check=False,
        ).stderr  # fmt: skip

    with alone_in(folder):
        refused = began()

    assert refused == (
        f"Error: Another amazon-fleet works in {folder}: stop it first, or give this one a folder of "
        "its own with --folder.\n"
    )
    assert "cannot be reached" in began()
