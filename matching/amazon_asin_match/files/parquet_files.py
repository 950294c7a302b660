"""Reads Parquet, batch after batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from amazon_asin_match.errors import InputFileError
from amazon_asin_match.files.excel_files import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROWS_OF_A_BATCH = 10_000

Read = tuple[tuple[str, ...], int, "Callable[[], Iterator[list[str]]]"]


def read(path: Path) -> Read:
    """Header, number of the first row, and rows.

    Raises:
        InputFileError: It is not a Parquet file.
    """
    try:
        with pq.ParquetFile(path) as file:
            names = tuple(file.schema_arrow.names)
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise InputFileError(f"{path.name} is not a Parquet file ({reason}).") from None

    def rows() -> Iterator[list[str]]:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_OF_A_BATCH):
                columns = [column.to_pylist() for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    yield [text_of(cell) for cell in cells]

    return names, 1, rows
