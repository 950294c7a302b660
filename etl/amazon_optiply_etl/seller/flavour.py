"""Amazon Seller: a run of the full flavour (products and sell orders) or the secondary (orders only)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.inputs.completeness import read_in_part, read_whole
from amazon_optiply_etl.inputs.identifiers import comparable
from amazon_optiply_etl.inputs.streams import (
    CATALOG,
    LISTINGS,
    MATCHES,
    ORDER_LINES,
    ORDERS,
    SUMMARY,
    WAREHOUSE,
)
from amazon_optiply_etl.loading.already_in_optiply import adopted
from amazon_optiply_etl.loading.loader import (
    FlavourResult,
    LoadedEntity,
    RunContext,
    as_written,
    load_entity,
)
from amazon_optiply_etl.loading.missing_products import orders_of
from amazon_optiply_etl.mapping_report import figures
from amazon_optiply_etl.mapping_report.articles import Articles
from amazon_optiply_etl.mapping_report.figures import Figures
from amazon_optiply_etl.optiply.entities import PRODUCTS, SELL_ORDERS
from amazon_optiply_etl.seller.articles import of_seller
from amazon_optiply_etl.seller.delisted import gone, not_to_be_disabled
from amazon_optiply_etl.seller.figures import of_products
from amazon_optiply_etl.seller.listings import Demand, remote_ids
from amazon_optiply_etl.seller.other_shop import almost_alike, eans_of_asins, match_lines
from amazon_optiply_etl.seller.products import build_products, held_back
from amazon_optiply_etl.seller.rejected import (
    held_by_listings,
    held_by_stock,
    unread_listings,
    unread_stock,
)
from amazon_optiply_etl.seller.rejected_orders import order_notes, unread_orders, waiting_for_order
from amazon_optiply_etl.seller.sell_orders import (
    build_sell_orders,
    find_own_products,
    find_sold,
    lines_of,
)
from amazon_optiply_etl.seller.tallies import (
    order_tallies,
    other_shops_tallies,
    product_tallies,
    rejected_tally,
)
from amazon_optiply_etl.state import snapshots, waiting
from amazon_optiply_etl.tables.columns import by_key
from amazon_optiply_etl.tables.dtypes import TEXT, WHOLE
from amazon_optiply_etl.tables.matching import first_known, mapped
from amazon_optiply_etl.tables.side_by_side import begun, beside, give_back, once
from amazon_optiply_etl.verdicts import notes, outcomes
from amazon_optiply_etl.verdicts.outcomes import GOES_OUT, is_open

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.inputs.folder import Inputs
    from amazon_optiply_etl.inputs.streams import Stream
    from amazon_optiply_etl.mapping_report.report import Tally
    from amazon_optiply_etl.seller.products import Products
    from amazon_optiply_etl.seller.sell_orders import Sold
    from amazon_optiply_etl.state.snapshots import Snapshots

_MANY_LINES = 500_000
"""Order lines from which finding what was sold takes long."""


@dataclass(frozen=True, slots=True)
class _OrderPart:
    """What became of the orders of a run.

    Attributes:
        orders: The order records with their `outcome`.
        lines: The order line records with their `outcome`.
        lines_written: How many order lines are in the sell orders that went out.
        notes: What a reader should know, as note -> ids.
    """

    orders: pd.DataFrame
    lines: pd.DataFrame
    lines_written: int
    notes: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class _ProductPart:
    """The products of a run: how order lines find them, and what is reported of them.

    Attributes:
        shown: Returns what the mapping report draws and what it says of each article, once that is done.
        rejected: Place of a record among those of rejected_rows -> what becomes of it.
        asins: The EANs of ASINs, where order lines are matched by them.
    """

    find: Callable[[pd.DataFrame], pd.DataFrame]
    tallies: tuple[Tally, ...]
    steps: tuple[LoadedEntity, ...] = ()
    notes: Mapping[str, list[str]] = field(default_factory=dict)
    shown: Callable[[], tuple[Figures, Articles]] = lambda: (Figures(), Articles())
    rejected: Mapping[int, str] = field(default_factory=dict)
    asins: pd.DataFrame | None = None


def load_seller(context: RunContext) -> FlavourResult:
    """Make products (in the full flavour) and sell orders of the records, and load them.

    Raises:
        EtlError: a stream or a snapshot that is needed is missing, or is another seller's.
    """
    noted = refuse_missing(context.settings, context.inputs, context.before)
    context.keep(partial(_unsent, context))
    secondary = context.settings.flavour == "secondary"
    unread = unread_orders(context.inputs)
    is_long = len(context.inputs[ORDER_LINES].frame) >= _MANY_LINES
    with beside(partial(_find_sold, context), is_long=is_long) as sold:
        part = (
            _other_shops_products(context) if secondary else _own_products(context, is_long=is_long)
        )
        context.inputs.forget(ORDERS, ORDER_LINES)
        orders, order_step = _sell_orders(context, sold, part.find)
    of_orders = waiting.give_up_the_oldest(orders.orders, "last_updated_date")
    lines = waiting_for_order(orders.lines, unread)
    of_lines = waiting.give_up_the_oldest(lines, "last_updated_date")
    waits = of_orders.loc[waiting.is_waiting(of_orders), "amazon_order_id"]
    ids = sorted(waits.unique().tolist())
    by_day = figures.orders_by_day(of_orders)
    give_back()
    awaited = context.awaits(SELL_ORDERS)
    kept = _kept(of_orders, of_lines, context.kept(SELL_ORDERS), awaited=awaited)
    records = {ORDERS: of_orders, ORDER_LINES: of_lines}
    kept_records = once(
        partial(
            waiting.laid_out,
            # What was worked out about them is let go before anything is laid out.
            {stream: frame[list(stream.columns)] for stream, frame in records.items()},
            kept,
            context.before[SELL_ORDERS].deliveries["remoteId"],
        )
    )
    own_figures, articles = part.shown()
    return FlavourResult(
        tallies=(
            *part.tallies,
            *order_tallies(context.inputs, of_orders, of_lines),
            *rejected_tally(context.inputs, {**part.rejected, **unread.outcomes}),
        ),
        written={
            **{step.entity.snapshot: step.count for step in part.steps},
            ORDERS.name: order_step.count,
            ORDER_LINES.name: orders.lines_written,
        },
        notes={
            **noted,
            **part.notes,
            **orders.notes,
            **order_notes(unread, of_orders, context.taken(SELL_ORDERS)),
            **({notes.WAITING: ids} if ids else {}),
        },
        steps=(*part.steps, order_step),
        waiting=kept_records,
        figures=replace(own_figures, orders_by_day=by_day),
        articles=articles,
        asins=part.asins,
    )


def refuse_missing(settings: Settings, inputs: Inputs, before: Snapshots) -> dict[str, list[str]]:
    """Refuse an input without the streams that a run needs; note what else is missing.

    Raises:
        EtlError: a stream is missing.
    """
    noted: dict[str, list[str]] = {}
    if settings.flavour == "full" and inputs[LISTINGS].read == 0:
        if before[PRODUCTS].frame.empty:
            if read_whole(LISTINGS, inputs[LISTINGS], inputs[SUMMARY], settings):
                raise EtlError(
                    "Amazon's listing report is empty, so there are no products to make; run again when "
                    "it holds listings, or set flavour to secondary to send sell orders only."
                )
            if vendors := inputs.passed_over_of("vendor_"):
                raise EtlError(
                    f"The input holds a vendor's records ({vendors}) and none of {LISTINGS.name}; set "
                    "flavour to vendor."
                )
            raise EtlError(
                f"The input holds no records of {LISTINGS.name}, from which products are made; "
                "select that stream in the tap, or set flavour to secondary to send sell orders only."
            )
        # The tap leaves out a report that Amazon did not deliver; the orders continue all the same.
        noted = {notes.NO_LISTINGS: [LISTINGS.name]}
    if settings.eans_from_matches and not inputs[MATCHES].read:
        noted |= {notes.NO_MATCHES: [MATCHES.name]}
    by_ean = settings.flavour == "secondary" and settings.optiply_key == "eanCode"
    if by_ean and inputs[ORDER_LINES].read and not inputs[CATALOG].read:
        raise EtlError(
            f"The input holds no records of {CATALOG.name}, which know the EAN of an ASIN; select "
            "that stream in the tap, or set optiply_key to skuCode."
        )
    if inputs[ORDERS].present or inputs[ORDER_LINES].present:
        return noted
    if before.first_run:
        raise EtlError(
            f"The input holds neither {ORDERS.name} nor {ORDER_LINES.name}; select these streams "
            "in the tap."
        )
    # Hosts write no file for a stream without records, as in a sync of a quiet half hour.
    return noted | {notes.NO_ORDERS: [ORDERS.name]}


def _own_products(context: RunContext, *, is_long: bool) -> _ProductPart:
    """Make and load the products of the full flavour."""
    inputs, settings, before = context.inputs, context.settings, context.before[PRODUCTS]
    products = build_products(
        inputs[LISTINGS].frame,
        inputs[WAREHOUSE].frame,
        inputs[CATALOG].frame,
        settings,
        _demand(context),
        matches=inputs[MATCHES].frame if settings.eans_from_matches else None,
        sent=before.frame,
    )
    in_part = read_in_part(LISTINGS, inputs[SUMMARY])
    rejected = unread_listings(inputs, products, before.frame, settings)
    of_stock = unread_stock(inputs, products, before.frame, settings)
    held = held_back(products, before, in_part, settings)
    held = first_known(held, held_by_listings(rejected), held_by_stock(of_stock, products))
    asins = products.listings["asin"].dropna().unique().tolist()
    assortment = _refuse_foreign(context, asins)
    table = _with_what_optiply_keeps(products.table, context)
    ids, noted = adopted(table, context, settings.optiply_key)
    noted = assortment | noted
    table = table.assign(optiply_id=mapped(table["remoteId"], ids))
    ended = gone(products, before)
    # What Optiply has never taken is not there to be disabled; orders may still need it.
    ended = ended[~ended["remoteId"].isin(before.not_taken).astype(bool)]
    ended = ended.assign(optiply_id=mapped(ended["remoteId"], ids))
    held = first_known(not_to_be_disabled(ended, products, rejected, context), held)
    everything = pd.concat([table, ended], ignore_index=True) if len(ended) else table
    ours = pd.concat([products.listings["product"], everything["remoteId"]])
    everything, held = as_written(context, PRODUCTS, everything, held)
    step = load_entity(context, PRODUCTS, everything, held=held, ours=ours)
    disabled = step.table.loc[
        step.table["remoteId"].isin(ended["remoteId"]) & (step.table["outcome"] == GOES_OUT),
        "remoteId",
    ]
    if len(disabled):
        noted |= {notes.DISABLED: sorted(disabled)}
    tallies = product_tallies(inputs, products, step.table)
    inputs.forget(LISTINGS, WAREHOUSE, CATALOG)
    if products.matched is not None:
        inputs.forget(MATCHES)
    return _ProductPart(
        find=partial(find_own_products, ids=step.ids, in_output=step.in_output, settings=settings),
        tallies=tallies,
        steps=(step,),
        notes={**products.notes, **noted, **figures.identifier_notes(step.table)},
        # What the mapping report shows is worked out beside the sell orders.
        shown=begun(partial(_shown, context, products, step, ids.index), is_long=is_long).result,
        rejected={**rejected.outcomes, **of_stock.outcomes},
    )


def _shown(
    context: RunContext, products: Products, step: LoadedEntity, known: pd.Index[Any]
) -> tuple[Figures, Articles]:
    """Return what the mapping report shows of products; of those that are not sent, no articles."""
    settings = context.settings
    if not settings.sends(PRODUCTS):
        return of_products(products, step.table), Articles()
    articles = of_seller(products, step.table, context.before[PRODUCTS], known, settings)
    return of_products(products, step.table), articles


def _refuse_foreign(context: RunContext, asins: list[str]) -> dict[str, list[str]]:
    """Refuse another seller's snapshots; note where a seller's products have all been replaced.

    Amazon's order numbers are unique: one that was sent before cannot be another seller's.

    Raises:
        EtlError: no product and no order of the snapshots is in the input, and
            `accept_new_assortment` is not set; or the flag `marketplaces` was changed.
    """
    before, settings = context.before[PRODUCTS].frame, context.settings
    if not snapshots.is_another_assortment(before, asins, settings):
        return {}
    orders = context.inputs[ORDERS].fresh["amazon_order_id"]
    if orders.isin(context.ids(SELL_ORDERS).index).any():
        return {notes.NEW_ASSORTMENT: sorted(before["remoteId"])}
    if settings.accept_new_assortment:
        return {notes.NEW_ASSORTMENT_ACCEPTED: sorted(before["remoteId"])}
    raise EtlError(
        f"{PRODUCTS.snapshot_file} and the input have no product and no order in common, so the "
        "snapshot is another seller's; use this seller's own snapshots, or move them away to start "
        "again. If this seller has replaced all products, set accept_new_assortment for one run."
    )


def _demand(context: RunContext) -> Demand:
    """Return which products are wanted though they are sold out: known ones, and ordered ones."""
    settings, ids = context.settings, context.ids(PRODUCTS)
    keys: frozenset[str] = frozenset()
    there = context.existing.get(PRODUCTS.name)
    if there is not None:
        free = there.loc[~there["optiply_id"].isin(ids.dropna()), settings.optiply_key]
        values = comparable(free) if settings.optiply_key == "eanCode" else free
        keys = frozenset(values.dropna())
    lines = context.inputs[ORDER_LINES].frame
    asins, marketplaces = lines["asin"], lines["marketplace_id"]
    rows = is_open(lines) & asins.notna() & marketplaces.notna()
    named = remote_ids(asins[rows], marketplaces[rows], settings).unique()
    return Demand(ids.index, settings.optiply_key, keys, pd.Index(named, dtype=TEXT))


def _with_what_optiply_keeps(products: pd.DataFrame, context: RunContext) -> pd.DataFrame:
    """Keep the eanCode and the price that were sent where there is none any more.

    Optiply takes no null for them, so that to send none would change nothing.
    """
    before = context.before[PRODUCTS].frame
    eans = mapped(products["remoteId"], by_key(before, "remoteId", "eanCode"))
    products = products.assign(eanCode=products["eanCode"].fillna(eans))
    unpriced = products.loc[products["price"].isna(), "remoteId"]
    if unpriced.empty:
        return products
    rows = snapshots.from_text(PRODUCTS, before[before["remoteId"].isin(unpriced).astype(bool)])
    prices = products["remoteId"].map(by_key(rows, "remoteId", "price")).astype(WHOLE)
    return products.assign(price=products["price"].fillna(prices))


def _other_shops_products(context: RunContext) -> _ProductPart:
    """Take the products of the secondary flavour from the other shop's snapshot, or from Optiply."""
    key = context.settings.optiply_key
    before = context.before[PRODUCTS]
    shop = context.existing.get(PRODUCTS.name)
    if before.exists and key not in before.columns:
        raise EtlError(
            f"{PRODUCTS.snapshot_file} has no column {key}; it must have columns remoteId, optiply_id "
            f"and {key}."
        )
    if before.exists:
        shop = before.frame.assign(optiply_id=mapped(before.frame["remoteId"], before.ids))
    if shop is None:
        also = f", besides the {PRODUCTS.stream}_<flow>.snapshot.csv that is there"
        raise EtlError(
            "Flavour secondary needs the other shop's products: put them into snapshots/"
            f"{PRODUCTS.snapshot_file}{'' if before.host is None else also}, with columns remoteId, "
            f"optiply_id and {key}, or give Optiply's apiCredentials in snapshots/tenant-config.json, "
            "so that they are read from there."
        )
    eans = eans_of_asins(context.inputs[CATALOG].frame, context.before.asins)
    find = partial(match_lines, eans=eans, shop=shop, settings=context.settings)
    by_sku = context.settings.optiply_key == "skuCode"
    almost = almost_alike(context.inputs[ORDER_LINES].frame["sku"], shop) if by_sku else []
    noted = {notes.SKU_ALMOST: almost} if almost else {}
    asins = None if by_sku else eans
    return _ProductPart(find, other_shops_tallies(context.inputs), notes=noted, asins=asins)


