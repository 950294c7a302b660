"""What all streams share: marketplaces as partitions, bookmarks per finished window, schema drift."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from datetime import timedelta
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


PATIENCE = timedelta(hours=24)
CANCELLED_SINCE = "cancelled_since"
"""In the state of a partition: since when Amazon cancels the oldest report that is due."""

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
        """What the stream needs of its report type, from the bookmarks in the state."""
        bookmarks: dict[str, datetime] = {}
        if self.replication_method == REPLICATION_INCREMENTAL:
            for partition in self.stream_state.get("partitions", []):
                value = partition.get("replication_key_value")
                if value and (bookmark := parse_instant(value)):
                    bookmarks[partition["context"]["marketplace_id"]] = bookmark
        return ReportNeed(self.definition, bookmarks)

    def marketplace_records(self, marketplace: Marketplace) -> Iterator[Record]:
        """The records of all planned reports; the bookmark moves after each window.

        When a window cannot be had, later ones are still read, but the bookmark stays before it.
        """
        bookmark = self.need().bookmarks.get(marketplace.id)
        whole = True
        for request in self.account.requests(self.definition, marketplace):
            window = request.window
            if not (window and bookmark and window.end <= bookmark - self.definition.overlap):
                data_seen = True
                try:
                    yield from self.request_records(request)
                except ReportUnavailableError as error:
                    if window is None:
                        raise
                    data_seen = False
                    if whole and self._has_no_data(marketplace, error):
                        self.logger.warning("%s; taken as a time without data.", error)
                    else:
                        whole = False
                        self.leave_out(marketplace, str(error))
                if (
                    window
                    and whole
                    and not (bookmark and window.end <= bookmark)
                    and self.replication_method == REPLICATION_INCREMENTAL
                ):
                    self._bookmark(marketplace, window.end, data_seen=data_seen)
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

    def _has_no_data(self, marketplace: Marketplace, error: ReportUnavailableError) -> bool:
        """Whether the oldest window due has been cancelled for so long that it must be without data.

        Amazon cancels for several reasons and tells none. The window is asked for in every sync, and
        only after `PATIENCE` of nothing but CANCELLED does the bookmark pass it.
        """
        if not isinstance(error, ReportCancelledError):
            return False
        state = self.get_context_state({"marketplace_id": marketplace.id})
        now = self.account.now()
        since = parse_instant(state.setdefault(CANCELLED_SINCE, now.isoformat())) or now
        return now - since >= PATIENCE

    def _bookmark(self, marketplace: Marketplace, end: datetime, *, data_seen: bool) -> None:
        """All of a window has been handed over: the next sync starts at its end."""
        state = self.get_context_state({"marketplace_id": marketplace.id})
        state["replication_key"] = self.replication_key
        state["replication_key_value"] = end.isoformat()
        if data_seen:
            state.pop(CANCELLED_SINCE, None)
        self.state_manager.is_flushed = False
        self._write_state_message()

    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Bookmarks are ends of windows, not values of records: see `_bookmark`."""
