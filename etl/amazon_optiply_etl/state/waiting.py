"""Keeps orders that cannot be sent yet for the next run: snapshots/waiting.singer or waiting.parquet.

An order comes from Amazon once. When its product is not known yet, or Optiply's id of it, or the run
ends before the order was sent, its records wait in a Singer message file and are read again beside the
next sync's; many of them in a Parquet file. It holds just the columns that payloads are made of, so no
buyers' data.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.inputs.readers import OF_STREAM
from amazon_optiply_etl.inputs.streams import Kind
from amazon_optiply_etl.tables.amounts import array_of, number_text
from amazon_optiply_etl.tables.json_text import json_objects, json_strings, lines_of
from amazon_optiply_etl.tables.parquet_files import parquet_pieces
from amazon_optiply_etl.tables.side_by_side import side_by_side
from amazon_optiply_etl.verdicts import outcomes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from amazon_optiply_etl.inputs.streams import Stream
    from amazon_optiply_etl.state.transaction import Content

FILE, PARQUET_FILE = FILES = ("waiting.singer", "waiting.parquet")
MANY = 100_000
"""Records from which they are kept as Parquet, which takes a twentieth of the room and of the time."""
_ROWS_AT_ONCE = 50_000
_NUMBERS = ("amazon_order_id", "purchase_order_number")
LONGEST = timedelta(days=90)
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def is_waiting(records: pd.DataFrame) -> pd.Series[bool]:
    """Return which records have an outcome that a later run may change."""
    outcome = records["outcome"]
    waits = outcome.isin(outcomes.WAITING) | outcome.str.startswith(outcomes.REFUSED.format(""))
    return waits.fillna(value=False).astype(bool)


def give_up_the_oldest(records: pd.DataFrame, changed: str) -> pd.DataFrame:
    """Let records whose product, lines or order have not come in 90 days wait no more.

    What waits for Optiply, however old it is, is not given up: Amazon's tap does not read it again.

    Args:
        records: Records with their final `outcome`.
        changed: Column of the time by which their age is reported, from the newest record's on.
    """
    newest = records[changed].dropna().max() if len(records) else None
    if not isinstance(newest, str):
        return records
    oldest = (datetime.strptime(newest, _TIME) - LONGEST).strftime(_TIME)  # noqa: DTZ007 - both UTC
    late = (records[changed] < oldest).fillna(value=False).astype(bool)
    may_never_come = records["outcome"].isin(outcomes.MAY_NEVER_COME).astype(bool)
    given_up = late & may_never_come
    if not given_up.any():  # a copy of all outcomes would be in vain
        return records
    return records.assign(outcome=records["outcome"].mask(given_up, outcomes.WAITED_LONG))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Records that wait, laid out.

    Attributes:
        files: Name -> content of the file that keeps them, and null for the one that goes.
        orders: Those of the orders that were requested whose records are among them.
    """

    files: Mapping[str, Content | None]
    orders: frozenset[str]


def laid_out(
    records: Mapping[Stream, pd.DataFrame],
    rows: Mapping[Stream, pd.Series[bool]] | None = None,
    asked: Collection[str] = (),
) -> Waiting:
    """Lay records out as the file that keeps them.

    Args:
        records: Typed records, by their streams.
        rows: Which of them wait, by stream; all without it. Given so, they are not copied all at once.
        asked: Numbers of orders of which it is of interest whether they are among them.
    """
    count = sum(int(rows[each].sum()) if rows else len(records[each]) for each in records)
    orders: set[str] = set()
    for stream, frame in records.items() if len(asked) else ():
        for name in _NUMBERS:
            if name in stream.columns:
                numbers = _chosen(frame[[name]], rows[stream] if rows else None)[name]
                orders |= set(numbers[numbers.isin(list(asked)).astype(bool)])
    if count >= MANY:
        return Waiting({PARQUET_FILE: _parquet(records, rows), FILE: None}, frozenset(orders))
    messages = [
        buffer
        for stream, frame in records.items()
        if len(own := _chosen(frame, rows[stream] if rows else None))
        for buffer in lines_of(_messages(stream, own))
    ]
    return Waiting({FILE: messages or None, PARQUET_FILE: None}, frozenset(orders))


def _chosen(frame: pd.DataFrame, rows: pd.Series[bool] | None) -> pd.DataFrame:
    return frame if rows is None else frame[rows]


def _parquet(
    records: Mapping[Stream, pd.DataFrame], rows: Mapping[Stream, pd.Series[bool]] | None
) -> list[bytes]:
    """Write records as one Parquet file, which `readers.read_kept` reads."""
    kinds = {name: kind for stream in records for name, kind in stream.columns.items()}
    types = {
        name: pa.int64() if kind is Kind.WHOLE else pa.string() for name, kind in kinds.items()
    }
    schema = pa.schema({OF_STREAM: pa.string(), **types})

    def laid_out(stream: Stream, frame: pd.DataFrame, part: slice) -> list[Any]:
        some = _chosen(
            frame[list(stream.columns)].iloc[part], rows[stream].iloc[part] if rows else None
        )
        cells = {
            name: _cells(some[name], kind) if name in some else pa.nulls(len(some))
            for name, kind in kinds.items()
        }
        cells[OF_STREAM] = pa.repeat(stream.name, len(some))
        return [cells[each.name].cast(each.type) for each in schema]

    parts = (
        partial(laid_out, stream, frame, slice(start, start + _ROWS_AT_ONCE))
        for stream, frame in records.items()
        for start in range(0, len(frame), _ROWS_AT_ONCE)
    )
    return parquet_pieces(schema, side_by_side(parts), [OF_STREAM])


def _cells(column: pd.Series[Any], kind: Kind) -> Any:  # noqa: ANN401 - pyarrow is untyped
    if kind is Kind.WHOLE:
        return array_of(column, pa.int64())
    return number_text(column, decimals=4) if kind is Kind.AMOUNT else array_of(column, pa.string())


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
