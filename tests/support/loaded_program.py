"""A process that has loaded a program's modules, and forks at each request: see `warm_start`.

It serves all processes of a test run, and ends with the process that has begun the run.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

MODULES = {
    "tap_amazon_seller": (
        "tap_amazon_seller.tap",
        "email.policy",  # what reads a package's version
        "importlib_metadata._adapters",
        "encodings.cp932",
        "encodings.utf_8_sig",
        "boto3",
        "numpy.ma",  # what Arrow looks up
    ),
    "tap_amazon_associates": ("tap_amazon_associates.singer.tap", "tap_amazon_associates.command"),
    "amazon_asin_match": ("amazon_asin_match.command.cli", "amazon_asin_match.service.server"),
    "amazon_optiply_etl": ("amazon_optiply_etl.command.cli",),
    "amazon_fleet": ("amazon_fleet.command.cli", "amazon_fleet.worker.worker"),
    "amazon_fleet.limits": ("amazon_fleet.limits.plan", "amazon_fleet.limits.postgres"),
    "amazon_seller_sandbox": (
        "amazon_seller_sandbox.cli",
        "_strptime",
        "anyio._backends._asyncio",
        "anyio.streams.memory",
        "anyio.streams.tls",
        "encodings.cp932",
        "uvicorn.lifespan.off",
        "uvicorn.loops.asyncio",
    ),
}
"""What each program loads before it does anything, and what nearly each run of it loads later."""
STAND_INS = {
    "amazon_seller_sandbox.optiply.target.sdk": (
        "dateutil.parser",
        "hotglue_singer_sdk.target_sdk.auth",
        "hotglue_singer_sdk.target_sdk.client",
        "hotglue_singer_sdk.target_sdk.target",
        "pydantic",
    ),
    "amazon_seller_sandbox.optiply.host": (
        "pandas",
        "pyarrow.parquet",
        "pydantic",
        "ssl",
    ),  # and not gluestick: it loads polars, which at exit waits for a thread that a fork lacks
}
"""What the stand-ins load: each is `python -I -c CODE PACKAGE MODULE` in an environment of its own."""
TARGETS = {
    "target-csv": ("meltanolabs_target_csv.target",),
    "target-jsonl": ("target_jsonl",),
    "target-postgres": ("target_postgres.target",),
}
"""What targets load that Meltano has installed, each in an environment of its own."""
LONGEST_REQUEST = 256 << 10
"""Bytes of a request: command line, folder and environment as JSON."""
_OF_OPTIONS = {"--notifications": ("boto3", "moto.server", "warm_queues")}
"""What a program loads besides where its command line has an option."""
_LOADED_ANEW = "hotglue_singer_sdk"
"""It reads variables when it is loaded, so each fork loads it itself; what it needs takes longer."""


def _main() -> None:
    """Load a program, fork at each request, and run the program in the fork."""
    program, descriptor, of_the_run = sys.argv[1:]
    if program == "tap_amazon_seller":
        from tap_amazon_seller.machine import allocators  # noqa: PLC0415 - other programs lack it

        allocators.share_heaps()
    for module in {**MODULES, **STAND_INS, **TARGETS}[program]:
        importlib.import_module(module)
    _make_once(program)
    gc.collect()
    gc.freeze()
    requests = socket.socket(fileno=int(descriptor))
    with socket.socket(socket.AF_UNIX) as test_run:
        test_run.connect(of_the_run)
        request = _forked(requests, test_run)
    if request is not None:
        _become(*request)


def _make_once(program: str) -> None:
    """Have what a fleet's fork server has too: certificates, and what the ETL's interface makes once."""
    if program == "tap_amazon_seller":
        from amazon_selling_partner import tls_context  # noqa: PLC0415 - other programs lack it

        with contextlib.suppress(OSError):  # each run says so that certificates cannot be read
            tls_context()
    if program == "amazon_optiply_etl":
        from amazon_optiply_etl import interface  # noqa: PLC0415

        interface.preload()


def _forked(
    requests: socket.socket, test_run: socket.socket
) -> tuple[dict[str, Any], list[int]] | None:
    """Fork at each request; answers it in the fork, and None when the test run has ended.

    Who asks is sent the fork's process id, and its exit status as `os.waitpid` has it.
    """
    selector = selectors.DefaultSelector()
    selector.register(requests, selectors.EVENT_READ)
    selector.register(test_run, selectors.EVENT_READ)
    running: dict[int, tuple[int, socket.socket]] = {}  # process and who asked, by descriptor
    while True:
        for key, _ in selector.select():
            if key.fileobj is test_run:
                return None
            if key.fileobj is requests:
                asker, _ = requests.accept()
                request, files = _received(asker)
                process = os.fork() if request is not None else None
                if request is not None and not process:
                    selector.close()
                    requests.close()
                    for ended, (_, other) in running.items():
                        os.close(ended)
                        other.close()
                    asker.close()
                    return request, files
                for file in files:
                    os.close(file)
                if process is None:
                    asker.close()
                    continue
                with contextlib.suppress(OSError):  # who asked may have been killed
                    asker.send(b"%d" % process)
                ended = os.pidfd_open(process)
                running[ended] = process, asker
                selector.register(ended, selectors.EVENT_READ)
            else:
                selector.unregister(key.fd)
                process, asker = running.pop(key.fd)
                os.close(key.fd)
                _, status = os.waitpid(process, 0)
                with asker, contextlib.suppress(OSError):
                    asker.send(b"%d" % status)


def _received(asker: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """A request with its standard input, output and error; None where who asked has ended."""
    message, files, _, _ = socket.recv_fds(asker, LONGEST_REQUEST, 3)
    if not message:
        return None, files
    request: dict[str, Any] = json.loads(message)
    for option in _OF_OPTIONS.keys() & set(request["words"]):
        for module in _OF_OPTIONS[option]:
            importlib.import_module(module)
    return request, files


def _become(request: dict[str, Any], files: Sequence[int]) -> None:
    """Run a command line in this process."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    for file in files:  # and no other: Arrow reads from a pipe of its own
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    # Objects made again: the buffers, and what is known of a terminal, are those of the files before.
    sys.stdin = open(0, encoding=sys.stdin.encoding, errors=sys.stdin.errors)  # noqa: SIM115
    sys.stdout = open(  # noqa: SIM115
        1, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors
    )
    sys.stderr = open(  # noqa: SIM115
        2, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace"
    )
    sys.argv = request["words"]
    if Path(sys.argv[0]).name in TARGETS:  # a database is closed as the interpreter ends
        _run(request["cwd"])
        return
    try:
        _run(request["cwd"])
    except SystemExit as end:
        _end_at_once(end.code)
        raise
    _end_at_once(None)


