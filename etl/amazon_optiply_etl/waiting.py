"""Keeps orders that cannot be sent yet for the next run: snapshots/waiting.singer.

An order comes from Amazon once. When its product is not known yet, or Optiply's id of it, or the run
ends before the order was sent, its records wait in a Singer message file and are read again beside the
next sync's. It holds just the columns that payloads are made of, so no buyers' data.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl import outcomes
from amazon_optiply_etl.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from amazon_optiply_etl.records import Stream

FILE = "waiting.singer"
LONGEST = timedelta(days=90)
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_TEN_THOUSANDTHS = 4


def is_waiting(records: pd.DataFrame) -> pd.Series[bool]:
    """Tell which records have an outcome that a later run may change."""
    outcome = records["outcome"]
    waits = outcome.isin(outcomes.WAITING) | outcome.str.startswith(outcomes.REFUSED.format(""))
    return waits.fillna(value=False).astype(bool)


def give_up_the_oldest(records: pd.DataFrame, changed: str) -> pd.DataFrame:
    """Let records that wait longer than 90 days wait no more.

    Args:
        records: Records with their final `outcome`.
        changed: Column of the time by which their age is told, from the newest record's on.
    """
    newest = records[changed].dropna().max() if len(records) else None
    if not isinstance(newest, str):
        return records
    oldest = (datetime.strptime(newest, _TIME) - LONGEST).strftime(_TIME)  # noqa: DTZ007 - both UTC
    late = (records[changed] < oldest).fillna(value=False).astype(bool)
    return records.assign(
        outcome=records["outcome"].mask(late & is_waiting(records), outcomes.WAITED_LONG)
    )


def waiting_file(records: Mapping[Stream, pd.DataFrame]) -> bytes | None:
    """Write records as Singer messages; None when nothing waits."""
    lines = [
        json.dumps({"type": "RECORD", "stream": stream.name, "record": record})
        for stream, frame in records.items()
        for record in _records(stream, frame)
    ]
    return "".join(f"{line}\n" for line in lines).encode() or None


def _records(stream: Stream, frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in frame[list(stream.columns)].to_dict("records"):
        yield {
            name: _written(row[name], kind)
            for name, kind in stream.columns.items()
            if isinstance(row[name], str | int)
        }


def _written(value: str | int, kind: Kind) -> Any:  # noqa: ANN401 - JSON
    if kind is Kind.AMOUNT:
        return str(Decimal(value).scaleb(-_TEN_THOUSANDTHS))
    return json.loads(value) if kind is Kind.JSON and isinstance(value, str) else value
