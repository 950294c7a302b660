"""A seller whose changes are reported to a queue, over the real protocol of SQS."""

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
    """A seller whose notifications are set up, with some changes in an hour."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    sandbox = start_sandbox(
        notifications=True, clock_factor=60, orders=3_000, listings=40, report_seconds=(1, 5)
    )
    found = NotifiedShop(sandbox, tmp_path)
    found.set_up()
    return found
