"""Which keys come back after other keys in a large file: `grouping.scattered`, a megabyte at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDEST = 32  # bytes of a key that are looked at as numbers; a wider one is hashed first
_FACTORS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64
)
_LAST_CONTROL = 0x1F


class Repeats:
    """Takes the keys in their order, and remembers them in a Bloom filter.

    Attributes:
        found: The keys that came back: all of them, and a few that did not.
    """

    def __init__(self, bits: int) -> None:
        self.found: set[bytes] = set()
        self._seen = np.zeros(bits // 8, np.uint8)
        self._last_bit = np.uint64(bits - 1)
        self._previous: Any = None

    def add_lines(self, block: bytes) -> bool:
        """Take the first cell of each line; False if they are not all as wide, and none was taken."""
        width = block.find(b"\t")
        if not 0 < width <= WIDEST:
            return False
        data = np.frombuffer(block, np.uint8)
        starts = np.flatnonzero(data == ord("\n")) + 1
        starts = np.concatenate((np.zeros(1, starts.dtype), starts))
        if starts[-1] == len(data):
            starts = starts[:-1]
        if starts[-1] + width >= len(data) or (data[starts + width] != ord("\t")).any():
            return False
        cells = np.zeros((len(starts), WIDEST), np.uint8)
        cells[:, :width] = data[starts[:, None] + np.arange(width)]
        if cells[:, :width].min() <= _LAST_CONTROL:
            return False
        self._add(cells)
        return True

    def add_cells(self, cells: Iterable[bytes]) -> None:
        """Take keys of any width."""
        keys = list(cells)
        if keys:
            narrow = np.array([_narrow(key) for key in keys], f"S{WIDEST}")
            self._add(narrow.view(np.uint8).reshape(len(keys), WIDEST), keys)

    def _add(self, cells: Any, keys: Sequence[bytes] = ()) -> None:
        codes = (cells.view(np.uint64) * _FACTORS).sum(axis=1, dtype=np.uint64)
        codes ^= codes >> np.uint64(32)
        codes *= _FACTORS[0]
        codes ^= codes >> np.uint64(29)
        begins = np.ones(len(codes), bool)
        begins[1:] = codes[1:] != codes[:-1]
        begins[0] = self._previous is None or codes[0] != self._previous
        self._previous = codes[-1]
        at = np.flatnonzero(begins)
        codes = codes[at]
        first, second = codes & self._last_bit, (codes >> np.uint64(32)) & self._last_bit
        known = self._has(first) & self._has(second)
        in_order = np.sort(codes)
        repeated = in_order[1:][in_order[1:] == in_order[:-1]]
        if len(repeated):
            known |= np.isin(codes, repeated)
        for row in at[known]:
            self.found.add(keys[row] if keys else cells[row].tobytes().rstrip(b"\0"))
        for bits in (first, second):
            np.bitwise_or.at(self._seen, bits >> np.uint64(3), _mask(bits))

    def _has(self, bits: Any) -> Any:
        return (self._seen[bits >> np.uint64(3)] & _mask(bits)) != 0


def _mask(bits: Any) -> Any:
    return np.left_shift(np.uint8(1), (bits & np.uint64(7)).astype(np.uint8))


def _narrow(cell: bytes) -> bytes:
    return cell if len(cell) <= WIDEST else hash(cell).to_bytes(8, "little", signed=True)
