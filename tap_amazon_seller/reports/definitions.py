"""What a report type is: data, no code. The report types themselves are in `streams/`.

Sources of windows, retention and cool-downs: Amazon's "Report type values" pages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


OF_MARKETPLACE = "currency of the marketplace"
"""Stands in `options` for the currency code of the marketplace asked for."""
ID_OF_MARKETPLACE = "id of the marketplace"
"""Stands in `options` for Amazon's id of the marketplace asked for."""


class Format(Enum):
    """How a document is written."""

    TABS = "\t"
    COMMAS = ","
    JSON = "json"
    XML = "xml"


class Span(Enum):
    """What Amazon sums up: windows begin and end where a span does, and cover finished spans alone."""

    INSTANT = auto()
    """Single events; windows may begin and end at any second."""
    HOUR = auto()
    """Whole hours; a window ends where the next begins."""
    DAY = auto()
    WEEK = auto()
    """From Sunday to Saturday."""
    MONTH = auto()


BUYERS_ELEMENTS = (
    "BuyerName", "BuyerEmail", "BuyerEmailAddress", "BuyerPhoneNumber", "Name",
    "AddressFieldOne", "AddressFieldTwo", "AddressFieldThree", "PhoneNumber", "GiftMessageText",
)  # fmt: skip
"""XML elements with buyers' data."""


@dataclass(frozen=True, slots=True)
class ReportDefinition:
    """What Amazon allows for one report type.

    Attributes:
        report_type: Amazon's name.
        role: The SP-API role that the application needs for it.
        max_window: The longest window one report may cover; None for a snapshot, which has no window.
        overlap: How far a window reaches back behind the bookmark, because Amazon delivers late or
            revises what it delivered; `lookback_days` changes it.
        retention: How far back Amazon has data.
        max_age: How old an existing report may be to be used in place of a new one. For FBA reports
            this is the cool-down in which asking again ends FATAL or CANCELLED.
        options: reportOptions sent with each request.
        format: How its documents are written.
        lists: XML elements that are lists even where there is one.
        personal: XML elements with buyers' data, left out unless `include_pii` is set.
        span: What Amazon sums up.
        zone: Whose midnight begins a span: a time zone, or None for the marketplace's.
        delay: How long after a span its data are there.
        is_scheduled: Whether Amazon makes the report by itself, so that it is found, not asked for.
        is_rationed: Whether Amazon refuses to report the same time again within `max_age`, as it does
            for FBA reports; snapshots with a `max_age` always are.
        is_restricted: Whether its documents need a restricted data token, as buyers' data do.
        regions: Where the report exists; everywhere if none is named.
        reach: How far back the time asked for must begin, of a snapshot for which Amazon wants one.
        month_first: Whether its dates with slashes begin with the month, whatever the marketplace.
        positions: The columns in their order, of a report whose headers are in languages that are not
            known.
        groups_by: The first column, where rows that have the same belong together.
    """

    report_type: str
    role: str
    max_window: timedelta | None = None
    overlap: timedelta = timedelta(0)
    retention: timedelta | None = None
    max_age: timedelta = timedelta(0)
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    format: Format = Format.TABS
    lists: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    span: Span = Span.INSTANT
    zone: str | None = "UTC"
    delay: timedelta = timedelta(0)
    is_scheduled: bool = False
    is_rationed: bool = False
    is_restricted: bool = False
    regions: tuple[str, ...] = ()
    reach: timedelta = timedelta(0)
    month_first: bool = False
    positions: tuple[str, ...] = ()
    groups_by: str = ""

    @property
    def is_snapshot(self) -> bool:
        """Whether the report tells how things stand now, rather than what happened in a window."""
        return self.max_window is None and not self.is_scheduled

    @property
    def has_cool_down(self) -> bool:
        """Whether Amazon refuses (CANCELLED or FATAL) to make the report again so soon."""
        return bool(self.max_age) and (self.is_snapshot or self.is_rationed)

    def exists_in(self, region: str) -> bool:
        """Whether Amazon makes the report for marketplaces of a region."""
        return not self.regions or region in self.regions


@dataclass(frozen=True, slots=True)
class ReportStreamDefinition:
    """A stream that passes on the rows of one report type as they are.

    Attributes:
        name: The stream's name, and that of its schema in `schemas/streams/`.
        about: One sentence for the README.
        report: Its report type.
        keys: The properties that, beside `marketplace_id`, identify a record.
        is_numbered: Whether rows may share the keys; then `line_number` counts those that do.
        replication_key: The property that a bookmark is about; None for a snapshot. Where rows have no
            date of their own it is `report_end_date`, the last day that the report covers.
        required_columns: Columns that every file of the type has; the keys unless given.
        records: Where the records are: the dotted path of a list in JSON, the element's name in XML
            (or its possible names, with `|` between them).
        selected_by_default: Whether a sync without a catalog reads it.
        country: The column with a row's country, of a report that tells of all countries whichever
            marketplace was asked. A row is passed on with its country's marketplace if that is synced,
            else with the first that is.
        is_personal: Whether its records are buyers' data, so that only `include_pii` lets them pass.
        schema: Properties of a stream that has no file in `schemas/streams/`.
    """

    name: str
    about: str
    report: ReportDefinition
    keys: tuple[str, ...] = ()
    is_numbered: bool = False
    replication_key: str | None = None
    required_columns: tuple[str, ...] | None = None
    records: str = ""
    selected_by_default: bool = False
    country: str = ""
    is_personal: bool = False
    schema: Mapping[str, object] | None = field(default=None, hash=False)
