"""Time of which Amazon says that its data is unavailable: requested again, and never for ever."""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import warm_start
from running import Output
from scripted_amazon import ScriptedAmazon, bookmark_of, now, scripted_amazon, summary_of, written

from tap_amazon_seller.reports.requests.holes import MOST_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from running import Record

WEEKLY, DAILY = "market_basket", "vendor_traffic"
TEXT = "The requested data is unavailable. Please try a different date range"
DAY = timedelta(days=1)


def day_of(text: str) -> date:
    return datetime.fromisoformat(text).date()


class Late:
    """Days that Amazon does not have yet."""

    def __init__(self, *days: date) -> None:
        self.days = set(days)

    def lacks(self, report: Record) -> bool:
        """Whether a report is of such a day."""
        first, last = (day_of(report[name]) for name in ("dataStartTime", "dataEndTime"))
        return any(first <= day <= last for day in self.days)

    def status(self, report: Record) -> str:
        return "FATAL" if self.lacks(report) else "DONE"

    def document(self, report: Record) -> Any:
        if self.lacks(report):
            return {"errorDetails": TEXT}
        first, last = (day_of(report[name]) for name in ("dataStartTime", "dataEndTime"))
        days = [first + number * DAY for number in range((last - first).days + 1)]
        week = {"startDate": f"{first}", "endDate": f"{last}", "asin": "B1"}
        weeks = [{**week, "purchasedWithAsin": "B2", "purchasedWithRank": 1}]
        views = [
            {"startDate": f"{day}", "endDate": f"{day}", "asin": "B1", "glanceViews": 1}
            for day in days
        ]
        return {"dataByAsin": weeks, "trafficByAsin": views, "trafficAggregate": []}


@contextmanager
def amazon_without(*days: date) -> Iterator[tuple[ScriptedAmazon, Late]]:
    late = Late(*days)
    with scripted_amazon(status=late.status, document=late.document) as amazon:
        yield amazon, late


def saturdays(count: int) -> list[date]:
    """The last days of so many weeks that are published, the last one two weeks ago or more."""
    today = now().date()
    last = today - timedelta(days=14 + (today.isoweekday() + 1) % 7)
    return [last - timedelta(weeks=back) for back in reversed(range(count))]


def since(day: date) -> str:
    """A start date."""
    return written(datetime(day.year, day.month, day.day, tzinfo=UTC))


def weeks_of(output: Output) -> list[str]:
    return [record["end_date"] for record in output.records.get(WEEKLY, [])]


def test_a_week_that_is_unavailable_is_requested_again_by_itself_until_it_comes(
    tmp_path: Path,
) -> None:
    ends = saturdays(4)
    settings: dict[str, Any] = {
        "start_date": since(ends[0] - 6 * DAY),
        "end_date": since(ends[-1] + DAY),
    }
    with amazon_without(ends[1]) as (amazon, late):
        first = amazon.sync(tmp_path, WEEKLY, **settings)
        amazon.ahead = timedelta(hours=12)
        before = len(amazon.reports)
        second = amazon.sync(tmp_path, WEEKLY, state=first.state, **settings)
        asked_again = len(amazon.reports) - before
        late.days.clear()
        amazon.ahead = timedelta(hours=18)
        third = amazon.sync(tmp_path, WEEKLY, state=second.state, **settings)
        amazon.ahead = timedelta(hours=48)
        before = len(amazon.reports)
        fourth = amazon.sync(tmp_path, WEEKLY, state=third.state, **settings)

    assert weeks_of(first) == [f"{end}" for end in ends if end != ends[1]]
    assert day_of(bookmark_of(first, WEEKLY) or "") == ends[-1] + DAY
    for output in (first, second):
        summary = summary_of(output, WEEKLY)
        assert (summary["complete"], summary["holes"]) == (False, 1)
        assert TEXT in output.errors
    assert asked_again == 1
    assert weeks_of(second) == []
    assert weeks_of(third) == [f"{ends[1]}"]
    assert bookmark_of(third, WEEKLY) == bookmark_of(first, WEEKLY)
    summary = summary_of(third, WEEKLY)
    assert (summary["complete"], summary["holes"]) == (True, 0)
    assert len(amazon.reports) == before
    assert "holes" not in json.dumps(fourth.state)


def test_what_is_unavailable_for_a_day_is_a_time_without_data(tmp_path: Path) -> None:
    ends = saturdays(3)
    settings: dict[str, Any] = {
        "start_date": since(ends[0] - 6 * DAY),
        "end_date": since(ends[-1] + DAY),
        "fail_on_incomplete": True,
    }
    with amazon_without(ends[0]) as (amazon, _):
        first = amazon.sync(tmp_path, WEEKLY, **settings)
        amazon.ahead = timedelta(hours=36)
        second = amazon.sync(tmp_path, WEEKLY, state=first.state, **settings)
        before = len(amazon.reports)
        amazon.ahead = timedelta(hours=72)
        amazon.sync(tmp_path, WEEKLY, state=second.state, **settings)

    assert first.returncode == 1
    assert second.returncode == 0, second.errors
    assert f"{TEXT}" in second.errors
    assert "taken as a time without data" in second.errors
    assert summary_of(second, WEEKLY)["complete"]
    assert len(amazon.reports) == before


