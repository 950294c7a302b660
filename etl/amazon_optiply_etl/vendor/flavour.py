"""Amazon Vendor: a run of the flavour that makes all seven entities, or sell orders alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.inputs.completeness import read_whole, rejected_counts
from amazon_optiply_etl.inputs.streams import (
    FULFILMENT_ORDERS,
    PURCHASE_ORDERS,
    PURCHASE_ORDERS_STATUS,
    SUMMARY,
    VENDOR_CATALOG,
    VENDOR_STOCK,
)
from amazon_optiply_etl.loading.already_in_optiply import adopted
from amazon_optiply_etl.loading.loader import (
    FlavourResult,
    LoadedEntity,
    RunContext,
    as_written,
    load_entity,
    with_unsettled,
)
from amazon_optiply_etl.loading.missing_products import orders_of
from amazon_optiply_etl.mapping_report import figures
from amazon_optiply_etl.mapping_report.articles import Articles
from amazon_optiply_etl.mapping_report.figures import Figures
from amazon_optiply_etl.optiply.entities import (
    BUY_ORDER_LINES,
    BUY_ORDERS,
    PRODUCTS,
    RECEIPT_LINES,
    SELL_ORDERS,
    SUPPLIER_PRODUCTS,
    SUPPLIERS,
)
from amazon_optiply_etl.state import waiting
from amazon_optiply_etl.state.snapshots import from_text
from amazon_optiply_etl.tables.columns import by_key
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.tables.matching import mapped
from amazon_optiply_etl.tables.side_by_side import once
from amazon_optiply_etl.vendor.articles import of_vendor
from amazon_optiply_etl.vendor.eans import (
    eans_of_asins,
    known_asins,
    other_products,
    own_products,
    with_products,
)
from amazon_optiply_etl.vendor.products import (
    Items,
    build_products,
    build_supplier_products,
    build_suppliers,
    costs_told,
    stock_of,
    too_much_stock,
)
from amazon_optiply_etl.vendor.sell_orders import VendorSales, after_loading, build_sell_orders
from amazon_optiply_etl.vendor.source import Source, slim, source
from amazon_optiply_etl.vendor.supply import Supply, build_supply
from amazon_optiply_etl.vendor.tallies import items_name, order_tallies, rows_tally, stock_tally
from amazon_optiply_etl.verdicts import notes, outcomes
from amazon_optiply_etl.verdicts.outcomes import GOES_OUT, UNCHANGED, is_open

if TYPE_CHECKING:
    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.inputs.folder import Inputs
    from amazon_optiply_etl.inputs.streams import Stream
    from amazon_optiply_etl.mapping_report.report import Tally
    from amazon_optiply_etl.optiply.entities import Entity
    from amazon_optiply_etl.state.snapshots import Snapshots

_PLACED = {
    PURCHASE_ORDERS: "purchase_order_date",
    PURCHASE_ORDERS_STATUS: "purchase_order_date",
    FULFILMENT_ORDERS: "order_date",
}


def load_vendor(context: RunContext) -> FlavourResult:
    """Make what the flavour makes of a vendor's records, and load it.

    Raises:
        EtlError: the products that are needed are missing.
    """
    noted = refuse_missing(context.settings, context.inputs, context.before)
    context.keep(partial(_unsent, context))
    sources = [source(context.inputs[each].frame, each, placed) for each, placed in _PLACED.items()]
    known, of_products = _load_products(context, sources)
    sources = [
        replace(each, items=with_products(items, known.products))
        for each, items in zip(sources, known.items.all, strict=True)
    ]
    ordered, status, shipped = sources
    codes = [each.orders.loc[is_open(each.orders), "supplier"] for each in sources]
    suppliers = load_entity(context, SUPPLIERS, build_suppliers(codes))
    catalogue, costs = _load_supplier_products(context, sources, known, suppliers)
    sales = build_sell_orders(ordered, shipped, status, context.taken(SELL_ORDERS))
    held, last = orders_of(context, SELL_ORDERS, sales.lines)
    sold = load_entity(context, SELL_ORDERS, sales.table, lines=sales.lines, held=held, last=last)
    sales = after_loading(sales, sold)
    supply, bought = _load_supply(context, ordered, status, known, suppliers)
    steps = (known.step, suppliers, catalogue, sold, *bought)
    waits = _waiting_numbers(sources, (known.step, catalogue, *bought))
    if context.settings.sends(SELL_ORDERS):
        waits |= _accepted_numbers(sales.sources[0].orders)
    awaited = _awaited_numbers(context, sales)
    kept, tallies = _finish(context, sales, supply, bought, waits | awaited)
    numbers = {number for frame in kept.values() for number in frame["purchase_order_number"]}
    ids = sorted(numbers - (awaited - waits))
    lines = sales.lines[sales.lines["remoteId"].isin(_accepted(sold)).astype(bool)]
    return FlavourResult(
        tallies=(*tallies, of_products, *(rows_tally(step) for step in steps)),
        written={
            **{step.entity.snapshot: step.count for step in steps},
            **{
                items_name(each.stream): int(
                    lines.loc[lines["remoteId"].isin(_went(each.orders)), "merged"].sum()
                )
                for each in sales.sources
            },
        },
        notes=noted
        | known.notes
        | dict(sales.notes)
        | dict(supply.notes)
        | ({notes.WAITING: ids} if ids else {}),
        steps=steps,
        waiting=once(
            partial(
                waiting.laid_out,
                kept,
                asked=context.before[SELL_ORDERS].deliveries["remoteId"],
            )
        ),
        figures=_figures(sales, known.step),
        articles=known.articles,
        asins=known.asins,
        costs=costs,
    )


def _figures(sales: VendorSales, products: LoadedEntity) -> Figures:
    columns = ["placed", "outcome"]
    orders = pd.concat([each.orders[columns] for each in sales.sources], ignore_index=True)
    dated = orders.rename(columns={"placed": "purchase_date"})
    done = products.table["outcome"].isin([GOES_OUT, UNCHANGED])
    return Figures(orders_by_day=figures.orders_by_day(dated), with_ean=int(done.sum()))


def refuse_missing(
    settings: Settings,  # noqa: ARG001 - as other flavours have it
    inputs: Inputs,
    before: Snapshots,
) -> dict[str, list[str]]:
    """Refuse a first input without any of a vendor's orders; note it later.

    Raises:
        EtlError: the streams are missing.
    """
    if any(inputs[stream].present for stream in _PLACED):
        return {}
    names = " nor ".join(stream.name for stream in _PLACED)
    if before.first_run:
        if sellers := inputs.passed_over_of("products_inventory"):
            raise EtlError(
                f"The input holds a seller's records ({sellers}), and neither {names}; leave out the "
                "flavour vendor."
            )
        raise EtlError(f"The input holds neither {names}; select these streams in the tap.")
    return {notes.NO_ORDERS: [stream.name for stream in _PLACED]}


@dataclass(frozen=True, slots=True)
class _Known:
    """The products of a run.

    Attributes:
        items: The items with their ean.
        products: EAN -> product, product_id, outcome.
        names: EAN -> name.
        asins: The EANs of ASINs, for this run and the next.
        step: What became of the products.
        notes: What a reader should know.
        articles: What the mapping report says of each article.
    """

    items: Items
    products: pd.DataFrame
    names: pd.Series[Any]
    asins: pd.DataFrame
    step: LoadedEntity
    notes: dict[str, list[str]]
    articles: Articles


def _load_products(context: RunContext, sources: list[Source]) -> tuple[_Known, Tally]:
    """Make and load the products, or find those of another source."""
    inputs, before = context.inputs, context.before[PRODUCTS]
    catalog = inputs[VENDOR_CATALOG].frame
    asins = known_asins([each.items for each in sources], catalog, context.before.asins)
    eans = eans_of_asins(asins, before.frame)
    ordered, confirmed, shipped = (
        each.items.assign(ean=each.items["ean"].fillna(mapped(each.items["asin"], eans)))
        for each in sources
    )
    items = Items(ordered, confirmed, shipped)
    own = context.settings.sends(PRODUCTS)
    sent = from_text(PRODUCTS, before.frame if own else before.frame.iloc[:0])
    sent = sent.set_index("remoteId", drop=False)
    whole = _stock_is_whole(context)
    stock, levels = stock_of(inputs[VENDOR_STOCK].frame, eans, sent["stockLevel"], whole=whole)
    table = build_products(items, catalog, levels, sent, _told(context))
    ids, noted = adopted(table, context, "eanCode") if own else (context.ids(PRODUCTS), {})
    table = table.assign(optiply_id=mapped(table["remoteId"], ids))
    table, held = as_written(context, PRODUCTS, table, too_much_stock(table))
    step = load_entity(context, PRODUCTS, table, held=held)
    wanted = pd.Index(pd.concat([each["ean"] for each in items.all]).dropna().unique(), dtype=TEXT)
    products = own_products(wanted, step) if own else other_products(wanted, _shop(context))
    names = by_key(table, "remoteId", "name")
    inherited = mapped(stock["ean"], by_key(step.table, "remoteId", "outcome"))
    stock = stock.assign(
        counts=is_open(stock),
        outcome=stock["outcome"].fillna(inherited).fillna(outcomes.NO_PRODUCT),
    )
    tally_of_stock = stock_tally(stock, inputs[VENDOR_STOCK].read)
    inputs.forget(VENDOR_STOCK, VENDOR_CATALOG)
    counted = stock[stock["counts"]]
    articles = of_vendor(step.table, counted, before, ids.index) if own else Articles()
    return _Known(items, products, names, asins, step, noted, articles), tally_of_stock


def _stock_is_whole(context: RunContext) -> bool:
    """Return whether the stock of all marketplaces has arrived, as far as the tap says.

    What it could not read has not: of what is not among a day's records there is none.
    """
    summary, stock = context.inputs[SUMMARY], context.inputs[VENDOR_STOCK]
    told = (summary.frame["stream"] == VENDOR_STOCK.name).fillna(value=False).any()
    if rejected_counts(VENDOR_STOCK, summary):
        return False
    return not told or bool(read_whole(VENDOR_STOCK, stock, summary, context.settings))


def _shop(context: RunContext) -> pd.DataFrame:
    """Return the products of another source: of a snapshot, else of the Optiply API.

    Raises:
        EtlError: there is neither.
    """
    before = context.before[PRODUCTS]
    if before.exists:
        return before.frame.assign(optiply_id=mapped(before.frame["remoteId"], before.ids))
    shop = context.existing.get(PRODUCTS.name)
    if shop is None:
        raise EtlError(
            "Products are not sent, and nothing says which ones Optiply has: put "
            f"{PRODUCTS.snapshot_file} with columns remoteId, optiply_id and eanCode into "
            "parent-snapshots/ or snapshots/, or give Optiply's apiCredentials in "
            "snapshots/tenant-config.json, so that they are read from there."
        )
    return shop


def _load_supplier_products(
    context: RunContext, sources: list[Source], known: _Known, suppliers: LoadedEntity
) -> tuple[LoadedEntity, pd.DataFrame]:
    """Make and load the suppliers' products; also answer when the orders with the costs are."""
    frames = []
    for each in sources:
        usable = each.items["no_product"].fillna(outcomes.NO_OPTIPLY_ID_YET)
        pair = each.items["product"] + "_" + each.items["supplier"]
        frames.append(
            each.items.assign(pair=pair.where((usable == outcomes.NO_OPTIPLY_ID_YET).astype(bool)))
        )
    before = from_text(SUPPLIER_PRODUCTS, context.before[SUPPLIER_PRODUCTS].frame)
    table = build_supplier_products(
        Items(*frames),
        known.products,
        known.names,
        before.set_index("remoteId", drop=False),
        _told(context),
    )
    step = _load(context, SUPPLIER_PRODUCTS, table, {"product": known.step, "supplier": suppliers})
    costs = costs_told(known.items.ordered, "ean", context.before.costs)
    return step, costs_told(frames[0], "pair", costs)


