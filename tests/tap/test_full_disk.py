"""A disk, folder or output that takes nothing ends the sync in one sentence, and costs no record."""

from __future__ import annotations

import gzip
import os
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import loopback
import proofs
import pytest
import warm_start
from altered_tap import altered
from running import Output, command, configuration, differences, run_tap, select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import RunningSandbox, StartSandbox

CLOCK_FACTOR = 600
STREAMS = ("orders", "order_items")
UNWRITABLE = Path("/proc")  # a folder that takes no file, not even from the superuser


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    """One sandbox for all tests here."""
    return start_module_sandbox(clock_factor=CLOCK_FACTOR, orders=400, report_seconds=(1, 30))


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options that select the streams looked at here."""
    return select(tmp_path_factory.mktemp("catalog"), *STREAMS)


def settings(url: str, **others: object) -> dict[str, Any]:
    """A configuration for Japan alone."""
    return configuration(url, "FE", clock_factor=CLOCK_FACTOR, marketplaces="JP", **others)


def complaint(output: Output) -> str:
    """The one error of a run that failed cleanly."""
    assert output.returncode == 1, output.errors
    assert "Traceback" not in output.errors
    assert "Exception ignored" not in output.errors
    errors = [line for line in output.errors.splitlines() if "| ERROR" in line]
    assert len(errors) == 1, output.errors
    return errors[0]


def assert_rerun_completes(
    sandbox: RunningSandbox, folder: Path, catalog: list[str], first: Output, **others: object
) -> None:
    """Once the obstacle is gone, both runs together have delivered the truth."""
    second = run_tap(folder, settings(sandbox.url, **others), first.state, *catalog)
    assert second.returncode == 0, second.errors
    assert "incomplete" not in second.errors
    for stream in STREAMS:
        records = first.records.get(stream, []) + second.records[stream]
        truth = [
            record
            for record in sandbox.truth("FE", stream)
            if record["marketplace_id"] == "A1VC38T7YXB528"
        ]
        assert truth
        assert differences(stream, records, truth) == {}, stream


def run_limited(blocks: int, words: list[str]) -> Output:
    """Run a command that may write no file longer than so many blocks."""
    return run_whole(altered(words, f"full-disk={blocks}"))


def run_in_shell(script: str, words: list[str]) -> Output:
    """Run a command by a script that has its words as parameters."""
    return run_whole(["sh", "-c", script, *words])


def run_whole(words: list[str]) -> Output:
    """Run a command to its end."""
    run = warm_start.run(
        words,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    lines = [line + "\n" for line in run.stdout.split("\n")[:-1]]
    return Output.read(lines, run.returncode, run.stderr)


@pytest.mark.parametrize("key", ["spool_path", "reject_path"])
def test_a_folder_that_takes_no_file_is_named(
    sandbox: RunningSandbox, tmp_path: Path, catalog: list[str], key: str
) -> None:
    sandbox.reset_calls()

    output = run_tap(tmp_path, settings(sandbox.url) | {key: str(UNWRITABLE)}, None, *catalog)

    assert f"Setting '{key}': the folder /proc cannot be made or written to" in complaint(output)
    assert sandbox.calls() == {}
    assert_rerun_completes(sandbox, tmp_path, catalog, output, **{key: str(tmp_path / "folder")})


@pytest.mark.parametrize("key", ["spool_path", "reject_path"])
def test_a_folder_that_is_a_file_is_named(
    sandbox: RunningSandbox, tmp_path: Path, catalog: list[str], key: str
) -> None:
    taken = tmp_path / "taken"
    taken.touch()

    output = run_tap(tmp_path, settings(sandbox.url) | {key: str(taken)}, None, *catalog)

    assert f"Setting '{key}': the folder {taken} cannot be made" in complaint(output)
    taken.unlink()
    assert_rerun_completes(sandbox, tmp_path, catalog, output, **{key: str(taken)})


@proofs.FULL_DISK
@pytest.mark.parametrize("blocks", [0, 1, 16])
def test_a_full_disk_under_the_spool_folder_is_told(
    sandbox: RunningSandbox, tmp_path: Path, catalog: list[str], blocks: int
) -> None:
    config = settings(sandbox.url, spool_path=str(tmp_path / "spool"))

    output = run_limited(blocks, command(tmp_path, config, None, *catalog))

    sentence = complaint(output)
    assert f"The spool folder {tmp_path / 'spool'} cannot be written to" in sentence
    assert "make room there, or name another folder in 'spool_path'" in sentence
    assert list((tmp_path / "spool").iterdir()) == []
    assert_rerun_completes(sandbox, tmp_path, catalog, output)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_an_output_that_takes_nothing_is_told(
    sandbox: RunningSandbox, tmp_path: Path, catalog: list[str]
) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        run = subprocess.run(
            command(tmp_path, settings(sandbox.url), None, *catalog),
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=300,
            check=False,
        )

    output = Output(run.returncode, run.stderr)
    assert "The output cannot be written: No space left on device" in complaint(output)
    assert_rerun_completes(sandbox, tmp_path, catalog, output)


def test_an_output_that_is_closed_is_told(sandbox: RunningSandbox, tmp_path: Path) -> None:
    output = run_in_shell('exec "$0" "$@" >&-', command(tmp_path, settings(sandbox.url)))

    assert "Standard output is closed" in complaint(output)


def test_a_log_that_is_closed_stops_no_sync(
    sandbox: RunningSandbox, tmp_path: Path, catalog: list[str]
) -> None:
    words = command(tmp_path, settings(sandbox.url), None, *catalog)

    output = run_in_shell('exec "$0" "$@" 2>&-', words)

    assert output.returncode == 0
    assert output.records.keys() == set(STREAMS)


def widened(body: bytes) -> bytes:
    """A document with one row more, whose cells are too many to be a record."""
    row = b"\t".join([b"x"] * 99) + b"\n"
    if body.startswith(b"\x1f\x8b"):
        return gzip.compress(gzip.decompress(body) + row)
    return body + row


@contextmanager
def with_a_row_too_wide(sandbox: RunningSandbox) -> Iterator[str]:
    """The URL of a server that passes everything on to the sandbox, and documents back widened."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length", 0)))
            with loopback.stream(
                self.command,
                sandbox.url + self.path,
                headers=dict(self.headers),
                content=sent,
                timeout=60,
            ) as found:
                body = b"".join(found.iter_raw())
            if self.path.startswith("/_documents/"):
                body = widened(body)
            elif self.path.startswith("/reports/"):
                body = body.replace(sandbox.url.encode(), f"http://{self.headers['host']}".encode())
            self.send_response_only(found.status_code)
            for name, value in found.headers.items():
                if name not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_reject_file_that_cannot_be_written_is_named(
    sandbox: RunningSandbox, tmp_path: Path, catalog: list[str]
) -> None:
    folder = tmp_path / "rejects"
    taken = folder / "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL_JP.tsv"
    taken.mkdir(parents=True)
    with with_a_row_too_wide(sandbox) as url:
        output = run_tap(tmp_path, settings(url, reject_path=str(folder)), None, *catalog)

    sentence = complaint(output)
    assert f"The reject file {taken} cannot be written" in sentence
    assert "'reject_path'" in sentence
    taken.rmdir()
    assert_rerun_completes(sandbox, tmp_path, catalog, output, reject_path=str(folder))


def test_rejected_rows_are_kept_in_the_reject_folder(
    sandbox: RunningSandbox, tmp_path: Path, catalog: list[str]
) -> None:
    folder = tmp_path / "rejects"
    with with_a_row_too_wide(sandbox) as url:
        output = run_tap(tmp_path, settings(url, reject_path=str(folder)), None, *catalog)

    assert output.returncode == 0, output.errors
    (kept,) = folder.iterdir()
    told = output.errors.count("is rejected: it has")
    assert told
    assert kept.read_text(encoding="utf-8").count("\n") * len(STREAMS) == told
    assert_rerun_completes(sandbox, tmp_path, catalog, Output(0, ""))
