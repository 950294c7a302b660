"""The sync goes by Amazon's time, whatever the machine's clock says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from amazon_selling_partner import AmazonClock

AMAZON = datetime(2026, 11, 2, 8, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def header(instant: datetime) -> str:
    return format_datetime(instant, usegmt=True)


def test_until_the_first_answer_the_machines_clock_has_to_do() -> None:
    assert abs(AmazonClock().now() - datetime.now(UTC)) < SECOND


def test_the_first_answer_tells_the_time() -> None:
    clock = AmazonClock(believed=None)

    clock.synchronise(header(AMAZON), clock.monotonic())

    assert abs(clock.now() - AMAZON) < SECOND


def test_an_answer_that_took_long_does_not_turn_the_clock_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = AmazonClock(believed=None)
    clock.synchronise(header(AMAZON), clock.monotonic())

    clock.synchronise(header(AMAZON - 50 * SECOND), clock.monotonic() - 55)

    assert abs(clock.now() - AMAZON) < SECOND
    assert caplog.text == ""


@pytest.mark.parametrize("skew", [-3600, 3600])
def test_of_servers_that_disagree_the_earlier_is_believed(
    caplog: pytest.LogCaptureFixture, skew: int
) -> None:
    clock = AmazonClock(believed=None)
    clock.synchronise(header(AMAZON), clock.monotonic())

    clock.synchronise(header(AMAZON + skew * SECOND), clock.monotonic())

    assert abs(clock.now() - min(AMAZON, AMAZON + skew * SECOND)) < SECOND
    assert "Amazon's servers disagree about the time" in caplog.text


def test_a_disagreement_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = AmazonClock(believed=None)
    clock.synchronise(header(AMAZON - 3600 * SECOND), clock.monotonic())

    for _ in range(3):
        clock.synchronise(header(AMAZON), clock.monotonic())

    assert caplog.text.count("disagree") == 1


def test_what_is_no_date_is_passed_over() -> None:
    clock = AmazonClock(believed=None)
    clock.synchronise(header(AMAZON), clock.monotonic())

    clock.synchronise("yesterday", clock.monotonic())

    assert abs(clock.now() - AMAZON) < SECOND


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 -1400",
        "Mon, 01 Jan 1900 00:00:00 GMT",
        "",
        "\u00e9",
    ],
)
def test_a_year_in_which_amazon_does_not_answer_is_passed_over(text: str) -> None:
    clock = AmazonClock(believed=None)
    clock.synchronise(header(AMAZON), clock.monotonic())

    clock.synchronise(text, clock.monotonic())

    assert abs(clock.now() - AMAZON) < SECOND


@pytest.mark.parametrize("minutes", [-20, 20, 23 * 60])
def test_a_date_far_from_the_machines_clock_is_used_and_reported_once(
    caplog: pytest.LogCaptureFixture, minutes: int
) -> None:
    clock = AmazonClock()
    amazon = (datetime.now(UTC) + timedelta(minutes=minutes)).replace(microsecond=0)

    for _ in range(2):
        clock.synchronise(header(amazon), clock.monotonic())

    assert abs(clock.now() - amazon) < 2 * SECOND
    assert caplog.text.count("Amazon's clock (Date header) is") == 1
    assert "Amazon's is used" in caplog.text


@pytest.mark.parametrize("days", [-2, 2, 400])
def test_a_date_more_than_a_day_from_it_is_not_believed(
    caplog: pytest.LogCaptureFixture, days: int
) -> None:
    clock = AmazonClock()

    clock.synchronise(header(datetime.now(UTC) + timedelta(days=days)), clock.monotonic())

    assert abs(clock.now() - datetime.now(UTC)) < SECOND
    assert "it is not believed" in caplog.text


def test_a_date_like_the_machines_is_not_worth_a_word(caplog: pytest.LogCaptureFixture) -> None:
    clock = AmazonClock()

    clock.synchronise(header(datetime.now(UTC) + timedelta(minutes=10)), clock.monotonic())

    assert caplog.text == ""