def _find_sold(context: RunContext) -> Sold:
    orders, lines = (context.inputs[stream].frame for stream in (ORDERS, ORDER_LINES))
    return find_sold(orders, lines, context.taken(SELL_ORDERS), context.settings)


def _sell_orders(
    context: RunContext,
    sold: Callable[[], Sold],
    find: Callable[[pd.DataFrame], pd.DataFrame],
) -> tuple[_OrderPart, LoadedEntity]:
    built = build_sell_orders(sold(), find)
    held, last = orders_of(context, SELL_ORDERS, built.lines)
    step = load_entity(context, SELL_ORDERS, built.table, lines=built.lines, held=held, last=last)
    other = step.table[step.table["outcome"] != GOES_OUT]
    of_others = built.lines["remoteId"].isin(other["remoteId"]).astype(bool)
    lines_written = int(built.lines.loc[~of_others, "merged"].sum())
    orders, lines = built.orders, built.order_lines
    if not other.empty:
        by_order = by_key(other, "remoteId", "outcome")
        orders, lines = (
            frame.assign(
                outcome=frame["outcome"].mask(
                    (frame["outcome"] == GOES_OUT).fillna(value=False)
                    & frame["amazon_order_id"].isin(by_order.index).astype(bool),
                    mapped(frame["amazon_order_id"], by_order),
                )
            )
            for frame in (orders, lines)
        )
    return _OrderPart(orders, lines, lines_written, built.notes), step


