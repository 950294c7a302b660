"""What all streams share: marketplaces as partitions, bookmarks per finished window, schema drift."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import msgspec
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
from tap_amazon_seller.account.tally import Read
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.output.messages import copied
from tap_amazon_seller.reports.definitions import Audience
from tap_amazon_seller.reports.rows.rejected import Origin
from tap_amazon_seller.streams.kinds.handover import OutputStream, OutputTap

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.mapper import StreamMap

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.account.selling_account import SellingAccount
    from tap_amazon_seller.reports.rows.rejected import RejectedItem


def _schema_folder() -> Path:
    """`schemas/` inside the installed package, or `schemas/streams/` of a checkout."""
    package = Path(__file__).parents[2]
    installed = package / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas" / "streams"


ALL_MARKETPLACES = "all"
"""In `sync_summary`: of a stream that is not split by marketplaces. Targets take no empty key."""

MOST_REJECTED_TOLD = 10
"""So many rejected items of a stream and marketplace have a line in the log."""
CULPRITS = frozenset({400, 404})
"""How Amazon refuses a call for one item in it (its models; selling-partner-api-models, issue 2894)."""
MOST_REFUSED = 40
"""So many items in a row that are refused one by one: then it is not about them."""


class _Schemas(SchemaDirectory):
    @override
    def fetch_schema(self, key: str) -> dict[str, Any]:
        """Read a file, in a third of the time of json: each start of the tap reads 80."""
        file = self.dir_path.joinpath(f"{key}.json")
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Any])


SCHEMAS = _Schemas(_schema_folder())
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

    @property
    @abstractmethod
    def passes_on_rejected(self) -> bool:
        """Whether rejected rows become records of `rejected_rows`."""

    @abstractmethod
    def after_rejected(self, move: Callable[[], None]) -> None:
        """Have a bookmark move once all rejected rows so far have been handed over."""

    @abstractmethod
    def move_bookmarks_after_rejected(self) -> None:
        """Move these bookmarks: all rejected rows have been handed over."""


class AmazonStream(OutputStream):
    """A stream of an account; its partitions are the account's marketplaces.

    Records are made to fit their schema where they are read, so the SDK need not conform them again.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    replication_key: str | None = None
    source: ClassVar[str] = ""
    """The API, beside a report, that the records come from: its name and version."""
    cost: ClassVar[str] = ""
    """What its calls bring, where they are no pages or reports of a usual size."""
    due_in: ClassVar[str] = "report"
    """What it leaves for later syncs, in the singular."""
    is_described: ClassVar[bool] = True
    """Whether the tap knows what it has; of others, a wide rule keeps buyers' data out."""
    is_personal: ClassVar[bool] = False
    """Whether the records are buyers' data, so that only `include_pii` lets them pass."""
    unproven: ClassVar[str] = ""
    """What a call that is answered does not prove, for `--test`."""
    records_so_far = 0
    """How many records this sync has read, of all partitions; asked from another thread."""
    _tap: AccountTap

    def __init__(self, tap: AccountTap) -> None:
        super().__init__(tap, schema=self.own_schema())
        self.logger.addFilter(_is_news)

    def own_schema(self) -> dict[str, Any]:
        """The JSON Schema of its records, from `schemas/streams/`."""
        return dict(copied(SCHEMAS.get_schema(self.name)))

    @property
    @override
    def stream_maps(self) -> list[StreamMap]:
        """Its maps; where it was deselected at first, they are made when it is read after all."""
        mapper = self._tap.mapper
        if self.name not in mapper.stream_maps:
            mapper.register_raw_stream_schema(self.name, self.effective_schema, self.primary_keys)
        return super().stream_maps

    @property
    def account(self) -> SellingAccount:
        """The account, with all reports of the sync under way."""
        return self._tap.account

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> datetime | None:
        """The machine's time, as the SDK has it, by the clock that all waits go by."""
        return self.account.machine.now() if self.is_timestamp_replication_key else None

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        """One partition per marketplace, known by its id."""
        return [{"marketplace_id": marketplace.id} for marketplace in self.account.marketplaces]

    @override
    def items_of(self, context: Context | None) -> Iterator[Any]:
        """The records of one marketplace, or of the account where a stream has no partitions.

        An item is one record, or an Arrow record batch with a record in each row.

        What cannot be obtained for want of permission, or because Amazon does not deliver it, is noted
        and left for the next sync; the other marketplaces and streams continue.
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
                f"'{self.role_for(error)}'",
            )
        except (AmazonError, ReportUnavailableError, UnavailableError) as error:
            self.leave_out(marketplace, str(error))
        except MemoryError:  # Arrow's is one as well
            self.leave_out(marketplace, "there was not enough memory for it; give the tap more")

    def counted(self, marketplace: Marketplace | None) -> Iterator[Any]:
        """The records of a partition; what has been read is noted for `sync_summary`."""
        place = marketplace.id if marketplace else ALL_MARKETPLACES
        count, complete = 0, False
        before = self.records_so_far
        try:
            for item in self.records_of(marketplace):
                count += 1 if isinstance(item, dict) else item.num_rows
                self.records_so_far = before + count
                yield item
            complete = self._place(marketplace) not in self.account.tally.incomplete
        finally:
            rejected, held_back = self.account.tally.rejected_of(self.name, place)
            passed_over = self.account.tally.passed_over_of(self.name, place)
            holes = self.holes_in(place)
            read = Read(count, complete, rejected, held_back, passed_over, holes)
            self.account.tally.note_read(self.name, place, read)

    def holes_in(self, place: str) -> int:  # noqa: ARG002
        """How many windows before the bookmark Amazon says to be unavailable."""
        return 0

    def check_installation(self) -> None:
        """Refuse a sync where something is not installed that the stream needs."""

    @property
    def role(self) -> str:
        """The SP-API role that the stream's data needs."""
        raise NotImplementedError

    @property
    def keeps_bookmarks_by_marketplace(self) -> bool:
        """Whether the state has a bookmark for each marketplace, rather than one or none."""
        return self.replication_key is not None

    @property
    def audience(self) -> Audience:
        """Whom Amazon has its data for."""
        return Audience.ALL

    def role_for(self, error: PermissionDeniedError) -> str:  # noqa: ARG002
        """The role that a refusal is about."""
        return self.role

    @property
    def is_withheld(self) -> bool:
        """Whether the records are personal and the settings do not request such data."""
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

    def reject_item(
        self,
        item: RejectedItem,
        marketplace: Marketplace | None,
        source: str,
        report_id: str = "",
        *,
        is_told: bool = True,
    ) -> None:
        """Pass on an item that cannot become a record as one of `rejected_rows`, and count it.

        Args:
            item: The item, and why.
            marketplace: Of the partition that is read.
            source: Amazon's name of the operation or report type.
            report_id: Amazon's id of the report.
            is_told: Whether it has a line in the log; else its stream says it of all together.
        """
        place = marketplace.id if marketplace else ALL_MARKETPLACES
        if (place, item.text) in self._rejected:  # two windows, or an answer, may bring it twice
            return
        self._rejected.add((place, item.text))
        origin = Origin(source, report_id, place, self.readers, self.has_buyers_data)
        self.account.rejected.add_item(item, origin)
        self.account.tally.note_rejected(self.name, place, 1, 0)
        count = self.account.tally.rejected_of(self.name, place)[0]
        if not is_told or count > MOST_REJECTED_TOLD:
            return
        where = "in rejected_rows" if self._tap.passes_on_rejected else "gone"
        self.logger.warning(
            "%s: item %s%s cannot become a record (%s); it is %s.%s",
            source, item.id or "without an id", f" of {marketplace.country}" if marketplace else "",
            item.reason, where,
            " Further ones are only counted." if count == MOST_REJECTED_TOLD else "",
        )  # fmt: skip

    @cached_property
    def _rejected(self) -> set[tuple[str, str]]:
        return set()

    @property
    def readers(self) -> list[str]:
        """The names of the selected streams that read what this one reads."""
        return [self.name]

    @property
    def has_buyers_data(self) -> bool:
        """Whether what Amazon gives has buyers' data that the settings do not request."""
        return self.is_withheld

    def leave_out(self, marketplace: Marketplace | None, reason: str) -> None:
        """Warn that the stream is incomplete, and remember it."""
        place = self._place(marketplace)
        self.logger.warning("%s: %s.", place, reason.removesuffix("."))
        self.account.tally.note_incomplete(place)

    def _place(self, marketplace: Marketplace | None) -> str:
        where = f" for {marketplace.country}" if marketplace else ""
        return f"Stream {self.name} is incomplete{where}"

    def announce(self, properties: Mapping[str, Any], source: str) -> None:
        """Pass on properties that the schema lacks: a new SCHEMA message.

        Amazon added them since the schema was written, or they are a custom report's own. Not where the
        catalog deselects properties: it could not know of these.
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
        names = ", ".join(added)
        fate = (
            "left out, because the catalog selects single properties" if deselects else "passed on"
        )
        if self.is_described:
            self.logger.warning(
                "%s has properties that are new to this tap: %s; they are %s.", source, names, fate
            )
        else:
            self.logger.info("%s has the properties %s; they are %s.", source, names, fate)
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
        """All up to an instant has been read: hand it over, and have the next sync start there."""
        if self.replication_method == REPLICATION_INCREMENTAL:
            self.once_handed_over(marketplace, partial(self.put_bookmark, marketplace, end))

    def once_handed_over(self, marketplace: Marketplace | None, change: Callable[[], None]) -> None:
        """Hand over all that has been read of a partition, then change its state, and send it.

        Where rows were rejected, that is once they are handed over, too, at the end of the sync. The
        state changes last: it is sent even after a failure.
        """
        place = marketplace.id if marketplace else ALL_MARKETPLACES
        if self._tap.passes_on_rejected and self.account.tally.rejected_of(self.name, place)[0]:
            self._tap.after_rejected(partial(self._change_state, change))
            return
        self._change_state(change)

    def _change_state(self, change: Callable[[], None]) -> None:
        self._tap.message_writer.hand_over()
        change()
        self.state_manager.is_flushed = False
        self._write_state_message()

    def put_bookmark(self, marketplace: Marketplace | None, end: datetime) -> None:
        """Have the state of a partition say until when it has been synced.

        No bookmark lies in the future: what is still to happen has not been read.
        """
        if self.replication_method != REPLICATION_INCREMENTAL:
            return
        state = self.partition_state(marketplace)
        state["replication_key"] = self.replication_key
        state["replication_key_value"] = min(end, self.account.now()).isoformat()

    @override
    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Bookmarks are ends of windows, not values of records: see `move_bookmark`."""
