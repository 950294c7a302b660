"""Transactions: those that are released late, those that name no marketplace, and equal ones."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from running import configuration, run_tap, select
from scripted_amazon import ago, scripted_amazon, summary_of

from amazon_selling_partner import marketplaces

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartSandbox

STREAM = "order_financial_events"
DE, FR = (marketplaces.BY_COUNTRY[country].id for country in ("DE", "FR"))


def transaction(number: int, days: float, **other: Any) -> dict[str, Any]:
    """A transaction of Germany that was posted so many days ago."""
    return {
        "transactionId": f"T{number}",
        "transactionStatus": "RELEASED",
        "postedDate": ago(days=days),
        "marketplaceDetails": {"marketplaceId": DE},
        **other,
    }


def answering(found: list[dict[str, Any]]) -> Any:
    """An answer to listTransactions, within the time and of the status that are requested."""

    def answer(query: dict[str, str]) -> Any:
        wanted = query.get("transactionStatus")
        return {
            "payload": {
                "transactions": [
                    each
                    for each in found
                    if query["postedAfter"] <= each["postedDate"] < query["postedBefore"]
                    and wanted in {None, each["transactionStatus"]}
                ]
            }
        }

    return answer


def deferred(days: float, matures: float) -> dict[str, Any]:
    context = {"contextType": "DeferredContext", "maturityDate": ago(days=-matures)}
    return transaction(1, days, transactionStatus="DEFERRED", contexts=[context])


def test_a_transaction_that_is_released_after_the_look_back_is_emitted_again(
    tmp_path: Path,
) -> None:
    found = [deferred(days=40, matures=0), transaction(2, 1)]
    with scripted_amazon("DE", listTransactions=answering(found)) as amazon:
        start = ago(days=60)
        first = amazon.sync(tmp_path, STREAM, start_date=start)
        still = amazon.sync(tmp_path, STREAM, start_date=start, state=first.state)
        found[0] = found[0] | {"transactionStatus": "DEFERRED_RELEASED"}
        released = amazon.sync(tmp_path, STREAM, start_date=start, state=still.state)
        before = len(amazon.called("listTransactions"))
        amazon.sync(tmp_path, STREAM, start_date=start, state=released.state)

    statuses = [
        {each["transaction_id"]: each["transaction_status"] for each in output.records[STREAM]}[
            "T1"
        ]
        for output in (first, still, released)
    ]
    assert statuses == ["DEFERRED", "DEFERRED", "DEFERRED_RELEASED"]
    later = amazon.called("listTransactions")[before:]
    assert all("transactionStatus" not in query for query in later)  # nothing is deferred any more


def test_nothing_is_asked_of_deferred_ones_before_the_first_matures(tmp_path: Path) -> None:
    with scripted_amazon(
        "DE", listTransactions=answering([deferred(days=40, matures=20)])
    ) as amazon:
        first = amazon.sync(tmp_path, STREAM, start_date=ago(days=60))
        amazon.sync(tmp_path, STREAM, start_date=ago(days=60), state=first.state)

    assert all("transactionStatus" not in query for query in amazon.called("listTransactions"))


def test_a_transaction_that_names_no_marketplace_comes_once_and_others_are_counted(
    tmp_path: Path,
) -> None:
    found = [
        transaction(1, 1, marketplaceDetails=None),
        transaction(2, 1),
        transaction(3, 1, marketplaceDetails={"marketplaceId": FR}),
    ]
    with scripted_amazon("DE", "FR", listTransactions=answering(found)) as amazon:
        output = amazon.sync(tmp_path, STREAM)

    have = [(each["marketplace_id"], each["transaction_id"]) for each in output.records[STREAM]]
    assert sorted(have) == sorted([(DE, "T1"), (DE, "T2"), (FR, "T3")])
    assert summary_of(output, STREAM, DE)["passed_over"] == 1
    assert summary_of(output, STREAM, FR)["passed_over"] == 2


def test_equal_transactions_without_an_id_are_numbered(tmp_path: Path) -> None:
    found = [transaction(0, 1, transactionId=None)] * 2
    with scripted_amazon("DE", listTransactions=answering(found)) as amazon:
        first, second = (amazon.sync(tmp_path, STREAM) for _ in range(2))

    ids = [each["transaction_id"] for each in first.records[STREAM]]
    assert ids[1] == f"{ids[0]}-2"
    assert [each["transaction_id"] for each in second.records[STREAM]] == ids


def test_invoices_of_business_buyers_end_as_the_truth_has_them(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=600, orders=200, days=40)
    config = configuration(sandbox.url, "NA", clock_factor=600, marketplaces="CA,US")
    chosen = select(tmp_path, STREAM)
    state = None
    held: dict[str, dict[str, Any]] = {}
    for _ in range(4):
        output = run_tap(tmp_path, config, state, *chosen)
        assert "incomplete" not in output.errors
        state = output.state
        held |= {each["transaction_id"]: each for each in output.records[STREAM]}
        truth = {each["transaction_id"]: each for each in sandbox.truth("NA", STREAM)}
        places = {each["marketplace_id"] for each in held.values()}
        due = {
            key: each["transaction_status"]
            for key, each in truth.items()
            if each["marketplace_id"] in places
        }
        assert {key: each["transaction_status"] for key, each in held.items()} == due
        sandbox.advance(minutes=13 * 24 * 60)

    reasons = {each["contexts"][0]["deferralReason"] for each in held.values() if each["contexts"]}
    assert reasons == {"B2B", "DD7"}


def test_transactions_without_ids_all_come_and_equal_ones_are_two(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=600, orders=60, listings=20)
    config = configuration(sandbox.url, clock_factor=600, marketplaces=["DE"])
    chosen = select(tmp_path, STREAM)
    right = run_tap(tmp_path, config, None, *chosen).records[STREAM]
    sandbox.fault("listTransactions", "no_ids", times=None)

    bare = run_tap(tmp_path, config, None, *chosen).records[STREAM]

    def contents(records: list[dict[str, Any]]) -> Counter[str]:
        return Counter(
            json.dumps({**record, "transaction_id": ""}, sort_keys=True) for record in records
        )

    twice = contents(bare) - contents(right)
    assert right
    assert twice
    assert not contents(right) - contents(bare)
    assert twice.keys() <= contents(right).keys()
    assert len({record["transaction_id"] for record in bare}) == len(bare)
