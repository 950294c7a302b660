"""A report that exists stands in for a new one only where it is known to be the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from amazon_selling_partner import marketplaces
from tap_amazon_seller.reports.requests.reuse import (
    AgeLimits,
    ExistingReport,
    remembered,
    stand_in,
    still_remembered,
)
from tap_amazon_seller.reports.requests.windows import ReportRequest, Window
from tap_amazon_seller.streams import inventory
from tap_amazon_seller.streams.orders import ALL_ORDERS
from tap_amazon_seller.streams.products import LISTINGS

FBA_INVENTORY = inventory.REPORTS[0].report
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
DE = marketplaces.BY_COUNTRY["DE"]
FR = marketplaces.BY_COUNTRY["FR"]
OWN = AgeLimits(max_age=None, timeout=timedelta(minutes=120))
"""Each report type's own limits: orders 24 hours, FBA stock 30 minutes, listings none."""

CLOSED = ReportRequest(ALL_ORDERS, DE, Window(NOW - timedelta(days=40), NOW - timedelta(days=10)))
LEDGER = ReportRequest(
    inventory.REPORTS[5].report, DE, Window(NOW - timedelta(days=40), NOW - timedelta(days=10))
)
"""Of a type that may have options, requested without any."""
LATEST = ReportRequest(ALL_ORDERS, DE, Window(NOW - timedelta(days=10), NOW), is_latest=True)
STOCK = ReportRequest(FBA_INVENTORY, DE)
LISTING = ReportRequest(LISTINGS, DE)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def report(
    request: ReportRequest, age: float, status: str = "DONE", **other: object
) -> ExistingReport:
    """A report of exactly this request, requested so many minutes ago."""
    made = ExistingReport(
        report_id="1",
        report_type=request.definition.report_type,
        marketplace_ids=(request.marketplace.id,),
        window=Window(*request.asked_window) if request.asked_window else None,
        created=NOW - minutes(age),
        status=status,
        document_id="amzn1.spdoc.1" if status == "DONE" else "",
    )
    return replace(made, **other)  # type: ignore[arg-type]


def until(request: ReportRequest, age: float) -> Window:
    """The request's window, but ending so many minutes ago."""
    assert request.window is not None
    return Window(request.window.start, NOW - minutes(age))


LOCALE = {"preferredReportDocumentLocale": "en_US"}


@pytest.mark.parametrize(
    ("request_", "existing"),
    [
        pytest.param(STOCK, report(STOCK, 29), id="snapshot within its cool-down"),
        pytest.param(STOCK, report(STOCK, 29, "IN_QUEUE"), id="snapshot that Amazon still makes"),
        pytest.param(CLOSED, report(CLOSED, 23 * 60), id="closed window"),
        pytest.param(LATEST, report(LATEST, 1), id="latest window"),
        pytest.param(LEDGER, report(LEDGER, 25, options={}), id="without options, remembered"),
        pytest.param(LISTING, report(LISTING, 25, options=LOCALE), id="with options, remembered"),
        pytest.param(
            LISTING,
            report(LISTING, 100, "IN_PROGRESS", options=LOCALE),
            id="remembered, still made",
        ),
    ],
)
def test_the_same_report_stands_in(request_: ReportRequest, existing: ExistingReport) -> None:
    assert stand_in(request_, existing, NOW, OWN) == request_


@pytest.mark.parametrize(
    ("request_", "existing"),
    [
        pytest.param(STOCK, report(STOCK, 31), id="snapshot too old"),
        pytest.param(STOCK, report(STOCK, 5, "FATAL"), id="failed"),
        pytest.param(STOCK, report(STOCK, 5, "CANCELLED"), id="cancelled"),
        pytest.param(STOCK, report(STOCK, 5, "ON_HOLD"), id="unknown status"),
        pytest.param(STOCK, report(STOCK, 5, document_id=""), id="done without a document"),
        pytest.param(STOCK, report(STOCK, 5, marketplace_ids=(FR.id,)), id="other marketplace"),
        pytest.param(
            STOCK, report(STOCK, 5, marketplace_ids=(DE.id, FR.id)), id="more marketplaces"
        ),
        pytest.param(STOCK, report(LISTING, 5), id="other type"),
        pytest.param(LISTING, report(LISTING, 5), id="options not known"),
        pytest.param(LEDGER, report(LEDGER, 5), id="none wanted, those it has not known"),
        pytest.param(
            LEDGER,
            report(LEDGER, 5, options={"eventType": "Adjustments"}),
            id="none wanted, has one",
        ),
        pytest.param(STOCK, report(STOCK, 5, options={"a": "b"}), id="requested with an option"),
        pytest.param(
            LISTING,
            report(LISTING, 5, options={"preferredReportDocumentLocale": "de_DE"}),
            id="other options",
        ),
        pytest.param(LISTING, report(LISTING, 31, options=LOCALE), id="remembered but stale"),
        pytest.param(CLOSED, report(CLOSED, 25 * 60), id="closed window, too old"),
        pytest.param(CLOSED, report(LATEST, 5), id="other window"),
        pytest.param(
            CLOSED, report(CLOSED, 10 * 24 * 60 - 29), id="made before Amazon had all of the window"
        ),
        pytest.param(LATEST, report(LATEST, 31), id="latest window, stale"),
        pytest.param(
            LATEST,
            report(LATEST, 5, window=until(LATEST, 31)),
            id="latest window that ends long ago",
        ),
    ],
)
def test_another_report_does_not(request_: ReportRequest, existing: ExistingReport) -> None:
    assert stand_in(request_, existing, NOW, OWN) is None


def test_the_latest_window_ends_where_a_report_of_a_moment_ago_does() -> None:
    existing = report(LATEST, 12, window=until(LATEST, 12))

    answered = stand_in(LATEST, existing, NOW, OWN)

    assert answered == replace(LATEST, window=until(LATEST, 12))


def test_the_users_limit_takes_the_place_of_each_types_own() -> None:
    hour, never = AgeLimits(minutes(60), minutes(120)), AgeLimits(minutes(0), minutes(120))

    assert stand_in(STOCK, report(STOCK, 59), NOW, hour)
    assert not stand_in(STOCK, report(STOCK, 61), NOW, hour)
    assert not stand_in(STOCK, report(STOCK, 1), NOW, never)
    assert not stand_in(LISTING, report(LISTING, 1, options=LOCALE), NOW, never)


def test_what_the_state_remembers_is_forgotten_after_a_week_or_when_it_makes_no_sense() -> None:
    entry = remembered(LISTING, LOCALE, NOW - timedelta(days=6))
    old = remembered(LISTING, LOCALE, NOW - timedelta(days=8))
    broken = {name: value for name, value in entry.items() if name != "options"}

    kept = still_remembered({"1": entry, "2": old, "3": broken, "4": "?"}, NOW)

    assert kept == {"1": entry}
    assert still_remembered([entry], NOW) == {}
