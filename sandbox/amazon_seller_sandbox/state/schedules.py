"""Report schedules: reports that Amazon creates by itself, again and again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.clock import DAY, HOUR, MINUTE, iso
from amazon_seller_sandbox.refusals import Refusal, invalid_input, not_found
from amazon_seller_sandbox.state import report_requests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.report_types.report_type import ReportType
    from amazon_seller_sandbox.state.reports import ReportBook
    from amazon_seller_sandbox.world.accounts import Grant, Marketplace

PERIODS = {
    "PT5M": 5 * MINUTE,
    "PT15M": 15 * MINUTE,
    "PT30M": 30 * MINUTE,
    "PT1H": HOUR,
    "PT2H": 2 * HOUR,
    "PT4H": 4 * HOUR,
    "PT8H": 8 * HOUR,
    "PT12H": 12 * HOUR,
    "P1D": DAY,
    "P2D": 2 * DAY,
    "P3D": 3 * DAY,
    "PT84H": 84 * HOUR,
    "P7D": 7 * DAY,
    "P14D": 14 * DAY,
    "P15D": 15 * DAY,
    "P18D": 18 * DAY,
    "P30D": 30 * DAY,
    "P1M": 30 * DAY,
}
"""The periods of Amazon's model, in seconds; the sandbox's month has 30 days."""


@dataclass(slots=True)
class Schedule:
    """One schedule; ``due`` is when it creates its next report."""

    id: str
    type: ReportType
    markets: tuple[Marketplace, ...]
    options: dict[str, str]
    period: str
    due: float

    def body(self) -> dict[str, object]:
        """Return the schedule as getReportSchedule shows it."""
        return {
            "reportScheduleId": self.id,
            "reportType": self.type.name,
            "marketplaceIds": [market.id for market in self.markets],
            "reportOptions": self.options,
            "period": self.period,
            "nextReportCreationTime": iso(self.due),
        }


@dataclass(slots=True)
class ScheduleBook:
    """The schedules of one account."""

    book: ReportBook
    _schedules: dict[str, Schedule] = field(default_factory=dict)
    _count: int = 0

    def create(self, grant: Grant, body: Mapping[str, Any]) -> Schedule:
        """Answer createReportSchedule; replaces the schedule of the same type and marketplaces.

        Raises:
            Refusal: 400 or 403, the request is not acceptable.
        """
        kind = report_requests.report_type(body, grant)
        markets = report_requests.marketplaces(body, grant.account)
        period = body.get("period")
        if period not in PERIODS:
            raise invalid_input("Invalid Input: period is not one of the allowed values.")
        if kind.longest_window is not None:
            # The all-orders reports can be requested but not scheduled.
            raise invalid_input(f"Invalid Input: {kind.name} cannot be scheduled.")
        due = self.book.world.clock.now()
        if body.get("nextReportCreationTime") is not None:
            asked = report_requests.instant(
                body["nextReportCreationTime"], "nextReportCreationTime"
            )
            due = max(due, asked)
        for other in list(self._schedules.values()):
            if other.type is kind and other.markets == markets:
                del self._schedules[other.id]
        self._count += 1
        schedule = Schedule(
            id=str(50_000_000_000 + self._count * 1_013),
            type=kind,
            markets=markets,
            options=report_requests.options(body),
            period=str(period),
            due=due,
        )
        self._schedules[schedule.id] = schedule
        return schedule

    def find(self, schedule_id: str) -> Schedule:
        """Return a schedule.

        Raises:
            Refusal: 400 the id is malformed, 404 there is no such schedule.
        """
        if not re.fullmatch(r"\d+", schedule_id):
            raise invalid_input(f"Invalid Input: {schedule_id} is not a valid schedule id.")
        schedule = self._schedules.get(schedule_id)
        if schedule is None:
            raise not_found(f"Report schedule {schedule_id} was not found.")
        return schedule

    def cancel(self, schedule_id: str) -> None:
        """Answer cancelReportSchedule.

        Raises:
            Refusal: 400 the id is malformed, 404 there is no such schedule.
        """
        del self._schedules[self.find(schedule_id).id]

    def of_types(self, types: list[str]) -> list[Schedule]:
        """Answer getReportSchedules.

        Raises:
            Refusal: 400, there are not 1 to 10 types.
        """
        if not 1 <= len(types) <= 10:  # noqa: PLR2004 - of Amazon's model
            raise Refusal(400, "InvalidInput", "Invalid Input: 1 to 10 reportTypes are required.")
        return [each for each in self._schedules.values() if each.type.name in types]

    def run(self) -> None:
        """Create the reports that have fallen due since the last call."""
        now = self.book.world.clock.now()
        for schedule in self._schedules.values():
            period = PERIODS[schedule.period]
            while schedule.due <= now:
                self.book.create(
                    schedule.type,
                    schedule.markets,
                    schedule.due - period,
                    schedule.due,
                    schedule.options,
                    created=schedule.due,
                    schedule_id=schedule.id,
                )
                schedule.due += period
