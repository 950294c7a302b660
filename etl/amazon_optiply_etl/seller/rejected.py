"""Rows of a listing report that the tap could not read, and the products that they may belong to."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from amazon_optiply_etl.config.marketplaces import country
from amazon_optiply_etl.inputs.completeness import rejected_counts
from amazon_optiply_etl.inputs.streams import LISTINGS, REJECTED, SUMMARY
from amazon_optiply_etl.seller.listings import in_scope
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import is_open

if TYPE_CHECKING:
    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.inputs.folder import Inputs

REPORT_TYPE = "GET_MERCHANT_LISTINGS_ALL_DATA"
"""The report that listings are read from."""
_ASIN = re.compile(r"\b[A-Za-z0-9]{10}\b")
_LINES_NAMED = 5


@dataclass(frozen=True, slots=True)
class RejectedListings:
    """What rejected rows leave unknown.

    Attributes:
        products: remoteId -> why it stays as it was, of the products that a rejected row names.
        places: Marketplace id -> why none of its products is disabled, where a rejected row may be
            that of any of them.
    """

    products: pd.Series[Any]
    places: dict[str, str]


def rejected_listings(inputs: Inputs, settings: Settings) -> RejectedListings:
    """Tell which products a rejected row of the listing report may belong to.

    Neighbouring rejected lines are one row: a line break within a cell makes several of one. A row that
    names no ASIN may be that of any product; so may one that is only counted (sync_summary), where
    rejected_rows is not in the input.

    Args:
        inputs: The records.
        settings: What a product is.
    """
    rows = _rejected_rows(inputs, settings)
    nameless: dict[str, list[int]] = defaultdict(list)
    reasons: dict[str, str] = {}
    for row in rows:
        line = f"line {row.line}"
        for asin in row.asins:
            product = f"{asin}_{row.place}" if settings.per_marketplace else asin
            reasons.setdefault(product, outcomes.REJECTED_LISTING.format(line, country(row.place)))
        if not row.asins:
            nameless[row.place].append(row.line)
    places = {
        place: outcomes.REJECTED_UNKNOWN.format(_named(lines), country(place))
        for place, lines in nameless.items()
    }
    told = {row.place for row in rows}
    for place, count in rejected_counts(LISTINGS, inputs[SUMMARY]).items():
        if count and place not in told:
            shown = f"{count:,} row{'s' * (count > 1)}"
            places[place] = outcomes.REJECTED_UNKNOWN.format(shown, country(place))
    return RejectedListings(pd.Series(reasons, dtype=TEXT), places)


class _Row(NamedTuple):
    place: str
    report: str
    line: int
    asins: tuple[str, ...]


def _rejected_rows(inputs: Inputs, settings: Settings) -> list[_Row]:
    """Return the rejected rows of the listing report, neighbouring lines as one row."""
    frame = inputs[REJECTED].frame
    is_of_listings = (frame["report_type"] == REPORT_TYPE).fillna(value=False).astype(bool)
    frame = frame[is_open(frame) & is_of_listings & in_scope(frame, settings)]
    columns = (frame[name].tolist() for name in ("marketplace_id", "report_id", "line", "asins"))
    lines = sorted(
        _Row(place, _text(report), 0 if pd.isna(line) else line, tuple(_ASIN.findall(_text(asins))))
        for place, report, line, asins in zip(*columns, strict=True)
    )
    rows: list[_Row] = []
    last = None
    for each in lines:
        if last is not None and each[:2] == last[:2] and each.line == last.line + 1:
            rows[-1] = rows[-1]._replace(asins=rows[-1].asins + each.asins)
        else:
            rows.append(each)
        last = each
    return rows


def _text(value: Any) -> str:  # noqa: ANN401 - a text, or what pandas has where none is
    return "" if pd.isna(value) else str(value)


def _named(lines: list[int]) -> str:
    shown = ", ".join(f"{each}" for each in lines[:_LINES_NAMED])
    more = len(lines) - _LINES_NAMED
    return f"line{'s' * (len(lines) > 1)} {shown}{f' and {more:,} more' if more > 0 else ''}"
