"""Keeps orders that cannot be sent yet for the next run: snapshots/waiting.singer.

An order comes from Amazon once. When its product is not known yet, or Optiply's id of it, or the run
ends before the order was sent, its records wait in a Singer message file and are read again beside the
next sync's. It holds just the columns that payloads are made of, so no buyers' data.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.inputs.streams import Kind
from amazon_optiply_etl.tables.amounts import array_of, number_text
from amazon_optiply_etl.tables.json_text import json_objects, json_strings, lines_of
from amazon_optiply_etl.verdicts import outcomes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from amazon_optiply_etl.inputs.streams import Stream

FILE = "waiting.singer"
LONGEST = timedelta(days=90)
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def is_waiting(records: pd.DataFrame) -> pd.Series[bool]:
    """Tell which records have an outcome that a later run may change."""
    outcome = records["outcome"]
    waits = outcome.isin(outcomes.WAITING) | outcome.str.startswith(outcomes.REFUSED.format(""))
    return waits.fillna(value=False).astype(bool)


def give_up_the_oldest(records: pd.DataFrame, changed: str) -> pd.DataFrame:
    """Let records whose product, lines or order have not come in 90 days wait no more.

    What waits for Optiply, however old it is, is not given up: Amazon's tap does not read it again.

    Args:
        records: Records with their final `outcome`.
        changed: Column of the time by which their age is told, from the newest record's on.
    """
    newest = records[changed].dropna().max() if len(records) else None
    if not isinstance(newest, str):
        return records
    oldest = (datetime.strptime(newest, _TIME) - LONGEST).strftime(_TIME)  # noqa: DTZ007 - both UTC
    late = (records[changed] < oldest).fillna(value=False).astype(bool)
    may_never_come = records["outcome"].isin(outcomes.MAY_NEVER_COME).astype(bool)
    return records.assign(
        outcome=records["outcome"].mask(late & may_never_come, outcomes.WAITED_LONG)
    )


def waiting_file(records: Mapping[Stream, pd.DataFrame]) -> list[Any] | None:
    """Write records as Singer messages, in buffers of Arrow's; None when nothing waits."""
    buffers = [
        buffer
        for stream, frame in records.items()
        if len(frame)
        for buffer in lines_of(_messages(stream, frame))
    ]
    return buffers or None


def _messages(stream: Stream, frame: pd.DataFrame) -> Any:  # noqa: ANN401 - pyarrow is untyped
    members = {name: _json(frame[name], kind) for name, kind in stream.columns.items()}
    start = json.dumps({"type": "RECORD", "stream": stream.name, "record": ""})
    return json_objects(members, start.removesuffix('""}'), "}\n", spaced=True)


def _json(column: pd.Series[Any], kind: Kind) -> Any:  # noqa: ANN401 - pyarrow is untyped
    if kind is Kind.WHOLE:
        return pc.cast(array_of(column, pa.int64()), pa.string())
    if kind is Kind.AMOUNT:
        return json_strings(number_text(column, decimals=4))
    texts = array_of(column, pa.string())
    if kind is Kind.JSON:
        written = (
            None if text is None else json.dumps(json.loads(text)) for text in texts.to_pylist()
        )
        return pa.array(written, pa.string())
    return json_strings(texts, only_ascii=True)
