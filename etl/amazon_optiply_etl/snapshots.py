"""What went to Optiply in earlier runs: CSV files in snapshots/ that a person can read and edit.

``products.snapshot.csv`` holds every product as it was last sent, ``sell_orders.snapshot.csv`` every
order that was sent. ``Products_<flow>.snapshot.csv`` and ``SellOrders_<flow>.snapshot.csv`` are the
host's: InputId is a remoteId, RemoteId the id that Optiply gave it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from amazon_optiply_etl.columns import TEXT
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.marketplaces import MARKETPLACE_IDS
from amazon_optiply_etl.readers import read_csv_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from amazon_optiply_etl.config import Settings

PRODUCTS_FILE = "products.snapshot.csv"
SELL_ORDERS_FILE = "sell_orders.snapshot.csv"
SENT_FIELDS = (
    "name", "skuCode", "eanCode", "articleCode", "price", "stockLevel", "unlimitedStock", "status",
)  # fmt: skip
_PRODUCT_COLUMNS = ("remoteId", "optiply_id", *SENT_FIELDS)
_SELL_ORDER_COLUMNS = ("remoteId", "optiply_id", "placed", "totalValue")
_SHOP_COLUMNS = ("remoteId", "optiply_id", "skuCode", "eanCode")


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The snapshots as they were before a run; every cell is text or null.

    Attributes:
        products: remoteId, optiply_id and the fields as sent; empty on a first run.
        sell_orders: remoteId, optiply_id, placed, totalValue; empty on a first run.
        sent_orders: remoteIds of all orders that went out, by either kind of snapshot.
        first_run: Whether there was no snapshot of sell orders yet.
        host_products: remoteId -> Optiply id by the host's snapshot; null without such a file.
    """

    products: pd.DataFrame
    sell_orders: pd.DataFrame
    sent_orders: frozenset[str]
    first_run: bool
    host_products: pd.Series[Any] | None


def read_snapshots(folder: Path) -> Snapshots:
    """Read all snapshots of a folder, which need not exist.

    Raises:
        EtlError: a snapshot cannot be read or lacks a column.
    """
    host_products = _host_ids(folder, "Products")
    host_orders = _host_ids(folder, "SellOrders")
    products = _with_host_ids(_read(folder / PRODUCTS_FILE, _PRODUCT_COLUMNS), host_products)
    sell_orders = _with_host_ids(_read(folder / SELL_ORDERS_FILE, _SELL_ORDER_COLUMNS), host_orders)
    sent = set(sell_orders["remoteId"])
    sent |= set() if host_orders is None else set(host_orders.index)
    return Snapshots(
        products=products,
        sell_orders=sell_orders,
        sent_orders=frozenset(sent),
        first_run=not (folder / SELL_ORDERS_FILE).exists(),
        host_products=host_products,
    )


def read_shop_products(folder: Path, settings: Settings) -> pd.DataFrame:
    """Return the other shop's products, by which the secondary flavour finds what was sold.

    Raises:
        EtlError: there is no such snapshot, or it lacks the field that products are matched by.
    """
    path = folder / PRODUCTS_FILE
    host = _host_ids(folder, "Products")
    wanted = f"columns remoteId, optiply_id and {settings.optiply_key}"
    if not path.exists():
        also = "" if host is None else " besides the Products_<flow>.snapshot.csv that is there"
        raise EtlError(
            f"Flavour secondary needs the other shop's products: put them into {path}{also}, "
            f"with {wanted}."
        )
    names = read_csv_text(path).column_names
    if settings.optiply_key.lower() not in names:
        raise EtlError(f"{path} has no column {settings.optiply_key}; it must have {wanted}.")
    return _with_host_ids(_read(path, _SHOP_COLUMNS), host)


