"""Where and when a mapping report was made, and what the one before it said, to say what is new."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from amazon_optiply_etl.mapping_report.report import LeftOut, Tally

EARLIER_FILE = "left-out.json"
"""In the folder of the snapshots, since the output may be emptied, or be that of a run that crashed."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when a report was made.

    Attributes:
        made_at: When, ``YYYY-MM-DDTHH:MM:SSZ``.
        version: Version of the program; the tap and the ETL are one distribution.
        synced_at: When the tap had read Amazon's records; null where no sync_summary says.
        account: Optiply account, null where no credentials name it.
        coupling: The coupling of the account with this shop, null likewise.
    """

    made_at: str
    version: str
    synced_at: str | None = None
    account: str | None = None
    coupling: str | None = None

    def facts(self) -> dict[str, Any]:
        """Return the origin as the mapping report's JSON holds it."""
        return {
            "made_at": self.made_at,
            "amazon_synced_at": self.synced_at,
            "version": self.version,
            "optiply_account": self.account,
            "optiply_coupling": self.coupling,
        }


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the run before has left out, where its snapshots say.

    Attributes:
        made_at: When that run was; null where nothing says.
        left_out: Tally -> reason -> ids of what it left out.
    """

    made_at: str | None = None
    left_out: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)

    def new_ids(self, tally: str, left: LeftOut) -> frozenset[str]:
        """Return the ids that are left out for a reason for which the run before left them not out."""
        if self.made_at is None:
            return frozenset()
        return frozenset(left.ids) - self.left_out.get(tally, {}).get(left.reason, frozenset())


class _Earlier(msgspec.Struct, gc=False):  # type: ignore[call-arg,misc,unused-ignore]
    made_at: str
    left_out: dict[str, dict[str, list[str]]]


def read_earlier(snapshots: Path) -> Earlier:
    """Read what the run before has left out; a file that cannot be used says nothing."""
    try:
        content = (snapshots / EARLIER_FILE).read_bytes()
        earlier = msgspec.json.decode(content, type=_Earlier)
    except (OSError, msgspec.MsgspecError, RecursionError):
        return Earlier()
    return Earlier(
        earlier.made_at,
        {
            name: {reason: frozenset(ids) for reason, ids in reasons.items()}
            for name, reasons in earlier.left_out.items()
        },
    )


def earlier_file(made_at: str, tallies: Iterable[Tally]) -> bytes:
    """Write what a run has left out, for the next one to say what is new."""
    left_out = {
        each.name: {left.reason: list(left.ids) for left in each.left_out}
        for each in tallies
        if each.left_out
    }
    return msgspec.json.encode(_Earlier(made_at, left_out)) + b"\n"
