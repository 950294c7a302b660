"""From items of a vendor's orders to Optiply's products, suppliers and suppliers' products."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pandas as pd
import pyarrow as pa

from amazon_optiply_etl.optiply.limits import LARGEST_NUMBER, LONGEST_TEXT
from amazon_optiply_etl.tables.amounts import hundredths
from amazon_optiply_etl.tables.columns import frame_of
from amazon_optiply_etl.tables.dtypes import TEXT, WHOLE
from amazon_optiply_etl.tables.matching import mapped
from amazon_optiply_etl.tables.plain_text import on_one_line
from amazon_optiply_etl.vendor.source import decoded
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import decide, is_open

if TYPE_CHECKING:
    from collections.abc import Sequence

_DETAILS = ["asin", "identifier", "price", "ordered_size"]
_OF_NEWEST = [*_DETAILS, "placed"]


@dataclass(frozen=True, slots=True)
class Items:
    """The items of all orders, each with ean, placed, supplier and `outcome`.

    Attributes:
        ordered: Those of Amazon's purchase orders.
        confirmed: Those of their status.
        shipped: Those of the orders that the vendor ships itself.
    """

    ordered: pd.DataFrame
    confirmed: pd.DataFrame
    shipped: pd.DataFrame

    @property
    def all(self) -> Sequence[pd.DataFrame]:
        """All of them."""
        return (self.ordered, self.confirmed, self.shipped)


def latest(items: Items, key: str, sent: pd.DataFrame, told: pd.Series[Any]) -> pd.DataFrame:
    """Return asin, identifier, price (hundredths) and ordered_size by a key, of its latest order.

    Purchase orders come first, unless they are older than the one that reported it before: an order
    comes again when its state has changed. Without any in the input it stays as it was sent: neither the
    status of an old order nor a direct order, which has a price of its own, takes its place.

    Args:
        items: The items.
        key: Column by which they are wanted.
        sent: What was sent, by the key, with these columns.
        told: When the order was placed that reported it before, by the key.
    """
    ordered, confirmed, shipped = (_newest(frame, key) for frame in items.all)
    older = ordered["placed"] < told.reindex(ordered.index).astype(TEXT)
    older = older.fillna(value=False).astype(bool)
    ranked = (ordered[~older], sent, ordered[older], confirmed, shipped)
    there = [each[_DETAILS] for each in ranked if len(each)] or [ordered[_DETAILS]]
    # Of each detail the first that is known counts.
    found = there[0] if len(there) == 1 else pd.concat(there).groupby(level=0).first()
    wanted = ordered.index.union(confirmed.index).union(shipped.index)
    kinds = dict.fromkeys(_DETAILS[:2], TEXT) | dict.fromkeys(_DETAILS[2:], WHOLE)
    return found.reindex(wanted).astype(kinds)


def _usable(items: pd.DataFrame, key: str, columns: list[str]) -> pd.DataFrame:
    """Return the open items that have a key: some of their columns."""
    return items[columns][(is_open(items) & items[key].notna()).to_numpy(bool)]


def _newest(items: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return asin, identifier, price, ordered_size and placed of the latest items, by their key."""
    columns = [key, "asin", "identifier", "cost", "ordered_size", "placed", "number", "item"]
    usable = items if items.empty else _usable(items, key, columns)
    if usable.empty:
        return _nothing_newest(key)
    usable = usable.assign(price=hundredths(usable["cost"].where(usable["cost"] >= 0)))
    usable = usable.sort_values(["placed", "number", "item"], na_position="first")
    return usable.groupby(key)[_OF_NEWEST].last().astype({"placed": TEXT})


@cache
def _nothing_newest(key: str) -> pd.DataFrame:
    """Return what `_newest` does where there are no items; nobody may change it."""
    kinds = dict.fromkeys(_DETAILS[2:], pa.int64())
    nothing = {name: pa.array([], kinds.get(name, pa.string())) for name in _OF_NEWEST}
    return frame_of(nothing, pd.Index([], dtype=TEXT, name=key))


