"""The settings of the Creators API: their JSON Schema, and a checked, typed view of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_amazon_associates.config.searches import Search, search_of
from tap_amazon_associates.config.values import flag, from_json, number, products, text, url
from tap_amazon_associates.creators.client import Preferences
from tap_amazon_associates.creators.pace import CALLS_A_DAY, CALLS_A_SECOND
from tap_amazon_associates.creators.tokens import Credential
from tap_amazon_associates.creators.versions import ALL as VERSIONS
from tap_amazon_associates.creators.versions import OF_REGION, region_of
from tap_amazon_associates.errors import ConfigurationError
from tap_amazon_associates.marketplaces import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_amazon_associates.marketplaces import Marketplace

CONDITIONS = ("Any", "New")
_LONGEST_TAG = 64  # characters
_WEEK = 7 * 24

_TEXT: dict[str, Any] = {"type": ["string", "null"]}
_NUMBER: dict[str, Any] = {"type": ["number", "string", "null"]}
_LIST: dict[str, Any] = {"type": ["array", "string", "null"], "items": {"type": "string"}}

PROPERTIES: dict[str, dict[str, Any]] = {
    "credential_id": {
        "type": "string", "title": "Credential id",
        "description": "Id of your credential of the Creators API (Associates Central, Tools).",
    },
    "credential_secret": {
        "type": "string", "title": "Credential secret", "secret": True, "writeOnly": True,
        "description": "Secret of the credential; Amazon shows it once.",
    },
    "country": {
        "type": "string", "title": "Country",
        "description": (
            "Country code (DE, UK or GB, US, ...) of the marketplace in which ASINs without a link, and "
            "searches, are looked up."
        ),
    },
    "partner_tag": {
        **_TEXT, "title": "Partner tag",
        "description": "Your tag (store id or tracking id) in the marketplace of `country`.",
    },
    "partner_tags": {
        "type": ["object", "string", "null"], "additionalProperties": {"type": "string"},
        "title": "Partner tags",
        "description": (
            'Your tags in other marketplaces, by country: {"FR": "site-fr-21"}. Links to a marketplace '
            "without a tag are rejected. All must be of the credential's region."
        ),
    },
    "version": {
        **_TEXT, "title": "Version",
        "description": (
            "Version of the credential, as Associates Central shows it: 2.1, 2.2, 2.3 or 3.1, 3.2, 3.3. "
            "Default: 3.x of the country's region."
        ),
    },
    "items": {
        **_LIST, "title": "Items",
        "description": "ASINs and Amazon links, short ones included, for `associates_items`.",
    },
    "items_file": {
        **_TEXT, "title": "File of items",
        "description": (
            "File with ASINs or links: text with one a line, or .csv, .tsv or .jsonl with a column "
            "`asin`, `link` or `url`."
        ),
    },
    "searches": {
        "type": ["array", "string", "null"], "items": {"type": ["string", "object"]},
        "title": "Searches",
        "description": (
            "What `associates_search` searches for: product codes (EAN, UPC, GTIN, ISBN), keywords, or "
            'objects such as {"brand": "Bosch", "keywords": "drill", "pages": 3, "country": "FR"}.'
        ),
    },
    "searches_file": {
        **_TEXT, "title": "File of searches",
        "description": "File with a product code, or keywords, in each line.",
    },
    "variations": {
        **_LIST, "title": "Variations",
        "description": "ASINs and Amazon links whose variations `associates_variations` lists.",
    },
    "requests_per_second": {
        **_NUMBER, "default": CALLS_A_SECOND, "title": "Calls a second",
        "description": "What the account's tier allows: 1 to 10.",
    },
    "requests_per_day": {
        **_NUMBER, "default": CALLS_A_DAY, "title": "Calls a day",
        "description": "What the account's tier allows in 24 hours; counted over several runs.",
    },
    "cache_path": {
        **_TEXT, "title": "Cache",
        "description": (
            "SQLite file that keeps Amazon's answers and counts calls. Default: "
            "tap-amazon-associates/cache.sqlite in the user's folder for caches."
        ),
    },
    "cache_hours": {
        **_NUMBER, "default": 24, "title": "Age of data",
        "description": "How old an answer may be before it is requested again; Amazon allows 24 hours.",
    },
    "price_minutes": {
        **_NUMBER, "title": "Age of prices",
        "description": (
            "The same for items with an offer, whose price changes sooner. Default: as `cache_hours`."
        ),
    },
    "error_cache_minutes": {
        **_NUMBER, "default": 60, "title": "Age of errors",
        "description": "How long an ASIN that Amazon did not find is not requested again.",
    },
    "language": {
        **_TEXT, "title": "Language",
        "description": "Language of texts, such as en_GB, where the marketplace has several.",
    },
    "currency": {
        **_TEXT, "title": "Currency",
        "description": "Currency of prices (ISO 4217), where the marketplace has several.",
    },
    "condition": {
        **_TEXT, "enum": [*CONDITIONS, None], "title": "Condition",
        "description": "Any or New: the condition of offers. Default: Amazon's, which is Any.",
    },
    "timeout_seconds": {
        **_NUMBER, "default": 25, "title": "Request time-out",
        "description": (
            "Seconds without an answer, or a piece of one, after which a call is tried again."
        ),
    },
    "fail_on_incomplete": {
        "type": ["boolean", "string", "null"], "title": "Fail when incomplete",
        "description": (
            "Exit with 1 when something could not be read. By default that is a warning, and the "
            "next sync reads what is missing."
        ),
    },
    "endpoint_url": {
        **_TEXT, "title": "Endpoint",
        "description": (
            "Server to use instead of https://creatorsapi.amazon; http is allowed on loopback."
        ),
    },
    "token_url": {
        **_TEXT, "title": "Token endpoint",
        "description": "URL of tokens to use instead of Amazon's.",
    },
    "short_link_endpoint": {
        **_TEXT, "title": "Endpoint of short links",
        "description": (
            "Server that short links are resolved at, as ENDPOINT/amzn.to/abc, instead of Amazon's."
        ),
    },
}  # fmt: skip
REQUIRED = ("credential_id", "credential_secret", "country")
CONFIG_JSONSCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": PROPERTIES,
    "required": list(REQUIRED),
}


def usual_cache_path() -> Path:
    """Where the cache is if no setting names a file."""
    folder = os.environ.get("XDG_CACHE_HOME")
    return (
        Path(folder) if folder else Path.home() / ".cache"
    ) / "tap-amazon-associates/cache.sqlite"


@dataclass(frozen=True, slots=True)
class Ages:
    """How old what is known may be before it is requested again."""

    data: timedelta
    prices: timedelta
    errors: timedelta


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked settings.

    Attributes:
        marketplace: Where ASINs without a link are looked up.
        tags: The partner's tag by country.
    """

    credential: Credential
    marketplace: Marketplace
    tags: dict[str, str]
    ages: Ages
    preferences: Preferences
    cache_path: str
    requests_per_second: float
    requests_per_day: int
    timeout_seconds: float
    fail_on_incomplete: bool
    endpoint_url: str | None = None
    short_link_endpoint: str | None = None
    items: tuple[str, ...] = ()
    items_file: Path | None = None
    searches: tuple[Search, ...] = ()
    searches_file: Path | None = None
    variations: tuple[str, ...] = field(default=())

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Check a configuration.

        Raises:
            ConfigurationError: Names the setting.
        """
        for key in REQUIRED:
            if text(config, key) is None:
                raise ConfigurationError(
                    f"Setting '{key}' is missing: {PROPERTIES[key]['description']}"
                )
        marketplace = _marketplace(str(config["country"]), "country")
        version = _version(config, marketplace)
        hours = number(config, "cache_hours", 24, minimum=0, maximum=_WEEK)
        prices = number(config, "price_minutes", hours * 60, minimum=0, maximum=_WEEK * 60)
        errors = number(config, "error_cache_minutes", 60, minimum=0, maximum=_WEEK * 60)
        return cls(
            credential=Credential(
                str(config["credential_id"]).strip(),
                str(config["credential_secret"]).strip(),
                version,
                url(config, "token_url"),
            ),
            marketplace=marketplace,
            tags=_tags(config, marketplace, version),
            ages=Ages(
                timedelta(hours=hours),
                timedelta(minutes=min(prices, hours * 60)),
                timedelta(minutes=min(errors, hours * 60)),
            ),
            preferences=_preferences(config),
            cache_path=text(config, "cache_path") or str(usual_cache_path()),
            requests_per_second=number(
                config, "requests_per_second", CALLS_A_SECOND, minimum=0.01, maximum=1_000
            ),
            requests_per_day=int(
                number(config, "requests_per_day", CALLS_A_DAY, minimum=1, maximum=100_000_000)
            ),
            timeout_seconds=number(config, "timeout_seconds", 25, minimum=1, maximum=600),
            fail_on_incomplete=flag(config, "fail_on_incomplete"),
            endpoint_url=url(config, "endpoint_url"),
            short_link_endpoint=url(config, "short_link_endpoint"),
            items=products(config, "items"),
            items_file=_file(config, "items_file"),
            searches=_searches(config),
            searches_file=_file(config, "searches_file"),
            variations=products(config, "variations"),
        )

    def tag_of(self, marketplace: Marketplace) -> str | None:
        """The partner's tag in a marketplace; None if no setting gives one."""
        return self.tags.get(marketplace.country)


