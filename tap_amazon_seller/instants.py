"""Instants: as text, and as the start of a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from amazon_selling_partner import FIRST_YEAR

DAY = timedelta(days=1)
TWO_YEARS = 730 * DAY  # how long Amazon keeps most of its data


def parse_instant(text: str) -> datetime | None:
    """An ISO 8601 instant (UTC when it names no zone); None when it is none, or no time of Amazon's."""
    try:
        instant = datetime.fromisoformat(text.strip())
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return instant if instant.year >= FIRST_YEAR else None


def midnight(instant: datetime) -> datetime:
    """The start of the day in UTC: where windows begin that no bookmark or setting anchors."""
    return instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def minutes(instant: datetime) -> str:
    """An instant as people read it, to the minute: `2026-11-02 08:15 UTC`."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
