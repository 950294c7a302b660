"""The client of the Optiply API against the sandbox's Optiply, in good days and bad."""

from __future__ import annotations

import base64
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from conftest import RunningSandbox, StartSandbox
from optiply_shop import CLIENT_SECRET, PASSWORD, Connect, Watched

from amazon_optiply_etl.optiply.client import Item, remote_id_of
from amazon_optiply_etl.optiply.errors import (
    OptiplyCredentialsError,
    OptiplyDoubt,
    OptiplyRefusal,
    OptiplyUnavailable,
)
from amazon_optiply_etl.optiply.exchange import BACKOFF_CAP, MAX_TRIES

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTRIBUTES = {"name": "Thing", "stockLevel": 3, "unlimitedStock": False}


@pytest.fixture
def connect(sandbox: RunningSandbox) -> Iterator[Connect]:
    connect = Connect(sandbox)
    yield connect
    for each in connect.opened:
        each.__exit__(None, None, None)


@pytest.fixture
def client(connect: Connect) -> Watched:
    return connect()


def product(remote_id: str, **changed: Any) -> dict[str, Any]:
    return {**ATTRIBUTES, "remoteId": remote_id, **changed}


def known(client: Watched, sku: str) -> list[Item]:
    """The products with a SKU."""
    return list(client.optiply.items("products", skuCode=sku))


def test_an_object_is_created_read_changed_and_removed(client: Watched) -> None:
    optiply = client.optiply

    made = optiply.post("products", product("B01_DE", skuCode="LIFE", price=9.5))
    assert optiply.patch("products", made, {"name": "Renamed"})

    (found,) = known(client, "LIFE")
    assert found.id == made
    assert found.attributes["name"] == "Renamed"
    assert remote_id_of(found, "1002") == "B01_DE"
    assert optiply.find("products", "B01_DE", skuCode="LIFE") == made

    optiply.delete("products", made)
    assert known(client, "LIFE") == []
    assert client.waits == []


def test_what_is_not_there_is_neither_changed_nor_missed(client: Watched) -> None:
    made = client.optiply.post("products", product("GONE"))
    client.optiply.delete("products", made)

    assert not client.optiply.patch("products", made, {"name": "Nobody"})
    client.optiply.delete("products", made)

    assert client.optiply.find("products", "GONE") is None


def test_all_pages_are_read_once_and_in_order(client: Watched) -> None:
    made = [client.optiply.post("products", product(f"P{n}", skuCode="MANY")) for n in range(201)]

    found = [each.id for each in known(client, "MANY")]

    assert found == made
    assert client.optiply.find("products", "P200", skuCode="MANY") == made[-1]


def test_an_id_that_no_object_can_have_leads_to_no_other(client: Watched) -> None:
    made = client.optiply.post("products", product("STAYS", skuCode="STAYS"))

    for id_ in ("", ".", "..", f"x/../{made}", f"../products/{made}", f"{made}?", f"{made}#"):
        assert not client.optiply.patch("products", id_, {"name": "Nobody"})
        client.optiply.delete("products", id_)

    (found,) = known(client, "STAYS")
    assert found.attributes["name"] == "Thing"


def test_a_token_is_asked_for_once_and_handed_over(connect: Connect) -> None:
    first = connect()
    list(first.optiply.items("suppliers"))
    list(first.optiply.items("suppliers"))
    (token,) = first.tokens

    second = connect(access_token=token)
    list(second.optiply.items("suppliers"))

    assert second.tokens == []