def _unsent(context: RunContext) -> dict[Stream, pd.DataFrame]:
    """Return the records of orders that did not go out before."""
    sent = context.taken(SELL_ORDERS)
    return {
        stream: frame[
            (is_open(frame) & ~frame["amazon_order_id"].isin(sent)).fillna(value=False).astype(bool)
        ]
        for stream, frame in ((each, context.inputs[each].frame) for each in (ORDERS, ORDER_LINES))
    }


def _kept(
    orders: pd.DataFrame, lines: pd.DataFrame, before: pd.Index[Any], *, awaited: bool
) -> dict[Stream, pd.Series[bool]]:
    """Return which records wait: orders with all their lines, and lines whose order is missing.

    Args:
        orders: Order records with their final `outcome`.
        lines: Order line records, likewise.
        before: Numbers of orders that went out in earlier runs and whose records are still kept.
        awaited: Whether orders that went out are kept too, because only a later run knows whether they
            have arrived; Amazon's tap does not read them again.
    """
    keep = waiting.is_waiting(orders)
    if awaited:
        keep |= (orders["outcome"] == GOES_OUT).fillna(value=False).astype(bool)
    if len(before):
        went = orders["outcome"] == outcomes.SENT_BEFORE
        keep |= (went & orders["amazon_order_id"].isin(before)).fillna(value=False).astype(bool)
    of_them = (lines["outcome"] != outcomes.SUPERSEDED) & lines_of(lines, orders, keep)
    without = lines["outcome"].isin([outcomes.NO_ORDER, outcomes.REJECTED_ORDER])
    return {
        ORDERS: keep,
        ORDER_LINES: (of_them | without).fillna(value=False).astype(bool),
    }
