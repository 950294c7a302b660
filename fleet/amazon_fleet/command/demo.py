"""`amazon-fleet demo`: twenty sellers of the sandbox on one screen, with a database of their own.

Everything is in a temporary folder, and ends with the command.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import psycopg
from rich.console import Console
from rich.live import Live
from rich.text import Text

from amazon_fleet.embedded.server import EmbeddedServer
from amazon_fleet.errors import DatabaseError, FleetError
from amazon_fleet.observation.status import fleet_status
from amazon_fleet.observation.status_table import table_of
from amazon_fleet.store import accounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_fleet.store.database import Database

_SANDBOX = (
    "--orders", "100", "--days", "20", "--listings", "40", "--clock-factor", "60",
    "--report-seconds", "20", "120",
)  # fmt: skip
_PATIENCE = 300.0  # seconds
_AT_ONCE = 6
# Of the sandbox alone, which has no others.
_SECRETS = {
    "AMAZON_CLIENT_SECRET": "sandbox-secret",
    "OPTIPLY_PASSWORD": "optiply-sandbox-password",
    "OPTIPLY_CLIENT_SECRET": "optiply-sandbox-secret",
}
_ACCOUNTS = """\
[defaults]
every = "30m"
jitter = "5m"
region = "EU"

[defaults.amazon]
lwa_client_id = "amzn1.application-oa2-client.sandbox"
client_secret = "env:AMAZON_CLIENT_SECRET"
endpoint_url = "{url}"
token_url = "{url}/auth/o2/token"
clock_factor = 60

[defaults.etl]

[defaults.optiply]
password = "env:OPTIPLY_PASSWORD"
client_id = "optiply-sandbox"
client_secret = "env:OPTIPLY_CLIENT_SECRET"
api_url = "{url}/optiply/v1"
dashboard_url = "{url}/optiply/api"
"""
_ACCOUNT = """
[accounts.{name}.amazon]
refresh_token = "env:TOKEN_{name}"

[accounts.{name}.optiply]
username = "{user}@optiply.example"
account_id = {account}
couplingId = {coupling}
"""


def show(sellers: int) -> None:
    """Run so many sellers once, and show them while they run.

    Raises:
        FleetError: the sandbox is not installed, or the fleet does not start.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fleet-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL's user passes through where root starts it
        names = [f"S{number:04}" for number in range(1, sellers + 1)]
        with _sandbox(folder, sellers) as url, _fleet(folder, url, names) as fleet:
            database = EmbeddedServer((folder / "fleet").resolve()).database
            _watch(database, fleet, folder)
    click.echo(f"\nDone in {time.monotonic() - began:.0f} s. Your own: docs/how-to/fleet.md")


def _watch(database: Database, fleet: subprocess.Popen[bytes], folder: Path) -> None:
    """Show the accounts until each has run."""
    console = Console()
    since, deadline = datetime(2000, 1, 1, tzinfo=UTC), time.monotonic() + _PATIENCE
    with Live(Text("Starting PostgreSQL and the fleet ..."), console=console) as live:
        while time.monotonic() < deadline:
            time.sleep(0.5)
            with (
                contextlib.suppress(DatabaseError, psycopg.Error),
                database.connect() as connection,
            ):
                found = fleet_status(connection)
                if found.accounts:
                    live.update(table_of(found))
                    if not accounts.unfinished(connection, since):
                        live.update(table_of(fleet_status(connection)))
                        return
            if fleet.poll() is not None:
                raise FleetError(f"The fleet has ended: {_last_line(folder / 'fleet.log')}")
    raise FleetError("The sellers are not done yet; this machine is busy.")


@contextlib.contextmanager
def _sandbox(folder: Path, sellers: int) -> Iterator[str]:
    """A running sandbox's address."""
    command = [sys.executable, "-m", "amazon_seller_sandbox", "--port", "0", *_SANDBOX]
    with _running([*command, "--sellers", str(sellers)], folder / "sandbox.log") as process:
        line = process.stdout.readline().decode() if process.stdout else ""
        if not line.startswith("sandbox ready "):
            raise FleetError(
                "The demo needs the sandbox, which is a distribution of its own; install it from the "
                "repository with: pip install ./sandbox"
            )
        yield line.split()[-1]


@contextlib.contextmanager
def _fleet(folder: Path, url: str, names: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """The program that runs the accounts."""
    written = [_ACCOUNTS.format(url=url)]
    for number, name in enumerate(names, 1):
        written.append(
            _ACCOUNT.format(
                name=name, user=name.lower(), account=10_000 + number, coupling=20_000 + number
            )
        )
    (folder / "accounts.toml").write_text("".join(written), encoding="utf-8")
    command = [sys.executable, "-m", "amazon_fleet", "run", str(folder / "accounts.toml")]
    command += ["--folder", str(folder / "fleet"), "--concurrency", str(_AT_ONCE)]
    tokens = {f"TOKEN_{name}": f"Atzr|sandbox-{name}" for name in names}
    with _running(command, folder / "fleet.log", **_SECRETS, **tokens) as process:
        yield process


@contextlib.contextmanager
def _running(command: list[str], log: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process, which is ended; its log goes to a file."""
    with log.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - our own programs
            command,
            stdout=subprocess.PIPE,
            stderr=file,
            env=os.environ | variables,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def _last_line(path: Path) -> str:
    lines = path.read_text("utf-8", "replace").splitlines()
    return lines[-1][:500] if lines else "it says nothing."
