"""Access tokens of Login with Amazon and restricted data tokens, each kept until it expires."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amazon_selling_partner import _answers
from amazon_selling_partner._sp_api import login_request
from amazon_selling_partner.errors import CredentialsError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amazon_selling_partner._clock import AmazonClock
    from amazon_selling_partner._exchange import Exchange
    from amazon_selling_partner._redaction import Redaction

    Json = dict[str, Any]

TOKEN_MARGIN = 60.0  # seconds before its expiry in which a token is no longer used
USUAL_LIFE, LONGEST_LIFE = 3600.0, 86_400.0  # seconds
OK = 200

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
        refresh_token: The seller's authorisation (`Atzr|...`), which is valid in one region.
    """

    lwa_client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


class AccessTokens:
    """Login with Amazon: one access token for all threads, renewed when it expires or is refused.

    Args:
        credentials: The application and the seller's authorisation.
        token_url: Login with Amazon's token URL; None for its own.
        clock: Amazon's time.
        exchange: The account's connections.
        redaction: Called with each token.
        scope: That of grantless tokens, which are the application's alone; empty for a seller's.
    """

    def __init__(
        self,
        credentials: Credentials,
        token_url: str | None,
        clock: AmazonClock,
        exchange: Exchange,
        redaction: Redaction,
        *,
        scope: str = "",
    ) -> None:
        self._request = login_request(
            credentials.lwa_client_id,
            credentials.client_secret,
            credentials.refresh_token,
            token_url,
            scope,
        )
        self._clock = clock
        self._exchange = exchange
        self._redaction = redaction
        self._lock = clock.machine.lock()
        self._token = ""
        self._expires = 0.0

    def token(self) -> str:
        """The access token, requested when there is none that is still valid.

        Raises:
            CredentialsError: Login with Amazon refuses the credentials.
            RetryableError: It gives no token now.
        """
        with self._lock:
            if not self._token or self._clock.monotonic() >= self._expires:
                found = self._ask()
                self._redaction.add(found.access_token)
                self._expires = self._clock.monotonic() + _life(found.expires_in)
                self._token = found.access_token
            return self._token

    def drop(self) -> None:
        """Forget the token, so that the next call requests a new one."""
        with self._lock:
            self._token = ""

    def _ask(self) -> _answers.AccessToken:
        try:
            status, body = self._exchange.log_in(self._request)
            refused = _answers.login_error(body)
            if status == OK:
                return _answers.decode(body, _answers.AccessToken)
        except RetryableError as error:  # a quota here is not that of the operation
            raise RetryableError(f"Login with Amazon {error}") from None
        if status in {400, 401} and refused:
            raise CredentialsError(_CREDENTIAL_HINTS.get(refused, _UNKNOWN_CREDENTIALS))
        raise RetryableError(
            f"Login with Amazon answered {status} without a token; try again later, and check "
            "'token_url' if you set it."
        )


class RestrictedTokens:
    """Restricted data tokens, one per path, requested when there is none that is still valid.

    Args:
        ask: Makes the call createRestrictedDataToken with these restricted resources.
        clock: Amazon's time.
        redaction: Called with each token.
    """

    def __init__(
        self,
        ask: Callable[[list[Json]], _answers.RestrictedToken],
        clock: AmazonClock,
        redaction: Redaction,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._redaction = redaction
        self._tokens: dict[str, tuple[str, float]] = {}
        self._lock = clock.machine.lock()

    def token(self, path: str, data_elements: Sequence[str]) -> str:
        """The token for GET on a path."""
        with self._lock:
            token, expires = self._tokens.get(path, ("", 0.0))
            if not token or self._clock.monotonic() >= expires:
                resource: Json = {"method": "GET", "path": path}
                if data_elements:
                    resource["dataElements"] = list(data_elements)
                found = self._ask([resource])
                token = found.restricted_data_token
                self._redaction.add(token)
                self._tokens[path] = token, self._clock.monotonic() + _life(found.expires_in)
            return token

    def drop(self) -> None:
        """Forget all tokens, since Amazon refuses one."""
        with self._lock:
            self._tokens.clear()


def _life(told: object) -> float:
    """How many seconds a token is used; Amazon's live an hour, and an odd figure is not believed."""
    life = _answers.seconds(told, default=USUAL_LIFE, longest=LONGEST_LIFE)
    return life - min(TOKEN_MARGIN, life / 2)
