"""Faults on demand: what can be made to go wrong, one table entry each, and when it does.

Three tables, by where a fault strikes: ``ANSWERS`` replace the answer, ``BODIES`` damage the way
the right answer is sent, ``EFFECTS`` change what happens inside (a report that never ends, say).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.chance import SCALE, draws, key

if TYPE_CHECKING:
    from collections.abc import Mapping

_HTML = (
    "<html><head><title>503 Service Temporarily Unavailable</title></head>"
    "<body><center><h1>503 Service Temporarily Unavailable</h1></center></body></html>"
)
_JSON, _HTML_TYPE, _XML = "application/json", "text/html; charset=UTF-8", "application/xml"


@dataclass(frozen=True, slots=True)
class AnswerFault:
    """An answer that comes instead of the right one."""

    status: int
    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class BodyFault:
    """Damage on the way: which share of the body is sent and declared, then maybe a reset."""

    sent: float = 1.0
    declared: float = 1.0
    extra_declared: int = 0
    reset: bool = False
    pause: bool = False
    """Wait ``seconds`` of wall time before the body."""


def _error(code: str, message: str, details: str = "") -> str:
    return f'{{"errors":[{{"code":"{code}","message":"{message}","details":"{details}"}}]}}'


ANSWERS: Mapping[str, AnswerFault] = {
    "429": AnswerFault(
        429,
        _JSON,
        _error("QuotaExceeded", "You exceeded your quota for the requested resource."),
    ),
    "500": AnswerFault(500, _JSON, _error("InternalFailure", "We encountered an internal error.")),
    "503": AnswerFault(503, _HTML_TYPE, _HTML),
    "json_without_errors": AnswerFault(500, _JSON, '{"message":"Internal server error"}'),
    "html": AnswerFault(200, _HTML_TYPE, "<html><body>Sorry! Something went wrong.</body></html>"),
    "empty": AnswerFault(200, _JSON, ""),
    "403": AnswerFault(
        403, _JSON, _error("Unauthorized", "Access to requested resource is denied.")
    ),
    "expired_token": AnswerFault(
        403,
        _JSON,
        _error(
            "Unauthorized",
            "Access to requested resource is denied.",
            "The access token you provided has expired.",
        ),
    ),
    "expired_url": AnswerFault(
        403,
        _XML,
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
    ),
    "slow_down": AnswerFault(
        503,
        _XML,
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
    ),
}
BODIES: Mapping[str, BodyFault] = {
    "reset": BodyFault(sent=-1.0, reset=True),
    "reset_in_body": BodyFault(sent=0.5, reset=True),
    "truncated": BodyFault(sent=0.6, declared=0.6),
    "wrong_length": BodyFault(extra_declared=1_000),
    "slow": BodyFault(pause=True),
}
EFFECTS = (
    "lost_report",
    "stuck_report",
    "fatal_report",
    "cancelled_report",
    "revoked_tokens",
)
NAMES = (*ANSWERS, *BODIES, *EFFECTS)


@dataclass(slots=True)
class Fault:
    """A fault switched on for an operation (``*`` for any)."""

    operation: str
    name: str
    times: int | None = 1
    """How often it strikes; None for ever."""
    probability: float = 1.0
    skip: int = 0
    """So many calls go well first."""
    seconds: float = 1.0
    seen: int = 0

    def strikes(self) -> bool:
        """Count a call and say whether the fault strikes."""
        if self.times == 0:
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        chance = draws(key("fault", self.operation, self.name), self.seen)[0]
        if chance >= self.probability * SCALE:
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class FaultBoard:
    """The faults that are switched on."""

    faults: list[Fault] = field(default_factory=list)

    def switch_on(self, entry: Mapping[str, Any]) -> None:
        """Switch a fault on from its JSON form.

        Raises:
            ValueError: the entry is no fault; the message says why.
        """
        known = {"operation", "fault", "times", "probability", "skip", "seconds"}
        if unknown := set(entry) - known:
            message = f"unknown key {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}"
            raise ValueError(message)
        name, times = str(entry.get("fault")), entry.get("times", 1)
        if name not in NAMES:
            message = f"unknown fault {name!r}; known: {', '.join(NAMES)}"
            raise ValueError(message)
        self.faults.append(
            Fault(
                operation=str(entry.get("operation", "*")),
                name=name,
                times=None if times is None else int(times),
                probability=float(entry.get("probability", 1.0)),
                skip=int(entry.get("skip", 0)),
                seconds=float(entry.get("seconds", 1.0)),
            )
        )

    def next(self, operation: str) -> Fault | None:
        """Return the fault that strikes this call of an operation, if any."""
        for fault in self.faults:
            if fault.operation in (operation, "*") and fault.strikes():
                return fault
        return None
