"""Rows and items that cannot become records: kept, so that they can be passed on after all others."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from tap_amazon_seller.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ORDER_ID = re.compile(r"(?<![0-9A-Z-])[0-9A-Z]{3}-\d{7}-\d{7}(?![0-9-])")
ASIN = re.compile(r"B0[0-9A-Z]{8}|[0-9]{9}[0-9X]")
"""An ASIN by itself in a cell: those that Amazon gives begin with B0, books have their ISBN."""
ID_MEMBERS = ("orderId", "transactionId", "purchaseOrderNumber", "reportId", "sku", "asin", "id")
"""The members by which Amazon identifies the items of its lists."""
LONGEST_ID = 60  # characters


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that cannot become a record.

    Attributes:
        line: Its number in the file, or that of its first line.
        cells: What stands there.
        reason: Why it cannot, without a word of the row.
    """

    line: int
    cells: tuple[str, ...]
    reason: str

    @property
    def order_ids(self) -> list[str]:
        """The ids of orders in it, in its order."""
        found = (match for cell in self.cells for match in ORDER_ID.findall(cell))
        return list(dict.fromkeys(found))

    @property
    def asins(self) -> list[str]:
        """The ASINs in it, in its order."""
        texts = (cell.strip().upper() for cell in self.cells)
        return list(dict.fromkeys(text for text in texts if ASIN.fullmatch(text)))


@dataclass(frozen=True, slots=True)
class RejectedItem:
    """An item of an answer, or of a document in JSON or XML, that cannot become a record.

    Attributes:
        content: What stands there: an object, or anything else.
        reason: Why it cannot, without a word of the item.
    """

    content: object
    reason: str

    @property
    def text(self) -> str:
        """The item as JSON, its members in the order of their names."""
        return json.dumps(self.content, sort_keys=True, ensure_ascii=False)

    @property
    def id(self) -> str | None:
        """Amazon's id of it; None where none can be read."""
        if not isinstance(self.content, dict):
            return None
        found = (self.content.get(name) for name in ID_MEMBERS)
        return next(
            (str(each)[:LONGEST_ID] for each in found if each and isinstance(each, str | int)), None
        )

    @property
    def order_ids(self) -> list[str]:
        """The ids of orders in it."""
        return list(dict.fromkeys(ORDER_ID.findall(self.text)))

    @property
    def asins(self) -> list[str]:
        """The ASINs in it."""
        texts = re.findall(r'"([0-9A-Za-z]{10})"', self.text)
        found = (text.upper() for text in texts if ASIN.fullmatch(text.upper()))
        return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a rejected row or item comes from.

    Attributes:
        report_type: Amazon's name of the report type, or of the operation.
        report_id: Amazon's id of the report; empty for an answer of another operation.
        marketplace_id: That of the report's first marketplace.
        streams: The names of the streams that the report feeds.
        has_buyers_data: Whether its cells must not be passed on.
    """

    report_type: str
    report_id: str
    marketplace_id: str
    streams: Sequence[str]
    has_buyers_data: bool


class RejectedRows:
    """The rejected rows of a sync, in a file without a name that is gone when the tap ends.

    Args:
        folder: Where the file is; None for the system's temporary folder.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._known: set[tuple[str, int]] = set()
        self._known_items: set[tuple[tuple[str, str, str], str]] = set()
        self._occurrences: Counter[tuple[str, str]] = Counter()

    def add(self, row: RejectedRow, origin: Origin) -> bool:
        """Keep a row; False if it is kept already: several streams may read one report.

        Raises:
            TapError: There is no room for it.
        """
        if (origin.report_id, row.line) in self._known:
            return False
        self._known.add((origin.report_id, row.line))
        digest = hashlib.sha256("\t".join(row.cells).encode("utf-8", "surrogatepass")).hexdigest()
        self._occurrences[origin.report_id, digest] += 1
        self._keep(row, origin, digest, self._occurrences[origin.report_id, digest], row.cells)
        return True

    def add_item(self, item: RejectedItem, origin: Origin) -> bool:
        """Keep an item; False if it is kept already: an answer may bring an item twice.

        Raises:
            TapError: There is no room for it.
        """
        digest = hashlib.sha256(item.text.encode("utf-8", "surrogatepass")).hexdigest()
        place = origin.report_type, origin.report_id, origin.marketplace_id
        if (place, digest) in self._known_items:
            return False
        self._known_items.add((place, digest))
        self._keep(item, origin, digest, 1, (item.text,))
        return True

    def _keep(
        self,
        rejected: RejectedRow | RejectedItem,
        origin: Origin,
        digest: str,
        occurrence: int,
        cells: Sequence[str],
    ) -> None:
        record = {
            "report_type": origin.report_type,
            "marketplace_id": origin.marketplace_id,
            "row_hash": digest,
            "occurrence": occurrence,
            "report_id": origin.report_id or None,
            "line": rejected.line if isinstance(rejected, RejectedRow) else None,
            "item_id": rejected.id if isinstance(rejected, RejectedItem) else None,
            "reason": rejected.reason,
            "streams": list(origin.streams),
            "amazon_order_ids": rejected.order_ids,
            "asins": rejected.asins,
            "cells": None if origin.has_buyers_data else list(cells),
        }
        self._write(json.dumps(record).encode() + b"\n")

    def records(self) -> Iterator[dict[str, Any]]:
        """The records of the stream `rejected_rows`."""
        if self._file is None:
            return
        self._file.seek(0)
        yield from map(json.loads, self._file)

    def close(self) -> None:
        """Delete everything."""
        if self._file:
            self._file.close()
            self._file = None

    def _write(self, line: bytes) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(  # noqa: SIM115 - closed with the account
                    prefix="tap-amazon-seller-", dir=self._folder
                )
            self._file.write(line)
        except OSError as error:
            raise TapError(
                f"The spool folder {self._folder or tempfile.gettempdir()} cannot be written to "
                f"({error.strerror}); make room there, or name another folder in 'spool_path'."
            ) from None


class RejectFile:
    """The file of the setting `reject_path` with the rejected rows of one report type.

    Args:
        path: The file; rows are appended, each after the number of its line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, row: RejectedRow) -> None:
        """Append a row.

        Raises:
            TapError: The file cannot be written.
        """
        try:
            with open(self.path, "a", encoding="utf-8", opener=_private) as rejects:
                rejects.write("\t".join([str(row.line), *row.cells]) + "\n")
        except OSError as error:
            raise TapError(
                f"The reject file {self.path} cannot be written ({error.strerror}); make room there, "
                "or name another folder in 'reject_path'."
            ) from None


def _private(path: str, flags: int) -> int:
    """Open a file that only its owner may read: rows hold buyers' data."""
    return os.open(path, flags, 0o600)
