"""What a program and all that it has started take: CPU seconds, and memory in fair shares (Linux)."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROC = Path("/proc")
_PSS = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)


def cpu_seconds(root: int) -> float:
    """CPU seconds of a process, of its descendants, and of those of them that have ended (see proc(5)).

    A process that has ended is counted by the one that has waited for it, so that none is left out or
    counted twice, as long as each is waited for.
    """
    ticks = 0
    for process in _tree(root):
        with contextlib.suppress(OSError):
            ticks += sum(map(int, _stat(process)[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def proportional_memory(process: int) -> int:
    """Bytes of a process, a page that several share counted by its fair share; 0 once it has ended."""
    with contextlib.suppress(OSError):
        found = _PSS.search((_PROC / str(process) / "smaps_rollup").read_text("ascii"))
        return int(found[1]) * 1024 if found else 0
    return 0


def named(root: int) -> Iterator[tuple[int, str]]:
    """The processes below one, and their names."""
    for process in _tree(root)[1:]:
        with contextlib.suppress(OSError):
            yield process, (_PROC / str(process) / "comm").read_text("utf-8").strip()


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for place in _PROC.iterdir():
        if place.name.isdigit():
            with contextlib.suppress(OSError):
                children.setdefault(int(_stat(int(place.name))[1]), []).append(int(place.name))
    found = [root]
    for process in found:
        found += children.get(process, ())
    return found


def _stat(process: int) -> list[str]:
    """The fields after the name: state, parent, ..."""
    return (_PROC / str(process) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
