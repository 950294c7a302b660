"""Login with Amazon: trades a refresh token for an access token that lives an hour."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from amazon_seller_sandbox.clock import HOUR
from amazon_seller_sandbox.refusals import LoginRefusal, unauthorized
from amazon_seller_sandbox.world.accounts import (
    APPLICATION,
    CLIENT_ID,
    CLIENT_SECRET,
    GRANTS,
    Grant,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.clock import Clock

SCOPES = ("sellingpartnerapi::notifications", "sellingpartnerapi::migration")
"""Those of grantless tokens (SP-API guide "Grantless operations")."""
LIFETIME = HOUR
"""Seconds that an access token is valid for."""


@dataclass(frozen=True, slots=True)
class _Issued:
    grant: Grant
    at: float
    resources: frozenset[tuple[str, str]] | None = None
    """Method and path of what a restricted data token opens; None for an access token."""
    scope: str = ""
    """That of a grantless token."""


@dataclass(slots=True)
class Login:
    """Issues access tokens and recognises them later."""

    clock: Clock
    seed: int
    grants: Mapping[str, Grant] = field(default_factory=lambda: GRANTS)
    """What each refresh token allows."""
    _issued: dict[str, _Issued] = field(default_factory=dict)
    _count: int = 0

    def token(self, form: dict[str, str]) -> dict[str, object]:
        """Answer a token request.

        Raises:
            LoginRefusal: wrong client, wrong grant, or a grant type the sandbox does not have.
        """
        grant_type = form.get("grant_type")
        if not grant_type:
            raise LoginRefusal(
                400,
                "invalid_request",
                "The request is missing a required parameter : grant_type",
            )
        for name in ("client_id", "client_secret"):
            if not form.get(name):
                raise LoginRefusal(
                    400, "invalid_request", f"The request is missing a required parameter : {name}"
                )
        if form["client_id"] != CLIENT_ID or form["client_secret"] != CLIENT_SECRET:
            raise LoginRefusal(401, "invalid_client", "Client authentication failed")
        if grant_type == "client_credentials":
            return self._grantless(form.get("scope", ""))
        if grant_type != "refresh_token":
            raise LoginRefusal(
                400,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server",
            )
        refresh_token = form.get("refresh_token", "")
        if not refresh_token:
            raise LoginRefusal(
                400,
                "invalid_request",
                "The request is missing a required parameter : refresh_token",
            )
        grant = self.grants.get(refresh_token)
        if grant is None:
            raise LoginRefusal(
                400,
                "invalid_grant",
                "The request has an invalid grant parameter : refresh_token",
            )
        self._count += 1
        digest = hmac.new(b"access", f"{self.seed}/{self._count}".encode(), sha256).hexdigest()
        token = f"Atza|{digest}"
        self._issued[token] = _Issued(grant, self.clock.now())
        return {
            "access_token": token,
            "refresh_token": refresh_token,
            "token_type": "bearer",
            "expires_in": LIFETIME,
        }

    def _grantless(self, scope: str) -> dict[str, object]:
        """Return a token of the application alone."""
        if scope not in SCOPES:
            raise LoginRefusal(
                400, "invalid_scope", "The request has an invalid, unknown or malformed scope"
            )
        self._count += 1
        digest = hmac.new(b"grantless", f"{self.seed}/{self._count}".encode(), sha256).hexdigest()
        token = f"Atc|{digest}"
        self._issued[token] = _Issued(APPLICATION, self.clock.now(), scope=scope)
        return {
            "access_token": token,
            "scope": scope,
            "token_type": "bearer",
            "expires_in": LIFETIME,
        }

    def restricted(self, grant: Grant, resources: frozenset[tuple[str, str]]) -> str:
        """Return a restricted data token for these methods and paths."""
        self._count += 1
        digest = hmac.new(b"restricted", f"{self.seed}/{self._count}".encode(), sha256).hexdigest()
        token = f"Atz.sprdt|{digest}"
        self._issued[token] = _Issued(grant, self.clock.now(), resources)
        return token

    def opens(self, token: str | None, method: str, path: str) -> bool:
        """Say whether a token is a restricted data token for this method and path.

        Raises:
            Refusal: 403, because it is one, but for something else.
        """
        issued = self._issued.get(token or "")
        if issued is None or issued.resources is None:
            return False
        if (method, path) not in issued.resources:
            raise unauthorized("The restricted data token is not for this resource.")
        return True

    def grant(self, access_token: str | None, scope: str = "") -> Grant:
        """Return what an access token allows; ``scope`` is that of a grantless operation.

        Raises:
            Refusal: 403, because the token is missing, unknown, expired, or of another scope.
        """
        issued = self._issued.get(access_token or "")
        if issued is None:
            raise unauthorized("The access token you provided is revoked, malformed or invalid.")
        if self.clock.age(issued.at) >= LIFETIME:
            raise unauthorized("The access token you provided has expired.")
        if issued.scope != scope:
            raise unauthorized()
        return issued.grant

    def revoke_all(self) -> None:
        """Make every access token issued so far invalid."""
        self._issued.clear()
