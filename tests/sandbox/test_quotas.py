"""Token buckets, as Amazon documents them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Amazon, MakeAmazon

PLANS = [
    ("GET", "/reports/2021-06-30/reports?reportTypes=X_Y", 0.0222, 10),
    ("POST", "/reports/2021-06-30/reports", 0.0167, 15),
    ("GET", "/reports/2021-06-30/reports/1", 2, 15),
    ("DELETE", "/reports/2021-06-30/reports/1", 0.0222, 10),
    ("GET", "/reports/2021-06-30/documents/amzn1.spdoc.1", 0.0167, 15),
    ("GET", "/sellers/v1/marketplaceParticipations", 0.016, 15),
    ("GET", "/sellers/v1/account", 0.016, 15),
    ("GET", "/catalog/2022-04-01/items", 2, 2),
    ("GET", "/catalog/2022-04-01/items/B000000000", 2, 2),
]


@pytest.mark.parametrize(("method", "path", "rate", "burst"), PLANS)
def test_a_burst_passes_then_one_call_per_period(
    amazon: Amazon, method: str, path: str, rate: float, burst: int
) -> None:
    def status() -> int:
        return amazon.call(method, path, {} if method == "POST" else None).status_code

    assert 429 not in [status() for _ in range(burst)]
    assert status() == 429
    amazon.clock.advance(0.98 / rate)
    assert status() == 429
    amazon.clock.advance(0.03 / rate)
    assert status() != 429
    assert status() == 429


def test_a_refused_call_says_so_in_amazons_words(amazon: Amazon) -> None:
    for _ in range(15):
        good = amazon.call("GET", "/sellers/v1/account")
    refused = amazon.call("GET", "/sellers/v1/account")

    assert good.headers["x-amzn-RateLimit-Limit"] == "0.016"
    assert refused.json()["errors"][0]["code"] == "QuotaExceeded"
    assert refused.json()["errors"][0]["message"] == (
        "You exceeded your quota for the requested resource."
    )
    assert "x-amzn-RateLimit-Limit" not in refused.headers
    assert refused.headers["x-amzn-RequestId"] != good.headers["x-amzn-RequestId"]


def test_accounts_have_buckets_of_their_own(amazon: Amazon) -> None:
    for _ in range(16):
        amazon.call("GET", "/sellers/v1/account")
    amazon.log_in("Atzr|sandbox-FE")

    assert amazon.call("GET", "/sellers/v1/account").status_code == 200


def test_two_grants_of_one_account_share_its_buckets(amazon: Amazon) -> None:
    for _ in range(15):
        amazon.call("GET", "/sellers/v1/account")
    amazon.log_in("Atzr|sandbox-limited")

    assert amazon.call("GET", "/sellers/v1/account").status_code == 429


def test_an_account_may_be_granted_other_rates_which_answers_state(make_amazon: MakeAmazon) -> None:
    amazon = make_amazon(rate_factor=3)

    good = [amazon.call("GET", "/sellers/v1/account") for _ in range(15)]
    assert {each.headers["x-amzn-RateLimit-Limit"] for each in good} == {"0.048"}
    assert amazon.call("GET", "/sellers/v1/account").status_code == 429
    amazon.clock.advance(1.03 / 0.048)
    assert amazon.call("GET", "/sellers/v1/account").status_code == 200
    assert amazon.call("GET", "/sellers/v1/account").status_code == 429
