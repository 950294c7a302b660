"""What a report type is: data, no code. The report types themselves are in `streams/`.

Sources of windows, retention and cool-downs: Amazon's "Report type values" pages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.queries import KioskQuery

    Option = str | Callable[[Marketplace], str]
    """The value of a reportOption: the same everywhere, or worked out for a request's marketplace."""


def currency_of(marketplace: Marketplace) -> str:
    """An option's value: the currency code of the request's marketplace."""
    return marketplace.currency


def id_of(marketplace: Marketplace) -> str:
    """An option's value: Amazon's id of the request's marketplace."""
    return marketplace.id


class Format(Enum):
    """How a document is written."""

    TABS = "\t"
    COMMAS = ","
    JSON = "json"
    JSON_LINES = "jsonl"
    XML = "xml"

    @property
    def is_nested(self) -> bool:
        """Whether a document is read object by object, rather than in columns."""
        return self in {Format.JSON, Format.JSON_LINES, Format.XML}


class Audience(Enum):
    """Whom Amazon has a report type or an operation for."""

    SELLERS = auto()
    VENDORS = auto()
    ALL = auto()
    """Both, or it is not known for whom."""


class Span(Enum):
    """What Amazon sums up: windows begin and end where a span does, and cover finished spans alone."""

    INSTANT = auto()
    """Single events; windows may begin and end at any second."""
    HOUR = auto()
    """Complete hours; a window ends where the next begins."""
    DAY = auto()
    WEEK = auto()
    """From Sunday to Saturday."""
    MONTH = auto()


BUYERS_ELEMENTS = (
    "BuyerName", "BuyerEmail", "BuyerEmailAddress", "BuyerPhoneNumber", "Name",
    "AddressFieldOne", "AddressFieldTwo", "AddressFieldThree", "PhoneNumber", "GiftMessageText",
)  # fmt: skip
"""XML elements with buyers' data."""


