"""What Amazon has answered, kept in SQLite: a rerun asks only what is stale.

The same file counts the calls of an account, so that a daily quota holds over several runs. It is a
cache: a file of another version is emptied, one that is damaged is refused in a sentence.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tap_amazon_associates.errors import CacheError
from tap_amazon_associates.exact_json import decoded, encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

VERSION = 1
IN_MEMORY = ":memory:"
DAY = timedelta(days=1)
_MINUTE = 60
_BUSY_SECONDS = 30.0
_KEYS_AT_ONCE = 500
"""SQLite of 2020 takes 999 parameters at most."""
_TABLES = """
CREATE TABLE answers (
  scope TEXT, kind TEXT, key TEXT, read_at REAL NOT NULL, found INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (scope, kind, key)
) WITHOUT ROWID;
CREATE TABLE calls (account TEXT, minute INTEGER, count INTEGER NOT NULL, PRIMARY KEY (account, minute))
WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Amazon has said about one key.

    Attributes:
        found: Whether it is data; else it is why there is none.
        body: The JSON of it, with decimals.
    """

    key: str
    read_at: datetime
    found: bool
    body: Any


class Cache:
    """Answers by scope (marketplace, tag and preferences), kind and key.

    Args:
        path: The file, made with its folders where it is missing, readable by its owner alone; or
            `:memory:`.

    Raises:
        CacheError: It cannot be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        with self._told():
            self._make_file()
            self._connection = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._make_tables()

    def _make_file(self) -> None:
        if self.path == IN_MEMORY:
            return
        file = Path(self.path)
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))

    def _make_tables(self) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        [found] = connection.execute("PRAGMA user_version").fetchone()
        if found != VERSION:
            connection.execute("DROP TABLE IF EXISTS answers")
            connection.execute("DROP TABLE IF EXISTS calls")
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def get(self, scope: str, kind: str, keys: Iterable[str]) -> dict[str, Answer]:
        """What is known of these keys, however old it is."""
        wanted = list(keys)
        found: dict[str, Answer] = {}
        for start in range(0, len(wanted), _KEYS_AT_ONCE):
            some = wanted[start : start + _KEYS_AT_ONCE]
            marks = ", ".join("?" * len(some))
            query = (
                "SELECT key, read_at, found, body FROM answers "  # noqa: S608 - marks alone
                f"WHERE scope = ? AND kind = ? AND key IN ({marks})"
            )
            with self._told():
                rows = self._connection.execute(query, (scope, kind, *some)).fetchall()
            for key, read_at, is_found, body in rows:
                instant = datetime.fromtimestamp(read_at, UTC)
                found[key] = Answer(key, instant, bool(is_found), self._decoded(body))
        return found

    def put(self, scope: str, kind: str, answers: Iterable[Answer]) -> None:
        """Keep answers, instead of what was known of their keys."""
        rows = [
            (scope, kind, each.key, each.read_at.timestamp(), each.found, encoded(each.body))
            for each in answers
        ]
        with self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(
                    "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", rows
                )
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def count_call(self, account: str, at: datetime) -> None:
        """Count one call of an account."""
        minute = int(at.timestamp()) // _MINUTE
        with self._told():
            self._connection.execute(
                "INSERT INTO calls VALUES (?, ?, 1) "
                "ON CONFLICT (account, minute) DO UPDATE SET count = count + 1",
                (account, minute),
            )

    def calls_in_a_day(self, account: str, now: datetime) -> list[tuple[datetime, int]]:
        """The calls of an account in the 24 hours before an instant, by minute, the oldest first."""
        since = int((now - DAY).timestamp()) // _MINUTE
        with self._told():
            self._connection.execute(
                "DELETE FROM calls WHERE account = ? AND minute <= ?", (account, since)
            )
            rows = self._connection.execute(
                "SELECT minute, count FROM calls WHERE account = ? ORDER BY minute", (account,)
            ).fetchall()
        return [(datetime.fromtimestamp(minute * _MINUTE, UTC), count) for minute, count in rows]

    def forget(self, older_than: datetime) -> None:
        """Drop answers that were read before an instant."""
        with self._told():
            self._connection.execute(
                "DELETE FROM answers WHERE read_at < ?", (older_than.timestamp(),)
            )

    def _decoded(self, body: bytes) -> Any:
        try:
            return decoded(body)
        except ValueError:
            raise self._error("it holds what is not JSON") from None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Have a failure of the file reported in one sentence."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._error(getattr(error, "strerror", None) or str(error)) from None

    def _error(self, reason: str) -> CacheError:
        return CacheError(
            f"The cache {self.path} cannot be used: {reason}. Remove the file, or name another one with "
            "the setting 'cache_path'; it holds nothing that Amazon cannot give again."
        )
