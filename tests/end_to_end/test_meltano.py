"""The job of meltano.yml, run by the real Meltano."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from running import BIN, differences, write_json

if TYPE_CHECKING:
    import pytest
    from conftest import RunningSandbox, StartSandbox

ROOT = Path(__file__).parents[2]


def run_job(folder: Path, sandbox: RunningSandbox) -> subprocess.CompletedProcess[str]:
    """`meltano run amazon-to-optiply` with all its state in the folder."""
    (folder / "sync-output").mkdir(exist_ok=True)
    environment = os.environ | {
        "MELTANO_DATABASE_URI": f"sqlite:///{folder / 'meltano.db'}",
        "TAP_AMAZON_SELLER_ENDPOINT_URL": sandbox.url,
        "TAP_AMAZON_SELLER_TOKEN_URL": f"{sandbox.url}/auth/o2/token",
        "TAP_AMAZON_SELLER_CLOCK_FACTOR": "600",
        "TAP_AMAZON_SELLER_REFRESH_TOKEN": "Atzr|sandbox-NA",
        "TARGET_JSONL_DESTINATION_PATH": str(folder / "sync-output"),
        "AMAZON_OPTIPLY_ETL_ROOT": str(folder),
    }
    return subprocess.run(
        [BIN / "meltano", "--environment=sandbox", "run", "amazon-to-optiply"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


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

    first = run_job(tmp_path, sandbox)

    assert first.returncode == 0, first.stderr[-3000:]
    records = [
        json.loads(line)
        for line in (tmp_path / "sync-output" / "orders.jsonl").read_text("utf-8").split("\n")[:-1]
    ]
    assert differences("orders", records, sandbox.truth("NA", "orders")) == {}
    sold_first = payloads(tmp_path, "SellOrders")
    assert len(payloads(tmp_path, "Products")) > 100

    sandbox.advance(minutes=24 * 60)
    second = run_job(tmp_path, sandbox)

    assert second.returncode == 0, second.stderr[-3000:]
    sold_second = payloads(tmp_path, "SellOrders")
    assert 0 < len(sold_second) < len(sold_first) / 4
    ids = [order["externalId"] for order in sold_first + sold_second]
    assert len(ids) == len(set(ids)), "an order goes out once"


def test_a_failing_tap_fails_the_job_and_the_etl_does_not_run(
    start_sandbox: StartSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = start_sandbox(clock_factor=600)
    monkeypatch.setenv("TAP_AMAZON_SELLER_MARKETPLACES", "JP")

    run = run_job(tmp_path, sandbox)

    assert run.returncode != 0
    assert "does not sell there; it sells in US, CA, MX" in run.stdout + run.stderr
    assert not (tmp_path / "etl-output").exists()
