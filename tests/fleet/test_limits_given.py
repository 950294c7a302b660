"""Limits that accounts share: as Amazon has said, or as a user gives them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from amazon_fleet.accounts.account import Account
from amazon_fleet.accounts.accounts_file import accounts_of
from amazon_fleet.accounts.limits import limits_of
from amazon_fleet.errors import AccountsFileError
from amazon_fleet.limits.plan import SharedPlan
from amazon_selling_partner import Quota, ReportLimit

TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"


def plan(given: dict[str, Any], account: str = "shop", **owners: str) -> SharedPlan:
    return SharedPlan.of(
        limits_of(given, "limits"), account, **{"application": "app", "seller": "A1"} | owners
    )


def test_accounts_of_a_seller_share_its_reports_and_those_of_an_application_its_calls() -> None:
    first, second, other = (
        plan({}, name, seller=seller, application=application)
        for name, seller, application in (("a", "A1", "x"), ("b", "A1", "y"), ("c", "A2", "x"))
    )
    assert first.reports[TRAFFIC] == second.reports[TRAFFIC] != other.reports[TRAFFIC]
    assert first.reports[TRAFFIC].rule == ReportLimit(timedelta(minutes=15), 96)
    assert first.calls == other.calls != second.calls


def test_an_account_whose_seller_is_not_known_shares_no_reports() -> None:
    assert plan({}, seller="").reports == {}


def test_a_user_may_say_that_a_limit_is_the_applications() -> None:
    given = {"reports": {TRAFFIC: {"minutes": 20, "per": "application"}}}
    one, other = (plan(given, seller=seller) for seller in ("A1", ""))
    assert one.reports[TRAFFIC] == other.reports[TRAFFIC]
    assert one.reports[TRAFFIC].rule == ReportLimit(timedelta(minutes=20), 0)


def test_a_user_may_give_the_quota_of_an_operation() -> None:
    shared = plan({"calls": {"createReport": {"rate": 0.5, "burst": 30}}}).calls["createReport"]
    assert shared.rule == Quota(0.5, 30)


def test_limits_stand_in_accounts_toml_and_in_the_database() -> None:
    limits = {"calls": {"createReport": {"rate": 0.5}}}
    content = {
        "defaults": {"limits": limits, "etl": {}},
        "accounts": {"shop": {"amazon": {"refresh_token": "env:TOKEN"}}},
    }
    (account,) = accounts_of(content, "accounts.toml")
    assert account.limits == Account.of_row(account.as_row()).limits == limits


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"call": {}}, "'call' is neither 'calls' nor 'reports'"),
        ({"calls": {"createReport": 3}}, "'createReport' must be a table"),
        ({"calls": []}, "'calls' must be a table"),
        ({"calls": {"createReport": {}}}, "createReport: 'rate' is missing"),
        ({"calls": {"createReport": {"rate": 0}}}, "'rate' must be a positive number"),
        ({"calls": {"createReport": {"rate": 1, "burst": 1.5}}}, "'burst' must be a whole number"),
        ({"calls": {"createReport": {"rate": 1, "most": 2}}}, "'most' is not a setting"),
        ({"reports": {TRAFFIC: {}}}, "'minutes' or 'a_day' is missing"),
        ({"reports": {TRAFFIC: {"a_day": 9, "per": "shop"}}}, "'per' must be 'application' or"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused_in_one_sentence(
    given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AccountsFileError, match="limits") as refusal:
        limits_of(given, "accounts.toml: accounts.shop.limits")
    assert sentence in str(refusal.value)


def test_an_operation_that_is_never_called_has_no_limit() -> None:
    with pytest.raises(AccountsFileError, match="names 'getEverything', which is not an operation"):
        plan({"calls": {"getEverything": {"rate": 1}}})
