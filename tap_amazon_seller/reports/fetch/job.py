"""One report on its way through the queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_amazon_seller.reports.fetch.states import ReportState
from tap_amazon_seller.reports.requests.windows import urgency

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from amazon_selling_partner import SellingPartnerError
    from tap_amazon_seller.errors import TapError
    from tap_amazon_seller.reports.requests.windows import ReportRequest
    from tap_amazon_seller.reports.text.document import ReportDocument

FIRST_POLL = 15.0  # seconds after createReport; few reports are faster


@dataclass(slots=True, eq=False)
class ReportJob:
    """One report on its way. Only the thread of its state changes it, under the queue's lock.

    Attributes:
        request: What is requested.
        readers: Streams that have not read it yet.
        awaited: Whether a stream waits for it now.
        state: Where it stands, `since` when (seconds of the clock).
        is_claimed: Whether a thread is judging it, by a poll or a notification.
        is_heard: Whether a notification is to report its end.
        plan_size: How many reports its report type takes in all: those of few come before those of many.
        times_left: How many syncs in a row have left its report type and marketplace without a request.
        is_left: Whether a stream has left it for a later sync, which is to find it.
        was_cancelled: Whether Amazon cancelled the like in the sync before, so that it is requested
            once.
        attempts: createReport calls that Amazon has accepted.
        failures: Tries of the state's call in a row that were not answered.
        unanswered_since: When the first of the tries in a row that were not answered was.
        due: When the state's next call may be made (seconds of the clock).
        passed_over: Ids of its reports that led to nothing.
        fatal: Whether the document explains why the report ended FATAL.
        url: The document's presigned URL, good until `url_until`.
        parts: The two reports that it was cut into.
        next_page: The request of the next page of a query's results.
        tokens: What requested the pages so far: a page that comes back would have no end.
    """

    request: ReportRequest
    readers: int
    since: float
    plan_size: int = 1
    times_left: int = 0
    is_claimed: bool = False
    is_heard: bool = False
    is_left: bool = False
    was_cancelled: bool = False
    awaited: bool = False
    state: ReportState = ReportState.QUEUED
    attempts: int = 0
    failures: int = 0
    unanswered_since: float | None = None
    due: float = float("-inf")
    created_at: datetime | None = None
    report_id: str = ""
    passed_over: set[str] = field(default_factory=set)
    deadline: float = 0.0
    poll_interval: float = FIRST_POLL
    odd_status: str = ""
    document_id: str = ""
    fatal: bool = False
    url: str = ""
    url_until: float = 0.0
    received: int = 0
    document: ReportDocument | None = None
    error: SellingPartnerError | TapError | None = None
    parts: tuple[ReportRequest, ...] = ()
    next_page: ReportRequest | None = None
    tokens: frozenset[str] = frozenset()

    @property
    def report_type(self) -> str:
        """Amazon's name of its type."""
        return self.request.definition.report_type

    @property
    def place(self) -> str:
        """Its report type and marketplace."""
        return f"{self.report_type} {self.request.marketplace.id}"

    @property
    def name(self) -> str:
        """What it is called in a sentence: `report 123`."""
        return f"{self.request.definition.noun} {self.report_id}"

    @property
    def urgency(self) -> tuple[int, bool, int, timedelta, datetime]:
        """What to request first: what was left before, snapshots, short plans, most overdue windows."""
        is_window = self.request.window is not None
        return -self.times_left, is_window, self.plan_size, *urgency(self.request)
