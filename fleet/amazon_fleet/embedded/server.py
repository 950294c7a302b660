"""A private PostgreSQL in the fleet's folder, on a socket there: no port, nobody else's data.

Several programs may use it at once; the last one to leave stops it. One that finds it dead starts it
again. PostgreSQL refuses to run as root, so that root has it run as an ordinary user.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from amazon_fleet.embedded import binaries
from amazon_fleet.errors import DatabaseError
from amazon_fleet.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_USER = "postgres"
_AS_ROOT = ("postgres", "pgserver")
"""The users as whom root runs it; the second one is made where there is neither."""
_LONGEST_SOCKET = 90  # bytes; Linux takes 107 with the file's name, macOS 103
_START_SECONDS = 60
_SETTINGS = """
# Set by amazon-fleet: one connection for each run and a few of the worker's.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 500
shared_buffers = 64MB
log_min_messages = warning
"""
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class EmbeddedServer:
    """The server of a fleet's folder; a context manager that starts it, and stops it if nobody needs it.

    Attributes:
        folder: The fleet's folder; the server has `postgres/` in it.
    """

    folder: Path
    _lock: int | None = None
    _programs: Path | None = None
    _owner: pwd.struct_passwd | None = None
    _stop: bool = field(default=True)

    @property
    def data(self) -> Path:
        """Where the server keeps its files and its socket."""
        return self.folder / "postgres"

    @property
    def database(self) -> Database:
        """The database that the fleet's tables are in."""
        return Database(f"postgresql:///postgres?host={self.data}&user={_USER}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.leave()

    def start(self) -> None:
        """Start it, unless it runs.

        Raises:
            DatabaseError: it does not start; the message says why.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder = self.folder.resolve()
        if len(os.fsencode(self.data)) > _LONGEST_SOCKET:
            raise DatabaseError(
                f"The path {self.data} is too long for a socket; "
                "choose a fleet folder with a shorter path."
            )
        self._programs = binaries.find()
        self._owner = self._ordinary_user() if os.geteuid() == 0 else None
        if self._lock is None:
            self._lock = os.open(self.folder / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_SH)
        with self._alone():
            if not (self.data / "PG_VERSION").exists():
                self._make()
            self._ensure_running()

    def ensure_running(self) -> bool:
        """Start it again if it has died; answers whether that was so."""
        with self._alone():
            return self._ensure_running()

    def restart(self, mode: str = "fast") -> None:
        """Stop and start it, as an administrator would; connections are lost."""
        with self._alone():
            self._pg_ctl("restart", "-m", mode)

    def leave(self) -> None:
        """Stop it, unless another program uses it."""
        if self._lock is None:
            return
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._is_running():
                self._pg_ctl("stop", "-m", "fast")
        os.close(self._lock)
        self._lock = None

    @contextlib.contextmanager
    def _alone(self) -> Any:  # noqa: ANN401 - an iterator
        """Keep other programs from starting it at the same time."""
        with (self.folder / "postgres.starting").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _is_running(self) -> bool:
        return self._run("pg_ctl", "status").returncode == 0

    def _ensure_running(self) -> bool:
        if self._is_running():
            return False
        self._pg_ctl("start", "-o", f"-k '{self.data}'", "-l", str(self.data / "server.log"))
        return True

    def _make(self) -> None:
        """Make the server's files; what an attempt that was cut off has left is removed."""
        _logger.info("PostgreSQL is being made in %s, once; that takes some seconds.", self.data)
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        if self._owner is not None:
            os.chown(self.data, self._owner.pw_uid, self._owner.pw_gid)
            self._refuse_hidden()
        made = self._run("initdb", "-U", _USER, "--auth=trust", "--encoding=UTF8", "--locale=C")
        if made.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise DatabaseError(f"PostgreSQL cannot make {self.data}: {_last_line(made.stderr)}")
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(_SETTINGS)

    def _refuse_hidden(self) -> None:
        """Refuse a folder, of the server's files or of its programs, that its user cannot get to."""
        assert self._programs  # noqa: S101 - set by `start`
        places = {
            self.data: "choose another folder",
            self._programs / "postgres": "install elsewhere",
        }
        for place, elsewhere in places.items():
            for parent in place.resolve().parents:
                if not parent.stat().st_mode & 0o001:
                    raise DatabaseError(
                        f"PostgreSQL does not run as root, and its user cannot enter {parent}: run "
                        f"amazon-fleet as an ordinary user, {elsewhere}, or allow others to enter it "
                        "(chmod o+x)."
                    )

    def _ordinary_user(self) -> pwd.struct_passwd:
        for name in _AS_ROOT:
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name)
        made = subprocess.run(  # noqa: S603
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _AS_ROOT[-1]],  # noqa: S607
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode != 0:
            raise DatabaseError(
                "PostgreSQL does not run as root, and no user could be made for it: run amazon-fleet as "
                "an ordinary user, or give the URL of a database with --database."
            )
        return pwd.getpwnam(_AS_ROOT[-1])

    def _pg_ctl(self, action: str, *words: str) -> None:
        done = self._run("pg_ctl", action, "-w", "-t", str(_START_SECONDS), *words)
        if done.returncode != 0:
            raise DatabaseError(
                f"PostgreSQL does not {action}: {_last_line(done.stderr)} Its log is "
                f"{self.data / 'server.log'}."
            )

    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        assert self._programs  # noqa: S101 - set by `start`
        owner: dict[str, Any] = {}
        if self._owner is not None:
            owner = {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []}
        # Files, not pipes: the server inherits them and would keep a pipe open.
        with (self.folder / "postgres.said").open("w+", encoding="utf-8") as said:
            done = subprocess.run(  # noqa: S603
                [str(self._programs / program), "-D", str(self.data), *words],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False,
                cwd="/", **owner,
            )  # fmt: skip
            said.seek(0)
            text = said.read()
        return subprocess.CompletedProcess(done.args, done.returncode, text, text)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it says nothing."
