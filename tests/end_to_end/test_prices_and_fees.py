"""Prices and fees equal the truth in every region, and take no more calls than their batches."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from proofs import is_full
from running import configuration, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from running import Output, Record

CLOCK_FACTOR = 600
COMPETITIVE, EXPECTED, FEES = "competitive_prices", "featured_offer_prices", "fee_estimates"
OPERATIONS = {
    COMPETITIVE: ("getCompetitiveSummary", 20),
    EXPECTED: ("getFeaturedOfferExpectedPriceBatch", 40),
    FEES: ("getMyFeesEstimates", 20),
}
OF_THE_SYNC = {"synced_at"}
V0: dict[str, Any] = {"competitive_prices_source": "listing_offers"}
OF_V0 = f"{COMPETITIVE}.listing_offers"


@pytest.fixture(scope="module")
def shared(start_module_sandbox: StartSandbox) -> RunningSandbox:
    return start_module_sandbox(
        clock_factor=CLOCK_FACTOR, orders=10, listings=90, days=1, report_seconds=(1, 20)
    )


@pytest.fixture
def sandbox(shared: RunningSandbox) -> RunningSandbox:
    """The shared sandbox, its calls counted again, with full quotas."""
    shared.clear_faults()
    shared.advance(minutes=10)
    shared.reset_calls()
    return shared


def synced(
    sandbox: RunningSandbox,
    folder: Path,
    *streams: str,
    account: str = "EU",
    state: Record | None = None,
    **settings: object,
) -> Output:
    usual = {"limit_wait_minutes": 2 * CLOCK_FACTOR, "clock_factor": CLOCK_FACTOR}
    config = configuration(sandbox.url, account, **(usual | settings))
    options = select(folder, *(streams or OPERATIONS), "rejected_rows", "sync_summary")
    output = run_tap(folder, config, state, *options)
    assert output.returncode == 0, output.errors
    assert "Traceback" not in output.errors
    return output


def assert_true(output: Output, truth: list[Record], stream: str) -> None:
    """The records of a stream are the true ones, each once, in the types of their schema."""
    schema = output.schemas[stream][-1]
    keys, records = schema["key_properties"], output.records[stream]
    have = {tuple(record[name] for name in keys): record for record in records}
    want = {tuple(record[name] for name in keys): record for record in truth}
    assert len(have) == len(records), f"{stream} doubles records"
    assert have.keys() == want.keys(), stream
    validator = jsonschema_rs.Draft202012Validator(schema["schema"])
    for key, record in have.items():
        validator.validate(record)
        names = (record.keys() | want[key].keys()) - OF_THE_SYNC
        wrong = {
            name: (record.get(name), want[key].get(name))
            for name in names
            if record.get(name) != want[key].get(name)
        }
        assert not wrong, (stream, key)


def calls(sandbox: RunningSandbox, operation: str) -> dict[str, int]:
    return sandbox.calls().get(operation, {})


@pytest.mark.parametrize("account", ["NA", "EU", "FE"])
def test_every_record_is_true_with_no_more_calls_than_batches(
    sandbox: RunningSandbox, tmp_path: Path, account: str
) -> None:
    output = synced(sandbox, tmp_path, account=account)

    summary = {
        (each["stream"], each["marketplace_id"]): each for each in output.records["sync_summary"]
    }
    for stream, (operation, size) in OPERATIONS.items():
        truth = sandbox.truth(account, stream)
        assert_true(output, truth, stream)
        places = {record["marketplace_id"] for record in truth}
        counts = [sum(one["marketplace_id"] == place for one in truth) for place in places]
        assert calls(sandbox, operation) == {"200": sum(-(-count // size) for count in counts)}
        assert all(summary[stream, place]["complete"] for place in places)
    assert calls(sandbox, "createReport") == {"202": len(places)}, "one listing report for all"
    assert {record["result_status"] for record in output.records[EXPECTED]} >= {
        "VALID_FOEP",
        "NO_COMPETING_OFFER",
        "NO_COMPETING_OFFERS",
        "ASIN_NOT_ELIGIBLE",
    }
    assert max(record["featured_offer_count"] for record in output.records[COMPETITIVE]) > 1
    assert min(record["featured_offer_count"] for record in output.records[COMPETITIVE]) == 0


@pytest.mark.parametrize("account", ["NA", "EU", "FE"])
def test_offers_of_v0_are_true_with_no_more_calls_than_batches(
    sandbox: RunningSandbox, tmp_path: Path, account: str
) -> None:
    output = synced(sandbox, tmp_path, COMPETITIVE, account=account, **V0)

    truth = sandbox.truth(account, OF_V0)
    assert_true(output, truth, COMPETITIVE)
    places = {record["marketplace_id"] for record in truth}
    counts = [sum(one["marketplace_id"] == place for one in truth) for place in places]
    batches = sum(-(-count // 20) for count in counts)
    assert calls(sandbox, "getListingOffersBatch") == {"200": batches}
    assert not calls(sandbox, "getCompetitiveSummary")
    assert {record["offers_status"] for record in truth} == {
        "Success",
        "NoBuyableOffers",
        "ActiveButTooSoonForProcessing",
    }
    assert max(each.get("featured_offer_count") or 0 for each in truth) == 2


def test_entries_of_v0_have_a_status_of_their_own(sandbox: RunningSandbox, tmp_path: Path) -> None:
    sandbox.fault("getListingOffersBatch", "refused_entry", times=1)
    sandbox.fault("getListingOffersBatch", "failed_entry", times=1)
    sandbox.fault("getListingOffersBatch", "new_member", times=100)

    output = synced(sandbox, tmp_path, COMPETITIVE, marketplaces="DE", **V0)

    truth = sandbox.truth("EU", OF_V0, marketplace_id=DE)
    [rejected] = output.records["rejected_rows"]
    assert rejected["report_type"] == "getListingOffersBatch"
    assert "Amazon refuses it: 400" in rejected["reason"]
    assert len(output.records[COMPETITIVE]) == len(truth) - 1


def test_asins_of_others_come_last_and_from_an_operation_of_their_own(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    truth = sandbox.truth("EU", OF_V0, marketplace_id=DE)
    own = [each["asin"] for each in truth[:25]]
    foreign = [f"B0CCCCCC{number:02d}" for number in range(21)]

    output = synced(
        sandbox, tmp_path, COMPETITIVE, marketplaces="DE", price_items=[*foreign, *own], **V0
    )

    found = {each["asin"]: each for each in output.records[COMPETITIVE]}
    assert found.keys() == {*own, *foreign}
    assert len(found) == len(output.records[COMPETITIVE])
    assert {found[asin]["source_operation"] for asin in foreign} == {"getItemOffersBatch"}
    assert {found[asin]["source_operation"] for asin in own} == {"getListingOffersBatch"}
    assert calls(sandbox, "getListingOffersBatch") == {"200": 2}
    assert calls(sandbox, "getItemOffersBatch") == {"200": 2}


def test_an_entry_that_is_refused_costs_its_item_alone(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    for operation, _ in OPERATIONS.values():
        sandbox.fault(operation, "refused_entry", times=1)

    output = synced(sandbox, tmp_path, marketplaces="DE")

    rejected = {row["report_type"]: row for row in output.records["rejected_rows"]}
    assert rejected.keys() == {operation for operation, _ in OPERATIONS.values()}
    assert "Amazon refuses it: 400" in rejected["getCompetitiveSummary"]["reason"]
    summary = {each["stream"]: each for each in output.records["sync_summary"]}
    for stream in OPERATIONS:
        truth = sandbox.truth("EU", stream, marketplace_id=DE)
        assert len(output.records[stream]) == len(truth) - 1
        assert (summary[stream]["rejected"], summary[stream]["complete"]) == (1, True)


DE = "A1PA6795UKMFR9"


def test_an_entry_that_fails_is_requested_again(sandbox: RunningSandbox, tmp_path: Path) -> None:
    for operation, _ in OPERATIONS.values():
        sandbox.fault(operation, "failed_entry", times=1)

    output = synced(sandbox, tmp_path, marketplaces="DE")

    assert "rejected_rows" not in output.records
    for stream in OPERATIONS:
        truth = sandbox.truth("EU", stream, marketplace_id=DE)
        assert_true(output, truth, stream)


def test_an_entry_that_fails_for_ever_leaves_the_stream_incomplete(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.fault("getMyFeesEstimates", "failed_entry", times=1_000)

    output = synced(sandbox, tmp_path, FEES, marketplaces="DE", price_items=["B000000000"])
    assert FEES not in output.records  # none of the seller's
    truth = sandbox.truth("EU", FEES, marketplace_id=DE)
    wanted = [each["sku"] for each in truth[:3]]
    output = synced(sandbox, tmp_path, FEES, marketplaces="DE", price_items=wanted)

    [summary] = [each for each in output.records["sync_summary"] if each["stream"] == FEES]
    assert not summary["complete"]
    assert "has given no answer for" in output.errors


def test_members_that_are_new_are_passed_on(sandbox: RunningSandbox, tmp_path: Path) -> None:
    sandbox.fault("getCompetitiveSummary", "new_member", times=100)
    sandbox.fault("getMyFeesEstimates", "new_member", times=100)

    output = synced(sandbox, tmp_path, COMPETITIVE, FEES, marketplaces="DE")

    assert {record["price_health"] for record in output.records[COMPETITIVE]} == {"GOOD"}
    assert {record["fee_note"] for record in output.records[FEES]} == {"x"}


def test_a_batch_that_is_refused_for_one_item_is_halved(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.fault("getFeaturedOfferExpectedPriceBatch", "400", times=1)

    output = synced(sandbox, tmp_path, EXPECTED, marketplaces="DE")

    truth = sandbox.truth("EU", EXPECTED, marketplace_id=DE)
    assert_true(output, truth, EXPECTED)


def test_a_list_by_setting_is_all_that_is_requested(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    truth = sandbox.truth("EU", EXPECTED, marketplace_id=DE)
    sku, asin, foreign = truth[0]["sku"], truth[1]["asin"], "B0CCCCCCCC"

    output = synced(
        sandbox, tmp_path, marketplaces="DE", price_items=[sku, asin, foreign, "no such SKU"]
    )

    asins = {record["asin"]: record["seller_skus"] for record in output.records[COMPETITIVE]}
    assert asins.keys() == {truth[0]["asin"], asin, foreign}
    assert asins[foreign] == []
    skus = {each["sku"] for each in truth if each["asin"] == asin or each["sku"] == sku}
    assert {record["sku"] for record in output.records[EXPECTED]} == skus
    assert {record["sku"] for record in output.records[FEES]} == skus
    [rejected] = output.records["rejected_rows"]
    assert (rejected["report_type"], rejected["item_id"]) == (
        "getFeaturedOfferExpectedPriceBatch",
        "no such SKU",
    )
    assert "INVALID_SKU" in rejected["reason"]
    [warning] = [line for line in output.warnings() if "price_items" in line]
    assert "1 SKUs that are not listed in DE" in warning
    assert "no such SKU; correct them" in warning


@pytest.mark.parametrize("is_killed", [False, True])
def test_files_have_the_records_of_many_calls(
    sandbox: RunningSandbox, tmp_path: Path, *, is_killed: bool
) -> None:
    storage = {"root": (tmp_path / "files").as_uri()}
    settings: dict[str, Any] = {
        "batch_config": {"encoding": {"format": "jsonl"}, "storage": storage}
    }
    if is_killed:
        sandbox.fault("getCompetitiveSummary", "403", skip=2, times=None)

    output = synced(sandbox, tmp_path, COMPETITIVE, marketplaces="DE", **settings)
    if is_killed:
        assert "needs the role" in output.errors
        sandbox.clear_faults()
        synced(sandbox, tmp_path, COMPETITIVE, marketplaces="DE", state=output.state, **settings)

    truth = sandbox.truth("EU", COMPETITIVE, marketplace_id=DE)
    files = list((tmp_path / "files").glob(f"{COMPETITIVE}-*.jsonl.gz"))
    lines = [line for each in files for line in gzip.decompress(each.read_bytes()).splitlines()]
    asins = [json.loads(line)["asin"] for line in lines]
    assert sorted(asins) == sorted(record["asin"] for record in truth)


@pytest.mark.parametrize("source", ["competitive_summary", "listing_offers"])
def test_a_round_continues_where_the_quota_ended_it(
    sandbox: RunningSandbox, tmp_path: Path, source: str
) -> None:
    operation = {
        "competitive_summary": "getCompetitiveSummary", "listing_offers": "getListingOffersBatch",
    }[source]  # fmt: skip
    truth = sandbox.truth("EU", COMPETITIVE, marketplace_id=DE)
    found: list[Record] = []
    state, syncs, due = None, 0, True
    while due:
        sandbox.advance(minutes=10)
        output = synced(
            sandbox, tmp_path, COMPETITIVE, marketplaces="DE", state=state,
            limit_wait_minutes=int(source == "competitive_summary"),
            competitive_prices_source=source,
        )  # fmt: skip
        state, syncs = output.state, syncs + 1
        summary = {each["stream"]: each for each in output.records["sync_summary"]}
        due = summary[COMPETITIVE]["due"] > 0
        if due:
            assert not summary[COMPETITIVE]["complete"]
            assert summary[COMPETITIVE]["due_from"]
            assert f"{operation}: " in output.errors
            assert "calls due" in output.errors or "call due" in output.errors
        found += output.records.get(COMPETITIVE, [])

    ids = [record["asin"] for record in found]
    assert len(ids) == len(set(ids)) == len(truth), "each once in a round"
    assert syncs > 1


def test_many_listings_take_no_more_calls_than_their_batches(
    request: pytest.FixtureRequest, start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    """Of 2,560 listings with ``--prove``, else of 640."""
    listings = 2_560 if is_full(request.config) else 640
    big = start_sandbox(
        clock_factor=CLOCK_FACTOR, orders=1, listings=listings, days=1, report_seconds=(1, 20)
    )

    output = synced(big, tmp_path, marketplaces="DE")

    for stream, (operation, size) in OPERATIONS.items():
        truth = big.truth("EU", stream, marketplace_id=DE)
        assert_true(output, truth, stream)
        assert calls(big, operation) == {"200": -(-len(truth) // size)}
    assert len(output.records[EXPECTED]) >= 2_000 * listings // 2_560
    assert calls(big, "createReport") == {"202": 1}


def test_who_does_not_select_them_pays_nothing(sandbox: RunningSandbox, tmp_path: Path) -> None:
    synced(sandbox, tmp_path, "marketplaces", marketplaces="DE")

    assert not sandbox.calls().keys() & {
        "createReport",
        *(operation for operation, _ in OPERATIONS.values()),
    }


def test_an_application_without_the_role_is_told_which_it_lacks(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    output = synced(sandbox, tmp_path, account="limited", marketplaces="DE")

    assert not output.records.keys() & OPERATIONS.keys()
    assert output.errors.count("it needs the role 'Pricing'") == len(OPERATIONS)
