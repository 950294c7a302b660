"""A seller and an SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import OpenShop
    from notified_shop import NotifiedShop


@pytest.fixture
def shop(open_shop: OpenShop) -> NotifiedShop:
    """A seller who has no notifications yet."""
    return open_shop(orders=60, listings=20)