def _told(context: RunContext) -> pd.Series[Any]:
    """Return when the purchase order with the last known cost was placed, by what it is the cost of."""
    return by_key(context.before.costs, "key", "placed")


def _load_supply(
    context: RunContext, ordered: Source, status: Source, known: _Known, suppliers: LoadedEntity
) -> tuple[Supply, tuple[LoadedEntity, LoadedEntity, LoadedEntity]]:
    sent = [
        from_text(each, context.before[each].frame).set_index("remoteId")
        for each in (BUY_ORDERS, BUY_ORDER_LINES)
    ]
    receipts_sent = context.before[RECEIPT_LINES].written.union(context.taken(RECEIPT_LINES))
    older = _with_older_status(context)
    supply = build_supply(ordered, status, sent[0], sent[1], receipts_sent, older=older)
    orders = _load(context, BUY_ORDERS, supply.orders, {"supplier": suppliers})
    lines = _load(
        context, BUY_ORDER_LINES, supply.lines, {"product": known.step, "buy_order": orders}
    )
    dateless = supply.receipts.loc[supply.receipts["occurred"].isna(), "remoteId"]
    receipts = _load(
        context,
        RECEIPT_LINES,
        supply.receipts,
        {"buy_order_line": lines},
        pd.Series(outcomes.NO_RECEIVE_DATE, index=dateless, dtype=TEXT),
    )
    return supply, (orders, lines, receipts)