def _marketplace(name: str, key: str) -> Marketplace:
    found = find(name)
    if found is None:
        raise ConfigurationError(
            f"Setting '{key}' names '{name[:40]}', which is not a country that Amazon has a shop "
            "for, such as DE, UK or US."
        )
    return found


def _version(config: Mapping[str, Any], marketplace: Marketplace) -> str:
    value = config.get("version")
    version = str(value).strip() if value not in (None, "") else OF_REGION[marketplace.region]
    if version not in VERSIONS:
        raise ConfigurationError(
            f"Setting 'version' is '{version[:20]}'; it must be one of {', '.join(VERSIONS)}: what "
            "Associates Central shows beside the credential."
        )
    if region_of(version) != marketplace.region:
        raise ConfigurationError(
            f"Setting 'version' is {version}, a credential for {region_of(version)}; "
            f"{marketplace.country} is in {marketplace.region}, which needs one of version "
            f"{OF_REGION[marketplace.region]} (or 2.{OF_REGION[marketplace.region][-1]})."
        )
    return version


def _tags(config: Mapping[str, Any], marketplace: Marketplace, version: str) -> dict[str, str]:
    several = from_json(config.get("partner_tags"), "partner_tags") or {}
    if not isinstance(several, dict):
        raise ConfigurationError(
            'Setting \'partner_tags\' must be an object of tags by country: {"FR": "site-fr-21"}.'
        )
    tags: dict[str, str] = {}
    for name, value in several.items():
        place = _marketplace(str(name), "partner_tags")
        if place.region != region_of(version):
            raise ConfigurationError(
                f"Setting 'partner_tags' names {place.country}, which is in another region than the "
                f"credential (version {version}); it needs a configuration of its own."
            )
        tags[place.country] = _tag(value, f"partner_tags ({place.country})")
    if tag := text(config, "partner_tag"):
        tags[marketplace.country] = _tag(tag, "partner_tag")
    if marketplace.country not in tags:
        raise ConfigurationError(
            f"Setting 'partner_tag' is missing: {PROPERTIES['partner_tag']['description']}"
        )
    return tags


