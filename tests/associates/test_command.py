"""The command `amazon-associates`, as a shell runs it."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
import warm_start
from creators_sandbox import FAST, configuration, run_command, truth
from running import BIN

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from creators_sandbox import Record


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    return start_module_sandbox(clock_factor=FAST)


@pytest.fixture(scope="module")
def items(sandbox: RunningSandbox) -> dict[str, Record]:
    return truth(sandbox, "DE")[0]


def test_item_prints_products_and_says_which_are_none(
    sandbox: RunningSandbox, items: dict[str, Record], tmp_path: Path
) -> None:
    first, second = list(items)[:2]
    config = configuration(sandbox, tmp_path)

    run = run_command(tmp_path, config, "item", first, f"https://www.amazon.de/dp/{second}")
    assert run.returncode == 0, run.stderr
    assert [json.loads(line)["asin"] for line in run.stdout.splitlines()] == [first, second]

    run = run_command(tmp_path, config, "item", first, "headphones")
    assert run.returncode == 2
    assert json.loads(run.stdout)["asin"] == first
    assert run.stderr == "'headphones' is not an ASIN or a link to an Amazon product.\n"


def test_search_ean_prints_what_has_the_code(
    sandbox: RunningSandbox, items: dict[str, Record], tmp_path: Path
) -> None:
    asin, code = next(
        (asin, eans["displayValues"][0])
        for asin, item in items.items()
        if (eans := item["itemInfo"].get("externalIds", {}).get("eans"))
    )
    config = configuration(sandbox, tmp_path)

    run = run_command(tmp_path, config, "search-ean", code)
    assert run.returncode == 0, run.stderr
    assert asin in {json.loads(line)["asin"] for line in run.stdout.splitlines()}

    run = run_command(tmp_path, config, "search-ean", "4006381333931")
    assert (run.returncode, run.stdout) == (2, "")

    run = run_command(tmp_path, config, "search-ean", "4006381333932")
    assert run.returncode == 1
    assert "'4006381333932' is not a product code" in run.stderr


def test_validate_says_whether_a_product_exists(
    sandbox: RunningSandbox, items: dict[str, Record], tmp_path: Path
) -> None:
    config = configuration(sandbox, tmp_path)

    for text, code, said in (
        (next(iter(items)), 0, "valid\n"),
        ("B0ZZZZZZ01", 2, "not valid\n"),
        ("headphones", 2, "not valid\n"),
    ):
        run = run_command(tmp_path, config, "validate", text)
        assert (run.returncode, run.stdout) == (code, said), run.stderr


def test_asin_from_url_needs_no_configuration() -> None:
    run = subprocess.run(
        [BIN / "amazon-associates", "asin-from-url", "https://www.amazon.fr/dp/B08XYZ1234", "headphones",
         "https://amzn.to/3abc"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode == 2
    assert run.stdout == "B08XYZ1234\tFR\n"
    assert "'headphones' is not an ASIN" in run.stderr
    assert "It is a short link: use `resolve`." in run.stderr


def test_resolve_follows_short_links(sandbox: RunningSandbox, tmp_path: Path) -> None:
    config = configuration(sandbox, tmp_path)

    run = run_command(tmp_path, config, "resolve", "https://a.co/d/3FR-B08XYZ1234")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("B08XYZ1234\tFR\thttps://www.amazon.fr/dp/B08XYZ1234")

    run = run_command(tmp_path, config, "resolve", "https://bit.ly/3abc")
    assert run.returncode == 1
    assert "is not one of Amazon's short links" in run.stderr


def test_enrich_writes_files_beside_files(
    sandbox: RunningSandbox, items: dict[str, Record], tmp_path: Path
) -> None:
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "orders.csv").write_text(f"order,asin\n1,{next(iter(items))}\n2,headphones\n")

    run = run_command(tmp_path, configuration(sandbox, tmp_path), "enrich", str(folder))

    assert run.returncode == 0, run.stderr
    assert "1 current, 1 none" in run.stdout
    written = (folder / "orders.enriched.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["order"] for line in written] == ["1", "2"]


def test_settings_may_come_from_variables(
    sandbox: RunningSandbox, items: dict[str, Record], tmp_path: Path
) -> None:
    config = configuration(sandbox, tmp_path)
    variables = {
        f"TAP_AMAZON_ASSOCIATES_{name.upper()}": str(each) for name, each in config.items()
    }

    run = warm_start.run(
        [BIN / "amazon-associates", "validate", next(iter(items))],
        env=os.environ | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (run.returncode, run.stdout) == (0, "valid\n"), run.stderr


def test_a_quota_that_is_spent_ends_the_command(
    sandbox: RunningSandbox, items: dict[str, Record], tmp_path: Path
) -> None:
    config = configuration(sandbox, tmp_path, requests_per_day=1)

    run = run_command(tmp_path, config, "item", *list(items)[:20])

    assert run.returncode == 1
    assert len(run.stdout.splitlines()) == 10
    assert "The daily quota of 1 calls" in run.stderr
    assert "Traceback" not in run.stderr
