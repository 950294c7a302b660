"""A fleet of the sandbox's sellers: accounts, programs, what is done to it, and what it must hold.

The data of the sandbox stands still until the test moves it, so that the truth of a round is one.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import warm_start
from optiply_shop import CLIENT_SECRET, PASSWORD
from running import BIN, START_DATE
from whole_day.expectation import Expectation
from whole_day.shops import compared_product, order_of
from whole_day.syncs import NEEDED, Sync

from amazon_fleet.store import accounts, history

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from conftest import RunningSandbox

    from amazon_fleet.store.database import Database

CLOCK_FACTOR = 60
PHASES = ("starting", "tap", "target", "push", "save")
SINGER_TARGET = Path(__file__).with_name("singer_target.py")
_KEYS = {
    "orders": ("marketplace_id", "amazon_order_id"),
    "order_items": ("marketplace_id", "amazon_order_id", "sku", "line_number"),
    "products_inventory": ("marketplace_id", "seller_sku"),
}
_SECRETS = (b"Atzr|", b"Atza|", b"sandbox-secret", PASSWORD.encode(), CLIENT_SECRET.encode())
_POLL = 0.005  # seconds between two looks at what runs
_GLANCE = 0.05  # seconds between two looks at all processes; a run takes some seconds
_PATIENCE = 3_000  # seconds that a round may take


def seller(number: int) -> str:
    """Return the name of a seller, in the sandbox and in the fleet."""
    return f"S{number:04}"


@dataclass(slots=True)
class Fleet:
    """Accounts of sandbox sellers, and the programs that run them.

    Attributes:
        sandbox: Amazon and Optiply.
        folder: Where everything is.
        count: How many sellers there are.
        database: The fleet's; set once there is one.
        targets: URL of the database that records are loaded into; they go to files alone without it.
        programs: The programs that run.
        expected: What Optiply must hold of each seller.
        killed: Process ids of the runs that were killed.
        more_environment: What the programs are given beside the secrets.
    """

    sandbox: RunningSandbox
    folder: Path
    count: int
    database: Database | None = None
    targets: str | None = None
    programs: list[subprocess.Popen[bytes]] = field(default_factory=list)
    expected: dict[str, Expectation] = field(default_factory=dict)
    killed: set[int] = field(default_factory=set)
    more_environment: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """All sellers."""
        return [seller(number) for number in range(1, self.count + 1)]

    @property
    def accounts_file(self) -> Path:
        """accounts.toml."""
        return self.folder / "accounts.toml"

    def target_of(self, number: int) -> str:
        """Return the kind of target that a seller's records go to."""
        kinds = ("files", "command", "database") if self.targets else ("files", "command")
        return kinds[number % len(kinds)]

    def write_accounts(self) -> None:
        """Write accounts.toml: due once a day, so that the rounds are the test's."""
        url = self.sandbox.url
        lines = [
            f"""
            [defaults]
            every = "1d"
            jitter = "0s"
            region = "EU"
            [defaults.amazon]
            lwa_client_id = "amzn1.application-oa2-client.sandbox"
            client_secret = "env:AMAZON_CLIENT_SECRET"
            endpoint_url = "{url}"
            token_url = "{url}/auth/o2/token"
            clock_factor = {CLOCK_FACTOR}
            start_date = "{START_DATE}"
            lookback_days = {{ orders = 5, order_items = 5 }}
            [defaults.etl]
            [defaults.optiply]
            password = "env:OPTIPLY_PASSWORD"
            client_id = "optiply-sandbox"
            client_secret = "env:OPTIPLY_CLIENT_SECRET"
            api_url = "{url}/optiply/v1"
            dashboard_url = "{url}/optiply/api"
            """
        ]
        for number, name in enumerate(self.names, 1):
            target = {
                "files": f'kind = "files"\npath = "{self.folder / "target"}"',
                "database": 'kind = "database"\nurl = "env:TARGET_URL"',
                "command": f'kind = "command"\ncommand = ["{BIN / "python"}", "{SINGER_TARGET}"]\n'
                f'config = {{ path = "{self.folder / "target" / name}", password = "env:TARGET_SECRET" }}',  # noqa: E501
            }[self.target_of(number)]
            lines.append(
                f"""
                [accounts.{name}.amazon]
                refresh_token = "env:TOKEN_{name}"
                [accounts.{name}.optiply]
                username = "{name.lower()}@optiply.example"
                account_id = {10_000 + number}
                couplingId = {20_000 + number}
                [accounts.{name}.target]
                {target}
                """
            )
        self.accounts_file.write_text("\n".join(lines), encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """What the workers are given: all secrets."""
        return os.environ | {
            "AMAZON_CLIENT_SECRET": "sandbox-secret",
            "OPTIPLY_PASSWORD": PASSWORD,
            "OPTIPLY_CLIENT_SECRET": CLIENT_SECRET,
            "TARGET_URL": self.targets or "",
            "TARGET_SECRET": "sandbox-secret",
            **{f"TOKEN_{name}": f"Atzr|sandbox-{name}" for name in self.names},
            **self.more_environment,
        }

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a program of the fleet; its log goes to a file."""
        with (self.folder / "fleet.log").open("ab") as log:
            self.programs.append(
                warm_start.Popen(
                    [BIN / "amazon-fleet", *words],
                    stderr=log,
                    stdout=log,
                    env=self.environment,
                    cwd=self.folder,
                )
            )
        return self.programs[-1]

    def run(self, *words: str) -> str:
        """Run a command of the fleet to its good end; answers what it printed."""
        done = warm_start.run(
            [BIN / "amazon-fleet", *words],
            env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    def stop(self) -> None:
        """End what runs."""
        for program in self.programs:
            if program.poll() is None:
                program.terminate()
        for program in self.programs:
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.wait(30)
            program.kill()

    def log(self) -> str:
        """Return what the programs have said."""
        return (self.folder / "fleet.log").read_text("utf-8", "replace")

    @contextlib.contextmanager
    def connected(self) -> Iterator[Any]:
        """Yield a connection to the fleet's database, once it accepts one."""
        assert self.database is not None
        with _patiently(self.database.connect) as connection:
            yield connection

    def runs(self) -> list[history.Run]:
        """Return the history, the oldest first."""
        with self.connected() as connection:
            return history.runs(connection)[::-1]

    def now(self) -> datetime:
        """Return the database's time."""
        with self.connected() as connection:
            row = connection.execute("SELECT clock_timestamp() AS now").fetchone()
        found: datetime = row["now"]
        return found

    def wait_for_round(
        self,
        since: datetime,
        names: Collection[str] = (),
        done: Callable[[int], None] | None = None,
    ) -> None:
        """Wait until accounts have run since an instant; ``done`` is given how many have.

        They are those of ``names``, without any all that are not paused.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            with contextlib.suppress(psycopg.Error), self.connected() as connection:
                unfinished = accounts.unfinished(connection, since)
                left = [name for name in unfinished if not names or name in names]
                if done is not None:
                    done(self.count - len(left))
                if not left:
                    return
            assert time.monotonic() < deadline, f"{left} are not done\n{self.log()[-3000:]}"
            assert any(program.poll() is None for program in self.programs), self.log()[-3000:]
            time.sleep(0.2)

    def take_truth(self) -> None:
        """Take the truth of this round into what Optiply must hold."""
        clock = self.sandbox.get_json("/_sandbox/clock")
        for name in self.names:
            truth = {
                stream: [
                    {each: record.get(each) for each in names}
                    for record in self.sandbox.truth(name, stream, as_of=clock["data_now"])
                ]
                for stream, names in NEEDED.items()
            }
            ordered = frozenset(
                (str(each["asin"]), str(each["marketplace_id"])) for each in truth["order_items"]
            )
            places = frozenset(str(each["marketplace_id"]) for each in truth["products_inventory"])
            sync = Sync(self.folder, {}, truth, ordered, places)
            self.expected.setdefault(name, Expectation()).after(sync)

    def differences(self) -> dict[str, Any]:
        """Hold Optiply and the targets against the truth; empty when all is equal."""
        found: dict[str, Any] = {}
        for number, name in enumerate(self.names, 1):
            if optiply := self._optiply_differences(number, name):
                found[f"{name} in Optiply"] = optiply
            if target := self._target_differences(number, name):
                found[f"{name} in its target"] = target
        return found

    def _optiply_differences(self, number: int, name: str) -> dict[str, Any]:
        dump = self.sandbox.get_json(f"/_sandbox/optiply?accountId={10_000 + number}")
        expected = self.expected[name]
        products, orders = (_by_remote_id(dump[entity]) for entity in ("products", "sellOrders"))
        doubled = [
            key for each in (products, orders) for key, all_ in each.items() if len(all_) > 1
        ]
        ids = {each[0]["id"]: key for key, each in products.items()}
        have = {
            **{key: compared_product(each[0]) for key, each in products.items()},
            **{key: order_of(each[0], ids) for key, each in orders.items()},
        }
        want = {**expected.products, **expected.orders}
        return {"doubled": doubled} if doubled else _compared(have, want)

    def _target_differences(self, number: int, name: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for stream, keys in _KEYS.items():
            have = self._in_target(number, name, stream, keys)
            want = {tuple(each[key] for key in keys): each for each in self._truth_of(name, stream)}
            if stream == "products_inventory":  # a listing that is gone stays in a target
                have = {key: each for key, each in have.items() if key in want}
            if differences := _compared(have, want, NEEDED[stream]):
                found[stream] = differences
        return found

    def _truth_of(self, name: str, stream: str) -> list[dict[str, Any]]:
        clock = self.sandbox.get_json("/_sandbox/clock")
        return self.sandbox.truth(name, stream, as_of=clock["data_now"])

    def _in_target(
        self, number: int, name: str, stream: str, keys: Sequence[str]
    ) -> dict[Any, dict[str, Any]]:
        """Return what a target holds of a stream, by key; of files the newest counts."""
        if self.target_of(number) == "database":
            assert self.targets
            with psycopg.connect(self.targets, row_factory=psycopg.rows.dict_row) as connection:
                rows = connection.execute(
                    f"SELECT row_to_json(t)::text AS row FROM amazon.{stream} t WHERE _account = %s",  # noqa: S608
                    [name],
                ).fetchall()
            records = [json.loads(each["row"]) for each in rows]
        else:
            records = [
                json.loads(line)
                for path in sorted((self.folder / "target" / name).glob(f"{stream}/*.jsonl"))
                for line in path.read_bytes().split(b"\n")
                if line
            ]
        return {tuple(each[key] for key in keys): each for each in records}

    def overlaps(self) -> list[str]:
        """Return the pairs of runs of an account of which the history says that both were there."""
        found = []
        by_account = defaultdict(list)
        for each in self.runs():
            by_account[each.account].append(each)
        for name, runs in by_account.items():
            for before, after in pairwise(runs):
                if (
                    before.ended is None
                    or before.ended > after.started
                    or before.seen > after.started
                ):
                    found.append(f"{name}: {before.id} and {after.id}")
        return found

    def places_of_secrets(self) -> list[str]:
        """Return the files below the folder, the database's included, that hold a secret."""
        if self.database is not None:
            with self.connected() as connection:
                connection.execute("CHECKPOINT")
        return [
            str(path)
            for path in self.folder.rglob("*")
            if path.is_file() and not path.is_symlink() and _holds_secret(path)
        ]


def _holds_secret(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        content = path.read_bytes()
        return any(each in content for each in _SECRETS)
    return False


@dataclass(slots=True)
class Killer:
    """Kills runs with SIGKILL, each at an instant of a phase that is drawn beforehand.

    Attributes:
        fleet: Whose runs.
        share: Of the accounts that are killed once in a round.
        chance: Draws.
        planned: Account -> phase that it is killed in, and how far into it, until it is killed.
    """

    fleet: Fleet
    share: float
    chance: random.Random
    planned: dict[str, tuple[str, float]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def plan(self) -> int:
        """Draw whom to kill in the next round, and when; answers how many they are."""
        names = self.fleet.names
        count = max(1, round(len(names) * self.share))
        chosen = self.chance.sample(names, count)
        self.planned = {
            name: (PHASES[number % len(PHASES)], self.chance.random())
            for number, name in enumerate(chosen)
        }
        return count

    def start(self) -> None:
        """Begin to watch; it ends by itself once all that was planned is done."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        lasts = {"starting": 0.05, "tap": 8.0, "target": 0.1, "push": 4.0, "save": 0.02}
        since: dict[tuple[int, str], float] = {}
        while self.planned and not self._stop.is_set():
            with contextlib.suppress(psycopg.Error), self.fleet.connected() as connection:
                while self.planned and not self._stop.is_set():
                    now = time.monotonic()
                    rows = connection.execute(
                        "SELECT id, account, process, phase FROM fleet_runs WHERE ended IS NULL"
                    ).fetchall()
                    for row in rows:
                        began = since.setdefault((row["id"], row["phase"]), now)
                        self._look(row, now - began, lasts)
                    time.sleep(_POLL)

    def _look(self, row: Mapping[str, Any], passed: float, lasts: Mapping[str, float]) -> None:
        phase, part = self.planned.get(row["account"], ("", 0.0))
        if not phase:
            return
        is_then = row["phase"] == phase and passed >= part * lasts[phase]
        if is_then or PHASES.index(row["phase"]) > PHASES.index(phase):
            with contextlib.suppress(
                ProcessLookupError
            ):  # it stays planned where the run has ended
                os.kill(row["process"], signal.SIGKILL)
                self.fleet.killed.add(row["process"])
                del self.planned[row["account"]]


@dataclass(slots=True)
class Witness:
    """Looks at the machine's processes for two runs of an account at once, whatever the history says.

    A run's process bears its account's name, and works in its fleet's folder; the machine may have other
    fleets. A killed one may be seen while it ends, so two count that are seen together twice in a row.
    """

    names: frozenset[str]
    folder: Path
    together: set[str] = field(default_factory=set)
    seen: int = 0
    most_at_once: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> threading.Thread:
        """Begin to look; `stop` ends it."""
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def _watch(self) -> None:
        before: set[tuple[str, int]] = set()
        while not self._stop.wait(_GLANCE):
            alive = set(self._alive())
            count = Counter(name for name, _ in alive & before)
            self.together |= {name for name, number in count.items() if number > 1}
            self.seen += len(alive)
            self.most_at_once = max(self.most_at_once, len(alive))
            before = alive

    def _alive(self) -> Iterator[tuple[str, int]]:
        for process in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 - many times a second
            with contextlib.suppress(OSError, IndexError):
                if _content(f"/proc/{process}/comm").removesuffix("\n") not in self.names:
                    continue
                name, rest = _content(f"/proc/{process}/stat").split("(", 1)[1].rsplit(")", 1)
                is_alive = name in self.names and rest.split()[0] not in "ZX"
                if is_alive and Path(f"/proc/{process}/cwd").readlink() == self.folder.resolve():
                    yield name, int(process)


def _content(path: str) -> str:
    """Return a file of /proc, which gives all at once; `Path.read_text` takes four times as long."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        return file.read(4096).decode("utf-8", "replace")


def histogram(runs: Sequence[history.Run], killed: set[int]) -> dict[str, int]:
    """Count the runs that the test has killed, by the phase they were in."""
    count = Counter(
        each.phase for each in runs if each.outcome == history.KILLED and each.process in killed
    )
    return {phase: count[phase] for phase in PHASES if count[phase]}


@contextlib.contextmanager
def _patiently(connect: Callable[[], Any]) -> Iterator[Any]:
    """Connect, again and again while the database is restarted."""
    deadline = time.monotonic() + 60
    while True:
        try:
            connection = connect()
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            break
    with connection:
        yield connection


def _by_remote_id(objects: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in objects:
        found[next(iter(each["remoteIdMap"].values()))].append(each)
    return found


def _compared(
    have: Mapping[Any, Any], want: Mapping[Any, Any], fields: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what is lost, too much, or altered; records by the fields that matter."""

    def reduced(value: Any) -> Any:
        return [_plain(value.get(name)) for name in fields] if fields else value

    altered = [
        f"{key}: {reduced(have[key])} instead of {reduced(want[key])}"
        for key in have.keys() & want.keys()
        if reduced(have[key]) != reduced(want[key])
    ]
    found = {
        "lost": sorted(map(str, want.keys() - have.keys())),
        "too much": sorted(map(str, have.keys() - want.keys())),
        "altered": altered[:3],
    }
    return {name: values for name, values in found.items() if values}


def _plain(value: Any) -> Any:
    """Return a value as it compares: numbers as numbers, instants as instants."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return float(value)
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(value).timestamp()
    return float(value) if isinstance(value, int | float) else value
