"""What a fleet looks like now: its accounts, their last runs, and how far behind they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_fleet.store.database import Connection


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """An account now.

    Attributes:
        name: Its name.
        queue: Whose workers run it.
        paused: Why it is paused; null if it is not.
        next_due: When it is due.
        last_success: When the last run ended that succeeded.
        running: What its open run is at; null if there is none.
        started: When that began.
        outcome: Of the last run that ended.
        sentence: What that had to say.
        figures: Its figures.
    """

    name: str
    queue: str
    paused: str | None
    next_due: datetime
    last_success: datetime | None
    running: str | None
    started: datetime | None
    outcome: str | None
    sentence: str | None
    figures: Mapping[str, Any]

    def lag(self, now: datetime) -> timedelta:
        """Return how long it has been due, or zero."""
        if self.paused is not None or self.running is not None:
            return timedelta(0)
        return max(timedelta(0), now - self.next_due)


def accounts(connection: Connection) -> list[AccountStatus]:
    """Return all accounts, by name."""
    rows = connection.execute(
        """SELECT a.name, a.queue, a.paused, a.next_due, a.last_success, o.phase AS running, o.started,
            l.outcome, l.sentence, coalesce(l.figures, '{}') AS figures
        FROM fleet_accounts a
        LEFT JOIN fleet_runs o ON o.account = a.name AND o.ended IS NULL
        LEFT JOIN LATERAL (SELECT outcome, sentence, figures FROM fleet_runs
            WHERE account = a.name AND ended IS NOT NULL ORDER BY id DESC LIMIT 1) l ON true
        ORDER BY a.name"""
    ).fetchall()
    return [AccountStatus(**row) for row in rows]
