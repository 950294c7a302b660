"""EANs of products that have none in the catalog, from the tap's stream asin_matches.

A planner's file of codes says which EANs there are, Amazon which ASIN each of them is. An EAN is taken
where that is clear, and nothing says that it is another product's; else the product stays without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.inputs.identifiers import are_gtins, comparable
from amazon_optiply_etl.seller.listings import in_scope, remote_ids
from amazon_optiply_etl.tables.amounts import number_text
from amazon_optiply_etl.tables.columns import by_key
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.tables.matching import mapped
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import decide, is_open

if TYPE_CHECKING:
    from amazon_optiply_etl.config.settings import Settings

_CLEAR = ("matched", "duplicate_of")
"""Statuses of rows that may have a best match; of others there is none, or a person has to look."""
_PER_CONFIDENCE = 10_000


@dataclass(frozen=True, slots=True)
class KnownEans:
    """What is known of EANs without the matches.

    Attributes:
        of_catalog: Columns product (a remoteId), asin and ean: all that the catalog names.
        in_catalog: The products of which the input has a record of the catalog.
        sent: Columns remoteId, articleCode (the ASIN) and eanCode: what Optiply has.
    """

    of_catalog: pd.DataFrame
    in_catalog: pd.Series[Any]
    sent: pd.DataFrame

    @property
    def owners(self) -> pd.DataFrame:
        """Columns asin and key: which ASIN has which EAN, as `comparable` writes it."""
        sent = self.sent.rename(columns={"articleCode": "asin", "eanCode": "ean"})
        found = pd.concat([self.of_catalog[["asin", "ean"]], sent[["asin", "ean"]]]).dropna()
        return found.assign(key=comparable(found["ean"]))[["asin", "key"]].drop_duplicates()


@dataclass(frozen=True, slots=True)
class MatchedEans:
    """The EANs that are taken from asin_matches.

    Attributes:
        records: The records with `product` (a remoteId), `ean` and `outcome`, open where it is taken.
        taken: One row a product, by remoteId: `ean`, and `why` (row, confidence and reason).
    """

    records: pd.DataFrame
    taken: pd.DataFrame

    @property
    def eans(self) -> pd.Series[Any]:
        """RemoteId -> EAN."""
        return self.taken["ean"]

    def origins(self, products: pd.Series[Any]) -> dict[str, tuple[str, str]]:
        """Return the EAN and the reason of those of some products that take theirs from here."""
        rows = self.taken[self.taken.index.isin(products)]
        return dict(zip(rows.index, zip(rows["ean"], rows["why"], strict=True), strict=True))


def match_eans(
    records: pd.DataFrame, listings: pd.DataFrame, known: KnownEans, settings: Settings
) -> MatchedEans:
    """Find the EAN of each product that has none in the catalog.

    A product whose catalog record is not in the input keeps another EAN that was sent: what the catalog
    did not answer this time must not be replaced by what is less sure.

    Args:
        records: Records of asin_matches with `outcome`.
        listings: Records of products_inventory with `product`.
        known: What is known without them.
        settings: Which marketplaces, and how sure a match has to be.
    """
    products = remote_ids(records["asin"], records["marketplace_id"], settings)
    records = records.assign(product=products, ean=eans_of_gtins(records["gtin"]))
    sent = mapped(products, by_key(known.sent, "remoteId", "eanCode"))
    unread = sent.notna() & ~products.isin(known.in_catalog)
    least = round(settings.match_threshold * _PER_CONFIDENCE)
    records = decide(
        records,
        {
            outcomes.OTHER_MARKETPLACE: ~in_scope(records, settings),
            outcomes.NO_CLEAR_MATCH: ~records["status"].isin(_CLEAR) | records["asin"].isna(),
            outcomes.NOT_SURE_ENOUGH: ~(records["confidence"] >= least).fillna(value=False),
            outcomes.NOT_A_GTIN: records["ean"].isna(),
            outcomes.NOT_LISTED: ~records["product"].isin(listings["product"]),
            outcomes.EAN_IN_CATALOG: records["product"].isin(known.of_catalog["product"]),
            outcomes.EAN_SENT: unread & (comparable(sent) != comparable(records["ean"])),
        },
    )
    records = _unambiguous(records, known.owners)
    return MatchedEans(records, _taken(records[is_open(records)]))


def eans_of_gtins(gtins: pd.Series[Any]) -> pd.Series[Any]:
    """Write GTINs of 14 digits as eanCode holds them: EAN-13, EAN-8, or 14 digits of a packaging level.

    As a GTIN a UPC has two zeros in front, an EAN-13 one and an EAN-8 six (GS1 General Specifications).
    Null where the check digit is wrong or the text is not a GTIN. Zeros that were lost because a tool
    took the text for a number are put back.
    """
    text = gtins.astype(TEXT).str.strip().str.removesuffix(".0")
    digits = text.str.fullmatch(r"\d{8,14}").fillna(value=False).astype(bool)
    full = text.where(digits).str.rjust(14, "0")
    full = full.where(are_gtins(full)).astype(TEXT)
    short = full.str.startswith("000000").fillna(value=False).astype(bool)
    plain = full.str.startswith("0").fillna(value=False).astype(bool)
    return full.mask(plain, full.str.slice(1)).mask(short, full.str.slice(6)).astype(TEXT)


def _unambiguous(records: pd.DataFrame, owners: pd.DataFrame) -> pd.DataFrame:
    """Leave out matches of several codes for one product, or of one code for several ASINs.

    All are judged by the same matches, so that a doubt about one does not make another one clear.
    """
    records = records.assign(key=comparable(records["ean"]))
    some = records.loc[is_open(records), ["product", "asin", "key"]].drop_duplicates()
    codes = some.groupby("product")["key"].nunique()
    asins = some.groupby("key")["asin"].nunique()
    pairs = some.merge(owners, on="key", suffixes=("", "_there"))
    others = pairs.loc[(pairs["asin"] != pairs["asin_there"]).astype(bool), "key"]
    several_codes = records["product"].isin(codes.index[codes > 1])
    return decide(
        records,
        {
            outcomes.SEVERAL_CODES: several_codes,
            outcomes.SEVERAL_ASINS: records["key"].isin(asins.index[asins > 1]),
            outcomes.EAN_OF_ANOTHER: records["key"].isin(others),
        },
    ).drop(columns="key")


def _taken(records: pd.DataFrame) -> pd.DataFrame:
    """Return the surest record of each product, and why its EAN is taken."""
    order = records.sort_values(
        ["product", "confidence", "marketplace_id", "row_number"],
        ascending=[True, False, True, True],
    )
    first = order.drop_duplicates("product").set_index("product")
    confidence = pd.Series(
        pd.arrays.ArrowExtensionArray(number_text(first["confidence"], 4)), index=first.index
    )
    why = (
        "row "
        + first["row_number"].astype(TEXT)
        + ", confidence "
        + confidence.str.slice(0, len("0.00"))
        + ": "
        + first["reason"].fillna("no reason given").str.strip()
    )
    return pd.DataFrame({"ean": first["ean"], "why": why.astype(TEXT)}, index=first.index)
