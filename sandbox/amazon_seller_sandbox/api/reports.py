"""Reports API 2021-06-30: reports, their documents, and schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.clock import DAY
from amazon_seller_sandbox.files.documents import presign
from amazon_seller_sandbox.files.json_documents import explanation
from amazon_seller_sandbox.refusals import quota_exceeded, unauthorized
from amazon_seller_sandbox.state import report_requests
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.state.reports import CANCELLED, FATAL, IN_QUEUE, ON_HOLD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.api.operation import Call, Json

_REPORT_EFFECTS: Mapping[str | None, tuple[str, object]] = {
    "lost_report": ("lost", True),
    "stuck_report": ("held", IN_QUEUE),
    "unknown_status": ("held", ON_HOLD),
    "missing_document": ("document_lost", True),
    "no_document": ("document_unnamed", True),
    "fatal_report": ("outcome", FATAL),
    "cancelled_report": ("outcome", CANCELLED),
    "unavailable_data": ("outcome", FATAL),
}
_UNAVAILABLE = "The requested data is unavailable. Please try a different date range"
"""What Brand Analytics says of time without data (amzn/selling-partner-api-docs#2444)."""
_WEEK = 7 * DAY


def _check_limit(call: Call) -> None:
    """Refuse a report whose type has been requested too often.

    Raises:
        Refusal: 429, as where the operation's bucket is empty; nothing distinguishes the two.
    """
    whose = call.sandbox.world.settings.report_limits
    kind = report_requests.report_type(call.body, call.grant)
    owner = call.grant.account.key if whose == "seller" else "the application"
    if whose != "off" and not call.sandbox.quotas.take_report(owner, kind.name, kind.limit):
        raise quota_exceeded()


async def _create_report(call: Call) -> Json:
    _check_limit(call)
    report = report_requests.create(call.book, call.grant, call.body)
    if call.effect == "twice":
        report = report_requests.create(call.book, call.grant, call.body)
    if call.effect in _REPORT_EFFECTS:
        setattr(report, *_REPORT_EFFECTS[call.effect])
    if call.effect == "unavailable_data":
        report.explanation = explanation(_UNAVAILABLE)
    if call.effect == "other_days":
        report.data_start, report.data_end = report.data_start - _WEEK, report.data_end - _WEEK
    return {"reportId": report.id}


async def _get_reports(call: Call) -> Json:
    call.sandbox.schedules[call.grant.account.key].run()
    world = call.sandbox.world
    asked = report_requests.listing(call.query, world.clock.now())
    wanted = [each for each in call.book.newest_first() if each.type.name in asked.types]
    await call.sandbox.bring_up_to_date(call.book, wanted)
    reports, token = report_requests.page(call.book, asked)
    now = world.clock.now()
    body: dict[str, Any] = {"reports": call.delivered([report.body(now) for report in reports])}
    if token is not None:
        body["nextToken"] = token
    return body


async def _get_report(call: Call) -> Json:
    call.sandbox.schedules[call.grant.account.key].run()
    report = report_requests.find(call.book, call.path["reportId"])
    await call.sandbox.bring_up_to_date(call.book, [report])
    return report.body(call.sandbox.world.clock.now())


async def _cancel_report(call: Call) -> Json:
    report_requests.cancel(call.book, call.path["reportId"])
    return None


async def _get_document(call: Call) -> Json:
    sandbox = call.sandbox
    asked = call.book.find_document(call.path["reportDocumentId"])
    if asked is not None:
        await sandbox.bring_up_to_date(call.book, [asked])
    report = report_requests.find_document(call.book, call.grant, call.path["reportDocumentId"])
    if report.type.restricted and not call.opened:
        raise unauthorized()
    document = await sandbox.document(call.book, report)
    encoded = call.query.get("enableContentEncodingUrlHeader", ["false"])[0] == "true"
    body: dict[str, Any] = {
        "reportDocumentId": report.document_id,
        "url": presign(
            sandbox.url,
            report.document_id,
            sandbox.world.clock.now(),
            encoded=encoded and document.compressed,
        ),
    }
    if document.compressed:
        body["compressionAlgorithm"] = "GZIP"
    return body


async def _create_schedule(call: Call) -> Json:
    schedule = call.sandbox.schedules[call.grant.account.key].create(call.grant, call.body)
    return {"reportScheduleId": schedule.id}


async def _get_schedules(call: Call) -> Json:
    book = call.sandbox.schedules[call.grant.account.key]
    book.run()
    types = [part for each in call.query.get("reportTypes", []) for part in each.split(",") if part]
    return {"reportSchedules": [schedule.body() for schedule in book.of_types(types)]}


async def _get_schedule(call: Call) -> Json:
    book = call.sandbox.schedules[call.grant.account.key]
    book.run()
    return book.find(call.path["reportScheduleId"]).body()


async def _cancel_schedule(call: Call) -> Json:
    call.sandbox.schedules[call.grant.account.key].cancel(call.path["reportScheduleId"])
    return None


_REPORTS = "/reports/2021-06-30/reports"
_SCHEDULES = "/reports/2021-06-30/schedules"
_SLOW_LIST = Rate(0.0222, 10)
_MINUTE = Rate(0.0167, 15)


OPERATIONS = (
    Operation("getReports", "GET", _REPORTS, _SLOW_LIST, 200, _get_reports),
    Operation("createReport", "POST", _REPORTS, _MINUTE, 202, _create_report),
    Operation("getReport", "GET", _REPORTS + "/{reportId}", Rate(2, 15), 200, _get_report),
    Operation("cancelReport", "DELETE", _REPORTS + "/{reportId}", _SLOW_LIST, 200, _cancel_report),
    Operation(
        "getReportDocument",
        "GET",
        "/reports/2021-06-30/documents/{reportDocumentId}",
        _MINUTE,
        200,
        _get_document,
    ),
    Operation("getReportSchedules", "GET", _SCHEDULES, _SLOW_LIST, 200, _get_schedules),
    Operation("createReportSchedule", "POST", _SCHEDULES, _SLOW_LIST, 201, _create_schedule),
    Operation(
        "getReportSchedule",
        "GET",
        _SCHEDULES + "/{reportScheduleId}",
        _SLOW_LIST,
        200,
        _get_schedule,
    ),
    Operation(
        "cancelReportSchedule",
        "DELETE",
        _SCHEDULES + "/{reportScheduleId}",
        _SLOW_LIST,
        200,
        _cancel_schedule,
    ),
)
