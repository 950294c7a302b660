"""Codes that differ in their figures alone, such as Amazon's order numbers, as whole numbers.

Equal codes have equal numbers, and numbers are compared several times as fast as texts.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_MOST_FIGURES = 18  # which fit into 64 bits
_LONGEST = 40
_FEW = 10_000
"""Texts that are compared as fast as they are."""
_ROWS_AT_ONCE = 32_768  # whose characters stay in a processor's cache
_ZERO, _NINE = ord("0"), ord("9")


def code_numbers(*columns: Any) -> Sequence[Any]:  # noqa: ANN401 - pyarrow is untyped
    """Return columns of texts as columns of whole numbers, equal where the texts are.

    Args:
        columns: Arrow arrays of texts, which are compared with each other.

    Returns:
        The columns as they are where they are few, or where not all texts have the same characters
        besides figures in the same places.
    """
    if any(not pa.types.is_string(each.type) or each.null_count for each in columns):
        return columns
    if sum(map(len, columns)) < _FEW or not all(map(len, columns)):
        return columns
    pattern = columns[0][0].as_py().encode()
    found = []
    for column in columns:
        numbers = _numbers(column, pattern)
        if numbers is None:
            return columns
        found.append(pa.array(numbers))
    return found


def _numbers(column: Any, pattern: bytes) -> NDArray[np.int64] | None:  # noqa: ANN401
    width = len(pattern)
    figures = [place for place, byte in enumerate(pattern) if _ZERO <= byte <= _NINE]
    if not 0 < width <= _LONGEST or len(figures) > _MOST_FIGURES:
        return None
    _, ends, data = column.buffers()
    offsets = np.frombuffer(ends, np.int32)[column.offset : column.offset + len(column) + 1]
    if offsets[-1] - offsets[0] != width * len(column) or (np.diff(offsets) != width).any():
        return None
    cells = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]].reshape(-1, width)
    found = np.empty(len(cells), np.int64)
    for start, end in pairwise([*range(0, len(cells), _ROWS_AT_ONCE), len(cells)]):
        some, numbers = cells[start:end], np.zeros(end - start, np.int64)
        for place, byte in enumerate(pattern):
            characters = some[:, place]
            if place not in figures:
                if (characters != byte).any():
                    return None
                continue
            digits = characters - np.uint8(_ZERO)  # what is below a zero becomes large
            if digits.max() > _NINE - _ZERO:
                return None
            numbers *= 10
            numbers += digits
        found[start:end] = numbers
    return found
