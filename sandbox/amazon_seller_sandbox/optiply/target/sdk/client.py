"""The target's side of the Optiply API, as `client.py` and `auth.py` of target-optiply have it."""

from __future__ import annotations

import base64
import json
import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import backoff
import requests
from hotglue_singer_sdk.exceptions import FatalAPIError
from hotglue_singer_sdk.target_sdk.auth import Authenticator
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

_JSON_API = "application/vnd.api+json"
_TIMEOUT = 30
_EARLY = 120
"""Seconds before its end that a token is replaced."""
_TRIES = 3
_UNAUTHORIZED, _SERVER_ERROR = 401, 500


class PasswordLogin(Authenticator):  # type: ignore[misc] # of the other environment
    """OAuth 2, password grant: basic authentication, and everything in the form as well."""

    def __init__(self, target: Any, dashboard_url: str, seconds: float) -> None:  # noqa: ANN401 - the SDK's
        super().__init__(target, {})
        self._url = f"{dashboard_url}/auth/oauth/token"
        self._seconds = seconds

    @property
    @override
    def auth_headers(self) -> dict[str, str]:
        """Return the header of a token, which is fetched if there is none that is valid."""
        token, expires = self._config.get("access_token"), self._config.get("expires_in")
        if not token or (expires and int(expires) - datetime.now(UTC).timestamp() < _EARLY):
            self.log_in()
        return {"Authorization": f"Bearer {self._config['access_token']}"}

    def log_in(self) -> None:
        """Fetch a token and write it into the configuration's file, as the host expects."""
        retried = backoff.on_exception(
            backoff.expo, Exception, max_tries=_TRIES, factor=self._seconds
        )
        retried(self._log_in)()

    def _log_in(self) -> None:
        config = self._config
        pair = f"{config['client_id']}:{config['client_secret']}".encode()
        names = ("username", "password", "client_id", "client_secret")
        answer = requests.post(
            self._url,
            data={"grant_type": "password", **{name: config[name] for name in names}},
            headers={"Authorization": f"Basic {base64.b64encode(pair).decode()}"},
            timeout=_TIMEOUT,
        )
        try:
            issued = answer.json()
        except ValueError as error:
            message = f"The token endpoint answered {answer.status_code} without JSON."
            raise RuntimeError(message) from error
        if not answer.ok:
            message = f"Failed OAuth login with status {answer.status_code}."
            raise RuntimeError(message)
        config["access_token"] = issued["access_token"]
        config["refresh_token"] = issued["refresh_token"]
        config["expires_in"] = int(issued["expires_in"]) + round(time.time())
        with open(self._config_file_path, "w", encoding="utf-8") as file:  # noqa: PTH123 - as the SDK
            json.dump(config, file, indent=4)


@dataclass(frozen=True, slots=True)
class Client:
    """Calls Optiply."""

    login: PasswordLogin
    base_url: str
    ids: dict[str, str]
    """accountId and couplingId."""
    seconds: float
    """The unit of the waits between tries, which double and are drawn below that."""
    tries: int
    """How often an answer of 500 and above is tried."""

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:  # noqa: ANN401 - JSON
        """Return the answer, of whatever status; a token that is refused is replaced once.

        A lost answer is tried again, whatever the first call has done.

        Raises:
            requests.RequestException: there was no answer three times, or the body is none of JSON's.
            FatalAPIError: a new token is refused too.
        """
        lost = (requests.exceptions.RequestException, ConnectionResetError)
        call = backoff.on_exception(
            backoff.expo, lost, max_tries=_TRIES, max_time=_TIMEOUT, factor=self.seconds
        )(self._call)
        answer = self._patiently(lambda: call(method, path, body))
        if answer.status_code == _UNAUTHORIZED:
            self.login.log_in()
            answer = call(method, path, body)
            if answer.status_code == _UNAUTHORIZED:
                raise FatalAPIError("Authentication failed after token refresh")
        return answer

    def _patiently(self, call: Callable[[], requests.Response]) -> requests.Response:
        answer = call()
        for number in range(1, self.tries):
            if answer.status_code < _SERVER_ERROR:
                break
            time.sleep(self.seconds * math.ldexp(1, number))
            answer = call()
        return answer

    def _call(self, method: str, path: str, body: Any) -> requests.Response:  # noqa: ANN401 - JSON
        return requests.request(
            method,
            f"{self.base_url}/{path}",
            params=self.ids,
            json=body,
            headers={"Content-Type": _JSON_API, "Accept": _JSON_API, **self.login.auth_headers},
            timeout=_TIMEOUT,
        )


def refusal(answer: requests.Response) -> str:
    """Return what an error answer says, as the target reads it."""
    text = answer.text.strip()
    if text in ("", "null", "None"):
        return f"No error details provided (status {answer.status_code})"
    try:
        found = answer.json()
        errors = found.get("errors")
        details = [each["detail"] for each in errors] if isinstance(errors, list) else None
        details = details or [found.get("message") or found["error"]]
        return "API Error: " + "; ".join(details)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return f"API Error: {text}"
