"""The programs that the benchmarks run: the sandbox and the tap, as users run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class TapRun:
    """One sync: wall seconds, peak resident bytes, and its log."""

    seconds: float
    resident: int
    log: str


@contextmanager
def sandbox(clock_factor: int, *options: str) -> Iterator[str]:
    """The address of a running sandbox."""
    command = [str(BIN / "amazon-seller-sandbox"), "--clock-factor", str(clock_factor), *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield line.split()[-1]
        finally:
            process.terminate()


def configuration(url: str, account: str, clock_factor: int, **settings: object) -> dict[str, Any]:
    """A configuration for a sandbox account."""
    return {
        "lwa_client_id": "amzn1.application-oa2-client.sandbox",
        "client_secret": "sandbox-secret",
        "refresh_token": f"Atzr|sandbox-{account}",
        "endpoint_url": url,
        "token_url": f"{url}/auth/o2/token",
        "clock_factor": clock_factor,
        "report_timeout_minutes": 600,
        **settings,
    }


def run_tap(folder: Path, config: dict[str, Any], *streams: str) -> TapRun:
    """Sync these streams (all without any) to /dev/null."""
    command = [str(BIN / "tap-amazon-seller"), "--config", str(folder / "config.json")]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    if streams:
        (folder / "catalog.json").write_text(json.dumps(_selection(streams)), encoding="utf-8")
        command += ["--catalog", str(folder / "catalog.json")]
    log = folder / "log"
    began = time.monotonic()
    with log.open("w", encoding="utf-8") as errors:
        tap = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(tap.pid, 0)
    tap.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text(encoding="utf-8")
    if tap.returncode:
        raise SystemExit(text[-2000:])
    return TapRun(time.monotonic() - began, usage.ru_maxrss * 1024, text)


def _selection(streams: tuple[str, ...]) -> dict[str, Any]:
    found = subprocess.run(
        [BIN / "tap-amazon-seller", "--discover"], capture_output=True, check=True
    )
    catalog: dict[str, Any] = json.loads(found.stdout)
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            if metadata["breadcrumb"] == []:
                metadata["metadata"]["selected"] = entry["tap_stream_id"] in streams
    return catalog
