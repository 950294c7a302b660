"""A seller whose changes are reported to a queue, over the real protocol of SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import OpenShop
    from notified_shop import NotifiedShop


@pytest.fixture
def shop(open_shop: OpenShop) -> NotifiedShop:
    """A seller whose notifications are set up, with some changes in an hour."""
    found = open_shop(orders=3_000, listings=40, report_seconds=(1, 5))
    found.set_up()
    return found
