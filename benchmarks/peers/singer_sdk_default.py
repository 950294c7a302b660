"""The Singer SDK as it comes: the rows of a document through a plain stream, default writer.

`singer_sdk_default.py URL`. Rows are split at tabs, quantity and prices are numbers; conforming types
and writing messages is what the SDK does for every tap that changes nothing.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

import requests
from singer_sdk import Stream, Tap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_URL = sys.argv.pop()
_INTEGERS = ("quantity",)
_NUMBERS = (
    "item_price", "item_tax", "shipping_price", "shipping_tax", "gift_wrap_price", "gift_wrap_tax",
    "item_promotion_discount", "ship_promotion_discount",
)  # fmt: skip
_DATES = ("purchase_date", "last_updated_date")


class AllOrders(Stream):
    """The rows of one document."""

    name = "all_orders"

    def __init__(self, tap: Tap) -> None:
        lines = iter(requests.get(_URL, timeout=60).content.split(b"\n"))
        header = next(lines).decode("iso-8859-1")
        self.names = [name.replace("-", "_") for name in header.split("\t")]
        self.lines = lines
        super().__init__(
            tap,
            schema={
                "type": "object",
                "properties": {name: _schema_of(name) for name in self.names},
            },
        )

    def get_records(self, context: Any) -> Iterator[dict[str, Any]]:  # noqa: ARG002
        """The rows, with numbers."""
        for line in self.lines:
            if line:
                row: dict[str, Any] = dict(
                    zip(self.names, line.decode("iso-8859-1").split("\t"), strict=False)
                )
                for name in _INTEGERS:
                    row[name] = int(row[name])
                for name in _NUMBERS:
                    row[name] = float(row[name]) if row[name] else None
                yield row


def _schema_of(name: str) -> dict[str, Any]:
    if name in _DATES:
        return {"type": ["string", "null"], "format": "date-time"}
    kind = "integer" if name in _INTEGERS else "number" if name in _NUMBERS else "string"
    return {"type": [kind, "null"]}


class TapPlain(Tap):
    """A tap with that stream."""

    name = "tap-plain"
    config_jsonschema: ClassVar[dict[str, Any]] = {"properties": {}}

    def discover_streams(self) -> Sequence[Stream]:
        """The stream."""
        return [AllOrders(self)]


if __name__ == "__main__":
    TapPlain.cli()
