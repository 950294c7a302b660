"""The tap's Python interface: from a script, a thread, and where standard output takes no bytes."""

from __future__ import annotations

import io
import json
import signal
import sys
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
import warm_start
from documents import documented_example
from running import configuration, write_json

from tap_amazon_seller.errors import ConfigurationError, TapError
from tap_amazon_seller.interface import AmazonSeller, preload
from tap_amazon_seller.machine import arrow_text
from tap_amazon_seller.tap import TapAmazonSeller

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox

NOTEBOOK = """
import json, signal
from tap_amazon_seller.interface import AmazonSeller

class Kept:
    rows = 0
    def schema(self, stream, schema, keys): pass
    def table(self, stream, table): self.rows += table.num_rows
    def state(self, state): pass

kept, before = Kept(), signal.getsignal(signal.SIGINT)
AmazonSeller(json.load(open("config.json"))).sync(kept, ["orders"])
print(kept.rows, "orders")
assert signal.getsignal(signal.SIGINT) is before
"""
FAST = {"clock_factor": 600, "orders": 200, "report_seconds": (1, 30)}


class Kept:
    """A writer that keeps everything, and may fail at the first table of a stream."""

    def __init__(self, failing: str = "") -> None:
        self.failing = failing
        self.keys: dict[str, Sequence[str]] = {}
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.states: list[dict[str, Any]] = []

    def schema(self, stream: str, schema: dict[str, Any], keys: Sequence[str]) -> None:
        assert set(keys) <= schema["properties"].keys()
        self.keys[stream] = keys

    def table(self, stream: str, table: Any) -> None:
        if stream == self.failing:
            raise RuntimeError("no room")
        self.rows.setdefault(stream, []).extend(table.to_pylist())

    def state(self, state: dict[str, Any]) -> None:
        self.states.append(state)


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> RunningSandbox:
    return start_sandbox(**FAST)


@pytest.fixture
def config(sandbox: RunningSandbox) -> dict[str, Any]:
    return configuration(sandbox.url, "FE", clock_factor=600)


def test_records_and_tables_of_a_stream_are_those_of_the_truth(
    config: dict[str, Any], sandbox: RunningSandbox
) -> None:
    truth = sandbox.truth("FE", "orders")
    records = list(AmazonSeller(config).records("orders"))
    tables = list(AmazonSeller(config).tables("orders"))

    assert {record["amazon_order_id"] for record in records} == {
        each["amazon_order_id"] for each in truth
    }
    assert len(records) == sum(table.num_rows for table in tables) == len(truth)
    assert str(tables[0].schema.field("purchase_date").type) == "timestamp[us, tz=UTC]"


def test_the_state_covers_what_was_read_and_the_next_reading_continues(
    config: dict[str, Any],
) -> None:
    seller = AmazonSeller(config)
    assert list(seller.records("orders"))

    again = AmazonSeller(config, json.loads(json.dumps(seller.state)))

    assert list(again.records("orders")) == []


def test_a_reading_that_is_left_early_keeps_no_bookmark_past_it(config: dict[str, Any]) -> None:
    seller = AmazonSeller(config)
    for _ in seller.records("orders"):
        break

    assert list(AmazonSeller(config, seller.state).records("orders"))


def test_a_writer_gets_schemas_tables_and_states(
    config: dict[str, Any], sandbox: RunningSandbox
) -> None:
    writer = Kept()

    state = AmazonSeller(config).sync(writer, ["orders", "product_catalog"])

    assert writer.keys.keys() == writer.rows.keys() == {"orders", "product_catalog"}
    for stream, rows in writer.rows.items():
        assert len(rows) == len(sandbox.truth("FE", stream)), stream
    assert writer.states[-1] == state


def test_after_a_sync_that_leaves_reports_it_is_known_when_another_one_is_worth_its_while(
    start_sandbox: StartSandbox,
) -> None:
    # Made in half a minute of a busy machine at the soonest, and here in no time.
    sandbox = start_sandbox(**FAST | {"report_seconds": (18_000, 18_000)})
    config = configuration(sandbox.url, "FE", clock_factor=600)
    seller = AmazonSeller(config | {"leave_reports": True})
    left, kept = Kept(), Kept()
    seller.sync(left, ["orders"])
    at = seller.next_sync_at
    assert at is not None
    requested = seller.state["reports"].values()
    assert at >= max(datetime.fromisoformat(one["created"]) for one in requested)
    assert not left.rows
    sandbox.advance(minutes=305)
    seller.sync(kept, ["orders"])
    assert seller.next_sync_at is None
    assert kept.rows["orders"]


