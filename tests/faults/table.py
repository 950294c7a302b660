"""The fault matrix as data: what can go wrong at which call, and what the log must say of it.

A row is a fault, a column an operation; a row names the operations at which its fault can happen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TOKEN, DOCUMENT = "token", "document"
SELLERS, CREATE, GET = "getMarketplaceParticipations", "createReport", "getReport"
LIST, URL, CATALOG = "getReports", "getReportDocument", "searchCatalogItems"
API = (SELLERS, CREATE, GET, LIST, URL, CATALOG)
OPERATIONS = (TOKEN, SELLERS, CREATE, GET, LIST, URL, DOCUMENT, CATALOG)
"""Those of a sync without a catalog."""
FINANCES, BUYERS, STATUSES = "listTransactions", "searchOrders", "getPurchaseOrdersStatus"
PAGED = (FINANCES, BUYERS, STATUSES)
QUERY, QUERIED, QUERY_URL = "createQuery", "getQuery", "getDocument"
QUERY_ROWS = "document of a query"
"""A download as well, of what Data Kiosk has made."""
KIOSK = (QUERY, QUERIED, QUERY_URL)
METRICS, OFFER_METRICS = "getSellingPartnerMetrics", "listOfferMetrics"
SEARCHES = (METRICS, OFFER_METRICS)
SUMMARY, EXPECTED = "getCompetitiveSummary", "getFeaturedOfferExpectedPriceBatch"
FEES, LISTING_OFFERS, ITEM_OFFERS = (
    "getMyFeesEstimates",
    "getListingOffersBatch",
    "getItemOffersBatch",
)
BATCHES = (SUMMARY, EXPECTED, FEES, LISTING_OFFERS, ITEM_OFFERS)
SELECTED = (*KIOSK, *SEARCHES, *BATCHES)
"""Operations of streams that somebody has to select."""
COLUMNS = (*OPERATIONS, *PAGED, *KIOSK, QUERY_ROWS, *SEARCHES, *BATCHES)

FOR_EVER = None
JAPAN, AUSTRALIA = "A1VC38T7YXB528", "A39IBJ37TRP1C6"
TRIES = 10  # of the tap, for one call
HOUR = 3600.0
BETWEEN_SYNCS = 31  # minutes; more than an FBA report's cool-down
NEXT_QUERY = 13 * 60
"""Minutes after which a query is not used again."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A fault, and where it can happen.

    Attributes:
        label: Its name in the printed table.
        faults: The sandbox's fault, by the operation at which it is switched on.
        told: Regular expression that a warning or error of the log must match.
        silent: Why the log need not say anything, where `told` is empty.
        times: How often it strikes; None until it is switched off.
        seconds: The sandbox's parameter of that name.
        then: Another fault (operation, name) that begins with the second call and lasts.
        late: Whether a sync that calls itself complete may lack what is newest, for the next one.
        settings: Settings of the tap.
        orders: Orders of the account in 60 days.
        streams: What is synced in the place of the streams that the operation is called for.
        places: The marketplaces, in the place of those that the operation is called for.
        minutes: From a sync to the next.
    """

    label: str
    faults: Mapping[str, str]
    told: str = ""
    silent: str = ""
    times: int | None = 1
    seconds: float = 1.0
    then: tuple[str, str] | None = None
    late: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)
    orders: int = 120
    streams: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    minutes: float = BETWEEN_SYNCS

    def switches(self, operation: str) -> list[dict[str, object]]:
        """The row's faults at an operation, as the sandbox takes them."""
        first: dict[str, object] = {
            "operation": DOCUMENT if operation == QUERY_ROWS else operation,
            "fault": self.faults[operation],
            "times": self.times,
            "seconds": self.seconds,
        }
        if self.then is None:
            return [first]
        place, name = self.then
        return [first, {"operation": place, "fault": name, "times": FOR_EVER, "skip": 1}]


@dataclass(frozen=True, slots=True)
class Case:
    """One cell of the table."""

    row: Row
    operation: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.row.label}"