def test_a_snapshot_that_is_unavailable_for_a_day_is_without_data(tmp_path: Path) -> None:
    stream = "vendor_forecasting_fresh"
    script = {"status": lambda _: "FATAL", "document": lambda _: {"errorDetails": TEXT}}
    with scripted_amazon(**script) as amazon:
        first = amazon.sync(tmp_path, stream)
        amazon.ahead = timedelta(hours=36)
        second = amazon.sync(tmp_path, stream, state=first.state)

    assert not summary_of(first, stream)["complete"]
    assert summary_of(second, stream)["complete"]
    assert len(amazon.reports) == len(("first", "second")), "it would say the same again"


def test_many_weeks_are_requested_again_a_few_at_a_time(tmp_path: Path) -> None:
    ends = saturdays(9)
    settings: dict[str, Any] = {
        "start_date": since(ends[0] - 6 * DAY),
        "end_date": since(ends[-1] + DAY),
    }
    with amazon_without(*ends) as (amazon, late):
        state = amazon.sync(tmp_path, WEEKLY, **settings).state
        late.days.clear()
        found: list[str] = []
        counts = []
        for sync in range(1, 5):
            amazon.ahead = sync * timedelta(hours=5)
            before = len(amazon.reports)
            output = amazon.sync(tmp_path, WEEKLY, state=state, **settings)
            counts.append(len(amazon.reports) - before)
            found += weeks_of(output)
            complete = summary_of(output, WEEKLY)["complete"]
            assert complete is (len(found) == len(ends))
            state = output.state

    assert sorted(found) == [f"{end}" for end in ends]
    assert counts == [MOST_AT_ONCE, MOST_AT_ONCE, 1, 0]


def test_one_day_that_is_unavailable_does_not_cost_the_fortnight_that_it_was_requested_with(
    tmp_path: Path,
) -> None:
    lacking = saturdays(3)[0]
    settings: dict[str, Any] = {
        "start_date": since(lacking - 5 * DAY),
        "end_date": since(lacking + 9 * DAY),
        "lookback_days": {DAILY: 0},
    }
    days: Counter[str] = Counter()
    with amazon_without(lacking) as (amazon, _):
        state, log = None, ""
        for sync in range(7):
            amazon.ahead = sync * timedelta(hours=12)
            before = len(amazon.reports)
            output = amazon.sync(tmp_path, DAILY, state=state, **settings)
            assert len(amazon.reports) - before <= MOST_AT_ONCE
            days.update(record["end_date"] for record in output.records.get(DAILY, []))
            state, log = output.state, log + output.errors

    wanted = {f"{lacking + number * DAY}" for number in range(-5, 9)} - {f"{lacking}"}
    assert dict(days) == dict.fromkeys(wanted, 1)
    assert log.count("taken as a time without data") == 1
    assert summary_of(output, DAILY)["complete"]


def killed(words: list[str], lines: int) -> Output:
    """Run the tap, and kill it after so many lines of its output, if it has not ended before."""
    with warm_start.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    ) as tap:
        assert tap.stdout is not None
        found = []
        for line in tap.stdout:
            found.append(line)
            if len(found) >= lines:
                break
        tap.kill()
        found += tap.stdout.readlines()
    return Output.read(found)


@pytest.mark.parametrize("seed", range(2))
def test_a_crash_at_any_line_loses_no_hole_and_forgets_none_that_was_filled(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    ends = saturdays(6)
    settings: dict[str, Any] = {
        "start_date": since(ends[0] - 6 * DAY),
        "end_date": since(ends[-1] + DAY),
    }
    handed_over: Counter[str] = Counter()
    """Weeks that were read before a STATE that the next sync continued from."""
    with amazon_without(*chance.sample(ends, 4)) as (amazon, late):
        state: Record | None = None
        for sync in range(12):
            amazon.ahead = sync * timedelta(hours=1)
            words = amazon.command(tmp_path, WEEKLY, state=state, **settings)
            output = killed(words, chance.randint(1, 14) if sync < 8 else 10**9)
            if output.state is not None:
                state = output.state
                handed_over.update(weeks_of(output))
            if late.days and chance.random() < 0.5:
                late.days.pop()
            if sync >= 7:
                late.days.clear()

    assert set(handed_over) == {f"{end}" for end in ends}
    assert "holes" not in json.dumps(state)


def test_a_state_whose_holes_cannot_be_read_is_refused(tmp_path: Path) -> None:
    partition = {"context": {"marketplace_id": "ATVPDKIKX0DER"}, "holes": [{"start": "never"}]}
    with amazon_without() as (amazon, _):
        output = amazon.sync(
            tmp_path, WEEKLY, state={"bookmarks": {WEEKLY: {"partitions": [partition]}}}
        )

    assert output.returncode == 1
    assert f"the holes of {WEEKLY} are damaged" in output.errors
