"""Reads flat files in tests."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from amazon_selling_partner import marketplaces
from tap_amazon_seller.machine.arrow_text import rows_as_records
from tap_amazon_seller.reports.rows.flat_file import FlatFile
from tap_amazon_seller.reports.rows.header import Expected
from tap_amazon_seller.reports.text.document import ReportDocument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.rows.rejected import RejectedRow

DE = marketplaces.BY_COUNTRY["DE"]


def document(body: bytes, charset: str = "utf-8") -> ReportDocument:
    """A document with this raw body."""
    return ReportDocument("X", charset, io.BytesIO(body))


def flat_file(
    text: ReportDocument | bytes | str,
    columns: Mapping[str, Mapping[str, Any]],
    rejected: list[RejectedRow] | None = None,
    marketplace: Marketplace = DE,
    **expected: Any,
) -> FlatFile:
    """A reading of a document, of Germany as a rule; rejected rows are added to a list."""
    if isinstance(text, str):
        text = text.encode()
    found = document(text) if isinstance(text, bytes) else text
    rows: list[RejectedRow] = [] if rejected is None else rejected
    return FlatFile(found, Expected(columns, marketplace, **expected), rows.append)


def rows_of(reading: FlatFile) -> list[dict[str, Any]]:
    """All rows of a reading."""
    return [row for batch in reading.batches() for row in rows_as_records(batch)]
