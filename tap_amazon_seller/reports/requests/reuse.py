"""Which reports that exist already can stand in for those that a sync needs.

Asking twice for an FBA report within its cool-down ends CANCELLED or FATAL, and createReport is the
scarcest of all calls, so a report that Amazon has, or is making, is used: by this tap before a crash, by
a schedule, or by another application. Pure functions; nothing here calls Amazon.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.reports.definitions import Span
from tap_amazon_seller.reports.requests.windows import ReportRequest, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

IN_PROGRESS = frozenset({"IN_QUEUE", "IN_PROGRESS"})
FRESH = timedelta(minutes=30)
"""A report of the latest state is as good as a new one for this long: a usual time between syncs."""
COMPLETE_AFTER = timedelta(minutes=30)
"""A window's report is complete when it was made this long after the window: Amazon is as late."""
FORGOTTEN_AFTER = timedelta(days=7)
"""The state forgets a report that nobody has read for so long; Amazon keeps most of them for 90 days."""
KEPT_FOR = timedelta(days=1)
"""So long a report of the latest state is good where a sync reads what the one before requested."""


@dataclass(frozen=True, slots=True)
class ExistingReport:
    """A report that Amazon has or is making.

    Attributes:
        report_id: Amazon's id.
        report_type: Its type.
        marketplace_ids: Its marketplaces.
        window: dataStartTime to dataEndTime.
        created: When it was requested.
        status: processingStatus.
        document_id: reportDocumentId, once there is one.
        options: The options that this tap asked with; None for a report of which only Amazon's answer
            is known, which does not say options.
        next_token: What requests the next page of a query's results.
    """

    report_id: str
    report_type: str
    marketplace_ids: tuple[str, ...]
    window: Window | None
    created: datetime
    status: str
    document_id: str
    options: Mapping[str, str] | None = None
    next_token: str = ""

    @classmethod
    def from_answer(
        cls, answer: Mapping[str, Any], options: Mapping[str, str] | None = None
    ) -> ExistingReport:
        """Read a Report of Amazon's Reports API.

        Raises:
            KeyError: A required property is missing.
            ValueError: A date is none.
        """
        start, end = answer.get("dataStartTime"), answer.get("dataEndTime")
        return cls(
            report_id=str(answer["reportId"]),
            report_type=str(answer["reportType"]),
            marketplace_ids=tuple(answer.get("marketplaceIds") or ()),
            window=Window(_instant(start), _instant(end)) if start and end else None,
            created=_instant(answer["createdTime"]),
            status=str(answer["processingStatus"]),
            document_id=str(answer.get("reportDocumentId") or ""),
            options=options,
        )


@dataclass(frozen=True, slots=True)
class AgeLimits:
    """How old a report may be to be used.

    Attributes:
        max_age: The user's limit; None for each report type's own.
        timeout: How long Amazon may take over a report.
        leaves: Whether each sync leaves what it requests to the next one.
        is_limited: Whether Amazon limits a report type by itself: then it may take days.
    """

    max_age: timedelta | None
    timeout: timedelta
    leaves: bool = False
    is_limited: Callable[[str], bool] = lambda _: False

    def of(self, request: ReportRequest, existing: ExistingReport) -> timedelta:
        """The limit for a report in place of a request."""
        ours = existing.options is not None
        if self.max_age == timedelta(0):
            return self.max_age
        is_limited = self.is_limited(existing.report_type)
        if ours and existing.status in IN_PROGRESS:
            return FORGOTTEN_AFTER if is_limited else self.timeout
        if ours and (is_limited or self.leaves):
            return KEPT_FOR if _moves_on(request) else FORGOTTEN_AFTER
        if self.max_age is not None:
            return self.max_age
        own = max(self._own(request), FRESH) if ours else self._own(request)
        return min(own, self.timeout) if existing.status in IN_PROGRESS else own

    def oldest(self, request: ReportRequest) -> timedelta:
        """The age up to which it pays to list reports, whoever requested them."""
        return self._own(request) if self.max_age is None else self.max_age

    @staticmethod
    def _own(request: ReportRequest) -> timedelta:
        own = request.definition.reuse.max_age
        return min(own, FRESH) if request.is_latest else own


def _moves_on(request: ReportRequest) -> bool:
    """Whether a request is about how things stand now, so that a report of it grows old."""
    return request.window is None or (
        request.is_latest and request.definition.window.span is Span.INSTANT
    )


def stand_in(
    request: ReportRequest, existing: ExistingReport, now: datetime, limits: AgeLimits
) -> ReportRequest | None:
    """The request that a report answers: `request`, perhaps with an earlier end; None when it does not.

    The latest window of a plan may end where the report's does, if that is not long ago: the bookmark
    moves there, and the next sync continues from it, overlap and all.
    """
    limit = limits.of(request, existing)
    if not _is_same(request, existing) or not limit or now - existing.created > limit:
        return None
    if request.window is None or request.asked_window is None:
        return request
    start, end = request.asked_window
    if existing.window is None or existing.window.start != start:
        return None
    if existing.window.end == end:
        complete = request.is_latest or existing.created >= end + COMPLETE_AFTER
        return request if complete else None
    may_end_sooner = request.is_latest and request.definition.window.span is Span.INSTANT
    if may_end_sooner and now - limit <= existing.window.end < end:
        return replace(request, window=existing.window)
    return None


def _is_same(request: ReportRequest, existing: ExistingReport) -> bool:
    """Whether type, marketplaces and options are known to match, and there is something to wait for."""
    options = request.options
    return (
        existing.report_type == request.definition.report_type
        and existing.marketplace_ids == (request.marketplace.id,)
        and (
            existing.status in IN_PROGRESS
            or bool(existing.status == "DONE" and existing.document_id)
        )
        and _has_options(existing, options, may_differ=request.definition.takes_options)
    )


def _has_options(existing: ExistingReport, options: Mapping[str, str], *, may_differ: bool) -> bool:
    """Whether a report is known to have these options: Amazon echoes none (Reports 2021-06-30).

    A report that somebody else requested has none for certain only where its type knows none.
    """
    if existing.options is None:
        return not may_differ
    return existing.options == dict(options)


def owned(existing: ExistingReport, options: Mapping[str, str]) -> ExistingReport:
    """A listed report that this tap has requested, with these options."""
    return replace(existing, options=dict(options))


def remembered(
    request: ReportRequest, options: Mapping[str, str], created: datetime
) -> dict[str, Any]:
    """What the state keeps of a report that was requested and not read yet; its key is the id."""
    return {
        "report_type": request.definition.report_type,
        "marketplace_id": request.marketplace.id,
        "options": dict(options),
        "created": created.isoformat(timespec="seconds"),
    }


def still_remembered(reports: object, now: datetime) -> dict[str, dict[str, Any]]:
    """The usable part of what a state keeps: well-formed and not too old to matter."""
    if not isinstance(reports, dict):
        return {}
    return {
        report_id: report
        for report_id, report in reports.items()
        if isinstance(report, dict)
        and isinstance(report.get("report_type"), str)
        and isinstance(report.get("marketplace_id"), str)
        and isinstance(report.get("options"), dict)
        and isinstance(report.get("created"), str)
        and (created := parse_instant(report["created"]))
        and now - created <= FORGOTTEN_AFTER
    }


def _instant(text: object) -> datetime:
    instant = parse_instant(text) if isinstance(text, str) else None
    if instant is None:
        raise ValueError(f"{text!r} is not a time of Amazon's")
    return instant
