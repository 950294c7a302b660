"""What a host and target-optiply v2 do with data.singer, as far as the ETL sees it, in a few lines.

The target stops at the first answer of 400 or above except 404 and 409, skips everything after it and
ends with exit code 0; the host then keeps the successes. Source: target-optiply v2, `UnifiedSink`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class HostedTarget:
    """Optiply behind a host: its objects, and the host's snapshots.

    Attributes:
        root: The hosted folder.
        flow: The flow that the snapshots are named by.
        never: Ids by stream that Optiply refuses for ever, such as ``{"Products": {"B0"}}``.
        custom_data: Whether the host keeps CustomData.
        objects: Stream -> Optiply id -> the record as it was written last.
        created: Stream and externalId of each creation, in order, so that doubles are seen.
        ids: Stream -> externalId -> Optiply id, as the host knows it.
    """

    root: Path
    flow: str = "flow1"
    never: dict[str, set[str]] = field(default_factory=dict)
    custom_data: bool = False
    objects: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    created: list[tuple[str, str]] = field(default_factory=list)
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    custom: dict[str, dict[str, str]] = field(default_factory=dict)

    def load(self, stop_at: int | None = None) -> None:
        """Load etl-output/data.singer; the record at this place of the file is refused once."""
        text = (self.root / "etl-output" / "data.singer").read_text(encoding="utf-8")
        messages = [json.loads(line) for line in text.splitlines()]
        records = [each for each in messages if each["type"] == "RECORD"]
        for place, message in enumerate(records):
            if not self._take(message["stream"], dict(message["record"]), refused=place == stop_at):
                break
        self._write()

    def _take(self, stream: str, record: dict[str, Any], *, refused: bool) -> bool:
        external = record.pop("externalId")
        own = self.ids.setdefault(stream, {})
        there = self.objects.setdefault(stream, {})
        id_ = record.pop("id", None) or own.get(external)
        if id_ is not None and id_ not in there:
            return True  # 404, at which the target does not stop
        if refused or external in self.never.get(stream, set()) or not self._refers(record):
            return False
        if id_ is None:
            id_ = f"{1000 + len(self.created)}"
            self.created.append((stream, external))
        there[id_] = record
        own[external] = id_
        self.custom.setdefault(stream, {})[external] = json.dumps(record)
        return True

    def _refers(self, record: dict[str, Any]) -> bool:
        """Return whether the products of an order's lines are there, and write in their ids."""
        for line in json.loads(record.get("line_items", "[]")):
            id_ = line.get("productId") or self.ids["Products"].get(line["Remote_productId"])
            if id_ not in self.objects["Products"]:
                return False
        return True

    def lose(self, stream: str, external: str) -> None:
        """Remove an object from Optiply; the host continues believing in it."""
        del self.objects[stream][self.ids[stream][external]]

    def _write(self) -> None:
        folder = self.root / "snapshots"
        folder.mkdir(exist_ok=True)
        for stream, ids in self.ids.items():
            columns = "InputId,RemoteId" + (",CustomData" if self.custom_data else "")
            lines = [columns]
            for external, id_ in ids.items():
                custom = self.custom[stream][external].replace('"', '""')
                lines.append(f"{external},{id_}" + (f',"{custom}"' if self.custom_data else ""))
            path = folder / f"{stream}_{self.flow}.snapshot.csv"
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def value(self, stream: str, external: str, name: str) -> Any:
        """Return a field of an object, by what the host calls it."""
        return self.objects[stream][self.ids[stream][external]].get(name)
