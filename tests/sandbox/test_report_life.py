"""Reports from createReport to their end, and the requests Amazon refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Amazon, MakeAmazon

DE, FR, US = "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "ATVPDKIKX0DER"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
STOCK = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"
REPORTS = "/reports/2021-06-30/reports"
SCHEDULES = "/reports/2021-06-30/schedules"


def get(amazon: Amazon, report_id: str) -> dict[str, Any]:
    found: dict[str, Any] = amazon.call("GET", f"{REPORTS}/{report_id}").json()
    return found


def test_a_report_is_queued_then_in_progress_then_done(make_amazon: MakeAmazon) -> None:
    amazon = make_amazon(report_seconds=(100, 100))
    created = amazon.create(LISTINGS, DE, reportOptions={"custom": "false"})
    report_id = created.json()["reportId"]
    states = []
    for _ in range(12):
        states.append(get(amazon, report_id))
        amazon.clock.advance(10)

    assert created.status_code == 202
    names = [each["processingStatus"] for each in states]
    assert names[0] == "IN_QUEUE"
    assert names[9] == "IN_PROGRESS"
    assert names[10] == "DONE"
    assert names == sorted(names, key=["IN_QUEUE", "IN_PROGRESS", "DONE"].index)
    assert "processingStartTime" not in states[0]
    assert "reportDocumentId" not in states[9]
    assert states[10]["processingEndTime"] == "2026-11-02T08:01:40+00:00"
    assert states[10]["reportDocumentId"].startswith("amzn1.spdoc.1.4.eu.")
    assert states[10]["createdTime"] == "2026-11-02T08:00:00+00:00"
    assert "reportOptions" not in states[10]
    assert report_id.isdecimal()
    assert len(report_id) == 12


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"reportType": "GET_UNKNOWN"}, 400),
        ({"reportType": None}, 400),
        ({"marketplaceIds": []}, 400),
        ({"marketplaceIds": DE}, 400),
        ({"marketplaceIds": None}, 400),
        ({"marketplaceIds": [DE] * 26}, 400),
        ({"marketplaceIds": [DE, "A2NODRKZP88ZB9"]}, 400),
        ({"marketplaceIds": [DE, US]}, 403),
        ({"reportOptions": {"custom": True}}, 400),
        ({"reportOptions": "custom"}, 400),
        ({"dataEndTime": "2026-11-02T08:00:05Z"}, 400),
        ({"dataEndTime": "yesterday"}, 400),
        ({"dataStartTime": "2026-11-01T00:00:00"}, 400),
        ({"dataStartTime": "2026-11-02", "dataEndTime": "2026-11-02T00:00:00Z"}, 400),
        ({"dataStartTime": "2026-10-02T00:00:00Z", "dataEndTime": "2026-10-01T00:00:00Z"}, 400),
        ({"MarketplaceIds": [DE], "somethingElse": 1}, 202),
        ({"dataEndTime": "2026-11-02T08:00:00.000Z"}, 202),
    ],
)
def test_only_requests_of_amazons_model_are_accepted(
    amazon: Amazon, change: dict[str, object], status: int
) -> None:
    body: dict[str, object] = {"reportType": ORDERS, "marketplaceIds": [DE]}

    answer = amazon.call("POST", REPORTS, body | change)

    assert answer.status_code == status, answer.text


def test_a_marketplace_the_account_does_not_sell_in_is_named_as_such(amazon: Amazon) -> None:
    answer = amazon.create(ORDERS, "A2NODRKZP88ZB9")

    assert answer.json()["errors"][0] == {
        "code": "InvalidInput",
        "message": (
            "Report rejected for this client. "
            "Some of the marketplaces are not allowed for this Report"
        ),
        "details": "",
    }


def test_a_body_that_is_not_json_is_refused(amazon: Amazon) -> None:
    answer = amazon.http.post(REPORTS, content=b"{", headers={"x-amz-access-token": amazon.token})

    assert answer.status_code == 400


def test_only_a_queued_report_can_be_cancelled(make_amazon: MakeAmazon) -> None:
    amazon = make_amazon(report_seconds=(100, 100))
    first = amazon.create(LISTINGS, DE).json()["reportId"]
    second = amazon.create(LISTINGS, FR).json()["reportId"]

    assert amazon.call("DELETE", f"{REPORTS}/{first}").status_code == 200
    amazon.clock.advance(60)
    assert amazon.call("DELETE", f"{REPORTS}/{second}").status_code == 400
    amazon.clock.advance(60)
    assert get(amazon, first)["processingStatus"] == "CANCELLED"
    assert "reportDocumentId" not in get(amazon, first)
    assert get(amazon, second)["processingStatus"] == "DONE"


def test_reports_of_other_accounts_are_unknown(amazon: Amazon) -> None:
    report = amazon.finished(LISTINGS, DE)
    amazon.log_in("Atzr|sandbox-NA")

    path = f"/reports/2021-06-30/documents/{report['reportDocumentId']}"
    assert amazon.call("GET", f"{REPORTS}/{report['reportId']}").status_code == 404
    assert amazon.call("GET", path).status_code == 404
    assert amazon.call("GET", f"{REPORTS}/not-a-number").status_code == 400


def test_an_order_window_over_thirty_days_ends_fatal_with_an_explanation(amazon: Amazon) -> None:
    report = amazon.finished(
        ORDERS, DE, dataStartTime="2026-09-01T00:00:00Z", dataEndTime="2026-10-01T00:00:01Z"
    )
    body, _ = amazon.download(report)

    assert report["processingStatus"] == "FATAL"
    assert body.decode().strip() == (
        "Date range exceeded. Report can be requested only upto 30 days"
    )


def test_thirty_days_are_fine(amazon: Amazon) -> None:
    report = amazon.finished(
        ORDERS, DE, dataStartTime="2026-09-01T00:00:00Z", dataEndTime="2026-10-01T00:00:00Z"
    )

    assert report["processingStatus"] == "DONE"


def test_a_near_real_time_report_asked_too_soon_is_fatal_or_cancelled(amazon: Amazon) -> None:
    outcomes = [amazon.finished(STOCK, DE)["processingStatus"] for _ in range(3)]
    other = amazon.finished(STOCK, FR)["processingStatus"]
    amazon.clock.advance(30 * 60)
    later = amazon.finished(STOCK, DE)["processingStatus"]

    assert outcomes[0] == "DONE"
    assert sorted(outcomes[1:]) == ["CANCELLED", "FATAL"]
    assert other == later == "DONE"


def test_a_window_without_orders_gives_a_header(amazon: Amazon) -> None:
    window = {"dataStartTime": "2026-01-01T00:00:00Z", "dataEndTime": "2026-01-02T00:00:00Z"}

    body, _ = amazon.download(amazon.finished(ORDERS, DE, **window))

    assert body.startswith(b"amazon-order-id\t")
    assert body.count(b"\n") == 1


def test_a_window_without_orders_may_be_cancelled(make_amazon: MakeAmazon) -> None:
    amazon = make_amazon(cancel_empty=True)
    window = {"dataStartTime": "2026-01-01T00:00:00Z", "dataEndTime": "2026-01-02T00:00:00Z"}

    assert amazon.finished(ORDERS, DE, **window)["processingStatus"] == "CANCELLED"
    assert amazon.finished(LISTINGS, DE)["processingStatus"] == "DONE"


def test_get_reports_filters_and_pages(amazon: Amazon) -> None:
    for market in (DE, FR, DE, FR, DE):
        amazon.create(LISTINGS, market)
        amazon.clock.advance(1)
    amazon.create(ORDERS, DE)

    def page(**query: str) -> dict[str, Any]:
        found: dict[str, Any] = amazon.call("GET", REPORTS, **query).json()
        return found

    first = page(reportTypes=LISTINGS, pageSize="2", marketplaceIds=DE)
    second = page(nextToken=first["nextToken"])
    both = page(reportTypes=f"{LISTINGS},{ORDERS}")

    ids = [each["reportId"] for each in first["reports"] + second["reports"]]
    assert len(ids) == 3
    assert ids == sorted(ids, reverse=True)
    assert "nextToken" not in second
    assert len(both["reports"]) == 6
    assert page(reportTypes=LISTINGS, processingStatuses="DONE")["reports"] == []
    since = page(reportTypes=LISTINGS, createdSince="2026-11-02T08:00:03Z")["reports"]
    assert len(since) == 2


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"reportTypes": ",".join(["GET_X"] * 11)},
        {"reportTypes": LISTINGS, "processingStatuses": "BAD_VALUE"},
        {"reportTypes": LISTINGS, "pageSize": "0"},
        {"reportTypes": LISTINGS, "pageSize": "101"},
        {"reportTypes": LISTINGS, "pageSize": "ten"},
        {"reportTypes": LISTINGS, "createdSince": "yesterday"},
        {"reportTypes": LISTINGS, "createdSince": "2026-01-01T00:00:00Z"},
        {"reportTypes": LISTINGS, "nextToken": "x"},
        {"nextToken": "made up"},
        {"nextToken": "bWFkZSB1cA=="},
    ],
)
def test_get_reports_refuses_what_the_model_does_not_allow(
    amazon: Amazon, query: dict[str, str]
) -> None:
    assert amazon.call("GET", REPORTS, **query).status_code == 400


def test_reports_are_forgotten_after_ninety_days(amazon: Amazon) -> None:
    report = amazon.finished(LISTINGS, DE)
    amazon.clock.advance(90 * 86_400)
    amazon.log_in()

    assert amazon.call("GET", f"{REPORTS}/{report['reportId']}").status_code == 404
    assert amazon.call("GET", REPORTS, reportTypes=LISTINGS).json()["reports"] == []


def test_a_schedule_creates_reports_by_itself(amazon: Amazon) -> None:
    body = {"reportType": LISTINGS, "marketplaceIds": [DE], "period": "PT30M"}
    created = amazon.call("POST", SCHEDULES, body)
    schedule_id = created.json()["reportScheduleId"]
    amazon.clock.advance(31 * 60)

    reports = amazon.call("GET", REPORTS, reportTypes=LISTINGS).json()["reports"]
    schedule = amazon.call("GET", f"{SCHEDULES}/{schedule_id}").json()

    assert created.status_code == 201
    assert [each["reportScheduleId"] for each in reports] == [schedule_id] * 2
    assert schedule["nextReportCreationTime"] == "2026-11-02T09:00:00+00:00"
    assert amazon.call("DELETE", f"{SCHEDULES}/{schedule_id}").status_code == 200
    assert amazon.call("GET", f"{SCHEDULES}/{schedule_id}").status_code == 404


def test_a_second_schedule_of_the_same_kind_replaces_the_first(amazon: Amazon) -> None:
    body = {"reportType": LISTINGS, "marketplaceIds": [DE], "period": "P1D"}
    amazon.call("POST", SCHEDULES, body)
    second = amazon.call("POST", SCHEDULES, body | {"period": "P2D"}).json()["reportScheduleId"]

    listed = amazon.call("GET", SCHEDULES, reportTypes=LISTINGS).json()["reportSchedules"]

    assert [each["reportScheduleId"] for each in listed] == [second]


@pytest.mark.parametrize(
    "body",
    [
        {"reportType": LISTINGS, "marketplaceIds": [DE], "period": "PT7M"},
        {"reportType": LISTINGS, "marketplaceIds": [DE]},
        {"reportType": ORDERS, "marketplaceIds": [DE], "period": "P1D"},
    ],
)
def test_a_schedule_needs_a_known_period_and_a_type_that_can_be_scheduled(
    amazon: Amazon, body: dict[str, object]
) -> None:
    assert amazon.call("POST", SCHEDULES, body).status_code == 400
    assert amazon.call("GET", SCHEDULES).status_code == 400
