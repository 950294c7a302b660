"""Requests to Optiply until they are answered: authorised, and tried again where that does no harm.

Reading, changing and removing are repeated until Optiply answers, since doing them twice does no harm.
Creating is not: once a POST may have reached Optiply and no answer came back, only its caller can find
out whether the object exists.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import backoff
import httpx

from amazon_optiply_etl.optiply import answers
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
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from amazon_optiply_etl.machine import Machine
    from amazon_optiply_etl.optiply.answers import Json
    from amazon_optiply_etl.optiply.credentials import Credentials

T = TypeVar("T")
logger = logging.getLogger(__name__)

# At INFO, httpx logs every URL, ids and all; at DEBUG, httpcore logs the headers of answers.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

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
class Request:
    """One request, without what all requests have."""

    method: str
    entity: str
    id: str | None = None
    query: Mapping[str, str] | None = None
    attributes: Mapping[str, Any] | None = None

    @property
    def path(self) -> str:
        """Where it goes, below the API's address."""
        own = "" if self.id is None else f"/{quote(self.id, safe='')}"
        return f"/{quote(self.entity, safe='')}{own}"

    @property
    def content(self) -> bytes | None:
        """Its body, as JSON:API has it; None where it has none."""
        if self.attributes is None:
            return None
        data: Json = {"type": self.entity}
        if self.id is not None:
            data["id"] = self.id
        data["attributes"] = dict(self.attributes)
        return json.dumps({"data": data}, allow_nan=False).encode()

    @property
    def repeatable(self) -> bool:
        """Whether doing it twice does no harm."""
        return self.method != "POST"

    def __str__(self) -> str:
        return f"{self.method} {self.entity}{'' if self.id is None else f' {self.id}'}"


class Exchange:
    """The requests of one user, account and coupling; `Optiply` says what its arguments mean."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        on_token: Callable[[str], object],
        sleep: Callable[[float], object],
        clock: Callable[[], datetime],
        timeout: float,
        at_once: int,
        machine: Machine,
        transport: httpx.BaseTransport | None,
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

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(self, request: Request, read: Callable[[Json], T | None]) -> T:
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

    def _authorised(self, request: Request) -> httpx.Response:
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

    @property
    def _identity(self) -> dict[str, str]:
        return {
            "accountId": self._credentials.account_id,
            "couplingId": self._credentials.coupling_id,
        }

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
