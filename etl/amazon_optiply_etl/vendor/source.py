"""Takes apart what Amazon nests in a vendor's orders: parties, delivery windows and items.

Sources: Vendor Retail Procurement Orders v1, Vendor Direct Fulfillment Orders 2021-12-28.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.inputs import typed
from amazon_optiply_etl.inputs.identifiers import are_gtins, barcodes
from amazon_optiply_etl.inputs.streams import Kind, Stream
from amazon_optiply_etl.optiply.limits import LARGEST_NUMBER
from amazon_optiply_etl.tables.amounts import array_of
from amazon_optiply_etl.tables.columns import by_key
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.tables.ids import number_text
from amazon_optiply_etl.tables.matching import mapped
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import decide, is_open, undecided

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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

    item_sequence_number: str | int | float | None = None
    amazon_product_identifier: str | int | float | None = None
    buyer_product_identifier: str | int | float | None = None
    vendor_product_identifier: str | int | float | None = None
    title: str | None = None
    ordered_quantity: _Quantity | None = None
    net_cost: _Money | None = None
    net_price: _Money | None = None


class _StatusItem(_Struct):
    """An item of the status of a purchase order."""

    item_sequence_number: str | int | float | None = None
    buyer_product_identifier: str | int | float | None = None
    vendor_product_identifier: str | int | float | None = None
    ordered_quantity: _Ordered | None = None
    net_cost: _Money | None = None
    acknowledgement_status: _Acknowledged | None = None
    receiving_status: _Received | None = None


_NO_QUANTITY, _NO_MONEY = _Quantity(), _Money()
_NOT_ORDERED, _NOT_ACKNOWLEDGED, _NOT_RECEIVED = _Ordered(), _Acknowledged(), _Received()


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
_OF_UNITS = [
    "cost_unit",
    "ordered_unit",
    *list(_quantity_columns("accepted"))[1:],
    *list(_quantity_columns("received"))[1:],
]
"""Columns that say what others are counted in, of no use once those are in eaches."""
_KEY = (_NUMBER, "item")
_HIGHEST_COST = LARGEST_NUMBER * 10_000  # ten-thousandths
_AT_A_TIME = 20_000  # items, or orders, that are Python objects at once


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
            **{name: mapped(items[_NUMBER], of_order[name]) for name in ("placed", "supplier")},
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
        it is by weight), currency, ordered, accepted and received (in eaches), ordered_size (eaches a
        case, else 1), confirmation, last_received, and `outcome`.
    """
    column = tuple(stream.columns)[-1]
    status = column == "item_status"
    decoder = msgspec.json.Decoder(list[_StatusItem] if status else list[_Item])
    columns_of: Callable[[list[Any]], dict[str, Any]] = _status_columns if status else _columns
    tables, broken = [], []
    numbers: list[str] = []
    items: list[Any] = []
    for index, number, text in _open_texts(orders, column):
        found = decoded(decoder, text)
        if found is None:
            broken.append(index)
            continue
        numbers += [number] * len(found)
        items += found
        if len(items) >= _AT_A_TIME:
            tables.append(_item_table(numbers, columns_of(items)))
            numbers, items = [], []
    if items or not tables:
        tables.append(_item_table(numbers, columns_of(items)))
    unread = outcomes.UNREADABLE.format(column, Kind.JSON.value)
    orders = decide(orders, {unread: orders.index.isin(broken)}) if broken else orders
    table = pa.concat_tables(tables)
    return orders, _typed_items(table) if len(table) else _no_items()


def _typed_items(table: Any) -> pd.DataFrame:  # noqa: ANN401 - pyarrow is untyped
    """Give items their types, quantities in eaches and an `outcome`."""
    frame, unreadable = typed.typed_frame(table, Stream("items", _KEY, _COLUMNS, required=_KEY))
    frame = frame.assign(outcome=undecided(frame))
    for each in unreadable:
        reason = outcomes.UNREADABLE.format(each.column, each.kind.value)
        frame.loc[each.row, "outcome"] = reason
    return _in_eaches(frame)


@cache
def _no_items() -> pd.DataFrame:
    """Return items where there are none, which nobody may change."""
    return _typed_items(_item_table([], {}))


def parties(orders: pd.DataFrame) -> pd.Series[Any]:
    """Return the vendor code of each order: sellingParty.partyId; null where there is none."""
    decoder = msgspec.json.Decoder(_Party)

    def code(text: str | None) -> str | None:
        party = None if text is None else decoded(decoder, text)
        return None if party is None else (party.party_id or "").strip() or None

    texts = orders["selling_party"].where(is_open(orders))
    return _of_each_value(
        texts, lambda values: pa.array(map(code, values.to_pylist()), pa.string())
    )


