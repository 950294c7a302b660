"""Builds what was built before by copying it: many tests begin with the same syncs of the same folder.

What a build leaves depends on its flags, its time, the files of input and snapshots, and nothing else:
so of the same it is computed once in a test run, by the first test of any process that needs it.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from typing_extensions import override

from amazon_optiply_etl.runs import pipeline
from amazon_optiply_etl.state import consumed_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.mapping_report.report import MappingReport

_ASKS_OPTIPLY = "tenant-config.json"
_COMPUTE = pipeline.build


class RememberedRuns:
    """Stands in for `pipeline.build` of one test run.

    A build that asks Optiply, logs or fails is never remembered.
    """

    def __init__(self, memory: Path) -> None:
        """Remember in a folder, which test processes may share."""
        memory.mkdir(exist_ok=True)
        self._memory = memory

    def build(
        self,
        settings: Settings,
        folders: pipeline.Folders,
        formats: Sequence[str],
        clock: pipeline.Clock = pipeline.utc_now,
    ) -> MappingReport | None:
        """Leave in the folders what a build leaves there; without the report where it is remembered."""
        if folders.given is not None or (folders.snapshots / _ASKS_OPTIPLY).exists():
            return _COMPUTE(settings, folders, formats, clock)
        now = clock()
        places = (folders.snapshots, folders.output)
        known = self._memory / _digest(settings, folders, formats, now)
        if known.is_dir():
            read = consumed_files.stamps(folders.input)
            for place in places:
                shutil.rmtree(place, ignore_errors=True)
                shutil.copytree(known / place.name, place)
            consumed_files.note(folders.input, read)
            return None
        with _Logged() as logged:
            report = _COMPUTE(settings, folders, formats, lambda: now)
        if not logged.anything:
            self._remember(known, places)
        return report

    def _remember(self, known: Path, places: Sequence[Path]) -> None:
        """Copy what a build left; complete at once, for other processes look for it."""
        unfinished = Path(tempfile.mkdtemp(dir=self._memory))
        for place in places:
            shutil.copytree(place, unfinished / place.name)
        try:
            unfinished.rename(known)
        except OSError:  # another process was faster
            shutil.rmtree(unfinished)


class _Logged(logging.Handler):
    """Notices whether anything is logged within a block."""

    def __init__(self) -> None:
        super().__init__()
        self.anything = False

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.anything = True

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)


def _digest(settings: Settings, folders: pipeline.Folders, *others: object) -> str:
    """Name all that a build depends on; etl-output too, since files of others stay there."""
    digest = hashlib.sha256(repr((settings, others)).encode())
    for place in (folders.input, folders.snapshots, folders.output, folders.parent):
        for path, content in _files(place):
            digest.update(repr((path, hashlib.sha256(content).digest())).encode())
        digest.update(b"next")
    return digest.hexdigest()


def _files(place: Path | None) -> list[tuple[str, bytes]]:
    """Return all files and folders below a place, with their contents."""
    found: list[Any] = [] if place is None else sorted(place.rglob("*"))
    return [
        (str(path.relative_to(place)), path.read_bytes() if path.is_file() else b"/")
        for path in found
        if path.name != consumed_files.NOTE  # which says when files were written
    ]
