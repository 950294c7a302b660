"""Sandbox sellers that a fleet runs, and one of them through Meltano and the ETL's command."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from process_tree import cpu_seconds, named, proportional_memory
from programs import BIN, HERE, Run, launch

from amazon_fleet.embedded.server import EmbeddedServer
from amazon_fleet.store import accounts, history, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_fleet.store.database import Connection

STREAMS = ("orders", "order_items", "products_inventory", "warehouse_inventory")
_PASSWORD, _CLIENT_SECRET = "optiply-sandbox-password", "optiply-sandbox-secret"
_CLIENT_ID = "amzn1.application-oa2-client.sandbox"
_LOOKS = 0.25  # seconds between two looks at memory
_PATIENCE = 1_800  # seconds
_ACCOUNTS = """\
[defaults]
every = "1d"
jitter = "0s"
region = "EU"
streams = {streams}
target = {{ kind = "files", path = "{folder}/target" }}

[defaults.amazon]
lwa_client_id = "{client}"
client_secret = "env:AMAZON_CLIENT_SECRET"
endpoint_url = "{url}"
token_url = "{url}/auth/o2/token"
clock_factor = {factor}
start_date = "{start}"

[defaults.etl]

[defaults.optiply]
password = "env:OPTIPLY_PASSWORD"
client_id = "optiply-sandbox"
client_secret = "env:OPTIPLY_CLIENT_SECRET"
api_url = "{url}/optiply/v1"
dashboard_url = "{url}/optiply/api"
"""
_ACCOUNT = """
[accounts.{name}]
amazon.refresh_token = "env:TOKEN_{name}"
optiply.username = "{user}@optiply.example"
optiply.account_id = {account}
optiply.couplingId = {coupling}
"""


def seller(number: int) -> str:
    """The name of a seller, in the sandbox and in the fleet."""
    return f"S{number:04}"


@dataclass(frozen=True, slots=True)
class World:
    """Amazon and Optiply: the sandbox.

    Attributes:
        url: Its address.
        factor: How much faster than the wall clock its clock runs.
        start: Where first syncs begin.
    """

    url: str
    factor: int
    start: datetime

    def pass_minutes(self, minutes: float) -> None:
        """Wait until so many minutes of the sandbox have passed; its data stands still."""
        until = self._now() + minutes * 60
        while (left := until - self._now()) > 0:
            time.sleep(left / self.factor)

    def _now(self) -> float:
        clock = httpx.get(f"{self.url}/_sandbox/clock").raise_for_status().json()
        return float(clock["now_seconds"])


@dataclass(frozen=True, slots=True)
class Round:
    """All accounts, run once.

    Attributes:
        seconds: From the order to the end of the last one.
        cpu_seconds: Of the worker and all its processes.
        database_seconds: CPU seconds of PostgreSQL.
        runs: The history of it.
        memory: Bytes of the runs in fair shares, and how many there were, at each look.
    """

    seconds: float
    cpu_seconds: float
    database_seconds: float
    runs: tuple[history.Run, ...]
    memory: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class SellerFleet:
    """A fleet of sellers: a worker, and a PostgreSQL of its own.

    Attributes:
        world: What it is run against.
        folder: Where everything is.
        count: How many sellers there are.
        server: PostgreSQL.
        worker: The worker's process.
    """

    world: World
    folder: Path
    count: int
    server: EmbeddedServer
    worker: subprocess.Popen[bytes]

    @property
    def names(self) -> list[str]:
        """All sellers."""
        return [seller(number) for number in range(1, self.count + 1)]

    def round(self, *, watch_memory: bool = False) -> Round:
        """Have all accounts run once, and wait for the last one.

        Raises:
            SystemExit: One did not succeed.
        """
        database = int((self.server.data / "postmaster.pid").read_text("ascii").split()[0])
        before = cpu_seconds(self.worker.pid), cpu_seconds(database)
        looks: list[tuple[int, int]] = []
        with self.server.database.connect() as connection:
            ended = threading.Event()
            looking = threading.Thread(target=self._look, args=(looks, ended))
            if watch_memory:
                looking.start()
            began, since = time.monotonic(), _now(connection)
            accounts.all_due(connection, since)
            try:
                self._wait(connection, since)
            finally:
                ended.set()
            seconds = time.monotonic() - began
            runs = tuple(each for each in history.runs(connection) if each.started >= since)
        for each in runs:
            if each.outcome != history.SUCCEEDED:
                raise SystemExit(f"{each.account} {each.outcome}: {each.sentence}")
        return Round(
            seconds,
            cpu_seconds(self.worker.pid) - before[0],
            cpu_seconds(database) - before[1],
            runs,
            tuple(looks),
        )

    def _wait(self, connection: Connection, since: datetime) -> None:
        deadline = time.monotonic() + _PATIENCE
        while accounts.unfinished(connection, since):
            if self.worker.poll() is not None or time.monotonic() > deadline:
                raise SystemExit((self.folder / "fleet.log").read_text("utf-8")[-2000:])
            time.sleep(0.1)

    def _look(self, looks: list[tuple[int, int]], ended: threading.Event) -> None:
        ours = set(self.names)
        while not ended.wait(_LOOKS):
            found = [
                proportional_memory(process)
                for process, name in named(self.worker.pid)
                if name in ours
            ]
            if found:
                looks.append((sum(found), len(found)))


def _now(connection: Connection) -> datetime:
    row = connection.execute("SELECT clock_timestamp() AS now").fetchone()
    assert row  # noqa: S101 - always one
    found: datetime = row["now"]
    return found


@contextlib.contextmanager
def fleet(world: World, count: int, at_once: int) -> Iterator[SellerFleet]:
    """A fleet that runs, with nothing synced yet."""
    # Not a folder of pytest's or of root alone, which PostgreSQL's user may not enter.
    with tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedServer(folder / "db") as server:
            schema.migrate(server.database)
            (folder / "accounts.toml").write_text(_accounts(world, folder, count), "utf-8")
            words = ("--folder", folder / "fleet", "--concurrency", str(at_once))
            environment = _environment(count) | {"AMAZON_FLEET_DATABASE": server.database.url}
            with (folder / "fleet.log").open("wb") as log:
                worker = subprocess.Popen(
                    [BIN / "amazon-fleet", "run", folder / "accounts.toml", *words],
                    env=environment, stdout=log, stderr=log,
                )  # fmt: skip
                found = SellerFleet(world, folder, count, server, worker)
                try:
                    with server.database.connect() as connection:
                        while _known(connection) < count:
                            time.sleep(0.1)
                        found._wait(connection, datetime(2000, 1, 1, tzinfo=UTC))  # noqa: SLF001
                    yield found
                finally:
                    worker.terminate()
                    worker.wait()


def _known(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) AS count FROM fleet_accounts").fetchone()
    assert row  # noqa: S101 - a count
    return int(row["count"])


def _accounts(world: World, folder: Path, count: int) -> str:
    parts = [
        _ACCOUNTS.format(
            streams=json.dumps(STREAMS), folder=folder, client=_CLIENT_ID, url=world.url,
            factor=world.factor, start=world.start.isoformat(),
        )
    ]  # fmt: skip
    for number in range(1, count + 1):
        name = seller(number)
        parts.append(
            _ACCOUNT.format(
                name=name, user=name.lower(), account=10_000 + number, coupling=20_000 + number
            )
        )
    return "".join(parts)


def _environment(count: int) -> dict[str, str]:
    return os.environ | {
        "AMAZON_CLIENT_SECRET": "sandbox-secret",
        "OPTIPLY_PASSWORD": _PASSWORD,
        "OPTIPLY_CLIENT_SECRET": _CLIENT_SECRET,
        **{f"TOKEN_{seller(each)}": f"Atzr|sandbox-{seller(each)}" for each in range(1, count + 1)},
    }


@dataclass(slots=True)
class MeltanoSeller:
    """One of those sellers through `meltano run`: tap, target-jsonl, and the ETL's push.

    Attributes:
        world: What it is run against.
        number: The seller's number.
        folder: Where its records, snapshots and Meltano's files are.
    """

    world: World
    number: int
    folder: Path
    _project: Path = field(default=HERE.parent)

    @property
    def is_installed(self) -> bool:
        """Whether the plugins are there."""
        return (self._project / ".meltano" / "utilities" / "amazon-optiply-etl").exists()

    def run(self) -> Run:
        """Run the job of meltano.yml once.

        Raises:
            SystemExit: It failed; with the end of what it reported.
        """
        self._lay_out()
        words = ("--environment=sandbox", f"--cwd={self._project}", "run", "amazon-to-optiply")
        return launch(self.folder, BIN / "meltano", *words, environment=self._environment)

    def _lay_out(self) -> None:
        system = self.folder / "meltano"
        if not system.exists():
            system.mkdir(parents=True)
            for plugins in ("extractors", "loaders", "utilities"):
                (system / plugins).symlink_to(self._project / ".meltano" / plugins)
        for name in ("sync-output", "snapshots"):
            (self.folder / name).mkdir(exist_ok=True)
        name = seller(self.number)
        credentials = {
            "username": f"{name.lower()}@optiply.example", "password": _PASSWORD,
            "client_id": "optiply-sandbox", "client_secret": _CLIENT_SECRET,
            "account_id": str(10_000 + self.number), "couplingId": str(20_000 + self.number),
        }  # fmt: skip
        given = self.folder / "snapshots" / "tenant-config.json"
        if not given.exists():
            given.write_text(json.dumps({"apiCredentials": credentials}), "utf-8")

    @property
    def _environment(self) -> dict[str, str]:
        url = self.world.url
        return {
            "MELTANO_SYS_DIR_ROOT": str(self.folder / "meltano"),
            "TAP_AMAZON_SELLER_ENDPOINT_URL": url,
            "TAP_AMAZON_SELLER_TOKEN_URL": f"{url}/auth/o2/token",
            "TAP_AMAZON_SELLER_CLOCK_FACTOR": str(self.world.factor),
            "TAP_AMAZON_SELLER_REFRESH_TOKEN": f"Atzr|sandbox-{seller(self.number)}",
            "TAP_AMAZON_SELLER_START_DATE": self.world.start.isoformat(),
            "TAP_AMAZON_SELLER__SELECT": json.dumps([f"{stream}.*" for stream in STREAMS]),
            "TARGET_JSONL_DESTINATION_PATH": str(self.folder / "sync-output"),
            "AMAZON_OPTIPLY_ETL_ROOT": str(self.folder),
            "AMAZON_OPTIPLY_ETL_LOAD": "api",
            "optiply_base_url": f"{url}/optiply/v1",
            "optiply_dashboard_url": f"{url}/optiply/api",
        }


def figure_of(run: history.Run, name: str) -> Any:
    """What the history has counted of a run."""
    return run.figures[name]
