"""What `push` has done so far, on disk before the next call: snapshots/push-journal.jsonl.

A line is written before an object is created (``about``) and when a call has come off (``done``), so
that after a crash nothing is created twice; so are rows that Optiply had before and of which no snapshot
tells (``there``). Rows are as their entity's snapshot has them.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.optiply.entities import BY_NAME
from amazon_optiply_etl.tables.dtypes import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

    from amazon_optiply_etl.optiply.entities import Entity

FILE = "push-journal.jsonl"
Row = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class JournalState:
    """What a journal tells.

    Attributes:
        rows: Entity name -> remoteId -> row, of what Optiply has.
        in_doubt: Entity name and row of the one that may have been created or not, at most one.
        narrowing: A filter by which the API finds it.
    """

    rows: Mapping[str, Mapping[str, Row]]
    in_doubt: tuple[str, Row] | None
    narrowing: Mapping[str, str]


class Journal:
    """Appends to the journal; a context manager that closes it and lets it be.

    Args:
        folder: The snapshots folder, made if it is missing.

    Attributes:
        in_doubt: A journal of the one row that may have been created or not; None if there is none.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.in_doubt: bytes | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def about(self, entity: Entity, row: Row, narrowing: Mapping[str, str]) -> None:
        """Note that a row is about to be created."""
        self.in_doubt = self._write(
            {"about": entity.name, "row": row, "narrowing": dict(narrowing)}
        )

    def there(self, entity: Entity, rows: Iterable[Row]) -> None:
        """Note that Optiply had rows before, under their optiply_id."""
        self._write(*({"there": entity.name, "row": row} for row in rows))

    def done(self, entity: Entity, row: Row) -> None:
        """Note that Optiply has the row, under the row's optiply_id."""
        self._write({"done": entity.name, "row": row})
        self.in_doubt = None

    def not_done(self, entity: Entity, row: Row) -> None:
        """Note that the row that was about to be created does not exist."""
        self._write({"not_done": entity.name, "row": {"remoteId": row["remoteId"]}})
        self.in_doubt = None

    def _write(self, *entries: dict[str, Any]) -> bytes:
        lines = b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in entries)
        left = lines
        while left:  # of a full disk a part may be written, and no error told
            left = left[os.write(self._file, left) :]
        os.fsync(self._file)
        return lines


def read_journal(folder: Path) -> JournalState | None:
    """Return what an earlier push has done, or None when it came to its end.

    Raises:
        EtlError: the journal is damaged in its middle.
    """
    path = folder / FILE
    if not path.exists():
        return None
    rows: dict[str, dict[str, Row]] = {}
    about: tuple[str, Row] | None = None
    narrowing: dict[str, str] = {}
    *whole, last = path.read_bytes().split(b"\n")
    del last  # empty, or a line that was cut off before its call was made
    for number, line in enumerate(whole, 1):
        try:
            entry = json.loads(line)
            kind = next(name for name in ("about", "done", "not_done", "there") if name in entry)
            entity, row = BY_NAME[entry[kind]].name, entry["row"]
        except (ValueError, KeyError, StopIteration, TypeError) as error:
            raise EtlError(
                f"{path}, line {number}: this is no line of a push's journal; restore the file, or "
                "remove it to have Optiply's rows looked up by their remoteIds."
            ) from error
        if kind == "about":
            about, narrowing = (entity, row), entry["narrowing"]
        elif kind != "there":
            about = None
        if kind in {"done", "there"}:
            rows.setdefault(entity, {})[row["remoteId"]] = row
    return JournalState(rows, about, narrowing)


def with_done(
    frame: pd.DataFrame, rows: Mapping[str, Row], columns: tuple[str, ...]
) -> pd.DataFrame:
    """Return a snapshot with the rows of a journal in it."""
    new = pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows.values()], dtype=TEXT) for name in columns}
    )
    others = frame[~frame["remoteId"].isin(list(rows)).astype(bool)]
    return pd.concat([others, new], ignore_index=True)
