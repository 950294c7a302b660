"""What an account shares with others: which calls and reports, with whom, and how much there is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from amazon_fleet.accounts.limits import APPLICATION, SELLER, GivenLimits
from amazon_fleet.errors import AccountsFileError
from amazon_selling_partner import QUOTAS, REPORT_LIMITS, Quota, ReportLimit

if TYPE_CHECKING:
    from collections.abc import Mapping

Rule = TypeVar("Rule")

OF_APPLICATIONS: Final[Mapping[str, Quota]] = MappingProxyType(
    {"searchCatalogItems": Quota(500.0, 500)}
)
"""What Amazon allows an application over all sellers, as far as it says so.

Source: "Catalog Items API Rate Limits". Where its pages give no figure for an operation, a user may.
"""


@dataclass(frozen=True, slots=True)
class Shared(Generic[Rule]):
    """A limit, and the key by which the processes that share it find it."""

    key: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class SharedPlan:
    """What one account shares.

    Attributes:
        account: Its name in the fleet, which has its place in queues.
        calls: By operation.
        reports: By report type.
    """

    account: str
    calls: Mapping[str, Shared[Quota]] = field(default_factory=dict)
    reports: Mapping[str, Shared[ReportLimit]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, given: GivenLimits, account: str, *, application: str, seller: str = ""
    ) -> SharedPlan:
        """What an account shares with others of its application, and of its seller.

        Amazon has said of GET_SALES_AND_TRAFFIC_REPORT that its limit is a seller's over all
        applications, and that it is an application's over all sellers
        (amzn/selling-partner-api-models#5210). It is taken for a seller's unless a user says otherwise.

        Args:
            given: What the user has given; what is left out is as Amazon has said.
            account: Its name in the fleet.
            application: Its `lwa_client_id`; keys hold a digest of it.
            seller: Its `selling_partner_id`; without one it shares nothing with others of its seller.

        Raises:
            AccountsFileError: There is no such operation.
        """
        for name in given.calls.keys() - QUOTAS.keys():
            raise AccountsFileError(
                f"{account}: limits.calls names '{name}', which is not an operation that is called; "
                f"there are {', '.join(sorted(QUOTAS))}."
            )
        calls = {
            **OF_APPLICATIONS,
            **{name: Quota(rule.rate, rule.burst) for name, rule in given.calls.items()},
        }
        reports = {
            **{name: (limit, SELLER) for name, limit in REPORT_LIMITS.items()},
            **{
                name: (ReportLimit(timedelta(minutes=rule.minutes), rule.a_day), rule.per)
                for name, rule in given.reports.items()
            },
        }
        owners = {APPLICATION: _digest(application), SELLER: _digest(seller)}
        return cls(
            account,
            {
                name: Shared(f"{APPLICATION}:{owners[APPLICATION]}:{name}", quota)
                for name, quota in calls.items()
            },
            {
                name: Shared(f"{per}:{owners[per]}:{name}", limit)
                for name, (limit, per) in reports.items()
                if owners[per]
            },
        )


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16] if name else ""
