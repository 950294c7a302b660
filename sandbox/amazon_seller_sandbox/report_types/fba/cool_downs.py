"""How long Amazon makes no FBA report again: the answer is the report before, or CANCELLED."""

from __future__ import annotations

from amazon_seller_sandbox.clock import HOUR, MINUTE

NEAR_REAL_TIME = 30 * MINUTE  # seconds
DAILY = 4 * HOUR  # seconds
