"""Whose word counts for what Optiply has: the host's snapshots, or that it was written.

``snapshots/deliveries.json`` remembers of each flow whether a snapshot of its host was ever seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.json_files import read_config
from amazon_optiply_etl.state.deliveries import written_at
from amazon_optiply_etl.state.host_snapshots import flows_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

FILE = "deliveries.json"
_NO_FLOW = ""
NO_HOST_AFTER = timedelta(days=3)
_NO_HOST_AFTER_RUNS = 3
"""When no host keeps snapshots: each load that takes anything would have written some."""


class Evidence(Enum):
    """What shows that a record has arrived in Optiply."""

    WRITTEN = "it was written, and nobody reports more"
    KEPT = "it was written; its records are kept as long as a host's snapshots may still come"
    HOST = "the host's snapshots of the flow have it"
    AWAITED = "the host's snapshots, of which none was ever seen"


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier runs learned about the host.

    Attributes:
        seen: The flow of which a snapshot of the host was seen last.
        runs: Flow -> runs that have written for it while none was.
        since: When the first of these was, of runs for which no flow was named; null without one.
        products: remoteId -> what is known of a product that may be gone: its dead ``id``, ``misses``
            (runs in which its orders alone were not taken) and the id of its ``successor``.
        products_checked: When the API was asked last which products there are.
    """

    seen: frozenset[str] = frozenset()
    runs: Mapping[str, int] = field(default_factory=dict)
    products: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    products_checked: str | None = None
    since: str | None = None

    def of(
        self,
        flow: str | None,
        *,
        has_snapshot: bool,
        host_snapshots: bool | None,
        now: datetime,
    ) -> Evidence:
        """Say what counts for a flow.

        Args:
            flow: The flow's name; None where the host has not given one.
            has_snapshot: Whether the host has a snapshot of it, for any stream.
            host_snapshots: The setting; None where it is left to what is found.
            now: The time of the run.
        """
        if host_snapshots is False:
            return Evidence.WRITTEN
        if host_snapshots or has_snapshot or (flow or _NO_FLOW) in self.seen:
            return Evidence.HOST
        if flow is not None:
            return Evidence.AWAITED
        long_ago = self.since is not None and self.since <= written_at(now - NO_HOST_AFTER)
        no_host = long_ago and self.runs_of(None) >= _NO_HOST_AFTER_RUNS
        return Evidence.WRITTEN if no_host else Evidence.KEPT

    def refuse_another_flow(self, folder: Path, flow: str) -> None:
        """Refuse a flow without a snapshot of the host where what was written was another flow's.

        That one's snapshots show what has arrived, and are not read for this one: what was written last
        would go out once more.

        Args:
            folder: The snapshots, for the sentence.
            flow: The flow that is named, of which there is no snapshot.

        Raises:
            EtlError: the host's snapshots that are there, or were, are those of another flow.
        """
        others = self.seen | {each for each in self.runs if each in flows_in(folder)}
        if not others or flow in others:
            return
        old = ", ".join(sorted(others))
        raise EtlError(
            f"The flow is {flow} now, of which {folder} has no host's snapshot, and what was sent so "
            f"far was sent by flow {old}; if the flow was renamed, rename the files "
            f"<Stream>_{old}.snapshot.* to <Stream>_{flow}.snapshot.*, if it is another shop's, give it "
            "a snapshots folder of its own, and if the host keeps no snapshots any more, set "
            "host_snapshots to false."
        )

    def after(
        self, flow: str | None, evidence: Evidence, *, has_snapshot: bool, now: datetime
    ) -> Memory:
        """Return what the next run knows."""
        name = flow or _NO_FLOW
        seen = frozenset({name}) if has_snapshot else self.seen
        runs = {each: count for each, count in self.runs.items() if each not in seen}
        if evidence in {Evidence.AWAITED, Evidence.KEPT}:
            runs[name] = runs.get(name, 0) + 1
        since = self.since
        if evidence is Evidence.KEPT:
            since = since or written_at(now)
        return replace(self, seen=seen, runs=runs, since=since if _NO_FLOW in runs else None)

    def runs_of(self, flow: str | None) -> int:
        """Return how many runs have written for a flow of which no snapshot was seen."""
        return self.runs.get(flow or _NO_FLOW, 0)

    def as_bytes(self) -> bytes | None:
        """Write the file; None when there is nothing to remember."""
        if not (self.seen or self.runs or self.products or self.products_checked):
            return None
        content: dict[str, Any] = {
            "host_snapshots_seen": sorted(self.seen),
            "runs_without_host_snapshots": dict(sorted(self.runs.items())),
            "products": {key: dict(each) for key, each in sorted(self.products.items())},
        }
        if self.products_checked is not None:
            content["products_checked"] = self.products_checked
        if self.since is not None:
            content["no_host_since"] = self.since
        return json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n"


def read_memory(folder: Path) -> Memory:
    """Read what earlier runs learned; nothing without the file.

    Raises:
        EtlError: the file cannot be read as JSON.
    """
    path = folder / FILE
    if not path.exists() or path.stat().st_size == 0:
        return Memory()
    content = read_config(path)
    seen, runs, products = (
        content.get(name)
        for name in ("host_snapshots_seen", "runs_without_host_snapshots", "products")
    )
    return Memory(
        frozenset(each for each in seen if isinstance(each, str))
        if isinstance(seen, list)
        else frozenset(),
        {str(name): count for name, count in runs.items() if isinstance(count, int)}
        if isinstance(runs, dict)
        else {},
        _products(products) if isinstance(products, dict) else {},
        checked if isinstance(checked := content.get("products_checked"), str) else None,
        since if isinstance(since := content.get("no_host_since"), str) else None,
    )


def _products(content: dict[Any, Any]) -> dict[str, dict[str, Any]]:
    """Return the products of the file that have an id, without what is not an id."""
    found = {}
    for name, each in content.items():
        if isinstance(each, dict) and _is_id(each.get("id")):
            entry = {key: value for key, value in each.items() if value is not None}
            if "successor" in entry and not _is_id(entry["successor"]):
                del entry["successor"]
            entry["misses"] = entry["misses"] if isinstance(entry.get("misses"), int) else 0
            found[str(name)] = entry
    return found


def _is_id(value: object) -> bool:
    return str(value).isascii() and str(value).isdigit()
