"""What a fleet looks like now: its accounts, how late they are, what runs, what fails and why.

All of it is read from the database in two statements, so that any number of programs may show it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_fleet.store.database import Connection

PAUSED, FAILING, INCOMPLETE, LATE, NEW, GOOD = (
    "paused", "failing", "incomplete", "late", "new", "good",
)  # fmt: skip
STATES: Final = (PAUSED, FAILING, INCOMPLETE, LATE, NEW, GOOD)
"""What an account can be, the most urgent first. An account that runs is in one of them as well."""
MOST: Final = 200
"""Accounts that are read at once, where nothing else is said; the most urgent ones."""

_SEEN = """
WITH seen AS (
    SELECT a.name, a.queue, a.last_success, a.next_due, a.failures,
        o.phase AS running, o.started,
        CASE WHEN a.paused IS NOT NULL THEN 1 WHEN l.outcome IN ('failed', 'killed') THEN 2
            WHEN l.outcome = 'incomplete' THEN 3
            WHEN o.id IS NULL AND a.next_due < now()
                - make_interval(secs => (a.given->'schedule'->>'every')::float8) THEN 4
            WHEN l.outcome IS NULL THEN 5 ELSE 6 END AS urgency,
        coalesce(a.paused, CASE WHEN l.outcome <> 'succeeded' THEN l.sentence END) AS sentence,
        CASE WHEN a.paused IS NULL AND o.id IS NULL
            THEN greatest(0, extract(epoch FROM now() - a.next_due))::float8
            ELSE 0 END AS late,
        l.ended, coalesce(l.figures, '{}') AS figures
    FROM fleet_accounts a
    LEFT JOIN fleet_runs o ON o.account = a.name AND o.ended IS NULL
    LEFT JOIN LATERAL (SELECT outcome, sentence, ended, figures FROM fleet_runs
        WHERE account = a.name AND ended IS NOT NULL ORDER BY id DESC LIMIT 1) l ON true
)
"""
_ACCOUNTS = f"""{_SEEN}
SELECT * FROM seen
WHERE strpos(lower(name), lower(%(search)s)) > 0
    AND (%(urgency)s::int IS NULL OR urgency = %(urgency)s)
ORDER BY urgency, late DESC, name LIMIT %(most)s
"""  # noqa: S608 - two texts of this module
_TOTALS = f"""{_SEEN}
SELECT urgency, count(*) AS accounts, count(running) AS running, max(late) AS late
FROM seen GROUP BY urgency
"""  # noqa: S608
_DAY = """
SELECT outcome, count(*) AS runs, coalesce(sum((SELECT sum(each.value::bigint)
    FROM jsonb_each_text(coalesce(figures->'refused', '{}')) each)), 0)::bigint AS refused
FROM fleet_runs WHERE ended > now() - interval '24 hours' GROUP BY outcome
"""


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """An account now.

    Attributes:
        name: Its name.
        queue: Whose workers run it.
        state: One of `STATES`.
        sentence: Why it is paused, or what its last run had to say; null where all is well.
        running: What its open run is at; null if there is none.
        started: When that began.
        last_success: When the last run ended that succeeded.
        last_end: When the last run ended.
        next_due: When it is due.
        late: Seconds since then, or 0.
        failures: Runs since the last one that succeeded.
        refused: Calls that Amazon refused with 429 in its last run.
        seconds: That its last run took.
        memory: Bytes of its own that its last run had at most; null where that is not known.
    """

    name: str
    queue: str
    state: str
    sentence: str | None
    running: str | None
    started: datetime | None
    last_success: datetime | None
    last_end: datetime | None
    next_due: datetime
    late: float
    failures: int
    refused: int
    seconds: float | None
    memory: int | None


@dataclass(frozen=True, slots=True)
class FleetStatus:
    """A fleet now.

    Attributes:
        at: When this was so, by the database's clock.
        states: How many accounts are in each of `STATES`.
        running: How many run.
        late: Seconds for which the longest one has been due.
        runs: Runs that ended in 24 hours, by outcome.
        refused: Calls that Amazon refused with 429 in them.
        started: Runs that have begun since the fleet began.
        accounts: Some accounts, the most urgent first.
    """

    at: datetime
    states: Mapping[str, int]
    running: int
    late: float
    runs: Mapping[str, int]
    refused: int
    started: int
    accounts: tuple[AccountStatus, ...]

    @property
    def total(self) -> int:
        """How many accounts there are."""
        return sum(self.states.values())

    def as_json(self) -> dict[str, Any]:
        """Everything, with instants as texts."""
        found: dict[str, Any] = _texts(asdict(self)) | {"total": self.total}
        return found


def fleet_status(
    connection: Connection, *, search: str = "", state: str = "", most: int = MOST
) -> FleetStatus:
    """Read a fleet's status.

    Args:
        connection: To its database.
        search: A part of the names of the accounts to list; empty for any.
        state: Of the accounts to list; empty for any.
        most: How many to list.
    """
    wanted = {"search": search, "urgency": _urgency(state), "most": most}
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        rows = connection.execute(_ACCOUNTS, wanted).fetchall()
        totals = connection.execute(_TOTALS).fetchall()
        day = connection.execute(_DAY).fetchall()
        last = connection.execute(
            "SELECT now() AS at, coalesce(max(id), 0) AS started FROM fleet_runs"
        ).fetchone()
    assert last  # noqa: S101 - an aggregate has a row
    by_urgency = {row["urgency"]: row["accounts"] for row in totals}
    return FleetStatus(
        at=last["at"],
        states={name: by_urgency.get(at, 0) for at, name in enumerate(STATES, start=1)},
        running=sum(row["running"] for row in totals),
        late=max((row["late"] for row in totals), default=0.0),
        runs={row["outcome"]: row["runs"] for row in day},
        refused=sum(row["refused"] for row in day),
        started=last["started"],
        accounts=tuple(map(_account, rows)),
    )


def _urgency(state: str) -> int | None:
    return STATES.index(state) + 1 if state in STATES else None


def _account(row: Mapping[str, Any]) -> AccountStatus:
    figures = row["figures"]
    return AccountStatus(
        name=row["name"],
        queue=row["queue"],
        state=STATES[row["urgency"] - 1],
        sentence=row["sentence"],
        running=row["running"],
        started=row["started"],
        last_success=row["last_success"],
        last_end=row["ended"],
        next_due=row["next_due"],
        late=row["late"],
        failures=row["failures"],
        refused=sum((figures.get("refused") or {}).values()),
        seconds=figures.get("seconds"),
        memory=figures.get("memory"),
    )


def _texts(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {key: _texts(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value
