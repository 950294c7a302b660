"""The usage plans of all operations that can be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_selling_partner._pages import PAGED
from amazon_selling_partner._throttle import Quota

if TYPE_CHECKING:
    from collections.abc import Mapping

QUOTAS: Mapping[str, Quota] = {
    "getMarketplaceParticipations": Quota(0.016, 15),
    "createReport": Quota(0.0167, 15),
    "getReport": Quota(2, 15),
    "getReportDocument": Quota(0.0167, 15),
    "searchCatalogItems": Quota(2, 2),
    "getAccount": Quota(0.016, 15),
    "createRestrictedDataToken": Quota(1, 10),
    **{name: operation.quota for name, operation in PAGED.items()},
}
"""Usage plans by operationId, as Amazon's API models state them."""
