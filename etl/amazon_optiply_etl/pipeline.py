"""One run from folder to folder: read, build, compare with the snapshots, check, put into place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from amazon_optiply_etl import (
    commit,
    figures,
    mapping_page,
    mapping_report,
    notes,
    outcomes,
    read_files,
    snapshots,
)
from amazon_optiply_etl.amounts import number_text
from amazon_optiply_etl.columns import TEXT
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.figures import Figures
from amazon_optiply_etl.inputs import read_inputs
from amazon_optiply_etl.mapping_report import Account, MappingReport, account
from amazon_optiply_etl.other_shop import match_lines
from amazon_optiply_etl.outcomes import GOES_OUT, UNCHANGED, decide, is_open
from amazon_optiply_etl.payloads import (
    product_payloads,
    sell_order_payloads,
    singer_schema_message,
)
from amazon_optiply_etl.products import build_products, held_back
from amazon_optiply_etl.records import CATALOG, LISTINGS, ORDER_LINES, ORDERS, WAREHOUSE
from amazon_optiply_etl.sell_orders import SellOrders, build_sell_orders, find_own_products
from amazon_optiply_etl.snapshots import PRODUCTS_FILE, SELL_ORDERS_FILE, Snapshots

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from amazon_optiply_etl.config import Settings
    from amazon_optiply_etl.inputs import Inputs
    from amazon_optiply_etl.products import Products

FORMATS = ("singer", "jsonl")
_OUTPUT_NAMES = (
    "data.singer", "products.jsonl", "sell_orders.jsonl", "mapping-report.html", "mapping-report.json",
)  # fmt: skip
# By what the mapping report's page shows and finds records. Kept stock rows and order lines are found by
# their product and order.
_LISTING = {
    "SKU": "seller_sku", "marketplace": "marketplace_id", "ASIN": "asin", "EAN": "ean",
    "name": "item_name",
}  # fmt: skip
_OTHER_SHOPS_LISTING = {
    "SKU": "seller_sku", "marketplace": "marketplace_id", "ASIN": "asin1", "name": "item_name",
}  # fmt: skip
_STOCK = {"SKU": "sku", "marketplace": "marketplace_id", "ASIN": "asin", "condition": "condition"}
_PRODUCT = {"remoteId": "remoteId", "SKU": "skuCode", "EAN": "eanCode", "name": "name"}
_ORDER = {
    "order": "amazon_order_id", "marketplace": "marketplace_id", "placed": "purchase_date",
    "status": "order_status",
}  # fmt: skip
_ORDER_LINE = {
    "order": "amazon_order_id", "SKU": "sku", "ASIN": "asin", "marketplace": "marketplace_id",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a run reads and writes: sync-output/, snapshots/ and etl-output/ of a hosted layout."""

    input: Path
    snapshots: Path
    output: Path


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is computed and checked, and not yet written.

    Attributes:
        report: The mapping report.
        output_files: Name -> content for the output folder.
        snapshot_files: Name -> content for the snapshots folder.
    """

    report: MappingReport
    output_files: dict[str, bytes]
    snapshot_files: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class _ProductPart:
    """What the products of a run amount to; in the secondary flavour, nothing is sent."""

    sent: pd.DataFrame | None
    find: Callable[[pd.DataFrame], pd.DataFrame]
    accounts: tuple[Account, ...]
    notes: dict[str, list[str]]
    snapshot: pd.DataFrame | None
    figures: Figures = field(default_factory=Figures)


def build(settings: Settings, folders: Folders, formats: Sequence[str]) -> MappingReport:
    """Make the payloads of an input folder and put them into the output folder.

    Raises:
        EtlError: configuration, input or snapshots cannot be used; nothing is written then.
        OSError: the output cannot be written.
    """
    commit.roll_back(folders.snapshots)
    # Before they are read: a file that grows meanwhile counts as changed.
    read = read_files.stamps(folders.input) if folders.input.is_dir() else {}
    run = prepare(settings, folders, formats)
    commit.put_into_place(
        folders.output, run.output_files, _OUTPUT_NAMES, folders.snapshots, run.snapshot_files
    )
    read_files.note(folders.input, read)
    return run.report


def prepare(settings: Settings, folders: Folders, formats: Sequence[str]) -> Run:
    """Compute and check a run without writing anything.

    Raises:
        EtlError: configuration, input or snapshots cannot be used, or the counts do not add up.
    """
    before = snapshots.read_snapshots(folders.snapshots)
    shop = (
        snapshots.read_shop_products(folders.snapshots, settings)
        if settings.flavour == "secondary"
        else None
    )
    inputs = read_inputs(folders.input)
    noted = _refuse_missing(inputs, settings, folders, before)
    part = (
        _own_products(inputs, before, settings)
        if shop is None
        else _other_shops_products(inputs, shop, settings)
    )
    orders = build_sell_orders(
        inputs[ORDERS].frame,
        inputs[ORDER_LINES].frame,
        part.find,
        before.sent_orders,
        settings,
    )
    report = MappingReport(
        settings=settings.facts(),
        accounts=(*part.accounts, *_order_accounts(inputs, orders)),
        notes=noted | part.notes | dict(orders.notes) | _unresolved(part, orders),
        files_not_read=inputs.passed_over,
        figures=replace(part.figures, orders_by_day=figures.orders_by_day(orders.orders)),
    )
    output_files, written = _output_files(part, orders, formats)
    mapping_report.check(report, written)
    output_files["mapping-report.html"] = mapping_page.as_html(report).encode()
    output_files["mapping-report.json"] = mapping_report.as_json(report).encode()
    return Run(report, output_files, _snapshot_files(part, orders, before))


def _refuse_missing(
    inputs: Inputs, settings: Settings, folders: Folders, before: Snapshots
) -> dict[str, list[str]]:
    """Refuse an input without the streams that a run needs."""
    noted = {}
    if settings.flavour == "full" and inputs[LISTINGS].read == 0:
        if before.products.empty:
            raise EtlError(
                f"{folders.input} holds no records of {LISTINGS.name}, from which products are made; "
                "select that stream in the tap, or set flavour to secondary to send sell orders only."
            )
        # The tap leaves out a report that Amazon did not deliver; the orders go on all the same.
        noted = {notes.NO_LISTINGS: [LISTINGS.name]}
    by_ean = settings.flavour == "secondary" and settings.optiply_key == "eanCode"
    if by_ean and inputs[ORDER_LINES].read and not inputs[CATALOG].read:
        raise EtlError(
            f"{folders.input} holds no records of {CATALOG.name}, which know the EAN of an ASIN; select "
            "that stream in the tap, or set optiply_key to skuCode."
        )
    if inputs[ORDERS].present or inputs[ORDER_LINES].present:
        return noted
    if before.first_run:
        raise EtlError(
            f"{folders.input} holds neither {ORDERS.name} nor {ORDER_LINES.name}; select these streams "
            "in the tap."
        )
    # Hosts write no file for a stream without records, as in a sync of a quiet half hour.
    return noted | {notes.NO_ORDERS: [ORDERS.name]}


def _own_products(inputs: Inputs, before: Snapshots, settings: Settings) -> _ProductPart:
    """Make the products of the full flavour, and tell which of them are new or changed."""
    products = build_products(
        inputs[LISTINGS].frame, inputs[WAREHOUSE].frame, inputs[CATALOG].frame, settings
    )
    held = held_back(products, before, settings)
    asins = products.listings["asin"].dropna().unique().tolist()
    snapshots.refuse_foreign(before.products, asins, settings)
    ids = before.products.set_index("remoteId")["optiply_id"]
    if before.host_products is not None:
        ids = before.host_products.combine_first(ids)
    table = _with_known_eans(products.table, inputs, before)
    table = table.assign(optiply_id=table["remoteId"].map(ids).astype(TEXT))
    as_sent = _as_text(table)
    same = snapshots.unchanged(as_sent, before)
    outcome = pd.Series(GOES_OUT, index=table.index, dtype=TEXT).mask(same, UNCHANGED)
    outcome = table["remoteId"].map(held).astype(TEXT).fillna(outcome)
    as_sent = as_sent[outcome.isin([GOES_OUT, UNCHANGED])]
    decided = table.assign(outcome=outcome)
    known = pd.concat([before.products, as_sent], ignore_index=True)
    known = known.drop_duplicates("remoteId", keep="last")
    return _ProductPart(
        sent=table[outcome == GOES_OUT].reset_index(drop=True),
        find=partial(find_own_products, known=known, settings=settings),
        accounts=_product_accounts(inputs, products, decided),
        notes=dict(products.notes) | figures.identifier_notes(decided),
        snapshot=snapshots.next_products(before.products, as_sent),
        figures=figures.of_products(products, decided),
    )


def _with_known_eans(products: pd.DataFrame, inputs: Inputs, before: Snapshots) -> pd.DataFrame:
    """Keep the eanCode of products whose ASIN the catalog records of this input do not have."""
    sent = before.products.drop_duplicates("remoteId").set_index("remoteId")["eanCode"]
    missing = ~products["articleCode"].isin(inputs[CATALOG].frame["asin"]).astype(bool)
    kept = products["remoteId"].map(sent).astype(TEXT).where(missing)
    return products.assign(eanCode=products["eanCode"].fillna(kept))


def _product_accounts(
    inputs: Inputs, products: Products, table: pd.DataFrame
) -> tuple[Account, ...]:
    of_product = table.set_index("remoteId")["outcome"]
    listings, warehouse = (
        decide(
            frame,
            {
                result: frame["product"].map(of_product) == result
                for result in (GOES_OUT, UNCHANGED, outcomes.NO_STOCK, outcomes.NO_LISTINGS)
            },
        )
        for frame in (products.listings, products.warehouse)
    )
    return (
        account(
            LISTINGS.name,
            listings,
            inputs[LISTINGS].read,
            listings["marketplace_id"] + " " + listings["seller_sku"],
            known_by=_LISTING,
        ),
        account(
            WAREHOUSE.name,
            warehouse,
            inputs[WAREHOUSE].read,
            warehouse["marketplace_id"] + " " + warehouse["sku"],
            known_by=_STOCK,
            kept_shown=0,
        ),
        account("products", table, len(table), table["remoteId"], known_by=_PRODUCT),
    )


def _other_shops_products(inputs: Inputs, shop: pd.DataFrame, settings: Settings) -> _ProductPart:
    """Take the products of the secondary flavour from the other shop's snapshot."""
    accounts = []
    for stream, known_by in ((LISTINGS, _OTHER_SHOPS_LISTING), (WAREHOUSE, _STOCK)):
        frame = inputs[stream].frame
        left = decide(frame, {outcomes.SECONDARY: is_open(frame)})
        ids = frame["marketplace_id"] + " " + frame[known_by["SKU"]]
        accounts.append(account(stream.name, left, inputs[stream].read, ids, known_by))
    return _ProductPart(
        sent=None,
        find=partial(match_lines, catalog=inputs[CATALOG].frame, shop=shop, settings=settings),
        accounts=tuple(accounts),
        notes={},
        snapshot=None,
    )


