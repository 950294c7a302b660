"""The one connection of a run: it holds the account's lock, and all that the run writes goes through it.

As the server frees the lock when the connection ends, and a connection that has ended writes nothing, a
run that has lost its lock cannot write. Its threads take turns.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg

from amazon_fleet.errors import DatabaseError, LockLostError
from amazon_fleet.observation.traces import EndedRun, Phase
from amazon_fleet.store import accounts, history, locks, states
from amazon_fleet.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amazon_fleet.account_run.order import RunOrder
    from amazon_fleet.accounts.account import Account
    from amazon_fleet.store.database import Connection

SETTLED = 10.0
"""Seconds after which a run that is no longer heard of is over: its process ends by itself when it loses
its connection or its worker, and says that it lives every few seconds."""
_LOST = "It ended without a word: its process was killed, or its worker or its machine was lost."


class Session:
    """The connection of a run, with the account's lock.

    Args:
        order: What is to be run.

    Attributes:
        run: The run's number in the history.
        phase: What the run is at.
        ended: The run once it has ended; null before.

    Raises:
        AccountBusyError: another run of the account is under way.
        DatabaseError: the database cannot be reached.
    """

    def __init__(self, order: RunOrder) -> None:
        self._order = order
        self._database = Database(order.url)
        self._using = threading.RLock()
        self._connection = self._database.connect()
        self.phase = "starting"
        self.ended: EndedRun | None = None
        self._phases = [Phase(self.phase, time.time_ns())]
        try:
            self.run = self._begun()
        except BaseException:
            self._connection.close()
            raise

    @property
    def descriptor(self) -> int:
        """The connection's socket, which closes when the lock is lost."""
        return self._connection.fileno()

    def account(self) -> Account:
        """Return what is given of the account."""
        with self._used() as connection:
            return accounts.load(connection, self._order.account)

    def kept(self) -> states.Kept:
        """Return what is kept of the account."""
        with self._used() as connection:
            return states.load(connection, self._order.account)

    def enter(self, phase: str) -> None:
        """Note what the run is at."""
        self.phase = phase
        self._phases.append(Phase(phase, time.time_ns()))
        self.beat()

    def beat(self) -> None:
        """Note that the run lives."""
        with self._used() as connection:
            history.beat(connection, self.run, self.phase)

    def copy_journal(self, lines: bytes) -> None:
        """Keep lines of the push's journal, before the call that they describe."""
        with self._used() as connection:
            states.append_journal(connection, self._order.account, self.run, lines)

    def finish(
        self,
        outcome: str,
        sentence: str | None,
        figures: Mapping[str, Any],
        *,
        state: Mapping[str, Any] | None = None,
        files: Mapping[str, bytes] | None = None,
        journal: bytes | None = None,
        pause: bool = False,
        next_at: datetime | None = None,
    ) -> None:
        """End the run, and keep what it has come to, in one transaction.

        Args:
            outcome: What came of it.
            sentence: What a person should know.
            figures: For the history.
            state: The Singer state; null where it is to stay.
            files: The snapshots; null where they and the journal are to stay.
            journal: What is in doubt.
            pause: Whether the account is not to run again until a person has seen to it.
            next_at: When the account is due at the latest, as where reports were left; null for by its
                schedule.

        Raises:
            LockLostError: the connection is gone, or a newer run has written.
        """
        name = self._order.account
        with self._used() as connection, connection.transaction():
            states.save(connection, name, self.run, state=state, files=files, journal=journal)
            if not history.end(connection, self.run, outcome, sentence, figures):
                raise LockLostError(
                    f"{name}: run {self.run} was ended by another; nothing is kept."
                )
            if outcome == history.SUCCEEDED:
                accounts.note_success(connection, name)
            else:
                accounts.note_failure(connection, name)
            if next_at is not None:
                wait = (next_at - datetime.now(UTC)).total_seconds()
                accounts.hasten(connection, name, max(0.0, wait))
            if pause:
                accounts.pause(connection, name, sentence or "It cannot be run.")

        self.ended = EndedRun(
            name, self.run, self._order.worker, outcome, sentence, figures, self._phases,
            time.time_ns(),
        )  # fmt: skip

    def close(self) -> None:
        """Give the lock back."""
        with self._using:
            with contextlib.suppress(psycopg.Error):  # gone with the connection, then
                locks.free(self._connection, self._order.account)
            self._connection.close()

    @contextlib.contextmanager
    def _used(self) -> Iterator[Connection]:
        with self._using:
            try:
                yield self._connection
            except psycopg.OperationalError as error:
                raise LockLostError(
                    f"{self._order.account}: the connection to the database is lost: "
                    f"{self._database.reason(error)}"
                ) from None
            except psycopg.Error as error:
                raise DatabaseError(
                    f"{self._order.account}: the database refuses a statement: "
                    f"{self._database.reason(error)}"
                ) from None

    def _begun(self) -> int:
        """Take the lock and begin the run; answers its number."""
        order = self._order
        locks.take(self._connection, order.account)
        self._end_lost()
        return history.begin(
            self._connection,
            order.account,
            worker=order.worker,
            process=os.getpid(),
            due=order.due,
        )

    def _end_lost(self) -> None:
        """End a run that was left open, once its process cannot be alive any more."""
        while (lost := history.open_run(self._connection, self._order.account)) is not None:
            row = self._connection.execute("SELECT clock_timestamp() AS now").fetchone()
            assert row  # noqa: S101 - always one
            silent = (row["now"] - lost.seen).total_seconds()
            if silent < SETTLED:
                time.sleep(SETTLED - silent)
                continue
            history.end(self._connection, lost.id, history.KILLED, _LOST)
