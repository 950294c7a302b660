"""The service as a process of its own, before a sandbox with a small catalog of codes."""

from __future__ import annotations

import csv
import io
import json
import os
import socket
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import loopback
import warm_start
from running import configuration, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import RunningSandbox

TOKEN = "0123456789abcdef-token"
SECONDS = 60
FACTOR = 60


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: a client of it with the token, and what its sandbox's shop asks."""

    http: httpx.Client
    url: str
    rows: list[dict[str, Any]]

    def upload(self) -> bytes:
        """The shop's file."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["ean", "name", "marke", "ve"])
        writer.writerows(
            (row["code"], row["title"], row["brand"], row["pack"]) for row in self.rows
        )
        return text.getvalue().encode()

    def finished(self, location: str) -> dict[str, Any]:
        """A job once it has ended."""
        found: dict[str, Any] = {}

        def has_ended() -> bool:
            found.update(self.http.get(location).raise_for_status().json())
            return found["status"] in {"completed", "failed", "cancelled", "interrupted"}

        until(has_ended, f"the job does not end: {found}")
        return found


def until(condition: Callable[[], bool], sentence: str) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, sentence
        time.sleep(0.05)


@contextmanager
def running_service(sandbox: RunningSandbox, folder: Path) -> Iterator[Service]:
    """A service in a folder, before a sandbox."""
    config = write_json(
        folder / "config.json", configuration(sandbox.url, clock_factor=FACTOR, marketplaces=["DE"])
    )
    text = loopback.get(f"{sandbox.url}/_sandbox/codes", timeout=60).raise_for_status().text
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = warm_start.Popen(
        [
            sys.executable, "-m", "amazon_asin_match", "serve", "--port", str(port),
            "--config", str(config), "--database", str(folder / "matches.db"),
        ],
        env=os.environ | {"ASIN_MATCH_TOKEN": TOKEN},
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    headers = {"authorization": f"Bearer {TOKEN}"}
    try:
        with httpx.Client(verify=loopback.TLS, base_url=url, headers=headers, timeout=30) as client:
            until(lambda: _answers(client), "the service does not start")
            yield Service(client, url, [json.loads(line) for line in text.split("\n") if line])
    finally:
        process.terminate()
        process.wait(30)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/api/v1/health").status_code == 200
    except httpx.TransportError:
        return False