def at(fault: str, *operations: str) -> dict[str, str]:
    """The same fault at each of these operations; at all of them when none is named."""
    return dict.fromkeys(operations or (*OPERATIONS, *SELECTED, QUERY_ROWS), fault)


_QUOTA = r"quota"
_NO_JSON = r"where JSON was due|is not JSON"
_BROKEN = r"ReadError|RemoteProtocolError|ConnectError|reset|broke off|cut short"
_REFUSED = r"ConnectError|refused"
_CUT = rf"cut short|damaged|RemoteProtocolError|{_NO_JSON}"
_TIMED_OUT = r"[Tt]ime-?d?[ -]?[Oo]ut"
_TOKEN = r"access token"
_GONE = r"answered 404"
_RENEWED = "a token ends every hour, and a new one is had without loss"
_LATE = "the tap has its time from Amazon; what is late comes with the next sync"
_ONE_TRY = {"request_timeout_seconds": 1}
_SOON = {"report_timeout_minutes": 20}

_WEEKLY = ("market_basket",)
_SINCE_SUNDAY = {"start_date": "2026-10-11T00:00:00Z"}
_PAGES = 1_200  # orders, so that there is more than one page of each

_MISSING = {
    URL: "404", DOCUMENT: "no_such_key", CREATE: "missing_document",
    QUERY_URL: "404", QUERY_ROWS: "no_such_key", QUERY: "missing_document",
}  # fmt: skip
_LOST = {GET: "404", CREATE: "lost_report", QUERIED: "404", QUERY: "lost_report"}

_ODD = {
    TOKEN: "too_deep",
    SELLERS: "odd_members",
    CREATE: "errors_in_success",
    GET: "not_an_object",
    LIST: "odd_members",
    URL: "odd_members",
    CATALOG: "too_deep",
    QUERY: "errors_in_success",
    QUERIED: "not_an_object",
    QUERY_URL: "odd_members",
    **dict.fromkeys(SEARCHES, "no_list"),
    **dict.fromkeys(BATCHES, "no_list"),
}
_RATES = {
    SELLERS: "no_rate",
    CREATE: "endless_rate",
    GET: "no_rate",
    LIST: "endless_rate",
    URL: "no_rate",
    CATALOG: "no_rate",
    **dict.fromkeys(SELECTED, "no_rate"),
}

