"""The main job against the sandbox, with its result: `make demo`.

Starts the sandbox on a free loopback port and runs Meltano's job `amazon-to-optiply` (tap, target, ETL
with push into the sandbox's Optiply) twice: a first sync, and one 6 hours later, which is incremental.
Everything it leaves is in `.demo/` (or DEMO_PATH); everything it started is stopped, however it ends.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ROOT = Path(__file__).parents[1]
DEMO = Path(os.environ.get("DEMO_PATH", ROOT / ".demo")).absolute()
BIN = Path(sys.executable).parent
LOG = DEMO / "meltano.log"
PATIENCE = 5  # seconds that a process has to stop
NOW = "2026-11-02T08:00:00Z"
HOURS_BETWEEN = 6
SANDBOX_OPTIONS = ["--clock-factor", "60", "--seed", "1", "--orders", "2000", "--days", "60"]
ETL_FLAGS = {
    "optiply_key": "eanCode",
    "marketplaces": "DE,FR,GB,IT,ES",
    "uri": "https://www.amazon.de/",
    "load": "api",
}
# Of the sandbox alone; a host puts the credentials of the tenant there.
OPTIPLY = {
    "username": "eu@optiply.example",
    "password": "optiply-sandbox-password",
    "client_id": "optiply-sandbox",
    "client_secret": "optiply-sandbox-secret",
    "account_id": "102",
    "couplingId": "1002",
}


def main() -> int:
    """Run the job twice and report on it; answers the exit code."""
    interruption = Interruption()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interruption)
    began = time.monotonic()
    _lay_out()
    try:
        with _sandbox(interruption) as url:
            print(f"A first sync: the sandbox's European seller on {NOW}. This takes a moment ...")
            if not _run(url, interruption):
                return 1
            _post(f"{url}/_sandbox/advance", {"minutes": HOURS_BETWEEN * 60})
            _post(f"{url}/_sandbox/calls/reset", {})
            print(f"\n{HOURS_BETWEEN} hours later, an incremental sync ...")
            if not _run(url, interruption):
                return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the sandbox and Meltano are stopped.")
        return 130
    report = DEMO / "etl-output" / "mapping-report.html"
    print(f"\nWhy an article or an order is missing: open {_short(report)}")
    print(f"Files: {_short(DEMO)}/sync-output/, snapshots/, etl-output/; log {_short(LOG)}")
    print(f"Done in {time.monotonic() - began:.0f} s.")
    return 0


def _lay_out() -> None:
    """Make the folder of a hosted sync, empty but for its configuration."""
    shutil.rmtree(DEMO, ignore_errors=True)
    for folder in ("sync-output", "snapshots", "meltano"):
        (DEMO / folder).mkdir(parents=True)
    # Meltano keeps a running tap's catalog and state in its system folder; other runs have another.
    for plugins in ("extractors", "loaders", "utilities"):
        (DEMO / "meltano" / plugins).symlink_to(ROOT / ".meltano" / plugins)
    (DEMO / "config.json").write_text(json.dumps(ETL_FLAGS, indent=2), encoding="utf-8")
    credentials = json.dumps({"apiCredentials": OPTIPLY}, indent=2)
    (DEMO / "snapshots" / "tenant-config.json").write_text(credentials, encoding="utf-8")


def _run(url: str, interruption: Interruption) -> bool:
    """Run the job and report on it; answers whether it went well."""
    code = _meltano(url, interruption)
    if code != 0:
        print(_complaints(LOG), file=sys.stderr)
        print(f"The job failed (exit code {code}); the complete log is in {_short(LOG)}.")
        return False
    _tell(_get_json(f"{url}/_sandbox/calls"), _get_json(f"{url}/_sandbox/optiply"))
    return True


class Interruption:
    """Makes a KeyboardInterrupt of SIGINT and SIGTERM, but never while a process is being started."""

    def __init__(self) -> None:
        self._starting = False
        self._pending = False

    def __call__(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Handle a signal."""
        if not self._starting:
            raise KeyboardInterrupt
        self._pending = True

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Hold signals back until the process that is started here can be stopped."""
        self._starting = True
        yield
        self._starting = False
        if self._pending:
            raise KeyboardInterrupt


@contextmanager
def _sandbox(interruption: Interruption) -> Iterator[str]:
    """A running sandbox's address."""
    process = None
    with (DEMO / "sandbox.log").open("w", encoding="utf-8") as log:
        try:
            with interruption.held_back():
                process = subprocess.Popen(
                    [
                        BIN / "amazon-seller-sandbox", "--port", "0", *SANDBOX_OPTIONS,
                        "--epoch", NOW, "--now", NOW,
                    ],
                    stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
                )  # fmt: skip
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith("sandbox ready "):
                raise SystemExit(f"The sandbox did not start; see {_short(DEMO / 'sandbox.log')}.")
            yield line.split()[-1]
        finally:
            if process is not None:
                _stop_group(process)


