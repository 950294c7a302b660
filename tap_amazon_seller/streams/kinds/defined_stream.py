"""Streams that are data: a `ReportStreamDefinition` and a schema make one, without code of their own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar, Self
from zoneinfo import ZoneInfo

from typing_extensions import override

from amazon_selling_partner import marketplaces
from tap_amazon_seller.reports.rows.groups import apart_in, contents, groups
from tap_amazon_seller.streams.kinds.report_stream import LINE_NUMBER, ReportStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.definitions import ReportStreamDefinition
    from tap_amazon_seller.reports.requests.windows import ReportRequest
    from tap_amazon_seller.reports.rows.flat_file import FlatFile


class DefinedReportStream(ReportStream):
    """The rows of one report type as they are."""

    entry: ClassVar[ReportStreamDefinition]
    selected_by_default = False

    @classmethod
    def of(cls, entry: ReportStreamDefinition) -> type[Self]:
        """The stream that a definition describes."""
        numbered = (LINE_NUMBER,) if entry.is_numbered else ()
        required = entry.keys[:1] if entry.required_columns is None else entry.required_columns
        return type(
            "".join(word.capitalize() for word in entry.name.split("_")),
            (cls,),
            {
                "__doc__": entry.about,
                "entry": entry,
                "name": entry.name,
                "definition": entry.report,
                "primary_keys": ("marketplace_id", *entry.keys, *numbered),
                "replication_key": entry.replication_key,
                "required_columns": required,
                "called": entry.called,
                "is_described": entry.schema is None,
                "records_path": entry.records,
                "selected_by_default": entry.selected_by_default,
                "is_personal": entry.is_personal,
            },
        )

    @override
    def own_schema(self) -> dict[str, Any]:
        """The schema in `schemas/streams/`, or the definition's own."""
        if self.entry.schema is None:
            return super().own_schema()
        return {"type": "object", "properties": dict(self.entry.schema)}

    @property
    @override
    def is_columnar(self) -> bool:
        """Whether its rows are this marketplace's, and have keys if they are numbered."""
        return not self.entry.country and not (self.entry.is_numbered and not self.entry.keys)

    @override
    def file_records(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Record]:
        """The rows that are this marketplace's."""
        for row in self._numbered_rows(flat_file, marketplace):
            if self._is_elsewhere(row, marketplace):
                flat_file.counts.emitted -= 1
                flat_file.counts.elsewhere += 1
            else:
                yield row

    def _is_elsewhere(self, row: Record, marketplace: Marketplace) -> bool:
        """Whether a row comes with another marketplace's report: its country's, or the first one's."""
        if not self.entry.country:
            return False
        synced = self.account.marketplaces
        own = marketplaces.find(row.get(self.entry.country) or "")
        return (own if own in synced else synced[0]) is not marketplace

    def _numbered_rows(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Record]:
        """The rows; those that share their keys numbered, in an order that the file has no part in."""
        if not self.entry.is_numbered:
            yield from super().file_records(flat_file, marketplace)
            return
        self.describe(flat_file)
        for rows in groups(flat_file, self.entry.keys):
            numbers: Counter[tuple[str, ...]] = Counter()
            for row in sorted(rows, key=contents):
                if self.has_keys(row, flat_file):
                    key = tuple(row[name] for name in self.entry.keys)
                    numbers[key] += 1
                    row["marketplace_id"], row[LINE_NUMBER] = marketplace.id, numbers[key]
                    yield row

    @override
    def file_batches(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Any]:
        """The rows as Arrow record batches, numbered as `file_records` does it."""
        found = super().file_batches(flat_file, marketplace)
        if not self.entry.is_numbered:
            yield from found
            return
        from tap_amazon_seller.reports.rows import whole_orders  # noqa: PLC0415 - needs Arrow

        first = self.entry.keys[0]
        apart = set(flat_file.values_of(first, apart_in(flat_file, [first])))
        for batch in whole_orders.whole_groups(found, first, apart):
            numbers = whole_orders.line_numbers(batch, self.entry.keys, _in_order)
            yield batch.append_column(LINE_NUMBER, numbers)

    @override
    def dated(self, record: Record, request: ReportRequest) -> Record:
        """The record with the first and the last day that its report covers, if the schema has them.

        And with the currency, where that was asked for by an option and is not in the rows.
        """
        if self.definition.is_in_requested_currency:
            record["currency"] = request.marketplace.currency
        asked = request.asked_window
        if asked and "report_end_date" in self.schema["properties"]:
            zone = ZoneInfo(self.definition.window.zone or request.marketplace.time_zone)
            first, last = (instant.astimezone(zone).date().isoformat() for instant in asked)
            record["report_start_date"], record["report_end_date"] = first, last
        return record


def _in_order(rows: list[Record]) -> list[Record]:
    return sorted(rows, key=contents)
