"""What Amazon lists is used as far as it can be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from typing_extensions import override

from amazon_selling_partner import AmazonError, Report, UnavailableError, marketplaces
from tap_amazon_seller.reports.requests.existing_reports import ReportListing
from tap_amazon_seller.reports.requests.reuse import AgeLimits, remembered
from tap_amazon_seller.reports.requests.windows import ReportRequest
from tap_amazon_seller.streams import finance, inventory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amazon_selling_partner import SellingPartnerClient

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
FBA_INVENTORY = inventory.REPORTS[0].report
STOCK = ReportRequest(FBA_INVENTORY, marketplaces.BY_COUNTRY["DE"])
GOOD: dict[str, Any] = {
    "reportId": "1",
    "reportType": FBA_INVENTORY.report_type,
    "marketplaceIds": [STOCK.marketplace.id],
    "createdTime": "2026-11-02T07:50:00Z",
    "processingStatus": "DONE",
    "reportDocumentId": "amzn1.spdoc.1",
}
STRANGE = [
    {},
    {**GOOD, "createdTime": "just now"},
    {**GOOD, "createdTime": None},
    {**GOOD, "createdTime": "9999-12-31T23:59:59-14:00"},
    {**GOOD, "reportId": "1\x1b]52;c;cm0gLXJmIC8=\x07"},
    {**GOOD, "marketplaceIds": "DE"},
    {name: value for name, value in GOOD.items() if name != "reportType"},
]


class Answers:
    """An Amazon that answers with these reports."""

    def __init__(self, *reports: dict[str, Any]) -> None:
        self._reports = reports

    def reports(self, *_: object) -> tuple[dict[str, Any], ...]:
        return self._reports

    def report(self, _: str) -> Report:
        return Report.of(self._reports[0])

    def retrying(self, call: Callable[[], object]) -> object:
        return call()


def listing(
    *reports: dict[str, Any], known: dict[str, dict[str, Any]] | None = None
) -> ReportListing:
    client = cast("SellingPartnerClient", Answers(*reports))
    return ReportListing(client, AgeLimits(None, timedelta(hours=2)), known or {})


@pytest.mark.parametrize("strange", STRANGE)
def test_a_report_that_cannot_be_read_is_passed_over(
    strange: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    found = listing(strange, GOOD)

    assert [one.report_id for _, one in found.find([STOCK], NOW).values()] == ["1"]
    assert [one.report_id for one in found.made_before(STOCK, (), NOW)] == ["1"]
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize("strange", STRANGE)
def test_so_is_one_that_is_remembered(strange: dict[str, Any]) -> None:
    found = listing(strange, known={"7": remembered(STOCK, {}, NOW)})

    assert found.find([STOCK], NOW) == {}


@pytest.mark.parametrize("strange", STRANGE)
def test_no_bookmark_passes_a_report_of_amazons_own_that_cannot_be_read(
    strange: dict[str, Any],
) -> None:
    settlements = finance.Settlements.definition
    other = str(strange.get("reportId", "1")).replace("1", "2", 1)
    found = listing({**strange, "reportId": other}, GOOD)
    place = STOCK.marketplace

    with pytest.raises(UnavailableError, match="not all reports that Amazon lists can be read"):
        found.made_by_amazon(settlements, place, [place], NOW - timedelta(days=30), NOW)


def test_a_time_without_a_zone_is_in_utc() -> None:
    naive = {**GOOD, "createdTime": "2026-11-02T07:50:00"}

    assert STOCK in listing(naive).find([STOCK], NOW)


def test_an_expired_page_leaves_those_before_it() -> None:
    class Expiring(Answers):
        @override
        def reports(self, *_: object) -> Iterator[dict[str, Any]]:  # type: ignore[override]
            yield GOOD
            raise AmazonError("getReports", 400, "InvalidInput", "nextToken is expired")

    found = ReportListing(
        cast("SellingPartnerClient", Expiring()), AgeLimits(None, timedelta(hours=2)), {}
    )

    assert [one.report_id for _, one in found.find([STOCK], NOW).values()] == ["1"]
    assert [one.report_id for one in found.made_before(STOCK, (), NOW)] == ["1"]
    with pytest.raises(AmazonError):
        found.answers([STOCK], NOW)
