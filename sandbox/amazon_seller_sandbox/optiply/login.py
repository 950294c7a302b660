"""The token endpoint of Optiply's dashboard: OAuth 2, password grant."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from amazon_seller_sandbox.optiply.accounts import CLIENT_ID, CLIENT_SECRET, COUPLINGS, PASSWORD
from amazon_seller_sandbox.optiply.errors import Problem, Refused
from amazon_seller_sandbox.refusals import LoginRefusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.clock import Clock
    from amazon_seller_sandbox.optiply.accounts import Coupling


def _client(authorization: str) -> tuple[str, str]:
    """Return the name and secret of basic authentication; empty if there is none."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


@dataclass(slots=True)
class Login:
    """Issues access tokens and recognises them later."""

    clock: Clock
    seed: int
    seconds: float
    """Sandbox time that a token is valid for."""
    couplings: tuple[Coupling, ...] = COUPLINGS
    _issued: dict[str, tuple[str, float]] = field(default_factory=dict)
    _count: int = 0

    def _secret(self, kind: str) -> str:
        return hmac.new(kind.encode(), f"{self.seed}/{self._count}".encode(), sha256).hexdigest()

    def token(
        self, authorization: str, query: Mapping[str, str], form: Mapping[str, str]
    ) -> dict[str, object]:
        """Answer a token request; the grant type may stand in the query or in the form.

        The hosted ETL and target-optiply of eduardosequeir4 send it in the query, that of
        joaoraposooptiply and mariocostaoptiply in the form.

        Raises:
            LoginRefusal: 400 for another grant type, 401 for a wrong client, user or password.
        """
        if _client(authorization) != (CLIENT_ID, CLIENT_SECRET):
            raise LoginRefusal(401, "invalid_client", "Bad client credentials")
        grant = form.get("grant_type") or query.get("grant_type")
        if grant != "password":
            raise LoginRefusal(
                400, "unsupported_grant_type", "The query or the form must say grant_type=password"
            )
        username = form.get("username", "")
        known = {each.username for each in self.couplings}
        if username not in known or form.get("password") != PASSWORD:
            raise LoginRefusal(401, "invalid_grant", "Bad credentials")
        self._count += 1
        token = self._secret("access")
        self._issued[token] = (username, self.clock.now())
        return {
            "access_token": token,
            "refresh_token": self._secret("refresh"),
            "token_type": "bearer",
            "expires_in": int(self.seconds),
        }

    def user(self, authorization: str) -> str:
        """Return whose bearer token a request carries.

        Raises:
            Refused: 401, because it is missing, unknown or expired.
        """
        scheme, _, token = authorization.partition(" ")
        username, issued_at = self._issued.get(token, ("", 0.0))
        if scheme.lower() != "bearer" or not username:
            raise Refused(Problem("the access token is missing, unknown or revoked", status=401))
        if self.clock.age(issued_at) >= self.seconds:
            raise Refused(Problem("the access token has expired", status=401))
        return username

    def revoke_all(self) -> None:
        """Make every access token issued so far invalid."""
        self._issued.clear()
