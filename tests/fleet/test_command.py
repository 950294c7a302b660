"""What the command line says before anything runs."""

from __future__ import annotations

import pytest

from amazon_fleet.command.cli import main

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
