"""An account of a fleet as the user has given it: what it syncs, where to, and how often."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Settings = Mapping[str, Any]

FILES, DATABASE, COMMAND = "files", "database", "command"
TARGETS = (FILES, DATABASE, COMMAND)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When an account is due.

    Attributes:
        every: Seconds from one run to the next.
        jitter: Seconds over which the accounts of one interval are spread; an account always has the
            same place in it, so that a fleet that was down does not come back as a herd.
    """

    every: int
    jitter: int

    def next_after(self, now: datetime, account: str) -> datetime:
        """Return the first instant after now at which an account is due; what was missed is skipped.

        >>> Schedule(1800, 0).next_after(datetime(2026, 11, 2, 8, 10, tzinfo=UTC), "shop").isoformat()
        '2026-11-02T08:30:00+00:00'
        """
        place = zlib.crc32(account.encode()) % (self.jitter + 1)
        passed = (int(now.timestamp()) - place) // self.every
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=(passed + 1) * self.every + place)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a run may take.

    Attributes:
        memory: Bytes of its own.
        seconds: From its start to its end.
    """

    memory: int = 1_000_000_000
    seconds: int = 7_200


@dataclass(frozen=True, slots=True)
class Target:
    """Where records go.

    Attributes:
        kind: ``files``, ``database`` or ``command``.
        settings: Of the target; of ``files``: ``path``; of ``database``: ``url``, ``schema``; of
            ``command``: ``command`` (words) and ``config``. Secrets are references.
    """

    kind: str
    settings: Settings = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """One selling account in one region, by its name in the fleet.

    Attributes:
        name: Letters, digits, ``.``, ``_`` and ``-``; it names folders, log lines and metrics.
        amazon: The tap's settings; secrets are references (``env:NAME``, ``file:PATH``).
        streams: What is synced; empty: what the tap selects by default.
        schedule: When it is due.
        target: Where records go beside the ETL; null: to the ETL alone.
        etl: The ETL's flags; null: there is no ETL.
        optiply: Optiply's credentials, secrets by reference; null: payloads are built and not sent.
        queue: Of the workers that may run it.
        bounds: What a run may take.
        limits: Of Amazon's, those that it shares with other accounts (see `limits`).
    """

    name: str
    amazon: Settings
    streams: tuple[str, ...] = ()
    schedule: Schedule = field(default_factory=lambda: Schedule(1800, 300))
    target: Target | None = None
    etl: Settings | None = None
    optiply: Settings | None = None
    queue: str = "default"
    bounds: Bounds = field(default_factory=Bounds)
    limits: Settings = field(default_factory=dict)

    def as_row(self) -> dict[str, Any]:
        """Return what the database keeps; there is no secret in it."""
        return asdict(self)

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Account:
        """Return the account that `as_row` was of."""
        target = row["target"]
        return cls(
            name=row["name"],
            amazon=row["amazon"],
            streams=tuple(row["streams"]),
            schedule=Schedule(**row["schedule"]),
            target=None if target is None else Target(**target),
            etl=row["etl"],
            optiply=row["optiply"],
            queue=row["queue"],
            bounds=Bounds(**row["bounds"]),
            limits=row.get("limits", {}),
        )
