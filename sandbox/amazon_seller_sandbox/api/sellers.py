"""Sellers API v1: who the account is and where it sells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.world.accounts import ODD_PARTICIPATIONS

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.accounts import Account, Marketplace, OddParticipation

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
        found += [(each, each.is_participating) for each in ODD_PARTICIPATIONS[account.key]]
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
