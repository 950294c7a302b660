"""Whatever goes wrong at whichever call of notifications, a rerun completes it and doubles nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from faults.trial import SECRETS
from notified_shop import CREDENTIALS, NotifiedShop, newest_orders
from proofs import is_full

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox

MADE = ("getDestinations", "createDestination", "getSubscription", "createSubscription")
REMOVED = ("deleteSubscriptionById", "deleteDestination")
ORDER = "getOrder"
ONCE = (
    "429", "500", "503", "json_without_errors", "html", "empty", "reset", "reset_before",
    "reset_in_body", "truncated", "wrong_length", "wrong_type", "expired_token", "not_an_object",
    "odd_members", "too_deep",
)  # fmt: skip
SAYS_NOTHING = {"not_an_object", "odd_members"}
"""A 200 to a deletion is a success, whatever its body: Amazon's model requires nothing of it."""
FOR_EVER = ("500", "html", "reset", "403")
CASES = [
    (operation, fault, times)
    for operation in (*MADE, *REMOVED, ORDER)
    for faults, times in ((ONCE, 1), (FOR_EVER, None))
    for fault in faults
    if not (operation in REMOVED and fault in SAYS_NOTHING)
]
SMALL = [
    ("createDestination", "reset", 1),
    ("deleteDestination", "reset_in_body", 1),
]
TYPES = 6


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """All of them, or one for what differs most."""
    if "operation" in metafunc.fixturenames:
        cases = CASES if is_full(metafunc.config) else SMALL
        metafunc.parametrize(("operation", "fault", "times"), cases)


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    return start_module_sandbox(notifications=True, clock_factor=60, orders=900, listings=20)


@pytest.fixture
def shop(
    sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[NotifiedShop]:
    """A seller without notifications, before and after."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    found = NotifiedShop(sandbox, tmp_path)
    yield found
    sandbox.clear_faults()
    if "notifications_queue" in found.settings and made(found)[0]:
        found.command("remove", "--with-messages")


def made(shop: NotifiedShop) -> tuple[int, int]:
    """How many destinations and subscriptions there are."""
    found = shop.sandbox.get_json("/_sandbox/notifications")
    return len(found["destinations"]), len(found["subscriptions"])


def test_a_fault_costs_a_rerun_at_most(
    shop: NotifiedShop, operation: str, fault: str, times: int | None
) -> None:
    if operation == ORDER:
        assert_orders_arrive(shop, fault, times)
        return
    words = ("remove", "--with-messages") if operation in REMOVED else ("setup",)
    if operation in REMOVED:
        shop.set_up()
    shop.sandbox.fault(operation, fault, times=times)

    run = shop.command(*words)
    shown = run.stdout + run.stderr
    shop.sandbox.clear_faults()
    if operation in MADE:
        shop.settings["notifications_queue"] = shop.queue
    rerun = shop.command(*words) if run.returncode else run

    assert run.returncode in {0, 1}, shown
    assert rerun.returncode == 0, rerun.stdout + rerun.stderr
    assert "Traceback" not in shown
    assert not [secret for secret in SECRETS if secret in shown]
    assert times or run.returncode == 1, "what lasts is reported"
    assert made(shop) == ((0, 0) if operation in REMOVED else (1, TYPES))


def assert_orders_arrive(shop: NotifiedShop, fault: str, times: int | None) -> None:
    """Each changed order is there once, whatever happens to the call that has its lines."""
    shop.set_up()
    before = len(shop.sent("ORDER_CHANGE"))
    shop.sandbox.advance(minutes=600)
    shop.settle()
    shop.sandbox.fault(ORDER, fault, times=times)

    first = shop.sync("order_changes")
    shop.sandbox.clear_faults()
    second = shop.sync("order_changes")

    assert "Traceback" not in first.errors
    records = [*first.records.get("order_changes", []), *second.records.get("order_changes", [])]
    statuses = {each["amazon_order_id"]: each["order_status"] for each in records}
    assert statuses == newest_orders(shop.sent("ORDER_CHANGE")[before:])
    assert statuses
    assert shop.left() == 0
