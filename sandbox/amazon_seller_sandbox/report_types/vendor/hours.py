"""The reports of vendors by hour and ASIN, and the forecasts by week and ASIN."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from amazon_seller_sandbox.clock import DAY, HOUR, utc
from amazon_seller_sandbox.files import json_documents
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.report_types.vendor.figures import Place, place_of, places
from amazon_seller_sandbox.world.accounts import VENDOR_ANALYTICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.files.documents import Content
    from amazon_seller_sandbox.files.json_documents import Json
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

    Rows = Callable[[Place, int], Iterator[Json]]

_SOME = 160
"""One ASIN in so many has figures in an hour."""
_SOME_FORECAST = 12
_FORECAST_WEEKS = 8


def _of_the_hour(place: Place, hour: int) -> Iterator[tuple[Listing, tuple[int, ...]]]:
    return place.some("vendor-hour", hour // HOUR, _SOME)


def _hour_sales(place: Place, hour: int) -> Iterator[Json]:
    for listing, chance in _of_the_hour(place, hour):
        units = chance[1] % 6 - 1
        revenue = round(units * listing.base_price * place.market.exchange / 100, 2)
        yield _of_hour(hour) | {
            "asin": listing.asin,
            "orderedUnits": units,
            "orderedRevenue": revenue,
        }


def _hour_stock(place: Place, hour: int) -> Iterator[Json]:
    for listing, chance in _of_the_hour(place, hour):
        yield _of_hour(hour) | {"asin": listing.asin, "highlyAvailableInventory": chance[2] % 300}


def _hour_traffic(place: Place, hour: int) -> Iterator[Json]:
    for listing, chance in _of_the_hour(place, hour):
        yield _of_hour(hour) | {"asin": listing.asin, "glanceViews": chance[3] % 60}


def _of_hour(hour: int) -> Json:
    return {"startTime": utc(hour), "endTime": utc(hour + HOUR)}


def _hours(start: float, end: float) -> Iterator[int]:
    """Yield the begins of the hours that lie in a stretch of time as a whole."""
    first = -int(-start // HOUR) * HOUR
    yield from range(first, int(end // HOUR) * HOUR, HOUR)


def _hour_objection(oldest: int, asked: Asked) -> str | None:
    if asked.end - asked.start > DAY:
        return json_documents.explanation(
            "dataEndTime must not be more than 24 hours after dataStartTime."
        )
    if asked.start < asked.created - oldest:
        hours = oldest // HOUR
        return json_documents.explanation(
            f"dataStartTime must not be more than {hours} hours before the request."
        )
    return None


def _hour_content(name: str, rows: Rows, asked: Asked) -> Content:
    specification: Json = {
        "reportType": name,
        "dataStartTime": utc(asked.start),
        "dataEndTime": utc(asked.end),
    }
    if rows is _hour_sales:
        currency = asked.options.get("currencyCode", asked.market.currency)
        specification["reportOptions"] = {"currencyCode": currency}
    place = place_of(asked)
    found = (
        row
        for hour in _hours(asked.start, min(asked.end, asked.as_of))
        for row in rows(place, hour)
    )
    return json_documents.content(asked, specification, {"reportData": found})


def _forecast(place: Place, program: str, as_of: float) -> Iterator[Json]:
    made = json_documents.sunday_of(json_documents.day_of(as_of))
    for listing, chance in place.some(f"forecast-{program}", made.toordinal(), _SOME_FORECAST):
        for week in range(1, _FORECAST_WEEKS + 1):
            start = made + timedelta(days=7 * week)
            mean = round(1 + chance[week] % 900 / 10, 2)
            yield {
                "forecastGenerationDate": made.isoformat(),
                "asin": listing.asin,
                "startDate": start.isoformat(),
                "endDate": (start + timedelta(days=6)).isoformat(),
                "meanForecastUnits": mean,
                "p70ForecastUnits": round(mean * 1.3, 2),
                "p80ForecastUnits": round(mean * 1.6, 2),
                "p90ForecastUnits": round(mean * 2.2, 2),
            }


_FORECASTING = "GET_VENDOR_FORECASTING_REPORT"


def _forecast_objection(asked: Asked) -> str | None:
    if asked.options.get("sellingProgram") not in {"RETAIL", "FRESH"}:
        return json_documents.explanation(
            "This report type requires the sellingProgram reportOption to be specified."
        )
    return None


def _forecast_content(asked: Asked) -> Content:
    program = asked.options["sellingProgram"]
    specification = {
        "reportType": _FORECASTING,
        "reportOptions": {"sellingProgram": program},
        "lastUpdatedDate": json_documents.day_of(asked.created).isoformat(),
    }
    found = _forecast(place_of(asked), program, asked.as_of)
    return json_documents.content(asked, specification, {"forecastByAsin": found})


def _hour_truth(
    rows: Rows, oldest: int, world: World, business: Business, as_of: int, _since: float
) -> Iterator[Record]:
    for place in places(world, business):
        more = {"currency": place.market.currency} if rows is _hour_sales else {}
        for hour in _hours(max(as_of - oldest, world.history_start), as_of - HOUR):
            for row in rows(place, hour):
                yield place.record(row) | more


def _forecast_truth(
    program: str, world: World, business: Business, as_of: int, _since: float
) -> Iterator[Record]:
    for place in places(world, business):
        for row in _forecast(place, program, as_of):
            yield place.record(row) | {"line_number": 1}


_WEEK, _MONTH = 168 * HOUR, 30 * DAY
_HOURLY: tuple[tuple[str, str, Rows, int], ...] = (
    ("vendor_real_time_sales", "SALES", _hour_sales, _MONTH),
    ("vendor_real_time_inventory", "INVENTORY", _hour_stock, _WEEK),
    ("vendor_real_time_traffic", "TRAFFIC", _hour_traffic, _MONTH),
)
REPORT_TYPES = (
    *(
        ReportType(
            name := f"GET_VENDOR_REAL_TIME_{part}_REPORT",
            partial(_hour_content, name, rows),
            VENDOR_ANALYTICS,
            one_marketplace=True,
            objection=partial(_hour_objection, oldest),
        )
        for _, part, rows, oldest in _HOURLY
    ),
    ReportType(
        _FORECASTING,
        _forecast_content,
        VENDOR_ANALYTICS,
        one_marketplace=True,
        objection=_forecast_objection,
    ),
)
TRUTH: dict[str, Truth] = {
    **{stream: partial(_hour_truth, rows, oldest) for stream, _, rows, oldest in _HOURLY},
    "vendor_forecasting_retail": partial(_forecast_truth, "RETAIL"),
    "vendor_forecasting_fresh": partial(_forecast_truth, "FRESH"),
}
