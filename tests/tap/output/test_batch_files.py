"""BATCH files hold what RECORD messages would have said, and appear complete or not at all."""

from __future__ import annotations

import fcntl
import functools
import gzip
import itertools
import json
import os
import signal
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import proofs
import pyarrow as pa
import pytest
import unfinished_batch
import warm_start
from altered_tap import altered
from pyarrow import parquet
from running import Output, command, configuration, run_tap, select

from tap_amazon_seller.output import batch_files
from tap_amazon_seller.output.arrow_schema import arrow_type
from tap_amazon_seller.output.batch_files import BatchSettings, created

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from conftest import RunningSandbox, StartSandbox

    Record = dict[str, Any]
    InBatches = Callable[[str, str | None], tuple[Path, list[Record]]]

ORDERS = 1000  # of five marketplaces
ROOM = 40  # blocks, in which all files fit but the largest
FORMATS = [("parquet", None), ("parquet", "gzip"), ("jsonl", "gzip"), ("jsonl", "none")]
IDS = ["parquet", "parquet-gzip", "jsonl-gzip", "jsonl"]


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox."""
    return start_module_sandbox(orders=ORDERS, report_seconds=(1, 5), clock_factor=600)


@pytest.fixture(scope="module")
def as_messages(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Output:
    """A sync of every default stream without batches."""
    output = run_tap(tmp_path_factory.mktemp("records"), own_configuration(sandbox), None)
    assert output.returncode == 0, output.errors
    return output


@pytest.fixture(scope="module")
def in_batches(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> InBatches:
    """Syncs every default stream in a format and a compression: the folder and the messages."""

    @functools.cache
    def synced(kind: str, compression: str | None) -> tuple[Path, list[Record]]:
        folder = tmp_path_factory.mktemp("batches")
        setting = batch_config(folder / "files", kind, compression)
        return folder / "files", messages_of(
            folder, own_configuration(sandbox, batch_config=setting)
        )

    return synced


@pytest.fixture(scope="module")
def orders(sandbox: RunningSandbox) -> set[str]:
    """All orders."""
    return {one["amazon_order_id"] for one in sandbox.truth("EU", "order_items")}


def batch_config(folder: Path, kind: str, compression: str | None = None, **more: Any) -> Record:
    """The setting."""
    encoding = {"format": kind, **({"compression": compression} if compression else {})}
    return {"encoding": encoding, "storage": {"root": folder.as_uri()}, **more}


def own_configuration(sandbox: RunningSandbox, **settings: Any) -> Record:
    """The configuration of a sync."""
    return configuration(sandbox.url, "EU", clock_factor=600, **settings)


def messages_of(
    folder: Path, config: Record, *options: str, state: Record | None = None
) -> list[Record]:
    """The messages of a sync, in their order."""
    done = warm_start.run(
        command(folder, config, state, *options), capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.split("\n")[:-1]]


def files_of(messages: Iterable[Record], stream: str) -> list[Path]:
    """The files that BATCH messages name."""
    return [
        Path(unquote(urlsplit(url).path))
        for message in messages
        if message["type"] == "BATCH" and message["stream"] == stream
        for url in message["manifest"]
    ]


def records_in(path: Path) -> list[Record]:
    """The records of a file, as JSON would have them."""
    if ".jsonl" not in path.name:
        return [
            {name: as_json(value) for name, value in row.items()}
            for row in parquet.read_table(path).to_pylist()
        ]
    raw = path.read_bytes()
    text = gzip.decompress(raw) if path.suffix == ".gz" else raw
    return [json.loads(line) for line in text.splitlines()]


def as_json(value: object) -> object:
    """A date or instant as RECORD messages have it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


def as_flat(record: Record, schema: Record) -> Record:
    """A record of a RECORD message as a Parquet file has it: every column, what is nested as JSON."""
    return {
        name: json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value
        for name in schema["properties"]
        for value in [record.get(name)]
    }


def in_order(records: Iterable[Record]) -> list[str]:
    """Records as texts that can be compared; numbers without needless decimals."""
    return sorted(
        json.dumps(
            {
                name: int(value) if isinstance(value, float) and value.is_integer() else value
                for name, value in record.items()
            },
            sort_keys=True,
        )
        for record in records
    )


