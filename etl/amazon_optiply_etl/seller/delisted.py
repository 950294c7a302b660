"""Products that were sent and have no active listing any more: which of them are disabled."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.config.marketplaces import country
from amazon_optiply_etl.inputs.completeness import read_whole
from amazon_optiply_etl.inputs.streams import LISTINGS, SUMMARY
from amazon_optiply_etl.optiply.entities import PRODUCTS
from amazon_optiply_etl.seller.listings import marketplace_of
from amazon_optiply_etl.seller.products import unread_products
from amazon_optiply_etl.state.snapshots import from_text
from amazon_optiply_etl.tables.columns import by_key
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import decide, is_open

if TYPE_CHECKING:
    from amazon_optiply_etl.loading.loader import RunContext
    from amazon_optiply_etl.seller.products import Products
    from amazon_optiply_etl.seller.rejected import Unread
    from amazon_optiply_etl.state.snapshots import SentRows

logger = logging.getLogger(__name__)

_FEWEST = 20  # products, of which more than half are not expected to go at once
_EVERYWHERE = "all marketplaces"


def gone(products: Products, before: SentRows) -> pd.DataFrame:
    """Return products that were sent and have no active listing any more, to be disabled.

    Args:
        products: The products of this run.
        before: What was sent.

    Returns:
        Rows as the snapshot has them, as typed columns, with status ``disabled``.
    """
    rows = _enabled(before)
    # With several SKUs a product may live on in a listing that could not be read.
    here = pd.concat([products.table["remoteId"], unread_products(products.listings)])
    rows = rows[~rows["remoteId"].isin(here).astype(bool)]
    return from_text(PRODUCTS, rows.assign(status="disabled"))


def not_to_be_disabled(
    ended: pd.DataFrame,
    products: Products,
    rejected: Unread,
    context: RunContext,
) -> pd.Series[Any]:
    """Return which products without an active listing stay as they were: remoteId -> reason.

    Args:
        ended: Products as `gone` returns them, with their Optiply ids.
        products: The products of this run.
        rejected: What rejected rows of the listing report leave unknown.
        context: The run.
    """
    settings = context.settings
    if ended.empty:
        return pd.Series(index=pd.Index([], dtype=TEXT), dtype=TEXT)
    whole = read_whole(LISTINGS, context.inputs[LISTINGS], context.inputs[SUMMARY], settings)
    place = _places(ended["remoteId"], context)
    reasons = decide(
        ended.assign(outcome=outcomes.undecided(ended)),
        {
            outcomes.OTHER_MARKETPLACE: settings.per_marketplace
            & ~place.isin(settings.marketplaces).astype(bool),
            outcomes.MAY_BE_LISTED: ~place.isin(list(whole)).astype(bool)
            if settings.per_marketplace
            else not whole,
        }
        | {
            reason: place == where if settings.per_marketplace else True
            for where, reason in rejected.places.items()
        },
    )
    if not settings.allow_mass_disable:
        reasons = _keep_where_most_are_missing(reasons, products, context)
    # Without its id, what is disabled would be made instead.
    reasons = decide(reasons, {outcomes.NO_OPTIPLY_ID_YET: ended["optiply_id"].isna()})
    return by_key(reasons, "remoteId", "outcome").dropna()


def _keep_where_most_are_missing(
    ended: pd.DataFrame, products: Products, context: RunContext
) -> pd.DataFrame:
    """Keep products that a report does not name at all, where that is likelier a fault of the report.

    That is where the report is empty, or lacks more than half of 20 products and more. A listing that
    the report names as inactive is gone for certain.
    """
    missing = ~ended["remoteId"].isin(products.listings["product"]).astype(bool)
    missing &= is_open(ended)
    if not missing.any():
        return ended
    place = _places(ended["remoteId"], context)
    known = Counter(_places(_enabled(context.before[PRODUCTS])["remoteId"], context))
    named = Counter(products.listings["marketplace_id"])
    for each, count in Counter(place[missing]).items():
        is_empty = not (named[each] if context.settings.per_marketplace else named)
        if not is_empty and (known[each] < _FEWEST or 2 * count <= known[each]):
            continue
        reason = outcomes.EMPTY_LISTINGS if is_empty else outcomes.MOST_MISSING
        ended = decide(ended, {reason.format(country(each)): missing & (place == each)})
        logger.warning(
            "The listing report of %s %s; %s products are kept as they were. If the listings really are "
            "gone, run once with the flag allow_mass_disable.",
            country(each),
            "is empty" if is_empty else f"lacks more than half of {known[each]:,} products at once",
            f"{count:,}",
        )
    return ended


def _enabled(before: SentRows) -> pd.DataFrame:
    rows = before.frame
    return rows[(rows["status"] == "enabled").fillna(value=False).astype(bool)]


def _places(remote_ids: pd.Series[Any], context: RunContext) -> pd.Series[Any]:
    """Return whose listing report covers each product: a marketplace's, or that of all of them."""
    if not context.settings.per_marketplace:
        return pd.Series(_EVERYWHERE, index=remote_ids.index)
    return marketplace_of(remote_ids)
