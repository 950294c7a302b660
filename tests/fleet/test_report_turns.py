"""Accounts that share the limit of a report type are served in order, and none waits for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from amazon_fleet.limits.report_turns import Used, Waiter, free_at, seconds_until_turn
from amazon_selling_partner import ReportLimit

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TRAFFIC = ReportLimit(15 * MINUTE, 96)
A, B, C = (Waiter(name, NOW - 3 * HOUR + at * MINUTE) for at, name in enumerate("ABC"))


def test_the_first_one_may_request_a_report_at_once() -> None:
    assert seconds_until_turn("A", [A], Used(), TRAFFIC, NOW) == 0


def test_the_next_comes_an_interval_later_and_each_account_knows_its_place() -> None:
    used = Used((NOW - 5 * MINUTE,))
    waits = [seconds_until_turn(each, [A, B, C], used, TRAFFIC, NOW) for each in "ABC"]
    assert waits == [600.0, 1500.0, 2400.0]


def test_of_what_has_a_limit_a_day_the_next_comes_when_the_oldest_is_a_day_old() -> None:
    limit = ReportLimit(timedelta(0), 20)
    used = Used(tuple(NOW - DAY + (1 + at) * HOUR for at in range(20)))
    assert free_at(used, limit, NOW) == NOW + HOUR
    assert free_at(used, limit, NOW, 3) == NOW + 3 * HOUR


def test_a_report_is_kept_for_the_first_in_the_queue_and_then_goes_to_who_is_there() -> None:
    free = NOW - 10 * MINUTE
    used = Used((free - 15 * MINUTE,))
    assert seconds_until_turn("B", [A, B], used, TRAFFIC, NOW) == 900.0  # the one after that
    assert seconds_until_turn("A", [A, B], used, TRAFFIC, NOW) == 0
    newcomer = Waiter("A", free - MINUTE)
    later = Waiter("B", free)
    assert seconds_until_turn("B", [newcomer, later], used, TRAFFIC, NOW) == 0


def test_it_is_kept_for_an_hour_for_one_that_has_waited_long_and_no_longer() -> None:
    used, limit = Used((NOW - DAY + MINUTE,)), ReportLimit(timedelta(0), 1)
    patient, other = Waiter("A", NOW - DAY), Waiter("B", NOW)
    free = NOW + MINUTE
    queue = [patient, other]
    assert seconds_until_turn("B", queue, used, limit, free + 59 * MINUTE) == 60.0
    assert seconds_until_turn("B", queue, used, limit, free + 60 * MINUTE) == 0


def test_whoever_comes_every_half_hour_is_served_however_many_come_every_minute() -> None:
    used = Used()
    queue: list[Waiter] = []
    seen: list[tuple[str, int]] = []
    visits = {"slow": 30, **{f"quick{at}": 1 for at in range(5)}}
    for minute in range(12 * 60):
        now = NOW + minute * MINUTE
        for account, every in visits.items():
            if minute % every:
                continue
            if account not in [each.account for each in queue]:
                queue.append(Waiter(account, now))
            if seconds_until_turn(account, queue, used, TRAFFIC, now) == 0:
                used = used.granted(now)
                queue = [each for each in queue if each.account != account]
                seen.append((account, minute))

    slow = [minute for account, minute in seen if account == "slow"]
    assert len(slow) >= 5, slow
    assert all(later - earlier >= 15 for (_, earlier), (_, later) in pairwise(seen))
    assert len(seen) >= 0.7 * 12 * 4, "little of what Amazon allows is left over"


def test_after_refusals_the_next_report_waits_longer_each_time() -> None:
    free = ReportLimit(timedelta(0))
    used, waits = Used(), []
    for _ in range(3):
        used = used.granted(NOW).refused_now(NOW)
        waits.append(free_at(used, free, NOW) - NOW)
    assert waits == [MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert used.times == (), "what was refused is not counted"


def test_refusals_are_over_once_a_report_has_passed() -> None:
    used = Used().granted(NOW).refused_now(NOW)
    passed = used.granted(NOW + MINUTE)
    assert passed.refusals == 1
    assert passed.granted(NOW + 2 * MINUTE).refusals == 0
