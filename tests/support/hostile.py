"""Reads documents in a process of its own, with little memory: `python hostile.py FORMAT FILE ...`.

Writes a line for each: how many records there were and, behind a tab, why it ended. FORMAT is tsv, csv,
json or xml.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import warm_start

from amazon_selling_partner import RetryableError, marketplaces
from tap_amazon_seller.errors import TapError
from tap_amazon_seller.machine.arrow_text import rows_as_records
from tap_amazon_seller.output.messages import ENCODER
from tap_amazon_seller.reports.rows.flat_file import FlatFile
from tap_amazon_seller.reports.rows.header import Expected
from tap_amazon_seller.reports.rows.json_xml import json_records, xml_records
from tap_amazon_seller.reports.rows.personal import LeftOut
from tap_amazon_seller.reports.text.document import ReportDocument
from tap_amazon_seller.reports.text.inspection import inspected
from tap_amazon_seller.reports.text.scattered_keys import FirstCells
from tap_amazon_seller.reports.text.spool import uncompressed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

COLUMNS: dict[str, Any] = {
    "sku": {"type": ["string", "null"]},
    "quantity": {"type": ["integer", "null"]},
    "price": {"type": ["number", "null"]},
    "date": {"type": ["string", "null"], "format": "date-time"},
}
LEFT = 100
"""Megabytes beyond those of the loaded program (70), so that a sync stays below 200."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the reading of a document ended: records, and the sentence that ended it, if one did."""

    records: int
    sentence: str


def records_of(document: ReportDocument, kind: str) -> Iterator[Any]:
    """The records of a document, as streams make them: in JSON the list `list`, in XML elements `O`.

    Raises:
        TapError: It is not such a document.
    """
    if kind == "json":
        yield from map(LeftOut().without, json_records(document, "list"))
    elif kind == "xml":
        yield from map(LeftOut().without, xml_records(document, "O", ("Item",)))
    else:
        separator = "\t" if kind == "tsv" else ","
        germany = marketplaces.BY_COUNTRY["DE"]
        expected = Expected(
            COLUMNS, germany, required=("sku",), separator=separator, is_described=False
        )
        for batch in FlatFile(document, expected).batches():
            yield from rows_as_records(batch)


def ending_of(body: IO[bytes], kind: str, charset: str = "utf-8") -> Ending:
    """Inspect and read a body, and encode its records as messages are; raises no `TapError`."""
    records = 0
    with contextlib.suppress(RetryableError):  # damaged gzip, which is downloaded again
        inspected(uncompressed(body), cells=FirstCells("sku", None))
    try:
        for record in records_of(ReportDocument("X", charset, body), kind):
            ENCODER.encode(record)
            records += 1
    except TapError as error:
        return Ending(records, str(error))
    return Ending(records, "")


def endings_in_little_memory(kind: str, bodies: Sequence[Callable[[], IO[bytes]]]) -> list[Ending]:
    """The same of several in a process of its own, which has no more than some 200 MB."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(body()) for body in bodies]
        for file in files:
            file.flush()
        paths = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in files]  # they have no names
        found = warm_start.run(
            [sys.executable, __file__, kind, *paths],
            capture_output=True, check=True, text=True, timeout=300,
        )  # fmt: skip
    lines = (line.partition("\t") for line in found.stdout.splitlines())
    return [Ending(int(count), sentence) for count, _, sentence in lines]


def sparse(start: bytes, size: int) -> IO[bytes]:
    """A file that begins so and continues with zeros, which take no space on the disk."""
    body = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the caller
    body.write(start)
    body.truncate(size)
    return body


def filed(*pieces: bytes) -> IO[bytes]:
    """A file with these bytes."""
    body = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the caller
    for piece in pieces:
        body.write(piece)
    body.seek(0)
    return body


def main() -> None:
    """Read the files."""
    pa.allocate_buffer(1)  # reserves what Arrow takes all of its memory from
    size = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = size * os.sysconf("SC_PAGE_SIZE") + (LEFT << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    kind, *paths = sys.argv[1:]
    for path in paths:
        with Path(path).open("rb") as body:
            found = ending_of(body, kind)
        sys.stdout.write(f"{found.records}\t{found.sentence}\n")


if __name__ == "__main__":
    main()
