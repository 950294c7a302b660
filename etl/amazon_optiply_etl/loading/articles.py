"""Products as a run leaves them, reported article by article for the mapping report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from amazon_optiply_etl.mapping_report.articles import ArticleProduct, Articles, Change, StockFacts
from amazon_optiply_etl.mapping_report.report import KEPT_SHOWN
from amazon_optiply_etl.optiply.entities import PRODUCTS
from amazon_optiply_etl.state.snapshots import as_text
from amazon_optiply_etl.tables.columns import by_key
from amazon_optiply_etl.tables.matching import mapped
from amazon_optiply_etl.verdicts.outcomes import DONE_BEFORE, GOES_OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from amazon_optiply_etl.mapping_report.articles import Article
    from amazon_optiply_etl.state.snapshots import SentRows

_COMPARED = ("name", "skuCode", "eanCode", "articleCode", "price", "stockLevel", "status")

Origin = tuple[tuple[str, ...], StockFacts]
"""The country codes of a product's marketplaces, and how its stock came about."""


@dataclass(frozen=True, slots=True)
class ArticleRows:
    """The products of a run with `asin`, `is_new` and `is_held`.

    Attributes:
        rows: All of them.
        there: Those that are in Optiply and enabled after the run, or on their way there.
        before: What was sent.
    """

    rows: pd.DataFrame
    there: pd.DataFrame
    before: SentRows

    @classmethod
    def of(cls, table: pd.DataFrame, before: SentRows, known: pd.Index[Any]) -> ArticleRows:
        """Look at the products of a run.

        Args:
            table: Products with their final `outcome`.
            before: What was sent.
            known: remoteIds that Optiply had before the run.
        """
        rows = table.assign(
            asin=table["articleCode"].fillna(table["remoteId"]),
            is_new=~table["remoteId"].isin(known).astype(bool),
            is_held=~table["outcome"].isin([GOES_OUT, *DONE_BEFORE]).astype(bool),
        )
        sent_status = mapped(rows["remoteId"], by_key(before.frame, "remoteId", "status"))
        status = rows["status"].mask(rows["is_held"], sent_status.fillna(rows["status"]))
        enabled = (status == "enabled").fillna(value=False).astype(bool)
        there = rows[enabled & ~(rows["is_held"] & rows["is_new"])]
        return cls(rows, there, before)

    def first_there(self) -> pd.Series[Any]:
        """Return the first ASINs: what is held, new, out of stock and changed comes first."""
        there = self.there
        rank = np.full(len(there), 4)
        for place, holds in (
            (3, there["outcome"] == GOES_OUT),
            (2, there["stockLevel"] == 0),
            (1, there["is_new"]),
            (0, there["is_held"]),
        ):
            rank[holds.to_numpy(bool, na_value=False)] = place
        ordered = there[["asin"]].assign(rank=rank).sort_values(["rank", "asin"])
        return ordered["asin"].drop_duplicates().iloc[:KEPT_SHOWN]

    def counted(self, elsewhere: int, shown: Sequence[Article]) -> Articles:
        """Count the articles; of those elsewhere the number is given, and so are the first of all."""
        there = self.there
        changed = (there["outcome"] == GOES_OUT) & ~there["is_new"]
        without_stock = (there["stockLevel"] == 0).fillna(value=False).astype(bool)
        return Articles(
            there=int(there["asin"].nunique()),
            elsewhere=elsewhere,
            new=int(there.loc[there["is_new"], "asin"].nunique()),
            changed=int(there.loc[changed, "asin"].nunique()),
            without_stock=int(there.loc[without_stock, "asin"].nunique()),
            shown=shown,
        )

    def products(
        self, asins: pd.Series[Any], made_of: Callable[[str, int | None], Origin]
    ) -> Iterator[tuple[str, str, ArticleProduct]]:
        """Yield the ASIN, the name and the facts of each product of some articles.

        Args:
            asins: The articles.
            made_of: Answers where a product comes from, by its remoteId and its stock.
        """
        rows = with_values(self.rows, "asin", asins)
        now = as_text(PRODUCTS, rows)
        sent = with_values(self.before.frame, "remoteId", rows["remoteId"])
        of_before = {
            remote_id: dict(zip(_COMPARED, each, strict=True))
            for remote_id, *each in cells(sent, "remoteId", *_COMPARED)
        }
        for asin, is_new, is_held, outcome, remote_id, optiply_id, *own in zip(
            *_columns(rows, "asin", "is_new", "is_held", "outcome"),
            *_columns(now, "remoteId", "optiply_id", *_COMPARED),
            strict=True,
        ):
            values = dict(zip(_COMPARED, own, strict=True))
            previous = of_before.get(remote_id)
            shown = previous if is_held and previous else values
            level = None if shown["stockLevel"] is None else int(shown["stockLevel"])
            places, stock = made_of(remote_id, level)
            if shown is not values:
                stock = StockFacts(level, was_sent=True)
            product = ArticleProduct(
                remote_id=remote_id,
                places=places,
                outcome=outcome,
                is_enabled=shown["status"] != "disabled",
                optiply_id=optiply_id,
                is_new=is_new,
                price=shown["price"],
                ean=shown["eanCode"],
                stock=stock,
                changes=_changes(previous, values) if outcome == GOES_OUT and previous else (),
            )
            yield asin, shown["name"] or values["name"] or "", product


def _changes(before: dict[str, str | None], now: dict[str, str | None]) -> tuple[Change, ...]:
    return tuple(
        Change(name, before[name], now[name])
        for name in _COMPARED
        if (before[name] or None) != (now[name] or None)
    )


def with_values(frame: pd.DataFrame, column: str, wanted: pd.Series[Any]) -> pd.DataFrame:
    """Return the rows with one of some values in a column."""
    return frame[frame[column].isin(wanted).astype(bool)]


def cells(frame: pd.DataFrame, *names: str) -> Iterator[tuple[Any, ...]]:
    """Yield the cells of some columns row by row, None where one is missing."""
    return zip(*_columns(frame, *names), strict=True)


def _columns(frame: pd.DataFrame, *names: str) -> list[list[Any]]:
    return [pa.array(frame[name], from_pandas=True).to_pylist() for name in names]
