"""Starts the project's programs as forks of processes that have loaded their modules already.

Most of a short run is the loading of modules: a second of CPU for the tap. A fork is a process like any
other, with its own signals, files, environment and exit code; it runs the same entry point. The loaded
processes (`loaded_program`) serve all processes of a test run. Where variables differ that are read only
when an interpreter starts, such as PYTHON*, it is a fork of another loaded process; a start that is not
understood here is an ordinary one. Tests of start-up itself use `subprocess`.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import loaded_program
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

BIN = Path(sys.executable).parent
_SCRIPTS = {
    str(BIN / "tap-amazon-seller"): "tap_amazon_seller",
    str(BIN / "tap-amazon-associates"): "tap_amazon_associates",
    str(BIN / "amazon-associates"): "tap_amazon_associates",
    str(BIN / "amazon-fleet"): "amazon_fleet",
    str(BIN / "amazon-optiply-etl"): "amazon_optiply_etl",
    str(BIN / "amazon-seller-sandbox"): "amazon_seller_sandbox",
    str(Path(__file__).parents[2] / "etl" / "etl.py"): "amazon_optiply_etl",
    "example.py": "tap_amazon_seller",  # of a page, in its folder
    str(Path(__file__).with_name("crashing.py")): "amazon_optiply_etl",
    str(Path(__file__).with_name("hostile.py")): "tap_amazon_seller",
    str(Path(__file__).with_name("altered_tap.py")): "tap_amazon_seller",
    str(Path(__file__).with_name("unfinished_batch.py")): "tap_amazon_seller",
    str(Path(__file__).parents[1] / "fleet" / "limit_user.py"): "amazon_fleet.limits",
}
_READ_AT_START = ("ARROW_", "LANG", "LC_", "LD_", "MALLOC_", "OPENBLAS_", "PYTHON")
"""Variables that the interpreter or a library reads when it is loaded begin so."""
_FOLDER = "AMAZON_TESTS_LOADED"
"""The variable by which a test run's processes find the sockets of loaded programs."""
_TEST_RUN = "test-run"
_MOST_LOADED = 256
_MOST_WAITING = 64
_LONGEST_END = 20  # seconds
_LONGEST_FOLDER = 60  # a socket's path has at most 108 bytes
_CAN_SHARE = sys.platform == "linux" and len(tempfile.gettempdir()) <= _LONGEST_FOLDER
_ENVIRONMENT = dict(os.environ)
_MODULE_AT = 5
"""The place of the module in `python -I -c CODE PACKAGE MODULE`."""


