"""The commands of the pages run in the order of the page, and print what the page shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from documents import DOCS, blocks, documented_example
from running import BIN, configuration

from amazon_optiply_etl.config.settings import settings_from
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.tap import TapAmazonSeller

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartSandbox

SHOWN_URL = "http://127.0.0.1:8700"
"""Where the pages have the sandbox."""


def commands(text: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output that is shown for it."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def fits(shown: str, printed: str) -> bool:
    """Whether an output is the one shown; `...` stands for anything, also for complete lines."""
    pattern = re.escape(shown.rstrip("\n")).replace(r"\.\.\.", ".*")
    return re.fullmatch(pattern, printed.rstrip("\n"), re.DOTALL) is not None


def pages_with_commands() -> list[Path]:
    return [
        page
        for page in sorted(DOCS.rglob("*.md"))
        if any(block.language == "console" and block.mark == "tested" for block in blocks(page))
    ]


@pytest.mark.parametrize("page", pages_with_commands(), ids=lambda page: page.stem)
def test_a_page_runs_from_top_to_bottom(
    page: Path, start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=600, orders=200)
    environment = os.environ | {"PATH": os.pathsep.join([str(BIN), os.environ["PATH"]])}
    for block in blocks(page):
        text = block.text.replace(SHOWN_URL, sandbox.url)
        if block.mark == "file":
            (tmp_path / block.about).write_text(text, "utf-8")
        elif block.language == "console" and block.mark == "tested":
            for command, shown in commands(text):
                run = subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", command],
                    cwd=tmp_path,
                    env=environment,
                    capture_output=True,
                    encoding="utf-8",
                    check=False,
                )
                assert run.returncode == 0, run.stderr[-3000:]
                assert fits(shown, run.stdout), f"{command} printed {run.stdout}"


def test_output_that_differs_from_what_is_shown_is_seen() -> None:
    assert fits("a\n...\nz\n", "a\nb\nc\nz\n")
    assert fits("69 streams\n", "69 streams\n")
    assert not fits("69 streams\n", "70 streams\n")
    assert not fits("a\n", "a\nb\n")


@pytest.mark.parametrize("name", ["batch", "look-back", "personal-data"])
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