def refuse_foreign(products: pd.DataFrame, asins: Sequence[str], settings: Settings) -> None:
    """Refuse a snapshot with other remoteIds than this run's, or one of another seller.

    Args:
        products: The snapshot of products.
        asins: The ASINs of all listings in the input, whatever their status.
        settings: What a remoteId is.

    Raises:
        EtlError: the snapshot is not this seller's, or was written with another `marketplaces`.
    """
    if products.empty:
        return
    ids = "|".join(MARKETPLACE_IDS)
    with_marketplace = products["remoteId"].str.contains(rf"_(?:{ids})$", regex=True)
    if settings.per_marketplace and not with_marketplace.all():
        raise EtlError(
            f"{PRODUCTS_FILE} was written without the flag marketplaces (its remoteIds are ASINs), "
            "and the flag is set now; every product would be sent once more. Take the flag back, or "
            "move the snapshots away to start anew."
        )
    if not settings.per_marketplace and with_marketplace.any():
        raise EtlError(
            f"{PRODUCTS_FILE} was written with the flag marketplaces (its remoteIds end in a "
            "marketplace id), and the flag is not set now; every product would be sent once more. Set "
            "the flag again, or move the snapshots away to start anew."
        )
    known = products["remoteId"].str.replace(r"_[A-Z0-9]+$", "", regex=True)
    if len(asins) and not known.isin(asins).any():
        raise EtlError(
            f"{PRODUCTS_FILE} and the input have no product in common, so the snapshot is another "
            "seller's; use this seller's own snapshots, or move them away to start anew."
        )


def unchanged(products: pd.DataFrame, snapshots: Snapshots) -> pd.Series[bool]:
    """Tell which products were sent before exactly as they are now.

    With the host's snapshot a product must be in it: one that Optiply did not take is sent again.

    Args:
        products: The products as text, with all fields that are sent.
        snapshots: What was sent before.
    """
    before = snapshots.products.set_index("remoteId").reindex(products["remoteId"]).reset_index()
    same = before["status"].notna().to_numpy()
    for field in SENT_FIELDS:
        same = same & (before[field].fillna("").to_numpy() == products[field].fillna("").to_numpy())
    if snapshots.host_products is not None:
        same = same & products["remoteId"].isin(snapshots.host_products.index).to_numpy()
    return pd.Series(same, index=products.index).astype(bool)


def next_products(before: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Return the snapshot of products after a run: the new ones, and the earlier others."""
    others = before[~before["remoteId"].isin(products["remoteId"])]
    table = pd.concat([others, products[list(_PRODUCT_COLUMNS)]], ignore_index=True)
    return table.sort_values("remoteId").reset_index(drop=True)


def next_sell_orders(before: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Return the snapshot of sell orders after a run: the earlier ones, then the new ones."""
    new = orders.assign(optiply_id=pd.Series(pd.NA, index=orders.index, dtype=TEXT))
    return pd.concat([before, new[list(_SELL_ORDER_COLUMNS)]], ignore_index=True)


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame({name: pd.Series(dtype=TEXT) for name in columns})
    try:
        table = read_csv_text(path)
    except OSError as error:
        raise EtlError(f"{path} cannot be read: {error.strerror}.") from error
    names = dict(zip(table.column_names, table.columns, strict=True))
    if "remoteid" not in names:
        raise EtlError(f"{path} has no column remoteId, so it is no snapshot.")
    empty = pa.nulls(table.num_rows, pa.string())
    frame: pd.DataFrame = pa.table(
        {name: names.get(name.lower(), empty) for name in columns}
    ).to_pandas(types_mapper=pd.ArrowDtype)
    frame = frame[frame["remoteId"].notna()]
    return frame.drop_duplicates("remoteId", keep="last").reset_index(drop=True)


def _host_ids(folder: Path, stream: str) -> pd.Series[Any] | None:
    """Return remoteId -> Optiply id by the host's snapshots of a stream; None without one."""
    paths = sorted(folder.glob(f"{stream}_*.snapshot.csv"))
    found = []
    for path in paths:
        table = read_csv_text(path)
        if not {"inputid", "remoteid"} <= set(table.column_names):
            raise EtlError(f"{path} has no columns InputId and RemoteId, so it is no snapshot.")
        found.append(table.select(["inputid", "remoteid"]).to_pandas(types_mapper=pd.ArrowDtype))
    if not found:
        return None
    rows = pd.concat(found, ignore_index=True).dropna()
    ids: pd.Series[Any] = rows.drop_duplicates("inputid", keep="last").set_index("inputid")[
        "remoteid"
    ]
    return ids


def _with_host_ids(frame: pd.DataFrame, host: pd.Series[Any] | None) -> pd.DataFrame:
    if host is None:
        return frame
    by_host = frame["remoteId"].map(host).astype(TEXT)
    return frame.assign(optiply_id=by_host.fillna(frame["optiply_id"]))
