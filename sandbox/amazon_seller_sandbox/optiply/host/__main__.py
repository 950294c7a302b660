"""Merges what a run of the target has loaded into the host's snapshots, with gluestick.

Sources: `merge_id_from_snapshot` of gluestick and `get_record_id` of hotglue's SDK read
``{Stream}_{flow}.snapshot.csv`` with the columns InputId and RemoteId; hotglue's executor writes it from
the target's state, with CustomData where the schema requests fields (hotglue's pull request 103 of
gluestick). The executor itself is not public. So what follows is a choice: deleted objects stay.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import gluestick
import pandas as pd

_INPUT, _REMOTE, _CUSTOM = "InputId", "RemoteId", "CustomData"


def _rows(entries: list[dict[str, Any]]) -> pd.DataFrame:
    """Return a row for each record that was loaded, the last one of each id of the source."""
    found: dict[str, dict[str, str]] = {}
    for each in entries:
        if each.get("success") and each.get("externalId") and each.get("id"):
            row = {_INPUT: str(each["externalId"]), _REMOTE: str(each["id"])}
            if custom := each.get("customData"):
                row[_CUSTOM] = json.dumps(custom)
            found[row[_INPUT]] = row
    return pd.DataFrame(list(found.values()))


def merge(state: dict[str, Any], snapshots: Path, flow: str) -> None:
    """Merge the records of a target's state into the snapshots of a flow."""
    for stream, entries in (state.get("bookmarks") or {}).items():
        rows = _rows(entries)
        if not rows.empty:
            snapshots.mkdir(parents=True, exist_ok=True)
            # As text: pandas would take the zeros off an EAN.
            gluestick.snapshot_records(
                rows,
                f"{stream}_{flow}",
                str(snapshots),
                pk=_INPUT,
                use_csv=True,
                dtype=str,
                keep_default_na=False,
            )


if __name__ == "__main__":
    merge(json.loads(Path(sys.argv[1]).read_text("utf-8")), Path(sys.argv[2]), sys.argv[3])
