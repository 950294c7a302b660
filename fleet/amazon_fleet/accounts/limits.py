"""Limits that accounts share, as a user gives them in the table `limits` of accounts.toml.

[defaults.limits.calls]                  # of the application, over all of its accounts
createReport = { rate = 0.5, burst = 30 }

[defaults.limits.reports]
GET_SALES_AND_TRAFFIC_REPORT = { minutes = 15, a_day = 96, per = "application" }
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from amazon_fleet.errors import AccountsFileError

APPLICATION, SELLER = "application", "seller"
_MOST: Final = 1e9
_EXAMPLES: Final = {
    "calls": "createReport = { rate = 0.5, burst = 30 }",
    "reports": "GET_SALES_AND_TRAFFIC_REPORT = { minutes = 15, a_day = 96 }",
}


@dataclass(frozen=True, slots=True)
class CallRule:
    """What Amazon allows an application of an operation, over all sellers.

    Attributes:
        rate: Calls a second.
        burst: Calls at once.
    """

    rate: float
    burst: int = 1


@dataclass(frozen=True, slots=True)
class ReportRule:
    """What Amazon allows of a report type.

    Attributes:
        minutes: The least time between two reports; 0 for any.
        a_day: The most reports in 24 hours; 0 for any number.
        per: Whose limit it is: a seller's over all applications, or an application's over all sellers.
    """

    minutes: float = 0.0
    a_day: int = 0
    per: str = SELLER


@dataclass(frozen=True, slots=True)
class GivenLimits:
    """What a user has given.

    Attributes:
        calls: By operation.
        reports: By report type.
    """

    calls: Mapping[str, CallRule] = field(default_factory=dict)
    reports: Mapping[str, ReportRule] = field(default_factory=dict)


def limits_of(given: Mapping[str, Any], where: str) -> GivenLimits:
    """Read the table `limits`.

    >>> limits_of({"calls": {"createReport": {"rate": 0.5, "burst": 30}}}, "limits").calls
    {'createReport': CallRule(rate=0.5, burst=30)}

    Raises:
        AccountsFileError: A limit makes no sense; the message names it.
    """
    for name in given.keys() - _EXAMPLES.keys():
        raise AccountsFileError(f"{where}: '{name}' is neither 'calls' nor 'reports'; remove it.")
    calls = {
        name: CallRule(_number(rule, "rate", at), int(_number(rule, "burst", at, 1)))
        for name, rule, at in _rules(given, "calls", where, {"rate", "burst"})
    }
    reports = {
        name: ReportRule(
            _number(rule, "minutes", at, 0), int(_number(rule, "a_day", at, 0)), _per(rule, at)
        )
        for name, rule, at in _rules(given, "reports", where, {"minutes", "a_day", "per"})
    }
    for name, limit in reports.items():
        if not (limit.minutes or limit.a_day):
            raise AccountsFileError(
                f"{where}.reports.{name}: 'minutes' or 'a_day' is missing; write {_EXAMPLES['reports']}."
            )
    return GivenLimits(calls, reports)


def _rules(
    given: Mapping[str, Any], kind: str, where: str, known: set[str]
) -> list[tuple[str, Mapping[str, Any], str]]:
    """The rules of a kind: name, table, and place for messages."""
    table = given.get(kind, {})
    found = table.items() if isinstance(table, Mapping) else [(kind, None)]
    rules = []
    for name, rule in found:
        if not isinstance(rule, Mapping):
            raise AccountsFileError(
                f"{where}.{kind}: '{name}' must be a table; write {_EXAMPLES[kind]}."
            )
        at = f"{where}.{kind}.{name}"
        for key in rule.keys() - known:
            raise AccountsFileError(
                f"{at}: '{key}' is not a setting; there are {', '.join(sorted(known))}."
            )
        rules.append((name, rule, at))
    return rules


def _number(rule: Mapping[str, Any], name: str, where: str, default: float | None = None) -> float:
    if name not in rule and default is not None:
        return default
    if name not in rule:
        raise AccountsFileError(f"{where}: '{name}' is missing.")
    value = rule[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _MOST:
        raise AccountsFileError(f"{where}: '{name}' must be a positive number.")
    if name in {"burst", "a_day"} and value != int(value):
        raise AccountsFileError(f"{where}: '{name}' must be a whole number.")
    return float(value)


def _per(rule: Mapping[str, Any], where: str) -> str:
    per = rule.get("per", SELLER)
    if per not in {APPLICATION, SELLER}:
        raise AccountsFileError(f"{where}: 'per' must be '{APPLICATION}' or '{SELLER}'.")
    return str(per)
