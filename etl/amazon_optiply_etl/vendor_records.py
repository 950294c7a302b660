"""Takes apart what Amazon nests in a vendor's orders: parties, delivery windows and items.

Sources: Vendor Retail Procurement Orders v1, Vendor Direct Fulfillment Orders 2021-12-28.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa

from amazon_optiply_etl import columns, outcomes
from amazon_optiply_etl.columns import TEXT
from amazon_optiply_etl.identifiers import are_gtins, barcodes
from amazon_optiply_etl.outcomes import decide, is_open, undecided
from amazon_optiply_etl.records import Kind, Stream

_NUMBER = "purchase_order_number"


class _Struct(msgspec.Struct, rename="camel", omit_defaults=True, gc=False):  # type: ignore[call-arg,misc,unused-ignore]
    """Keeps of an object of Amazon's what is declared, and passes over the rest."""


class _Quantity(_Struct):
    amount: int | str | None = None
    unit_of_measure: str | None = None
    unit_size: int | str | None = None


class _Money(_Struct):
    amount: msgspec.Raw = msgspec.Raw(b"null")
    currency_code: str | None = None
    unit_of_measure: str | None = None


class _Ordered(_Struct):
    ordered_quantity: _Quantity | None = None


class _Acknowledged(_Struct):
    confirmation_status: str | None = None
    accepted_quantity: _Quantity | None = None


class _Received(_Struct):
    received_quantity: _Quantity | None = None
    last_receive_date: str | None = None


class _Party(_Struct):
    party_id: str | None = None


class _Item(_Struct):
    """An item of a purchase order or of a direct fulfilment order."""

    item_sequence_number: str | int | None = None
    amazon_product_identifier: str | None = None
    buyer_product_identifier: str | None = None
    vendor_product_identifier: str | None = None
    title: str | None = None
    ordered_quantity: _Quantity | None = None
    net_cost: _Money | None = None
    net_price: _Money | None = None


class _StatusItem(_Struct):
    """An item of the status of a purchase order."""

    item_sequence_number: str | int | None = None
    buyer_product_identifier: str | None = None
    vendor_product_identifier: str | None = None
    ordered_quantity: _Ordered | None = None
    net_cost: _Money | None = None
    acknowledgement_status: _Acknowledged | None = None
    receiving_status: _Received | None = None


def _quantity_columns(name: str) -> dict[str, Kind]:
    return {name: Kind.WHOLE, f"{name}_unit": Kind.TEXT, f"{name}_size": Kind.WHOLE}


_COLUMNS = {
    _NUMBER: Kind.TEXT,
    "item": Kind.TEXT,
    "asin": Kind.TEXT,
    "identifier": Kind.TEXT,
    "title": Kind.TEXT,
    "cost": Kind.AMOUNT,
    "currency": Kind.TEXT,
    "cost_unit": Kind.TEXT,
    **_quantity_columns("ordered"),
    "confirmation": Kind.TEXT,
    **_quantity_columns("accepted"),
    **_quantity_columns("received"),
    "last_received": Kind.INSTANT,
}
_KEY = (_NUMBER, "item")


@dataclass(frozen=True, slots=True)
class Source:
    """The records of one stream of a vendor's orders.

    Attributes:
        stream: The stream.
        orders: The records with `outcome`, number (purchase_order_number), placed and supplier (the
            vendor code).
        items: One row an item, as `items_of` has them, with number, placed and supplier of its order.
    """

    stream: Stream
    orders: pd.DataFrame
    items: pd.DataFrame


def source(records: pd.DataFrame, stream: Stream, placed: str) -> Source:
    """Take the records of a stream apart.

    Args:
        records: The records.
        stream: The stream.
        placed: Column of the time when an order was placed.
    """
    orders, items = items_of(records, stream)
    orders = orders.assign(number=orders[_NUMBER], placed=orders[placed], supplier=parties(orders))
    of_order = orders[is_open(orders)].set_index("number")
    return Source(
        stream,
        orders,
        items.assign(
            number=items[_NUMBER],
            **{
                name: items[_NUMBER].map(of_order[name]).astype(TEXT)
                for name in ("placed", "supplier")
            },
        ),
    )


def items_of(orders: pd.DataFrame, stream: Stream) -> tuple[pd.DataFrame, pd.DataFrame]:
    """List the items of orders that are still open.

    Args:
        orders: Records of vendor_purchase_orders, its status or vendor_fulfilment_orders.
        stream: The stream, whose last column holds the items.

    Returns:
        The orders, those whose items cannot be read with an outcome; and one row an item:
        purchase_order_number, item (its number without leading zeros), asin, identifier (the vendor's),
        ean (the identifier, where it is a barcode), title, cost (ten-thousandths, per each; null where
        it is by weight), currency, ordered, accepted and received (in eaches), confirmation,
        last_received, and `outcome`.
    """
    column = tuple(stream.columns)[-1]
    status = column == "item_status"
    decoder = msgspec.json.Decoder(list[_StatusItem] if status else list[_Item])
    row_of = _status_row if status else _row
    rows: list[tuple[Any, ...]] = []
    broken = []
    for index, number, text in _open_texts(orders, column):
        items = _decoded(decoder, text)
        if items is None:
            broken.append(index)
        else:
            rows += [(number, *row_of(item)) for item in items]
    names = tuple(_COLUMNS)
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    table = pa.table(
        {name: pa.array(values, pa.string()) for name, values in zip(names, cells, strict=True)}
    )
    of_items = Stream(f"{stream.name} items", _KEY, _COLUMNS, required=_KEY)
    frame, unreadable = columns.typed_frame(table, of_items)
    frame = frame.assign(outcome=undecided(frame))
    for each in unreadable:
        reason = outcomes.UNREADABLE.format(each.column, each.kind.value)
        frame.loc[each.row, "outcome"] = reason
    unread = outcomes.UNREADABLE.format(column, Kind.JSON.value)
    return decide(orders, {unread: orders.index.isin(broken)}), _in_eaches(frame)


