"""Describes rows that were written, some at a time: what the next run has to know of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.state.deliveries import CHANGE, CREATION
from amazon_optiply_etl.state.snapshots import versions
from amazon_optiply_etl.tables.amounts import array_of
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.tables.matching import joined_by, places
from amazon_optiply_etl.tables.side_by_side import side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from amazon_optiply_etl.loading.loader import LoadedEntity
    from amazon_optiply_etl.optiply.entities import Entity


def written_rows(step: LoadedEntity, going: pd.DataFrame, count: int) -> Iterator[pd.DataFrame]:
    """Describe rows that went out, and that nobody has answered yet, as `state.deliveries` has them.

    Args:
        step: What became of the entity's rows.
        going: Those that went out.
        count: How many are described at a time: of a first run, all would take much memory.

    Yields:
        remoteId, kind, version and refers_to of some rows, after those of the rows before them.
    """
    lines = None if step.lines is None or going.empty else _LinesOfRows.of(step.lines, going)

    def described(start: int) -> pd.DataFrame:
        some = going.iloc[start : start + count]
        own = lines.between(start, start + len(some)) if lines else None
        return _described(step.entity, some, own)

    yield from side_by_side(partial(described, at) for at in range(0, len(going), count))


@dataclass(frozen=True, slots=True)
class _LinesOfRows:
    """The lines of a table's rows, by the rows' order.

    Attributes:
        lines: Lines of these rows and perhaps of others.
        chosen: Those of the rows: row by row, and in their own order.
        rows: The row of each of them.
    """

    lines: pd.DataFrame
    chosen: NDArray[np.int64]
    rows: NDArray[np.int64]

    @classmethod
    def of(cls, lines: pd.DataFrame, table: pd.DataFrame) -> _LinesOfRows:
        """Find the lines by their remoteId."""
        of_lines, of_rows = (array_of(each["remoteId"], pa.string()) for each in (lines, table))
        found = pc.fill_null(places(of_lines, of_rows), -1).to_numpy()
        chosen = np.flatnonzero(found >= 0)
        rows = found[chosen]
        if (rows[1:] < rows[:-1]).any():
            order = np.argsort(rows, kind="stable")
            chosen, rows = chosen[order], rows[order]
        return cls(lines, chosen, rows)

    def between(self, start: int, end: int) -> _LinesOfRows:
        """Return the lines of some rows alone, which are counted from the first of them."""
        begin, stop = np.searchsorted(self.rows, [start, end])
        own = self.lines.iloc[self.chosen[begin:stop]]
        return _LinesOfRows(own, np.arange(len(own)), self.rows[begin:stop] - start)


def _described(entity: Entity, rows: pd.DataFrame, own: _LinesOfRows | None) -> pd.DataFrame:
    lines, of_lines, products = None, None, pa.nulls(len(rows), pa.string())
    if own is not None:
        lines, of_lines = own.lines, pa.array(own.rows)
        products = joined_by(of_lines, array_of(lines["product"], pa.string()), len(rows))
    kind = pd.Series(CREATION, index=rows.index, dtype=TEXT)
    return pd.DataFrame(
        {
            "remoteId": rows["remoteId"],
            "kind": kind.mask(rows["optiply_id"].notna(), CHANGE),
            "version": versions(entity, rows, lines, of_lines),
            "refers_to": pd.Series(pd.arrays.ArrowExtensionArray(products), rows.index),
        }
    )
