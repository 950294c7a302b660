"""Digests of texts, a column at a time: short numbers that are equal where the texts are.

Each byte of a text is multiplied by a number that belongs to its place, and the products are summed up
(multilinear hashing: D. Lemire and O. Kaser, "Strongly universal string hashing is fast", 2014). The
numbers are those of SplitMix64 (G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom number
generators", 2014), the same on every machine. They distinguish contents, and guard no secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROWS_AT_ONCE = 8_192
_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint8).reshape(
    256, 2
)
_DIGITS = 16


def digests(texts: Any) -> NDArray[np.uint64]:  # noqa: ANN401 - pyarrow is untyped
    """Return a number of 64 bits for each text of an Arrow array; null is like the empty text."""
    found = np.empty(len(texts), np.uint64)
    for start in range(0, len(texts), _ROWS_AT_ONCE):
        found[start : start + _ROWS_AT_ONCE] = _of_some(texts.slice(start, _ROWS_AT_ONCE))
    return found


def hexadecimal(numbers: NDArray[np.uint64]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Write numbers as an Arrow array of texts of 16 hexadecimal digits."""
    digits = _HEX[numbers.astype(">u8").view(np.uint8)]
    ends = np.arange(len(numbers) + 1, dtype=np.int64) * _DIGITS
    return pa.LargeStringArray.from_buffers(
        len(numbers), pa.py_buffer(ends), pa.py_buffer(digits.tobytes())
    ).cast(pa.string())


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers each of whose bits depends on all bits of the one that was given."""
    mixing = numbers
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixing = (mixing ^ (mixing >> np.uint64(shift))) * np.uint64(factor)
    return mixing ^ (mixing >> np.uint64(31))


def _of_some(texts: Any) -> NDArray[np.uint64]:  # noqa: ANN401 - pyarrow is untyped
    plain = texts.fill_null("")
    _, offsets, data = plain.buffers()
    ends = np.frombuffer(offsets, np.int32)[plain.offset : plain.offset + len(plain) + 1]
    lengths = np.diff(ends)
    sums = lengths.astype(np.uint64)
    if data is not None and ends[-1] > ends[0]:
        content = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
        starts = (ends[:-1] - ends[0]).astype(np.int64)
        place = np.arange(len(content)) - np.repeat(starts, lengths)
        products = _factors(int(lengths.max()))[place] * (content.astype(np.uint64) + np.uint64(1))
        some = np.flatnonzero(lengths)
        sums[some] += np.add.reduceat(products, starts[some])
    return mixed(sums)


def _factors(count: int) -> NDArray[np.uint64]:
    """Return an odd number for each place of a text."""
    step = np.uint64(0x9E3779B97F4A7C15)
    return mixed(np.arange(1, count + 1, dtype=np.uint64) * step) | np.uint64(1)
