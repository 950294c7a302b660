"""The SP-API operations of the sandbox: path, usage plan, role, and what each one does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api import catalog, sellers
from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.files.documents import presign
from amazon_seller_sandbox.refusals import quota_exceeded, unauthorized
from amazon_seller_sandbox.report_types import families
from amazon_seller_sandbox.state import report_requests
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.state.reports import CANCELLED, FATAL, IN_QUEUE, ON_HOLD
from amazon_seller_sandbox.world.accounts import ROLE_INSIGHTS, ROLE_LISTING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.api.operation import Call, Json


def _odd(call: Call) -> bool:
    return call.sandbox.world.settings.odd_participations


def _delivered(call: Call, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries of a list as they are delivered: each once, or twice by a fault."""
    times = 2 if call.effect == "twice" else 1
    return [each for each in entries for _ in range(times)]


async def _get_participations(call: Call) -> Json:
    participations = sellers.participations(call.grant.account, odd=_odd(call))
    return {"payload": _delivered(call, participations)}


async def _get_account(call: Call) -> Json:
    return {"payload": sellers.account_details(call.grant.account, odd=_odd(call))}


_REPORT_EFFECTS: Mapping[str | None, tuple[str, object]] = {
    "lost_report": ("lost", True),
    "stuck_report": ("held", IN_QUEUE),
    "unknown_status": ("held", ON_HOLD),
    "missing_document": ("document_lost", True),
    "no_document": ("document_unnamed", True),
    "fatal_report": ("outcome", FATAL),
    "cancelled_report": ("outcome", CANCELLED),
}


def _check_limit(call: Call) -> None:
    """Refuse a report whose type has been requested too often.

    Raises:
        Refusal: 429, as where the operation's bucket is empty; nothing tells the two apart.
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
    return {"reportId": report.id}


async def _get_reports(call: Call) -> Json:
    call.sandbox.schedules[call.grant.account.key].run()
    world = call.sandbox.world
    asked = report_requests.listing(call.query, world.clock.now())
    wanted = [each for each in call.book.newest_first() if each.type.name in asked.types]
    await call.sandbox.bring_up_to_date(call.book, wanted)
    reports, token = report_requests.page(call.book, asked)
    now = world.clock.now()
    body: dict[str, Any] = {"reports": _delivered(call, [report.body(now) for report in reports])}
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


async def _search_catalog(call: Call) -> Json:
    business = call.sandbox.world.businesses[call.grant.account.key]
    found = catalog.search(call.sandbox.world, business, call.query)
    return found | {"items": _delivered(call, found["items"])}


async def _get_catalog_item(call: Call) -> Json:
    business = call.sandbox.world.businesses[call.grant.account.key]
    return catalog.get_item(call.sandbox.world, business, call.path["asin"], call.query)


_REPORTS = "/reports/2021-06-30/reports"
_SCHEDULES = "/reports/2021-06-30/schedules"
_CATALOG = "/catalog/2022-04-01/items"
_SLOW_LIST = Rate(0.0222, 10)
_MINUTE = Rate(0.0167, 15)
_SELLERS = Rate(0.016, 15)
_ITEMS = Rate(2, 2)

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
    Operation(
        "getMarketplaceParticipations",
        "GET",
        "/sellers/v1/marketplaceParticipations",
        _SELLERS,
        200,
        _get_participations,
        role=ROLE_INSIGHTS,
        rate_on_every_error=True,
    ),
    Operation(
        "getAccount",
        "GET",
        "/sellers/v1/account",
        _SELLERS,
        200,
        _get_account,
        role=ROLE_INSIGHTS,
    ),
    Operation(
        "searchCatalogItems", "GET", _CATALOG, _ITEMS, 200, _search_catalog, role=ROLE_LISTING
    ),
    Operation(
        "getCatalogItem",
        "GET",
        _CATALOG + "/{asin}",
        _ITEMS,
        200,
        _get_catalog_item,
        role=ROLE_LISTING,
    ),
    *families.OPERATIONS,
)
