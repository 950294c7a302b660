"""The command: what it prints, its exit codes, and a sentence for whatever is wrong."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from matching.scripted_catalog import ean
from running import write_json

from amazon_asin_match.command.cli import main
from amazon_asin_match.jobs import webhook
from amazon_asin_match.settings import masked
from amazon_asin_match.store.jobs import JobStatus

if TYPE_CHECKING:
    from pathlib import Path

    from matching.conftest import Desk

GOOD = {"lwa_client_id": "id", "client_secret": "s3cret", "refresh_token": "Atzr|t"}


def run(*words: object) -> tuple[int, str]:
    said = io.StringIO()
    code: object = 0
    with redirect_stdout(said), redirect_stderr(said):
        try:
            main([str(word) for word in words])
        except SystemExit as end:
            code = end.code
    return int(str(code or 0)), said.getvalue().strip()


def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path) -> None:
    codes = tmp_path / "codes.csv"
    codes.write_text(f"ean\n{ean(1)}\n", encoding="utf-8")
    config = write_json(tmp_path / "config.json", GOOD)
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    lacks = write_json(tmp_path / "lacks.json", GOOD | {"refresh_token": ""})
    number = write_json(tmp_path / "number.json", GOOD | {"client_secret": 7})
    remote = write_json(tmp_path / "remote.json", GOOD | {"token_url": "http://example.org"})
    database = ("--database", tmp_path / "m.db")
    base = ("match", codes, "--marketplace", "DE", *database, "--config")
    for words, sentence in (
        ((*base, tmp_path / "none.json"), "none.json cannot be read: No such file or directory."),
        ((*base, broken), "broken.json is not JSON (line 1); correct it."),
        (
            (*base, lacks),
            "Setting 'refresh_token' is missing; put it into the file that --config names.",
        ),
        ((*base, number), "Setting 'client_secret' must be a text, not int."),
        (
            (*base, remote),
            "Setting 'token_url' must be an https URL; http is allowed on this machine alone.",
        ),
        (
            (*base, config, "--output", tmp_path / "out.pdf"),
            "out.pdf is of no format that can be written; use .csv, .xlsx or .parquet.",
        ),
        ((*base, config, "--threshold", "7"), "The threshold is 7; it must be from 0 to 1."),
        ((*base, config, "--webhook", "http://example.org"), "The webhook must be an https URL."),
        (
            ("show", "abc", *database),
            "There is no job 'abc'; `amazon-asin-match jobs` lists them.",
        ),
    ):  # fmt: skip
        code, output = run(*words)
        assert code == 1
        assert output.startswith("Error: ")
        assert output.endswith(sentence), output
        assert "Traceback" not in output
    code, output = run("match", codes, "--marketplace", "XX", "--config", config, *database)
    assert output.startswith("Error: 'XX' is not an Amazon marketplace; use a country code (AE, AU")


def test_jobs_are_listed_shown_paused_and_their_results_printed(desk: Desk) -> None:
    job = desk.run(desk.job([["nonsense"], [ean(1)]]))
    database = ("--database", desk.folder / "matches.db")
    code, output = run("jobs", *database)
    assert code == 0, output
    assert f"{job.id}  2026-11-02T08:00  completed    codes.csv: 1 of 1 codes answered" in output
    shown = json.loads(run("show", job.id[:8], *database)[1])
    assert (shown["status"], shown["counts"]) == ("completed", {"invalid": 1, "not_found": 1})
    lines = run("results", job.id, "--status", "invalid", *database)[1].splitlines()
    assert [json.loads(line)["row"] for line in lines] == [2]
    assert "The job is completed." in run("log", job.id, *database)[1]
    assert run("download", job.id, desk.folder / "again.xlsx", *database)[0] == 0
    waiting = desk.job([[ean(2)]], name="later")
    assert run("pause", waiting.id, *database)[1] == f"The job {waiting.id} is paused."
    assert run("cancel", waiting.id, *database)[1] == f"The job {waiting.id} is cancelled."
    code, output = run("cancel", waiting.id, *database)
    assert (code, output) == (1, f"Error: The job {waiting.id} is cancelled already.")


def test_the_configuration_is_shown_without_its_secrets(tmp_path: Path) -> None:
    config = write_json(tmp_path / "config.json", GOOD | {"token_url": "https://x", "api_key": "k"})
    output = run("config", "--config", config)[1]
    assert json.loads(output) == {
        "lwa_client_id": "id", "client_secret": "set", "refresh_token": "set",
        "token_url": "https://x", "api_key": "set",
    }  # fmt: skip
    assert masked({"client_secret": ""}) == {"client_secret": ""}


def test_a_webhook_is_signed_and_its_failure_fails_no_job(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(webhook.SECRET_VARIABLE, "secret")
    job = desk.job([["nonsense"]], webhook="https://example.org/hook")
    sent: list[dict[str, Any]] = []

    def post(url: str, **named: Any) -> httpx.Response:
        sent.append({"url": url, **named})
        return httpx.Response(500 if len(sent) == 1 else 204)

    monkeypatch.setattr(httpx, "post", post)
    done = desk.run(job)
    assert done.status is JobStatus.COMPLETED
    waits: list[float] = []
    lines: list[str] = []
    notify = webhook.notifier(real_time=lambda: 7.0, wait=waits.append)
    notify(done, lambda _level, message: lines.append(message))  # type: ignore[arg-type]
    assert (waits, lines) == ([1.0], ["The webhook was called."])
    body = sent[-1]["content"]
    assert sent[-1]["headers"]["x-match-signature"] == webhook.signature("secret", 7, body)
    assert json.loads(body)["counts"] == {"invalid": 1}
    sent.clear()
    monkeypatch.setattr(httpx, "post", lambda *_, **__: httpx.Response(500))
    notify(done, lambda _level, message: lines.append(message))  # type: ignore[arg-type]
    assert lines[-1] == "The webhook could not be called: it answered 500."
    monkeypatch.delenv(webhook.SECRET_VARIABLE)
    with pytest.raises(Exception, match="A webhook is signed; put a secret of your choice into"):
        desk.job([["x"]], webhook="https://example.org/hook")