def _tag(value: Any, key: str) -> str:
    tag = value.strip() if isinstance(value, str) else ""
    if not tag or len(tag) > _LONGEST_TAG or not tag.isascii() or len(tag.split()) > 1:
        raise ConfigurationError(
            f"Setting '{key}' must be a tag of at most {_LONGEST_TAG} characters, such as site-21."
        )
    return tag


def _preferences(config: Mapping[str, Any]) -> Preferences:
    condition = text(config, "condition")
    if condition is not None and condition not in CONDITIONS:
        raise ConfigurationError(f"Setting 'condition' must be {' or '.join(CONDITIONS)}.")
    return Preferences(text(config, "language"), text(config, "currency"), condition)


def _searches(config: Mapping[str, Any]) -> tuple[Search, ...]:
    value = from_json(config.get("searches"), "searches")
    if value is None:
        return ()
    if isinstance(value, str):
        value = value.splitlines()
    elif isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise ConfigurationError(
            "Setting 'searches' must be a list, or a text with one in each line."
        )
    return tuple(
        search_of(each, f"Setting 'searches', entry {number_}")
        for number_, each in enumerate(value, 1)
        if each not in ("", None)
    )


def _file(config: Mapping[str, Any], key: str) -> Path | None:
    name = text(config, key)
    if name is None:
        return None
    path = Path(name)
    if not path.is_file():
        raise ConfigurationError(f"Setting '{key}' names {path}, which is not a file.")
    return path
