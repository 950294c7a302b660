"""Sellers API v1: who the account is and where it sells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amazon_seller_sandbox.accounts import Account

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


def participations(account: Account) -> list[dict[str, object]]:
    """Return the account's marketplace participations."""
    return [
        {
            "marketplace": {
                "id": market.id,
                "countryCode": market.country,
                "name": market.name,
                "defaultCurrencyCode": market.currency,
                "defaultLanguageCode": market.language,
                "domainName": market.domain,
            },
            "participation": {"isParticipating": True, "hasSuspendedListings": False},
            "storeName": account.store_name,
        }
        for market in account.marketplaces
    ]


def account_details(account: Account) -> dict[str, object]:
    """Return the account's business and contact."""
    address = _PLACES[account.key]
    return {
        "marketplaceParticipationList": participations(account),
        "businessType": "PRIVATE_LIMITED",
        "sellingPlan": "PROFESSIONAL",
        "business": {
            "name": account.company,
            "registeredBusinessAddress": address,
            "companyRegistrationNumber": "HRB 123456",
        },
        "primaryContact": {"name": "Sandy Beach", "address": address},
    }
