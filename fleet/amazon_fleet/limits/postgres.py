"""Shared limits as rows of the fleet's database, and what a process does while that does not answer.

A token of an operation is a row's `full_at`, moved on by one interval in one statement (the generic cell
rate algorithm): who moves it has a token, from an instant that its process waits for, so tokens are
given in order and none of them is polled for. Reports of a type have a queue (see `report_turns`). Time
is the database's, the same for all machines.
"""

from __future__ import annotations

import contextlib
import logging
import math
import threading
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from typing_extensions import override

from amazon_fleet.errors import DatabaseError
from amazon_fleet.limits.report_turns import FORGOTTEN, Used, Waiter, seconds_until_turn
from amazon_selling_partner import (
    THIS_MACHINE,
    LimitSpentError,
    Quota,
    ReportLimit,
    SharedLimits,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from amazon_fleet.limits.plan import Shared, SharedPlan
    from amazon_fleet.store.database import Connection
    from amazon_selling_partner import Machine

T = TypeVar("T")
logger = logging.getLogger(__name__)

MARGIN: Final = 1.01
"""Tokens are counted one per cent slower than Amazon counts them: its figures are rounded."""
TRANSIT: Final = 1.0
"""Seconds by which calls of several machines may come closer together at Amazon than they were made."""
BRIEF: Final = 10.0
"""Seconds of real time that a process waits for its token; it waits so much longer after each refusal,
so that it comes before those who have waited less."""
CREATE: Final = "createReport"
PAUSE: Final = 30.0
"""Seconds after which a database that did not answer is tried again."""

_RESERVE = """
INSERT INTO fleet_shared_calls AS bucket (key, full_at)
VALUES (%(key)s, clock_timestamp() + %(interval)s)
ON CONFLICT (key) DO UPDATE
  SET full_at = greatest(bucket.full_at, clock_timestamp()) + %(interval)s
  WHERE bucket.full_at <= clock_timestamp() + %(most)s
RETURNING extract(epoch FROM full_at - clock_timestamp())::float8 AS full_in, true AS is_taken
"""
_FULL_IN = """
SELECT extract(epoch FROM full_at - clock_timestamp())::float8 AS full_in, false AS is_taken
FROM fleet_shared_calls WHERE key = %(key)s
"""
_DRAIN = """
INSERT INTO fleet_shared_calls AS bucket (key, full_at)
VALUES (%(key)s, clock_timestamp() + %(filling)s)
ON CONFLICT (key) DO UPDATE
  SET full_at = greatest(bucket.full_at, clock_timestamp() + %(filling)s)
"""
_LOCK_REPORTS = """
INSERT INTO fleet_shared_reports (key) VALUES (%(key)s)
ON CONFLICT (key) DO UPDATE SET key = excluded.key
RETURNING used, refused, refusals, clock_timestamp() AS now
"""
_USE_REPORTS = """
UPDATE fleet_shared_reports
SET used = %(used)s, refused = %(refused)s, refusals = %(refusals)s WHERE key = %(key)s
"""
_JOIN_QUEUE = """
INSERT INTO fleet_report_queue (key, account, since, seen)
VALUES (%(key)s, %(account)s, %(now)s, %(now)s)
ON CONFLICT (key, account) DO UPDATE SET seen = excluded.seen
"""
_FORGET = "DELETE FROM fleet_report_queue WHERE key = %(key)s AND seen < %(seen)s"
_QUEUE = """
SELECT account, since FROM fleet_report_queue WHERE key = %(key)s ORDER BY since, account
"""
_LEAVE_QUEUE = "DELETE FROM fleet_report_queue WHERE key = %(key)s AND account = %(account)s"


class PostgresLimits(SharedLimits):
    """The limits that an account shares, in the fleet's database. Close it at the end.

    While the database does not answer, a process keeps to a share of each quota and requests no report
    of a type that it shares, which is due then; that is said in one line.

    Args:
        connect: Opens a connection of its own; called when a limit is first needed.
        plan: What the account shares.
        sharers: How many processes may share it at most, for the share of each.
        factor: How many times faster than real time Amazon's clock runs; above 1 for a sandbox.
        machine: Whose time it is.

    Attributes:
        refused: How many calls Amazon has refused with 429, by operation; shared or not.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        plan: SharedPlan,
        *,
        sharers: int = 50,
        factor: float = 1.0,
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self._connect = connect
        self.refused: Counter[str] = Counter()
        self._plan = plan
        self._sharers = max(1, sharers)
        self._factor = factor
        self._machine = machine
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._try_again = -math.inf
        self._connection_lock = threading.Lock()
        self._full_at: dict[str, float] = {}  # of calls, by this machine's time
        self._spent: Counter[str] = Counter()  # in a row, of calls
        self._report_at: dict[str, float] = {}

    def close(self) -> None:
        """Close the connection."""
        with self._connection_lock:
            self._drop_connection()

    # Calls

    @override
    def reserve_call(self, operation: str) -> float:
        """Take a token of an operation; see `SharedLimits`."""
        shared = self._plan.calls.get(operation)
        if shared is None:
            return 0.0
        interval, burst = self._interval(shared.rule), _burst(shared.rule)
        patience = BRIEF * (1 + self._spent[operation])
        parameters = {
            "key": shared.key,
            "interval": timedelta(seconds=interval),
            "most": timedelta(seconds=(burst - 1) * interval + patience),
        }
        answer = self._asked(lambda connection: _reserved(connection, parameters))
        now = self._machine.monotonic()
        with self._lock:
            if answer is None:
                return self._share(operation, interval, now)
            full_in, is_taken = answer
            self._full_at[operation] = now + full_in
            self._spent[operation] = 0 if is_taken else self._spent[operation] + 1
        if not is_taken:
            raise LimitSpentError("what Amazon allows the application is used up by other accounts")
        return max(0.0, full_in - burst * interval) * self._factor

    def _share(self, operation: str, interval: float, now: float) -> float:
        """Take a token of the share of this process, which has no burst: together they keep the rate."""
        at = max(self._full_at.get(operation, now), now) + interval * self._sharers
        self._full_at[operation] = at
        return (at - now) * self._factor

    @override
    def seconds_until_call(self, operation: str, calls: int = 1) -> float:
        """How long until a call may be made; see `SharedLimits`."""
        shared = self._plan.calls.get(operation)
        if shared is None:
            return 0.0
        with self._lock:
            full_at = self._full_at.get(operation, -math.inf)
        ahead = full_at - self._machine.monotonic()
        wait = ahead - (_burst(shared.rule) - calls) * self._interval(shared.rule)
        return max(0.0, wait) * self._factor

    @override
    def call_refused(self, operation: str) -> None:
        """Count a bucket as empty; see `SharedLimits`."""
        if operation != CREATE:  # a refused report is counted as one
            self.refused[operation] += 1
        shared = self._plan.calls.get(operation)
        if shared is None:
            return
        filling = timedelta(seconds=_burst(shared.rule) * self._interval(shared.rule))
        drained = {"key": shared.key, "filling": filling}
        self._asked(lambda connection: connection.execute(_DRAIN, drained))

    def _interval(self, quota: Quota) -> float:
        """Seconds of real time between two tokens."""
        return MARGIN / quota.rate / self._factor

    # Reports

    @override
    def is_report_limited(self, report_type: str) -> bool:
        """Whether a report type has a limit that is shared."""
        return report_type in self._plan.reports

    @override
    def reserve_report(self, report_type: str) -> None:
        """Take the next report of a type if it is the account's turn; see `SharedLimits`."""
        shared = self._plan.reports.get(report_type)
        if shared is None:
            return
        wait = self._asked(lambda connection: self._turn(connection, shared))
        seconds = PAUSE if wait is None else wait / self._factor
        with self._lock:
            self._report_at[report_type] = self._machine.monotonic() + seconds
        if seconds > 0:
            raise LimitSpentError("the limit of its report type is used up by other accounts")

    @override
    def seconds_until_report(self, report_type: str, calls: int = 1) -> float:
        """How long until a report may be requested; see `SharedLimits`."""
        shared = self._plan.reports.get(report_type)
        if shared is None:
            return 0.0
        with self._lock:
            at = self._report_at.get(report_type, -math.inf)
        wait = max(0.0, at - self._machine.monotonic()) * self._factor
        return wait + (calls - 1) * shared.rule.interval.total_seconds()

    @override
    def report_refused(self, report_type: str) -> None:
        """Amazon has refused a report that was taken; see `SharedLimits`."""
        self.refused[CREATE] += 1
        shared = self._plan.reports.get(report_type)
        if shared is not None:
            self._asked(lambda connection: self._refused(connection, shared))

    def _turn(self, connection: Connection, shared: Shared[ReportLimit]) -> float:
        """Amazon's seconds until the account's turn; 0 if it is, and then it is taken."""
        key, account = shared.key, self._plan.account
        limit = ReportLimit(shared.rule.interval * MARGIN, shared.rule.a_day)
        with connection.transaction():
            used, now = self._locked(connection, key)
            connection.execute(_JOIN_QUEUE, {"key": key, "account": account, "now": now})
            connection.execute(_FORGET, {"key": key, "seen": now - FORGOTTEN / self._factor})
            queue = [Waiter(**row) for row in connection.execute(_QUEUE, {"key": key})]
            wait = seconds_until_turn(
                account,
                [Waiter(each.account, self._amazons(each.since, now)) for each in queue],
                Used(
                    tuple(self._amazons(when, now) for when in used.times),
                    self._amazons(used.refused, now) if used.refused else None,
                    used.refusals,
                ),
                limit,
                now,
            )
            if wait <= 0:
                self._put(connection, key, used.granted(now))
                connection.execute(_LEAVE_QUEUE, {"key": key, "account": account})
        return wait

    def _refused(self, connection: Connection, shared: Shared[ReportLimit]) -> bool:
        with connection.transaction():
            used, now = self._locked(connection, shared.key)
            self._put(connection, shared.key, used.refused_now(now))
        return True

    def _amazons(self, when: datetime, now: datetime) -> datetime:
        """An instant of the database in Amazon's time, which may run faster and is the same now."""
        return now - (now - when) * self._factor

    @staticmethod
    def _locked(connection: Connection, key: str) -> tuple[Used, datetime]:
        """What is used of a report type, with its row locked until the transaction ends."""
        row = connection.execute(_LOCK_REPORTS, {"key": key}).fetchone()
        assert row is not None  # noqa: S101 - the statement makes the row
        return Used(tuple(row["used"]), row["refused"], row["refusals"]), row["now"]

    @staticmethod
    def _put(connection: Connection, key: str, used: Used) -> None:
        connection.execute(
            _USE_REPORTS,
            {
                "key": key, "used": list(used.times), "refused": used.refused,
                "refusals": used.refusals,
            },
        )  # fmt: skip

    # The database

    def _asked(self, question: Callable[[Connection], T]) -> T | None:
        """What the database answers; None while it does not."""
        with self._connection_lock:
            if self._machine.monotonic() < self._try_again:
                return None
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = _prepared(self._connect())
                return question(self._connection)
            except (DatabaseError, psycopg.OperationalError):
                self._drop_connection()
                if self._try_again == -math.inf:
                    logger.warning(
                        "The fleet's database does not answer, so account %s keeps to a share of the "
                        "limits that it has in common with others, and requests no report of which "
                        "others use up the limit.",
                        self._plan.account,
                    )
                self._try_again = self._machine.monotonic() + PAUSE
                return None

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None


def _reserved(connection: Connection, parameters: dict[str, Any]) -> tuple[float, bool]:
    """In how many seconds a bucket will be full, and whether a token of it was taken."""
    while True:
        for statement in (_RESERVE, _FULL_IN):
            if row := connection.execute(statement, parameters).fetchone():
                return row["full_in"], row["is_taken"]


def _prepared(connection: Connection) -> Connection:
    """A connection that waits for nobody long.

    A token need not outlast a crash of the database: what is lost of it is less than a second old, and
    the database takes longer to come back.
    """
    connection.autocommit = True
    connection.execute("SET synchronous_commit = off")
    connection.execute("SET statement_timeout = '10s'")
    return connection


def _burst(quota: Quota) -> int:
    """Calls at once; some are held back, since calls of several machines arrive in another order."""
    return max(1, quota.burst - math.ceil(quota.rate * TRANSIT))
