"""Names of settings of the Product Advertising API 5.0, which Amazon has retired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_amazon_associates.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SETTINGS = frozenset(
    {
        "access_key", "access_key_id", "associate_tag", "aws_access_key", "aws_region",
        "aws_secret_key", "host", "locale", "partner_type", "region", "secret_access_key",
        "secret_key",
    }
)  # fmt: skip
"""As configurations of clients of PA-API 5 spell them."""
VARIABLES = (
    "AMAZON_PAAPI_ACCESS_KEY",
    "AMAZON_PAAPI_SECRET_KEY",
    "AMAZON_PAAPI_HOST",
    "AMAZON_PAAPI_REGION",
)


def refuse(config: Iterable[str], environment: Mapping[str, str]) -> None:
    """Refuse settings of the retired API.

    Args:
        config: The keys of a configuration.
        environment: Variables, which are looked at only where the configuration has no credential.

    Raises:
        ConfigurationError: Names them, and what takes their place.
    """
    keys = set(config)
    old = [f"'{key}'" for key in sorted(keys & SETTINGS)]
    if not old and "credential_id" not in keys:
        old = [name for name in VARIABLES if environment.get(name)]
    if old:
        raise ConfigurationError(
            f"{', '.join(old)}: this belongs to the Product Advertising API 5.0, which Amazon has "
            "retired. Make a credential of the Creators API in Associates Central, and set "
            "'credential_id', 'credential_secret', 'country' and 'partner_tag' instead; host and "
            "region follow from them."
        )
