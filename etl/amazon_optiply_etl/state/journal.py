"""What `push` has done so far, on disk before the next call: snapshots/push-journal.jsonl.

A line is written before an object is created (``about``) and when a call has come off (``done``), so
that after a crash nothing is created twice; so are rows that Optiply had before and of which no snapshot
says (``there``). Rows are as their entity's snapshot has them.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.machine import THIS_MACHINE
from amazon_optiply_etl.optiply.entities import BY_NAME
from amazon_optiply_etl.tables.dtypes import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

    from amazon_optiply_etl.machine import Machine
    from amazon_optiply_etl.optiply.entities import Entity

FILE = "push-journal.jsonl"
Copy = Callable[[bytes], None]
Row = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A row that may have been created or not.

    Attributes:
        entity: Name of its entity.
        row: The row.
        narrowing: A filter by which the API finds it.
    """

    entity: str
    row: Row
    narrowing: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class JournalState:
    """What a journal says.

    Attributes:
        rows: Entity name -> remoteId -> row, of what Optiply has.
        in_doubt: The rows that may have been created or not, in the order of their calls.
    """

    rows: Mapping[str, Mapping[str, Row]]
    in_doubt: tuple[Doubt, ...]


class Journal:
    """Appends to the journal, from any thread; a context manager that closes it and lets it be.

    Args:
        folder: The snapshots folder, made if it is missing.
        machine: Whose threads write.
        copy: Called with each line, or several, once they are on disk and before the call that they
            describe: a run that another machine may have to continue keeps them elsewhere, too.
    """

    def __init__(
        self, folder: Path, machine: Machine = THIS_MACHINE, copy: Copy | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._about: dict[tuple[str, str | None], bytes] = {}
        self._writing, self._syncing = machine.lock(), machine.lock()
        self._copy, self._to_copy = copy, bytearray()
        self._written = self._synced = 0
        self._is_open = True

    @property
    def in_doubt(self) -> bytes | None:
        """A journal of the rows that may have been created or not; None if there are none."""
        with self._writing:
            return b"".join(self._about.values()) or None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._syncing, self._writing:
            self._is_open = False
            os.close(self._file)

    def about(self, entity: Entity, row: Row, narrowing: Mapping[str, str]) -> None:
        """Note that a row is about to be created."""
        line = _line({"about": entity.name, "row": row, "narrowing": dict(narrowing)})
        with self._writing:
            self._about[entity.name, row["remoteId"]] = line
        self._write(line)

    def there(self, entity: Entity, rows: Iterable[Row]) -> None:
        """Note that Optiply had rows before, under their optiply_id."""
        self._write(b"".join(_line({"there": entity.name, "row": row}) for row in rows))

    def done(self, entity: Entity, row: Row) -> None:
        """Note that Optiply has the row, under the row's optiply_id."""
        self._write(_line({"done": entity.name, "row": row}))
        self._settle(entity, row)

    def not_done(self, entity: Entity, row: Row) -> None:
        """Note that the row that was about to be created does not exist."""
        self._write(_line({"not_done": entity.name, "row": {"remoteId": row["remoteId"]}}))
        self._settle(entity, row)

    def _settle(self, entity: Entity, row: Row) -> None:
        with self._writing:
            self._about.pop((entity.name, row["remoteId"]), None)

    def _write(self, lines: bytes) -> None:
        """Return once the lines are on disk; what threads write together reaches it together."""
        with self._writing:
            if not self._is_open:  # its number may be another file's by now
                raise OSError(errno.EBADF, os.strerror(errno.EBADF), str(self._path))
            left = lines
            while left:  # of a full disk a part may be written, and no error reported
                left = left[os.write(self._file, left) :]
            self._written += 1
            own = self._written
            if self._copy is not None:
                self._to_copy += lines
        with self._syncing:
            if self._synced < own and self._is_open:
                with self._writing:
                    written, lines = self._written, bytes(self._to_copy)
                os.fsync(self._file)
                if self._copy is not None:
                    self._copy(lines)  # where that fails, it is tried again with the next line
                    with self._writing:
                        del self._to_copy[: len(lines)]
                self._synced = written


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False).encode() + b"\n"


def read_journal(folder: Path) -> JournalState | None:
    """Return what an earlier push has done, or None when it came to its end.

    Raises:
        EtlError: the journal is damaged in its middle.
    """
    path = folder / FILE
    if not path.exists():
        return None
    rows: dict[str, dict[str, Row]] = {}
    about: dict[tuple[str, str], Doubt] = {}
    *whole, last = path.read_bytes().split(b"\n")
    del last  # empty, or a line that was cut off before its call was made
    for number, line in enumerate(whole, 1):
        try:
            entry = json.loads(line)
            kind = next(name for name in ("about", "done", "not_done", "there") if name in entry)
            entity, row = BY_NAME[entry[kind]].name, entry["row"]
        except (ValueError, KeyError, StopIteration, TypeError) as error:
            raise EtlError(
                f"{path}, line {number}: this is not a line of a push's journal; restore the file, or "
                "remove it to have Optiply's rows looked up by their remoteIds."
            ) from error
        key = entity, row["remoteId"]
        if kind == "about":
            about[key] = Doubt(entity, row, entry["narrowing"])
        elif kind != "there":
            about.pop(key, None)
        if kind in {"done", "there"}:
            rows.setdefault(entity, {})[row["remoteId"]] = row
    return JournalState(rows, tuple(about.values()))


def with_done(
    frame: pd.DataFrame, rows: Mapping[str, Row], columns: tuple[str, ...]
) -> pd.DataFrame:
    """Return a snapshot with the rows of a journal in it."""
    new = pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows.values()], dtype=TEXT) for name in columns}
    )
    others = frame[~frame["remoteId"].isin(list(rows)).astype(bool)]
    return pd.concat([others, new], ignore_index=True)