class Popen(subprocess.Popen[Any]):
    """A process; a fork of a loaded one where that makes no difference."""

    # The seam of CPython 3.11 to 3.14 by which a process is started; its arguments come by position.
    def _execute_child(self, *arguments: Any) -> None:
        args, executable, preexec_fn, _, pass_fds, cwd, env = arguments[:7]
        shell, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite = arguments[9:16]
        gid, gids, uid, umask, start_new_session, process_group = arguments[17:23]
        unusual = (
            executable is not None or preexec_fn or pass_fds or shell or start_new_session
            or (gid, gids, uid, umask, process_group) != (None, None, None, -1, -1)
        )  # fmt: skip
        given = [args] if isinstance(args, str | bytes | os.PathLike) else args
        words = [os.fsdecode(word) for word in given]
        environment = dict(os.environ if env is None else env)
        descriptors = [
            own if own != -1 else number for number, own in enumerate((p2cread, c2pwrite, errwrite))
        ]
        folder = os.fspath(cwd or Path.cwd())
        self._fork = None if unusual else start(words, folder, environment, descriptors)
        if self._fork is None:
            super()._execute_child(*arguments)  # type: ignore[misc]
            return
        self.pid = self._fork.pid
        self._child_created = True
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)  # type: ignore[attr-defined]

    @override
    def poll(self) -> int | None:
        if self._fork is None or self.returncode is not None:
            return super().poll()
        self.returncode = self._fork.wait(0)
        return self.returncode

    @override
    def wait(self, timeout: float | None = None) -> int:
        if self._fork is None or self.returncode is not None:
            return super().wait(timeout)
        self.returncode = self._fork.wait(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode


def run(
    words: Sequence[str | Path],
    *,
    input: Any = None,  # noqa: A002 - as in subprocess
    capture_output: bool = False,
    timeout: float | None = None,
    check: bool = False,
    **how: Any,
) -> subprocess.CompletedProcess[Any]:
    """Run a program to its end, as `subprocess.run` does."""
    if capture_output:
        how |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    if input is not None:
        how["stdin"] = subprocess.PIPE
    with Popen(words, **how) as process:
        try:
            out, errors = process.communicate(input, timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(process.args, process.returncode, out, errors)
    if check:
        done.check_returncode()
    return done


class Fork:
    """A process that a loaded one has forked, and waits for."""

    def __init__(self, loaded: socket.socket, pid: int) -> None:
        """Take the connection on which the loaded process sends the fork's exit status."""
        self.pid = pid
        self._loaded = loaded
        self._status: int | None = None
        self._lock = threading.Lock()

    def fileno(self) -> int:
        """What can be read once the fork has ended, until `wait` has answered its exit code."""
        return self._loaded.fileno()

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, as `subprocess` has it; None if the fork runs on after ``timeout`` seconds."""
        seconds = None if timeout is None else max(timeout, 0)
        with self._lock:
            if self._status is None:
                if not select.select([self._loaded], [], [], seconds)[0]:
                    return None
                answer = self._loaded.recv(64)
                self._loaded.close()
                if not answer:
                    raise ChildProcessError(f"what waits for process {self.pid} has ended")
                self._status = int(answer)
        return os.waitstatus_to_exitcode(self._status)


def start(
    words: Sequence[str], cwd: str, environment: Mapping[str, str], files: Sequence[int]
) -> Fork | None:
    """Start a program as a fork of a loaded one; None where there is none.

    ``files`` become its standard input, output and error.
    """
    request = json.dumps({"words": words, "cwd": cwd, "environment": environment}).encode()
    interpreter, program = _program(words)
    if not _CAN_SHARE or program is None or len(request) > loaded_program.LONGEST_REQUEST:
        return None
    at_start = sorted(each for each in environment.items() if each[0].startswith(_READ_AT_START))
    loaded = _connected(interpreter, program, at_start)
    socket.send_fds(loaded, [request], list(files))
    answer = loaded.recv(64)
    if not answer:
        loaded.close()
        raise ChildProcessError(f"the process that has loaded {program} has ended")
    return Fork(loaded, int(answer))


class _TestRun:
    """A folder with the sockets of loaded processes, which end when this process closes its own."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="amazon-tests-"))
        self._loaded = socket.socket(socket.AF_UNIX)
        self._loaded.bind(str(self._folder / _TEST_RUN))
        self._loaded.listen(_MOST_LOADED)
        self._loaded.setblocking(False)  # noqa: FBT003 - of the standard library
        os.environ[_FOLDER] = str(self._folder)

    def end(self) -> None:
        """Let the loaded processes end, and wait for that."""
        del os.environ[_FOLDER]
        connections = []
        with self._loaded, contextlib.suppress(BlockingIOError):
            while True:
                connections.append(self._loaded.accept()[0])
        for each in connections:
            each.shutdown(socket.SHUT_WR)
        for each in connections:
            with each:
                each.settimeout(_LONGEST_END)
                with contextlib.suppress(TimeoutError):
                    each.recv(1)
        shutil.rmtree(self._folder)


def begin() -> Callable[[], None]:
    """Begin a test run, unless this process belongs to one; answers what ends it."""
    return (lambda: None) if _FOLDER in os.environ or not _CAN_SHARE else _TestRun().end


def _connected(
    interpreter: tuple[str, ...], program: str, at_start: Sequence[tuple[str, str]]
) -> socket.socket:
    """A connection to the process that has loaded a program; the first to ask starts it."""
    if _FOLDER not in os.environ:
        atexit.register(begin())
    folder = Path(os.environ[_FOLDER])
    key = json.dumps([interpreter, program, at_start]).encode("utf-8", "surrogateescape")
    address = folder / hashlib.sha256(key).hexdigest()[:16]
    loaded = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        loaded.connect(str(address))
    except FileNotFoundError:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as requests:
            own = address.with_name(f"{address.name}-{uuid.uuid4().hex[:8]}")
            requests.bind(str(own))
            requests.listen(_MOST_WAITING)
            with contextlib.suppress(FileExistsError):  # another process was faster
                address.hardlink_to(own)
                _load(interpreter, program, at_start, requests, folder / _TEST_RUN)
            own.unlink()
        loaded.connect(str(address))
    return loaded


def _load(
    interpreter: tuple[str, ...],
    program: str,
    at_start: Sequence[tuple[str, str]],
    requests: socket.socket,
    test_run: Path,
) -> None:
    """Start the process that loads a program and forks at each request."""
    own = {k: v for k, v in _ENVIRONMENT.items() if not k.startswith(_READ_AT_START)}
    process = subprocess.Popen(
        [*interpreter, loaded_program.__file__, program, str(requests.fileno()), str(test_run)],
        env={**own, **dict(at_start), "OPENBLAS_NUM_THREADS": "1"},  # a fork keeps no threads
        stdin=subprocess.DEVNULL,
        pass_fds=[requests.fileno()],
    )
    process.returncode = 0  # it ends after this process, which does not wait for it


def _program(words: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """The interpreter with its options, and what runs on it; None if it is not known here."""
    if list(words[1:3]) == ["-I", "-c"] and len(words) > _MODULE_AT:
        return (words[0], "-I"), words[_MODULE_AT] if words[
            _MODULE_AT
        ] in loaded_program.STAND_INS else None
    after = words[1:] if words[0] == sys.executable else words
    program = _SCRIPTS.get(after[0]) if after else None
    if after and Path(after[0]).name in loaded_program.TARGETS:
        interpreter = Path(after[0]).with_name("python")
        return (str(interpreter),), Path(after[0]).name if interpreter.exists() else None
    if len(after) > 1 and after[0] == "-m" and after[1] in loaded_program.MODULES:
        program = after[1]
    return (sys.executable,), program
