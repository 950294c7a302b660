"""A Bloom filter over the keys of a document: which of them come back after another key."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T", str, bytes)
SMALLEST_FILTER, LARGEST_FILTER = 1 << 18, 1 << 28  # bits
USUAL_FILTER = 1 << 27
COMPRESSED_ROW = 50  # bytes of a document for each row, about
BITS_OF_KEY = 32  # so that 1 key of 10,000 or fewer is held back needlessly


def filter_bits(size: int | None) -> int:
    """The size of the filter for a document of so many bytes, if that is known: a power of two."""
    if size is None:
        return USUAL_FILTER
    needed = size // COMPRESSED_ROW * BITS_OF_KEY
    return min(max(SMALLEST_FILTER, 1 << needed.bit_length()), LARGEST_FILTER)


def scattered(cells: Iterable[T], bits: int = USUAL_FILTER) -> set[T]:
    """The values that come back after another value: all of them, and a few that do not.

    A Bloom filter remembers the values seen, so memory is that of the filter and of the answer.
    """
    seen = bytearray(bits // 8)
    found: set[T] = set()
    last = bits - 1
    for cell, _ in itertools.groupby(cells):
        code = hash(cell)
        first, second = code & last, (code >> 32) & last
        first_mask, second_mask = 1 << (first & 7), 1 << (second & 7)
        first >>= 3
        second >>= 3
        if seen[first] & first_mask and seen[second] & second_mask:
            found.add(cell)
        else:
            seen[first] |= first_mask
            seen[second] |= second_mask
    return found
