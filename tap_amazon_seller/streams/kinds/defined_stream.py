"""Streams that are data: a `ReportStreamDefinition` and a schema make one, without code of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self
from zoneinfo import ZoneInfo

from typing_extensions import override

from amazon_selling_partner import marketplaces
from tap_amazon_seller.errors import ReportDataUnavailableError
from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.reports.definitions import Format, Span
from tap_amazon_seller.reports.rows import json_xml
from tap_amazon_seller.reports.rows.batches import with_constants
from tap_amazon_seller.reports.rows.groups import contents, line_numbers, whole_groups
from tap_amazon_seller.streams.kinds.report_stream import LINE_NUMBER, ReportStream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.definitions import ReportStreamDefinition
    from tap_amazon_seller.reports.requests.windows import ReportRequest
    from tap_amazon_seller.reports.rows.flat_file import FlatFile
    from tap_amazon_seller.reports.text.document import ReportDocument
    from tap_amazon_seller.streams.kinds.amazon_stream import AccountTap


ALL_ROWS = "\x00all"
"""The name of a column, while rows without keys are numbered."""


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
                "aggregate": entry.aggregate,
                "selected_by_default": entry.selected_by_default,
                "is_personal": entry.is_personal,
            },
        )

    def __init__(self, tap: AccountTap) -> None:
        super().__init__(tap)
        chosen = {
            option: str(self.config[setting]).upper()
            for option, setting in self.entry.options_of_settings.items()
            if self.config.get(setting)
        }
        if chosen:
            options = {**self.definition.options, **chosen}
            self.definition = replace(self.definition, options=options)

    @override
    def own_schema(self) -> dict[str, Any]:
        """The schema in `schemas/streams/`, or the definition's own."""
        if self.entry.schema is None:
            return super().own_schema()
        return {"type": "object", "properties": dict(self.entry.schema)}

    @override
    def file_batches(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Any]:
        """The rows that are this marketplace's; those that share their keys are numbered."""
        found = super().file_batches(flat_file, marketplace)
        if self.entry.is_numbered:
            found = self._numbered(found)
        for batch in found:
            yield self._own(batch, flat_file, marketplace) if self.entry.country else batch

    def _own(self, batch: Any, flat_file: FlatFile, marketplace: Marketplace) -> Any:
        """The rows that come with this marketplace's report: its country's, or the first one's."""
        if self.entry.country not in batch.schema.names:
            return batch if marketplace is self.account.marketplaces[0] else batch.slice(0, 0)
        synced = self.account.marketplaces
        countries = batch.column(self.entry.country).dictionary_encode()
        found = [marketplaces.find(name) for name in countries.dictionary.to_pylist()]
        is_own = [(own if own in synced else synced[0]) is marketplace for own in found]
        of_none = synced[0] is marketplace
        own = batch.filter(pa.array(is_own, pa.bool_()).take(countries.indices).fill_null(of_none))
        flat_file.move_elsewhere(batch.num_rows - own.num_rows)
        return own

    def _numbered(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The rows, numbered among those with their keys in an order that the file has no part in."""
        keys = self.entry.keys
        if not keys:  # all rows share them
            batches = (with_constants(batch, {ALL_ROWS: ""}) for batch in batches)
        key = keys or (ALL_ROWS,)
        for batch in whole_groups(batches, key[0], None, self.account.settings.spool_path):
            numbered = batch.append_column(LINE_NUMBER, line_numbers(batch, key, _in_order))
            yield numbered if keys else numbered.drop_columns([ALL_ROWS])

    @override
    def dated(
        self, record: Record, request: ReportRequest, covered: tuple[date, date] | None = None
    ) -> Record:
        """The record with the first and the last day that its report covers, if the schema has them.

        And with the currency, where that was requested by an option and is not in the rows.
        """
        if self.definition.is_in_requested_currency:
            record["currency"] = request.marketplace.currency
        days = covered or self._days_of(request)
        if days and "report_end_date" in self.schema["properties"]:
            record["report_start_date"], record["report_end_date"] = (
                day.isoformat() for day in days
            )
        return record

    def _days_of(self, request: ReportRequest) -> tuple[date, date] | None:
        """The first and the last day that were requested; None where no complete days or hours were."""
        span = self.definition.window.span
        if request.asked_window is None or span is Span.INSTANT:
            return None
        first, last = request.asked_window
        if span is Span.HOUR:  # it ends where the next hour begins
            last -= timedelta(seconds=1)
        zone = ZoneInfo(self.definition.window.zone or request.marketplace.time_zone)
        return first.astimezone(zone).date(), last.astimezone(zone).date()

    @override
    def days_covered(
        self, document: ReportDocument, request: ReportRequest
    ) -> tuple[date, date] | None:
        """The days that a JSON document says it is of, where complete days were requested."""
        is_json = self.definition.layout.format is Format.JSON
        return json_xml.days_told(document) if is_json and self._days_of(request) else None

    @override
    def check_days(
        self, covered: tuple[date, date] | None, document: ReportDocument, request: ReportRequest
    ) -> None:
        """Refuse a document of other days once its records are out: those requested are missing.

        Raises:
            ReportDataUnavailableError: It does not cover them.
        """
        wanted = self._days_of(request)
        if covered and wanted and not covered[0] <= wanted[0] <= wanted[1] <= covered[1]:
            raise ReportDataUnavailableError(
                f"{request}: report {document.report_id} is of {covered[0]} to {covered[1]}, as its "
                "records say; the days that were requested are still missing"
            )


def _in_order(rows: list[Record]) -> list[Record]:
    return sorted(rows, key=contents)
