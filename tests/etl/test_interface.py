"""The ETL's Python interface: what the commands do, as functions."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from documents import documented_example
from push_shop import PushShop

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.interface import build, check, push

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import RunningSandbox
    from etl.conftest import SellerFolder

ASIN = "B0000000AA"


@pytest.fixture
def folder(seller: SellerFolder) -> SellerFolder:
    seller.listing(ASIN, quantity=5, price=9.99)
    seller.order("302-1", order_total=19.98)
    seller.line("302-1", ASIN)
    seller.write_input()
    return seller


def test_a_check_writes_no_payload_and_a_build_does(folder: SellerFolder) -> None:
    looked = check(folder.root)
    assert not (folder.root / "etl-output" / "data.singer").exists()

    built = build(folder.root, ["singer"])

    assert (folder.root / "etl-output" / "data.singer").exists()
    assert looked["counts"] == built["counts"]
    assert built["counts"]["orders"]["out"] == 1


def test_a_push_loads_and_a_second_one_sends_nothing(
    folder: SellerFolder, sandbox: RunningSandbox
) -> None:
    shop = PushShop(folder, sandbox)

    with pytest.MonkeyPatch.context() as patch:
        for name, value in shop.environment.items():
            patch.setenv(name, value)
        push(folder.root)
        again = push(folder.root)

    assert {each["remoteId"] for each in shop.there("products")} == {ASIN}
    assert again["counts"]["orders"]["out"] == 0


def test_a_push_with_credentials_that_are_in_no_file_copies_its_journal_and_keeps_no_token(
    folder: SellerFolder, sandbox: RunningSandbox
) -> None:
    shop = PushShop(folder, sandbox)
    path = folder.root / "snapshots" / "tenant-config.json"
    credentials = json.loads(path.read_text("utf-8"))["apiCredentials"]
    path.unlink()
    addresses = {
        "api_url": shop.credentials.api_url,
        "dashboard_url": shop.credentials.dashboard_url,
    }
    copied = bytearray()

    push(folder.root, credentials=credentials | addresses, copy=copied.extend)

    assert {each["remoteId"] for each in shop.there("products")} == {ASIN}
    assert copied.count(b'"done"') == len(shop.there("products")) + len(shop.there("sellOrders"))
    secret = credentials["password"].encode()
    files = [each for each in folder.root.rglob("*") if each.is_file()]
    assert not path.exists()
    assert not [each for each in files if secret in each.read_bytes()]


def test_a_push_calls_within_what_it_is_given_and_nowhere_else(
    folder: SellerFolder, sandbox: RunningSandbox
) -> None:
    shop = PushShop(folder, sandbox)
    events: list[str] = []

    @contextlib.contextmanager
    def calling() -> Iterator[None]:
        events.append("begins")
        yield
        events.append("ends")

    with pytest.MonkeyPatch.context() as patch:
        for name, value in shop.environment.items():
            patch.setenv(name, value)
        push(folder.root, calling=calling, copy=lambda _line: events.append("call"))

    last = len(events) - 1 - events[::-1].index("begins")
    assert "call" not in events[:last]
    assert set(events[last + 1 : -1]) == {"call"}
    assert events[-1] == "ends"


def test_a_wrong_flag_is_one_sentence(folder: SellerFolder) -> None:
    with pytest.raises(
        EtlError, match="flavour is 'sweet'; it must be full or secondary or vendor"
    ):
        build(folder.root, flavour="sweet")


def test_the_example_of_the_page_works(folder: SellerFolder) -> None:
    run = subprocess.run(
        [sys.executable, "-c", documented_example("python-etl")],
        cwd=folder.root,
        env=os.environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert run.stdout == "1 orders came in\n1 go out\n"
