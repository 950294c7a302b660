"""Where the programs of a fleet's own PostgreSQL are looked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from amazon_fleet.embedded import binaries
from amazon_fleet.errors import DatabaseError

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = ("initdb", "pg_ctl", "postgres")


def programs_in(folder: Path) -> Path:
    for name in PROGRAMS:
        (folder / name).touch()
    return folder


def test_the_folder_that_is_given_comes_before_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMAZON_FLEET_POSTGRES", str(programs_in(tmp_path)))
    assert binaries.find() == tmp_path


def test_a_folder_that_is_given_without_the_programs_is_refused_rather_than_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (programs_in(tmp_path) / "pg_ctl").unlink()
    monkeypatch.setenv("AMAZON_FLEET_POSTGRES", str(tmp_path))
    expected = re.escape(f"AMAZON_FLEET_POSTGRES is {tmp_path}, where there is no pg_ctl; give")
    with pytest.raises(DatabaseError, match=expected):
        binaries.find()


def test_a_machine_without_postgresql_is_one_sentence_on_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AMAZON_FLEET_POSTGRES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(binaries, "_DEBIAN", tmp_path)
    monkeypatch.setattr(binaries, "_of_wheel", lambda: None)
    expected = "There is no PostgreSQL on this machine: install .* or give the URL of a database"
    with pytest.raises(DatabaseError, match=expected):
        binaries.find()