UNKNOWN_ROLE = "that Amazon names for this report type"
FOR_VENDORS = ("GET_VENDOR_", "analytics_vendorAnalytics_")
FOR_ALL = ("GET_BRAND_ANALYTICS_", "GET_XML_BROWSE_TREE_DATA")
"""How names of report types and queries begin that vendors may have, and sellers may have too."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may have a report.

    Attributes:
        role: The SP-API role that the application needs for it.
        is_restricted: Whether its documents need a restricted data token, as buyers' data do.
        regions: Where the report exists; everywhere if none is named.
    """

    role: str
    is_restricted: bool = False
    regions: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether the role is known here."""
        return self.role != UNKNOWN_ROLE


@dataclass(frozen=True, slots=True)
class WindowRules:
    """Which windows Amazon allows, and what data it has when.

    Attributes:
        longest: The longest window one report may cover; None for a snapshot, which has no window.
        overlap: How far a window reaches back behind the bookmark, because Amazon delivers late or
            revises what it delivered; `lookback_days` changes it.
        retention: How far back Amazon has data.
        span: What Amazon sums up.
        zone: Whose midnight begins a span: a time zone, or None for the marketplace's.
        delay: How long after a span its data are there.
        reach: How far back the time requested must begin, of a snapshot for which Amazon wants one.
        revisits: How long after its data are there a window is read again, of a type whose limit does
            not allow to read the complete look-back every day.
    """

    longest: timedelta | None = None
    overlap: timedelta = timedelta(0)
    retention: timedelta | None = None
    span: Span = Span.INSTANT
    zone: str | None = "UTC"
    delay: timedelta = timedelta(0)
    reach: timedelta = timedelta(0)
    revisits: tuple[timedelta, ...] = ()

    @property
    def unit(self) -> timedelta:
        """The shortest time that is requested by itself."""
        is_one_sum = self.longest and self.span in {Span.WEEK, Span.MONTH}
        return self.longest if self.longest and is_one_sum else timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reuse:
    """Whether an existing report serves as well as a new one.

    Attributes:
        max_age: How old an existing report may be to be used in place of a new one. For FBA reports
            this is the cool-down in which requesting again ends FATAL or CANCELLED.
        is_rationed: Whether Amazon refuses to report the same time again within `max_age`, as it does
            for FBA reports; snapshots with a `max_age` always are.
    """

    max_age: timedelta = timedelta(0)
    is_rationed: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """How documents are written.

    Attributes:
        format: Flat file, JSON or XML.
        lists: XML elements that are lists even where there is one.
        personal: XML elements with buyers' data, left out unless `include_pii` is set.
        positions: The columns in their order, of a report whose headers are in languages that are not
            known.
        month_first: Whether its dates with slashes begin with the month, whatever the marketplace.
        groups_by: The first column, where rows that have the same belong together.
    """

    format: Format = Format.TABS
    lists: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    positions: tuple[str, ...] = ()
    month_first: bool = False
    groups_by: str = ""


@dataclass(frozen=True, slots=True)
class ReportDefinition:
    """What Amazon allows for one report type.

    Attributes:
        report_type: Amazon's name; of a query of Data Kiosk, that of its dataset and its own.
        access: Who may have it.
        window: Which windows it may cover.
        reuse: Whether an existing report serves as well as a new one.
        options: reportOptions sent with each request.
        may_have_options: Whether Amazon knows reportOptions for the type, sent or not: a report that
            somebody else requested may then show another part of the data.
        layout: How its documents are written.
        is_scheduled: Whether Amazon makes the report by itself, so that it is found, not requested.
        query: What is asked of Data Kiosk, if the rows come from there.
    """

    report_type: str
    access: Access
    window: WindowRules = WindowRules()
    reuse: Reuse = Reuse()
    options: Mapping[str, Option] = field(default_factory=dict, hash=False)
    may_have_options: bool = False
    layout: Layout = Layout()
    is_scheduled: bool = False
    query: KioskQuery | None = None

    @override
    def __hash__(self) -> int:
        """The name's: reports are looked up by their requests, some thousand times in a long sync."""
        return hash(self.report_type)

    @property
    def noun(self) -> str:
        """What Amazon makes: a report or a query."""
        return "query" if self.query else "report"

    @property
    def takes_options(self) -> bool:
        """Whether a report of the type whose options are not known may be another one."""
        return self.may_have_options or bool(self.options)

    @property
    def is_snapshot(self) -> bool:
        """Whether the report shows how things stand now, rather than what happened in a window."""
        return self.window.longest is None and not self.is_scheduled

    @property
    def audience(self) -> Audience:
        """Whom Amazon has the report for; its name says so of a vendor's."""
        if self.report_type.startswith(FOR_VENDORS):
            return Audience.VENDORS
        if self.report_type.startswith(FOR_ALL) or not self.access.is_known:
            return Audience.ALL
        return Audience.SELLERS

    @property
    def has_cool_down(self) -> bool:
        """Whether Amazon refuses (CANCELLED or FATAL) to make the report again so soon."""
        is_rationed = self.is_snapshot or self.reuse.is_rationed
        return self.query is None and bool(self.reuse.max_age) and is_rationed

    @property
    def is_in_requested_currency(self) -> bool:
        """Whether its amounts are in the marketplace's currency because an option requested that."""
        return currency_of in self.options.values()

    def exists_in(self, region: str) -> bool:
        """Whether Amazon makes the report for marketplaces of a region."""
        return not self.access.regions or region in self.access.regions

    def options_for(self, marketplace: Marketplace) -> dict[str, str]:
        """The reportOptions of a request for a marketplace."""
        return {
            name: value(marketplace) if callable(value) else value
            for name, value in self.options.items()
        }


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The list that sums up another one of the same document: what it counts, the other list details.

    Amazon fills the two at different times: where the one has counted something of which the other shows
    nothing yet, the report is not ready.

    Attributes:
        path: Where the list is in a JSON document.
        counts: Properties, at any depth, that are not 0 only where the other list has something.
        period: The property with the last day of what is summed up, which both lists have; none where
            the other list sums up the complete window.
    """

    path: str
    counts: tuple[str, ...]
    period: str = ""


@dataclass(frozen=True, slots=True)
class ReportStreamDefinition:
    """A stream that passes on the rows of one report type as they are.

    Attributes:
        name: The stream's name, and that of its schema in `schemas/streams/`.
        about: One sentence for the reference.
        report: Its report type.
        keys: The properties that, beside `marketplace_id`, identify a record.
        is_numbered: Whether rows may share the keys; then `line_number` counts those that do.
        replication_key: The property that a bookmark is about; None for a snapshot. Where rows have no
            date of their own it is `report_end_date`, the last day that the report covers.
        called: Properties that have the first text of some columns, such as a return's id where Amazon
            gives several, or none but its date.
        required_columns: What identifies a row, and the figures that the stream is read for: a file
            without them is refused. The first key unless given. Any other column may be missing.
        records: Where the records are: the dotted path of a list in JSON, the element's name in XML
            (or its possible names, with `|` between them).
        aggregate: The list of the same document that sums up the records, where there is one.
        options_of_settings: reportOptions that the user chooses, and the settings that do.
        selected_by_default: Whether a sync without a catalog reads it.
        country: The column with a row's country, of a report that covers all countries whichever
            marketplace was asked. A row is passed on with its country's marketplace if that is synced,
            else with the first that is.
        is_personal: Whether its records are buyers' data, so that only `include_pii` lets them pass.
        schema: Properties of a stream that has no file in `schemas/streams/`.
        data_kiosk: The query that has the same records, where a setting may choose it as their source.
    """

    name: str
    about: str
    report: ReportDefinition
    keys: tuple[str, ...] = ()
    is_numbered: bool = False
    replication_key: str | None = None
    called: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    required_columns: tuple[str, ...] | None = None
    records: str = ""
    aggregate: Aggregate | None = None
    options_of_settings: Mapping[str, str] = field(default_factory=dict, hash=False)
    selected_by_default: bool = False
    country: str = ""
    is_personal: bool = False
    schema: Mapping[str, object] | None = field(default=None, hash=False)
    data_kiosk: ReportDefinition | None = None
