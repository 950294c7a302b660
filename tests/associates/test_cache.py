"""The cache: exact numbers, an owner alone, and one sentence where the file is not a good."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tap_amazon_associates.cache import Answer, Cache
from tap_amazon_associates.errors import CacheError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


def test_what_is_kept_comes_back_exactly(tmp_path: Path) -> None:
    body = {"price": Decimal("19.90"), "rank": 5, "title": "Größe 😀", "none": None}
    with Cache(tmp_path / "deep" / "cache.sqlite") as cache:
        cache.put("DE|site-21", "item", [Answer("B0", NOW, found=True, body=body)])
    with Cache(tmp_path / "deep" / "cache.sqlite") as cache:
        found = cache.get("DE|site-21", "item", ["B0", "B1"])

    assert found == {"B0": Answer("B0", NOW, found=True, body=body)}
    assert str(found["B0"].body["price"]) == "19.90"


def test_answers_of_another_marketplace_tag_or_kind_are_others() -> None:
    with Cache(":memory:") as cache:
        cache.put("DE|site-21", "item", [Answer("B0", NOW, found=True, body={})])

        assert cache.get("FR|site-21", "item", ["B0"]) == {}
        assert cache.get("DE|site-21", "search", ["B0"]) == {}


def test_thousands_of_keys_are_asked_for_at_once() -> None:
    keys = [f"B{number:09d}" for number in range(2_500)]
    with Cache(":memory:") as cache:
        cache.put("s", "item", [Answer(key, NOW, found=False, body={}) for key in keys])

        assert list(cache.get("s", "item", keys)) == keys


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    Cache(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_calls_of_the_last_day_are_counted_for_each_account() -> None:
    with Cache(":memory:") as cache:
        for hours in (30, 23, 1, 1):
            cache.count_call("a", NOW - timedelta(hours=hours))
        cache.count_call("b", NOW)

        assert [count for _, count in cache.calls_in_a_day("a", NOW)] == [1, 2]
        assert [count for _, count in cache.calls_in_a_day("b", NOW)] == [1]


def test_a_file_of_another_version_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE answers (x)")
        other.execute("PRAGMA user_version = 99")
    other.close()

    with Cache(path) as cache:
        cache.put("s", "item", [Answer("B0", NOW, found=True, body={})])
        assert len(cache.get("s", "item", ["B0"])) == 1


@pytest.mark.parametrize("kind", ["not a database", "a folder", "no permission"])
def test_a_file_that_is_no_good_is_one_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "cache.sqlite"
    if kind == "not a database":
        path.write_bytes(b"this is not a database" * 100)
    elif kind == "a folder":
        path.mkdir()
    else:
        path = tmp_path / "file" / "cache.sqlite"
        (tmp_path / "file").write_text("x")

    with pytest.raises(CacheError, match=r"cannot be used: .*'cache_path'"):
        Cache(path)


def test_several_programs_may_use_one_file(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    with Cache(path) as one, Cache(path) as two:
        for number in range(20):
            one.put("s", "item", [Answer(f"A{number}", NOW, found=True, body={})])
            two.put("s", "item", [Answer(f"B{number}", NOW, found=True, body={})])
            two.count_call("a", NOW)
            one.count_call("a", NOW)

        assert len(one.get("s", "item", [f"B{number}" for number in range(20)])) == 20
        assert [count for _, count in one.calls_in_a_day("a", NOW)] == [40]
