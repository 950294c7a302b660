"""Columns that streams add to the rows of a flat file, or fill."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.machine.arrow_text import with_texts
from tap_amazon_seller.reports.rows.cells import EMPTY_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def with_constants(batch: Any, constants: Mapping[str, str | None]) -> Any:
    """The rows with columns that have the same text everywhere."""
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    for name, value in constants.items():
        columns[name] = pa.repeat(pa.scalar(value, pa.string()), batch.num_rows)
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def with_column(batch: Any, name: str, column: Any) -> Any:
    """The rows with a column in the place of the one of its name, or as the last."""
    at = batch.schema.get_field_index(name)
    if at < 0:
        return batch.append_column(name, column)
    return batch.set_column(at, name, column)


def with_keys(batch: Any, names: Iterable[str]) -> Any:
    """The rows with `EMPTY_KEY` in the place of nulls in columns of text that are keys."""
    for name in names:
        column = batch.column(name)
        if column.null_count:
            at = batch.schema.get_field_index(name)
            batch = batch.set_column(at, batch.schema.field(at), column.fill_null(EMPTY_KEY))
    return batch


def first_and_last(column: Any) -> tuple[str | None, str | None]:
    """The least and the greatest text or instant of a column, as text; None where it has none."""
    found = pc.min_max(column).as_py().values()
    first, last = (each.isoformat() if isinstance(each, datetime) else each for each in found)
    return first, last


def with_called(batch: Any, called: Mapping[str, Sequence[str]]) -> Any:
    """The rows with columns that have the first text of several; those that are not there have none."""
    for name, columns in called.items():
        there = [with_texts(batch.column(each)) for each in columns if each in batch.schema.names]
        found = pc.coalesce(*there) if there else pa.nulls(batch.num_rows, pa.string())
        if name in batch.schema.names:
            batch = batch.drop_columns([name])
        batch = batch.append_column(name, found)
    return batch
