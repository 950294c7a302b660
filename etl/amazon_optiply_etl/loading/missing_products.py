"""Products that are gone from Optiply: somebody deleted them there, and their orders are refused.

Two things show it: the orders of a product, and of that product alone, are not taken in two runs in
which others were; or, where the host has given credentials, the API, which is asked as soon as a first
run points to a product. The host's snapshot continues believing in the dead id, and the SDK of public
targets turns every record of the product into a change of it, so that only a new id helps: one that the
host's snapshot brings, or that of a product created through the API (the flag recreate_missing).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.optiply.entities import PRODUCTS, SELL_ORDERS
from amazon_optiply_etl.optiply.errors import OptiplyDoubt, OptiplyRefusal
from amazon_optiply_etl.optiply.payloads import API, payloads
from amazon_optiply_etl.state.confirmation import with_themselves
from amazon_optiply_etl.state.deliveries import ONCE_A_DAY, written_at
from amazon_optiply_etl.state.snapshots import from_text
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.verdicts import notes, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from amazon_optiply_etl.loading.loader import RunContext
    from amazon_optiply_etl.optiply.client import Optiply
    from amazon_optiply_etl.optiply.entities import Entity
    from amazon_optiply_etl.state.evidence import Memory
    from amazon_optiply_etl.state.snapshots import Snapshots

_FEW = 2_000  # products, of which 20 pages have all
_RUNS = 2  # in which a product's orders alone were not taken
Products = dict[str, dict[str, Any]]


def is_asked_for(before: Snapshots, *, recreate: bool) -> bool:
    """Return whether any product may be gone, so that the API can say more."""
    return recreate or any("successor" not in each for each in before.memory.products.values())


def settled(
    before: Snapshots,
    optiply: Optiply,
    *,
    recreate: bool,
    now: datetime,
    remember: Callable[[Memory], None],
) -> Snapshots:
    """Ask the API about products that may be gone, and create those that are, if that is wanted.

    A product that was disabled is not missed, unless orders wait for it.

    Args:
        before: The snapshots, with what points to products that may be gone.
        optiply: The API.
        recreate: Whether a product that is gone is created.
        now: The time of the run.
        remember: Keeps what is known at once, so that nothing is created twice.

    Raises:
        EtlError: Optiply cannot be reached, or refuses a product that is created.
    """
    products: Products = {key: dict(each) for key, each in before.memory.products.items()}
    memory = before.memory
    if recreate and _is_time_for_all(before, now):
        products |= _not_there(before, optiply, set(products))
        memory = replace(memory, products_checked=written_at(now))
    before = replace(before, memory=memory)
    not_missed = _disabled(before) - _wanted(before)
    ids = with_themselves(before[PRODUCTS].ids)
    for remote_id, each in list(products.items()):
        current = ids.get(remote_id)
        if not pd.isna(current) and str(current) != str(each["id"]):
            each["id"] = str(current)  # which may be that of the successor
            each.pop("successor", None)
        if "successor" in each:
            if optiply.exists(PRODUCTS.name, str(each["successor"])):
                continue
            del each["successor"]  # it is gone, too
        elif optiply.exists(PRODUCTS.name, str(each["id"])):
            del products[remote_id]
            continue
        if remote_id in not_missed:
            del products[remote_id]
            continue
        products[remote_id] = {**each, "misses": _RUNS, "confirmed": True}
        tried = str(each.get("tried", ""))
        if recreate and tried <= written_at(now - ONCE_A_DAY):
            products[remote_id] |= _successor(remote_id, before, optiply, now)
            remember(replace(before.memory, products=products))
    return renewed(replace(before, memory=replace(before.memory, products=products)))


def _is_time_for_all(before: Snapshots, now: datetime) -> bool:
    """Return whether all products are looked for: few in every run, more than that once a day."""
    checked = before.memory.products_checked
    few = len(before[PRODUCTS].ids) <= _FEW
    return few or checked is None or checked <= written_at(now - ONCE_A_DAY)


def _not_there(before: Snapshots, optiply: Optiply, known: set[str]) -> Products:
    """Return the products whose ids Optiply does not have.

    Of one that nobody has ordered since, nothing else shows it: the target passes over the 404 that a
    change is answered with.
    """
    there = {item.id for item in optiply.items(PRODUCTS.name)}
    ids = before[PRODUCTS].ids.dropna()
    return {
        str(key): {"id": str(id_)}
        for key, id_ in ids.items()
        if str(id_) not in there and key not in known
    }


def _disabled(before: Snapshots) -> set[str]:
    """Return the products that were sent as disabled: nobody lists them any more."""
    frame = before[PRODUCTS].frame
    rows = (frame["status"] == "disabled").fillna(value=False).astype(bool)
    return set(frame.loc[rows, "remoteId"])


def _wanted(before: Snapshots) -> set[str]:
    """Return the products that an order waits for, of which it has not arrived or not gone out."""
    orders = before.reviewed[(before.reviewed["entity"] == SELL_ORDERS.name).fillna(value=False)]
    named = {product for of in orders["refers_to"].dropna() for product in of.split()}
    return named | {key for key, each in before.memory.products.items() if each.get("wanted")}


def with_wanted(memory: Memory, orders: pd.DataFrame, lines: pd.DataFrame) -> Memory:
    """Remember of products that are gone whether orders wait for them.

    Args:
        memory: What is known of them.
        orders: Orders with their final `outcome`: remoteId, outcome.
        lines: Their lines: remoteId, product.
    """
    held = orders.loc[(orders["outcome"] == outcomes.PRODUCT_GONE).fillna(value=False), "remoteId"]
    wanted = set(lines.loc[lines["remoteId"].isin(held).astype(bool), "product"])
    products: Products = {}
    for key, each in memory.products.items():
        products[key] = {name: value for name, value in each.items() if name != "wanted"}
        if key in wanted:
            products[key]["wanted"] = True
    return replace(memory, products=products)


def renewed(before: Snapshots) -> Snapshots:
    """Have products that were created again go by their new id, until the host's snapshot has it."""
    products = {key: dict(each) for key, each in before.memory.products.items()}
    sent = before[PRODUCTS]
    ids = with_themselves(sent.ids)
    successors: dict[str, str] = {}
    for remote_id, each in list(products.items()):
        current = ids.get(remote_id)
        if current is None or pd.isna(current) or str(current) != str(each["id"]):
            del products[remote_id]  # it has another id now
        elif "successor" in each:
            successors[remote_id] = str(each["successor"])
    if successors:
        sent = replace(
            sent,
            frame=sent.frame.assign(
                optiply_id=_replaced(sent.frame["remoteId"], sent.frame["optiply_id"], successors)
            ),
            host=None
            if sent.host is None
            else pd.Series(
                _replaced(sent.host.index.to_series(), sent.host, successors).to_numpy(),
                index=sent.host.index,
                dtype=TEXT,
            ),
            renewed=frozenset(successors),
        )
    return replace(
        before,
        sent={**before.sent, PRODUCTS.name: sent},
        memory=replace(before.memory, products=products),
    )


