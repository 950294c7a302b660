"""What the next run has to know of the rows that were written, and what a reader should know of them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from amazon_optiply_etl.loading.missing_products import notes_of, with_wanted
from amazon_optiply_etl.loading.written_rows import written_rows
from amazon_optiply_etl.optiply.entities import SELL_ORDERS
from amazon_optiply_etl.state import deliveries, evidence
from amazon_optiply_etl.state.evidence import Evidence
from amazon_optiply_etl.state.snapshots import snapshot_pieces
from amazon_optiply_etl.tables.amounts import array_of
from amazon_optiply_etl.tables.dtypes import TEXT, WHOLE
from amazon_optiply_etl.tables.matching import places
from amazon_optiply_etl.verdicts import notes
from amazon_optiply_etl.verdicts.outcomes import GOES_OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from amazon_optiply_etl.loading.loader import FlavourResult, LoadedEntity, RunContext
    from amazon_optiply_etl.state.evidence import Memory
    from amazon_optiply_etl.state.transaction import Content

_ROWS_AT_ONCE = 50_000


def delivery_files(
    context: RunContext, result: FlavourResult, order: Sequence[tuple[str, pd.Series[Any]]]
) -> dict[str, Content | None]:
    """Return the files by which the next run knows what was written, and in which order.

    Args:
        context: The run.
        result: What it made.
        order: Entity name and remoteIds of what is in data.singer, in its order.
    """
    before = context.before
    memory = _memory(context, result).as_bytes()
    if before.evidence is Evidence.WRITTEN:
        return {**_files((), 0), evidence.FILE: memory}
    others = before.reviewed
    if len(others):
        done = [(step.entity.name, _settled(step)) for step in result.steps]
        given_up = (SELL_ORDERS.name, pd.Series(list(given_up_orders(context, result)), dtype=TEXT))
        others = others[~_is_among(others, [*done, given_up])]
    awaited = [step for step in result.steps if step.awaited]
    count = len(others) + sum(int((step.table["outcome"] == GOES_OUT).sum()) for step in awaited)
    positions = _positions(order)
    written = (part for step in awaited for part in _with_history(step, context, positions))
    parts = chain((others,) if len(others) else (), written)
    return {**_files(parts, count), evidence.FILE: memory}


def _files(parts: Iterable[pd.DataFrame], count: int) -> dict[str, Content | None]:
    """Return the file of so many deliveries: Parquet where they are many, else CSV; the other goes."""
    files: dict[str, Content | None] = dict.fromkeys(deliveries.FILES)
    if count >= deliveries.MANY:
        files[deliveries.PARQUET_FILE] = deliveries.as_parquet(parts)
    elif count:
        frame = pd.concat(parts, ignore_index=True)[list(deliveries.COLUMNS)]
        files[deliveries.FILE] = snapshot_pieces(deliveries.as_text(frame))
    return files


def _memory(context: RunContext, result: FlavourResult) -> Memory:
    """Return what the next run knows, with the products that orders wait for."""
    memory = context.before.memory
    for step in result.steps:
        if step.entity is SELL_ORDERS and step.lines is not None:
            return with_wanted(memory, step.table, step.lines)
    return memory


def given_up_orders(context: RunContext, result: FlavourResult) -> set[str]:
    """Return the orders that were written, have not arrived, and do not go out any more.

    One was cancelled meanwhile, say: nothing waits for it, and its records are not kept.
    """
    step = next((each for each in result.steps if each.entity is SELL_ORDERS), None)
    if step is None or not step.awaited:
        return set()
    open_ = context.before[SELL_ORDERS].deliveries["remoteId"]
    if open_.empty:
        return set()
    goes_on = open_.isin(step.gone_out["remoteId"]) | open_.isin(list(result.waiting().orders))
    return set(open_[~goes_on.astype(bool)])


def not_taken_notes(context: RunContext, result: FlavourResult) -> dict[str, list[str]]:
    """List what was written before and not taken by Optiply, and products that are gone from it.

    Returns:
        Note -> ``remoteId (stream)``, with the number of attempts where some count against it.
    """
    before = context.before
    gone = notes_of(before.memory)
    if before.evidence is Evidence.WRITTEN:
        return gone
    attempts = {
        (entity, remote_id): count
        for entity, remote_id, count in zip(
            *(before.reviewed[name] for name in ("entity", "remoteId", "attempts")), strict=True
        )
        if count > 0
    }
    listed = []
    for step in result.steps:
        sent = before[step.entity]
        for remote_id in sorted({*sent.not_taken, *sent.deliveries["remoteId"]}):
            count = attempts.get((step.entity.name, remote_id), 0)
            tried = f", {count} attempt{'s' if count > 1 else ''}" if count else ""
            listed.append(f"{remote_id} ({step.entity.stream}{tried})")
    if not listed:
        return gone
    if before.evidence is Evidence.AWAITED:
        return {notes.NO_WORD_OF_HOST: listed} | gone
    return {notes.NOT_TAKEN: listed} | gone


def _positions(order: Sequence[tuple[str, pd.Series[Any]]]) -> dict[str, pd.Series[Any]]:
    """Return the place in the output by remoteId, of each entity by its name."""
    found: dict[str, list[pd.Series[Any]]] = {}
    start = 0
    for name, remote_ids in order:
        numbers = np.arange(start, start + len(remote_ids))
        index: pd.Index[Any] = pd.Index(remote_ids, dtype=TEXT)
        found.setdefault(name, []).append(pd.Series(numbers, index=index, dtype=WHOLE))
        start += len(remote_ids)
    return {
        name: parts[0] if len(parts) == 1 else pd.concat(parts) for name, parts in found.items()
    }


def _is_among(
    others: pd.DataFrame, groups: Sequence[tuple[str, pd.Series[Any]]]
) -> pd.Series[bool]:
    """Return which deliveries are among remoteIds of entities, which are given with their names."""
    found = pd.Series(data=False, index=others.index)
    for name, remote_ids in groups:
        of_entity = (others["entity"] == name).fillna(value=False).astype(bool)
        found |= of_entity & others["remoteId"].isin(remote_ids).astype(bool)
    return found


def _settled(step: LoadedEntity) -> pd.Series[Any]:
    """Return the remoteIds of which what was written before counts no more."""
    if step.awaited:
        return step.gone_out["remoteId"]
    answered = (step.table["outcome"] == GOES_OUT) & step.table["optiply_id"].notna()
    return step.table.loc[answered.fillna(value=False).astype(bool), "remoteId"]


def _with_history(
    step: LoadedEntity, context: RunContext, positions: Mapping[str, pd.Series[Any]]
) -> Iterator[pd.DataFrame]:
    """Lay rows that were written out as deliveries, with what earlier runs know of the same content."""
    going = step.gone_out
    if going.empty:
        return
    position = _place(going["remoteId"], positions.get(step.entity.name))
    before = context.before[step.entity].deliveries.set_index("remoteId")
    now = deliveries.written_at(context.now)
    start = 0
    for written in written_rows(step, going, _ROWS_AT_ONCE):
        some = written.assign(
            position=position.iloc[start : start + len(written)].array,
            entity=pd.Series(step.entity.name, index=written.index, dtype=TEXT),
        )
        start += len(written)
        yield _as_deliveries(some, before, now)


def _as_deliveries(written: pd.DataFrame, before: pd.DataFrame, now: str) -> pd.DataFrame:
    if before.empty:
        texts = pd.Series(now, index=written.index, dtype=TEXT)
        none = pd.Series(0, index=written.index, dtype="Int64")
        return written.assign(
            written=texts, since=texts, failures=none, attempts=none, suspect=False
        )
    of_rows = before.reindex(written["remoteId"]).set_axis(written.index)
    same = (of_rows["version"] == written["version"]).fillna(value=False).astype(bool)
    return written.assign(
        written=pd.Series(now, index=written.index, dtype=TEXT),
        since=of_rows["since"].where(same, now).astype(TEXT),
        failures=of_rows["failures"].fillna(0).astype("Int64"),
        attempts=of_rows["attempts"].where(same, 0).fillna(0).astype("Int64"),
        suspect=of_rows["suspect"].fillna(value=False).astype(bool),
    )


def _place(remote_ids: pd.Series[Any], places_of: pd.Series[Any] | None) -> pd.Series[Any]:
    """Return the place in the output of each row; null of what is not in it."""
    if places_of is None:
        return pd.Series(pd.NA, index=remote_ids.index, dtype="Int64")
    wanted, there = (array_of(each, pa.string()) for each in (remote_ids, places_of.index))
    found = array_of(places_of, pa.int64())
    if not wanted.equals(there):
        found = found.take(places(wanted, there))
    return pd.Series(pd.arrays.ArrowExtensionArray(found), remote_ids.index).astype("Int64")