def _meltano(url: str, interruption: Interruption) -> int:
    """Run the job; its log goes to a file. Answers Meltano's exit code."""
    environment = os.environ | {
        "MELTANO_SYS_DIR_ROOT": str(DEMO / "meltano"),
        "TAP_AMAZON_SELLER_ENDPOINT_URL": url,
        "TAP_AMAZON_SELLER_TOKEN_URL": f"{url}/auth/o2/token",
        "TARGET_JSONL_DESTINATION_PATH": str(DEMO / "sync-output"),
        "AMAZON_OPTIPLY_ETL_ROOT": str(DEMO),
        "optiply_base_url": f"{url}/optiply/v1",
        "optiply_dashboard_url": f"{url}/optiply/api",
        "UV_COMPILE_BYTECODE": "1",
    }
    process = None
    with LOG.open("a", encoding="utf-8") as log:
        try:
            with interruption.held_back():
                process = subprocess.Popen(
                    [BIN / "meltano", "--environment=sandbox", "run", "amazon-to-optiply"],
                    cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT,
                    text=True, start_new_session=True,
                )  # fmt: skip
            return process.wait()
        finally:
            if process is not None:
                _stop_group(process)


def _stop_group(process: subprocess.Popen[str]) -> None:
    """Stop a process and all that it started: politely, then for certain."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(PATIENCE)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _tell(calls: dict[str, Any], optiply: dict[str, list[dict[str, Any]]]) -> None:
    print("\nFrom Amazon (sync-output/)")
    for path in sorted((DEMO / "sync-output").glob("*.jsonl")):
        with path.open("rb") as lines:
            print(f"  {path.stem:<22}{sum(1 for _ in lines):>8,} records")
    statuses: Counter[str] = Counter()
    for operation, by_status in calls["calls"].items():
        if not operation.startswith("optiply."):
            statuses.update(by_status)
    print(f"  with {statuses.total():,} calls, {statuses['429']} of them refused for quota (429)")
    print("\nTo Optiply (etl-output/)")
    report = DEMO / "etl-output" / "mapping-report.json"
    _tell_mapping(json.loads(report.read_text(encoding="utf-8")))
    print("\nIn Optiply now")
    for entity in ("products", "sellOrders", "sellOrderLines"):
        print(f"  {entity:<22}{len(optiply[entity]):>8,}")


def _tell_mapping(report: dict[str, Any]) -> None:
    """What became of the records: in = out + unchanged + left out, and why they were left out."""
    print(f"  {'':<22}{'in':>8} {'out':>8} {'unchanged':>10} {'left out':>9}")
    for name, counts in report["counts"].items():
        print(
            f"  {name:<22}{counts['in']:>8,} {counts['out']:>8,} {counts['unchanged']:>10,} "
            f"{counts['left_out']:>9,}"
        )
        for reason, group in report["left_out"].get(name, {}).items():
            print(f"    {group['count']:>28,} {reason}")


def _post(url: str, body: dict[str, Any]) -> None:
    from urllib.request import Request, urlopen  # noqa: PLC0415

    content = json.dumps(body).encode()
    with urlopen(Request(url, content, {"Content-Type": "application/json"})):
        pass


def _get_json(url: str) -> dict[str, Any]:
    from urllib.request import urlopen  # noqa: PLC0415

    with urlopen(url) as answer:
        body: dict[str, Any] = json.load(answer)
    return body


def _complaints(path: Path, most: int = 8) -> str:
    """The log's last errors, or its last lines when it names none."""
    lines = path.read_text(encoding="utf-8").splitlines()
    errors = [line for line in lines if "error" in line.lower()]
    return "\n".join((errors or lines)[-most:])


def _short(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


if __name__ == "__main__":
    sys.exit(main())
