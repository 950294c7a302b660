"""Parquet files that the ETL keeps for its next run: read once, as a whole, and written each time."""

from __future__ import annotations

from io import RawIOBase
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def parquet_pieces(
    schema: Any,  # noqa: ANN401 - pyarrow is untyped
    parts: Iterable[list[Any]],
    searched: Sequence[str] = (),
) -> list[bytes]:
    """Return the file of some columns, piece by piece: as one text it would be copied while it grows.

    Dictionaries and statistics would serve a search, take a quarter longer and, as most texts here are
    ids that come once, more room.

    Args:
        schema: The names and types of its columns.
        parts: Columns as Arrow arrays, in the order of the schema; some rows after others, so that not
            all are there at once.
        searched: Names of columns by whose least and greatest value parts are found.
    """
    sink = _Pieces()
    with parquet.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        use_dictionary=False,
        write_statistics=list(searched) or False,
    ) as writer:
        for columns in parts:
            if len(columns[0]):
                writer.write_table(pa.table(columns, schema=schema))
    return sink.pieces


class _Pieces(RawIOBase):
    """A file that is written only, and kept as what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: Any, /) -> int:
        self.pieces.append(bytes(data))
        return len(self.pieces[-1])
