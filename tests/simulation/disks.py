"""The disk of simulated processes: it fills, and it forgets what has not reached it.

Files are real ones in a folder of the life. The functions that Python's files end in are replaced while
a life continues: a write, or the flush to the disk, may find no room, and before each change of a folder
another thread may continue, or the process be killed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from simulation.scheduler import Scheduler

CHANGES = ("replace", "rename", "unlink", "mkdir", "rmdir", "write")
"""The functions of `os` that change a folder, or a file without a buffer: each is a point."""


@dataclass(slots=True)
class Disk:
    """What is left of a disk.

    Attributes:
        room: Bytes that documents may still take; None for any number.
        flushes: How often a file may still be flushed; None for any number.
        refused: How often there was no room.
        reached: How much of each file has reached the disk, by device and inode.
    """

    scheduler: Scheduler
    room: int | None = None
    flushes: int | None = None
    refused: int = 0
    reached: dict[tuple[int, int], int] = field(default_factory=dict)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Have files be on this disk while the block runs."""
        whole, fsync = tempfile.TemporaryFile, os.fsync

        def temporary(*arguments: Any, **options: Any) -> Any:
            return _Spooled(whole(*arguments, **options), self)

        changes = {name: getattr(os, name) for name in CHANGES}
        tempfile.TemporaryFile = temporary
        os.fsync = self._flush  # type: ignore[assignment]
        for name, change in changes.items():
            setattr(os, name, self._after_a_point(name, change))
        try:
            yield
        finally:
            tempfile.TemporaryFile = whole
            os.fsync = fsync
            for name, change in changes.items():
                setattr(os, name, change)

    def _after_a_point(self, name: str, change: Callable[..., Any]) -> Callable[..., Any]:
        """A change before which a thread of a simulated process may give way, or be killed."""

        def changed(*arguments: Any, **options: Any) -> Any:
            if self.scheduler.runs_this_thread():
                self.scheduler.point()
            gone = _ended_by(name, arguments, options)
            answer = change(*arguments, **options)
            if gone is not None:
                self.reached.pop(gone, None)  # the next file may be given its inode
            return answer

        return changed

    def settle(self, *folders: Path) -> None:
        """What is in these folders has reached the disk, and nothing else is known."""
        self.reached.clear()
        for path in _files(*folders):
            found = path.stat()
            self.reached[found.st_dev, found.st_ino] = found.st_size

    def take(self, size: int) -> None:
        """Take room for so many bytes.

        Raises:
            OSError: there is not so much.
        """
        if self.room is None:
            return
        self.room -= size
        if self.room < 0:
            self.refused += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _flush(self, descriptor: Any) -> None:
        """Take note of what reaches the disk, which need not be this machine's."""
        self.scheduler.point()
        if self.flushes is not None:
            if self.flushes <= 0:
                self.refused += 1
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.flushes -= 1
        found = os.fstat(descriptor)
        self.reached[found.st_dev, found.st_ino] = found.st_size

    def lose_power(self, *folders: Path) -> int:
        """Take from files what has not reached the disk; answers of how many.

        Names stay: the order of renames is a journal's business, which file systems keep.
        """
        lost = 0
        for path in _files(*folders):
            found = path.stat()
            reached = self.reached.get((found.st_dev, found.st_ino), 0)
            if reached < found.st_size:
                os.truncate(path, reached)
                lost += 1
        return lost


def _ended_by(
    name: str, arguments: Sequence[Any], options: Mapping[str, Any]
) -> tuple[int, int] | None:
    """Device and inode of the file whose last name a change takes away; None if there is none."""
    if name == "unlink":
        path, folder = arguments[0], options.get("dir_fd")
    elif name in ("replace", "rename"):
        path, folder = arguments[1], options.get("dst_dir_fd")
    else:
        return None
    try:
        found = os.stat(path, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found.st_nlink == 1 else None


def _files(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]


class _Spooled:
    """A temporary file on a disk that may fill."""

    def __init__(self, file: IO[bytes], disk: Disk) -> None:
        self._file = file
        self._disk = disk

    def write(self, data: bytes) -> int:
        """Write, if there is room."""
        self._disk.take(len(data))
        return self._file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Any:
        return iter(self._file)


def open_files() -> set[int]:
    """Return the descriptors that are open."""
    found = [int(each.name) for each in Path("/proc/self/fd").iterdir()]
    return {each for each in found if _is_open(each)}  # the folder's own is not, any more


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def close_for_good(descriptors: set[int]) -> None:
    """Close files under the objects that have them open: what these still hold goes nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for each in descriptors:
        with contextlib.suppress(OSError):
            os.fstat(each)
            os.dup2(nowhere, each)
    os.close(nowhere)
