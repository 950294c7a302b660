"""Lines that stay at the bottom of a terminal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAVE_CURSOR, _RESTORE_CURSOR = "\x1b7", "\x1b8"
_INDEX = "\x1bD"  # one line down in the same column; scrolls at the bottom


class BottomLines:
    """Lines that stay at the bottom of a terminal while everything else scrolls above them.

    The terminal's scrolling region (DECSTBM) ends above the lines, the cursor stays in it, and each
    change is one write. So the log, and the target at the other end of the pipe with its own log, write
    to the terminal as ever; a view redrawn over its former self would wipe their lines out.
    """

    def __init__(self, descriptor: int, encoding: str) -> None:
        self._descriptor = descriptor
        self._encoding = encoding
        self._screen: os.terminal_size | None = None
        self._height = 0

    def screen(self) -> os.terminal_size:
        """The terminal's present size; the usual one where it gives none."""
        size = os.get_terminal_size(self._descriptor)
        return os.terminal_size((size.columns or 80, size.lines or 24))

    def in_background(self) -> bool:
        """Whether the terminal serves another job now."""
        try:
            return os.tcgetpgrp(self._descriptor) != os.getpgrp()
        except OSError:  # it is not the controlling terminal
            return False

    def draw(self, lines: Sequence[str], screen: os.terminal_size) -> None:
        """Put these lines in the place of the former ones; two rows at least must be left over."""
        height, first = len(lines), screen.lines - len(lines) + 1
        parts = []
        if (height, screen) != (self._height, self._screen):
            parts += [self._released(), _INDEX * height, f"\x1b[{height}A" if height else ""]
            self._height, self._screen = height, screen
        if height:
            parts += [_SAVE_CURSOR, f"\x1b[1;{first - 1}r"]
            parts += [f"\x1b[{first + n};1H\x1b[2K{line}" for n, line in enumerate(lines)]
            parts += [_RESTORE_CURSOR]
        self._write("".join(parts))

    def clear(self, farewell: str = "") -> None:
        """Take the lines away, and write something in their stead."""
        self._write(self._released() + farewell)

    def _released(self) -> str:
        """The complete screen scrolls again; the lines were below the cursor."""
        held, self._height = self._height, 0
        return f"{_SAVE_CURSOR}\x1b[r{_RESTORE_CURSOR}\x1b[J" if held else ""

    def _write(self, text: str) -> None:
        data = text.encode(self._encoding, "replace")
        while data:
            data = data[os.write(self._descriptor, data) :]
