"""Access tokens: requested with the credential, kept until shortly before they expire.

python-amazon-paapi sends the request, in the form that each version wants, with a time-out; here its
answers are read and its failures distinguished, because the client never tries a token request again and
has one exception for all of them.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_creatorsapi.core.auth import TimeoutOAuth2TokenManager
from amazon_creatorsapi.errors import AuthenticationError
from creatorsapi_python_sdk.auth.oauth2_config import OAuth2Config
from typing_extensions import override

from tap_amazon_associates.creators.versions import token_url
from tap_amazon_associates.errors import CredentialsError, UnavailableError

if TYPE_CHECKING:
    import requests

    from tap_amazon_associates.clock import Clock
    from tap_amazon_associates.redaction import Redaction

MOST_TRIES = 4
_BACKOFF = 1.0  # seconds before the second try, doubled before each further one
_LONGEST_WAIT = 30.0
_LIFETIME = 3_600  # seconds, where the answer says nothing
_RENEWED_BEFORE = 30  # seconds before a token expires
_SHORTEST_LIFE, _LONGEST_LIFE = 60.0, 86_400.0
_OK, _THROTTLED, _SERVER_FAILED = 200, 429, 500

logging.getLogger("urllib3").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """A credential of the Creators API.

    Attributes:
        version: 2.1, 2.2, 2.3 (Cognito) or 3.1, 3.2, 3.3 (Login with Amazon): North America, Europe,
            Far East.
        token_url: A server to request tokens instead of Amazon's.
    """

    id: str
    secret: str
    version: str
    token_url: str | None = None


class Tokens(TimeoutOAuth2TokenManager):
    """Gives access tokens for one credential. Safe to use from several threads."""

    def __init__(
        self,
        credential: Credential,
        clock: Clock,
        redaction: Redaction,
        timeout: tuple[float, float],
    ) -> None:
        self._credential = credential
        self._clock = clock
        self._redaction = redaction
        url = credential.token_url or token_url(credential.version)
        config = OAuth2Config(  # type: ignore[no-untyped-call]
            credential.id, credential.secret, credential.version, url
        )
        super().__init__(config, timeout)

    def forget(self) -> None:
        """Have the next call request a new token."""
        self.clear_token()  # type: ignore[no-untyped-call]

    @override
    def refresh_token(self) -> str:
        """A new token.

        Raises:
            CredentialsError: The credential is refused.
            UnavailableError: The token host does not answer as it should, again and again.
        """
        self.forget()
        reason = ""
        for attempt in range(MOST_TRIES):
            if attempt:
                self._clock.wait(min(_BACKOFF * 2 ** (attempt - 1), _LONGEST_WAIT))
            try:
                response = self._request_token()
            except AuthenticationError as error:
                reason = type(error.__cause__ or error).__name__
                continue
            if response.status_code == _THROTTLED or response.status_code >= _SERVER_FAILED:
                reason = f"status {response.status_code}"
                continue
            answer = _object(response)
            if response.status_code != _OK:
                raise self._refused(response, answer)
            token = answer.get("access_token")
            if isinstance(token, str) and token:
                return self._keep(token, answer.get("expires_in"))
            reason = "an answer without a token"
        raise UnavailableError(
            f"Amazon's token host ({self.config.get_cognito_endpoint()}) gives no token: {reason}, "
            f"{MOST_TRIES} times. Check the network, and try again later."
        )

    def _keep(self, token: str, lifetime: Any) -> str:
        try:
            seconds = float(lifetime)
        except (TypeError, ValueError, OverflowError):
            seconds = float(_LIFETIME)
        seconds = min(max(seconds, _SHORTEST_LIFE), _LONGEST_LIFE)
        self._redaction.add(token)
        self.access_token = token
        self.expires_at = time.time() + seconds - _RENEWED_BEFORE
        return token

    def _refused(self, response: requests.Response, answer: dict[str, Any]) -> CredentialsError:
        said = [str(answer[name]) for name in ("error", "error_description") if answer.get(name)]
        words = self._redaction(": ".join(said)) or f"status {response.status_code}"
        version = self._credential.version
        return CredentialsError(
            f"Amazon refuses the credential ({words}). Check 'credential_id' and "
            f"'credential_secret', and that they were made as version {version}: credentials of 2.x "
            "(made before February 2026) and 3.x, and those of North America (.1), Europe (.2) and "
            "the Far East (.3), are not interchangeable ('version')."
        )


def _object(response: requests.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
