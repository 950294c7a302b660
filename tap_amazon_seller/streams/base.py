"""What all streams share: marketplaces as partitions, bookmarks per finished window, schema drift."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream, Tap
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.schema.source import SchemaDirectory
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_amazon_seller import marketplaces
from tap_amazon_seller.account import ReportNeed
from tap_amazon_seller.errors import (
    AmazonError,
    PermissionDeniedError,
    ReportCancelledError,
    ReportUnavailableError,
    UnavailableError,
)
from tap_amazon_seller.reports.parser import FlatFile
from tap_amazon_seller.reports.silence import Silence, cancelled
from tap_amazon_seller.settings import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from singer_sdk.helpers.types import Context, Record

    from tap_amazon_seller.account import SellingAccount
    from tap_amazon_seller.marketplaces import Marketplace
    from tap_amazon_seller.reports.definitions import ReportDefinition
    from tap_amazon_seller.reports.planner import ReportRequest


def _schema_folder() -> Path:
    """`schemas/` inside the installed package, or `schemas/streams/` of a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas" / "streams"


CANCELLED = "cancelled"
"""In the state of a partition: what Amazon cancels there (see `silence`)."""

SCHEMAS = SchemaDirectory(_schema_folder())


class AccountTap(Tap, ABC):
    """A tap whose streams belong to one selling account."""

    @property
    @abstractmethod
    def account(self) -> SellingAccount:
        """The account; all reports of the sync are under way."""


class AmazonStream(Stream):
    """A stream of an account; its partitions are the account's marketplaces.

    Records are made to fit their schema where they are read, so the SDK need not conform them again.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    replication_key: str | None = None
    _tap: AccountTap

    def __init__(self, tap: AccountTap) -> None:
        super().__init__(tap, schema=copy.deepcopy(SCHEMAS.get_schema(self.name)))

    @property
    def account(self) -> SellingAccount:
        """The account, with all reports of the sync under way."""
        return self._tap.account

    @property
    def partitions(self) -> list[dict[str, Any]] | None:
        """One partition per marketplace, known by its id."""
        return [{"marketplace_id": marketplace.id} for marketplace in self.account.marketplaces]

    def get_records(self, context: Context | None) -> Iterator[Record]:
        """The records of one marketplace.

        What cannot be had for want of permission, or because Amazon does not deliver it, is noted and
        left for the next sync; the other marketplaces and streams go on.
        """
        assert context is not None  # noqa: S101 - there is always a partition
        marketplace = marketplaces.BY_ID[context["marketplace_id"]]
        known = self.effective_schema["properties"]  # grows when `announce` meets a new column
        try:
            for record in self.marketplace_records(marketplace):
                yield {name: value for name, value in record.items() if name in known}
        except PermissionDeniedError as error:
            self.leave_out(
                marketplace,
                f"the application may not use {error.operation} here; it needs the role "
                f"'{self.role}'",
            )
        except (AmazonError, ReportUnavailableError, UnavailableError) as error:
            self.leave_out(marketplace, str(error))

    @property
    def role(self) -> str:
        """The SP-API role that the stream's data needs."""
        raise NotImplementedError

    def marketplace_records(self, marketplace: Marketplace) -> Iterable[Record]:
        """The records of one marketplace; properties that the schema lacks are dropped later."""
        raise NotImplementedError

    def leave_out(self, marketplace: Marketplace, reason: str) -> None:
        """Warn that the stream is incomplete for a marketplace, and remember it."""
        place = f"Stream {self.name} is incomplete for {marketplace.country}"
        self.logger.warning("%s: %s.", place, reason.removesuffix("."))
        self.account.note_incomplete(place)

    def get_batch_config(self, config: Mapping[str, Any]) -> None:
        """No BATCH messages: the SDK's would write deselected properties, and state before data."""
        if config.get("batch_config"):
            self.logger.warning("Setting 'batch_config' is not supported; records are sent singly.")