def costs_told(items: pd.DataFrame, key: str, before: pd.DataFrame) -> pd.DataFrame:
    """Return when the latest purchase order of each key was placed, in this input or an earlier one.

    Args:
        items: The items of Amazon's purchase orders.
        key: The column of keys.
        before: key, placed, as an earlier run has them.

    Returns:
        key, placed; sorted by key.
    """
    told = _usable(items, key, [key, "placed"]).set_axis(["key", "placed"], axis="columns")
    rows = pd.concat([before, told], ignore_index=True).astype(TEXT).dropna()
    return rows.groupby("key", sort=True)["placed"].max().astype(TEXT).reset_index()


def build_products(
    items: Items,
    catalog: pd.DataFrame,
    stock: pd.Series[Any] | None,
    sent: pd.DataFrame,
    told: pd.Series[Any],
) -> pd.DataFrame:
    """Make one product of each EAN: of the items', and of those sent before, whose stock is kept up.

    Args:
        items: The items.
        catalog: Records of product_catalog.
        stock: EAN -> units, 0 where there is none; null where the input does not say.
        sent: Products as they were sent, typed, by remoteId.
        told: EAN -> when the purchase order was placed that reported the price that was sent.

    Returns:
        The columns of products, sorted by remoteId.
    """
    before = sent.assign(
        asin=sent["articleCode"], identifier=sent["skuCode"], ordered_size=sent["stockLevel"]
    )
    details = latest(items, "ean", before, told)
    again = before.index[before["status"].notna()]
    details = pd.concat([details, before.loc[again.difference(details.index), _DETAILS]])
    eans = pd.Series(details.index, index=details.index, dtype=TEXT)
    asin = details["asin"].astype(TEXT)
    article = asin.fillna(eans)
    titled = is_open(items.shipped) & items.shipped["title"].notna()
    titles = items.shipped.loc[titled, ["ean", "title", "placed", "number"]]
    titles = titles.sort_values(["placed", "number"], na_position="first")
    title = titles.groupby("ean")["title"].last()
    named = sent.loc[(sent["name"] != sent["articleCode"]).fillna(value=True), "name"]
    name = mapped(eans, named).fillna(mapped(eans, title))
    name = name.fillna(mapped(asin, _catalog_names(catalog))).fillna(article)
    level = eans.map(sent["stockLevel"] if stock is None else stock).astype(WHOLE)
    table = pd.DataFrame(
        {
            "remoteId": eans,
            "name": on_one_line(name)
            .str.replace(r"\s+", " ", regex=True)
            .str.strip()
            .str.slice(0, LONGEST_TEXT),
            "skuCode": details["identifier"].astype(TEXT).fillna(eans).str.slice(0, LONGEST_TEXT),
            "eanCode": eans,
            "articleCode": article,
            "price": details["price"].astype(WHOLE),
            "stockLevel": level.fillna(0),
            "unlimitedStock": False,
            "status": pd.Series("enabled", index=details.index, dtype=TEXT),
        }
    )
    return table.sort_values("remoteId").reset_index(drop=True)


def too_much_stock(products: pd.DataFrame) -> pd.Series[Any]:
    """Return which products have more stock than Optiply takes: remoteId -> reason."""
    over = products.loc[products["stockLevel"] > LARGEST_NUMBER, "remoteId"]
    return pd.Series(outcomes.TOO_MUCH_STOCK, index=over, dtype=TEXT)


def stock_of(
    records: pd.DataFrame, eans: pd.Series[Any], sent: pd.Series[Any], *, whole: bool
) -> tuple[pd.DataFrame, pd.Series[Any] | None]:
    """Sum the sellable units of the latest day of each marketplace, by product.

    An ASIN that is not among a day's records has no stock on that day.

    Args:
        records: Records of vendor_inventory with `outcome`.
        eans: ASIN -> EAN.
        sent: EAN -> units as they were sent, which stay where a record cannot be read.
        whole: Whether the records of all marketplaces have arrived.

    Returns:
        The records with `ean`, and EAN -> units, null where the input does not say; back orders make
        it 0, never less.
    """
    ean = mapped(records["asin"], eans)
    units = records["sellable_on_hand_inventory_units"]
    usable = records[is_open(records)]
    latest_day = records["marketplace_id"].map(usable.groupby("marketplace_id")["end_date"].max())
    lost = ~is_open(records) & (records["outcome"] != outcomes.SUPERSEDED) | units.isna()
    older = (records["end_date"] < latest_day.astype(TEXT)).fillna(value=False)
    unread = pd.Index(ean[(lost & ~older).astype(bool)].dropna().unique(), dtype=TEXT)
    records = decide(
        records.assign(ean=ean),
        {
            outcomes.STOCK_IN_PART: not whole,
            outcomes.OLDER_DAY: older,
            outcomes.NO_PRODUCT: ean.isna(),
            outcomes.NO_QUANTITY: units.isna(),
        },
    )
    if usable.empty or not whole:
        return records, None
    counted = records[is_open(records)]
    sums = counted.groupby("ean")["sellable_on_hand_inventory_units"].sum()
    kept = sent[sent.index.isin(unread)]
    return records, kept.combine_first(sums.clip(lower=0)).astype(WHOLE)


