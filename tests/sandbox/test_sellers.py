"""A sandbox has as many sellers as a fleet needs, each with data, a login and an Optiply of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import loopback
import pytest

if TYPE_CHECKING:
    from conftest import RunningSandbox, StartSandbox


ATTRIBUTES = {"name": "Boot", "stockLevel": 1, "unlimitedStock": False, "status": "enabled"}


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    return start_module_sandbox(sellers=3, orders=20, listings=20, clock_factor=600)


def test_each_seller_has_its_own_listings_in_one_marketplace(sandbox: RunningSandbox) -> None:
    one, other = (sandbox.truth(name, "products_inventory") for name in ("S0001", "S0003"))
    assert one
    assert len({each["marketplace_id"] for each in one}) == 1
    assert not {each["asin1"] for each in one if each["asin1"]} & {each["asin1"] for each in other}


def test_there_are_no_more_sellers_than_were_asked_for(sandbox: RunningSandbox) -> None:
    assert loopback.get(f"{sandbox.url}/_sandbox/truth/S0004/orders").status_code == 404


@pytest.mark.parametrize(("token", "status"), [("S0003", 200), ("S0004", 400)])
def test_each_seller_logs_in_with_a_refresh_token_of_its_own(
    sandbox: RunningSandbox, token: str, status: int
) -> None:
    form = {
        "grant_type": "refresh_token",
        "client_id": "amzn1.application-oa2-client.sandbox",
        "client_secret": "sandbox-secret",
        "refresh_token": f"Atzr|sandbox-{token}",
    }
    assert loopback.post(f"{sandbox.url}/auth/o2/token", data=form).status_code == status


def test_each_seller_has_an_optiply_of_its_own(sandbox: RunningSandbox) -> None:
    entry = {"entity": "products", "attributes": ATTRIBUTES, "coupling": "S0002"}
    sandbox.post("/_sandbox/optiply", [entry])
    counts = [
        len(sandbox.get_json(f"/_sandbox/optiply?accountId={number}")["products"])
        for number in (10_001, 10_002)
    ]
    assert counts == [0, 1]