ROWS: Sequence[Row] = (
    Row("429", at("429", TOKEN, *API, *SELECTED), _QUOTA),
    Row("429, 25 times", at("429", TOKEN, *API, *SELECTED), _QUOTA, times=25),
    Row("500", at("500"), "answered 500"),
    Row("500, 12 times", at("500"), "answered 500", times=TRIES + 2),
    Row("500 for ever", at("500"), "answered 500", times=FOR_EVER),
    Row("503 with HTML", at("503"), "answered 503"),
    Row("500 without errors", at("json_without_errors"), "answered 500"),
    Row("HTML with 200", at("html"), r"text/html|HTML page"),
    Row("HTML for ever", at("html"), r"text/html|HTML page", times=FOR_EVER),
    Row("odd answer", _ODD, rf"{_NO_JSON}|of another form|too deep|with an error|answered without"),
    Row(
        "odd for ever", at("odd_members", TOKEN, *API, *SELECTED),
        "of another form|has other members", times=FOR_EVER,
    ),
    Row(
        "words that harm", at("forged_words", *API, *SELECTED), r"\[e-mail\] is wrong +ERROR forged",
        times=FOR_EVER,
    ),
    Row("odd rate", _RATES, silent="a rate beyond reason does not count", times=FOR_EVER),
    Row("a byte a time", at("drip", TOKEN, *API, *SELECTED), _TIMED_OUT, seconds=0.2, settings=_ONE_TRY),
    Row("range refused", at("range_refused", CREATE), silent="a report cut in two is not news"),
    Row("no document", at("no_document", CREATE), "DONE without a document"),
    Row("none for ever", at("no_document", CREATE), "DONE without a document", times=FOR_EVER),
    Row("empty answer", at("empty"), rf"{_NO_JSON}|empty"),
    Row("refused", at("refused"), _REFUSED, seconds=0.2),
    Row("refused for 2 s", at("refused"), _REFUSED, seconds=2.0),
    Row("reset", at("reset"), _BROKEN),
    Row("reset for ever", at("reset"), _BROKEN, times=FOR_EVER),
    Row("reset in the body", at("reset_in_body"), _BROKEN),
    Row("time-out", at("slow"), _TIMED_OUT, seconds=2.0, settings=_ONE_TRY),
    Row("truncated", at("truncated"), _CUT),
    Row("truncated for ever", at("truncated", URL, DOCUMENT, QUERY_ROWS), _CUT, times=FOR_EVER),
    Row("wrong length", at("wrong_length"), _CUT),
    Row("wrong length for ever", at("wrong_length", DOCUMENT, QUERY_ROWS), _CUT, times=FOR_EVER),
    Row(
        "wrong content type", at("wrong_type"), times=FOR_EVER,
        silent="the body is right, and it is read for what it is",
    ),
    Row("expired token", at("expired_token", *API, *SELECTED), silent=_RENEWED),
    Row("expired for ever", at("expired_token", *API, *SELECTED), _TOKEN, times=FOR_EVER),
    Row("revoked tokens", at("revoked_tokens", *API, *SELECTED), silent=_RENEWED),
    Row("invalid grant", at("invalid_grant", TOKEN), "refresh token"),
    Row(
        "authorisation ends", at("revoked_tokens", *API, *SELECTED), "refresh token",
        then=(TOKEN, "invalid_grant"),
    ),
    Row(
        "role missing", at("403", *API, *SELECTED), r"needs the role|lacks the role|answered 403",
        times=FOR_EVER,
    ),
    Row("expired URL", at("expired_url", DOCUMENT, QUERY_ROWS), "no longer valid"),
    Row(
        "expired URL for ever", at("expired_url", DOCUMENT, QUERY_ROWS), "no longer valid",
        times=FOR_EVER,
    ),
    Row("slow down", at("slow_down", DOCUMENT, QUERY_ROWS), "answered 503"),
    Row("slow down for ever", at("slow_down", DOCUMENT, QUERY_ROWS), "answered 503", times=FOR_EVER),
    Row("document missing", _MISSING, _GONE),
    Row("missing for ever", _MISSING, _GONE, times=FOR_EVER),
    Row("report lost", _LOST, _GONE),
    Row("lost for ever", _LOST, _GONE, times=FOR_EVER),
    Row("items not found", at("404", CATALOG), _GONE),
    Row("status unknown", at("unknown_status", CREATE, QUERY), "is still ON_HOLD", settings=_SOON),
    Row(
        "unknown for ever", at("unknown_status", CREATE, QUERY), "is still ON_HOLD", times=FOR_EVER,
        settings=_SOON,
    ),
    Row("report stuck", at("stuck_report", CREATE, QUERY), "is still IN_QUEUE", settings=_SOON),
    Row(
        "stuck for ever", at("stuck_report", CREATE, QUERY), "is still IN_QUEUE", times=FOR_EVER,
        settings=_SOON,
    ),
    Row("report FATAL", at("fatal_report", CREATE, QUERY), "FATAL"),
    Row("FATAL for ever", at("fatal_report", CREATE, QUERY), "FATAL", times=FOR_EVER),
    Row("report CANCELLED", at("cancelled_report", CREATE, QUERY), "cancelled"),
    Row("CANCELLED for ever", at("cancelled_report", CREATE, QUERY), "cancelled", times=FOR_EVER),
    Row(
        "delivered twice", at("twice", SELLERS, CREATE, LIST, CATALOG), times=FOR_EVER,
        silent="what comes twice is kept once, and nothing is missing",
    ),
    Row("document twice", at("twice", DOCUMENT), "header twice"),
    Row("twice for ever", at("twice", DOCUMENT), "header twice", times=FOR_EVER),
    Row(
        "data unavailable", at("unavailable_data", CREATE), "requested data is unavailable",
        settings=_SINCE_SUNDAY, streams=_WEEKLY,
    ),
    Row(
        "unavailable for ever", at("unavailable_data", CREATE), "requested data is unavailable",
        times=FOR_EVER, settings=_SINCE_SUNDAY, streams=_WEEKLY,
    ),
    Row(
        "other days", at("other_days", CREATE), "days that were requested are still missing",
        settings=_SINCE_SUNDAY, streams=_WEEKLY,
    ),
    Row("no list", at("no_list", *PAGED), "without (payload|orders|ordersStatus)"),
    Row(
        "odd item", at("odd_item", *PAGED, CATALOG), "cannot become a record|cannot be read, which",
        orders=_PAGES, times=3,
    ),
    Row(
        "stale copies", at("stale_copy", BUYERS, STATUSES), times=FOR_EVER,
        silent="an older copy follows no newer one, and is counted",
    ),
    Row(
        "other types", at("other_types", BUYERS, STATUSES), times=FOR_EVER,
        silent="a value that can be read in one way is read so",
    ),
    Row(
        "shared key", at("shared_key", FINANCES), "share their keys with others", times=FOR_EVER,
    ),
    Row("data set refused", at("refused_data_set", BUYERS), "needs the role", times=4),
    Row(
        "refused for ever", at("refused_data_set", BUYERS), "needs the role", times=FOR_EVER,
    ),
    Row(
        "marketplace refused", at("refused_marketplace", BUYERS), "needs the role", times=FOR_EVER,
        places=(JAPAN, AUSTRALIA),
    ),
    Row("refused ASINs", at("refused_asin", CATALOG), "has refused", times=FOR_EVER, late=True),
    Row("short list", at("short_list", CATALOG), r"found \d+ items and gave \d+"),
    Row(
        "refused token", at("refused_token", FINANCES, BUYERS), "starting again", orders=_PAGES,
        times=3,
    ),
    Row(
        "same page", at("same_page", FINANCES, BUYERS), "the same page twice", orders=_PAGES, times=3,
    ),
    Row(
        "fields refused", at("refused_fields", QUERY), "refuses the fields", times=FOR_EVER,
        minutes=NEXT_QUERY,
    ),
    Row("field gone", at("gone_field", QUERY), "refuses single fields", minutes=NEXT_QUERY),
    Row("batch refused", at("400", *BATCHES), silent="a batch that is refused is halved"),
    Row("entry refused", at("refused_entry", *BATCHES), "Amazon refuses it: 400", late=True),
    Row("entry fails", at("failed_entry", *BATCHES), silent="an entry that fails is requested again"),
    Row(
        "fails for ever", at("failed_entry", *BATCHES), "has given no answer for", times=FOR_EVER,
    ),
    Row(
        "clock an hour ahead", at("clock_skew", TOKEN, SELLERS, CREATE, LIST), times=FOR_EVER,
        seconds=HOUR, late=True, orders=2_000, silent=_LATE,
    ),
    Row(
        "clock an hour behind", at("clock_skew", TOKEN, SELLERS, CREATE, LIST), times=FOR_EVER,
        seconds=-HOUR, late=True, orders=2_000, silent=_LATE,
    ),
)  # fmt: skip

CASES = tuple(
    Case(row, operation) for row in ROWS for operation in COLUMNS if operation in row.faults
)


def representatives(cases: Iterable[Case] = CASES) -> list[Case]:
    """One case of each kind of fault, spread over the operations."""
    by_kind: dict[tuple[str, ...], list[Case]] = {}
    for case in cases:
        kind = tuple(sorted(set(case.row.faults.values()))) + tuple(case.row.then or ())
        by_kind.setdefault(kind, []).append(case)
    used = dict.fromkeys(COLUMNS, 0)
    chosen = []
    for found in sorted(
        by_kind.values(), key=lambda found: len({case.operation for case in found})
    ):
        case = min(found, key=lambda case: used[case.operation])
        used[case.operation] += 1
        chosen.append(case)
    return chosen
