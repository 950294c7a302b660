"""Tokens and quotas of the Creators API."""

from __future__ import annotations

import hmac
import re
from collections import deque
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from amazon_seller_sandbox.clock import DAY, HOUR
from amazon_seller_sandbox.creators.accounts import ASSOCIATES, SECRET, Associate
from amazon_seller_sandbox.creators.refusals import throttled, unauthorized
from amazon_seller_sandbox.refusals import LoginRefusal

if TYPE_CHECKING:
    from amazon_seller_sandbox.clock import Clock

LIFETIME = HOUR
"""Seconds of sandbox time an access token is valid for."""
_SCOPES = {"2": "creatorsapi/default", "3": "creatorsapi::default"}
_BEARER = re.compile(r"Bearer (?P<token>[^\s,]+)(?:, Version (?P<version>\d\.\d))?")


@dataclass(slots=True)
class CreatorsState:
    """What callers have done."""

    clock: Clock
    seed: int
    _issued: dict[str, tuple[Associate, float]] = field(default_factory=dict)
    _count: int = 0
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    _days: dict[str, deque[float]] = field(default_factory=dict)

    def token(self, body: dict[str, str], *, is_json: bool) -> dict[str, object]:
        """Answer a token request: a form for credentials of 2.x, JSON for those of 3.x.

        Raises:
            LoginRefusal: another form, client, scope or grant type.
        """
        for name in ("grant_type", "client_id", "client_secret", "scope"):
            if not isinstance(body.get(name), str) or not body[name]:
                message = f"The request is missing a required parameter : {name}"
                raise LoginRefusal(400, "invalid_request", message)
        if body["grant_type"] != "client_credentials":
            raise LoginRefusal(
                400, "unsupported_grant_type", "Only client_credentials is supported"
            )
        found = ASSOCIATES.get(body["client_id"])
        # A client of one family is unknown at the token host of the other.
        if (
            found is None
            or body["client_secret"] != SECRET
            or found.version.startswith("3") != is_json
        ):
            raise LoginRefusal(401, "invalid_client", "Client authentication failed")
        if body["scope"] != _SCOPES[found.version[0]]:
            raise LoginRefusal(400, "invalid_scope", "The scope is not known")
        self._count += 1
        digest = hmac.new(b"creators", f"{self.seed}/{self._count}".encode(), sha256).hexdigest()
        token = f"Atza|creators{digest}"
        self._issued[token] = (found, self.clock.now())
        return {"access_token": token, "expires_in": LIFETIME, "token_type": "bearer"}

    def associate(self, header: str | None) -> Associate:
        """Return whose token an Authorization header has.

        Raises:
            CreatorsRefusal: 401: it is missing, unknown, expired, or in the form of another version.
        """
        if not header:
            raise unauthorized("MissingCredential", "The request has no credential.")
        parts = _BEARER.fullmatch(header)
        issued = self._issued.get(parts["token"]) if parts else None
        if parts is None or issued is None:
            raise unauthorized("InvalidToken", "The token is not valid.")
        associate, issued_at = issued
        # The header names the version for 2.x, and for 3.x it does not.
        if parts["version"] != (associate.version if associate.version.startswith("2") else None):
            raise unauthorized("InvalidIssuer", "The token was issued for another version.")
        if self.clock.age(issued_at) >= LIFETIME:
            raise unauthorized("TokenExpired", "The token has expired.")
        return associate

    def take(self, associate: Associate) -> None:
        """Count one call.

        Raises:
            CreatorsRefusal: 429: too many in a second, or in 24 hours.
        """
        now, name = self.clock.now(), associate.credential_id
        day = self._days.setdefault(name, deque())
        while day and now - day[0] >= DAY:
            day.popleft()
        if len(day) >= associate.per_day:
            raise throttled("TPD")
        tokens, filled = self._buckets.get(name, (associate.per_second, now))
        tokens = min(tokens + (now - filled) * associate.per_second, associate.per_second)
        if tokens < 1 - 1e-9:
            self._buckets[name] = (tokens, now)
            raise throttled("TPS")
        self._buckets[name] = (max(tokens - 1, 0.0), now)
        day.append(now)

    def revoke_all(self) -> None:
        """Make every token issued so far expired."""
        self._issued = {token: (who, 0.0) for token, (who, _) in self._issued.items()}