def ends(windows: pd.Series[Any]) -> pd.Series[Any]:
    """Return the ends of delivery windows, ``2026-11-01T00:00:00Z--2026-11-09T00:00:00Z``."""
    both = windows.str.contains("--", regex=False).fillna(value=False).astype(bool)
    text = windows.str.replace(r"^.*--", "", regex=True).where(both)
    end = Stream("", (), {"end": Kind.INSTANT}, ())
    frame, _ = typed.typed_frame(pa.table({"end": pa.chunked_array([pa.array(text)])}), end)
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
    values = (decoded(decoder, text) if isinstance(text, str) else None for text in texts)
    written = [None if value is None else msgspec.json.encode(value).decode() for value in values]
    return pd.Series(written, index=texts.index, dtype=TEXT)


def outcomes_of_orders(items: pd.DataFrame, orders: pd.DataFrame) -> pd.Series[Any]:
    """Return the outcome of each item's order, null where it has none yet; a newer record counts."""
    current = (orders["outcome"].fillna("") != outcomes.SUPERSEDED).to_numpy(bool)
    of_order = orders[["number", "outcome"]][current].drop_duplicates("number")
    return mapped(items["number"], by_key(of_order, "number", "outcome"))


def _open_texts(orders: pd.DataFrame, column: str) -> Iterator[tuple[int, str, str]]:
    rows = orders[is_open(orders) & orders[column].notna()]
    for start in range(0, len(rows), _AT_A_TIME):
        some = rows.iloc[start : start + _AT_A_TIME]
        yield from zip(
            some.index,
            array_of(some[_NUMBER], pa.string()).to_pylist(),
            array_of(some[column], pa.string()).to_pylist(),
            strict=True,
        )


def _of_each_value(texts: pd.Series[Any], of_values: Callable[[Any], Any]) -> pd.Series[Any]:
    """Return what belongs to each text, found out once of each that there is."""
    if texts.empty:
        return texts
    encoded = array_of(texts, pa.string()).dictionary_encode()
    found = of_values(encoded.dictionary).take(encoded.indices)
    return pd.Series(pd.arrays.ArrowExtensionArray(found), index=texts.index)


def decoded(decoder: Any, text: str) -> Any:  # noqa: ANN401 - of the decoder's type
    """Read JSON, or the Python literal that some CSV writers make of it; null if it is neither."""
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, ValueError):
        pass
    try:
        return decoder.decode(msgspec.json.encode(ast.literal_eval(text)))
    except (msgspec.MsgspecError, SyntaxError, ValueError, TypeError):
        return None


