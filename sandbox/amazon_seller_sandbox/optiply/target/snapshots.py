"""The host's snapshots: by stream and flow, which id in Optiply a source's id has got."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from amazon_seller_sandbox.optiply.target.errors import Crash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

INPUT, REMOTE = "InputId", "RemoteId"


def _rows_of_parquet(path: Path) -> list[dict[str, object]]:
    try:
        from pyarrow import parquet  # noqa: PLC0415 - of another extra
    except ModuleNotFoundError as error:
        raise Crash(f"{path.name} can only be read with pyarrow, which is not installed") from error
    rows: list[dict[str, object]] = parquet.read_table(path).to_pylist()
    return rows


@dataclass(slots=True)
class Snapshots:
    """The snapshots of one flow in a folder."""

    folder: Path
    flow: str
    _read: dict[str, dict[str, str]] = field(default_factory=dict)

    def _path(self, stream: str, suffix: str) -> Path:
        return self.folder / f"{stream}_{self.flow}.snapshot.{suffix}"

    def of(self, stream: str) -> Mapping[str, str]:
        """Return a stream's ids in Optiply by those of the source.

        Raises:
            Crash: the file has other columns.
        """
        if stream not in self._read:
            self._read[stream] = self._load(stream)
        return self._read[stream]

    def _load(self, stream: str) -> dict[str, str]:
        packed, plain = self._path(stream, "parquet"), self._path(stream, "csv")
        rows: Iterable[Mapping[str, object]] = ()
        if packed.exists():
            rows = _rows_of_parquet(packed)
        elif plain.exists():
            with plain.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
        found = {}
        for row in rows:
            if INPUT not in row or REMOTE not in row:
                raise Crash(f"the snapshot of {stream} lacks the columns {INPUT} and {REMOTE}")
            found[str(row[INPUT])] = str(row[REMOTE])
        return found

    def merge(self, stream: str, made: Mapping[str, str]) -> None:
        """Add ids to a stream's snapshot, the newest last.

        It is written as CSV; one in Parquet has gone into it and is removed, as readers prefer it.
        """
        if not made:
            return
        kept = {name: each for name, each in self.of(stream).items() if name not in made}
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(stream, "csv")
        new = path.with_suffix(".new")
        with new.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow((INPUT, REMOTE))
            writer.writerows([*kept.items(), *made.items()])
        new.replace(path)
        self._path(stream, "parquet").unlink(missing_ok=True)
