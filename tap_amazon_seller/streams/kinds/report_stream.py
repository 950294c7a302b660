"""Streams that are read from reports: their documents become records."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_amazon_seller.errors import ReportNotReadyError
from tap_amazon_seller.reports.definitions import Format
from tap_amazon_seller.reports.rows import json_xml
from tap_amazon_seller.reports.rows.batches import (
    first_and_last,
    with_called,
    with_constants,
    with_keys,
)
from tap_amazon_seller.reports.rows.cells import EMPTY_KEY
from tap_amazon_seller.reports.rows.dates_seen import DatesSeen
from tap_amazon_seller.reports.rows.flat_file import FlatFile
from tap_amazon_seller.reports.rows.header import Expected
from tap_amazon_seller.reports.rows.keys import Keys
from tap_amazon_seller.reports.rows.personal import LeftOut
from tap_amazon_seller.reports.rows.rejected import Origin, RejectedItem, RejectFile
from tap_amazon_seller.reports.text.headers import snake_case
from tap_amazon_seller.streams.kinds.amazon_stream import ANY_TYPE, TEXT
from tap_amazon_seller.streams.kinds.conform import Conformer, UnfitError
from tap_amazon_seller.streams.kinds.planned_stream import PlannedStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from datetime import date

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.definitions import Aggregate, Audience
    from tap_amazon_seller.reports.requests.windows import ReportRequest
    from tap_amazon_seller.reports.rows.rejected import RejectedRow
    from tap_amazon_seller.reports.text.document import ReportDocument

LINE_NUMBER = "line_number"
"""Counts the rows that share all other keys."""
REPORT_DAYS = frozenset({"report_start_date", "report_end_date"})
"""Properties with the days that a report covers, which no row has."""


class ReportStream(PlannedStream):
    """A stream fed by reports of one type."""

    required_columns: ClassVar[tuple[str, ...]]
    """What identifies a row, and the figures that the stream is read for; no file is without them."""
    expected_columns: ClassVar[tuple[str, ...]] = ()
    """Columns, beside the keys, whose lack is worth a warning."""
    called: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Properties that have the first text of some columns (see `ReportStreamDefinition`)."""
    records_path: ClassVar[str] = ""
    """Where the records are in a JSON or XML document."""
    aggregate: ClassVar[Aggregate | None] = None
    """The list of a JSON document that sums up the records, where there is one."""

    @property
    @override
    def role(self) -> str:
        """The role that the report type needs."""
        return self.definition.access.role

    @property
    @override
    def audience(self) -> Audience:
        """Whom Amazon has the report type for."""
        return self.definition.audience

    @property
    def row_keys(self) -> tuple[str, ...]:
        """Columns of a flat file that must have a value in each row."""
        return self._date_keys

    @property
    def columns(self) -> dict[str, Any]:
        """JSON Schemas of the report's known columns, by canonical name."""
        return dict(self.schema["properties"])

    @override
    def request_records(self, request: ReportRequest) -> Iterator[Record]:
        """The records of one report."""
        for document in self.account.queue.documents(request):
            if self.definition.layout.format.is_nested:
                yield from self.nested_records(document, request)
            else:
                yield from self.flat_records(document, request)

    def flat_records(self, document: ReportDocument, request: ReportRequest) -> Iterator[Any]:
        """The records of a flat file, as Arrow record batches."""
        settings = self.account.settings
        writer = request.marketplace
        if self.definition.layout.month_first:
            writer = replace(writer, month_first=True)
        expected = Expected(
            self.columns,
            writer,
            required=self.required_columns,
            keys=self.row_keys,
            positions=self.definition.layout.positions,
            separator=self.definition.layout.format.value,
            include_pii=settings.include_pii,
            is_described=self.is_described,
        )
        file = self._reject_file(request)

        def reject(row: RejectedRow) -> None:
            if self.account.rejected.add(row, origin) and file:
                file.add(row)

        flat_file = FlatFile(document, expected, reject, machine=self.account.machine)
        origin = self._origin(flat_file, request)
        yield from self._dated_batches(flat_file, request)
        self._report_counts(flat_file, request)

    def _dated_batches(self, flat_file: FlatFile, request: ReportRequest) -> Iterator[Any]:
        """The records of a flat file, with what the request says of them."""
        seen = DatesSeen()
        date = self._date_of_window if self._date_of_window in flat_file.header.names else None
        constants = self.dated({}, request) | dict(flat_file.header.dated)
        for batch in self.file_batches(flat_file, request.marketplace):
            if not batch.num_rows:
                continue
            if date:
                seen.add(*first_and_last(batch.column(date)))
            yield with_constants(batch, constants) if constants else batch
        flat_file.log_counts(str(request))
        if request.window and seen.outside(request.window, self.account.now()):
            self.logger.warning(
                "%s: %s is from %s to %s, not of the time that was requested; the rows are passed on.",
                request, date, seen.first, seen.last,
            )  # fmt: skip

    def _reject_file(self, request: ReportRequest) -> RejectFile | None:
        """The file of the setting `reject_path` for this stream's report type and a marketplace."""
        folder = self.account.settings.reject_path
        name = f"{self.definition.report_type}_{request.marketplace.country}.tsv"
        return RejectFile(folder / name) if folder else None

    def _origin(self, flat_file: FlatFile, request: ReportRequest) -> Origin:
        """Where rejected rows of a file come from."""
        readers = [
            stream.name
            for stream in self._tap.streams.values()
            if isinstance(stream, ReportStream)
            and stream.definition == self.definition
            and stream.selected
        ]
        is_personal = (
            self.is_personal
            or self.definition.access.is_restricted
            or bool(flat_file.header.left_out)
        )
        return Origin(
            self.definition.report_type,
            flat_file.document.report_id,
            request.marketplace.id,
            readers or [self.name],
            has_buyers_data=is_personal and not self.account.settings.include_pii,
        )

    def _report_counts(self, flat_file: FlatFile, request: ReportRequest) -> None:
        """Note for `sync_summary` what was rejected or cannot be relied on."""
        counts = flat_file.counts
        self.account.tally.note_rejected(
            self.name, request.marketplace.id, counts.rejected, counts.held_back
        )
        if counts.rejected and not self._tap.passes_on_rejected:
            self.logger.warning(
                "%s: rejected rows are gone (%d): the stream rejected_rows is not selected.",
                request, counts.rejected,
            )  # fmt: skip
        if columns := counts.unreliable_columns:
            self.leave_out(
                request.marketplace,
                f"{', '.join(columns)} cannot be read in more than 1 % of the rows of report "
                f"{flat_file.document.report_id}",
            )

    def nested_records(self, document: ReportDocument, request: ReportRequest) -> Iterator[Record]:
        """The records of a document in JSON or XML."""

        def announce(names: list[str]) -> None:
            self.announce(dict.fromkeys(names, ANY_TYPE), self.definition.report_type)

        found = json_xml.announced(lambda: self._parsed(document), self.columns, announce)
        count = elsewhere = 0
        period = snake_case(self.aggregate.period) if self.aggregate else ""
        shown: set[str] = set()
        keys = Keys(self._identifying)
        covered = self.days_covered(document, request)
        for record in found:
            shown.add(str(record.get(period) or ""))
            place = self.place_of(record, request.marketplace)
            if place is None:
                elsewhere += 1
                continue
            record["marketplace_id"] = place.id
            try:
                keyed = self._keyed(self.dated(record, request, covered), keys)
            except UnfitError as error:
                item = RejectedItem(record, str(error))
                self.reject_item(item, place, self.definition.report_type, document.report_id)
                continue
            count += 1
            yield keyed
        self.logger.debug(
            "%s: %d records emitted, %d of other marketplaces.", request, count, elsewhere
        )
        if sharing := keys.sharing:
            self.logger.warning(
                "%s: %d records of report %s share their keys with others; targets keep the last one.",
                request, sharing, document.report_id,
            )  # fmt: skip
        self._check_ready(document, request, shown)
        self.check_days(covered, document, request)

    def _keyed(self, record: Record, keys: Keys) -> Record:
        """The record in the types of its schema, with all its keys; those that share them are numbered.

        Raises:
            UnfitError: A value is of another form, or a date is missing that identifies it.
        """
        for name in self._identifying:
            if record.get(name) in {None, ""}:  # JSON and XML leave out what is not there
                record[name] = EMPTY_KEY
        if self.definition.layout.format is not Format.XML:
            record = self._conform(record)
        if LINE_NUMBER in self.primary_keys:
            record[LINE_NUMBER] = keys.number_of(record)
        else:
            keys.add(record)
        return record

    @cached_property
    def _identifying(self) -> tuple[str, ...]:
        return tuple(name for name in self.primary_keys if name != LINE_NUMBER)

    @cached_property
    def _conform(self) -> Conformer:
        return Conformer(self.own_schema()["properties"], self._identifying)

    @property
    @override
    def has_buyers_data(self) -> bool:
        """Whether documents may have buyers' data that the settings do not request."""
        may = self.is_personal or self.definition.access.is_restricted or not self.is_described
        return may and not self.account.settings.include_pii

    def _check_ready(
        self, document: ReportDocument, request: ReportRequest, shown: set[str]
    ) -> None:
        """Raise where the document's aggregate has counted something in periods that are not shown.

        Raises:
            ReportNotReadyError: So it is: Amazon fills its lists at different times.
        """
        if not self.aggregate or (shown and not self.aggregate.period):
            return
        if lacking := json_xml.periods_counted(document, self.aggregate) - shown:
            days = f" of {', '.join(sorted(lacking))}" if self.aggregate.period else ""
            raise ReportNotReadyError(
                f"{request}: {self.aggregate.path} of report {document.report_id} has figures{days} "
                f"that {self.records_path} does not have yet"
            )

    def _parsed(self, document: ReportDocument) -> Generator[Record]:
        """The objects or elements of a document that are records; buyers' data only if wanted."""
        layout, include_pii = self.definition.layout, self.account.settings.include_pii
        if layout.format is Format.JSON:
            found = json_xml.json_records(document, self.records_path)
        else:
            personal = () if include_pii else layout.personal
            found = json_xml.xml_records(document, self.records_path, layout.lists, personal)
        if self.is_described or include_pii:
            yield from found
            return
        left_out = LeftOut()
        for record in found:
            left_out.without(record)
            self._tell_left_out(left_out.names)
            yield record

    def place_of(self, record: Record, marketplace: Marketplace) -> Marketplace | None:  # noqa: ARG002
        """The marketplace of a record of such a document; None where it comes with another's."""
        return marketplace

    def dated(
        self,
        record: Record,
        request: ReportRequest,  # noqa: ARG002
        covered: tuple[date, date] | None = None,  # noqa: ARG002
    ) -> Record:
        """The record with the days that its report covers, where the stream has them."""
        return record

    def days_covered(
        self,
        document: ReportDocument,  # noqa: ARG002
        request: ReportRequest,  # noqa: ARG002
    ) -> tuple[date, date] | None:
        """The days that a document says it is of, where that matters."""
        return None

    def check_days(
        self, covered: tuple[date, date] | None, document: ReportDocument, request: ReportRequest
    ) -> None:
        """Refuse a document of other days than those requested, once its records are out."""

    def file_batches(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Any]:
        """The records of one flat file as Arrow record batches: its rows, with their keys."""
        self.describe(flat_file)
        names = (*flat_file.header.names, *self.called)
        missing = [name for name in self._text_keys if name not in names]
        constants = {**dict.fromkeys(missing, EMPTY_KEY), "marketplace_id": marketplace.id}
        keys = [name for name in self._text_keys if name not in constants]
        for found in flat_file.batches_ahead():
            batch = with_called(found, self.called)
            yield with_constants(with_keys(batch, keys), constants)

    def describe(self, flat_file: FlatFile) -> None:
        """Pass on columns that are new, and report those that are not there, once.

        Files of other ages and marketplaces have other columns; that a key is missing, or a column that
        streams are read for, is worth a warning.
        """
        found = {*flat_file.header.names, *self.called}
        lacking = [name for name in self._known_columns if name not in found]
        if new := [name for name in lacking if name not in self._told_lacking]:
            self._told_lacking.update(new)
            matters = {*self._text_keys, *self.expected_columns} & {*new}
            self.logger.log(
                logging.WARNING if matters else logging.DEBUG,
                "Document %s of %s has no column %s; its records have nothing there.",
                flat_file.document.document_id,
                self.definition.report_type,
                ", ".join(new),
            )
        if not self.is_described:
            self._tell_left_out(flat_file.header.left_out)
        new = [*flat_file.header.new_names, *flat_file.header.dated]
        self.announce(dict.fromkeys(new, TEXT), self.definition.report_type)

    def _tell_left_out(self, names: Iterable[str]) -> None:
        """Say once of each property that it is left out, for its name."""
        if new := [name for name in names if name not in self._told_left_out]:
            self._told_left_out.update(new)
            self.logger.warning(
                "%s leaves out what is named like buyers' data: %s ('include_pii' passes it on).",
                self.definition.report_type,
                ", ".join(new),
            )

    @cached_property
    def _told_left_out(self) -> set[str]:
        return set()

    @cached_property
    def _told_lacking(self) -> set[str]:
        return set()

    @cached_property
    def _known_columns(self) -> list[str]:
        """The columns that the stream expects in a file: keys, and what its schema has of the report."""
        return [
            name
            for name, schema in self.columns.items()
            if name not in {"marketplace_id", LINE_NUMBER, *REPORT_DAYS, *self.called}
            and not schema.get("description", "").startswith("Derived")
        ]

    @cached_property
    def _date_of_window(self) -> str | None:
        """The column with the dates that are requested, where it is a date."""
        name = None if self.definition.is_scheduled else self.replication_key
        return name if name and "format" in self.schema["properties"].get(name, {}) else None

    @cached_property
    def _text_keys(self) -> tuple[str, ...]:
        """The keys, beside the marketplace, in which a word may stand for an empty cell."""
        others = {"marketplace_id", LINE_NUMBER, *self._date_keys}
        return tuple(name for name in self.primary_keys if name not in others)

    @cached_property
    def _date_keys(self) -> tuple[str, ...]:
        """The keys that are dates of the file: without them a row cannot become a record."""
        properties = self.schema["properties"]
        return tuple(
            name
            for name in self.primary_keys
            if "format" in properties.get(name, {}) and name not in REPORT_DAYS
        )
