"""Rows of listing and stock reports that the tap could not read, and the products they may belong to."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.config.marketplaces import country
from amazon_optiply_etl.inputs.completeness import rejected_counts
from amazon_optiply_etl.inputs.rejected_rows import as_one, named_lines, rejected_rows
from amazon_optiply_etl.inputs.streams import LISTINGS, REJECTED, SUMMARY, WAREHOUSE
from amazon_optiply_etl.seller.listings import by_amazon
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import is_open

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.inputs.folder import Inputs
    from amazon_optiply_etl.inputs.rejected_rows import RejectedRow
    from amazon_optiply_etl.seller.products import Products

_WORDS_OF_REPORTS = {
    "active", "inactive", "incomplete", "default", "amazon_na", "amazon_eu", "amazon_fe", "amazon_jp",
    "amazon_in", "new", "used", "yes", "no", "y", "n", "true", "false", "unknown",
}  # fmt: skip
"""Cells of other columns that a seller might have chosen for an SKU."""
_NUMBER_OF_REPORTS = re.compile(r"\d{1,4}|\d+[.,]\d+")
"""Quantities, prices, conditions and volumes, likewise."""


@dataclass(frozen=True, slots=True)
class Unread:
    """What the rejected rows of a report leave unknown.

    Attributes:
        products: remoteId -> why it stays as it was, of the products that a row names.
        places: Marketplace id -> why any of its products may be meant.
        outcomes: Place of a record among those of rejected_rows -> what becomes of it.
    """

    products: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wording:
    """What is said of a product that a row names, of one that it may be of, and of such a row."""

    named: str
    unknown: str
    nameless: str


OF_LISTINGS = Wording(
    outcomes.REJECTED_LISTING, outcomes.REJECTED_UNKNOWN, outcomes.ROW_OF_ANY_LISTING
)
OF_STOCK = Wording(
    outcomes.REJECTED_STOCK, outcomes.REJECTED_STOCK_UNKNOWN, outcomes.ROW_OF_ANY_STOCK
)


def unread_listings(
    inputs: Inputs, products: Products, sent: pd.DataFrame, settings: Settings
) -> Unread:
    """Return which products a rejected row of the listing report may belong to.

    Args:
        inputs: The records.
        products: The products of this run, for their SKUs.
        sent: Products as they were sent, likewise.
        settings: What a product is.
    """
    rows = rejected_rows(inputs[REJECTED], [LISTINGS])
    skus = _asins_by_sku(rows, products, sent)
    counts = rejected_counts(LISTINGS, inputs[SUMMARY])
    return unread_by(rows, counts, skus, OF_LISTINGS, settings)


def unread_stock(
    inputs: Inputs, products: Products, sent: pd.DataFrame, settings: Settings
) -> Unread:
    """Return which products a rejected row of the FBA stock report may belong to; as `unread_listings`.

    With `second_flavour`, none: their stock comes from elsewhere.
    """
    rows = rejected_rows(inputs[REJECTED], [WAREHOUSE])
    if settings.second_flavour:
        records = (record for row in rows for record in row.records)
        return Unread(outcomes=dict.fromkeys(records, outcomes.ROW_NOT_NEEDED))
    skus = _asins_by_sku(rows, products, sent)
    counts = rejected_counts(WAREHOUSE, inputs[SUMMARY])
    return unread_by(rows, counts, skus, OF_STOCK, settings)


def unread_by(
    rows: Iterable[RejectedRow],
    counts: Mapping[str, int],
    asins_by_sku: Mapping[str, Iterable[str]],
    wording: Wording,
    settings: Settings,
) -> Unread:
    """Return which products rejected rows name, and of which marketplaces they may be of any product.

    Neighbouring lines are one row. A row that names neither an ASIN nor a known SKU may be of any
    product of its marketplace; so may one that is counted and not among the rows.

    Args:
        rows: The rows of a report.
        counts: Marketplace id -> how many of them the tap counted.
        asins_by_sku: The ASINs of SKUs that are known.
        wording: What is said of them.
        settings: What a product is.
    """
    wanted = [
        row for row in rows if not settings.marketplaces or row.place in settings.marketplaces
    ]
    nameless: defaultdict[str, list[RejectedRow]] = defaultdict(list)
    reasons: dict[str, str] = {}
    found = dict.fromkeys(
        (record for row in rows for record in row.records), outcomes.OTHER_MARKETPLACE
    )
    for row in as_one(wanted):
        asins, is_named = _asins_in(row, asins_by_sku)
        reason = wording.named.format(named_lines([row]), country(row.place))
        for asin in asins:
            reasons.setdefault(f"{asin}_{row.place}" if settings.per_marketplace else asin, reason)
        if not is_named:
            nameless[row.place].append(row)
        outcome = outcomes.ROW_NAMES_PRODUCTS if is_named else wording.nameless
        found |= dict.fromkeys(row.records, outcome)
    there = Counter(row.place for row in rows)
    missing = {place: count - there[place] for place, count in counts.items()}
    places = {
        place: wording.unknown.format(
            named_lines(nameless[place], max(missing.get(place, 0), 0)), country(place)
        )
        for place in sorted(
            nameless.keys() | {each for each, count in missing.items() if count > 0}
        )
        if not settings.marketplaces or place in settings.marketplaces
    }
    return Unread(reasons, places, found)


def _asins_in(
    row: RejectedRow, asins_by_sku: Mapping[str, Iterable[str]]
) -> tuple[dict[str, None], bool]:
    """Return the ASINs that a row names, and whether it is certain that they are its product's.

    A cell that is a known SKU and might as well be another column's value, such as a quantity, is not
    certain: it holds its product back, and leaves the row nameless.
    """
    asins = dict.fromkeys(row.asins)
    is_named = bool(asins)
    for cell in row.cells:
        text = cell.strip()
        if of_sku := asins_by_sku.get(text):
            asins |= dict.fromkeys(of_sku)
            is_named |= not (
                text.lower() in _WORDS_OF_REPORTS or _NUMBER_OF_REPORTS.fullmatch(text)
            )
    return asins, is_named


def _asins_by_sku(
    rows: Iterable[RejectedRow], products: Products, sent: pd.DataFrame
) -> dict[str, set[str]]:
    """Return the ASINs of the SKUs that stand in rows, by listings, stock and what was sent before."""
    cells = pd.Index({cell.strip() for row in rows for cell in row.cells})
    if not len(cells):
        return {}
    found: defaultdict[str, set[str]] = defaultdict(set)
    for frame, sku, product in (
        (products.listings, "seller_sku", "product"),
        (products.warehouse, "sku", "product"),
        (sent, "skuCode", "remoteId"),
    ):
        of_cells = frame[frame[sku].isin(cells).astype(bool) & frame[product].notna()]
        for name, remote_id in zip(of_cells[sku], of_cells[product], strict=True):
            found[name].add(remote_id.partition("_")[0])
    return found


def held_by_listings(unread: Unread) -> pd.Series[Any]:
    """Return which products stay as they were for a rejected row of a listing: remoteId -> reason."""
    return pd.Series(unread.products, dtype=TEXT)


def held_by_stock(unread: Unread, products: Products) -> pd.Series[Any]:
    """Return which products stay as they were, as rejected rows may hold their FBA stock.

    A quantity that was not read is never 0: of rows that name no product, these are the products that
    Amazon fulfils and that the stock report does not know. What has no listing any more needs no stock
    to be disabled.

    Args:
        unread: What rejected rows of the stock report leave unknown.
        products: The products of this run.

    Returns:
        remoteId -> reason.
    """
    reasons = pd.Series(unread.products, dtype=TEXT)
    reasons = reasons[reasons.index.isin(products.table["remoteId"])]
    if not unread.places:
        return reasons
    used = products.listings[is_open(products.listings)]
    used = used[by_amazon(used) & used["marketplace_id"].isin(list(unread.places)).astype(bool)]
    known = pd.MultiIndex.from_frame(products.warehouse[["marketplace_id", "sku"]])
    keys = pd.MultiIndex.from_frame(used[["marketplace_id", "seller_sku"]])
    unknown = used[~keys.isin(known)].drop_duplicates("product")
    of_place = unknown["marketplace_id"].map(dict(unread.places)).astype(TEXT)
    return reasons.combine_first(of_place.set_axis(unknown["product"]))