@pytest.mark.parametrize(("kind", "compression"), FORMATS, ids=IDS)
def test_files_of_every_default_stream_hold_the_records(
    as_messages: Output, in_batches: InBatches, kind: str, compression: str | None
) -> None:
    expected = as_messages

    folder, messages = in_batches(kind, compression)

    assert not [message for message in messages if message["type"] == "RECORD"]
    assert sum(map(len, expected.records.values())) > ORDERS
    for stream, records in expected.records.items():
        if stream == "sync_summary":  # says the time of its sync
            continue
        [schema] = [one["schema"] for one in expected.schemas[stream]]
        found = [one for path in files_of(messages, stream) for one in records_in(path)]
        if kind == "parquet":
            for one in found:
                for name, value in one.items():
                    if isinstance(value, str) and value[:1] in {"[", "{"}:
                        one[name] = json.dumps(json.loads(value), sort_keys=True)
            records = [as_flat(record, schema) for record in records]  # noqa: PLW2901
        assert in_order(found) == in_order(records), stream
    named = {path for stream in expected.records for path in files_of(messages, stream)}
    assert set(folder.iterdir()) == named
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in named)


def test_the_types_of_a_parquet_file_are_those_of_the_schema(in_batches: InBatches) -> None:
    _, messages = in_batches("parquet", None)

    for schema in (message for message in messages if message["type"] == "SCHEMA"):
        expected = pa.schema(
            [(name, arrow_type(one)) for name, one in schema["schema"]["properties"].items()]
        )
        files = files_of(messages, schema["stream"])
        assert files or schema["stream"] == "rejected_rows", "sound reports have none of these"
        assert all(parquet.read_schema(path).equals(expected) for path in files)
    assert pa.types.is_timestamp(arrow_type({"type": ["string", "null"], "format": "date-time"}))


def test_a_state_follows_the_files_that_it_covers(sandbox: RunningSandbox, tmp_path: Path) -> None:
    config = own_configuration(sandbox, batch_config=batch_config(tmp_path / "b", "parquet"))
    written: set[str] = set()
    for message in messages_of(tmp_path, config, *select(tmp_path, "order_items")):
        if message["type"] == "BATCH":
            written |= {
                record["marketplace_id"]
                for path in files_of([message], "order_items")
                for record in records_in(path)
            }
        elif message["type"] == "STATE":
            for one in (
                message["value"].get("bookmarks", {}).get("order_items", {}).get("partitions", [])
            ):
                if "replication_key_value" in one:
                    assert one["context"]["marketplace_id"] in written
    assert written


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_deselected_properties_and_buyers_data_are_in_no_file(
    sandbox: RunningSandbox, tmp_path: Path, kind: str
) -> None:
    options = select(tmp_path, "order_items", "products_inventory")
    path = Path(options[1])
    catalog = json.loads(path.read_text(encoding="utf-8"))
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            if metadata["breadcrumb"] in (["properties", "product_name"], ["properties", "price"]):
                metadata["metadata"]["selected"] = False
    path.write_text(json.dumps(catalog), encoding="utf-8")
    config = own_configuration(sandbox, batch_config=batch_config(tmp_path / "b", kind))

    messages = messages_of(tmp_path, config, *options)

    for stream, left_out in (("order_items", "product_name"), ("products_inventory", "price")):
        found = [one for file in files_of(messages, stream) for one in records_in(file)]
        assert found
        assert not any(left_out in record for record in found)
        assert not any("buyer" in name or "phone" in name for record in found for name in record)


def test_a_file_has_no_more_records_than_asked_for(sandbox: RunningSandbox, tmp_path: Path) -> None:
    setting = batch_config(tmp_path / "b", "jsonl", batch_size=200)
    setting["storage"]["prefix"] = "tenant-7."
    config = own_configuration(sandbox, batch_config=setting)

    files = files_of(messages_of(tmp_path, config, *select(tmp_path, "order_items")), "order_items")

    sizes = [len(records_in(path)) for path in files]
    assert max(sizes) == 200
    assert all(path.name.startswith("tenant-7.order_items-") for path in files)


