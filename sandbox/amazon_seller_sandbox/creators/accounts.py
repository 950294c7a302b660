"""The Associates of the sandbox: their credentials, tags and tiers."""

from __future__ import annotations

from dataclasses import dataclass

from amazon_seller_sandbox.world.accounts import ALL_MARKETPLACES, Marketplace

SECRET = "sandbox-creators-secret"  # noqa: S105 - a published value that opens nothing
REGIONS = {"NA": ("1", "-20"), "EU": ("2", "-21"), "FE": ("3", "-22")}
"""The region's number in versions, and how its tags end (a habit of Amazon's, not a rule)."""
_REGION_OF = {
    **dict.fromkeys(("US", "CA", "MX"), "NA"),
    **dict.fromkeys(("JP", "AU"), "FE"),
}


@dataclass(frozen=True, slots=True)
class Associate:
    """One credential and the account that it belongs to.

    Attributes:
        version: 2.x: Cognito; 3.x: Login with Amazon.
        per_second, per_day: The tier: how many calls Amazon allows.
        eligible: Whether it has the sales that Amazon requests.
    """

    credential_id: str
    region: str
    version: str
    per_second: float = 1.0
    per_day: int = 8_640
    eligible: bool = True

    def tag(self, market: Marketplace) -> str:
        """Return the account's tag in a marketplace."""
        return f"sandbox-{market.country.lower()}{REGIONS[self.region][1]}"

    def is_for(self, market: Marketplace) -> bool:
        """Say whether the credential is for a marketplace: it is for those of its region."""
        return region_of(market) == self.region


def region_of(market: Marketplace) -> str:
    """Return the region of a marketplace, as credentials have them."""
    return _REGION_OF.get(market.country, "EU")


def _of_region(region: str) -> tuple[Associate, ...]:
    number = REGIONS[region][0]
    name = f"amzn1.application-oa2-client.creators-{region}"
    return (
        Associate(name, region, f"3.{number}"),
        Associate(f"{name}-old", region, f"2.{number}"),
        Associate(f"{name}-large", region, f"3.{number}", per_second=10.0, per_day=864_000),
        Associate(f"{name}-small", region, f"3.{number}", per_day=20),
        Associate(f"{name}-new", region, f"3.{number}", eligible=False),
    )


ASSOCIATES = {each.credential_id: each for region in REGIONS for each in _of_region(region)}
MARKETS = {each.domain: each for each in ALL_MARKETPLACES.values()}
"""The marketplaces by what `x-marketplace` calls them: `www.amazon.de`."""
