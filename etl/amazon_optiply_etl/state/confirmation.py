"""Compares what was written last with the host's snapshots: what Optiply has of each entity."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.optiply.entities import PRODUCTS, SELL_ORDERS
from amazon_optiply_etl.state.deliveries import CHANGE, Arrived, empty, read_deliveries, review
from amazon_optiply_etl.state.evidence import Evidence, read_memory
from amazon_optiply_etl.tables.dtypes import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from amazon_optiply_etl.optiply.entities import Entity
    from amazon_optiply_etl.state.snapshots import SentRows, Snapshots


def confirmed(
    before: Snapshots,
    folder: Path,
    now: datetime,
    *,
    own: Callable[[Entity], bool],
    flow: str | None,
    host_snapshots: bool | None,
    by_remote_id: bool = True,
    pushes: bool = False,
) -> Snapshots:
    """Return the snapshots with what shows that their rows have arrived, and which of them have not.

    Args:
        before: The snapshots as they were read.
        folder: Their folder.
        now: The time of the run.
        own: Says whether this run sends an entity.
        flow: The host's name of the flow; None if it has given none.
        host_snapshots: The setting.
        by_remote_id: Whether the target finds rows by their remoteIds, as v2 does. Of what v1 loads the
            host has no snapshot but of what it has; what was written counts as sent without it.
        pushes: Whether this run calls Optiply itself, whose answers count for what it sends.

    Raises:
        EtlError: a file that reports deliveries cannot be read, or the deliveries are another flow's.
    """
    memory = read_memory(folder)
    ours = {name: each for name, each in before.sent.items() if own(each.entity)}
    has_snapshot = any(each.host is not None for each in ours.values())
    evidence = memory.of(flow, has_snapshot=has_snapshot, host_snapshots=host_snapshots, now=now)
    if (pushes or not by_remote_id) and evidence in {Evidence.AWAITED, Evidence.KEPT}:
        evidence = Evidence.WRITTEN
    if evidence is not Evidence.WRITTEN and not has_snapshot and flow is not None:
        memory.refuse_another_flow(folder, flow)
    once_more = memory.runs_of(flow) == 1
    after = memory.after(flow, evidence, has_snapshot=has_snapshot, now=now)
    if evidence is Evidence.WRITTEN:
        return replace(before, evidence=evidence, memory=after)
    deliveries = read_deliveries(folder)
    if evidence is Evidence.KEPT:
        sent = {
            name: replace(each, evidence=evidence) if name in ours else each
            for name, each in before.sent.items()
        }
        kept = review(
            deliveries.assign(position=pd.array([pd.NA] * len(deliveries), "Int64")), {}, now
        )
        return replace(before, sent=sent, evidence=evidence, memory=after, reviewed=kept)
    arrived = {name: _arrived(each, deliveries) for name, each in ours.items()}
    reviewed = review(deliveries, arrived, now)
    confirmed_rows = {
        name: replace(
            each,
            evidence=evidence if by_remote_id or _has_rows(each) else Evidence.WRITTEN,
            deliveries=_of_entity(reviewed, name),
            once_more=once_more,
        )
        for name, each in ours.items()
    }
    sent = {**before.sent, **confirmed_rows}
    products = _products_in_doubt(after.products, deliveries, reviewed, before)
    after = replace(after, products=products)
    return replace(before, sent=sent, evidence=evidence, memory=after, reviewed=reviewed)


def _products_in_doubt(
    known: Mapping[str, Mapping[str, Any]],
    deliveries: pd.DataFrame,
    reviewed: pd.DataFrame,
    before: Snapshots,
) -> dict[str, Mapping[str, Any]]:
    """Count the runs in which the orders of a product, and of it alone, were not taken.

    Only orders that may have been refused themselves count, not those that a target has skipped after
    a refusal, and only runs in which other orders arrived.
    """
    products = dict(known)
    of_orders = deliveries[(deliveries["entity"] == SELL_ORDERS.name).fillna(value=False)]
    open_ = reviewed[(reviewed["entity"] == SELL_ORDERS.name).fillna(value=False)]
    arrived = of_orders[
        of_orders["position"].notna() & ~of_orders["remoteId"].isin(open_["remoteId"]).astype(bool)
    ]
    if arrived.empty:
        return products
    alive = _named(arrived)
    for product in alive:
        if "successor" not in products.get(product, {}):
            products.pop(product, None)
    ids = with_themselves(before[PRODUCTS].ids)
    blamed = open_[open_["blamed"].astype(bool)] if "blamed" in open_ else open_.iloc[:0]
    for product in sorted(_named(blamed) - alive):
        id_ = ids.get(product)
        earlier = products.get(product, {})
        if id_ is not None and not pd.isna(id_) and "successor" not in earlier:
            misses = int(earlier.get("misses", 0)) if str(earlier.get("id")) == str(id_) else 0
            products[product] = {**earlier, "id": str(id_), "misses": misses + 1}
    return products


def with_themselves(ids: pd.Series[Any]) -> pd.Series[Any]:
    """Return ids by remoteId, and each also by itself, as other shops' products are referred to."""
    own = ids.dropna().drop_duplicates()
    themselves = pd.Series(own.to_numpy(), index=pd.Index(own, dtype=TEXT), dtype=TEXT)
    both: pd.Series[Any] = pd.concat([ids, themselves[~themselves.index.isin(ids.index)]])
    return both


def _named(orders: pd.DataFrame) -> set[str]:
    """Return the remoteIds of the products that orders refer to."""
    return {product for named in orders["refers_to"].dropna() for product in named.split()}


def _has_rows(sent: SentRows) -> bool:
    return sent.host is not None and len(sent.host) > 0


def _of_entity(deliveries: pd.DataFrame, name: str) -> pd.DataFrame:
    if deliveries.empty:
        return empty()
    rows = (deliveries["entity"] == name).fillna(value=False).astype(bool)
    return deliveries[rows].reset_index(drop=True)


def _arrived(sent: SentRows, deliveries: pd.DataFrame) -> Arrived:
    created = pd.Index([], dtype=TEXT) if sent.host is None else sent.host.index
    if sent.custom is None or deliveries.empty:
        return Arrived(created, pd.Index([], dtype=TEXT))
    of_entity = _of_entity(deliveries, sent.entity.name)
    changes = of_entity.loc[(of_entity["kind"] == CHANGE).astype(bool), "remoteId"]
    rows = sent.frame[sent.frame["remoteId"].isin(changes).astype(bool)]
    custom = sent.custom
    changed = [
        row["remoteId"]
        for row in rows.to_dict("records")
        if row["remoteId"] in custom.index
        and _is_version(row, custom[row["remoteId"]], tuple(sent.entity.fields))
    ]
    return Arrived(created, pd.Index(changed, dtype=TEXT))


def _is_version(row: dict[Any, Any], custom: object, fields: tuple[str, ...]) -> bool:
    """Return whether a CustomData cell holds the fields of a row as they were written."""
    try:
        content = json.loads(str(custom))
    except (ValueError, RecursionError):
        return False
    if not isinstance(content, dict):
        return False
    written = {name: str(row[name]) for name in fields if not pd.isna(row[name])}
    return bool(written) and all(
        name in content and _is_equal(content[name], text) for name, text in written.items()
    )


def _is_equal(value: object, text: str) -> bool:
    if isinstance(value, bool):
        return text == str(value).lower()
    if str(value) == text:
        return True
    try:
        return Decimal(str(value)) == Decimal(text)
    except InvalidOperation:
        return False