def found_gone(before: Snapshots, ids: Collection[str]) -> Snapshots:
    """Note products of these Optiply ids as gone: the API has said so.

    Args:
        before: The snapshots.
        ids: Optiply ids of products that do not exist.
    """
    own = before[PRODUCTS].ids
    products = {key: dict(each) for key, each in before.memory.products.items()}
    for remote_id, id_ in own[own.isin(list(ids)).astype(bool)].items():
        products[str(remote_id)] = {"id": id_, "misses": _RUNS, "confirmed": True}
    return replace(before, memory=replace(before.memory, products=products))


def orders_of(
    context: RunContext, entity: Entity, lines: pd.DataFrame
) -> tuple[pd.Series[Any], pd.Index[Any]]:
    """Return which orders wait for the new id of a product, and which go last of all.

    An order of a product of which only other orders' fate points to its end is tried once, last of all:
    if it is taken, the product is there. Then once a day.

    Args:
        context: The run.
        entity: What the orders are.
        lines: Their lines: remoteId, product.

    Returns:
        remoteId -> outcome of those that wait, and the remoteIds of those that go last.
    """
    doubtful = {
        key: each for key, each in context.before.memory.products.items() if "successor" not in each
    }
    written = context.before[entity].deliveries
    blamed = written[written["blamed"].astype(bool)] if "blamed" in written else written.iloc[:0]
    named = {each for of in blamed["refers_to"].dropna() for each in of.split()}
    beside = lines.loc[lines["product"].isin(list(named)).astype(bool), "remoteId"].unique()
    if not doubtful:
        return pd.Series(dtype=TEXT), pd.Index(beside, dtype=TEXT)
    of_doubtful = lines[lines["product"].isin(list(doubtful)).astype(bool)]
    sure = [key for key, each in doubtful.items() if each.get("confirmed")]
    likely = [key for key, each in doubtful.items() if int(each.get("misses", 0)) >= _RUNS]
    tried = context.before[entity].deliveries
    recently = tried["written"] > written_at(context.now - ONCE_A_DAY)
    lately = tried.loc[recently.fillna(value=False).astype(bool), "remoteId"]
    waits = of_doubtful["product"].isin(sure) | (
        of_doubtful["product"].isin(likely) & of_doubtful["remoteId"].isin(lately)
    )
    held = of_doubtful.loc[waits.astype(bool), "remoteId"].unique()
    return (
        pd.Series(outcomes.PRODUCT_GONE, index=pd.Index(held, dtype=TEXT), dtype=TEXT),
        pd.Index(of_doubtful["remoteId"].unique(), dtype=TEXT).union(pd.Index(beside, dtype=TEXT)),
    )


