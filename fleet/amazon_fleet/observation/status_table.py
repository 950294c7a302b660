"""A fleet's status on a terminal: a table of its accounts, the most urgent first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from amazon_fleet.observation.status import FAILING, INCOMPLETE, LATE, PAUSED

if TYPE_CHECKING:
    from datetime import datetime

    from amazon_fleet.observation.status import AccountStatus, FleetStatus

_STYLES: Final = {PAUSED: "magenta", FAILING: "red", INCOMPLETE: "yellow", LATE: "yellow"}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def table_of(status: FleetStatus) -> Table:
    """The table of a status."""
    counts = ", ".join(f"{count} {name}" for name, count in status.states.items() if count)
    table = Table(
        title=Text(f"{status.total} accounts: {counts or 'none'}; {status.running} running"),
        title_justify="left",
        caption=Text(
            f"{status.at:%Y-%m-%d %H:%M:%S} UTC; longest late {duration(status.late)}; "
            f"429s in 24 hours: {status.refused}"
        ),
        caption_justify="left",
        expand=False,
    )
    for name in ("Account", "State", "Running", "Last success", "Late", "429s", "What it says"):
        right = name in {"Late", "429s"}
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "What it says")
    for account in status.accounts:
        table.add_row(*_cells(account, status.at))
    left = status.total - len(status.accounts)
    if left > 0:
        table.add_row(Text(f"and {left} more"))
    return table


def _cells(account: AccountStatus, now: datetime) -> tuple[Text, ...]:
    last = account.last_success
    success = f"{duration((now - last).total_seconds())} ago" if last else "never"
    return (
        Text(account.name),
        Text(account.state, style=_STYLES.get(account.state, "")),
        Text(account.running or ""),
        Text(success),
        Text(duration(account.late) if account.late >= _MINUTE else ""),
        Text(str(account.refused or "")),
        Text(account.sentence or ""),
    )


def duration(seconds: float) -> str:
    """How long, as a person says it.

    >>> duration(42), duration(150), duration(7_300), duration(200_000)
    ('42 s', '2 min', '2 h 1 min', '2 d 7 h')
    """
    full = int(max(0.0, seconds))
    if full < _MINUTE:
        return f"{full} s"
    if full < _HOUR:
        return f"{full // _MINUTE} min"
    if full < _DAY:
        return f"{full // _HOUR} h {full % _HOUR // _MINUTE} min"
    return f"{full // _DAY} d {full % _DAY // _HOUR} h"
