"""What all streams share: marketplaces as partitions, bookmarks per finished window, schema drift."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.schema.source import SchemaDirectory
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from typing_extensions import override

from amazon_selling_partner import (
    AmazonError,
    PermissionDeniedError,
    UnavailableError,
    marketplaces,
)
from tap_amazon_seller.account import Read, ReportNeed
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.errors import ReportCancelledError, ReportUnavailableError
from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.machine.prefetch import ahead
from tap_amazon_seller.reports.definitions import Format
from tap_amazon_seller.reports.requests.cancellations import Silence, cancelled
from tap_amazon_seller.reports.rows import json_xml
from tap_amazon_seller.reports.rows.flat_file import FlatFile
from tap_amazon_seller.streams.kinds.handover import OutputStream, OutputTap

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, timedelta

    from singer_sdk.helpers.types import Context, Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.account import SellingAccount
    from tap_amazon_seller.reports.definitions import ReportDefinition
    from tap_amazon_seller.reports.requests.windows import ReportRequest
    from tap_amazon_seller.reports.text.document import ReportDocument


def _schema_folder() -> Path:
    """`schemas/` inside the installed package, or `schemas/streams/` of a checkout."""
    package = Path(__file__).parents[2]
    installed = package / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas" / "streams"


ALL_MARKETPLACES = "all"
"""In `sync_summary`: of a stream that is not split by marketplaces. Targets take no empty key."""
CANCELLED = "cancelled"
"""In the state of a partition: what Amazon cancels there (see `cancellations`)."""

SCHEMAS = SchemaDirectory(_schema_folder())
TEXT = {"type": ["string", "null"]}
ANY_TYPE = {"type": ["string", "number", "boolean", "object", "array", "null"]}


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a log line says more than the sentence that the command ends with."""
    return not record.getMessage().startswith("An unhandled error occurred while syncing")


class AccountTap(OutputTap, ABC):
    """A tap whose streams belong to one selling account."""

    @property
    @abstractmethod
    def account(self) -> SellingAccount:
        """The account; all reports of the sync are under way."""