def _with_older_status(context: RunContext) -> set[str]:
    """Return the numbers of orders that this sync has, and whose status an earlier one had."""
    records = context.inputs[PURCHASE_ORDERS_STATUS]
    number = "purchase_order_number"
    told = set(context.inputs[PURCHASE_ORDERS].fresh[number].dropna())
    kept = set(records.frame[number].iloc[: records.kept].dropna())
    return told & kept - set(records.fresh[number].dropna())


def _load(
    context: RunContext,
    entity: Entity,
    table: pd.DataFrame,
    refers: dict[str, LoadedEntity],
    held: pd.Series[Any] | None = None,
) -> LoadedEntity:
    """Load rows that refer to others; those held and those whose other is not known yet stay behind."""
    table = with_unsettled(context, entity, table)
    table = table.assign(optiply_id=mapped(table["remoteId"], context.ids(entity)))
    missing = pd.Series(data=False, index=table.index)
    for column, step in refers.items():
        ids = mapped(table[column], step.ids)
        if f"{column}_id" in table:
            ids = table[f"{column}_id"].fillna(ids)
        table = table.assign(**{f"{column}_id": ids})
        there = table[f"{column}_id"].notna() | table[column].isin(step.in_output).astype(bool)
        missing |= ~there.astype(bool)
    if missing.any():
        forced = entity.snapshot in context.settings.forced
        outcome = context.before[entity].outcomes(table, None, context.now, forced=forced)
        same = outcome == UNCHANGED
        late = table.loc[missing & ~same.astype(bool), "remoteId"]
        waits = pd.Series(outcomes.NO_OPTIPLY_ID_YET, index=late, dtype=TEXT)
        held = waits if held is None else held.combine_first(waits).astype(TEXT)
    return load_entity(context, entity, table, held=held)


