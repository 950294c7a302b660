"""Starts real sandbox processes for every test that wants Amazon to be there."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import zlib
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

import hypothesis
import loopback
import msgspec
import proofs
import pytest
import warm_start

from amazon_seller_sandbox.optiply import environments
from amazon_seller_sandbox.optiply.target import run as target_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from notified_shop import NotifiedShop

_READY = "sandbox ready "
_WORKERS_PER_CORE = 2.5  # tests wait for sandboxes and subprocesses as long as they work
_LONG = (
    "tests/end_to_end/",
    "tests/simulation/",
    "tests/faults/",
    "tests/fleet/",
    "tests/benchmarks/",
    "tests/tap/notifications/",
    "tests/tap/test_standard.py",
    "tests/associates/test_standard.py",
    "tests/documentation/test_examples_run.py",
    "tests/documentation/test_following.py",
)
"""Where tests are that take long, one by one."""


# No test fails because a machine is busy.
hypothesis.settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy machine")


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox process and its control surface."""

    url: str
    process: subprocess.Popen[str]

    def get_json(self, path: str) -> Any:
        """Return the JSON at a path."""
        answer = loopback.get(self.url + path, timeout=60).raise_for_status()
        return answer.json()

    def post(self, path: str, body: object) -> Any:
        """Post JSON to a path and return the JSON answer."""
        answer = loopback.post(self.url + path, json=body, timeout=60)
        return answer.raise_for_status().json()

    def truth(self, account: str, stream: str, **query: str) -> list[dict[str, Any]]:
        """Return a stream's true records; query: ``as_of``, ``updated_since``, ``marketplace_id``."""
        path = f"{self.url}/_sandbox/truth/{account}/{stream}"
        text = loopback.get(path, params=query, timeout=300).raise_for_status().text
        # Titles hold U+2028 and U+0085, at which str.splitlines would break.
        return [msgspec.json.decode(line) for line in text.split("\n") if line]

    def calls(self) -> dict[str, dict[str, int]]:
        """Return how often each operation was called, by status."""
        calls: dict[str, dict[str, int]] = self.get_json("/_sandbox/calls")["calls"]
        return calls

    def reset_calls(self) -> None:
        """Start counting calls again."""
        self.post("/_sandbox/calls/reset", {})

    def advance(self, *, minutes: float) -> None:
        """Move the sandbox's clock and data."""
        self.post("/_sandbox/advance", {"minutes": minutes})

    def fault(self, operation: str, fault: str, **how: float | None) -> None:
        """Switch a fault on; how: ``times``, ``probability``, ``skip``, ``seconds``."""
        self.post("/_sandbox/faults", [{"operation": operation, "fault": fault, **how}])

    def struck(self) -> int:
        """Return how often faults have struck since the start."""
        return int(self.get_json("/_sandbox/faults")["struck"])

    def clear_faults(self) -> None:
        """Switch all faults off."""
        loopback.delete(self.url + "/_sandbox/faults", timeout=60).raise_for_status()

    def stop(self) -> int:
        """End the process and return its exit code."""
        self.process.terminate()
        code = self.process.wait(20)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


class StartSandbox(Protocol):
    """Starts a sandbox; keyword arguments become options, ``True`` a flag, a tuple its values."""

    def __call__(self, **options: object) -> RunningSandbox:
        """Start it and wait until it accepts requests."""
        ...


class OpenShop(Protocol):
    """Opens a seller's shop with a queue for notifications, which are not set up yet."""

    def __call__(self, settings: dict[str, Any] | None = None, **options: object) -> NotifiedShop:
        """Start its sandbox with these options; the settings are the tap's."""
        ...


def sandbox_command(**options: object) -> list[str]:
    """Return the command line for these options: ``clock_factor=60`` is ``--clock-factor 60``."""
    command = [sys.executable, "-m", "amazon_seller_sandbox"]
    for name, value in options.items():
        values = value if isinstance(value, tuple) else (value,)
        command.append("--" + name.replace("_", "-"))
        command.extend(str(each) for each in values if each is not True)
    return command