def build_suppliers(codes: Sequence[pd.Series[Any]]) -> pd.DataFrame:
    """Make one supplier of each vendor code."""
    code = pd.concat(codes).dropna().drop_duplicates().sort_values().reset_index(drop=True)
    return pd.DataFrame({"remoteId": code.astype(TEXT), "name": code.astype(TEXT)})


def build_supplier_products(
    items: Items,
    products: pd.DataFrame,
    names: pd.Series[Any],
    sent: pd.DataFrame,
    told: pd.Series[Any],
) -> pd.DataFrame:
    """Make one row of each product and vendor code that orders name together.

    Args:
        items: The items with `pair`, the remoteId of the row, null where there is none.
        products: By EAN: product and product_id.
        names: EAN -> name of the product.
        sent: Suppliers' products as they were sent, typed, by remoteId.
        told: remoteId -> when the purchase order was placed that reported the price that was sent.
    """
    before = sent.assign(
        asin=sent["articleCode"], identifier=sent["skuCode"], ordered_size=sent["lotSize"]
    )
    details = latest(items, "pair", before, told)
    keys = pd.concat([frame[["pair", "ean", "supplier"]] for frame in items.all])
    keys = keys.dropna().drop_duplicates("pair").set_index("pair").reindex(details.index)
    ean = keys["ean"].astype(TEXT)
    article = details["asin"].fillna(ean)
    return pd.DataFrame(
        {
            "remoteId": pd.Series(details.index, index=details.index, dtype=TEXT),
            "product": mapped(ean, products["product"]),
            "product_id": mapped(ean, products["product_id"]),
            "supplier": keys["supplier"].astype(TEXT),
            "name": mapped(ean, names).fillna(article),
            "skuCode": details["identifier"].fillna(ean).str.slice(0, LONGEST_TEXT),
            "eanCode": ean,
            "articleCode": article,
            "price": details["price"],
            "lotSize": details["ordered_size"].fillna(1).clip(lower=1),
            "status": pd.Series("enabled", index=details.index, dtype=TEXT),
        }
    ).reset_index(drop=True)


class _Summary(msgspec.Struct, rename="camel", gc=False):  # type: ignore[call-arg,misc,unused-ignore]
    item_name: str | None = None


class _Value(msgspec.Struct, gc=False):  # type: ignore[call-arg,misc,unused-ignore]
    value: str | None = None


class _Attributes(msgspec.Struct, gc=False):  # type: ignore[call-arg,misc,unused-ignore]
    item_name: list[_Value] | None = None


def _catalog_names(catalog: pd.DataFrame) -> pd.Series[Any]:
    """Return ASIN -> name by the catalog, in the first marketplace that has one."""
    rows = catalog[is_open(catalog)].sort_values("marketplace_id")
    summaries = msgspec.json.Decoder(list[_Summary])
    attributes = msgspec.json.Decoder(_Attributes)
    names: dict[str, str] = {}
    for asin, of_summaries, of_attributes in zip(
        rows["asin"], rows["summaries"], rows["attributes"], strict=True
    ):
        found = [each.item_name for each in _read(summaries, of_summaries) or ()]
        more = _read(attributes, of_attributes)
        found += [each.value for each in (more.item_name if more else None) or ()]
        name = next((each.strip() for each in found if each and each.strip()), None)
        if name is not None:
            names.setdefault(asin, name)
    return pd.Series(names, dtype=TEXT)


def _read(decoder: Any, text: object) -> Any:  # noqa: ANN401 - of the decoder's type
    return decoded(decoder, text) if isinstance(text, str) else None
