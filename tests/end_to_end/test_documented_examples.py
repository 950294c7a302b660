"""The documents say what the code does, and their examples work as they stand."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from documents import documented_example
from programs_on_path import programs_on_path
from running import BIN, KEYS, configuration, differences, run_tap, select, write_json

from tap_amazon_seller.config.schema import CONFIG_JSONSCHEMA
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.tap import TapAmazonSeller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import RunningSandbox, StartSandbox

ROOT = Path(__file__).parents[2]
LOADERS = ROOT / ".meltano" / "loaders"


@pytest.fixture
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Programs and targets that start as forks of loaded ones."""
    own = (BIN / name for name in ("amazon-optiply-etl", "tap-amazon-seller"))
    programs = [*own, *LOADERS.glob("*/venv/bin/target-*")]
    with programs_on_path(tmp_path_factory.mktemp("path"), programs) as folder:
        yield folder


def run_block(name: str, folder: Path, clients: Path) -> str:
    """Run a shell example in a folder as a reader would; answers what it printed."""
    paths = [str(clients), str(BIN), *(str(path) for path in LOADERS.glob("*/venv/bin"))]
    paths.append(os.environ["PATH"])
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", documented_example(name)],
        cwd=folder,
        env=os.environ | {"PATH": os.pathsep.join(paths)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout


def small_sandbox(start_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox whose reports take little time."""
    return start_sandbox(clock_factor=600, orders=200, report_seconds=(1, 30))


def extractors(project: dict[str, Any]) -> dict[str, Any]:
    """The extractors of a Meltano project by name."""
    return {each["name"]: each for each in project["plugins"]["extractors"]}


def test_the_settings_of_meltano_yml_are_those_of_the_code() -> None:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    extractor = extractors(project)["tap-amazon-seller"]
    settings = {setting["name"]: setting for setting in extractor["settings"]}

    assert list(settings) == list(CONFIG_JSONSCHEMA["properties"])
    for name, schema in CONFIG_JSONSCHEMA["properties"].items():
        assert settings[name]["description"] == schema["description"], name
        assert settings[name].get("sensitive", False) == schema.get("secret", False), name


def test_meltano_selects_the_streams_that_the_tap_selects_by_default() -> None:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    extractor = extractors(project)["tap-amazon-seller"]

    tap = TapAmazonSeller(validate_config=False, setup_mapper=False)
    assert extractor["select"] == [
        f"{name}.*" for name, stream in tap.streams.items() if stream.selected_by_default
    ]


def test_the_example_of_a_configuration_is_accepted() -> None:
    settings = Settings.from_config(json.loads(documented_example("configuration")))

    assert [marketplace.country for marketplace in settings.marketplaces] == ["DE", "FR", "NL"]


def test_the_example_of_a_custom_report_works(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = small_sandbox(start_sandbox)
    settings = configuration(sandbox.url, "FE", clock_factor=600) | json.loads(
        documented_example("custom-reports")
    )
    catalog = select(tmp_path, "orders_by_purchase_date", config=settings)

    output = run_tap(tmp_path, settings, None, *catalog)

    lines = sandbox.truth("FE", "order_items")
    assert len(output.records["orders_by_purchase_date"]) == len(lines)


def test_the_examples_of_data_kiosk_work(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    sandbox = small_sandbox(start_sandbox)
    settings = configuration(sandbox.url, "FE", clock_factor=600, start_date="2026-09-05T00:00:00Z")
    for name in ("data-kiosk-source", "custom-queries"):
        settings |= json.loads(documented_example(name))
    streams = ("sales_traffic_by_date", "economics_by_month")
    catalog = select(tmp_path, *streams, config=settings)

    output = run_tap(tmp_path, settings, None, *catalog)

    assert output.returncode == 0, output.errors
    months = {record["end_date"] for record in output.records["economics_by_month"]}
    assert months == {"2026-09-30"}, "October's figures are there in three days"
    proceeds = [record["net_proceeds"]["total"] for record in output.records["economics_by_month"]]
    assert {amount["currencyCode"] for amount in proceeds} == {"AUD", "JPY"}
    assert output.records["sales_traffic_by_date"]


def test_the_example_of_a_pipe_works(
    start_sandbox: StartSandbox, tmp_path: Path, clients: Path
) -> None:
    sandbox = small_sandbox(start_sandbox)
    write_json(tmp_path / "config.json", configuration(sandbox.url, "FE", clock_factor=600))
    write_json(tmp_path / "target-config.json", {"do_timestamp_file": False})

    run_block("pipe", tmp_path, clients)

    state: dict[str, Any] = json.loads((tmp_path / "state.json").read_text())
    assert {
        partition["context"]["marketplace_id"]
        for partition in state["bookmarks"]["orders"]["partitions"]
    }
    for stream in KEYS:
        lines = (tmp_path / f"{stream}.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
        records = [json.loads(line) for line in lines]
        assert differences(stream, records, sandbox.truth("FE", stream)) == {}, stream


def test_the_example_of_a_hosted_sync_works(
    start_sandbox: StartSandbox, tmp_path: Path, clients: Path
) -> None:
    sandbox = small_sandbox(start_sandbox)
    config = configuration(sandbox.url, "EU", clock_factor=600)
    write_json(tmp_path / "config.json", {**config, "uri": "https://www.amazon.de/"})
    write_json(tmp_path / "target-csv.json", {"output_path": "sync-output"})

    run_block("hosted", tmp_path, clients)

    report = json.loads((tmp_path / "etl-output" / "mapping-report.json").read_text("utf-8"))
    assert report["counts"]["orders"]["in"] == len(sandbox.truth("EU", "orders")) == 200
    lines = (tmp_path / "etl-output" / "data.singer").read_text("utf-8").split("\n")[:-1]
    sold = [json.loads(line) for line in lines if '"SellOrders"' in line[:60]]
    assert sum(message["type"] == "RECORD" for message in sold) == report["counts"]["orders"]["out"]
