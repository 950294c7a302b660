"""The programs that the benchmarks run, as users run them, and what each run takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BIN = Path(sys.executable).parent
HERE = Path(__file__).parent
PEERS = Path(os.environ.get("BENCHMARK_PEERS", HERE.parent / ".bench"))
"""The folder of the peers' environments, which `make bench` makes."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program.

    Attributes:
        seconds: From start to end.
        ended: `time.monotonic()` at its end.
        cpu_seconds: Of user and system, of all its processes.
        resident: Peak resident memory of its largest process, in bytes.
        log: What it wrote to stderr.
        output: The file with what it wrote to stdout.
        samples: `time.monotonic()`, CPU seconds so far and resident bytes, five times a second; none
            where there is no /proc.
    """

    seconds: float
    ended: float
    cpu_seconds: float
    resident: int
    log: str
    output: Path
    samples: Sequence[tuple[float, float, int]] = ()

    def cpu_since(self, instant: float) -> float:
        """CPU seconds from an instant of `time.monotonic()` to the end."""
        if not self.samples:
            return self.cpu_seconds
        instants, used, _ = zip(*self.samples, strict=True)
        return self.cpu_seconds - float(np.interp(instant, instants, used))


def peer(environment: str, program: str = "python") -> Path | None:
    """Return a program of a peer's environment; None where the environment has not been made."""
    made = PEERS / environment / "installed"
    return PEERS / environment / "bin" / program if made.exists() else None


def launch(folder: Path, *command: str | Path, environment: Mapping[str, str] | None = None) -> Run:
    """Run a command with its output in a file of `folder`.

    Raises:
        SystemExit: It failed; with the end of what it reported.
    """
    output, errors = folder / "stdout", folder / "stderr"
    # Buffered, and compiled once, as in production, whatever this shell asks of Python.
    odd = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
    plain = {name: value for name, value in os.environ.items() if name not in odd}
    launched = subprocess.run(
        [sys.executable, HERE / "launch.py", output, errors, *map(str, command)],
        env={**plain, **(environment or {})},
        stdout=subprocess.PIPE,
        check=True,
    )
    facts = json.loads(launched.stdout)
    log = errors.read_text(encoding="utf-8", errors="replace")
    if facts.pop("code"):
        printed = log or output.read_text(encoding="utf-8", errors="replace")
        raise SystemExit(f"{Path(command[0]).name} failed:\n{printed[-2000:]}")
    return Run(**facts, log=log, output=output)


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


def tap_command(folder: Path, config: dict[str, Any], *streams: str) -> list[str]:
    """The command that syncs these streams (all without any); its files are in `folder`."""
    command = [str(BIN / "tap-amazon-seller"), "--config", str(folder / "config.json")]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    if streams:
        (folder / "catalog.json").write_text(json.dumps(_selection(streams)), encoding="utf-8")
        command += ["--catalog", str(folder / "catalog.json")]
    return command


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
