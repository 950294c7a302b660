"""The service over real HTTP: jobs of uploads, results, refusals, and secrets that are never shown."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
import warm_start
from matching.service_process import FACTOR, TOKEN, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import StartSandbox
    from matching.service_process import Service

JOBS = "/api/v1/code2asin/jobs"
CODES = 120


@pytest.fixture(scope="module")
def running(
    start_module_sandbox: StartSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    sandbox = start_module_sandbox(clock_factor=FACTOR, codes=CODES, listings=20)
    with running_service(sandbox, tmp_path_factory.mktemp("service")) as found:
        yield found


@pytest.fixture
def service(running: Service) -> httpx.Client:
    return running.http


def test_a_file_is_uploaded_watched_read_and_downloaded(running: Service) -> None:
    service, rows = running.http, running.rows
    files = {"file": ('Códes "x".csv', running.upload(), "text/csv")}
    answer = service.post(JOBS, files=files, data={"name": "Januar 2026"})
    assert answer.status_code == 201, answer.text
    job = running.finished(answer.headers["location"])
    assert (job["status"], job["name"], job["rows"], job["percent"]) == (
        "completed", "Januar 2026", len(rows), 100.0,
    )  # fmt: skip
    assert sum(job["counts"].values()) == len(rows)
    assert not {"options", "input_path", "owner", "webhook"} & job.keys()

    url = f"{JOBS}/{job['id']}"
    first = service.get(f"{url}/results", params={"limit": 50}).json()
    second = service.get(
        f"{url}/results", params={"limit": 1000, "cursor": first["next_cursor"]}
    ).json()
    assert len(first["results"]) + len(second["results"]) == len(rows)
    assert second["next_cursor"] is None
    sure = service.get(f"{url}/results", params={"status": "matched", "min_confidence": 0.9}).json()
    assert {each["status"] for each in sure["results"]} == {"matched"}

    for kind in ("csv", "xlsx", "parquet"):
        file = service.get(f"{url}/download", params={"format": kind}).raise_for_status()
        assert file.headers["content-disposition"] == (
            f'attachment; filename="Januar 2026.matched.{kind}"'
        )
        assert len(file.content) == int(file.headers["content-length"])
        if kind == "csv":
            written = list(csv.DictReader(io.StringIO(file.text)))
            assert [row["ean"] for row in written] == [row["code"] for row in rows]

    lines = service.get(f"{url}/logs", params={"level": "info", "limit": 1}).json()
    assert lines[0]["message"] == "Work on 'Januar 2026' begins with reading."
    after = service.get(f"{url}/logs", params={"skip": lines[0]["id"]}).json()
    assert after[-1]["message"] == "The job is completed."
    assert service.post(f"{url}/cancel").status_code == 409
    assert service.delete(url).status_code == 204
    assert service.get(url).json()["detail"].startswith("There is no job")


def test_codes_without_a_file_make_a_job_and_the_same_key_makes_one(running: Service) -> None:
    service = running.http
    body = {"codes": ["4006381333931", "nonsense"], "marketplace": "DE"}
    headers = {"idempotency-key": "once"}
    first = service.post(f"{JOBS}/codes", json=body, headers=headers)
    again = service.post(f"{JOBS}/codes", json=body, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.json()["id"] == again.json()["id"]
    job = running.finished(first.headers["location"])
    assert job["counts"] == {"invalid": 1, "not_found": 1}


def test_without_the_token_nothing_is_answered(service: httpx.Client) -> None:
    for header in ("", "Bearer wrong", f"Basic {TOKEN}", "Bearer"):
        answer = service.get(JOBS, headers={"authorization": header})
        assert answer.status_code == 401
        assert answer.json() == {
            "detail": "The token is missing or wrong; send it as 'Authorization: Bearer ...'."
        }


def test_the_configuration_is_shown_without_its_secrets_and_changed_with_them(
    service: httpx.Client,
) -> None:
    shown = service.get("/api/v1/amazon/config").json()
    assert (shown["client_secret"], shown["refresh_token"]) == ("set", "set")
    assert "sandbox-secret" not in json.dumps(shown)
    changed = service.put("/api/v1/amazon/config", json={**shown, "request_timeout_seconds": 30})
    assert changed.json()["request_timeout_seconds"] == 30
    assert service.post("/api/v1/amazon/test").json() == {
        "status": "ok", "detail": "The catalog of DE answers.",
    }  # fmt: skip
    for wrong, words in (
        ({"nope": 1}, "There is no setting 'nope' here; use client_secret"),
        ({"clock_factor": -1}, "Setting 'clock_factor' must be a number above 0."),
        ({"endpoint_url": "http://example.org"}, "Setting 'endpoint_url' must be an https URL;"),
        ({"lwa_client_id": ""}, "Setting 'lwa_client_id' is missing;"),
    ):
        refused = service.put("/api/v1/amazon/config", json=wrong)
        assert refused.status_code == 422
        assert refused.json()["detail"].startswith(words)
    assert service.get("/api/v1/amazon/config").json() == changed.json()


def test_what_cannot_be_done_is_said_in_a_sentence(service: httpx.Client) -> None:
    bad = service.post(JOBS, files={"file": ("a.pdf", b"%PDF")})
    assert (bad.status_code, bad.json()["detail"].partition(" is ")[2][:28]) == (
        422, "of no format that can be rea",
    )  # fmt: skip
    place = service.post(
        JOBS, files={"file": ("a.csv", b"ean\n4006381333931\n")}, data={"marketplace": "XX"}
    )
    assert place.json()["detail"].startswith(
        "'XX' is not an Amazon marketplace; use a country code"
    )
    job = service.post(f"{JOBS}/codes", json={"codes": ["4006381333931"]}).json()["id"]
    for path, words in (
        ("results?status=nope", "'nope' is not a status; use matched"),
        ("download?format=pdf", "'pdf' is not a format; use csv, xlsx or parquet."),
        ("logs?level=nope", "'nope' is not a level; use debug"),
    ):
        refused = service.get(f"{JOBS}/{job}/{path}")
        assert refused.status_code == 422
        assert refused.json()["detail"].startswith(words)


def test_an_upload_above_the_limit_is_refused_before_it_is_kept(service: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        yield head
        for _ in range(110):
            yield b"4006381333931\n" * 75_000

    headers = {"content-type": "multipart/form-data; boundary=x"}
    try:
        answer = service.post(JOBS, content=pieces(), headers=headers)
    except httpx.WriteError:  # it hung up while the rest was sent
        return
    assert answer.status_code == 413
    assert answer.json()["detail"].startswith("The file is too large: at most 105 MB are taken")


def test_the_interface_describes_itself(service: httpx.Client) -> None:
    paths = service.get("/openapi.json").json()["paths"]
    assert {f"{JOBS}", f"{JOBS}/{{job_id}}/results", "/api/v1/amazon/config"} <= paths.keys()


def test_a_token_that_is_too_short_is_refused(tmp_path: Path) -> None:
    run = warm_start.run(
        [
            sys.executable, "-m", "amazon_asin_match", "serve", "--config", str(tmp_path / "c.json"),
            "--database", str(tmp_path / "m.db"), "--token", "short",
        ],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr.strip() == (
        "Error: The token has 5 characters; use a random one of 16 or more."
    )
