"""The examples of settings, states and programs are what the code takes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from documents import documented_example
from running import configuration

from amazon_optiply_etl.config.settings import settings_from
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.tap import TapAmazonSeller

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "name", ["batch", "look-back", "notifications", "personal-data", "prices", "fast-prices"]
)
def test_an_example_of_settings_is_accepted(name: str, tmp_path: Path) -> None:
    example = documented_example(name).replace("file:///var/batches", tmp_path.as_uri())
    config = configuration("http://127.0.0.1:1") | json.loads(example)

    tap = TapAmazonSeller(config=config)

    assert json.loads(example).keys() <= tap.config.keys()


def test_the_example_of_a_vendor_is_accepted_by_tap_and_etl() -> None:
    example = json.loads(documented_example("vendor"))

    checked = Settings.from_config(configuration("http://127.0.0.1:1") | {"marketplaces": ["DE"]})

    assert [each.country for each in checked.marketplaces] == ["DE"]
    assert settings_from(example, {}).flavour == "vendor"


def test_the_example_of_a_state_is_one(tmp_path: Path) -> None:
    state = json.loads(documented_example("state"))

    tap = TapAmazonSeller(config=configuration("http://127.0.0.1:1"), state=state)

    assert tap.state["bookmarks"] == state["bookmarks"]
    assert list(tmp_path.iterdir()) == []


def test_the_example_of_a_proposed_price_prints_one(capsys: pytest.CaptureFixture[str]) -> None:
    exec(documented_example("match-competitor"), {"__name__": "__main__"})  # noqa: S102

    assert capsys.readouterr().out == "19.90 USD - undercuts the featured offer\n"


def test_the_comparison_of_two_taps_counts_what_only_one_has(tmp_path: Path) -> None:
    for folder, orders in (("old", ("1", "2")), ("new", ("2", "3", "4"))):
        (tmp_path / folder).mkdir()
        lines = [
            json.dumps({"marketplace_id": "A1PA6795UKMFR9", "amazon_order_id": order})
            for order in orders
        ]
        (tmp_path / folder / "orders.jsonl").write_text("\n".join(lines), "utf-8")

    run = subprocess.run(
        [sys.executable, "-c", documented_example("compare"), "old", "new"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert run.stdout == "orders: 2 old, 3 new, 1 only old, 2 only new\n", run.stderr


def test_the_example_of_a_file_of_codes_is_accepted(tmp_path: Path) -> None:
    example = json.loads(documented_example("match-input"))
    (tmp_path / example["match_input"]).write_text("ean\n3010000158387\n", "utf-8")
    paths = {name: str(tmp_path / file) for name, file in example.items()}

    tap = TapAmazonSeller(config=configuration("http://127.0.0.1:1") | paths)

    assert paths.keys() <= tap.config.keys()
    assert "asin_matches" in tap.streams