def _run(cwd: str) -> None:
    """Run what the command line names."""
    if sys.argv[0] == sys.executable:
        del sys.argv[0]
    if sys.argv[0] == "-I":
        _become_isolated()
    elif sys.argv[0] == "-m":
        del sys.argv[0]
        sys.path[0] = cwd
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(sys.argv[0]).parent)
        runpy.run_path(sys.argv[0], run_name="__main__")


def _end_at_once(code: object) -> None:
    """End as an interpreter does, but leave its modules to the system: freeing a fork's copies them all.

    Threads are waited for and exit handlers called. Returns where the output cannot be written, or the
    code is a sentence to print: then the interpreter ends the ordinary way, with what it says of that.
    """
    if code is not None and not isinstance(code, int):
        return
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - the interpreter calls it first
    atexit._run_exitfuncs()  # noqa: SLF001 - and then this
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    os._exit((code or 0) & 0xFF)


def _become_isolated() -> None:
    """Run `python -I -c CODE ...`, with fresh modules where they have read the variables of another."""
    for name in [each for each in sys.modules if each.partition(".")[0] == _LOADED_ANEW]:
        del sys.modules[name]
    _, option, code, *words = sys.argv
    sys.argv = [option, *words]
    namespace = {"__name__": "__main__", "__builtins__": __builtins__}
    exec(compile(code, "<string>", "exec"), namespace)  # noqa: S102 - the project's own


if __name__ == "__main__":
    _main()
