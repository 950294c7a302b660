"""Dates outside of a report's time are noticed, in days and in instants."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tap_amazon_seller.reports.requests.windows import Window
from tap_amazon_seller.reports.rows.batches import first_and_last
from tap_amazon_seller.reports.rows.dates_seen import DatesSeen

WINDOW = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("dates", "is_outside"),
    [
        ([], False),
        ([None], False),
        (["2026-10-01", "2026-10-31"], False),
        (["2026-09-30"], False),
        (["2026-11-03T07:00:00+00:00"], False),
        (["2026-09-29"], True),
        (["2026-10-05", "2026-12-10"], True),
        (["2026-10-05T00:00:00+00:00", "2026-01-10T00:00:00+00:00"], True),
    ],
)
def test_a_date_far_from_the_time_asked_for_is_outside(
    dates: list[str | None], *, is_outside: bool
) -> None:
    seen = DatesSeen()
    seen.add(*first_and_last(pa.array(dates, pa.string())))

    assert seen.outside(WINDOW, NOW) is is_outside
