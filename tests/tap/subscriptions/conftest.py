"""A seller and an SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from notified_shop import CREDENTIALS, NotifiedShop

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartSandbox


@pytest.fixture
def shop(
    start_sandbox: StartSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> NotifiedShop:
    """A seller who has no notifications yet."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    sandbox = start_sandbox(notifications=True, clock_factor=60, orders=60, listings=20)
    return NotifiedShop(sandbox, tmp_path)
