"""A state that is not this tap's, or of another account, is reported in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from running import Output, configuration, run_tap, select

from tap_amazon_seller.config import foreign_states

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from running import Record

DE, FR, US = "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "ATVPDKIKX0DER"
SEEN = "2026-10-20T08:00:00+00:00"


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox whose reports take little time."""
    return start_module_sandbox(clock_factor=600, orders=50, report_seconds=(1, 30))


def bookmarks(stream: str, *places: str, key: str = "last_updated_date") -> Record:
    """A state with a bookmark of a stream in some marketplaces."""
    found = {"replication_key": key, "replication_key_value": SEEN}
    partitions = [{"context": {"marketplace_id": place}, **found} for place in places]
    return {"bookmarks": {stream: {"partitions": partitions}}}


def sync(
    sandbox: RunningSandbox,
    folder: Path,
    state: Any,
    account: str = "EU",
    stream: str = "marketplaces",
    **settings: object,
) -> Output:
    """A sync of a stream that is read in one call."""
    config = configuration(sandbox.url, account, clock_factor=600, **settings)
    return run_tap(folder, config, state, *select(folder, stream))


def sentence(output: Output) -> str:
    """The one error of a run."""
    assert output.returncode == 1
    assert "Traceback" not in output.errors
    [found] = [line for line in output.errors.splitlines() if "| ERROR" in line]
    return found


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (
            bookmarks("orders", "DE", "UK", key="LastUpdateDate"),
            "is of hotglue's tap-amazon-seller; 'tap-amazon-seller migrate CONFIG STATE' makes",
        ),
        ({"bookmarks": {"orderitems": {}}}, "is of hotglue's tap-amazon-seller"),
        (
            [{"type": "STREAM", "stream": {"stream_descriptor": {"name": "Orders"}}}],
            "is of Airbyte's Amazon source; 'tap-amazon-seller migrate CONFIG STATE' makes",
        ),
        ({"Orders": {"LastUpdateDate": SEEN}}, "is of Airbyte's Amazon source"),
        (
            {"bookmarks": {"charges": {}, "customers": {}, "invoices": {}, "plans": {}}},
            "is of another tap: it has bookmarks of charges, customers, invoices, ..., and this tap",
        ),
        (
            {"bookmarks": {"orders": {"replication_key_value": SEEN}}},
            "The state has an old bookmark of orders: one for the stream, where this tap keeps one for",
        ),
    ],
    ids=["hotglue's", "its streams", "Airbyte's", "its first", "another tap's", "old bookmarks"],
)
def test_a_state_of_something_else_is_refused_with_what_to_do(
    sandbox: RunningSandbox, tmp_path: Path, state: Any, told: str
) -> None:
    assert told in sentence(sync(sandbox, tmp_path, state))


def test_a_state_with_one_stream_of_this_tap_is_its_own(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    state = bookmarks("orders", DE)
    state["bookmarks"]["custom_report_of_old"] = {"partitions": []}

    assert sync(sandbox, tmp_path, state).returncode == 0


def test_a_state_of_another_region_is_of_another_account(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    told = sentence(sync(sandbox, tmp_path, bookmarks("orders", DE, FR), account="NA"))

    assert (
        "The state is of another account: its bookmarks are of DE, FR, and this account is in North "
        "America; give each account a state of its own."
    ) in told


def test_a_state_of_other_stores_is_doubted_and_of_another_seller_refused(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    first = sync(sandbox, tmp_path, None, marketplaces="DE")
    assert first.state is not None
    assert first.state["account"].keys() == {"stores"}
    assert DE in first.state["account"]["stores"]

    same = sync(sandbox, tmp_path, first.state, marketplaces="DE")
    other = sync(sandbox, tmp_path, first.state, account="PANEU", marketplaces="DE")

    doubt = "The state may be of another account: the store in"
    assert doubt not in same.errors
    assert [line for line in other.warnings() if doubt in line and "DE" in line]
    assert other.returncode == 0

    mine = sync(sandbox, tmp_path, None, marketplaces="DE", selling_partner_id="A1MINE")
    assert mine.state is not None
    renamed = mine.state["account"] | {"stores": {DE: "another name"}}
    again = sync(
        sandbox, tmp_path, {"account": renamed}, marketplaces="DE", selling_partner_id="A1MINE"
    )
    assert doubt not in again.errors, "the seller's id says that it is the same"
    theirs = sync(sandbox, tmp_path, mine.state, marketplaces="DE", selling_partner_id="A1THEIRS")
    assert "it was kept for another 'selling_partner_id'" in sentence(theirs)
    assert "A1MINE" not in str(mine.state)


@pytest.mark.parametrize(
    "state",
    [None, [], {}, {"bookmarks": []}, {"bookmarks": {"orders": 7}}, {"state": {"state": {}}}, "x"],
)
def test_what_is_no_state_at_all_is_of_no_connector(state: object) -> None:
    assert foreign_states.origin(state) is None


def test_a_state_nested_without_end_is_of_no_connector() -> None:
    state: Record = {}
    for _ in range(5_000):
        state = {"state": state}

    assert foreign_states.origin(state) is None


def test_the_state_of_this_tap_is_of_no_connector() -> None:
    state = bookmarks("sales_traffic_report", US, key="report_end_date")
    state["quotas"] = {"GET_SALES_AND_TRAFFIC_REPORT": {"accepted": []}}

    assert foreign_states.origin(state) is None
    foreign_states.refuse_of_other_taps(state, ["sales_traffic_report"], ["sales_traffic_report"])
