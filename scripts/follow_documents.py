"""Follows the pages as a reader would: every block of commands in order, with the output compared.

    python -m scripts.follow_documents [PAGE ...]

It begins in a copy of the checkout with nothing installed: Python, make and pip are all that it takes
from the machine. Pages come in the order of the site; what one exports, or activates, holds for the next
ones. Each page has a folder of its own, into which go its files and those of the pages that it names as
to be read before, unless it says that it runs in the checkout. The sandbox that the pages have at port
8700 is at a free one.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.pages import COMMANDS, ROOT, Block, before, blocks, in_order, is_in_checkout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHOWN_PORT = "8700"
"""Where the pages have the sandbox."""
PATIENCE = 60  # seconds that a background program has to be ready
FORGOTTEN = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
"""Variables of the environment that this runs in, which a reader's shell does not have."""


class StumbledError(Exception):
    """A block does not do what its page says."""


@dataclass(slots=True)
class Reader:
    """One who follows pages in one shell.

    Attributes:
        checkout: Where the shell begins.
        environment: The variables of the shell; what blocks export is added.
        in_full: Whether also blocks are run that install from an index or take minutes.
        run: How many blocks have been run.
    """

    checkout: Path
    environment: dict[str, str]
    in_full: bool
    run: int = 0
    _background: list[subprocess.Popen[str]] = field(default_factory=list)

    def follow(self, page: Path, folder: Path) -> None:
        """Do what a page says.

        Args:
            page: The page.
            folder: Where its files are, and its commands run.

        Raises:
            StumbledError: A command failed, or printed something else than the page shows.
        """
        port = free_port()
        try:
            with _at_port(folder / "meltano.yml", port):
                for block in [*_first(page), *blocks(page)]:
                    self._do(block, folder, port)
        finally:
            while self._background:
                _stop(self._background.pop())

    def _do(self, block: Block, folder: Path, port: str) -> None:
        text = block.text.replace(SHOWN_PORT, port)
        runs = block.mark == "tested" or (block.mark == "in full" and self.in_full)
        if block.mark == "file":
            path = folder / block.about
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        elif block.mark == "background":
            self._start(block, text, folder)
        elif runs and block.language == "console":
            for command, shown in commands(text):
                printed = self._shell(block, command, folder)
                if not fits(shown, printed):
                    raise StumbledError(f"{block.page}: {command}\nprinted\n{printed}")
        elif runs and block.language in COMMANDS:
            self._shell(block, text, folder)
        elif runs and block.language == "python" and "reference" not in block.page.parts:
            (folder / "example.py").write_text(text, "utf-8")
            self._shell(block, "python example.py", folder)

    def _shell(self, block: Block, text: str, folder: Path) -> str:
        """Run a text in the shell; what it exports holds for the next one."""
        self.run += 1
        kept = folder / ".variables"
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{text}\nenv -0 > {kept}"],
            cwd=folder, env=self.environment, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        if run.returncode:
            raise StumbledError(
                f"{block}\nended with {run.returncode} and printed\n"
                f"{run.stdout[-1000:]}\n{run.stderr[-3000:]}"
            )
        pairs = (line.partition("=") for line in kept.read_text("utf-8").split("\0") if line)
        self.environment = {name: value for name, _, value in pairs}
        kept.unlink()
        return run.stdout

    def _start(self, block: Block, text: str, folder: Path) -> None:
        """Start a program and wait until it has printed what the page says."""
        with (folder / "background.log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", f"exec {text}"],
                cwd=folder, env=self.environment, stdout=log, stderr=log, text=True,
                start_new_session=True,
            )  # fmt: skip
        self._background.append(process)
        deadline = time.monotonic() + PATIENCE
        while block.about not in (printed := (folder / "background.log").read_text("utf-8")):
            if process.poll() is not None or time.monotonic() > deadline:
                raise StumbledError(f"{block}\nis not ready and printed\n{printed[-3000:]}")
            time.sleep(0.05)


def _first(page: Path) -> list[Block]:
    """What comes before a page: files of other pages, and their sandbox unless the page has its own."""
    has_its_own = any(block.mark == "background" for block in blocks(page))
    wanted = {"file"} if has_its_own else {"file", "background"}
    return [block for each in before(page) for block in blocks(each) if block.mark in wanted]


@contextmanager
def _at_port(file: Path, port: str) -> Iterator[None]:
    """Have a file, where there is one, name the port of the sandbox while a page is read."""
    text = file.read_text("utf-8") if file.exists() else None
    if text is not None:
        file.write_text(text.replace(SHOWN_PORT, port), "utf-8")
    try:
        yield
    finally:
        if text is not None:
            file.write_text(text, "utf-8")


def commands(text: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output that is shown for it."""
    parts = re.split(r"^\$ ((?:.*\\\n)*.*)\n", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def fits(shown: str, printed: str) -> bool:
    """Whether an output is the one shown; `...` stands for anything, also for complete lines."""
    pattern = re.escape(shown.rstrip("\n")).replace(r"\.\.\.", ".*")
    return re.fullmatch(pattern, printed.rstrip("\n"), re.DOTALL) is not None


def free_port() -> str:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def bare(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of a shell in which no environment of Python is active."""
    own = str(Path(sys.executable).parent)
    kept = {name: value for name, value in environment.items() if name not in FORGOTTEN}
    paths = [path for path in kept["PATH"].split(os.pathsep) if path != own]
    return kept | {"PATH": os.pathsep.join(paths)}


@contextmanager
def checkout_copy() -> Iterator[Path]:
    """A folder with the files of the checkout that git knows, and nothing else."""
    with tempfile.TemporaryDirectory(prefix="reader-") as name:
        # Where root reads, PostgreSQL is another user's, who has to pass.
        Path(name).chmod(0o711)
        target = Path(name) / "tap-amazon-seller"
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, encoding="utf-8"
        )
        for each in filter(None, listed.stdout.split("\0")):
            (target / each).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / each).exists():
                shutil.copy2(ROOT / each, target / each)
        yield target


def main() -> int:
    """Follow the pages named, or all; answers the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("pages", nargs="*", type=Path, help="pages, such as docs/start/pipe.md")
    wanted = [page.resolve() for page in parser.parse_args().pages]
    failed = False
    with checkout_copy() as checkout:
        reader = Reader(checkout, bare(os.environ), in_full=True)
        for page in in_order():
            name = page.relative_to(ROOT)
            is_setup = name.as_posix() == "docs/start/install.md"
            if wanted and page not in wanted and not is_setup:
                continue
            began, done = time.monotonic(), reader.run
            try:
                folder = checkout if is_in_checkout(page) else checkout.parent / page.stem
                folder.mkdir(exist_ok=True)
                reader.follow(page, folder)
            except StumbledError as error:
                failed = True
                print(f"{name}: STUMBLED\n{error}", file=sys.stderr)
            if count := reader.run - done:
                commands_run = "1 command" if count == 1 else f"{count} commands"
                print(f"{name}: {commands_run}, {time.monotonic() - began:.0f} s", flush=True)
    print("A reader stumbles." if failed else "Every page does what it says.")
    return int(failed)


def _stop(process: subprocess.Popen[str]) -> None:
    """Stop a program and what it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


if __name__ == "__main__":
    sys.exit(main())
