"""The target's side of the Optiply API: a token, writes, and tries again where it pays."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx

from amazon_seller_sandbox.optiply.target.errors import Crash

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRIES = 5
_EARLY = 120
"""Seconds of Optiply's time before its end that a token is replaced."""
_JSON_API = "application/vnd.api+json"


@dataclass(frozen=True, slots=True)
class Config:
    """The target's configuration."""

    username: str
    password: str
    client_id: str
    client_secret: str
    account_id: str
    coupling_id: str
    base_url: str
    dashboard_url: str

    @classmethod
    def read(cls, config: Mapping[str, Any], environment: Mapping[str, str]) -> Config:
        """Read a target's config.json; the two URLs may come from the environment instead.

        Raises:
            Crash: a setting is missing; the message names it.
        """

        def setting(name: str) -> str:
            value = config.get(name)
            if value is None or value == "":
                raise Crash(f"the configuration lacks {name}")
            return str(value)

        def url(name: str) -> str:
            value = config.get(name) or environment.get(name)
            if not value:
                raise Crash(f"neither the configuration nor the environment has {name}")
            return str(value).rstrip("/")

        return cls(
            username=setting("username"),
            password=setting("password"),
            client_id=setting("client_id"),
            client_secret=setting("client_secret"),
            account_id=setting("account_id"),
            coupling_id=setting("coupling_id"),
            base_url=url("optiply_base_url"),
            dashboard_url=url("optiply_dashboard_url"),
        )


@dataclass(slots=True)
class Api:
    """Calls Optiply."""

    config: Config
    http: httpx.Client
    retry_seconds: float
    """Seconds before the second try; each further one waits twice as long."""
    _token: str = ""
    _expires: float = 0.0
    _now: float = 0.0
    """Optiply's time, by the Date of its last answer."""

    def call(
        self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Return the answer to a call, the last one if it was throttled or failed every time.

        Raises:
            Crash: there was no answer. What the real target does then is not documented; strict.
        """
        config = self.config
        ids = {"accountId": config.account_id, "couplingId": config.coupling_id}
        return self._sent(
            method,
            f"{config.base_url}/{path}",
            params={**ids, **(query or {})},
            # As the real one's: NaN and all.
            content=None if body is None else json.dumps(body, default=str),
            headers={"authorization": f"Bearer {self._bearer()}", "content-type": _JSON_API},
        )

    def _bearer(self) -> str:
        if not self._token or self._now >= self._expires - _EARLY:
            config = self.config
            answer = self._sent(
                "POST",
                f"{config.dashboard_url}/auth/oauth/token",
                params={"grant_type": "password"},
                auth=(config.client_id, config.client_secret),
                data={"username": config.username, "password": config.password},
            )
            if answer.status_code != httpx.codes.OK:
                raise Crash(f"Optiply refused the credentials with status {answer.status_code}")
            try:
                issued = answer.json()
                self._token = issued["access_token"]
                self._expires = self._now + issued["expires_in"]
            except (ValueError, KeyError, TypeError) as error:
                raise Crash("the answer to the token request is none") from error
        return self._token

    def _sent(self, method: str, url: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        wait = self.retry_seconds
        for left in reversed(range(_TRIES)):
            try:
                answer = self.http.request(method, url, **more)
            except httpx.TransportError as error:
                raise Crash(
                    f"no answer to {method} {url}: {type(error).__name__} {error}"
                ) from error
            if "date" in answer.headers:
                self._now = parsedate_to_datetime(answer.headers["date"]).timestamp()
            throttled = answer.status_code == httpx.codes.TOO_MANY_REQUESTS
            if not left or not (throttled or answer.is_server_error):
                return answer
            time.sleep(wait)
            wait *= 2
        raise AssertionError("the last try returns")
