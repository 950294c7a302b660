"""Faults on demand: what can be made to go wrong, one table entry each, and when it does.

Three tables, by where a fault strikes: ``ANSWERS`` replace the answer, ``DAMAGES`` spoil the way
the right answer is sent, ``EFFECTS`` change what happens inside (a report that never ends, say).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
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
    retry_after: bool = False
    """Say ``seconds`` in Retry-After."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Damage on the way: which share of the body is sent, then maybe a reset."""

    sent: float = 1.0
    extra_declared: int = 0
    cut: bool = False
    """Send and declare a part of the body: `cut_share` of it, and never complete lines."""
    reset: bool = False
    undone: bool = False
    """Reset before anything is done."""
    refuse: bool = False
    """Drop all connections and accept none for ``seconds`` of wall time."""
    pause: bool = False
    """Wait ``seconds`` of wall time before the answer."""
    skew: bool = False
    """Add ``seconds`` to the ``Date``."""
    content_type: str | None = None
    """Say this instead of the right Content-Type."""
    rate: str | None = None
    """Say this in x-amzn-RateLimit-Limit."""
    drip: bool = False
    """Send a byte every ``seconds`` of wall time, for as long as the client listens."""


def _error(code: str, message: str, details: str = "") -> str:
    return f'{{"errors":[{{"code":"{code}","message":"{message}","details":"{details}"}}]}}'