def parties(orders: pd.DataFrame) -> pd.Series[Any]:
    """Return the vendor code of each order: sellingParty.partyId; null where there is none."""
    decoder = msgspec.json.Decoder(_Party)
    codes: dict[int, str | None] = {}
    for index, _, text in _open_texts(orders, "selling_party"):
        party = _decoded(decoder, text)
        codes[index] = None if party is None else (party.party_id or "").strip() or None
    return pd.Series(codes, dtype=TEXT).reindex(orders.index)


def ends(windows: pd.Series[Any]) -> pd.Series[Any]:
    """Return the ends of delivery windows, ``2026-11-01T00:00:00Z--2026-11-09T00:00:00Z``."""
    both = windows.str.contains("--", regex=False).fillna(value=False).astype(bool)
    text = windows.str.replace(r"^.*--", "", regex=True).where(both)
    end = Stream("", (), {"end": Kind.INSTANT}, ())
    frame, _ = columns.typed_frame(pa.table({"end": pa.chunked_array([pa.array(text)])}), end)
    return pd.Series(frame["end"].to_numpy(), index=windows.index, dtype=TEXT)


def slim(orders: pd.DataFrame, stream: Stream) -> pd.DataFrame:
    """Keep of nested values what payloads are made of, so that no buyer's data are kept."""
    column = tuple(stream.columns)[-1]
    item = list[_StatusItem] if column == "item_status" else list[_Item]
    return orders.assign(
        **{column: _rewritten(orders[column], item)},
        selling_party=_rewritten(orders["selling_party"], _Party),
    )


def _rewritten(texts: pd.Series[Any], kind: Any) -> pd.Series[Any]:  # noqa: ANN401 - a type
    decoder = msgspec.json.Decoder(kind)
    values = (_decoded(decoder, text) if isinstance(text, str) else None for text in texts)
    written = [None if value is None else msgspec.json.encode(value).decode() for value in values]
    return pd.Series(written, index=texts.index, dtype=TEXT)


def _open_texts(orders: pd.DataFrame, column: str) -> list[tuple[int, str, str]]:
    rows = orders[is_open(orders) & orders[column].notna()]
    return list(zip(rows.index, rows[_NUMBER], rows[column], strict=True))


def _decoded(decoder: Any, text: str) -> Any:  # noqa: ANN401 - of the decoder's type
    """Read JSON, or the Python literal that some CSV writers make of it; null if it is neither."""
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, ValueError):
        pass
    try:
        return decoder.decode(msgspec.json.encode(ast.literal_eval(text)))
    except (msgspec.MsgspecError, SyntaxError, ValueError, TypeError):
        return None


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value).strip() or None


def _quantity(quantity: _Quantity | None) -> tuple[str | None, str | None, str | None]:
    if quantity is None:
        return (None, None, None)
    return _text(quantity.amount), quantity.unit_of_measure, _text(quantity.unit_size)


def _money(money: _Money | None) -> tuple[str | None, str | None, str | None]:
    if money is None:
        return (None, None, None)
    amount = bytes(money.amount).decode().strip('"')
    return (None if amount == "null" else _text(amount), money.currency_code, money.unit_of_measure)


def _sequence(value: str | int | None) -> str | None:
    text = _text(value)
    return text if text is None else text.lstrip("0") or "0"


_NOT_IN_STATUS = (None,) * 8


def _row(item: _Item) -> tuple[str | None, ...]:
    return (
        _sequence(item.item_sequence_number),
        _text(item.amazon_product_identifier or item.buyer_product_identifier),
        _text(item.vendor_product_identifier),
        _text(item.title),
        *_money(item.net_cost or item.net_price),
        *_quantity(item.ordered_quantity),
        *_NOT_IN_STATUS,
    )


def _status_row(item: _StatusItem) -> tuple[str | None, ...]:
    ordered = item.ordered_quantity or _Ordered()
    acknowledged = item.acknowledgement_status or _Acknowledged()
    received = item.receiving_status or _Received()
    return (
        _sequence(item.item_sequence_number),
        _text(item.buyer_product_identifier),
        _text(item.vendor_product_identifier),
        None,
        *_money(item.net_cost),
        *_quantity(ordered.ordered_quantity),
        acknowledged.confirmation_status,
        *_quantity(acknowledged.accepted_quantity),
        *_quantity(received.received_quantity),
        received.last_receive_date,
    )


def _in_eaches(items: pd.DataFrame) -> pd.DataFrame:
    """Count all quantities in eaches, and mark items that cannot be told apart."""
    for name in ("ordered", "accepted", "received"):
        in_cases = items[f"{name}_unit"].str.lower().str.startswith("case").fillna(value=False)
        # Without its size a case counts as one each.
        size = items[f"{name}_size"].where(in_cases.astype(bool)).fillna(1)
        items = items.assign(**{name: items[name] * size, f"{name}_size": size})
    code = items["identifier"].str.strip()
    by_weight = items["cost_unit"].notna()
    items = items.assign(
        ean=barcodes(code.where(are_gtins(code))), cost=items["cost"].mask(by_weight)
    )
    return decide(
        items,
        {
            outcomes.NO_KEY_PART.format("itemSequenceNumber"): items["item"].isna(),
            outcomes.SUPERSEDED: items.duplicated(list(_KEY), keep="last"),
        },
    )
