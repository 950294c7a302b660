"""The command line: options, environment, exit codes, one sentence an error."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import warm_start

if TYPE_CHECKING:
    from etl.conftest import SellerFolder


_ETL = Path(__file__).parents[3] / "etl"


def _fill(seller: SellerFolder) -> None:
    seller.listing()
    seller.order()
    seller.line()


def test_run_prints_the_counts_and_writes_the_singer_file(seller: SellerFolder) -> None:
    """As `build` does, where the flag load is not api."""
    _fill(seller)
    done = seller.run("run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "orders                         1         1          0         0" in done.stdout
    assert {path.name for path in (seller.root / "etl-output").iterdir()} == {
        "data.singer",
        "mapping-report.html",
        "mapping-report.json",
    }


def test_a_misspelt_flag_is_refused_with_the_file_that_holds_it(seller: SellerFolder) -> None:
    (seller.root / "vendor.json").write_text('{"flavor": "vendor"}', "utf-8")

    done = seller.run("build", "--config", "vendor.json")

    assert done.returncode == 1
    assert done.stderr.startswith("Error: vendor.json holds 'flavor', which is not a known flag")


def test_files_are_for_their_owner_only(seller: SellerFolder) -> None:
    _fill(seller)
    seller.run("build", "--format", "singer,jsonl")
    for folder in ("etl-output", "snapshots"):
        for path in (seller.root / folder).iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@pytest.mark.parametrize("command", [("check",), ("build", "--dry-run")])
def test_looking_writes_the_report_alone(seller: SellerFolder, command: tuple[str, ...]) -> None:
    _fill(seller)
    done = seller.run(*command)
    assert (done.returncode, done.stderr) == (0, "")
    assert "No payload and no snapshot was written" in done.stdout
    assert {path.name for path in seller.root.iterdir()} == {
        "config.json",
        "etl-output",
        "sync-output",
    }
    names = {path.name for path in seller.built.folder.iterdir()}
    assert names == {"mapping-report.html", "mapping-report.json"}


def test_the_environment_gives_every_option(seller: SellerFolder) -> None:
    _fill(seller)
    seller.config["uri"] = "https://www.amazon.fr/"
    other = seller.write("other.json", json.dumps({"second_flavour": "true"}))
    done = seller.run(
        "build",
        AMAZON_OPTIPLY_ETL_OUTPUT=str(seller.root / "elsewhere"),
        AMAZON_OPTIPLY_ETL_CONFIG=str(other),
        AMAZON_OPTIPLY_ETL_FORMAT="jsonl",
        AMAZON_OPTIPLY_ETL_MARKETPLACES="DE",
        AMAZON_OPTIPLY_ETL_SECOND_FLAVOUR="false",
        AMAZON_OPTIPLY_ETL_OPTIPLY_KEY="skuCode",
        AMAZON_OPTIPLY_ETL_FLAVOUR="full",
        AMAZON_OPTIPLY_ETL_URI="",
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((seller.root / "elsewhere/mapping-report.json").read_text("utf-8"))
    assert report["settings"] == {
        "flavour": "full",
        "optiply_key": "skuCode",
        "second_flavour": False,
        "separate_stocks": False,
        "marketplaces": ["DE"],
        "main_marketplace": None,
        "sync_sell_orders_only": False,
        "not_sync_entities": [],
    }


FAILURES: dict[str, tuple[list[str], int, str]] = {
    "an unknown option": (["build", "--optiply"], 2, "No such option"),
    "an unknown format": (["build", "--format", "xml"], 2, "'xml' is not one of singer, jsonl"),
    "an unknown choice": (["build", "--optiply-key", "ean"], 2, "'ean' is not one of"),
    "an unknown country": (["build", "--marketplaces", "XX"], 1, "Error: marketplaces names 'XX'"),
    "a missing config": (["build", "--config", "gone.json"], 1, "Error: gone.json cannot be read"),
    "a missing folder": (["check", "--input", "gone"], 1, "Error: There is no input folder gone"),
    "a file for a folder": (["build", "--output", "config.json"], 2, "is a file"),
    "an output that cannot be made": (
        ["build", "--output", "config.json/x"],
        1,
        "Error: config.json",
    ),
}


@pytest.mark.parametrize(("arguments", "code", "sentence"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failure_is_a_sentence(
    seller: SellerFolder, arguments: list[str], code: int, sentence: str
) -> None:
    _fill(seller)
    done = seller.run(*arguments)
    assert done.returncode == code
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not (seller.root / "snapshots/sell_orders.snapshot.csv").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("{", "line 1: this is not JSON"), ("[]", "must hold a JSON object"), ("\xff", "JSON")],
)
def test_a_broken_config_is_named(seller: SellerFolder, text: str, sentence: str) -> None:
    _fill(seller)
    seller.write_input()
    path = seller.write("broken.json", text)
    done = seller.run("build", "--config", str(path))
    assert done.returncode == 1
    assert sentence in done.stderr


@pytest.mark.parametrize("by_environment", [True, False])
def test_hosts_can_run_etl_py(seller: SellerFolder, by_environment: bool) -> None:  # noqa: FBT001
    _fill(seller)
    seller.write_input()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AMAZON_OPTIPLY_ETL_")}
    done = warm_start.run(
        [sys.executable, str(_ETL / "etl.py")],
        cwd="/" if by_environment else seller.root,
        env=environment | ({"ROOT_DIR": str(seller.root)} if by_environment else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (seller.root / "etl-output/data.singer").exists()


def test_a_full_disk_leaves_nothing_half_written(seller: SellerFolder) -> None:
    _fill(seller)
    seller.run()
    before = {path: path.read_bytes() for path in seller.root.rglob("*.*") if path.is_file()}
    seller.listing("B0000000BB", item_name="x" * 200)
    for number in range(2000):
        seller.listing(f"B{number:09d}")
    seller.write_input()
    limited = f"ulimit -f 100; exec {sys.executable} -m amazon_optiply_etl build"
    done = warm_start.run(
        ["/bin/sh", "-c", f"trap '' XFSZ; {limited}"],
        cwd=seller.root,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "File too large" in done.stderr
    assert "data.singer" in done.stderr
    for folder in ("etl-output", "snapshots"):
        for path in (seller.root / folder).iterdir():
            assert path.read_bytes() == before[path]