class AmazonStream(OutputStream):
    """A stream of an account; its partitions are the account's marketplaces.

    Records are made to fit their schema where they are read, so the SDK need not conform them again.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    replication_key: str | None = None
    source: ClassVar[str] = ""
    """The API, beside a report, that the records come from: its name and version."""
    is_personal: ClassVar[bool] = False
    """Whether the records are buyers' data, so that only `include_pii` lets them pass."""
    _tap: AccountTap

    def __init__(self, tap: AccountTap) -> None:
        super().__init__(tap, schema=self.own_schema())
        self.logger.addFilter(_is_news)

    def own_schema(self) -> dict[str, Any]:
        """The JSON Schema of its records, from `schemas/streams/`."""
        return copy.deepcopy(SCHEMAS.get_schema(self.name))

    @property
    def account(self) -> SellingAccount:
        """The account, with all reports of the sync under way."""
        return self._tap.account

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        """One partition per marketplace, known by its id."""
        return [{"marketplace_id": marketplace.id} for marketplace in self.account.marketplaces]

    @override
    def items_of(self, context: Context | None) -> Iterator[Any]:
        """The records of one marketplace, or of the account where a stream has no partitions.

        An item is one record, or an Arrow record batch with a record in each row.

        What cannot be had for want of permission, or because Amazon does not deliver it, is noted and
        left for the next sync; the other marketplaces and streams go on.
        """
        marketplace = marketplaces.BY_ID[context["marketplace_id"]] if context else None
        if self.is_withheld:
            self._tell_withheld()
            return
        try:
            yield from self.counted(marketplace)
        except PermissionDeniedError as error:
            self.leave_out(
                marketplace,
                f"the application may not use {error.operation} here; it needs the role "
                f"'{self.role}'",
            )
        except (AmazonError, ReportUnavailableError, UnavailableError) as error:
            self.leave_out(marketplace, str(error))

    def counted(self, marketplace: Marketplace | None) -> Iterator[Any]:
        """The records of a partition; what has been read is noted for `sync_summary`."""
        place = marketplace.id if marketplace else ALL_MARKETPLACES
        count, complete = 0, False
        try:
            for item in self.records_of(marketplace):
                count += 1 if isinstance(item, dict) else item.num_rows
                yield item
            complete = self._place(marketplace) not in self.account.incomplete
        finally:
            self.account.note_read(self.name, place, Read(count, complete))

    @property
    def role(self) -> str:
        """The SP-API role that the stream's data needs."""
        raise NotImplementedError

    @property
    def is_withheld(self) -> bool:
        """Whether the records are personal and the settings do not ask for such data."""
        return self.is_personal and not Settings.from_config(self.config).include_pii

    def _tell_withheld(self) -> None:
        """Say once why there are no records."""
        if not self._told:
            self._told = True
            self.logger.warning(
                "Stream %s holds buyers' personal data, so it yields nothing unless 'include_pii' is "
                "set.",
                self.name,
            )

    _told = False

    def records_of(self, marketplace: Marketplace | None) -> Iterable[Any]:
        """The records of a partition; properties that the schema lacks are dropped later."""
        assert marketplace is not None  # noqa: S101 - only streams without partitions have none
        return self.marketplace_records(marketplace)

    def marketplace_records(self, marketplace: Marketplace) -> Iterable[Record]:
        """The records of one marketplace."""
        raise NotImplementedError

    def leave_out(self, marketplace: Marketplace | None, reason: str) -> None:
        """Warn that the stream is incomplete, and remember it."""
        place = self._place(marketplace)
        self.logger.warning("%s: %s.", place, reason.removesuffix("."))
        self.account.note_incomplete(place)

    def _place(self, marketplace: Marketplace | None) -> str:
        where = f" for {marketplace.country}" if marketplace else ""
        return f"Stream {self.name} is incomplete{where}"

    def announce(self, properties: Mapping[str, Any], source: str) -> None:
        """Pass on properties that Amazon added since the schema was written: a new SCHEMA message.

        Not where the catalog deselects properties: it could not know of these.
        """
        schema = self.effective_schema
        added = {
            name: property_schema
            for name, property_schema in properties.items()
            if name not in schema["properties"] and name not in self._left_out
        }
        if not added:
            return
        deselects = not all(self.mask["properties", name] for name in schema["properties"])
        self.logger.warning(
            "%s has properties that are new to this tap: %s; they are %s.",
            source,
            ", ".join(added),
            "left out, because the catalog selects single properties" if deselects else "passed on",
        )
        if deselects:
            self._left_out.update(added)
            return
        schema["properties"].update(added)
        self._tap.mapper.register_raw_stream_schema(self.name, schema, self.primary_keys)
        self._stream_maps = None
        self._write_schema_message()

    @cached_property
    def _left_out(self) -> set[str]:
        return set()

    def bookmark_of(self, marketplace: Marketplace | None) -> datetime | None:
        """Until when a partition, or the stream, has been synced."""
        if self.replication_method != REPLICATION_INCREMENTAL:
            return None
        value = self.partition_state(marketplace).get("replication_key_value")
        return parse_instant(value) if value else None

    def partition_state(self, marketplace: Marketplace | None) -> dict[str, Any]:
        """The state of a partition, or of a stream without partitions; changes are kept."""
        context = {"marketplace_id": marketplace.id} if marketplace else None
        return cast("dict[str, Any]", self.get_context_state(context))

    def move_bookmark(self, marketplace: Marketplace | None, end: datetime) -> None:
        """All up to an instant has been read: hand it over, and have the next sync start there.

        The state changes last: it is sent even after a failure.
        """
        if self.replication_method != REPLICATION_INCREMENTAL:
            return
        self._tap.message_writer.hand_over()
        state = self.partition_state(marketplace)
        state["replication_key"] = self.replication_key
        state["replication_key_value"] = end.isoformat()
        self.state_manager.is_flushed = False
        self._write_state_message()

    @override
    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Bookmarks are ends of windows, not values of records: see `move_bookmark`."""


class ReportStream(AmazonStream):
    """A stream fed by reports of one type."""

    definition: ClassVar[ReportDefinition]
    required_columns: ClassVar[tuple[str, ...]]
    """Columns that every file of the report type has."""
    records_path: ClassVar[str] = ""
    """Where the records are in a JSON or XML document."""

    @property
    @override
    def role(self) -> str:
        """The role that the report type needs."""
        return self.definition.access.role

    @property
    def is_columnar(self) -> bool:
        """Whether the records of a large flat file can be made in columns, by `file_batches`."""
        return False

    @property
    def columns(self) -> dict[str, Any]:
        """JSON Schemas of the report's known columns, by canonical name."""
        return dict(self.schema["properties"])

    def need(self) -> ReportNeed:
        """What the stream needs of its report type, from the state."""
        bookmarks: dict[str, datetime] = {}
        silent: set[str] = set()
        for partition in self.stream_state.get("partitions", []):
            marketplace_id = partition["context"]["marketplace_id"]
            if Silence.from_state(partition.get(CANCELLED)):
                silent.add(marketplace_id)
            value = partition.get("replication_key_value")
            if (
                self.replication_method == REPLICATION_INCREMENTAL
                and value
                and (bookmark := parse_instant(value))
            ):
                bookmarks[marketplace_id] = bookmark
        return ReportNeed(self.definition, bookmarks, self.overlap, silent)

    @property
    def overlap(self) -> timedelta:
        """How far a sync reaches back behind its bookmark."""
        own = Settings.from_config(self.config).lookback.get(self.name)
        return self.definition.window.overlap if own is None else own

    @override
    def marketplace_records(self, marketplace: Marketplace) -> Iterator[Record]:
        """The records of all planned reports; the bookmark moves after each window.

        When a window cannot be had, later ones are still read, but the bookmark stays before it,
        unless it has been cancelled for so long that it must be without data.
        """
        bookmark = self.bookmark_of(marketplace)
        state = self.partition_state(marketplace)
        now = self.account.now()
        whole = True  # everything so far has been read, or is without data
        silent = True  # nothing so far is missing but what Amazon has cancelled
        for request in self.account.requests(self.definition, marketplace):
            try:
                window = request.window
                if not (window and bookmark and window.end <= bookmark - self.overlap):
                    reached = end = window.end if window else None
                    try:
                        yield from self.request_records(request)
                        silent = whole
                        if whole:
                            state.pop(CANCELLED, None)
                    except ReportUnavailableError as error:
                        silent = silent and isinstance(error, ReportCancelledError)
                        if silent:
                            reached = self._without_data(marketplace, end, error, now)
                        else:
                            reached = None
                            if whole:
                                state.pop(CANCELLED, None)
                            self._leave_out_report(marketplace, end, error)
                    if whole:
                        if reached and not (bookmark and reached <= bookmark):
                            self.move_bookmark(marketplace, reached)
                        whole = reached == end
            finally:
                self.account.queue.release(request)

    def request_records(self, request: ReportRequest) -> Iterator[Record]:
        """The records of one report."""
        for document in self.account.queue.documents(request):
            if self.definition.layout.format in {Format.JSON, Format.XML}:
                yield from self.nested_records(document, request)
            else:
                yield from self.flat_records(document, request)

    def flat_records(self, document: ReportDocument, request: ReportRequest) -> Iterator[Record]:
        """The records of a flat file."""
        settings = self.account.settings
        writer = request.marketplace
        if self.definition.layout.month_first:
            writer = replace(writer, month_first=True)
        flat_file = FlatFile(
            document,
            self.columns,
            writer,
            required=self.required_columns,
            positions=self.definition.layout.positions,
            separator=self.definition.layout.format.value,
            include_pii=settings.include_pii,
            reject_path=settings.reject_path
            and settings.reject_path
            / f"{self.definition.report_type}_{request.marketplace.country}.tsv",
        )
        if self.is_columnar and flat_file.is_large:
            from tap_amazon_seller.reports.rows.batches import with_constants  # noqa: PLC0415

            constants = self.dated({}, request)
            for batch in self.file_batches(flat_file, request.marketplace):
                yield with_constants(batch, constants) if constants else batch
        else:
            for record in self.file_records(flat_file, request.marketplace):
                yield self.dated(record, request)
        flat_file.log_counts(str(request))
        if rejected := flat_file.counts.rejected:
            self.leave_out(request.marketplace, f"{rejected} rows were rejected (see above)")

    def nested_records(self, document: ReportDocument, request: ReportRequest) -> Iterator[Record]:
        """The records of a document in JSON or XML."""
        if self.definition.layout.format is Format.JSON:
            found = json_xml.json_records(document, self.records_path)
        else:
            left_out = () if self.account.settings.include_pii else self.definition.layout.personal
            found = json_xml.xml_records(
                document, self.records_path, self.definition.layout.lists, left_out
            )
        count = elsewhere = 0
        for record in found:
            if self.is_elsewhere(record, request.marketplace):
                elsewhere += 1
                continue
            count += 1
            new = record.keys() - self.columns.keys()
            if new:
                self.announce(dict.fromkeys(sorted(new), ANY_TYPE), self.definition.report_type)
            record["marketplace_id"] = request.marketplace.id
            dated = self.dated(record, request)
            for name in self.primary_keys:
                if dated.get(name) is None:  # JSON and XML leave out what is not there
                    dated[name] = ""
            yield dated
        self.logger.info(
            "%s: %d records emitted, %d of other marketplaces.", request, count, elsewhere
        )

    def is_elsewhere(self, record: Record, marketplace: Marketplace) -> bool:  # noqa: ARG002
        """Whether a record of a nested document belongs to another marketplace's report."""
        return False

    def dated(self, record: Record, request: ReportRequest) -> Record:  # noqa: ARG002
        """The record with the days that its report covers, where the stream has them."""
        return record

    def file_records(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Record]:
        """The records of one flat file: its rows, unless a stream makes more of them."""
        self.announce(dict.fromkeys(flat_file.new_names, TEXT), self.definition.report_type)
        for row in flat_file.rows():
            row["marketplace_id"] = marketplace.id
            for name in self.primary_keys:
                row[name] = row.get(name) or ""
            yield row

    def file_batches(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Any]:
        """The records of `file_records` as Arrow record batches, of a columnar stream."""
        from tap_amazon_seller.reports.rows import batches  # noqa: PLC0415 - needs Arrow

        self.announce(dict.fromkeys(flat_file.new_names, TEXT), self.definition.report_type)
        missing = [name for name in self.primary_keys if name not in flat_file.names]
        constants = {**dict.fromkeys(missing, ""), "marketplace_id": marketplace.id}
        keys = [name for name in self.primary_keys if name not in constants]
        for batch in ahead(batches.batches(flat_file)):
            yield batches.with_constants(batches.without_nulls(batch, keys), constants)

    def _without_data(
        self,
        marketplace: Marketplace,
        end: datetime | None,
        error: ReportUnavailableError,
        now: datetime,
    ) -> datetime | None:
        """Note that Amazon has cancelled the oldest report due; the end of the time without data."""
        state = self.partition_state(marketplace)
        silence, reached = cancelled(Silence.from_state(state.get(CANCELLED)), end, now)
        state[CANCELLED] = silence.to_state()
        if silence.is_long(now):
            self.logger.warning("%s; taken as a time without data.", error)
        else:
            self._leave_out_report(marketplace, end, error)
        return reached

    def _leave_out_report(
        self, marketplace: Marketplace, end: datetime | None, error: ReportUnavailableError
    ) -> None:
        """Go on without a window, but not without a snapshot."""
        if end is None:
            raise error
        self.leave_out(marketplace, str(error))
