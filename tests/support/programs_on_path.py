"""Programs for a shell's PATH that start as forks of loaded ones.

What is on the PATH is a client of a few lines: it hands its words, folder, environment and files to the
process of the tests, which starts the program (see `warm_start`), passes signals on, and ends as the
program does. Where no program can be loaded for it, it becomes the program that it stands for.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import threading
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import warm_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_LONGEST_REQUEST = 256 << 10
_CLIENT = """#!{python} -IS
import os, signal, socket, sys

program = {program!r}
words = [program, *sys.argv[1:]]
pairs = [name + b"=" + value for name, value in os.environb.items()]
parts = [os.getcwdb(), b"%d" % len(words), *map(os.fsencode, words), *pairs]
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as tests:
    tests.connect({address!r})
    socket.send_fds(tests, [b"\\0".join(parts)], [0, 1, 2])
    process = tests.recv(64)
    if not process:
        os.execv(program, words)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    for each in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(each, lambda number, _: os.kill(int(process), number))
    code = int(tests.recv(64))
if code < 0:
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code & 0xFF)
"""


@contextmanager
def programs_on_path(folder: Path, programs: Iterable[Path]) -> Iterator[Path]:
    """A folder for the PATH with a client for each program, while the block lasts."""
    address = f"\0amazon-tests-{uuid.uuid4()}"  # no file: a test's folder may have too long a name
    clients = folder / "bin"
    clients.mkdir()
    for program in programs:
        path = clients / program.name
        path.write_text(
            _CLIENT.format(python=sys.executable, program=str(program), address=address), "utf-8"
        )
        path.chmod(0o755)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        listener.listen()
        thread = threading.Thread(target=_accept, args=(listener,), daemon=True)
        thread.start()
        try:
            yield clients
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(listener: socket.socket) -> None:
    """Serve clients until the listener ends."""
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client,), daemon=True).start()


def _serve(client: socket.socket) -> None:
    """Start a client's program, and pass on how it ends; a client that is killed takes it along."""
    with client, contextlib.suppress(OSError):
        message, files, _, _ = socket.recv_fds(client, _LONGEST_REQUEST, 3)
        process = _started(message, files)
        if process is None:
            return
        client.send(b"%d" % process.pid)
        if process.fileno() not in select.select([client.fileno(), process.fileno()], [], [])[0]:
            os.kill(process.pid, signal.SIGKILL)
        client.send(str(process.wait()).encode())


def _started(message: bytes, files: list[int]) -> warm_start.Fork | None:
    """Start what a client has requested; answers the process, or None where it is to do so itself."""
    try:
        folder, count, *rest = map(os.fsdecode, message.split(b"\0"))
        words, pairs = rest[: int(count)], rest[int(count) :]
        environment = {name: value for name, _, value in (each.partition("=") for each in pairs)}
        return warm_start.start(words, folder, environment, files)
    finally:
        for each in files:
            os.close(each)
