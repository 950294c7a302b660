"""The accounts as a table for a terminal; the ones that need a person come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from amazon_fleet.observation.status import AccountStatus

_STYLES = {
    "paused": "bold red",
    "failed": "red",
    "killed": "yellow",
    "incomplete": "yellow",
    "succeeded": "green",
}


def table_of(accounts: Sequence[AccountStatus], now: datetime) -> Table:
    """Return a row for each account: what it is at, its last success, how late it is, what fails."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("account", "state", "last success", "late", "records", "CPU", "sentence"):
        table.add_column(name, justify="right" if name in {"late", "records", "CPU"} else "left")
    for each in sorted(accounts, key=lambda each: (_rank(each), each.name)):
        state = _state(each)
        style = "cyan" if each.running else _STYLES.get(state, "dim")
        table.add_row(
            Text(each.name),
            Text(state, style),
            Text(_ago(each.last_success, now)),
            Text(_span(each.lag(now).total_seconds())),
            Text(_figure(each, "records")),
            Text(f"{_figure(each, 'cpu')} s" if _figure(each, "cpu") else ""),
            Text(_sentence(each), overflow="ellipsis", no_wrap=True),
        )
    return table


def summary(accounts: Sequence[AccountStatus]) -> str:
    """Return how many accounts are in which state, in one line."""
    states = [_state(each) if not each.running else "running" for each in accounts]
    counted = {state: states.count(state) for state in dict.fromkeys(sorted(states))}
    return f"{len(accounts)} accounts: " + ", ".join(
        f"{number} {state}" for state, number in counted.items()
    )


def _state(account: AccountStatus) -> str:
    if account.paused is not None:
        return "paused"
    return account.running or account.outcome or "waiting"


def _rank(account: AccountStatus) -> int:
    if account.paused is not None:
        return 0
    return 1 if account.outcome in {"failed", "killed", "incomplete"} else 2


def _sentence(account: AccountStatus) -> str:
    if account.paused is not None:
        return account.paused
    return "" if account.outcome == "succeeded" else account.sentence or ""


def _figure(account: AccountStatus, name: str) -> str:
    value = account.figures.get(name)
    return "" if value is None else str(value)


def _ago(instant: datetime | None, now: datetime) -> str:
    return "never" if instant is None else f"{_span((now - instant).total_seconds()) or '0 s'} ago"


def _span(seconds: float) -> str:
    """Return a time as people say it; nothing for less than a second."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s" if seconds >= 1 else ""
