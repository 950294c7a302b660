"""The limit of columns: Arrow reads the document, and writes it as Parquet without making a row.

`arrow_parquet.py URL FILE`.
"""

from __future__ import annotations

import sys
from urllib.request import urlopen

import pyarrow as pa
from pyarrow import csv, parquet


def main() -> None:
    """Write one Parquet file."""
    url, path = sys.argv[1:]
    with urlopen(url) as document:
        batches = csv.open_csv(
            pa.PythonFile(document, mode="r"),
            read_options=csv.ReadOptions(encoding="iso-8859-1"),
            parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
        )
        with parquet.ParquetWriter(path, batches.schema) as writer:
            for batch in batches:
                writer.write_batch(batch)


if __name__ == "__main__":
    main()
