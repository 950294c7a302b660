"""`clear` starts the next sync without records that a finished run has read, and loses none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etl.conftest import SellerFolder


def names(seller: SellerFolder) -> set[str]:
    folder = seller.root / "sync-output"
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def test_files_of_a_finished_run_are_removed(seller: SellerFolder) -> None:
    seller.listing()
    seller.order()
    seller.line()
    seller.build()
    assert "orders.jsonl" in names(seller)

    seller.records.clear()
    run = seller.run("clear")

    assert run.returncode == 0, run.stderr
    assert names(seller) == set()


def test_a_note_that_was_cut_off_stops_nothing_and_nothing_is_removed(seller: SellerFolder) -> None:
    seller.listing()
    seller.order()
    seller.build()
    seller.write("sync-output/.read-by-etl.json", '{"orders.jsonl": [1')
    for _ in range(2):
        run = seller.run("clear")
        assert (run.returncode, run.stderr) == (0, "")
    assert "orders.jsonl" in names(seller)


def test_without_a_finished_run_and_for_files_that_have_grown_nothing_is_removed(
    seller: SellerFolder,
) -> None:
    seller.listing()
    seller.order()
    seller.line()
    assert seller.run("clear").returncode == 0
    before = names(seller)
    assert "orders.jsonl" in before
    seller.build()
    records = dict(seller.records)
    seller.records.clear()
    with (seller.root / "sync-output" / "orders.jsonl").open("a", encoding="utf-8") as orders:
        orders.write("\n")

    seller.run("clear")

    assert names(seller) == {"orders.jsonl"}
    assert records