class ReportStream(AmazonStream):
    """A stream fed by reports of one type."""

    definition: ClassVar[ReportDefinition]
    required_columns: ClassVar[tuple[str, ...]]
    """Columns that every file of the report type has."""

    @property
    def role(self) -> str:
        """The role that the report type needs."""
        return self.definition.role

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
        return ReportNeed(self.definition, bookmarks, silent)

    def marketplace_records(self, marketplace: Marketplace) -> Iterator[Record]:
        """The records of all planned reports; the bookmark moves after each window.

        When a window cannot be had, later ones are still read, but the bookmark stays before it,
        unless it has been cancelled for so long that it must be without data.
        """
        bookmark = self.need().bookmarks.get(marketplace.id)
        state = self.get_context_state({"marketplace_id": marketplace.id})
        now = self.account.now()
        whole = True  # everything so far has been read, or is without data
        silent = True  # nothing so far is missing but what Amazon has cancelled
        for request in self.account.requests(self.definition, marketplace):
            window = request.window
            if not (window and bookmark and window.end <= bookmark - self.definition.overlap):
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
                        self._bookmark(marketplace, reached)
                    whole = reached == end
            self.account.queue.release(request)

    def request_records(self, request: ReportRequest) -> Iterator[Record]:
        """The records of one report."""
        for document in self.account.queue.documents(request):
            settings = self.account.settings
            flat_file = FlatFile(
                document,
                self.columns,
                request.marketplace,
                required=self.required_columns,
                include_pii=settings.include_pii,
                reject_path=settings.reject_path
                and settings.reject_path
                / f"{self.definition.report_type}_{request.marketplace.country}.tsv",
            )
            yield from self.file_records(flat_file, request.marketplace)
            flat_file.log_counts(str(request))
            if rejected := flat_file.counts.rejected:
                self.leave_out(request.marketplace, f"{rejected} rows were rejected (see above)")

    def file_records(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Record]:
        """The records of one document: its rows, unless a stream makes more of them."""
        self.announce(flat_file.new_names)
        for row in flat_file.rows():
            row["marketplace_id"] = marketplace.id
            for name in self.primary_keys:
                row[name] = row.get(name) or ""
            yield row

    def announce(self, new_names: list[str]) -> None:
        """Pass on columns that Amazon added since the schema was written, with a new SCHEMA message.

        Not where the catalog deselects properties: it could not know of these.
        """
        schema = self.effective_schema
        added = [name for name in new_names if name not in schema["properties"]]
        if not added:
            return
        deselects = not all(self.mask["properties", name] for name in schema["properties"])
        self.logger.warning(
            "Amazon's %s has columns that are new to this tap: %s; they are %s.",
            self.definition.report_type,
            ", ".join(added),
            "left out, because the catalog selects single properties"
            if deselects
            else "passed on as text",
        )
        if deselects:
            return
        for name in added:
            schema["properties"][name] = {"type": ["string", "null"]}
        self._tap.mapper.register_raw_stream_schema(self.name, schema, self.primary_keys)
        self._stream_maps = None
        self._write_schema_message()

    def _without_data(
        self,
        marketplace: Marketplace,
        end: datetime | None,
        error: ReportUnavailableError,
        now: datetime,
    ) -> datetime | None:
        """Note that Amazon has cancelled the oldest report due; the end of the time without data."""
        state = self.get_context_state({"marketplace_id": marketplace.id})
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

    def _bookmark(self, marketplace: Marketplace, end: datetime) -> None:
        """All data up to here has been handed over: the next sync starts there."""
        if self.replication_method != REPLICATION_INCREMENTAL:
            return
        state = self.get_context_state({"marketplace_id": marketplace.id})
        state["replication_key"] = self.replication_key
        state["replication_key_value"] = end.isoformat()
        self.state_manager.is_flushed = False
        self._write_state_message()

    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Bookmarks are ends of windows, not values of records: see `_bookmark`."""