def _waits(frame: pd.DataFrame) -> pd.Series[bool]:
    late = (frame["outcome"] == outcomes.NO_OPTIPLY_ID_YET).fillna(value=False).astype(bool)
    return waiting.is_waiting(frame) | late


def _waiting_numbers(sources: list[Source], steps: tuple[LoadedEntity, ...]) -> set[str]:
    """Return the numbers of orders with a row that a later run may load."""
    columns = ["number", "item", "product", "supplier"]
    items = pd.concat([each.items[columns] for each in sources], ignore_index=True)
    items = items.assign(
        pair=items["product"] + "_" + items["supplier"],
        line=items["number"] + "_" + items["item"],
    )
    found: set[str] = set()
    for step, column in zip(steps, ("product", "pair", "number", "line", "line"), strict=True):
        late = step.table.loc[_waits(step.table)]
        name = "buy_order_line" if step.entity is RECEIPT_LINES else "remoteId"
        found |= set(items.loc[items[column].isin(late[name]).astype(bool), "number"])
    return found


def _accepted_numbers(orders: pd.DataFrame) -> set[str]:
    """Return the numbers of orders that wait though the vendor has accepted them.

    Their status, which may be all that says it, waits with them.
    """
    accepted = orders["outcome"] != outcomes.NOT_ACCEPTED
    return set(orders.loc[waiting.is_waiting(orders) & accepted.astype(bool), "number"])


