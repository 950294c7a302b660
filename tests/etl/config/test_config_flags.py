"""What the flags of config.json and of the command line may say."""

from __future__ import annotations

from typing import Any

import pytest

from amazon_optiply_etl.config.marketplaces import country, marketplace_of_uri
from amazon_optiply_etl.config.settings import Settings, settings_from
from amazon_optiply_etl.errors import EtlError

DE = "A1PA6795UKMFR9"
GB = "A1F83G8C2ARO7P"
FR = "A13V1IB3VIYZZH"


def test_an_empty_config_means_the_full_flavour_by_ean_with_fba_stock() -> None:
    assert settings_from({}, {}) == Settings("eanCode", False, (), None, "full")  # noqa: FBT003


VALID: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a list of country codes": ({"marketplaces": ["DE", "gb"]}, {"marketplaces": (DE, GB)}),
    "UK is GB": ({"marketplaces": "UK, DE,GB"}, {"marketplaces": (GB, DE)}),
    "marketplace ids": ({"marketplaces": f"{DE},FR"}, {"marketplaces": (DE, FR)}),
    "empty marketplaces": ({"marketplaces": ""}, {"marketplaces": ()}),
    "true as text": ({"second_flavour": "True"}, {"second_flavour": True}),
    "false as text": ({"second_flavour": "false"}, {"second_flavour": False}),
    "skuCode": ({"optiply_key": "skuCode"}, {"optiply_key": "skuCode"}),
    "sell orders only": ({"sync_sell_orders_only": "true"}, {"flavour": "secondary"}),
    "Amazon's marketplaceId": ({"marketplaceId": DE, "flow_id": "f"}, {"marketplaces": ()}),
    "the connector's own keys": (
        {"lwa_client_id": "x", "refresh_token": "y", "start_date": "z", "marketplace": "DE",
         "report_types": [], "sandbox": False, "products_include_data": "identifiers",
         "endpoint_url": "", "token_url": "", "region": "EU"},
        {"flavour": "full"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("config", "expected"), VALID.values(), ids=VALID.keys())
def test_a_config_is_understood(config: dict[str, Any], expected: dict[str, Any]) -> None:
    settings = settings_from(config, {})
    assert {name: getattr(settings, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://www.amazon.de/", "DE"), ("https://www.amazon.com/", "US"),
        ("https://www.amazon.co.uk/", "GB"), ("https://www.amazon.com.be/dp/B0", "BE"),
        ("https://www.amazon.co.jp", "JP"), ("www.amazon.com.au/", "AU"),
        ("amazon.com.mx", "MX"), ("https://sellercentral.amazon.com.br/home", "BR"),
        ("https://www.amazon.com.tr/", "TR"), ("https://www.amazon.co.za:443/", "ZA"),
    ],
)  # fmt: skip
def test_an_address_names_its_marketplace(uri: str, expected: str) -> None:
    assert country(marketplace_of_uri(uri)) == expected


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a wrong key": ({"optiply_key": "ean"}, "optiply_key is 'ean'; it must be eanCode or skuCode"),
    "a wrong Boolean": (
        {"second_flavour": "yes"},
        "second_flavour is 'yes'; it must be true or false",
    ),
    "a wrong flavour": ({"flavour": "both"}, "flavour is 'both'; it must be full or secondary"),
    "an unknown country": ({"marketplaces": "DE,XX"}, "marketplaces names 'XX'"),
    "marketplaces as a number": ({"marketplaces": 3}, "marketplaces is 3"),
    "an address elsewhere": ({"uri": "https://example.com/.amazon.de/"}, "uri is 'https://example"),
    "an address of no country": ({"uri": "https://sellercentral-europe.amazon.xy/"}, "uri is"),
    "a misspelt flag": ({"second_flavor": True}, "'second_flavor'.*did you mean 'second_flavour'"),
    "a flag in camel case": ({"optiplyKey": "eanCode"}, "'optiplyKey'.*did you mean 'optiply_key'"),
    "a flag with a hyphen": (
        {"market-places": "DE"},
        "'market-places'.*did you mean 'marketplaces'",
    ),
    "url for uri": ({"url": "https://www.amazon.de/"}, "'url'.*did you mean 'uri'"),
    "a main marketplace that is not listed": (
        {"uri": "https://www.amazon.fr/", "marketplaces": "DE,GB"},
        "names marketplace FR, which is not among marketplaces .DE, GB.",
    ),
    "orders only and full": (
        {"sync_sell_orders_only": True, "flavour": "full"},
        "sync_sell_orders_only is true and flavour is full",
    ),
    "stock without products": (
        {"second_flavour": True, "flavour": "secondary"},
        "second_flavour is true and flavour is secondary",
    ),
}


@pytest.mark.parametrize(("config", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_config_is_refused_with_a_sentence(config: dict[str, Any], sentence: str) -> None:
    with pytest.raises(EtlError, match=sentence):
        settings_from(config, {})


def test_the_command_line_comes_before_the_config() -> None:
    settings = settings_from(
        {"optiply_key": "skuCode", "flavour": "secondary"},
        {"optiply_key": "eanCode", "flavour": None, "uri": ""},
    )
    assert (settings.optiply_key, settings.flavour) == ("eanCode", "secondary")
