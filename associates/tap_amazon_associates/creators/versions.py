"""The versions of credentials: which region each is of, and where its tokens come from.

Sources: the endpoints are in python-amazon-paapi 7.1 (`core/oauth.py`) and Amazon's SDK 1.3.0 bundled in
it; credentials made since February 2026 are of 3.x (Login with Amazon), older ones of 2.x (Cognito).
"""

from __future__ import annotations

from amazon_creatorsapi.core.oauth import VERSION_ENDPOINTS

_REGIONS = {"1": "NA", "2": "EU", "3": "FE"}
OF_REGION = {"NA": "3.1", "EU": "3.2", "FE": "3.3"}
"""The version of a region's new credentials."""
ALL = tuple(VERSION_ENDPOINTS)


def region_of(version: str) -> str | None:
    """The region of a version's credentials.

    >>> region_of("2.2"), region_of("3.3")
    ('EU', 'FE')
    """
    return _REGIONS.get(version.partition(".")[2])


def token_url(version: str) -> str:
    """Where Amazon gives tokens for a version."""
    return VERSION_ENDPOINTS[version]