def test_a_token_that_is_no_longer_good_is_renewed(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    client = connect(access_token="of-years-ago")
    client.optiply.post("products", product("RENEWED-1", skuCode="RENEWED"))
    sandbox.advance(minutes=7 * 24 * 60)
    client.optiply.post("products", product("RENEWED-2", skuCode="RENEWED"))

    assert len(known(client, "RENEWED")) == 2
    assert len(client.tokens) == 2
    assert client.waits == []


def test_a_token_may_be_refused_in_the_middle_again_and_again(
    client: Watched, sandbox: RunningSandbox
) -> None:
    for number in range(3):
        sandbox.fault("optiply.products.POST", "revoked_tokens")
        client.optiply.post("products", product(f"MID{number}", skuCode="MIDDLE"))

    assert len(known(client, "MIDDLE")) == 3
    assert len(client.tokens) == 4
    assert client.waits == []


def test_threads_share_a_token_and_its_renewal(client: Watched, sandbox: RunningSandbox) -> None:
    sandbox.fault("optiply.products.POST", "revoked_tokens", skip=20)

    with ThreadPoolExecutor(8) as threads:
        made = list(
            threads.map(
                lambda number: client.optiply.post(
                    "products", product(f"THREAD{number}", skuCode="THREADS")
                ),
                range(60),
            )
        )

    assert sorted(each.id for each in known(client, "THREADS")) == sorted(made)
    assert len(client.tokens) == 2


def test_a_token_refused_at_once_ends_the_run(client: Watched, sandbox: RunningSandbox) -> None:
    list(client.optiply.items("suppliers"))
    sandbox.fault("optiply.products.POST", "revoked_tokens", times=2)

    with pytest.raises(OptiplyCredentialsError, match=r"tenant-config\.json"):
        client.optiply.post("products", product("NEVER", skuCode="NEVER"))

    assert known(client, "NEVER") == []
    assert client.waits == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "nobody@optiply.example"},
        {"password": "wrong-password"},
        {"client_id": "wrong-client"},
        {"client_secret": "wrong-secret"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_wrong_credentials_end_the_run_with_a_sentence_that_shows_none(
    connect: Connect, wrong: dict[str, Any]
) -> None:
    client = connect(**wrong)

    with pytest.raises(OptiplyCredentialsError) as error:
        list(client.optiply.items("products"))

    sentence = str(error.value)
    assert next(iter(wrong)) in sentence
    assert not any(value in sentence for value in (*wrong.values(), PASSWORD, CLIENT_SECRET))
    assert client.waits == []


def test_too_many_requests_are_waited_for_as_long_as_optiply_asks(
    client: Watched, sandbox: RunningSandbox
) -> None:
    sandbox.fault("optiply.products.*", "429", times=2, seconds=130)

    client.optiply.post("products", product("BUSY", skuCode="BUSY"))

    assert client.waits == [130, 130]
    assert len(known(client, "BUSY")) == 1


def test_a_wait_longer_than_a_run_ends_it(client: Watched, sandbox: RunningSandbox) -> None:
    sandbox.fault("optiply.products.*", "429", seconds=7200)

    with pytest.raises(OptiplyUnavailable, match="7200 s"):
        client.optiply.post("products", product("LATER"))

    assert client.waits == []


@pytest.mark.parametrize(
    "fault", ["500", "503", "html", "empty", "reset", "reset_before", "reset_in_body", "truncated"]
)
def test_reading_changing_and_removing_are_repeated_until_answered(
    client: Watched, sandbox: RunningSandbox, fault: str
) -> None:
    sku = f"AGAIN-{fault}"
    made = client.optiply.post("products", product(sku, skuCode=sku))

    sandbox.fault("optiply.products.*", fault, times=2)
    assert client.optiply.patch("products", made, {"name": "Renamed"})
    sandbox.fault("optiply.products.*", fault, times=2)
    (found,) = known(client, sku)
    sandbox.fault("optiply.products.*", fault, times=2)
    client.optiply.delete("products", made)

    assert found.attributes["name"] == "Renamed"
    # The answer to a removal has no body that could be cut short.
    assert len(client.waits) == (4 if fault in {"reset_in_body", "truncated"} else 6)
    assert known(client, sku) == []


@pytest.mark.parametrize(
    ("fault", "done"),
    [
        ("500", False), ("503", False), ("html", False), ("empty", False),
        ("reset_before", False), ("reset", True), ("reset_in_body", True), ("truncated", True),
        ("wrong_length", True),
    ],
)  # fmt: skip
def test_a_post_without_an_answer_is_a_doubt_and_never_repeated(
    client: Watched, sandbox: RunningSandbox, fault: str, *, done: bool
) -> None:
    sku = f"DOUBT-{fault}"
    list(client.optiply.items("suppliers"))
    sandbox.reset_calls()
    sandbox.fault("optiply.products.*", fault)

    with pytest.raises(OptiplyDoubt, match="POST products"):
        client.optiply.post("products", product(sku, skuCode=sku))

    assert sum(sum(each.values()) for each in sandbox.calls().values()) == 1
    assert client.waits == []
    assert (client.optiply.find("products", sku, skuCode=sku) is not None) is done


def test_a_sell_order_in_doubt_is_found_by_when_it_was_placed(
    client: Watched, sandbox: RunningSandbox
) -> None:
    optiply = client.optiply
    line = {"productId": optiply.post("products", product("SOLD")), "quantity": 2}
    placed = {"placed": "2026-10-01T10:00:00Z", "totalValue": 19.9}
    order = {**placed, "orderLines": [{**line, "subtotalValue": 19.9}]}
    optiply.post("sellOrders", {**order, "remoteId": "302-1"})
    sandbox.fault("optiply.sellOrders.POST", "reset")

    with pytest.raises(OptiplyDoubt):
        optiply.post("sellOrders", {**order, "remoteId": "302-2"})

    found = optiply.find("sellOrders", "302-2", placed=placed["placed"])
    assert found in {each.id for each in optiply.items("sellOrders")}
    assert optiply.find("sellOrders", "302-2", placed="2026-10-01T10:00:01Z") is None


def test_a_post_that_is_answered_too_late_is_a_doubt(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    patient, hasty = connect(), connect(timeout=0.2)
    list(hasty.optiply.items("suppliers"))
    sandbox.fault("optiply.products.*", "slow", seconds=1)

    with pytest.raises(OptiplyDoubt, match="ReadTimeout"):
        hasty.optiply.post("products", product("SLOW", skuCode="SLOW"))

    assert patient.optiply.find("products", "SLOW", skuCode="SLOW") is not None


def test_an_answer_that_is_too_late_is_asked_for_again(
    connect: Connect, sandbox: RunningSandbox
) -> None:
    hasty = connect(timeout=0.2)
    list(hasty.optiply.items("suppliers"))
    sandbox.fault("optiply.products.*", "slow", seconds=1)

    assert known(hasty, "nothing") == []

    assert len(hasty.waits) == 1


def test_a_refused_connection_precedes_sending_so_the_post_is_made(
    start_sandbox: StartSandbox,
) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    started: list[RunningSandbox] = []

    def start() -> None:
        if not started:
            started.append(start_sandbox(orders=20, listings=20, port=port))

    address = RunningSandbox(f"http://127.0.0.1:{port}", None)  # type: ignore[arg-type]
    client = Connect(address)(on_wait=start, access_token="of-a-run-before")

    with client.optiply:
        client.optiply.post("products", product("FIRST", skuCode="FIRST"))
        assert len(known(client, "FIRST")) == 1

    assert len(client.waits) == 1


def test_optiply_that_never_answers_is_given_up(client: Watched, sandbox: RunningSandbox) -> None:
    sandbox.fault("optiply.*", "503", times=None)

    with pytest.raises(OptiplyUnavailable, match=f"503.*after {MAX_TRIES} tries") as error:
        list(client.optiply.items("products"))

    assert "\n" not in str(error.value)
    assert len(client.waits) == MAX_TRIES - 1
    longest = [min(5.0 * 2**n, BACKOFF_CAP) for n in range(MAX_TRIES - 1)]
    assert all(wait <= most for wait, most in zip(client.waits, longest, strict=True))
    assert len(set(client.waits)) > 1


def test_a_post_that_is_always_too_many_was_not_made(
    client: Watched, sandbox: RunningSandbox
) -> None:
    list(client.optiply.items("suppliers"))
    sandbox.fault("optiply.products.*", "429", times=None)

    with pytest.raises(OptiplyUnavailable, match="429"):
        client.optiply.post("products", product("NEVER", skuCode="TOO-MANY"))

    sandbox.clear_faults()
    assert known(client, "TOO-MANY") == []


@pytest.mark.parametrize("fault", ["503", "429", "reset", "html"])
def test_a_failing_log_in_leaves_no_doubt_about_a_post(
    client: Watched, sandbox: RunningSandbox, fault: str
) -> None:
    sandbox.fault("optiply.token", fault)

    client.optiply.post("products", product(f"LOGIN-{fault}", skuCode=f"LOGIN-{fault}"))

    assert len(client.waits) == 1
    assert len(known(client, f"LOGIN-{fault}")) == 1


def test_one_refused_record_says_why_and_the_next_is_accepted(client: Watched) -> None:
    with pytest.raises(OptiplyRefusal) as error:
        client.optiply.post("products", product("BAD", stockLevel="many", price=-1))

    assert error.value.status == 400
    assert set(error.value.pointers) == {
        "/data/attributes/stockLevel", "/data/attributes/price",
    }  # fmt: skip
    assert "stockLevel" in error.value.reason
    assert str(error.value).startswith("Optiply refuses POST products (400): ")
    assert client.waits == []
    assert client.optiply.post("products", product("GOOD"))


def test_a_refused_change_is_no_missing_object(client: Watched) -> None:
    made = client.optiply.post("products", product("KEEPS"))

    with pytest.raises(OptiplyRefusal, match=f"PATCH products {made}"):
        client.optiply.patch("products", made, {"stockLevel": "many"})


def test_an_address_that_is_not_valid_is_told_by_its_place(client: Watched) -> None:
    supplier = {"name": "Maker", "remoteId": "S1", "emails": ["nowhere"]}

    with pytest.raises(OptiplyRefusal, match="is not a valid address") as error:
        client.optiply.post("suppliers", supplier)

    assert error.value.status == 400
    assert error.value.pointers == ("/data/attributes/emails",)


def test_a_pair_that_exists_is_a_conflict_and_can_be_found(client: Watched) -> None:
    optiply = client.optiply
    pair = {
        "productId": optiply.post("products", product("PAIR")),
        "supplierId": optiply.post("suppliers", {"name": "Maker", "remoteId": "S2"}),
    }
    made = optiply.post("supplierProducts", {"name": "Pair", "remoteId": "P_S", **pair})

    with pytest.raises(OptiplyRefusal) as error:
        optiply.post("supplierProducts", {"name": "Pair", "remoteId": "P_S", **pair})

    assert error.value.status == 409
    assert [each.id for each in optiply.items("supplierProducts", **pair)] == [made]


def test_an_account_of_somebody_else_ends_the_run(connect: Connect) -> None:
    client = connect(account_id="101", coupling_id="1001")

    with pytest.raises(OptiplyCredentialsError, match=r"account_id and couplingId.*account 101"):
        list(client.optiply.items("products"))
    with pytest.raises(OptiplyRefusal, match="account 101") as error:
        client.optiply.post("products", product("THEIRS"))

    assert error.value.status == 403


def test_an_unknown_filter_is_refused(client: Watched) -> None:
    with pytest.raises(OptiplyRefusal, match="GET products"):
        list(client.optiply.items("products", nonsense="1"))


def test_no_log_line_holds_a_secret(
    connect: Connect, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect(access_token="token-of-before")
    for name in ("httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    caplog.set_level(logging.DEBUG)

    sandbox.fault("optiply.products.*", "503")
    known(client, "LOGGED")
    sandbox.fault("optiply.products.*", "reset")
    with pytest.raises(OptiplyDoubt):
        client.optiply.post("products", product("LOGGED"))

    basic = base64.b64encode(f"optiply-sandbox:{CLIENT_SECRET}".encode()).decode()
    assert "httpx" in {record.name for record in caplog.records}
    assert "trying again" in caplog.text
    for secret in (PASSWORD, CLIENT_SECRET, basic, "token-of-before", *client.tokens):
        assert secret not in caplog.text
        assert secret not in repr(client.optiply)


def test_httpx_does_not_log_addresses_unless_asked_to(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
    assert not logging.getLogger("httpcore").isEnabledFor(logging.INFO)
