"""Sellers API v1: who the account is and where it sells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.world.accounts import ODD_PARTICIPATIONS, ROLE_INSIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.api.operation import Call, Json
    from amazon_seller_sandbox.world.accounts import Account, Marketplace, OddParticipation
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

_PLACES = {
    "NA": {
        "addressLine1": "1 Beach Road",
        "city": "Portland",
        "stateOrProvinceCode": "OR",
        "postalCode": "97201",
        "countryCode": "US",
    },
    "EU": {
        "addressLine1": "Sandweg 7",
        "city": "München",
        "postalCode": "80331",
        "countryCode": "DE",
    },
    "FE": {
        "addressLine1": "砂町1-2-3",
        "city": "江東区",
        "stateOrProvinceCode": "東京都",
        "postalCode": "136-0073",
        "countryCode": "JP",
    },
}


def participations(account: Account, *, odd: bool) -> list[dict[str, Any]]:
    """Return the account's marketplace participations; ``odd`` adds those it cannot sell in."""
    found: list[tuple[Marketplace | OddParticipation, bool]] = [
        (market, True) for market in account.marketplaces
    ]
    if odd:
        found += [(each, each.is_participating) for each in ODD_PARTICIPATIONS.get(account.key, ())]
    return [
        {
            "marketplace": {
                "id": each.id,
                "countryCode": each.country,
                "name": each.name,
                "defaultCurrencyCode": each.currency,
                "defaultLanguageCode": each.language,
                "domainName": each.domain,
            },
            "participation": {"isParticipating": participates, "hasSuspendedListings": False},
            "storeName": account.store_name,
        }
        for each, participates in found
    ]


def account_details(account: Account, *, odd: bool) -> dict[str, Any]:
    """Return the account's business and contact."""
    address = _PLACES[account.region]
    return {
        "marketplaceParticipationList": participations(account, odd=odd),
        "businessType": "PRIVATE_LIMITED",
        "sellingPlan": "PROFESSIONAL",
        "business": {
            "name": account.company,
            "registeredBusinessAddress": address,
            "companyRegistrationNumber": "HRB 123456",
        },
        "primaryContact": {"name": "Sandy Beach", "address": address},
    }


def _odd(call: Call) -> bool:
    return call.sandbox.world.settings.odd_participations


async def _get_participations(call: Call) -> Json:
    found = participations(call.grant.account, odd=_odd(call))
    return {"payload": call.delivered(found)}


async def _get_account(call: Call) -> Json:
    return {"payload": account_details(call.grant.account, odd=_odd(call))}


_SELLERS = Rate(0.016, 15)


def _marketplaces(world: World, business: Business, _as_of: int, _since: float) -> Iterator[Record]:
    odd = world.settings.odd_participations
    for each in participations(business.account, odd=odd):
        market, participation = each["marketplace"], each["participation"]
        yield {
            "marketplace_id": market["id"],
            "country_code": market["countryCode"],
            "name": market["name"],
            "default_currency_code": market["defaultCurrencyCode"],
            "default_language_code": market["defaultLanguageCode"],
            "domain_name": market["domainName"],
            "store_name": each["storeName"],
            "is_participating": participation["isParticipating"],
            "has_suspended_listings": participation["hasSuspendedListings"],
        }


def _account(_world: World, business: Business, _as_of: int, _since: float) -> Iterator[Record]:
    account = business.account
    details = account_details(account, odd=False)
    yield {
        "region": account.region,
        "business_name": account.company,
        "business_type": details["businessType"],
        "selling_plan": details["sellingPlan"],
        "company_registration_number": details["business"]["companyRegistrationNumber"],
        "marketplace_ids": sorted(each.id for each in account.marketplaces),
    }


OPERATIONS = (
    Operation(
        "getMarketplaceParticipations",
        "GET",
        "/sellers/v1/marketplaceParticipations",
        _SELLERS,
        200,
        _get_participations,
        role=ROLE_INSIGHTS,
        rate_on_every_error=True,
    ),
    Operation(
        "getAccount",
        "GET",
        "/sellers/v1/account",
        _SELLERS,
        200,
        _get_account,
        role=ROLE_INSIGHTS,
    ),
)
TRUTH: dict[str, Truth] = {"account": _account, "marketplaces": _marketplaces}
