"""What the host's snapshots show of the file that was written last, rule by rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from amazon_optiply_etl.state import deliveries
from amazon_optiply_etl.state.deliveries import Arrived, is_due, review
from amazon_optiply_etl.tables.dtypes import TEXT

NOW = datetime(2026, 10, 3, 12, tzinfo=UTC)
NOTHING = pd.Index([], dtype=TEXT)


def written(*rows: str, ago: timedelta = timedelta(minutes=30), **changed: Any) -> pd.DataFrame:
    """Return deliveries of one file in its order: ``products A``, ``products A change``."""
    time = deliveries.written_at(NOW - ago)
    frame = deliveries.empty()
    for position, row in enumerate(rows):
        entity, remote_id, *change = row.split()
        cells = {
            "entity": entity, "remoteId": remote_id,
            "kind": deliveries.CHANGE if change else deliveries.CREATION, "version": "v1",
            "position": position, "written": time, "since": time, "failures": 0, "attempts": 0,
            "suspect": False, "refers_to": None,
        }  # fmt: skip
        frame = pd.concat([frame, pd.DataFrame([cells | changed])], ignore_index=True)
    return frame.astype(deliveries.empty().dtypes.to_dict())


def host(**created: str) -> dict[str, Arrived]:
    """Return what the host's snapshots have: ``products="A B"``."""
    return {
        name: Arrived(pd.Index(ids.split(), dtype=TEXT), NOTHING) for name, ids in created.items()
    }


def left(frame: pd.DataFrame) -> dict[str, tuple[int, bool]]:
    """Return what has not arrived: remoteId -> attempts that count, whether it is a suspect."""
    return {
        row["remoteId"]: (int(row["attempts"]), bool(row["suspect"]))
        for row in frame.to_dict("records")
    }


def test_what_the_host_has_arrived() -> None:
    frame = written("products A", "sellOrders 1")
    assert left(review(frame, host(products="A", sellOrders="1"), NOW)) == {}


def test_the_first_one_missing_after_others_that_arrived_is_the_suspect() -> None:
    frame = written("products A", "products B", "products C", "sellOrders 1")
    found = review(frame, host(products="A"), NOW)
    assert left(found) == {"B": (1, True), "C": (0, False), "1": (0, False)}


def test_an_outage_counts_against_nobody() -> None:
    frame = written("products A", "products B", "sellOrders 1")
    once = review(frame, host(), NOW)
    assert left(once) == {"A": (0, False), "B": (0, False), "1": (0, False)}
    again = review(once.assign(position=pd.array([0, 1, 2], "Int64")), host(), NOW)
    # Twice the first of a file of which nothing arrived: it goes last, so that it is known next time.
    assert left(again) == {"A": (0, True), "B": (0, False), "1": (0, False)}


def test_one_that_is_missing_between_others_that_arrived_was_refused_alone() -> None:
    frame = written("products A", "products B", "products C")
    assert left(review(frame, host(products="A C"), NOW)) == {"B": (1, True)}


def test_a_creation_of_an_earlier_file_is_no_suspect_of_this_one() -> None:
    frame = written("products A", "products B").assign(position=pd.array([None, 0], "Int64"))
    assert left(review(frame, host(), NOW)) == {"A": (0, False), "B": (0, False)}


def test_a_creation_that_arrived_shows_that_the_changes_before_it_did() -> None:
    frame = written("products A change", "products B change", "sellOrders 1", "sellOrders 2")
    assert left(review(frame, host(sellOrders="1"), NOW)) == {"2": (1, True)}


def test_changes_after_the_last_that_arrived_are_in_doubt() -> None:
    frame = written("products A", "products B change", "products C change", "sellOrders 1")
    found = review(frame, host(products="A"), NOW)
    assert left(found) == {"B": (1, True), "C": (1, True), "1": (1, True)}


def test_nothing_is_known_of_changes_at_the_end_of_a_file() -> None:
    frame = written("products A", "products B change")
    assert left(review(frame, host(products="A"), NOW)) == {"B": (0, False)}


def test_custom_data_shows_which_change_arrived() -> None:
    frame = written("products A change", "products B change", "sellOrders 1")
    arrived = {"products": Arrived(NOTHING, pd.Index(["A"], dtype=TEXT))}
    assert left(review(frame, arrived, NOW)) == {"B": (1, True), "1": (1, True)}


def test_after_three_days_a_change_counts_as_taken() -> None:
    frame = written("products A change", "products B", ago=timedelta(days=3, minutes=1))
    assert left(review(frame, host(), NOW)) == {"B": (0, False)}


@pytest.mark.parametrize(
    ("what", "changed", "ago", "version", "due"),
    [
        ("products A", {}, timedelta(minutes=1), "v1", True),
        ("products A", {"attempts": 2, "suspect": True}, timedelta(minutes=1), "v1", True),
        ("products A", {"attempts": 3, "suspect": True}, timedelta(hours=23), "v1", False),
        ("products A", {"attempts": 3, "suspect": True}, timedelta(hours=24), "v1", True),
        ("products A", {"attempts": 9, "suspect": True}, timedelta(minutes=1), "v2", True),
        ("products A change", {}, timedelta(minutes=59), "v1", False),
        ("products A change", {}, timedelta(minutes=60), "v1", True),
        ("products A change", {}, timedelta(minutes=1), "v2", True),
        ("products A change", {"suspect": True}, timedelta(minutes=59), "v2", False),
        ("products A change", {"suspect": True}, timedelta(minutes=60), "v2", True),
    ],
)
def test_when_it_goes_out_again(
    what: str, changed: dict[str, Any], ago: timedelta, version: str, *, due: bool
) -> None:
    frame = written(what, ago=ago, **changed)
    versions = pd.Series([version], dtype=TEXT)
    assert is_due(frame, versions, NOW).tolist() == [due]


def test_deliveries_are_read_as_they_were_written() -> None:
    frame = written("products A", "products B change", "sellOrders 1", suspect=True)
    text = deliveries.as_text(frame)
    assert text["suspect"].tolist() == ["true"] * 3
    assert text["position"].tolist() == ["0", "1", "2"]
