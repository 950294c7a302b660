"""Streams that are read from Data Kiosk: one query is of all marketplaces, each takes its own rows."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_amazon_seller.errors import FieldsRefusedError, ReportNotReadyError
from tap_amazon_seller.reports.definitions import Format
from tap_amazon_seller.reports.rows import json_lines
from tap_amazon_seller.streams.kinds.defined_stream import DefinedReportStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from datetime import date

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.requests.windows import ReportRequest
    from tap_amazon_seller.reports.text.document import ReportDocument
    from tap_amazon_seller.streams.kinds.amazon_stream import AccountTap

SOURCE_SETTING = "sales_traffic_source"
KIOSK = "data_kiosk"
DAYS = {"start_date": "report_start_date", "end_date": "report_end_date"}
"""What a row calls its days, and what records do that reports may have as well."""


class KioskStream(DefinedReportStream):
    """The rows of one query; or of a report type, where the setting chooses that as the source."""

    def __init__(self, tap: AccountTap) -> None:
        super().__init__(tap)
        query = self.entry.data_kiosk
        if query and query.query and str(self.config.get(SOURCE_SETTING) or "") == KIOSK:
            granularity = self.definition.options.get("asinGranularity", "")
            if dict(query.query.arguments).get("aggregateBy") == "SKU" and granularity != "SKU":
                arguments = (("aggregateBy", str(granularity)),)
                query = replace(query, query=replace(query.query, arguments=arguments))
            self.definition = query

    @property
    def _is_of_kiosk(self) -> bool:
        return self.definition.layout.format is Format.JSON_LINES

    @override
    def request_records(self, request: ReportRequest) -> Iterator[Record]:
        """The records of one query.

        Raises:
            FieldsRefusedError: Amazon refuses some of the fields; the records come without them.
        """
        yield from super().request_records(request)
        if refused := self._is_of_kiosk and self.account.queue.left_out(self.definition):
            raise FieldsRefusedError(
                f"{request}: Amazon refuses the fields {', '.join(refused)}; the records come without "
                "them"
            )

    @override
    def _parsed(self, document: ReportDocument) -> Generator[Record]:
        if not self._is_of_kiosk:
            yield from super()._parsed(document)
            return
        path = self._list_in_rows
        rows = json_lines.nested_records(document, path) if path else None
        for record in json_lines.line_records(document) if rows is None else rows:
            yield self._named(record)

    @property
    def _list_in_rows(self) -> str:
        """The list in each row that has the records; none where rows are records."""
        return "" if self.entry.data_kiosk else self.records_path

    def _named(self, record: Record) -> Record:
        """The record with the names that its stream has."""
        for name, other in self._other_names:
            if name in record:
                record[other] = record.pop(name)
        if self.entry.data_kiosk:  # a report leaves out what there is nothing of
            for name in dict(self._other_names).values():
                if isinstance(value := record.get(name), dict):
                    record[name] = {each: of for each, of in value.items() if of is not None}
        return record

    @cached_property
    def _other_names(self) -> tuple[tuple[str, str], ...]:
        query = self.definition.query
        renamed = dict(query.renamed) if query else {}
        days = {name: other for name, other in DAYS.items() if other in self.columns}
        return tuple({**days, **renamed}.items())

    @override
    def place_of(self, record: Record, marketplace: Marketplace) -> Marketplace | None:
        """The marketplace, if the record is its own."""
        if not self._is_of_kiosk or record.get("marketplace_id") == marketplace.id:
            return marketplace
        return None

    @override
    def dated(
        self, record: Record, request: ReportRequest, covered: tuple[date, date] | None = None
    ) -> Record:
        """The record with the days that it is of: a query's rows say them, a report's do not."""
        if not self._is_of_kiosk:
            return super().dated(record, request, covered)
        if "date" in self.columns and "date" not in record:
            record["date"] = record.get("report_start_date")
        return record

    @override
    def _check_ready(
        self, document: ReportDocument, request: ReportRequest, shown: set[str]
    ) -> None:
        if not self._is_of_kiosk:
            super()._check_ready(document, request, shown)
            return
        if not self.aggregate or not self._list_in_rows:
            return
        lacking = json_lines.periods_without_rows(
            document, self.records_path, self.aggregate.path, self.aggregate.counts
        )
        days = sorted(
            str(line.get(self.aggregate.period))
            for line in lacking
            if line.get("marketplaceId") == request.marketplace.id
        )
        if days:
            raise ReportNotReadyError(
                f"{request}: {self.aggregate.path} of query {document.report_id} has figures of "
                f"{', '.join(days)} that {self.records_path} does not have yet"
            )