def test_a_writer_that_fails_ends_the_sync_with_the_state_before(config: dict[str, Any]) -> None:
    writer = Kept(failing="orders")
    seller = AmazonSeller(config)

    with pytest.raises(RuntimeError, match="no room"):
        seller.sync(writer, ["orders"])

    whole = Kept()
    AmazonSeller(config, writer.states[-1]).sync(whole, ["orders"])
    assert whole.rows["orders"]


def test_messages_go_to_a_file_of_the_users_and_the_state_is_the_last_one(
    config: dict[str, Any], tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    seller = AmazonSeller(config)
    with (tmp_path / "records.singer").open("wb") as file:
        state = seller.write(file, ["orders", "products_inventory"])
    lines = (tmp_path / "records.singer").read_bytes().splitlines()
    messages = [json.loads(line) for line in lines]
    assert {each["stream"] for each in messages if each["type"] == "RECORD"} >= {"orders"}
    assert [each["value"] for each in messages if each["type"] == "STATE"][-1] == state
    assert seller.state == state
    assert capsysbinary.readouterr().out == b""


def test_it_runs_in_a_thread_and_leaves_signals_and_standard_output_alone(
    config: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    handler, count = signal.getsignal(signal.SIGTERM), []

    def task() -> None:
        count.append(len(list(AmazonSeller(config).records("marketplaces"))))

    thread = threading.Thread(target=task)
    thread.start()
    thread.join()

    assert count == [2]
    assert signal.getsignal(signal.SIGTERM) is handler
    assert capsys.readouterr().out == ""


def test_the_taps_own_sync_writes_text_where_standard_output_takes_no_bytes(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = io.StringIO()  # as a notebook's, it has no buffer
    monkeypatch.setattr(sys, "stdout", output)
    monkeypatch.setattr(TapAmazonSeller, "_setup_signal_handlers", lambda _: None)

    TapAmazonSeller(config=config).sync()

    messages = [json.loads(line) for line in output.getvalue().splitlines()]
    assert {"SCHEMA", "RECORD", "STATE"} == {message["type"] for message in messages}


def test_a_stream_that_there_is_not_and_a_wrong_setting_are_one_sentence(
    config: dict[str, Any],
) -> None:
    with pytest.raises(ConfigurationError, match="There is no stream 'order'"):
        list(AmazonSeller(config).records("order"))
    with pytest.raises(TapError, match="Setting 'region' is 'EUROPE'"):
        AmazonSeller(config | {"region": "EUROPE"})


@pytest.mark.parametrize("name", ["python-records", "python-writer"])
def test_the_examples_of_the_page_work(name: str, config: dict[str, Any], tmp_path: Path) -> None:
    write_json(tmp_path / "config.json", config)
    (tmp_path / "example.py").write_text(documented_example(name), encoding="utf-8")

    run = warm_start.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert (tmp_path / "state.json").exists()
    assert ("orders" in run.stdout) is True


def test_in_a_notebooks_kernel_a_cell_shows_what_it_prints_and_nothing_else(
    config: dict[str, Any],
    sandbox: RunningSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A kernel takes standard output from the program, and gives it none that takes bytes."""
    jupyter = pytest.importorskip("jupyter_client.manager")
    pytest.importorskip("ipykernel")
    write_json(tmp_path / "config.json", config)
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter"))
    shown: list[dict[str, Any]] = []

    with jupyter.run_kernel(cwd=str(tmp_path)) as client:
        answer = client.execute_interactive(NOTEBOOK, output_hook=shown.append)

    assert answer["content"]["status"] == "ok", answer["content"]
    texts = [each["content"] for each in shown if each["msg_type"] == "stream"]
    printed = "".join(text["text"] for text in texts if text["name"] == "stdout")
    assert printed == f"{len(sandbox.truth('FE', 'orders'))} orders\n"


def test_a_process_that_is_to_be_forked_makes_what_a_sync_needs_and_calls_nobody() -> None:
    months = arrow_text._month_starts  # noqa: SLF001 - what each sync would make for itself
    months.cache_clear()

    preload()

    assert months.cache_info().currsize == 1