def _item_table(numbers: list[str], columns: dict[str, Any]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Lay the columns of items out as `_COLUMNS` has them, those that items lack without values."""
    nothing = pa.nulls(len(numbers), pa.string())
    columns[_NUMBER] = pa.array(numbers, pa.string())
    return pa.table({name: columns.get(name, nothing) for name in _COLUMNS})


def _texts(values: Iterable[str | float | None]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Return values as an Arrow array of texts without spaces around them; empty ones are null."""
    texts = pa.array((None if each is None else number_text(each) for each in values), pa.string())
    return _without_empty(pc.utf8_trim_whitespace(texts))


def _without_empty(texts: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _sequence(values: Iterable[str | float | None]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    shortened = pc.utf8_ltrim(_texts(values), "0")
    return pc.if_else(pc.equal(shortened, ""), "0", shortened)


def _quantity(name: str, quantities: Iterable[_Quantity | None]) -> dict[str, Any]:
    found = [each or _NO_QUANTITY for each in quantities]
    return {
        name: _texts(each.amount for each in found),
        f"{name}_unit": pa.array([each.unit_of_measure for each in found], pa.string()),
        f"{name}_size": _texts(each.unit_size for each in found),
    }


def _money(values: Iterable[_Money | None]) -> dict[str, Any]:
    found = [each or _NO_MONEY for each in values]
    written = pa.array([bytes(each.amount) for each in found], pa.binary())
    amounts = pc.utf8_trim(pc.cast(written, pa.string()), '"')
    amounts = pc.if_else(pc.equal(amounts, "null"), pa.scalar(None, pa.string()), amounts)
    return {
        "cost": _without_empty(pc.utf8_trim_whitespace(amounts)),
        "currency": pa.array([each.currency_code for each in found], pa.string()),
        "cost_unit": pa.array([each.unit_of_measure for each in found], pa.string()),
    }


def _columns(items: list[_Item]) -> dict[str, Any]:
    return {
        "item": _sequence(each.item_sequence_number for each in items),
        "asin": _texts(
            each.amazon_product_identifier or each.buyer_product_identifier for each in items
        ),
        "identifier": _texts(each.vendor_product_identifier for each in items),
        "title": _texts(each.title for each in items),
        **_money(each.net_cost or each.net_price for each in items),
        **_quantity("ordered", (each.ordered_quantity for each in items)),
    }


def _status_columns(items: list[_StatusItem]) -> dict[str, Any]:
    ordered = [each.ordered_quantity or _NOT_ORDERED for each in items]
    acknowledged = [each.acknowledgement_status or _NOT_ACKNOWLEDGED for each in items]
    received = [each.receiving_status or _NOT_RECEIVED for each in items]
    return {
        "item": _sequence(each.item_sequence_number for each in items),
        "asin": _texts(each.buyer_product_identifier for each in items),
        "identifier": _texts(each.vendor_product_identifier for each in items),
        **_money(each.net_cost for each in items),
        **_quantity("ordered", (each.ordered_quantity for each in ordered)),
        "confirmation": pa.array([each.confirmation_status for each in acknowledged], pa.string()),
        **_quantity("accepted", (each.accepted_quantity for each in acknowledged)),
        **_quantity("received", (each.received_quantity for each in received)),
        "last_received": pa.array([each.last_receive_date for each in received], pa.string()),
    }


def _in_eaches(items: pd.DataFrame) -> pd.DataFrame:
    """Count all quantities in eaches, and mark items that cannot be distinguished."""
    if items.empty:
        nothing = pd.Series(dtype=TEXT, index=items.index)
        return items.drop(columns=_OF_UNITS).assign(ean=nothing)
    cost = array_of(items["cost"], pa.int64())
    beyond = pc.fill_null(pc.greater(pc.abs(cost), _HIGHEST_COST), fill_value=False)
    counted: dict[str, Any] = {}
    for name in ("ordered", "accepted", "received"):
        amount, size, over = _counted(*(items[each] for each in _quantity_columns(name)))
        beyond = pc.or_(beyond, over)
        counted |= {name: amount, f"{name}_size": size}
    by_weight = items["cost_unit"].notna().to_numpy(bool)
    counted["cost"] = pc.if_else(by_weight, pa.scalar(None, pa.int64()), cost)
    items = items.drop(columns=_OF_UNITS).assign(
        **{name: pd.arrays.ArrowExtensionArray(array) for name, array in counted.items()},
        ean=_of_each_value(items["identifier"], _eans),
    )
    return decide(
        items,
        {
            outcomes.NO_KEY_PART.format("itemSequenceNumber"): items["item"].isna(),
            outcomes.SUPERSEDED: items.duplicated(list(_KEY), keep="last"),
            outcomes.BEYOND: beyond.to_numpy(zero_copy_only=False),
        },
    )


def _counted(
    amounts: pd.Series[Any], units: pd.Series[Any], sizes: pd.Series[Any]
) -> tuple[Any, Any, Any]:
    """Return quantities in eaches, eaches a case (else 1), and which are more than Optiply takes.

    Arrow arrays; a quantity that is too large is null. Without its size a case counts as one each.
    """
    amount, size = (array_of(each, pa.int64()) for each in (amounts, sizes))
    unit = pc.utf8_lower(array_of(units, pa.string()))
    in_cases = pc.fill_null(pc.starts_with(unit, "case"), fill_value=False)
    none = pa.scalar(None, pa.int64())
    size = pc.fill_null(pc.if_else(in_cases, size, none), 1)
    about = pc.multiply(*(pc.cast(each, pa.float64(), safe=False) for each in (amount, size)))
    over = pc.or_kleene(pc.greater(pc.abs(about), LARGEST_NUMBER), pc.greater(size, LARGEST_NUMBER))
    over = pc.fill_null(over, fill_value=False)
    return pc.multiply_checked(pc.if_else(over, none, amount), size), size, over


def _eans(identifiers: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    codes = pd.Series(pd.arrays.ArrowExtensionArray(identifiers))
    return array_of(barcodes(codes.where(are_gtins(codes))), pa.string())
