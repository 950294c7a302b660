"""The Singer SDK as it comes: the rows of a gzipped document through a plain stream, default writer.

`singer_sdk_default.py URL`. The records have the columns and types of the tap's `order_items`;
conforming types and writing messages is what the SDK does for every tap that changes nothing.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.request import urlopen

from singer_sdk import Stream, Tap

from tap_amazon_seller.reports.text.headers import canonical_names
from tap_amazon_seller.streams.kinds.amazon_stream import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_URL = sys.argv.pop()
_READERS: dict[str, Any] = {"integer": int, "number": float, "boolean": "true".__eq__}


class OrderItems(Stream):
    """The rows of one document."""

    name = "order_items"
    schema = SCHEMAS.get_schema("order_items")

    def get_records(self, context: Any) -> Iterator[dict[str, Any]]:  # noqa: ARG002
        """The rows, with numbers and truth values."""
        count = 0
        with urlopen(_URL) as document:
            body = io.BytesIO(document.read())
        with gzip.open(body, "rt", encoding="utf-8", newline="\n") as text:
            rows = csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
            columns = [(name, self._reader(name)) for name in canonical_names(next(rows))]
            for cells in rows:
                count += 1
                record: dict[str, Any] = {"marketplace_id": "A1PA6795UKMFR9", "line_number": 1}
                for (name, read), cell in zip(columns, cells, strict=True):
                    record[name] = (read(cell) if read else cell) if cell else None
                yield record
        print(f"{count} rows delivered", file=sys.stderr)

    def _reader(self, column: str) -> Any:
        kinds = self.schema["properties"].get(column, {}).get("type", ("",))
        return _READERS.get(kinds[0])


class TapPlain(Tap):
    """A tap with that stream."""

    name = "tap-plain"
    config_jsonschema: ClassVar[dict[str, Any]] = {"properties": {}}

    def discover_streams(self) -> Sequence[Stream]:
        """The stream."""
        return [OrderItems(self)]


if __name__ == "__main__":
    TapPlain.cli()
