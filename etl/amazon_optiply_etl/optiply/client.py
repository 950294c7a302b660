"""Calls to the Optiply API: reads, creates, changes and removes objects, and says what came of it.

Reading, changing and removing are repeated until Optiply answers, since doing them twice does no harm.
Creating is not: once a POST may have reached Optiply and no answer came back, only its caller can find
out whether the object exists (`Optiply.find`).
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote

import backoff
import httpx

from amazon_optiply_etl.machine import THIS_MACHINE
from amazon_optiply_etl.optiply import answers
from amazon_optiply_etl.optiply.answers import Item, remote_id_of
from amazon_optiply_etl.optiply.certificates import tls_context
from amazon_optiply_etl.optiply.credentials import sendable_token
from amazon_optiply_etl.optiply.errors import (
    OptiplyCredentialsError,
    OptiplyDoubt,
    OptiplyRefusal,
    OptiplyUnavailable,
)
from amazon_optiply_etl.optiply.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from types import TracebackType

    from amazon_optiply_etl.machine import Machine
    from amazon_optiply_etl.optiply.answers import Json
    from amazon_optiply_etl.optiply.credentials import Credentials

__all__ = ["Item", "Optiply", "remote_id_of"]

T = TypeVar("T")
logger = logging.getLogger(__name__)

# At INFO, httpx logs every URL, ids and all; at DEBUG, httpcore logs the headers of answers.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

PAGE = 100  # objects, the most that Optiply gives at once
MOST_PAGES = 100_000  # more objects than any account has
TIMEOUT = 120.0  # seconds
LONGEST_CONNECT = 15.0  # seconds
MAX_TRIES = 10
BACKOFF_FACTOR = 5.0  # seconds: full jitter over 5, 10, 20, ...
BACKOFF_CAP = 120.0
LONGEST_WAIT = (
    600.0  # seconds that Optiply may ask to wait; runs follow one another every half-hour
)
_LONGEST_KIND = 80  # characters of a content type
_MEDIA_TYPE = "application/vnd.api+json"
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class _PassingError(Exception):
    """It may go well the next time."""

    def __init__(self, what: str, *, sent: bool, wait: float = 0.0, too_many: bool = False) -> None:
        super().__init__(what)
        self.sent = sent  # whether Optiply may have acted on the request
        self.wait = wait  # seconds that Optiply requests
        self.too_many = too_many  # whether Optiply has had too many requests


@dataclass(frozen=True, slots=True)
class _Request:
    """One request, without what all requests have."""

    method: str
    entity: str
    id: str | None = None
    query: Mapping[str, str] | None = None
    attributes: Mapping[str, Any] | None = None

    @property
    def path(self) -> str:
        own = "" if self.id is None else f"/{quote(self.id, safe='')}"
        return f"/{quote(self.entity, safe='')}{own}"

    @property
    def content(self) -> bytes | None:
        if self.attributes is None:
            return None
        data: Json = {"type": self.entity}
        if self.id is not None:
            data["id"] = self.id
        data["attributes"] = dict(self.attributes)
        return json.dumps({"data": data}, allow_nan=False).encode()

    @property
    def repeatable(self) -> bool:
        return self.method != "POST"

    def __str__(self) -> str:
        return f"{self.method} {self.entity}{'' if self.id is None else f' {self.id}'}"


class Optiply:
    """Optiply as one user, account and coupling see it: a context manager, safe to use from threads.

    Args:
        credentials: Whose Optiply it is.
        on_token: Called with each new access token.
        sleep: Waits so many seconds.
        clock: Says what time it is, with an offset.
        timeout: Seconds within which Optiply has to continue with an answer.
        at_once: How many calls threads have under way at most; a 429 slows them all.
        machine: Whose threads call.
        transport: Sends requests instead of the network, in a simulation.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        on_token: Callable[[str], object] = lambda _token: None,
        sleep: Callable[[float], object] = THIS_MACHINE.sleep,
        clock: Callable[[], datetime] = THIS_MACHINE.now,
        timeout: float = TIMEOUT,
        at_once: int = 1,
        machine: Machine = THIS_MACHINE,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._credentials = credentials
        self._token = credentials.access_token
        self._renewing = machine.lock()
        self._on_token = on_token
        self._sleep = sleep
        self._clock = clock
        self._pace = Pace(at_once, sleep, clock, machine)
        self._http = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, LONGEST_CONNECT)),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=at_once),
            follow_redirects=False,
            transport=transport,
            verify=True if transport else tls_context(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.close()

    def items(self, entity: str, **filters: object) -> Iterator[Item]:
        """Yield the objects of an entity, ordered by id, page by page.

        Args:
            entity: Such as products or sellOrders.
            filters: Attribute -> value that it must equal. Objects that stop fitting them (or are
                removed) between two pages let others slip through: collect first, then change.

        Raises:
            OptiplyRefusal: Optiply does not know the entity or a filter.
            OptiplyCredentialsError: log-in, account or coupling are wrong; the run has to end.
            OptiplyUnavailable: the run has to end.
        """
        wanted = {f"filter[{name}]": _query_text(value) for name, value in filters.items()}
        query = {**wanted, "sort": "id", "page[limit]": str(PAGE), "page[offset]": "0"}
        seen = set()
        for _ in range(MOST_PAGES):
            found, following = self._page(_Request("GET", entity, query=query))
            ids = hash(tuple(each.id for each in found))
            if found and ids in seen:
                break
            seen.add(ids)
            yield from found
            if not following or not found:
                return
            # What the link requests is requested at the address that is known to be Optiply's.
            query = {**query, **following}
        raise OptiplyUnavailable(
            f"Optiply's pages of {entity} go round in circles, or have no end; try again later."
        )

    def find(self, entity: str, remote_id: str, **narrowing: object) -> str | None:
        """Return the id of the first object that the shop knows by ``remote_id``; None if none is.

        Args:
            entity: Such as products or sellOrders.
            remote_id: The id that the object was, or was to be, created with.
            narrowing: Filters as in `items`, without which all objects of the entity are read.
        """
        coupling = self._credentials.coupling_id
        found = self.items(entity, **narrowing)
        return next((each.id for each in found if remote_id_of(each, coupling) == remote_id), None)

    def exists(self, entity: str, id: str) -> bool:  # noqa: A002
        """Return whether there is an object of this id.

        Raises:
            OptiplyUnavailable, OptiplyCredentialsError: the run has to end.
        """
        if not id.strip("."):  # a path of dots would lead to another object
            return False
        try:
            self._call(_Request("GET", entity, id), lambda body: answers.item(body.get("data")))
        except OptiplyRefusal as refusal:
            if refusal.status == httpx.codes.NOT_FOUND:
                return False
            raise
        return True

    def post(self, entity: str, attributes: Mapping[str, Any]) -> str:
        """Create an object and return its id.

        Raises:
            OptiplyDoubt: the object may have been created or not; see `find`.
            OptiplyRefusal: Optiply does not want this object.
            OptiplyUnavailable, OptiplyCredentialsError: it was not created, and the run has to end.
        """
        request = _Request("POST", entity, attributes=attributes)
        return self._call(request, lambda body: answers.item(body.get("data"))).id

    def patch(self, entity: str, id: str, attributes: Mapping[str, Any]) -> bool:  # noqa: A002
        """Change an object; False if there is no object of this id.

        Raises:
            OptiplyRefusal: Optiply does not want this change.
            OptiplyUnavailable, OptiplyCredentialsError: the run has to end.
        """
        return self._change(_Request("PATCH", entity, id, attributes=attributes))

    def delete(self, entity: str, id: str) -> None:  # noqa: A002
        """Remove an object, if there is one of this id.

        Raises:
            OptiplyRefusal: Optiply wants to keep the object.
            OptiplyUnavailable, OptiplyCredentialsError: the run has to end.
        """
        self._change(_Request("DELETE", entity, id))

    def _page(self, request: _Request) -> tuple[list[Item], dict[str, str]]:
        try:
            return self._call(request, answers.page)
        except OptiplyRefusal as refusal:
            if refusal.status != httpx.codes.FORBIDDEN:
                raise
            # About a record, 403 may be a firewall that dislikes the record; here it is the account.
            raise OptiplyCredentialsError(
                "Optiply does not open this account to this user: check account_id and couplingId in "
                f"apiCredentials of tenant-config.json ({refusal.reason})."
            ) from None

    def _change(self, request: _Request) -> bool:
        if not (request.id or "").strip("."):  # a path of dots would lead to another object
            return False
        try:
            return self._call(request, _done)
        except OptiplyRefusal as refusal:
            if refusal.status == httpx.codes.NOT_FOUND:
                return False
            raise

    @property
    def _identity(self) -> dict[str, str]:
        return {
            "accountId": self._credentials.account_id,
            "couplingId": self._credentials.coupling_id,
        }

    def _call(self, request: _Request, read: Callable[[Json], T | None]) -> T:
        """Make a request until it is answered, and return what ``read`` finds in the document.

        ``read`` returns None for a document that is not what was requested.
        """

        def attempt() -> T:
            try:
                with self._pace.turn():
                    answer = self._authorised(request)
                found = read(_checked(answer, str(request), self._clock(), self._hide))
                if found is None:
                    raise _misread(answer, self._hide)
            except _PassingError as error:
                if request.repeatable or not error.sent:
                    raise
                raise OptiplyDoubt(
                    f"It is not known whether {request} has created an object: {error}."
                ) from None
            self._pace.went_well()
            return found

        return self._until_answered(attempt)

    def _hide(self, text: str) -> str:
        """Take what nobody may read out of what Optiply says."""
        own = self._credentials
        basic = f"{own.client_id}:{own.client_secret}"
        return answers.hiding(
            (self._token, own.access_token, own.password, own.client_secret, basic)
        )(text)

    def _until_answered(self, attempt: Callable[[], T]) -> T:
        waits = backoff.expo(factor=BACKOFF_FACTOR, max_value=BACKOFF_CAP)
        next(waits)  # the generator's start
        for tries in range(1, MAX_TRIES + 1):
            try:
                return attempt()
            except _PassingError as error:
                failure = error
            if tries == MAX_TRIES or failure.wait > LONGEST_WAIT:
                break
            wait = max(failure.wait, backoff.full_jitter(next(waits)))
            logger.warning("%s; trying again in %.0f s.", failure, wait)
            until = self._clock() + timedelta(seconds=wait)
            if failure.too_many:
                self._pace.slow_down(until)
            self._sleep(wait)
            self._pace.go_on_from(until)
        asked = f" and asks to wait {failure.wait:.0f} s" if failure.wait > LONGEST_WAIT else ""
        raise OptiplyUnavailable(
            f"{failure}{asked}; gave up after {tries} {'try' if tries == 1 else 'tries'}. "
            "Try again later, and check optiply_base_url and optiply_dashboard_url if you set them."
        )

    def _authorised(self, request: _Request) -> httpx.Response:
        """Make a request once, with a new access token if there is none or Optiply refuses the old."""
        refused: str | None = None
        for _ in range(2):
            token = self._access_token(refused)
            answer = self._sent(
                request.method,
                self._credentials.api_url + request.path,
                params={**(request.query or {}), **self._identity},
                content=request.content,
                headers={"authorization": f"Bearer {token}", "content-type": _MEDIA_TYPE},
            )
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return answer
            refused = token
        raise OptiplyCredentialsError(
            "Optiply refuses an access token that it has just given: check that username, client_id "
            "and account_id in apiCredentials of tenant-config.json belong together."
        )

    def _access_token(self, refused: str | None) -> str:
        """Return an access token other than the refused one, which another thread may have got."""
        with self._renewing:
            if self._token is None or self._token == refused:
                self._token = self._until_answered(self._new_token)
                self._on_token(self._token)
            return self._token

    def _new_token(self) -> str:
        """Ask once for an access token (OAuth 2, password grant)."""
        own = self._credentials
        answer = self._sent(
            "POST",
            f"{own.dashboard_url}/auth/oauth/token",
            params={"grant_type": "password"},
            data={"username": own.username, "password": own.password},
            auth=httpx.BasicAuth(own.client_id, own.client_secret),
        )
        try:
            body = _checked(answer, "the log-in", self._clock(), self._hide)
        except OptiplyRefusal as refusal:
            if refusal.status not in {400, 401, 403}:
                raise OptiplyUnavailable(
                    f"Optiply's log-in answered {refusal.status}: check optiply_dashboard_url if you "
                    "set it."
                ) from None
            raise OptiplyCredentialsError(
                "Optiply refuses the log-in: check username, password, client_id and client_secret "
                "in apiCredentials of tenant-config.json."
            ) from None
        token = sendable_token(body.get("access_token"))
        if token is None:
            raise _PassingError("Optiply's log-in answered without an access token", sent=True)
        return token

    def _sent(self, method: str, url: str, **how: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        try:
            return self._http.request(method, url, **how)
        except httpx.RequestError as error:
            sent = not isinstance(error, _BEFORE_SENDING)
            raise _PassingError(
                f"Optiply gave no answer ({type(error).__name__})", sent=sent
            ) from None


def _done(body: Json) -> bool | None:
    """Read the answer to a change or removal: nothing (204), or the object as it now is."""
    return True if not body or answers.item(body.get("data")) else None


def _misread(answer: httpx.Response, hide: Callable[[str], str]) -> _PassingError:
    kind = answer.headers.get("content-type", "no content type").partition(";")[0][:_LONGEST_KIND]
    kind = answers.safe_line(kind, hide)
    return _PassingError(
        f"Optiply answered {answer.status_code} with {kind} that is not what was requested",
        sent=True,
    )


def _checked(answer: httpx.Response, what: str, now: datetime, hide: Callable[[str], str]) -> Json:
    """Return the document of a success.

    Raises:
        _PassingError: Optiply may answer otherwise the next time.
        OptiplyRefusal: it will not.
        OptiplyUnavailable: this is not Optiply's address.
    """
    status = answer.status_code
    wait = answers.seconds_to_wait(answer, now)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise _PassingError(
            "Optiply says that there are too many requests (429)",
            sent=False,
            wait=wait,
            too_many=True,
        )
    if answer.is_server_error or status == httpx.codes.REQUEST_TIMEOUT:
        raise _PassingError(f"Optiply answered {status}", sent=True, wait=wait)
    if answer.is_redirect:
        raise OptiplyUnavailable(
            f"Optiply answered {status}, which leads elsewhere: check optiply_base_url and "
            "optiply_dashboard_url if you set them."
        )
    if status == httpx.codes.NO_CONTENT:
        return {}
    body = answers.document(answer)
    if answer.is_success and body is not None:
        return body
    # A page of a proxy that lost Optiply for a while must not pass for "there is no such object".
    lost = status == httpx.codes.NOT_FOUND and answer.content
    if body is None and (answer.is_success or lost):
        raise _misread(answer, hide)
    raise OptiplyRefusal(what, status, *answers.refusal(answer, hide))


def _query_text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
