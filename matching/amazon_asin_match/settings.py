"""The configuration: the tap's own, of which matching uses the keys that make calls."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from amazon_asin_match.errors import ConfigurationError
from amazon_selling_partner import (
    AmazonClock,
    Credentials,
    Redaction,
    SellingPartnerClient,
    is_loopback,
    marketplaces,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from amazon_selling_partner.marketplaces import Marketplace

SHOWN = frozenset({"token_url"})
REQUIRED = ("lwa_client_id", "client_secret", "refresh_token")


@dataclass(frozen=True, slots=True)
class Settings:
    """What calls need, checked. `repr` shows no secret.

    Attributes:
        seller_id: The merchant token, under which the seller's own listings are asked first.
    """

    credentials: Credentials
    seller_id: str
    endpoint_url: str
    token_url: str | None
    clock_factor: float
    request_timeout: float

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Check a configuration.

        Raises:
            ConfigurationError: Names the setting that is missing or wrong.
        """
        return cls(
            credentials=Credentials(**{key: _required(config, key) for key in REQUIRED}),
            seller_id=_text(config, "selling_partner_id"),
            endpoint_url=_url(config, "endpoint_url"),
            token_url=_url(config, "token_url") or None,
            clock_factor=_number(config, "clock_factor", 1.0),
            request_timeout=_number(config, "request_timeout_seconds", 60.0),
        )

    def client(
        self,
        marketplace: Marketplace,
        redaction: Redaction | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> SellingPartnerClient:
        """The calls of the seller in the region of a marketplace."""
        endpoint = self.endpoint_url or marketplaces.ENDPOINTS[marketplace.region]
        own = is_loopback(urlsplit(endpoint).hostname or "")
        clock = AmazonClock(self.clock_factor, believed=None) if own else AmazonClock()
        return SellingPartnerClient(
            self.credentials,
            endpoint,
            clock,
            token_url=self.token_url,
            request_timeout=self.request_timeout,
            redaction=redaction,
            transport=transport,
        )


def read_config(path: Path) -> dict[str, Any]:
    """A configuration file.

    Raises:
        ConfigurationError: It cannot be read, or is not a JSON object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror or error}.") from None
    except ValueError as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigurationError(f"{path} is not JSON{where}; correct it.") from None
    if not isinstance(found, dict):
        raise ConfigurationError(f"{path} holds no JSON object; write settings as {{...}}.")
    return found


def find_marketplace(name: str) -> Marketplace:
    """The marketplace of a country code or id.

    Raises:
        ConfigurationError: There is none.
    """
    found = marketplaces.find(name)
    if found is None:
        countries = ", ".join(sorted(marketplaces.BY_COUNTRY))
        raise ConfigurationError(
            f"'{name}' is not an Amazon marketplace; use a country code ({countries}) or a "
            "marketplace id."
        )
    return found


def data_folder() -> Path:
    """Where jobs are kept unless the user says otherwise: the XDG folder for state."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "amazon-asin-match"


def private_folder(path: Path) -> Path:
    """A folder that only its owner can enter, made if it is not there.

    Raises:
        ConfigurationError: It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {path} cannot be made: {error.strerror or error}."
        ) from None
    return path


def masked(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration to be shown: whether a secret is set, not which."""
    return {
        key: ("set" if value else "") if is_secret(key) else value for key, value in config.items()
    }


def is_secret(key: str) -> bool:
    """Whether a setting must not be shown."""
    plain = key.lower()
    return key not in SHOWN and any(
        word in plain for word in ("secret", "token", "key", "password")
    )


def _required(config: Mapping[str, Any], key: str) -> str:
    value = _text(config, key)
    if not value:
        raise ConfigurationError(
            f"Setting '{key}' is missing; put it into the file that --config names."
        )
    return value


def _text(config: Mapping[str, Any], key: str) -> str:
    value = config.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ConfigurationError(f"Setting '{key}' must be a text, not {type(value).__name__}.")
    return value.strip()


def _url(config: Mapping[str, Any], key: str) -> str:
    value = _text(config, key)
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return value.rstrip("/")
    raise ConfigurationError(
        f"Setting '{key}' must be an https URL; http is allowed on this machine alone."
    )


def _number(config: Mapping[str, Any], key: str, default: float) -> float:
    value = config.get(key)
    if value is None or value == "":
        return default
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = 0.0
    if not 0 < found < 1_000_000:  # noqa: PLR2004 - a bound against nonsense
        raise ConfigurationError(f"Setting '{key}' must be a number above 0.")
    return found
