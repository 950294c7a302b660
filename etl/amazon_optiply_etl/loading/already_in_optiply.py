"""What Optiply has already: read from its API where no snapshot says, so that nothing is made twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.inputs.identifiers import comparable
from amazon_optiply_etl.optiply.answers import plain_text, remote_id_of
from amazon_optiply_etl.optiply.entities import PRODUCTS, SELL_ORDERS
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.verdicts import notes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_optiply_etl.loading.loader import RunContext
    from amazon_optiply_etl.optiply.client import Item, Optiply
    from amazon_optiply_etl.optiply.entities import Entity
    from amazon_optiply_etl.state.snapshots import Snapshots

COLUMNS = ("remoteId", "optiply_id", "name", "skuCode", "eanCode", "articleCode")
PULLED_FILE = "products_optiply.snapshot.csv"
"""The products of another source, as they were read, for people to look into."""


def is_needed(entity: Entity, before: Snapshots) -> bool:
    """Return whether rows of an entity have to be read: nothing is known of them, or not their ids."""
    sent = before[entity]
    told = sent.exists or sent.host is not None
    return not told or bool(sent.ids.isna().any())


def read_existing(
    entity: Entity, optiply: Optiply, coupling_id: str, oldest: str | None
) -> pd.DataFrame:
    """Read the rows of an entity that Optiply has.

    Args:
        entity: The entity.
        optiply: Its API.
        coupling_id: Whose remoteIds count.
        oldest: Of sell orders, those placed since then are enough; ``YYYY-MM-DDTHH:MM:SSZ``.

    Returns:
        Columns `COLUMNS`, every cell text or null.

    Raises:
        EtlError: Optiply cannot be reached, or does not let us in.
    """
    rows = [
        (remote_id_of(item, coupling_id), item.id, *_texts(item))
        for item in _items(entity, optiply, oldest)
    ]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=TEXT)
            for name, values in zip(COLUMNS, columns, strict=True)
        }
    )


def adopted(
    table: pd.DataFrame, context: RunContext, key: str
) -> tuple[pd.Series[Any], dict[str, list[str]]]:
    """Find Optiply's ids of products: by remoteId, else by the key where it means one product only.

    Args:
        table: Products with remoteId and the key.
        context: The run, with what Optiply has.
        key: ``eanCode`` or ``skuCode``.

    Returns:
        remoteId -> Optiply id (null if not known), and notes.
    """
    ids = context.ids(PRODUCTS)
    there = context.existing.get(PRODUCTS.name)
    if there is None or there.empty:
        return ids, {}
    nameless = ids.index[ids.isna()]
    new = table[~table["remoteId"].isin(ids.index.difference(nameless)).astype(bool)]
    used = there["optiply_id"].isin(ids.dropna()).astype(bool)
    ours, theirs, taken = (
        _keyed(frame, name, key)
        for frame, name in (
            (new, "remoteId"), (there[~used], "optiply_id"), (there[used], "remoteId"),
        )
    )  # fmt: skip
    single = [frame[~frame["key"].duplicated(keep=False)] for frame in (ours, theirs)]
    found = single[0].merge(single[1], on="key").set_index("remoteId")["optiply_id"]
    made = ours[~ours["remoteId"].isin(found.index).astype(bool)]
    elsewhere = made.merge(taken.rename(columns={"remoteId": "theirs"}), on="key")
    noted = {
        notes.ADOPTED.format(key): sorted(found.index),
        notes.OTHER_REMOTE_ID.format(key): sorted(
            f"{own} (there {its})"
            for own, its in zip(elsewhere["remoteId"], elsewhere["theirs"], strict=True)
        ),
    }
    noted = {note: named for note, named in noted.items() if named}
    return (found.combine_first(ids).astype(TEXT) if len(found) else ids), noted


def _keyed(frame: pd.DataFrame, name: str, key: str) -> pd.DataFrame:
    """Return the keys of products that have one, and what they are called."""
    keys = comparable(frame[key]) if key == "eanCode" else frame[key]
    return pd.DataFrame({"key": keys, name: frame[name]}).dropna()


def _items(entity: Entity, optiply: Optiply, oldest: str | None) -> Iterator[Item]:
    if entity is PRODUCTS:
        return optiply.items(entity.name, status="ENABLED")
    if entity is SELL_ORDERS and oldest is not None:
        return optiply.items(entity.name, **{"placed][GE": oldest})  # filter[placed][GE]
    return optiply.items(entity.name)


def _texts(item: Item) -> tuple[str | None, ...]:
    return tuple(plain_text(item.attributes.get(name)) for name in COLUMNS[2:])
