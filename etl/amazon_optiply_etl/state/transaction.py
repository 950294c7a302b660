"""Puts the files of a run into place so that a crash at any point neither loses nor doubles.

The order of a run:

1. All files are written under temporary names, and reach the disk.
2. The snapshots of before are kept in ``snapshots/.before-this-run/``, and reach the disk there, too.
3. The files of etl-output are moved into place, older ones that this run does not make are removed.
4. The snapshots are moved into place.
5. ``.before-this-run`` is renamed away: from here on the run counts.

A run that finds ``.before-this-run`` puts the snapshots in it back first: the run before it ended
between 2 and 5, nobody was informed that its output is complete, and the same records go out again, into
an etl-output that replaces the unfinished one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.errors import EtlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Content = bytes | Iterable[Any]
"""What a file holds: bytes, or buffers of them, such as Arrow's."""
_BEFORE = ".before-this-run"
_DONE = ".done"
_WRITTEN = ".written"
_TEMPORARY = ".unfinished-"
_PROBE = "probe"
_PIECE = 1 << 20
_NOT_OURS = ("tenant-config.json",)


@contextlib.contextmanager
def alone(snapshots: Path) -> Iterator[None]:
    """Keep other runs away from a folder of snapshots until this one has ended, in whatever way.

    Two that run at once would both send what neither finds in the snapshots yet. The folder itself is
    locked, so that no file of a run that died is in the way of the next. Where it is missing, or is on a
    system without such locks, nothing is kept away.

    Raises:
        EtlError: another run is at work.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(ImportError, OSError):
            import fcntl  # noqa: PLC0415 - not on Windows

            folder = os.open(snapshots, os.O_RDONLY)
            stack.callback(os.close, folder)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise EtlError(
                    f"Another run is at work on {snapshots}; wait until it has ended."
                ) from None
        yield


def is_unfinished(snapshots: Path) -> bool:
    """Return whether a run has ended before its snapshots counted, so that `roll_back` has work."""
    return (snapshots / _BEFORE).is_dir()


def roll_back(snapshots: Path) -> bool:
    """Put the snapshots back that an unfinished run replaced; says whether there was one."""
    before = snapshots / _BEFORE
    unfinished = is_unfinished(snapshots)
    if unfinished:
        # A run touches its own snapshots alone; others in the folder are not its to remove.
        for name in _written_names(before):
            if (before / name).exists():
                replace(snapshots, name, _pieces(before / name))
            else:
                (snapshots / name).unlink(missing_ok=True)
        _forget(snapshots)
    shutil.rmtree(snapshots / _DONE, ignore_errors=True)
    return unfinished


def put_into_place(
    output: Path,
    output_files: dict[str, Content],
    all_output_names: tuple[str, ...],
    snapshots: Path,
    snapshot_files: Callable[[], Mapping[str, Content | None]],
) -> None:
    """Write the files of a run; see the order above.

    Args:
        output: Folder of the output, made if it is missing.
        output_files: Name -> content, all that this run makes; each is taken out once it is written, so
            that its memory is free.
        all_output_names: Names that any run makes; those that this one does not make are removed.
        snapshots: Folder of the snapshots, made if it is missing.
        snapshot_files: Called once the output is written; answers name -> content of the snapshots
            after this run, None for one that goes.

    Raises:
        OSError: a file cannot be written; the snapshots then are as they were before the run.
        Exception: what `snapshot_files` raises, likewise.
    """
    output.mkdir(parents=True, exist_ok=True)
    snapshots.mkdir(parents=True, exist_ok=True)
    made = tuple(output_files)
    try:
        _remove_unfinished(output)
        for name in made:
            _write(output, name, output_files.pop(name))
        of_snapshots = snapshot_files()
        _write_all(snapshots, of_snapshots)
    except Exception:
        _remove_unfinished(output)
        _remove_unfinished(snapshots)
        raise
    _keep_before(snapshots, tuple(of_snapshots))
    for name in all_output_names:
        if name in made:
            _move_into_place(output, name)
        else:
            (output / name).unlink(missing_ok=True)
    for name, content in of_snapshots.items():
        if content is None:
            (snapshots / name).unlink(missing_ok=True)
        else:
            _move_into_place(snapshots, name)
    _forget(snapshots)
    shutil.rmtree(snapshots / _DONE, ignore_errors=True)


def replace(folder: Path, name: str, content: Content | None) -> None:
    """Write one file so that it is there complete, or as it was; None removes it.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if content is None:
        (folder / name).unlink(missing_ok=True)
    else:
        _write(folder, name, content)
        _move_into_place(folder, name)


def replace_all(folder: Path, files: Mapping[str, Content | None]) -> None:
    """Write files one after the other, each as `replace` does; one that takes another's place goes last.

    Raises:
        OSError: one cannot be written.
    """
    for name, content in files.items():
        replace(folder, name, content)


def _written_names(before: Path) -> list[str]:
    """Return the names of the snapshots that a run was to write.

    Raises:
        EtlError: the list is missing, or names what is not a file of this folder.
    """
    path = before / _WRITTEN
    try:
        names = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EtlError(
            f"{path} cannot be read, so the snapshots of before cannot be put back; copy what is in "
            f"{before} over the snapshots, and remove that folder."
        ) from error
    for name in names:
        if name and (name != Path(name).name or name[0] == "." or name in _NOT_OURS):
            raise EtlError(
                f"{path} names {name!r}, which is not a snapshot of this folder; nothing was changed. "
                f"Correct it, or copy what is in {before} over the snapshots and remove that folder."
            )
    return [name for name in names if name]


def refuse_unwritable(folder: Path, names: Iterable[str]) -> None:
    """Refuse a folder in which the files of a run could not be put into place at its end.

    Raises:
        OSError: the folder, or a file of such a name, cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, _PROBE, b"")
    (folder / f"{_TEMPORARY}{_PROBE}").unlink()
    for name in names:
        if (folder / name).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(folder / name))


def _write_all(folder: Path, files: Mapping[str, Content | None]) -> None:
    _remove_unfinished(folder)
    for name, content in files.items():
        if content is not None:
            _write(folder, name, content)


def _remove_unfinished(folder: Path) -> None:
    for leftover in folder.glob(f"{_TEMPORARY}*"):
        leftover.unlink()


def _write(folder: Path, name: str, content: Content) -> None:
    path = folder / f"{_TEMPORARY}{name}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            parts: Iterable[Any] = (content,) if isinstance(content, bytes) else content
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder / name)) from error


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield a file piece by piece: those of many orders are large."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _move_into_place(folder: Path, name: str) -> None:
    os.replace(folder / f"{_TEMPORARY}{name}", folder / name)  # noqa: PTH105 - says that it overwrites


def _keep_before(snapshots: Path, names: tuple[str, ...]) -> None:
    """Keep the snapshots of before; the folder gets its name when it is complete and on the disk.

    Without that, what comes back after a power cut may be cut off: the folder's name reaches the disk
    with a journal's next entry, its files' contents some seconds later.
    """
    partial = snapshots / f"{_BEFORE}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    replace(partial, _WRITTEN, "\n".join(names).encode())
    for name in names:
        if (snapshots / name).exists():
            replace(partial, name, _pieces(snapshots / name))
    partial.rename(snapshots / _BEFORE)


def _forget(snapshots: Path) -> None:
    shutil.rmtree(snapshots / _DONE, ignore_errors=True)
    (snapshots / _BEFORE).rename(snapshots / _DONE)
