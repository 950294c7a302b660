"""What the next run has to know of the rows that were written, and what a reader should know of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from amazon_optiply_etl.loading.missing_products import notes_of, with_wanted
from amazon_optiply_etl.optiply.entities import SELL_ORDERS
from amazon_optiply_etl.state import deliveries, evidence
from amazon_optiply_etl.state.evidence import Evidence
from amazon_optiply_etl.state.snapshots import snapshot_bytes
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.verdicts import notes
from amazon_optiply_etl.verdicts.outcomes import GOES_OUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amazon_optiply_etl.loading.loader import FlavourResult, LoadedEntity, RunContext
    from amazon_optiply_etl.state.evidence import Memory
    from amazon_optiply_etl.state.transaction import Content


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
        return {deliveries.FILE: None, evidence.FILE: memory}
    positions = _positions(order)
    written = [
        _with_history(step, context, positions) for step in result.steps if step.written is not None
    ]
    others = before.reviewed
    done = {(step.entity.name, each) for step in result.steps for each in _settled(step)}
    keys = list(zip(others["entity"], others["remoteId"], strict=True))
    given_up = {(SELL_ORDERS.name, each) for each in given_up_orders(context, result)}
    settled = done | given_up
    others = others[np.array([key not in settled for key in keys], bool)]
    frame = pd.concat([others, *written], ignore_index=True)[list(deliveries.COLUMNS)]
    content = snapshot_bytes(deliveries.as_text(frame)) if len(frame) else None
    return {deliveries.FILE: content, evidence.FILE: memory}


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
    if step is None or step.written is None:
        return set()
    waiting = {
        number
        for frame in result.waiting.values()
        for column in ("amazon_order_id", "purchase_order_number")
        if column in frame
        for number in frame[column].dropna()
    }
    open_ = context.before[SELL_ORDERS].deliveries["remoteId"]
    return set(open_) - waiting - set(step.written["remoteId"])


def not_taken_notes(context: RunContext, result: FlavourResult) -> dict[str, list[str]]:
    """List what was written before and not taken by Optiply, and products that are gone from it.

    Returns:
        Note -> ``remoteId (stream)``, with the number of attempts where some count against it.
    """
    before = context.before
    gone = notes_of(before.memory)
    if before.evidence is Evidence.WRITTEN:
        return gone
    attempts = before.reviewed.set_index(["entity", "remoteId"])["attempts"].to_dict()
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


def _positions(order: Sequence[tuple[str, pd.Series[Any]]]) -> pd.Series[Any]:
    """Return the place in the output by entity name and remoteId."""
    keys = [(name, each) for name, remote_ids in order for each in remote_ids]
    index = pd.MultiIndex.from_tuples(keys, names=["entity", "remoteId"])
    return pd.Series(np.arange(len(keys)), index=index, dtype="Int64")


def _settled(step: LoadedEntity) -> list[str]:
    """Return the remoteIds of which what was written before counts no more."""
    if step.written is not None:
        return step.written["remoteId"].tolist()
    answered = (step.table["outcome"] == GOES_OUT) & step.table["optiply_id"].notna()
    return step.table.loc[answered.fillna(value=False).astype(bool), "remoteId"].tolist()


def _with_history(
    step: LoadedEntity, context: RunContext, positions: pd.Series[Any]
) -> pd.DataFrame:
    """Lay rows that were written out as deliveries, with what earlier runs know of the same content."""
    written = step.written
    assert written is not None  # noqa: S101 - the caller has looked
    now = deliveries.written_at(context.now)
    before = context.before[step.entity].deliveries.set_index("remoteId")
    of_rows = before.reindex(written["remoteId"])
    of_rows.index = written.index
    same = (of_rows["version"] == written["version"]).fillna(value=False).astype(bool)
    of_entity = positions.loc[[step.entity.name]] if len(written) else positions.iloc[:0]
    places = of_entity.droplevel("entity").reindex(written["remoteId"])
    return pd.DataFrame(
        {
            "entity": pd.Series(step.entity.name, index=written.index, dtype=TEXT),
            "remoteId": written["remoteId"],
            "kind": written["kind"],
            "version": written["version"],
            "position": places.to_numpy(),
            "written": pd.Series(now, index=written.index, dtype=TEXT),
            "since": of_rows["since"].where(same, now).astype(TEXT),
            "failures": of_rows["failures"].fillna(0).astype("Int64"),
            "attempts": of_rows["attempts"].where(same, 0).fillna(0).astype("Int64"),
            "suspect": of_rows["suspect"].fillna(value=False).astype(bool),
            "refers_to": written["refers_to"],
        }
    )
