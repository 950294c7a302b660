"""Another's target, as a process behind a pipe: any program that reads Singer messages.

Its configuration, with the secrets in it, is in a file without a name that the program opens by its
descriptor; the state that counts is the last one it writes.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from amazon_fleet.account_run import tied
from amazon_fleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LONGEST_LINE = 2_000
_logger = logging.getLogger(__name__)


def load(
    records: Path,
    command: Sequence[str],
    config: Mapping[str, Any] | None,
    folder: Path,
    started: Callable[[int | None], None],
) -> dict[str, Any]:
    """Pipe the messages of a sync into a target; answers the last state it wrote.

    Args:
        records: The Singer messages.
        command: The program and its words.
        config: Its configuration; null where its words say all.
        folder: Where it runs.
        started: Takes the process id, and null when it has ended.

    Raises:
        FleetError: it cannot be started, fails, or writes no state.
    """
    program = shutil.which(command[0])
    if program is None:
        raise FleetError(f"The target {command[0]} is not installed; give the path of the program.")
    with tempfile.TemporaryFile(dir=folder) as given:
        words: list[str] = [program, *command[1:]]
        if config is not None:
            given.write(json.dumps(config).encode())
            given.flush()
            given.seek(0)
            words += ["--config", f"/dev/fd/{given.fileno()}"]
        process = subprocess.Popen(  # noqa: S603 - the user's target
            [sys.executable, "-I", "-S", str(Path(tied.__file__)), str(os.getpid()), *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=folder, pass_fds=[given.fileno()],
        )  # fmt: skip
        started(process.pid)
        try:
            return _piped(process, records, command[0])
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            started(None)


def _piped(process: subprocess.Popen[bytes], records: Path, name: str) -> dict[str, Any]:
    assert process.stdin  # noqa: S101
    assert process.stdout  # noqa: S101
    assert process.stderr  # noqa: S101
    states: list[bytes] = []
    said: list[str] = []
    readers = [
        threading.Thread(target=_keep_last, args=(process.stdout, states)),
        threading.Thread(target=_pass_on, args=(process.stderr, said)),
    ]
    for each in readers:
        each.start()
    try:
        with records.open("rb") as file, process.stdin as pipe:
            shutil.copyfileobj(file, pipe, 1 << 16)
    except BrokenPipeError:
        pass  # its exit code says why
    code = process.wait()
    for each in readers:
        each.join()
    if code != 0:
        last = said[-1] if said else "it says nothing"
        raise FleetError(f"The target {name} ended with exit code {code}: {last}")
    try:
        state: dict[str, Any] = json.loads(states[-1])
    except (IndexError, ValueError):
        raise FleetError(
            f"The target {name} wrote no state, so it is not known what it has loaded; nothing is kept."
        ) from None
    return state


def _keep_last(output: IO[bytes], lines: list[bytes]) -> None:
    with output:
        for line in output:
            if line.strip():
                lines[:] = [line]


def _pass_on(output: IO[bytes], lines: list[str]) -> None:
    with output:
        for line in output:
            text = line.decode("utf-8", "replace").strip()[:_LONGEST_LINE]
            if text:
                lines[:] = [text]
                _logger.info("target: %s", text)
