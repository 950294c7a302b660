"""What BATCH files cannot do without, each alone: `floors.py REPORT FOLDER`.

Gunzips the report, has Arrow read its text, and writes the rows of the tap's Parquet files in FOLDER
once more, to nowhere; prints the CPU seconds of each as a JSON object. Nothing uses several threads.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from isal import igzip
from pyarrow import csv, parquet

if TYPE_CHECKING:
    from collections.abc import Callable

PIECE = 1 << 20


def main() -> None:
    """Do each once."""
    report, folder = map(Path, sys.argv[1:])
    text, names = _gunzipped(report), sorted(folder.glob("*.parquet"))
    rows = pa.concat_tables(parquet.read_table(name, use_threads=False) for name in names)
    facts = {
        "gunzip": _cpu_seconds(lambda: _gunzipped(report)),
        "read_csv": _cpu_seconds(lambda: _read(text)),
        # Whichever suits these rows better.
        "Parquet encoding": min(
            _cpu_seconds(lambda: _write(rows, use_dictionary=True)),
            _cpu_seconds(lambda: _write(rows, use_dictionary=False)),
        ),
    }
    print(json.dumps(facts))


def _cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _gunzipped(report: Path) -> bytes:
    opened: Any = igzip.open
    with opened(report) as file:
        return b"".join(iter(lambda: file.read(PIECE), b""))


def _read(text: bytes) -> None:
    names = text[: text.index(b"\n")].decode().split("\t")
    batches = csv.open_csv(
        pa.BufferReader(text),
        read_options=csv.ReadOptions(use_threads=False, block_size=PIECE),
        parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )
    for _ in batches:
        pass


def _write(rows: Any, *, use_dictionary: bool) -> None:
    with Path(os.devnull).open("wb") as nowhere:
        parquet.write_table(
            rows, nowhere, compression="none", use_dictionary=use_dictionary, row_group_size=20_000
        )


if __name__ == "__main__":
    main()
