"""Where and when a mapping report was made, and what the one before it said, to tell what is new."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from amazon_optiply_etl.mapping_report.report import LeftOut

_LARGEST = 64_000_000  # bytes of an earlier report; a larger one is not compared with


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when a report was made.

    Attributes:
        made_at: When, ``YYYY-MM-DDTHH:MM:SSZ``.
        version: Version of the program; the tap and the ETL are one distribution.
        synced_at: When the tap had read Amazon's records; null where no sync_summary tells.
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
    """What the report of the run before says, where it is still there.

    Attributes:
        made_at: When that run was; null where nothing tells.
        left_out: Tally -> reason -> ids of what it left out.
    """

    made_at: str | None = None
    left_out: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)

    def new_ids(self, tally: str, left: LeftOut) -> frozenset[str]:
        """Return the ids that are left out for a reason for which the run before left them not out."""
        if self.made_at is None:
            return frozenset()
        return frozenset(left.ids) - self.left_out.get(tally, {}).get(left.reason, frozenset())


class _Group(msgspec.Struct, gc=False):  # type: ignore[call-arg,misc,unused-ignore]
    ids: list[str]


class _Made(msgspec.Struct, gc=False):  # type: ignore[call-arg,misc,unused-ignore]
    made_at: str


class _Report(msgspec.Struct, gc=False):  # type: ignore[call-arg,misc,unused-ignore]
    origin: _Made
    left_out: dict[str, dict[str, _Group]]


def read_earlier(path: Path) -> Earlier:
    """Read the mapping-report.json of the run before; one that cannot be used tells nothing."""
    try:
        if path.stat().st_size > _LARGEST:
            return Earlier()
        report = msgspec.json.decode(path.read_bytes(), type=_Report)
    except (OSError, msgspec.MsgspecError, RecursionError):
        return Earlier()
    return Earlier(
        report.origin.made_at,
        {
            name: {reason: frozenset(group.ids) for reason, group in groups.items()}
            for name, groups in report.left_out.items()
        },
    )
