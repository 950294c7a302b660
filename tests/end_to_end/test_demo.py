"""`make demo` shows what came and went in two syncs, and stops what it started."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def demo(folder: Path) -> subprocess.Popen[str]:
    """Start the demo with its state in a folder of its own."""
    return subprocess.Popen(
        [sys.executable, ROOT / "scripts" / "demo.py"],
        env=os.environ | {"DEMO_PATH": str(folder), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def figures(text: str, name: str) -> list[int]:
    """The figures beside a name, of the first sync and the second."""
    found = re.findall(rf"^  {name} +([\d,]+)(?: records)?$", text, re.MULTILINE)
    return [int(each.replace(",", "")) for each in found]


def processes_of(folder: Path) -> list[str]:
    """The command lines of processes that work for the demo in this folder."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in environment.read_bytes():
                found.append((environment.parent / "cmdline").read_text())
        except OSError:
            continue
    return found


def records(demo: Path, stream: str) -> list[dict[str, Any]]:
    """The records of a stream, of both syncs."""
    lines = (demo / "sync-output" / f"{stream}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def sold_out(demo: Path) -> set[tuple[str, str]]:
    """Marketplace and ASIN of listings that are inactive and of which there is no unit."""
    stock: Counter[tuple[str, str]] = Counter()
    for row in records(demo, "warehouse_inventory"):
        stock[row["marketplace_id"], row["sku"]] += row["afn_fulfillable_quantity"] or 0
    return {
        (each["marketplace_id"], each["asin1"])
        for each in records(demo, "products_inventory")
        if each["status"] == "Inactive" and each.get("asin1")
        if not each.get("quantity") and not stock[each["marketplace_id"], each["seller_sku"]]
    }


def waiting_lines(demo: Path) -> set[tuple[str, str]]:
    """Marketplace and ASIN of the order lines that wait."""
    lines = (demo / "snapshots" / "waiting.singer").read_text("utf-8").splitlines()
    messages = [json.loads(line) for line in lines]
    return {
        (each["record"]["marketplace_id"], each["record"]["asin"])
        for each in messages
        if each.get("stream") == "order_items"
    }


def test_the_demo_syncs_twice_and_the_second_time_brings_what_changed(tmp_path: Path) -> None:
    with demo(tmp_path / "demo") as run:
        output = run.communicate()[0]
    assert run.returncode == 0, output
    assert output.count("0 of them refused for quota (429)") == 2
    first, second = figures(output, "orders")
    assert first == 1_000
    assert 0 < second < 100
    before, after = figures(output, "sellOrders")
    assert 750 < before < after
    report = json.loads((tmp_path / "demo/etl-output/mapping-report.json").read_text("utf-8"))
    assert report["counts"]["orders"]["out"] == after - before
    assert "What they are in Optiply" in output
    order = re.search(r'orders +\{"amazon_order_id": "([\d-]+)"', output)
    sold = re.search(r'sellOrders +\{"remoteId": "([\d-]+)"', output)
    assert order
    assert sold
    assert order[1] == sold[1]
    line = re.search(r'"asin": "(\w+)", "quantity": (\d+),', re.sub(r"\n {24}", " ", output))
    assert line
    assert re.search(
        rf'sellOrderLines +\{{"sellOrderId": \d+, "productId": \d+, "quantity": {line[2]},', output
    )
    assert re.search(rf'products +\{{"remoteId": "{line[1]}_', output)
    assert "Nothing to do: nothing was sold." in output
    assert (tmp_path / "demo/etl-output/mapping-report.html").as_uri() in output
    assert "Now your own account: docs/start/seller-central.md" in output
    # No order is left out merely because its listing is sold out.
    assert sold_out(tmp_path / "demo")
    assert waiting_lines(tmp_path / "demo")
    assert not sold_out(tmp_path / "demo") & waiting_lines(tmp_path / "demo")
    assert processes_of(tmp_path) == []


def test_an_interrupted_demo_stops_all_that_it_started(tmp_path: Path) -> None:
    with demo(tmp_path / "demo") as run:
        assert run.stdout is not None
        run.stdout.readline()
        while len(processes_of(tmp_path)) < 3:  # the demo itself, the sandbox and Meltano
            assert run.poll() is None
        run.send_signal(signal.SIGINT)
        output = run.stdout.read()
    assert run.returncode == 130, output
    assert "Interrupted" in output
    assert processes_of(tmp_path) == []