def test_stream_maps_are_kept_by_sending_records(sandbox: RunningSandbox, tmp_path: Path) -> None:
    config = own_configuration(
        sandbox,
        batch_config=batch_config(tmp_path / "b", "parquet"),
        stream_maps={"orders": {"order_id": "amazon_order_id"}},
        stream_map_config={},
    )

    output = run_tap(tmp_path, config, None, *select(tmp_path, "orders"))

    assert output.returncode == 0, output.errors
    assert all("order_id" in record for record in output.records["orders"])
    assert output.errors.count("'batch_config' cannot be used together with 'stream_maps'") == 1


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_the_next_sync_removes_what_a_killed_one_left_and_nothing_that_is_being_written(
    sandbox: RunningSandbox, tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "b"
    setting = batch_config(folder, kind, batch_size=10_000)
    killed, alive = (
        warm_start.Popen(
            [sys.executable, unfinished_batch.__file__, json.dumps(setting)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(2)
    )
    for writer in (killed, alive):
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
    killed.kill()
    killed.communicate()
    (folder / ".of-others.part").touch()
    assert len(list(folder.glob(".orders-*.part"))) == 2
    config = own_configuration(sandbox, batch_config=setting)

    output = run_tap(tmp_path, config, None, *select(tmp_path, "marketplaces"))

    assert output.returncode == 0, output.errors
    assert "Removed 1 batch files that were left unfinished" in output.errors
    assert len(list(folder.glob(".orders-*.part"))) == 1
    assert (folder / ".of-others.part").exists()
    message, _ = alive.communicate()
    [file] = files_of([json.loads(message)], "orders")
    assert len(records_in(file)) == unfinished_batch.RECORDS


def test_a_file_that_another_sync_took_for_a_left_one_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    lock = fcntl.flock

    def lock_later(descriptor: int, operation: int) -> None:
        path.unlink()
        monkeypatch.setattr(fcntl, "flock", lock)
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", lock_later)

    descriptor = created(path)

    os.write(descriptor, b"whole")
    os.close(descriptor)
    assert path.read_bytes() == b"whole"


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_a_large_file_goes_to_the_disk_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    parts: list[tuple[int, int]] = []

    def note(_: int, start: int, size: int, advice: int) -> None:
        assert advice == os.POSIX_FADV_DONTNEED
        parts.append((start, start + size))

    monkeypatch.setattr(batch_files, "BYTES_OF_ROW_GROUP", 10_000)
    monkeypatch.setattr(os, "posix_fadvise", note)
    settings = BatchSettings(kind, "none", tmp_path, "", rows=1_000_000)
    files = unfinished_batch.files_of(settings)
    ids = [f"{number:09}" for number in range(10_000)]

    for one in ids:
        files.add({"amazon_order_id": one})
    files.flush()

    [path] = tmp_path.iterdir()
    assert len(parts) > 1
    assert parts[0][0] == 0
    assert all(before[1] == after[0] for before, after in itertools.pairwise(parts))
    assert path.stat().st_size - 3 * 10_000 < parts[-1][1] <= path.stat().st_size
    if kind == "parquet":
        assert parquet.read_table(path).column("amazon_order_id").to_pylist() == ids
    else:
        assert [
            json.loads(line)["amazon_order_id"] for line in path.read_text().splitlines()
        ] == ids


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "terminated"])
def test_a_tap_that_ends_early_leaves_no_half_file_under_its_final_name(
    sandbox: RunningSandbox, orders: set[str], tmp_path: Path, number: signal.Signals
) -> None:
    folder = tmp_path / "b"
    config = own_configuration(sandbox, batch_config=batch_config(folder, "parquet"))
    options = select(tmp_path, "order_items", "orders")
    with warm_start.Popen(
        command(tmp_path, config, None, *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as tap:
        assert tap.stdout is not None
        lines = []
        for line in tap.stdout:
            lines.append(line)
            if '"type":"BATCH"' in line:
                break
        tap.send_signal(number)
        lines += tap.stdout.readlines()

    stopped = [json.loads(line) for line in lines if line.endswith("\n")]
    finished = [path for path in folder.iterdir() if not path.name.startswith(".")]
    assert all(parquet.ParquetFile(path).metadata.num_rows for path in finished)
    assert set(files_of(stopped, "order_items")) <= set(finished)
    if number == signal.SIGTERM:
        assert not [path for path in folder.iterdir() if path.name.startswith(".")]

    state = Output.read(lines).state
    both = stopped + messages_of(tmp_path, config, *options, state=state)
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    found = {
        record["amazon_order_id"]
        for path in files_of(both, "order_items")
        for record in records_in(path)
    }
    assert found == orders


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("files", "must be an object with 'encoding' and 'storage'"),
        (
            {"encoding": {"format": "csv"}, "storage": {"root": "file:///batches"}},
            "'encoding.format'",
        ),
        (
            {"encoding": {"format": "jsonl", "compression": "zip"}, "storage": {"root": "batches"}},
            "'encoding.compression' is 'zip'",
        ),
        ({"encoding": {"format": "jsonl"}, "storage": {"root": "s3://bucket"}}, "'storage.root'"),
        (
            {"encoding": {"format": "jsonl"}, "storage": {"root": "batches", "prefix": "../x"}},
            "'storage.prefix'",
        ),
        (
            {"encoding": {"format": "jsonl"}, "storage": {"root": "batches"}, "batch_size": 0},
            "'batch_size' is '0'",
        ),
        (
            {"encoding": {"format": "jsonl"}, "storage": {"root": "file:///dev/null/x"}},
            "cannot be made",
        ),
        (
            {"encoding": {"format": "jsonl"}, "storage": {"root": "file:///proc"}},
            "the folder /proc cannot be made or written to",
        ),
        (
            {"encoding": {"format": ["jsonl"]}, "storage": {"root": "batches"}},
            "'encoding.format' is '['jsonl']'",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_in_one_sentence(
    sandbox: RunningSandbox, tmp_path: Path, setting: object, sentence: str
) -> None:
    output = run_tap(tmp_path, own_configuration(sandbox, batch_config=setting), None)

    assert output.returncode == 1
    assert sentence in output.errors
    assert len(output.warnings()) == 1


@proofs.FULL_DISK
def test_a_full_disk_ends_the_sync_with_one_sentence_and_no_half_file(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    folder = tmp_path / "b"
    folder.mkdir()
    config = own_configuration(sandbox, batch_config=batch_config(folder, "jsonl", "none"))
    words = command(tmp_path, config, None, *select(tmp_path, "order_items"))
    done = warm_start.run(
        altered(words, f"full-disk={ROOM}"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "A batch file in" in done.stderr
    assert "Traceback" not in done.stderr
    named = files_of(map(json.loads, done.stdout.split("\n")[:-1]), "order_items")
    assert set(folder.iterdir()) == set(named)
    assert all(records_in(path) for path in named)


def orders_after_rerun(
    written: str, folder: Path, config: Record, options: Sequence[str]
) -> set[str]:
    """The orders in the files of a sync that failed and of the one that continues from its state."""
    lines = [line + "\n" for line in written.split("\n")[:-1]]
    rerun = messages_of(folder, config, *options, state=Output.read(lines).state)
    return {
        record["amazon_order_id"]
        for path in files_of([*map(json.loads, lines), *rerun], "order_items")
        for record in records_in(path)
    }


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_no_bookmark_passes_records_that_a_full_disk_did_not_take(
    sandbox: RunningSandbox, orders: set[str], tmp_path: Path, kind: str
) -> None:
    config = own_configuration(sandbox, batch_config=batch_config(tmp_path / "b", kind))
    options = select(tmp_path, "order_items")
    words = command(tmp_path, config, None, *options)
    full = warm_start.run(
        altered(words, f"full-disk={ROOM}"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "A batch file in" in full.stderr

    assert orders_after_rerun(full.stdout, tmp_path, config, options) == orders


def test_no_bookmark_passes_a_file_that_a_signal_kept_from_being_finished(
    sandbox: RunningSandbox, orders: set[str], tmp_path: Path
) -> None:
    config = own_configuration(sandbox, batch_config=batch_config(tmp_path / "b", "parquet"))
    options = select(tmp_path, "order_items")

    stopped = warm_start.run(
        altered(command(tmp_path, config, None, *options), "stopped-in-the-second-file"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert stopped.returncode == 128 + signal.SIGTERM
    assert orders_after_rerun(stopped.stdout, tmp_path, config, options) == orders
