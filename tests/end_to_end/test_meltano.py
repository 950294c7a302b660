"""The job of meltano.yml, run by the real Meltano."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from documents import documented_example
from running import BIN, differences, write_json

if TYPE_CHECKING:
    import pytest
    from conftest import RunningSandbox, StartSandbox

ROOT = Path(__file__).parents[2]


def system_folder(folder: Path) -> Path:
    """A system folder of Meltano's with the plugins that `make test` has installed.

    Meltano keeps there the catalog and the state that it hands to a tap, one of each for an
    extractor's name: two tests at once need two.
    """
    system = folder / "meltano"
    if not system.exists():
        system.mkdir()
        for plugins in ("extractors", "loaders", "utilities"):
            (system / plugins).symlink_to(ROOT / ".meltano" / plugins)
    return system


def environment(folder: Path, sandbox: RunningSandbox) -> dict[str, str]:
    """What makes Meltano sync the sandbox's American account, with all its state in the folder."""
    (folder / "sync-output").mkdir(exist_ok=True)
    return os.environ | {
        "MELTANO_SYS_DIR_ROOT": str(system_folder(folder)),
        "TAP_AMAZON_SELLER_ENDPOINT_URL": sandbox.url,
        "TAP_AMAZON_SELLER_TOKEN_URL": f"{sandbox.url}/auth/o2/token",
        "TAP_AMAZON_SELLER_CLOCK_FACTOR": "600",
        "TAP_AMAZON_SELLER_REPORT_TIMEOUT_MINUTES": "1200",  # two of the wall clock's
        "TAP_AMAZON_SELLER_REFRESH_TOKEN": "Atzr|sandbox-NA",
        "TARGET_JSONL_DESTINATION_PATH": str(folder / "sync-output"),
        "AMAZON_OPTIPLY_ETL_ROOT": str(folder),
    }


def meltano_run(*blocks: str, project: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start `meltano run` in a project."""
    return subprocess.Popen(
        [BIN / "meltano", "--environment=sandbox", "run", *blocks],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def run_job(folder: Path, sandbox: RunningSandbox) -> tuple[int, str]:
    """`meltano run amazon-to-optiply`: its exit code and what it wrote."""
    run = meltano_run("amazon-to-optiply", project=ROOT, environment=environment(folder, sandbox))
    wrote, _ = run.communicate()
    return run.returncode, wrote


def orders(folder: Path) -> list[dict[str, Any]]:
    """The orders that target-jsonl has written into a folder."""
    lines = (folder / "orders.jsonl").read_text("utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def payloads(folder: Path, stream: str) -> list[dict[str, Any]]:
    """The records of a stream in etl-output/data.singer."""
    lines = (folder / "etl-output" / "data.singer").read_text("utf-8").split("\n")[:-1]
    messages = [json.loads(line) for line in lines]
    return [
        message["record"]
        for message in messages
        if message["type"] == "RECORD" and message["stream"] == stream
    ]


def test_the_job_goes_from_amazon_to_optiply_and_the_next_is_incremental(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=600, orders=600, report_seconds=(1, 30))
    write_json(tmp_path / "config.json", {"uri": "https://www.amazon.com/"})

    code, wrote = run_job(tmp_path, sandbox)

    assert code == 0, wrote[-3000:]
    assert (
        differences("orders", orders(tmp_path / "sync-output"), sandbox.truth("NA", "orders")) == {}
    )
    sold_first = payloads(tmp_path, "SellOrders")
    assert len(payloads(tmp_path, "Products")) > 100

    sandbox.advance(minutes=24 * 60)
    code, wrote = run_job(tmp_path, sandbox)

    assert code == 0, wrote[-3000:]
    sold_second = payloads(tmp_path, "SellOrders")
    assert 0 < len(sold_second) < len(sold_first) / 4
    ids = [order["externalId"] for order in sold_first + sold_second]
    assert len(ids) == len(set(ids)), "an order goes out once"


def test_a_failing_tap_fails_the_job_and_the_etl_does_not_run(
    start_sandbox: StartSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = start_sandbox(clock_factor=600)
    monkeypatch.setenv("TAP_AMAZON_SELLER_MARKETPLACES", "JP")

    code, wrote = run_job(tmp_path, sandbox)

    assert code != 0
    assert "does not sell there; it sells in US, CA, MX" in wrote
    assert not (tmp_path / "etl-output").exists()


def test_sellers_of_one_project_may_run_at_once_with_a_name_each(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=600, orders=200, report_seconds=(1, 30))
    project = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))
    [acme] = yaml.safe_load(documented_example("several-sellers"))
    project["plugins"]["extractors"].append(acme)
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(project), "utf-8")
    american = environment(tmp_path, sandbox)
    japanese = american | {
        "ACME_REFRESH_TOKEN": "Atzr|sandbox-FE",
        "TARGET_JSONL_DESTINATION_PATH": str(tmp_path / "acme"),
    }
    (tmp_path / "acme").mkdir()
    # Meltano makes its database in the first command, which therefore runs by itself.
    subprocess.run(
        [BIN / "meltano", "state", "list"],
        cwd=tmp_path, env=american, capture_output=True, check=True,
    )  # fmt: skip

    runs = [
        meltano_run(extractor, "target-jsonl", project=tmp_path, environment=settings)
        for extractor, settings in (("tap-amazon-seller", american), (acme["name"], japanese))
    ]

    for run in runs:
        wrote, _ = run.communicate()
        assert run.returncode == 0, wrote[-3000:]
    assert (
        differences("orders", orders(tmp_path / "sync-output"), sandbox.truth("NA", "orders")) == {}
    )
    assert differences("orders", orders(tmp_path / "acme"), sandbox.truth("FE", "orders")) == {}