_FORGED_WORDS = (
    "The access token Atza|IwEBIsandboxsandbox of jane.doe@example.com is wrong "
    "\\u001b]52;c;cm0gLXJmIC8=\\u0007\\r\\nERROR forged"
)
_ODD_MEMBERS = (
    '{"reportId":"","url":"","reportDocumentId":{},"processingStatus":7,"payload":"","items":[7],'
    '"reports":[7],"orders":[7],"access_token":7,"expires_in":"soon"}'
)
ANSWERS: Mapping[str, AnswerFault] = {
    "400": AnswerFault(400, _JSON, _error("InvalidInput", "One or more parameters are invalid.")),
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
    "404": AnswerFault(404, _JSON, _error("NOT_FOUND", "The requested resource was not found.")),
    "range_refused": AnswerFault(
        400, _JSON, _error("InvalidInput", "The date range exceeds the limit of 15 days.")
    ),
    "forged_words": AnswerFault(400, _JSON, _error("InvalidInput", _FORGED_WORDS)),
    "errors_of_texts": AnswerFault(400, _JSON, '{"errors":["Invalid"]}'),
    "errors_in_success": AnswerFault(
        200, _JSON, '{"errors":[{"code":"InternalFailure","message":"Try again."}],"payload":{}}'
    ),
    "not_an_object": AnswerFault(200, _JSON, '["OK"]'),
    "no_list": AnswerFault(200, _JSON, "{}"),
    "odd_members": AnswerFault(200, _JSON, _ODD_MEMBERS),
    "too_deep": AnswerFault(200, _JSON, '{"payload":' * 100_000),
    "409": AnswerFault(409, _JSON, _error("Conflict", "The resource is in conflict.")),
    "invalid_grant": AnswerFault(
        400,
        _JSON,
        '{"error":"invalid_grant","error_description":'
        '"The request has an invalid grant parameter : refresh_token"}',
    ),
    "expired_url": AnswerFault(
        403,
        _XML,
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
    ),
    "no_such_key": AnswerFault(
        404,
        _XML,
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>'
        "<Message>The specified key does not exist.</Message></Error>",
    ),
    "slow_down": AnswerFault(
        503,
        _XML,
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
    ),
}
DAMAGES: Mapping[str, Damage] = {
    "reset": Damage(sent=-1.0, reset=True),
    "reset_before": Damage(sent=-1.0, reset=True, undone=True),
    "reset_in_body": Damage(sent=0.5, reset=True),
    "refused": Damage(sent=-1.0, reset=True, refuse=True),
    "truncated": Damage(cut=True),
    "wrong_length": Damage(extra_declared=1_000),
    "wrong_type": Damage(content_type="application/octet-stream"),
    "slow": Damage(pause=True),
    "clock_skew": Damage(skew=True),
    "no_rate": Damage(rate="1e-9"),
    "endless_rate": Damage(rate="inf"),
    "drip": Damage(drip=True),
}
_GOLDEN = (5**0.5 - 1) / 2
"""Its multiples, modulo one, keep their distance from one another."""
_REPORTS = ("createReport",)
_MADE = ("createReport", "createQuery")
_QUERIES = ("createQuery",)
_PAGED = (
    "listTransactions",
    "searchOrders",
    "listInventory",
    "getPurchaseOrders",
    "getPurchaseOrdersStatus",
    "getOrders",
    "getCustomerInvoices",
)
_CATALOG = ("searchCatalogItems",)
_BATCHES = (
    "getCompetitiveSummary",
    "getFeaturedOfferExpectedPriceBatch",
    "getMyFeesEstimates",
    "getListingOffersBatch",
    "getItemOffersBatch",
)
EFFECTS: Mapping[str, tuple[str, ...]] = {
    "lost_report": _MADE,
    "stuck_report": _MADE,
    "unknown_status": _MADE,
    "missing_document": _MADE,
    "no_document": _REPORTS,
    "fatal_report": _MADE,
    "cancelled_report": _MADE,
    "unavailable_data": _REPORTS,
    "other_days": _REPORTS,
    "refused_fields": _QUERIES,
    "gone_field": _QUERIES,
    "no_rows": _QUERIES,
    "refused_asin": _CATALOG,
    "short_list": _CATALOG,
    "refused_token": _PAGED,
    "same_page": _PAGED,
    "odd_item": (*_PAGED, *_CATALOG),
    "refused_entry": _BATCHES,
    "failed_entry": _BATCHES,
    "new_member": _BATCHES,
    "stale_copy": ("searchOrders", "getPurchaseOrdersStatus"),
    "no_buyers": ("searchOrders",),
    "refused_data_set": ("searchOrders",),
    "refused_marketplace": ("searchOrders",),
    "other_types": _PAGED,
    "shared_key": ("listTransactions", "listInventory"),
    "no_ids": ("listTransactions",),
    "twice": (
        "createReport",
        "getReports",
        "searchCatalogItems",
        "getMarketplaceParticipations",
        "document",
    ),
    "shifted_row": ("document",),
    "revoked_tokens": (),
    "lost_object": (),
    "endless_links": (),
}
"""Each effect with the operations that it means something to; none named: all of the SP-API."""
HOSTILE = ("echoed_secrets", "odd_json", "odd_errors", "deep_json", "control_characters")
"""Answers of Optiply's that a client has to survive; `optiply.hostile` says what they are."""
OF_CREATORS = ("throttled_with_pause", "new_enumeration", "amount_as_text", "new_members")
"""Answers of the Creators API that a client has to survive; `creators.odd` says what they are."""
NAMES = (*ANSWERS, *DAMAGES, *EFFECTS, *HOSTILE, *OF_CREATORS)
OPTIPLY = "optiply."
"""What the operations of the Optiply API begin with."""
CREATORS = "creators."
"""What the operations of the Creators API begin with."""
_OPTIPLY_ONLY = (*HOSTILE, "lost_object", "endless_links")
_ANSWERS_OF: Mapping[str, tuple[str, ...]] = {"range_refused": _REPORTS}
_AMAZON_ONLY = (
    "forged_words",
    "errors_of_texts",
    "errors_in_success",
    "not_an_object",
    "no_list",
    "odd_members",
    "too_deep",
    "no_rate",
    "endless_rate",
    "range_refused",
    "expired_token",
    "invalid_grant",
    "expired_url",
    "no_such_key",
    "slow_down",
)


