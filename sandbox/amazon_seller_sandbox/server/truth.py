"""What a perfect sync must deliver, by stream: the canonical records, straight from the generators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_seller_sandbox.api import operations
from amazon_seller_sandbox.report_types import families

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.accounts import Account
    from amazon_seller_sandbox.world.truth import Truth

TRUTH: dict[str, Truth] = {**families.TRUTH, **operations.TRUTH}


def has(account: Account, stream: str) -> bool:
    """Say whether an account can have a stream: vendors have streams of their own."""
    return stream in TRUTH and account.is_vendor == stream.startswith("vendor_")