def _start(options: dict[str, object]) -> RunningSandbox:
    process = warm_start.Popen(sandbox_command(**options), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith(_READY):
        process.kill()
        pytest.fail(f"the sandbox did not start: {line!r}, exit code {process.wait(20)}")
    return RunningSandbox(line.removeprefix(_READY).strip(), process)


def _starter() -> Iterator[StartSandbox]:
    running: list[RunningSandbox] = []

    def start(**options: object) -> RunningSandbox:
        running.append(_start(options))
        return running[-1]

    yield start
    for sandbox in running:
        if sandbox.process.poll() is None:
            sandbox.stop()


def pytest_configure(config: pytest.Config) -> None:
    """Start no program with signals ignored, as in a script's background; share loaded ones."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.add_cleanup(warm_start.begin())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many tests run side by side with `-n auto`."""
    return round(_WORKERS_PER_CORE * (os.cpu_count() or 1))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `make check` and `make prove`."""
    proofs.add_option(parser)
    parser.addoption(
        "--unit", action="store_true", help="only tests that start no sandbox and run no program"
    )


def _starts_a_program(item: pytest.Item) -> bool:
    names = {"start_sandbox", "start_module_sandbox", "stand_ins", "seller", "module_seller"}
    module = vars(getattr(item, "module", None) or object)
    return bool(
        names & set(getattr(item, "fixturenames", ()))
        or {"subprocess", "warm_start", "run_tap"} & module.keys()
    )


def _shares_with_its_module(item: pytest.Item) -> bool:
    """Whether a fixture of the test is made once for its module: elsewhere it would be made again."""
    info = getattr(item, "_fixtureinfo", None)  # pytest has no public name for it
    found = () if info is None else info.name2fixturedefs.values()
    return any(each.scope == "module" for fixtures in found for each in fixtures)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with long tests, and keep those that share what is made for a module in one process.

    Last come the shortest, those that start no program, so that all processes end together. Else tests
    are mixed: those of one folder wait for the same things, while others can work.
    """
    if config.getoption("unit", default=False):
        left_out = [item for item in items if _starts_a_program(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    for item in items:
        if _shares_with_its_module(item) and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    items.sort(
        key=lambda item: (
            not item.nodeid.startswith(_LONG),
            not _starts_a_program(item),
            zlib.crc32(item.nodeid.encode()),
        )
    )


def pytest_collection_finish() -> None:
    """Spare the garbage collector the modules and thousands of tests, which live to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def stand_ins() -> Iterator[None]:
    """Fail with a sentence if the environments of the stand-ins for target and host are missing.

    Where they are started from this process, it is by forks of loaded ones.
    """
    for name in environments.NAMES:
        try:
            environments.command(name, "")
        except environments.NotInstalledError as error:
            pytest.fail(f"{error}, or: make .venv/optiply", pytrace=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target_run, "subprocess", SimpleNamespace(run=warm_start.run))
        yield


@pytest.fixture
def start_sandbox() -> Iterator[StartSandbox]:
    """Return a function that starts sandbox processes, which end with the test."""
    yield from _starter()


@pytest.fixture
def open_shop(
    start_sandbox: StartSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> OpenShop:
    """Return a function that opens a shop beside an SQS, with credentials for it in the environment."""
    from notified_shop import CREDENTIALS, NotifiedShop  # noqa: PLC0415 - boto3 is slow to import

    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)

    def open_shop(settings: dict[str, Any] | None = None, **options: object) -> NotifiedShop:
        sandbox = start_sandbox(**{"notifications": True, "clock_factor": 60} | options)
        return NotifiedShop(sandbox, tmp_path, settings=settings or {})

    return open_shop


@pytest.fixture(scope="module")
def start_module_sandbox() -> Iterator[StartSandbox]:
    """Return a function that starts sandbox processes, which end with the module's tests."""
    yield from _starter()