def _possible(name: str, operation: str) -> bool:
    """Say whether a fault means something to an operation, or to any that a pattern names."""
    if name in _AMAZON_ONLY and operation.startswith(OPTIPLY):
        return False
    if name in _OPTIPLY_ONLY:
        return operation.startswith(OPTIPLY)
    if name in OF_CREATORS:
        return operation.startswith(CREATORS)
    meant = EFFECTS.get(name) or _ANSWERS_OF.get(name) or (operation,)
    return operation == "*" or operation in meant


def _drawn(entry: Mapping[str, Any]) -> int:
    """Return which of the first ``among`` calls is struck, drawn by ``seed``."""
    among = int(entry.get("among", 1))
    if among < 1:
        message = f"among is to be 1 or more, not {among}"
        raise ValueError(message)
    return draws(key("among", str(entry.get("seed", ""))), among)[0] * among // SCALE


@dataclass(slots=True)
class Fault:
    """A fault switched on for an operation, or for all that a pattern such as ``*`` names."""

    operation: str
    name: str
    times: int | None = 1
    """How often it strikes; None for ever."""
    probability: float = 1.0
    skip: int = 0
    """So many calls go well first."""
    seconds: float = 1.0
    where: Mapping[str, Any] = field(default_factory=dict)
    """Strike only calls about an object of Optiply's with these attributes, or about these ASINs."""
    seen: int = 0
    struck: int = 0

    def is_for(self, operation: str, subject: Mapping[str, Any]) -> bool:
        """Say whether calls of this operation, about this object, are to feel the fault."""
        return (
            fnmatchcase(operation, self.operation)
            and _possible(self.name, operation)
            and all(subject.get(name) == value for name, value in self.where.items())
        )

    def cut_share(self) -> float:
        """Return the share of a body that is left of it: another one each time, from 0.5 to 0.9."""
        return 0.5 + 0.4 * (self.struck * _GOLDEN % 1)

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
        self.struck += 1
        return True


@dataclass(slots=True)
class FaultBoard:
    """The faults that are switched on."""

    faults: list[Fault] = field(default_factory=list)
    struck: int = 0
    """How often any fault has struck since the start."""

    def switch_on(self, entry: Mapping[str, Any]) -> None:
        """Switch a fault on from its JSON form.

        Raises:
            ValueError: the entry is not a fault; the message says why.
        """
        known = {"operation", "fault", "times", "probability", "skip", "among", "seed", "seconds"}
        known.add("where")
        if unknown := set(entry) - known:
            message = f"unknown key {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}"
            raise ValueError(message)
        name, times = str(entry.get("fault")), entry.get("times", 1)
        operation = str(entry.get("operation", "*"))
        if name not in NAMES:
            message = f"unknown fault {name!r}; known: {', '.join(NAMES)}"
            raise ValueError(message)
        if not _possible(name, operation):
            company = "Optiply's" if name in _OPTIPLY_ONLY else "Amazon's"
            company = "the Creators API" if name in OF_CREATORS else company
            possible = ", ".join(EFFECTS.get(name, ())) or f"operations of {company}"
            message = f"{name} means nothing to {operation}, only to {possible}"
            raise ValueError(message)
        where = entry.get("where", {})
        if not isinstance(where, dict):
            raise TypeError("where is to be an object of attributes and values")
        if where and not operation.startswith((OPTIPLY, CREATORS)):
            message = (
                f"where means something only to operations that begin with {OPTIPLY} or {CREATORS}"
            )
            raise ValueError(message)
        self.faults.append(
            Fault(
                operation=operation,
                name=name,
                times=None if times is None else int(times),
                probability=float(entry.get("probability", 1.0)),
                skip=int(entry.get("skip", 0)) + _drawn(entry),
                seconds=float(entry.get("seconds", 1.0)),
                where=where,
            )
        )

    def next(self, operation: str, subject: Mapping[str, Any] | None = None) -> Fault | None:
        """Return the fault that strikes this call of an operation, if any.

        ``subject``: the attributes of the object that a call to Optiply is about, or the ASINs, each
        with True, of one to the Creators API.
        """
        for fault in self.faults:
            if fault.is_for(operation, subject or {}) and fault.strikes():
                self.struck += 1
                return fault
        return None
