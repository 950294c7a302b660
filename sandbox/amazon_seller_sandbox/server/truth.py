"""What a perfect sync must deliver, by stream: the canonical records, straight from the generators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_seller_sandbox.api import operations
from amazon_seller_sandbox.files.json_documents import snake
from amazon_seller_sandbox.report_types import families

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.state.sandbox import Sandbox
    from amazon_seller_sandbox.world.accounts import Account
    from amazon_seller_sandbox.world.truth import Record, Truth

TRUTH: dict[str, Truth] = {**families.TRUTH, **operations.TRUTH}
EVERY: dict[str, Truth] = {**TRUTH, **operations.OTHER_TRUTH}
"""Those, and `STREAM.SOURCE` of what comes from another source by a setting."""

FOR_ALL = frozenset(
    {
        "replenishment_daily_metrics",
        "replenishment_offer_metrics",
        "replenishment_rolling_metrics",
    }
)
"""Streams that sellers and vendors have."""


REPORTS = "reports"
"""The stream of what callers have requested, which the state of the sandbox has and not its world."""


def reports(sandbox: Sandbox, account: str, as_of: float) -> Iterator[Record]:
    """Yield the reports of an account as they stood at an instant, those first that are oldest."""
    for report in reversed(list(sandbox.books[account].newest_first())):
        if report.created <= as_of:
            body = snake(report.body(as_of))
            yield {"marketplace_id": report.markets[0].id, **body}


def has(account: Account, stream: str) -> bool:
    """Say whether an account can have a stream: vendors have streams of their own."""
    is_of_its_kind = account.is_vendor == stream.startswith("vendor_")
    return stream in EVERY and (is_of_its_kind or stream in FOR_ALL)