def _order_accounts(inputs: Inputs, orders: SellOrders) -> tuple[Account, ...]:
    lines = orders.order_lines
    line_ids = (
        lines["amazon_order_id"]
        + " "
        + lines["asin"].fillna("no ASIN")
        + " "
        + lines["sku"].fillna("no SKU")
        + " "
        + lines["line_number"].astype(TEXT)
    )
    return (
        account(
            ORDERS.name,
            orders.orders,
            inputs[ORDERS].read,
            orders.orders["amazon_order_id"],
            known_by=_ORDER,
        ),
        account(
            ORDER_LINES.name,
            lines,
            inputs[ORDER_LINES].read,
            line_ids,
            known_by=_ORDER_LINE,
            kept_shown=0,
        ),
    )


def _unresolved(part: _ProductPart, orders: SellOrders) -> dict[str, list[str]]:
    """Name the orders whose products target-optiply cannot find without their Optiply id."""
    if part.sent is None:
        return {}
    lines = orders.lines
    unknown = lines["optiply_id"].isna() & ~lines["product"].isin(part.sent["remoteId"])
    ids = sorted(set(lines.loc[unknown.astype(bool), "remoteId"]))
    return {notes.UNRESOLVED: ids} if ids else {}


def _output_files(
    part: _ProductPart, orders: SellOrders, formats: Sequence[str]
) -> tuple[dict[str, bytes], dict[str, int]]:
    """Return name -> content of the payload files, and the counts found in the payloads."""
    sell_orders = sell_order_payloads(orders.table, orders.lines)
    products = None if part.sent is None else product_payloads(part.sent)
    files = {}
    if "singer" in formats:
        of_products = (
            []
            if products is None
            else [singer_schema_message("Products"), *products.singer.to_pylist()]
        )
        schema = singer_schema_message("SellOrders")
        files["data.singer"] = _lines([*of_products, schema, *sell_orders.singer.to_pylist()])
    if "jsonl" in formats:
        files["sell_orders.jsonl"] = _lines(sell_orders.api.to_pylist())
        if products is not None:
            files["products.jsonl"] = _lines(products.api.to_pylist())
    written = {"orders": len(sell_orders.singer), "order_items": int(orders.lines["merged"].sum())}
    if products is not None:
        written["products"] = len(products.singer)
    return files, written


def _lines(texts: list[str]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def _as_text(products: pd.DataFrame) -> pd.DataFrame:
    """Write products as the snapshot holds them: every cell as text."""
    price = pd.Series(_text_series(number_text(products["price"])), index=products.index)
    columns = {name: products[name].astype(TEXT) for name in products.columns if name != "price"}
    unlimited = columns["unlimitedStock"].str.lower()
    return pd.DataFrame({**columns, "unlimitedStock": unlimited, "price": price})


def _text_series(array: Any) -> pd.Series[Any]:  # noqa: ANN401 - pyarrow is untyped
    series: pd.Series[Any] = pa.chunked_array([array]).to_pandas(types_mapper=pd.ArrowDtype)
    return series


def _snapshot_files(part: _ProductPart, orders: SellOrders, before: Snapshots) -> dict[str, bytes]:
    table = orders.table
    sent = table.assign(totalValue=_text_series(number_text(table["totalValue"])))
    frames = {SELL_ORDERS_FILE: snapshots.next_sell_orders(before.sell_orders, sent)}
    if part.snapshot is not None:
        frames[PRODUCTS_FILE] = part.snapshot
    return {
        name: frame.to_csv(index=False, lineterminator="\n").encode()
        for name, frame in frames.items()
    }
