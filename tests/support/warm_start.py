"""Starts the project's programs as forks of a process that has loaded their modules already.

Most of a short run is the loading of modules: a second of CPU for the tap. A fork is a process like any
other, with its own signals, files, environment and exit code; it runs the same entry point. Where
variables differ that are read only when an interpreter starts, such as PYTHON*, it is a fork of another
loaded process; a start that is not understood here is an ordinary one. Tests of start-up itself use
`subprocess`.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import gc
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BIN = Path(sys.executable).parent
_MODULES = {
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
_OF_OPTIONS = {"--notifications": ("boto3", "moto.server", "warm_queues")}
"""What a program loads besides where its command line has an option."""
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
_STAND_INS = {
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
_TARGETS = {
    "target-csv": ("meltanolabs_target_csv.target",),
    "target-jsonl": ("target_jsonl",),
    "target-postgres": ("target_postgres.target",),
}
"""What targets load that Meltano has installed, each in an environment of its own."""
_LOADED_ANEW = "hotglue_singer_sdk"
"""It reads variables when it is loaded, so each fork loads it itself; what it needs takes longer."""
_READ_AT_START = ("ARROW_", "LANG", "LC_", "LD_", "MALLOC_", "OPENBLAS_", "PYTHON")
"""Variables that the interpreter or a library reads when it is loaded begin so."""
_PR_SET_CHILD_SUBREAPER = 36
_LONGEST_REQUEST = 128 << 10
_STARTING = threading.Lock()
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
        process = None if unusual else start(words, folder, environment, descriptors)
        if process is None:
            super()._execute_child(*arguments)  # type: ignore[misc]
            return
        self.pid = process
        self._child_created = True
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)  # type: ignore[attr-defined]


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


class _Loaded:
    """A process that has loaded a program's modules, and forks on demand."""

    def __init__(
        self, interpreter: Sequence[str], program: str, environment: Mapping[str, str]
    ) -> None:
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [*interpreter, __file__, program, str(theirs.fileno())],
                env={**environment, "OPENBLAS_NUM_THREADS": "1"},  # a fork keeps no threads
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        weakref.finalize(self, _end, self._socket, self._process)  # at exit at the latest

    def start(
        self, words: Sequence[str], cwd: str, environment: Mapping[str, str], files: Sequence[int]
    ) -> int:
        """Start the program; answers its process id."""
        request = json.dumps({"words": words, "cwd": cwd, "environment": environment})
        with self._lock:
            socket.send_fds(self._socket, [request.encode("utf-8", "surrogateescape")], list(files))
            answer = self._socket.recv(64)
        if not answer:
            raise ChildProcessError(f"the loaded process of {words[0]} has ended")
        return int(answer)


def start(
    words: Sequence[str], cwd: str, environment: Mapping[str, str], files: Sequence[int]
) -> int | None:
    """Start a program as a fork of a loaded one; answers its process id, or None where there is none.

    ``files`` become its standard input, output and error.
    """
    with _STARTING:
        loaded = _loaded_for(words, environment)
    return None if loaded is None else loaded.start(words, cwd, environment, files)


def _end(requests: socket.socket, process: subprocess.Popen[bytes]) -> None:
    """Let a loaded process end."""
    requests.close()
    process.wait()


def _loaded_for(words: Sequence[str], environment: Mapping[str, str]) -> _Loaded | None:
    """The process that has loaded what a command line needs; None if there can be none."""
    if not _is_guardian():
        return None
    interpreter, program = _program(words)
    if program is None or len(json.dumps([words, environment])) > _LONGEST_REQUEST:
        return None
    at_start = tuple(
        sorted(each for each in environment.items() if each[0].startswith(_READ_AT_START))
    )
    return _loaded(interpreter, program, at_start, os.getpid())


def _program(words: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """The interpreter with its options, and what runs on it; None if it is not known here."""
    if list(words[1:3]) == ["-I", "-c"] and len(words) > _MODULE_AT:
        return (words[0], "-I"), words[_MODULE_AT] if words[_MODULE_AT] in _STAND_INS else None
    after = words[1:] if words[0] == sys.executable else words
    program = _SCRIPTS.get(after[0]) if after else None
    if after and Path(after[0]).name in _TARGETS:
        interpreter = Path(after[0]).with_name("python")
        return (str(interpreter),), Path(after[0]).name if interpreter.exists() else None
    if len(after) > 1 and after[0] == "-m" and after[1] in _MODULES:
        program = after[1]
    return (sys.executable,), program


@functools.lru_cache(maxsize=16)
def _loaded(
    interpreter: tuple[str, ...], program: str, at_start: tuple[tuple[str, str], ...], _process: int
) -> _Loaded:
    own = {k: v for k, v in os.environ.items() if not k.startswith(_READ_AT_START)}
    return _Loaded(interpreter, program, own | dict(at_start))


@functools.cache
def _is_guardian() -> bool:
    """Whether orphans become children of this process, which can then wait for forks of forks."""
    try:
        return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (AttributeError, OSError):
        return False


def _main() -> None:
    """Load a program, fork at each request, and run the program in the fork."""
    program, descriptor = sys.argv[1:]
    if program == "tap_amazon_seller":
        from tap_amazon_seller.machine import allocators  # noqa: PLC0415 - other programs lack it

        allocators.share_heaps()
    for module in {**_MODULES, **_STAND_INS, **_TARGETS}[program]:
        importlib.import_module(module)
    _read_certificates(program)
    gc.collect()
    gc.freeze()
    requests = socket.socket(fileno=int(descriptor))
    request = _forked(requests)
    if request is not None:
        requests.close()
        _become(*request)


def _read_certificates(program: str) -> None:
    """Have what a fleet's fork server has too: certificates, and what the ETL's interface makes once."""
    if program == "tap_amazon_seller":
        from amazon_selling_partner import tls_context  # noqa: PLC0415 - other programs lack it

        with contextlib.suppress(OSError):  # each run says so that certificates cannot be read
            tls_context()
    if program == "amazon_optiply_etl":
        from amazon_optiply_etl import interface  # noqa: PLC0415

        interface.preload()


def _forked(requests: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Fork at each request; answers it in the fork, and None in the end."""
    while True:
        message, files, _, _ = socket.recv_fds(requests, 2 * _LONGEST_REQUEST, 3)
        if not message:
            return None
        request = json.loads(message)
        for option in _OF_OPTIONS.keys() & set(request["words"]):
            for module in _OF_OPTIONS[option]:
                importlib.import_module(module)
        read, write = os.pipe()
        between = os.fork()
        if not between:
            child = os.fork()
            if not child:
                os.close(read)
                os.close(write)
                return request, files
            os.write(write, str(child).encode())
            os._exit(0)
        os.close(write)
        answer = os.read(read, 64)
        os.close(read)
        os.waitpid(between, 0)  # now the child belongs to who asked
        for file in files:
            os.close(file)
        requests.send(answer)


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
    if Path(sys.argv[0]).name in _TARGETS:  # a database is closed as the interpreter ends
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
