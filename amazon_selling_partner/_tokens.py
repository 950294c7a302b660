"""Access tokens of Login with Amazon and restricted data tokens, each kept until it expires."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import httpx
from sp_api.auth import AccessTokenClient, AccessTokenResponse

from amazon_selling_partner._transport import json_object
from amazon_selling_partner.errors import CredentialsError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sp_api.base._transport_httpx import HttpxTransport

    from amazon_selling_partner._clock import AmazonClock

    Json = dict[str, Any]

TOKEN_MARGIN = 60.0  # seconds before its expiry in which a token is no longer used

_CREDENTIAL_HINTS = {
    "invalid_client": (
        "Login with Amazon does not know the application (invalid_client): check the settings "
        "'lwa_client_id' and 'client_secret'."
    ),
    "unauthorized_client": (
        "Login with Amazon says that the refresh token belongs to another application "
        "(unauthorized_client): check that 'lwa_client_id' and 'refresh_token' belong together."
    ),
    "invalid_grant": (
        "Login with Amazon refuses the refresh token (invalid_grant): check the setting "
        "'refresh_token', or let the seller authorise the application again."
    ),
}
_UNKNOWN_CREDENTIALS = (
    "Login with Amazon refuses the credentials: check the settings 'lwa_client_id', "
    "'client_secret' and 'refresh_token'."
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What Login with Amazon wants to know: the application, and the seller's authorisation of it.

    Attributes:
        lwa_client_id: The application's id (`amzn1.application-oa2-client...`).
        client_secret: Its secret.
        refresh_token: The seller's authorisation (`Atzr|...`), which is good for one region.
    """

    lwa_client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


class AccessTokens(AccessTokenClient):  # type: ignore[misc]
    """Login with Amazon: one access token for all threads, renewed when it expires or is refused."""

    def __init__(
        self,
        credentials: Credentials,
        token_url: str | None,
        clock: AmazonClock,
        transport: HttpxTransport,
    ) -> None:
        named = {
            "lwa_app_id": credentials.lwa_client_id,
            "lwa_client_secret": credentials.client_secret,
        }
        super().__init__(
            refresh_token=credentials.refresh_token, credentials=type("Credentials", (), named)
        )
        if token_url:
            url = httpx.URL(token_url)
            self.scheme = f"{url.scheme}://"
            self.host = url.netloc.decode()
            self.path = url.path
        self._transport = transport
        self._clock = clock
        self._lock = threading.Lock()
        self._token: AccessTokenResponse | None = None
        self._expires = 0.0

    def get_auth(self) -> AccessTokenResponse:
        """The access token, asked for when there is none that is still good."""
        with self._lock:
            if self._token is None or self._clock.monotonic() >= self._expires:
                answer = self._request(self.scheme + self.host + self.path, self.data, self.headers)
                token = AccessTokenResponse(**answer)
                self._expires = (
                    self._clock.monotonic() + float(token.expires_in or 3600) - TOKEN_MARGIN
                )
                self._token = token
            return self._token

    def drop(self) -> None:
        """Forget the token, so that the next call asks for a new one."""
        with self._lock:
            self._token = None

    def _request(self, url: str, data: Json, headers: Json) -> Json:
        try:
            answer = cast(
                "httpx.Response", self._transport.request("POST", url, data=data, headers=headers)
            )
            body = json_object(answer)
        except httpx.HTTPError as error:
            raise RetryableError(
                f"Login with Amazon gave no answer ({type(error).__name__})"
            ) from None
        except (
            RetryableError
        ) as error:  # its quota is not that of the operation that needs the token
            raise RetryableError(f"Login with Amazon: {error}") from None
        if answer.status_code == httpx.codes.OK and body.get("access_token"):
            return body
        if answer.status_code in {400, 401} and body.get("error"):
            raise CredentialsError(_CREDENTIAL_HINTS.get(body["error"], _UNKNOWN_CREDENTIALS))
        raise RetryableError(
            f"Login with Amazon answered {answer.status_code} without a token; try again later, "
            "and check 'token_url' if you set it."
        )


class RestrictedTokens:
    """Restricted data tokens, one per path, asked for when there is none that is still good."""

    def __init__(self, ask: Callable[[Json], Json], clock: AmazonClock) -> None:
        self._ask = ask
        self._clock = clock
        self._tokens: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def token(self, path: str, data_elements: Sequence[str]) -> str:
        """The token for GET on a path."""
        with self._lock:
            token, expires = self._tokens.get(path, ("", 0.0))
            if not token or self._clock.monotonic() >= expires:
                resource: Json = {"method": "GET", "path": path}
                if data_elements:
                    resource["dataElements"] = list(data_elements)
                answer = self._ask({"restrictedResources": [resource]})
                token = str(answer["restrictedDataToken"])
                life = float(answer.get("expiresIn") or 3600) - TOKEN_MARGIN
                self._tokens[path] = token, self._clock.monotonic() + life
            return token

    def drop(self) -> None:
        """Forget all tokens, since Amazon refuses one."""
        with self._lock:
            self._tokens.clear()
