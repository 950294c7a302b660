"""Settings: each wrong one is one sentence that names it; the retired API's names are reported."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tap_amazon_associates.config.settings import PROPERTIES, Settings
from tap_amazon_associates.config.sources import checked, from_environment
from tap_amazon_associates.errors import ConfigurationError
from tap_amazon_associates.singer import streams

ROOT = Path(__file__).parents[2]
GOOD: dict[str, Any] = {
    "credential_id": "id",
    "credential_secret": "secret",
    "country": "DE",
    "partner_tag": "site-21",
}


def settings(**more: Any) -> Settings:
    return checked(GOOD | more, list(PROPERTIES))


@pytest.mark.parametrize(
    ("country", "version"),
    [
        ("US", "3.1"),
        ("BR", "3.1"),
        ("DE", "3.2"),
        ("uk", "3.2"),
        ("IN", "3.2"),
        ("JP", "3.3"),
        ("AU", "3.3"),
    ],
)
def test_the_version_follows_from_the_region_of_the_country(country: str, version: str) -> None:
    assert settings(country=country).credential.version == version


def test_the_defaults_are_those_of_a_new_account() -> None:
    found = settings()

    assert (found.requests_per_second, found.requests_per_day) == (1.0, 8640)
    assert found.ages.data == found.ages.prices == timedelta(days=1)
    assert found.ages.errors == timedelta(hours=1)
    assert found.tags == {"DE": "site-21"}


def test_prices_and_errors_are_never_kept_longer_than_data() -> None:
    found = settings(cache_hours=0.5, price_minutes=90, error_cache_minutes=90)

    assert found.ages.prices == found.ages.errors == found.ages.data == timedelta(minutes=30)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no id": ({"credential_id": ""}, "'credential_id' is missing"),
    "no secret": ({"credential_secret": None}, "'credential_secret' is missing"),
    "no country": ({"country": None}, "'country' is missing"),
    "no tag": ({"partner_tag": None}, "'partner_tag' is missing"),
    "country": ({"country": "XX"}, "'country' names 'XX'"),
    "version": ({"version": "3.9"}, "'version' is '3.9'; it must be one of 2.1, 2.2"),
    "version of another region": ({"version": "3.1"}, "version 3.2"),
    "tag": ({"partner_tag": "two words"}, "'partner_tag' must be a tag"),
    "long tag": ({"partner_tag": "x" * 65}, "'partner_tag' must be a tag"),
    "tags": ({"partner_tags": "site-21"}, "'partner_tags' must be an object"),
    "tags of another region": ({"partner_tags": {"US": "site-20"}}, "another region"),
    "tags of no country": ({"partner_tags": {"XX": "site-20"}}, "'partner_tags' names 'XX'"),
    "number": ({"requests_per_second": "fast"}, "'requests_per_second' is 'fast'"),
    "zero": ({"requests_per_day": 0}, "'requests_per_day' is '0'"),
    "cache": ({"cache_hours": -1}, "'cache_hours' is '-1'"),
    "condition": ({"condition": "Used"}, "'condition' must be Any or New"),
    "endpoint": ({"endpoint_url": "http://example.com"}, "'endpoint_url': plain http"),
    "token": ({"token_url": "nowhere"}, "'token_url' is not an http or https URL"),
    "items": ({"items": {"asin": "B0"}}, "'items' must be a list"),
    "items file": ({"items_file": "/nowhere/items.txt"}, "/nowhere/items.txt, which is not a file"),
    "search": ({"searches": [{"colour": "red"}]}, "'searches', entry 1 has 'colour'"),
    "empty search": ({"searches": [{"pages": 2}]}, "says nothing to search for"),
    "code": ({"searches": ["x", {"ean": "123"}]}, "entry 2: '123' is not a product code"),
    "pages": ({"searches": [{"keywords": "x", "pages": 11}]}, "'pages' must be a whole number"),
    "order": ({"searches": [{"keywords": "x", "sort_by": "Price"}]}, "'sort_by' must be one of"),
    "unknown": ({"partnertag": "site-21"}, "did you mean 'partner_tag'?"),
    "flag": ({"fail_on_incomplete": "maybe"}, "'fail_on_incomplete' must be true or false"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_one_sentence_that_names_it(name: str) -> None:
    more, words = WRONG[name]

    with pytest.raises(ConfigurationError) as caught:
        settings(**more)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    "key", ["access_key", "secret_key", "host", "region", "partner_type", "associate_tag"]
)
def test_a_setting_of_the_retired_api_is_told_with_what_takes_its_place(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings(**{key: "value"})

    said = str(caught.value)
    assert said.startswith(f"'{key}': this belongs to the Product Advertising API 5.0")
    assert "'credential_id', 'credential_secret', 'country' and 'partner_tag'" in said
    assert "value" not in said


def test_variables_of_the_retired_api_are_told_where_there_is_no_credential(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AMAZON_PAAPI_ACCESS_KEY", "AKIA")
    settings()

    with pytest.raises(ConfigurationError, match="AMAZON_PAAPI_ACCESS_KEY: this belongs to"):
        checked({"country": "DE"}, list(PROPERTIES))


def test_keys_of_a_host_are_passed_over_in_its_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOB_ID", "x")

    assert settings(zzz_of_the_host=1).marketplace.country == "DE"


@pytest.mark.parametrize(
    "value",
    [
        ["B08XYZ1234", " https://www.amazon.de/dp/B000000001?x=a,b "],
        "B08XYZ1234,https://www.amazon.de/dp/B000000001?x=a,b",
        "B08XYZ1234\nhttps://www.amazon.de/dp/B000000001?x=a,b\n",
        '["B08XYZ1234", "https://www.amazon.de/dp/B000000001?x=a,b"]',
    ],
)
def test_items_are_a_list_or_one_text(value: Any) -> None:
    assert settings(items=value).items == (
        "B08XYZ1234",
        "https://www.amazon.de/dp/B000000001?x=a,b",
    )


def test_a_search_is_a_code_keywords_or_criteria() -> None:
    found = settings(
        searches=[
            "4006381333931",
            " blue   pen ",
            {"brand": "Bosch", "keywords": "drill", "country": "FR", "pages": 3},
            {"upc": "36000291452"},
        ]
    ).searches

    assert [each.query for each in found] == [
        "4006381333931", "blue pen", "keywords=drill; brand=Bosch", "36000291452",
    ]  # fmt: skip
    assert [each.code for each in found] == ["4006381333931", None, None, "36000291452"]
    assert found[2].marketplace is not None
    assert (found[2].marketplace.country, found[2].pages) == ("FR", 3)


def test_the_secret_is_in_no_text_of_the_settings() -> None:
    assert "very-secret" not in repr(settings(credential_secret="very-secret"))


def test_the_cache_is_in_the_users_folder_for_caches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert settings().cache_path == str(tmp_path / "tap-amazon-associates" / "cache.sqlite")


def test_variables_of_the_environment_are_settings_as_texts() -> None:
    environment = {
        "TAP_AMAZON_ASSOCIATES_ITEMS": "B08XYZ1234,https://www.amazon.de/dp/B000000001",
        "TAP_AMAZON_ASSOCIATES_PARTNER_TAGS": '{"FR": "site-fr-21"}',
        "TAP_AMAZON_ASSOCIATES_SEARCHES": '["4006381333931", "blue pen"]',
        "TAP_AMAZON_ASSOCIATES_REQUESTS_PER_SECOND": "2.5",
        "TAP_AMAZON_ASSOCIATES_FAIL_ON_INCOMPLETE": "true",
        "TAP_AMAZON_ASSOCIATES_LOGLEVEL": "DEBUG",
        "TAP_AMAZON_ASSOCIATES__EXECUTABLE": "x",
        "OTHER": "x",
    }

    found = settings(**from_environment(PROPERTIES, environment))

    assert len(found.items) == 2
    assert found.tags["FR"] == "site-fr-21"
    assert [each.code is None for each in found.searches] == [False, True]
    assert (found.requests_per_second, found.fail_on_incomplete) == (2.5, True)


def test_a_variable_that_is_no_setting_is_refused_without_its_value() -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_environment(PROPERTIES, {"TAP_AMAZON_ASSOCIATES_CREDENTIAL_SECRETS": "very-secret"})

    assert str(caught.value) == (
        "There is no setting for the variable TAP_AMAZON_ASSOCIATES_CREDENTIAL_SECRETS; "
        "did you mean 'credential_secret'?"
    )


def test_meltano_yml_has_every_setting_as_the_code_has_it() -> None:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))
    [extractor] = [
        each for each in project["plugins"]["extractors"] if each["name"] == "tap-amazon-associates"
    ]
    found = {each["name"]: each for each in extractor["settings"]}

    assert list(found) == list(PROPERTIES)
    for name, schema in PROPERTIES.items():
        assert found[name]["description"] == schema["description"], name
        assert found[name].get("sensitive", False) == schema.get("secret", False), name
    assert extractor["select"] == [f"{stream.name}.*" for stream in streams.ALL]
