"""Amazon's marketplaces as settings name them: country code, marketplace id or web address."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from amazon_optiply_etl.errors import EtlError

# Country code -> (marketplace id, domain, currency). The order is the fixed order in which a product's
# name and price are looked for when no main marketplace is named.
# Source: "Marketplace IDs" in Amazon's SP-API documentation.
_MARKETPLACES = {
    "US": ("ATVPDKIKX0DER", "amazon.com", "USD"),
    "CA": ("A2EUQ1WTGCTBG2", "amazon.ca", "CAD"),
    "MX": ("A1AM78C64UM0Y8", "amazon.com.mx", "MXN"),
    "BR": ("A2Q3Y263D00KWC", "amazon.com.br", "BRL"),
    "DE": ("A1PA6795UKMFR9", "amazon.de", "EUR"),
    "GB": ("A1F83G8C2ARO7P", "amazon.co.uk", "GBP"),
    "FR": ("A13V1IB3VIYZZH", "amazon.fr", "EUR"),
    "IT": ("APJ6JRA9NG5V4", "amazon.it", "EUR"),
    "ES": ("A1RKKUPIHCS9HS", "amazon.es", "EUR"),
    "NL": ("A1805IZSGTT6HS", "amazon.nl", "EUR"),
    "BE": ("AMEN7PMS3EDWL", "amazon.com.be", "EUR"),
    "IE": ("A28R8C7NBKEWEA", "amazon.ie", "EUR"),
    "SE": ("A2NODRKZP88ZB9", "amazon.se", "SEK"),
    "PL": ("A1C3SOZRARQ6R3", "amazon.pl", "PLN"),
    "TR": ("A33AVAJ2PDY3EV", "amazon.com.tr", "TRY"),
    "AE": ("A2VIGQ35RCS4UG", "amazon.ae", "AED"),
    "SA": ("A17E79C6D8DWNP", "amazon.sa", "SAR"),
    "EG": ("ARBP9OOSHTCHU", "amazon.eg", "EGP"),
    "IN": ("A21TJRUUN4KGV", "amazon.in", "INR"),
    "ZA": ("AE08WJ6YKNBMC", "amazon.co.za", "ZAR"),
    "JP": ("A1VC38T7YXB528", "amazon.co.jp", "JPY"),
    "AU": ("A39IBJ37TRP1C6", "amazon.com.au", "AUD"),
    "SG": ("A19VAU5U5O7RUS", "amazon.sg", "SGD"),
}
MARKETPLACE_IDS = tuple(identifier for identifier, _, _ in _MARKETPLACES.values())
_ID_OF_COUNTRY = {country: identifier for country, (identifier, _, _) in _MARKETPLACES.items()} | {
    "UK": _MARKETPLACES["GB"][0]
}
_ID_OF_DOMAIN = {domain: identifier for identifier, domain, _ in _MARKETPLACES.values()}
_COUNTRY_OF_ID = {identifier: country for country, (identifier, _, _) in _MARKETPLACES.items()}
CURRENCIES = {identifier: currency for identifier, _, currency in _MARKETPLACES.values()}
"""Marketplace id -> ISO 4217 code of the currency of its prices."""
_AMAZON_HOST = re.compile(r"(?:[a-z0-9-]+\.)*?(amazon\.[a-z]+(?:\.[a-z]+)?)")


def marketplace_id(name: str) -> str:
    """Return the marketplace id of a country code (UK and GB alike) or of an id itself.

    Raises:
        EtlError: Amazon has no such marketplace.
    """
    upper = name.strip().upper()
    if upper in MARKETPLACE_IDS:
        return upper
    if upper in _ID_OF_COUNTRY:
        return _ID_OF_COUNTRY[upper]
    known = ", ".join(sorted(_ID_OF_COUNTRY))
    raise EtlError(
        f"marketplaces names {name.strip()!r}, which is not an Amazon marketplace: "
        f"use country codes ({known}) or Amazon's marketplace ids."
    )


def country(identifier: str) -> str:
    """Return the country code of a marketplace id, for people to read."""
    return _COUNTRY_OF_ID.get(identifier, identifier)


def marketplace_of_uri(uri: str) -> str:
    """Return the marketplace id of a web address such as ``https://www.amazon.co.uk/``.

    Raises:
        EtlError: the address is on none of Amazon's marketplaces.
    """
    address = uri.strip()
    host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    match = _AMAZON_HOST.fullmatch(host)
    if match is None or match[1] not in _ID_OF_DOMAIN:
        raise EtlError(
            f"uri is {uri!r}, which is not an address of an Amazon marketplace: "
            "use one such as https://www.amazon.de/."
        )
    return _ID_OF_DOMAIN[match[1]]