def notes_of(memory: Memory) -> dict[str, list[str]]:
    """List the products that are gone, and those that were created again, with their ids."""
    gone = [
        f"{key} (id {each['id']})" + (f": {each['refused']}" if "refused" in each else "")
        for key, each in sorted(memory.products.items())
        if "successor" not in each and int(each.get("misses", 0)) >= _RUNS
    ]
    anew = [
        f"{key} (id {each['id']}, now {each['successor']})"
        for key, each in sorted(memory.products.items())
        if "successor" in each
    ]
    return {
        **({notes.PRODUCT_GONE: gone} if gone else {}),
        **({notes.PRODUCT_CREATED_ANEW: anew} if anew else {}),
    }


def _replaced(
    keys: pd.Series[Any], ids: pd.Series[Any], successors: Mapping[str, str]
) -> pd.Series[Any]:
    return pd.Series(
        [successors.get(key, id_) for key, id_ in zip(keys, ids, strict=True)],
        index=ids.index,
        dtype=TEXT,
    )


def _successor(
    remote_id: str, before: Snapshots, optiply: Optiply, now: datetime
) -> dict[str, str]:
    """Create a product again; one that Optiply refuses is tried again the next day."""
    try:
        new = _created(remote_id, before, optiply, now)
    except (OptiplyRefusal, OptiplyDoubt) as error:
        return {"tried": written_at(now), "refused": str(error)}
    return {"tried": written_at(now)} if new is None else {"successor": new}


def _created(remote_id: str, before: Snapshots, optiply: Optiply, now: datetime) -> str | None:
    """Create a product as it was written last; None where nothing is known of it but its id."""
    frame = before[PRODUCTS].frame
    rows = frame[(frame["remoteId"] == remote_id).fillna(value=False).astype(bool)]
    if rows.empty or rows["name"].isna().any():
        return None
    row = from_text(PRODUCTS, rows).assign(optiply_id=pd.Series(pd.NA, rows.index, dtype=TEXT))
    written = next(iter(payloads(PRODUCTS, row, None, (API,))))
    attributes = json.loads(written.texts[API][0].as_py())
    attributes["remoteDataSyncedToDate"] = written_at(now)
    narrowing = {"articleCode": attributes["articleCode"]} if "articleCode" in attributes else {}
    found = optiply.find(PRODUCTS.name, remote_id, **narrowing)
    return found or optiply.post(PRODUCTS.name, attributes)