def _awaited_numbers(context: RunContext, sales: VendorSales) -> set[str]:
    """Return the numbers of orders that went out, while only a later run knows whether they arrived."""
    if not context.awaits(SELL_ORDERS):
        return set()
    went = {number for each in sales.sources for number in _went(each.orders)}
    return went | set(context.kept(SELL_ORDERS))


def _finish(
    context: RunContext,
    sales: VendorSales,
    supply: Supply,
    bought: tuple[LoadedEntity, LoadedEntity, LoadedEntity],
    waits: set[str],
) -> tuple[dict[Stream, pd.DataFrame], tuple[Tally, ...]]:
    """Return what became of the records of orders, and which of them are kept for the next run."""
    status = Source(
        PURCHASE_ORDERS_STATUS,
        _as_rows(supply.status, "number", bought[0]),
        _as_rows(supply.status_items, "remoteId", bought[1]),
    )
    ordered, shipped = sales.sources
    kept: dict[Stream, pd.DataFrame] = {}
    tallies: list[Tally] = []
    for each, entity in ((ordered, SELL_ORDERS), (status, BUY_ORDERS), (shipped, SELL_ORDERS)):
        orders, items = each.orders, each.items
        if not context.settings.sends(entity):
            orders, items = (
                frame.assign(
                    outcome=frame["outcome"].mask(waiting.is_waiting(frame), outcomes.NOT_SYNCED)
                )
                for frame in (orders, items)
            )
        date = "last_updated_date" if each is status else "placed"
        late = orders["number"].isin(waits) & (orders["outcome"] != outcomes.SUPERSEDED)
        asked = late.fillna(value=False).astype(bool) & ~waiting.is_waiting(orders)
        probe = orders.assign(outcome=orders["outcome"].mask(asked, outcomes.NOT_SENT_YET))
        probe = waiting.give_up_the_oldest(probe, date)
        kept[each.stream] = slim(orders[waiting.is_waiting(probe)], each.stream)
        orders = waiting.give_up_the_oldest(orders, date)
        tallies += order_tallies(each.stream, orders, items, context.inputs[each.stream].read)
    return kept, tuple(tallies)


def _as_rows(frame: pd.DataFrame, column: str, step: LoadedEntity) -> pd.DataFrame:
    """Give records the outcome of the rows that were made of them."""
    of_row = by_key(step.table, "remoteId", "outcome")
    return frame.assign(outcome=frame["outcome"].fillna(mapped(frame[column], of_row)))


def _accepted(step: LoadedEntity) -> pd.Series[Any]:
    return step.table.loc[step.table["outcome"] == GOES_OUT, "remoteId"]


def _went(orders: pd.DataFrame) -> pd.Series[Any]:
    return orders.loc[(orders["outcome"] == GOES_OUT).fillna(value=False), "number"]


def _unsent(context: RunContext) -> dict[Stream, pd.DataFrame]:
    """Return the records of orders, of which anything may still be unsent."""
    return {
        stream: slim(frame[is_open(frame)], stream)
        for stream, frame in ((each, context.inputs[each].frame) for each in _PLACED)
    }
