"""A Bloom filter over the keys of a document: which of them come back after another key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tap_amazon_seller.reports.text.bounds import LONGEST_LINE, MOST_COLUMNS
from tap_amazon_seller.reports.text.headers import canonical_names
from tap_amazon_seller.reports.text.lines import cells_at

if TYPE_CHECKING:
    from collections.abc import Iterable

SMALLEST_FILTER, LARGEST_FILTER = 1 << 18, 1 << 28  # bits
USUAL_FILTER = 1 << 27
COMPRESSED_ROW = 50  # bytes of a document for each row, about
BITS_OF_KEY = 32  # so that 1 key of 10,000 or fewer is held back needlessly
MOST_FOUND = 10_000
"""Keys that are kept; of a file with more that come back, all lines are put into order."""
WORD = 8  # bytes
WIDEST = 4 * WORD  # bytes of a key that are looked at as numbers; a wider one is hashed first
_FACTORS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64
)
_ONES = 0x0101010101010101
_TOP_BITS = np.uint64(0x80 * _ONES)
_SPACES = np.uint64(0x20 * _ONES)


def filter_bits(size: int | None) -> int:
    """The size of the filter for a document of so many bytes, if that is known: a power of two."""
    if size is None:
        return USUAL_FILTER
    needed = size // COMPRESSED_ROW * BITS_OF_KEY
    return min(max(SMALLEST_FILTER, 1 << needed.bit_length()), LARGEST_FILTER)


class Repeats:
    """Takes the keys in their order, and remembers them in a Bloom filter: four bits in two words each.

    Attributes:
        found: The keys that came back: all of them, and a few that did not, up to `MOST_FOUND`.
    """

    def __init__(self, bits: int) -> None:
        self.found: set[bytes] = set()
        self._seen = np.zeros(bits // 64, np.uint64)
        self._last_word = np.uint64(len(self._seen) - 1)
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
        if starts[-1] + max(width + 1, WORD) > len(data):
            return False
        if (data[starts + width] != ord("\t")).any():
            return False
        words = _words(block, starts, width)
        if any(_has_odd(word, width - WORD * place) for place, word in enumerate(words)):
            return False
        begins = np.ones(len(starts), bool)
        begins[1:] = np.logical_or.reduce([word[1:] != word[:-1] for word in words])
        at = np.flatnonzero(begins)
        codes = sum(word[at] * factor for word, factor in zip(words, _FACTORS, strict=False))
        for row in self._known(codes):
            start = starts[at[row]]
            self._note(block[start : start + width])
        return True

    def add_cells(self, cells: Iterable[bytes]) -> None:
        """Take keys of any width."""
        keys = list(cells)
        if keys:
            narrow = np.array([_narrow(key) for key in keys], f"S{WIDEST}")
            words = narrow.view(np.uint64).reshape(len(keys), -1)
            # A key has the same code here as in `add_lines`, where zeros are left out.
            for row in self._known((words * _FACTORS).sum(axis=1)):
                self._note(keys[row])

    @property
    def is_full(self) -> bool:
        """Whether more keys came back than are kept."""
        return len(self.found) >= MOST_FOUND

    def _note(self, key: bytes) -> None:
        if not self.is_full:
            self.found.add(key)

    def _known(self, codes: Any) -> Any:
        """Which rows have a key that was seen before the row above; all are remembered."""
        codes = _mixed(codes)
        begins = np.ones(len(codes), bool)
        begins[1:] = codes[1:] != codes[:-1]
        begins[0] = self._previous is None or codes[0] != self._previous
        self._previous = codes[-1]
        at = np.flatnonzero(begins)
        codes = codes[at]
        bits = _mixed(codes * _FACTORS[1])
        places = [
            (codes & self._last_word, _two_bits(bits)),
            ((codes >> np.uint64(32)) & self._last_word, _two_bits(bits >> np.uint64(12))),
        ]
        known = np.ones(len(codes), bool)
        for place, mask in places:
            known &= (self._seen[place] & mask) == mask
        in_order = np.sort(codes)
        repeated = in_order[1:][in_order[1:] == in_order[:-1]]
        if len(repeated):
            known |= np.isin(codes, repeated)
        for place, mask in places:
            self._set(place, mask)
        return at[known]

    def _set(self, place: Any, mask: Any) -> None:
        while len(place):
            self._seen[place] |= mask
            lost = (self._seen[place] & mask) != mask  # to another key of the same word
            place, mask = place[lost], mask[lost]


class FirstCells:
    """Finds the keys that come back in the first column of a flat file, from its text as it comes.

    Args:
        key: The canonical name of the column.
        size: Of the document, in bytes, if it is known.
    """

    def __init__(self, key: str, size: int | None) -> None:
        self._key = key
        self._repeats = Repeats(filter_bits(size))
        self._header = b""
        self._rest = b""
        self._is_plain = True

    def add(self, piece: bytes) -> None:
        """Take the next piece of the text."""
        if not self._is_plain:
            return
        end = piece.rfind(b"\n") + 1
        if end:
            self._take(b"".join((self._rest, memoryview(piece)[:end])))
            self._rest = piece[end:]
        else:
            self._rest += piece
            self._is_plain = len(self._rest) <= LONGEST_LINE

    def finish(self) -> frozenset[str] | None:
        """The keys that came back, and a few that did not; None where the text is not plain.

        It is plain where its header and keys are in ASCII and the header comes once. Of keys that come
        back all over the file, there is no use in knowing which they are: None, too.
        """
        self._take(self._rest)
        # With a carriage return in it, the header may be the complete text: its lines end so.
        has_returns = b"\r" in self._header.rstrip(b"\r\n")
        if not self._is_plain or not self._header or has_returns or self._repeats.is_full:
            return None
        return frozenset(key.decode() for key in self._repeats.found)

    def _take(self, block: bytes) -> None:
        if self._is_plain and not self._header:
            block = self._after_header(block)
        if not self._is_plain or not block:
            return
        self._is_plain = self._header not in block
        if not self._repeats.add_lines(block):
            cells = list(cells_at(0, block.split(b"\n")))
            self._is_plain &= all(cell.isascii() for cell in cells)
            self._repeats.add_cells(cells)

    def _after_header(self, block: bytes) -> bytes:
        """What follows the first line that is not blank."""
        while block:
            line, _, block = block.partition(b"\n")
            header = line.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\r")
            if header.strip():
                cells = header.decode("ascii", "replace").split("\t")
                self._header = header
                self._is_plain = (
                    header.isascii()
                    and not header.startswith(b'"')
                    and 1 < len(cells) <= MOST_COLUMNS
                    and canonical_names(cells)[0] == self._key
                )
                return block
        return b""


def _words(block: bytes, starts: Any, width: int) -> list[Any]:
    """The first cells of lines as numbers of eight characters; the last may have fewer."""
    at_any_byte = np.ndarray((len(block) - WORD + 1,), "<u8", block, 0, (1,))
    whole = [at_any_byte[starts + at] for at in range(0, width - WORD + 1, WORD)]
    rest = width % WORD
    if not rest:
        return whole
    if width < WORD:
        return [at_any_byte[starts] & np.uint64((1 << 8 * width) - 1)]
    return [*whole, at_any_byte[starts + width - WORD] >> np.uint64(8 * (WORD - rest))]


def _has_odd(words: Any, size: int) -> bool:
    """Whether numbers of `size` characters have any that is a control character or not in ASCII."""
    filled = words | _SPACES << np.uint64(8 * size) if size < WORD else words
    return bool((((filled - _SPACES) & ~filled | filled) & _TOP_BITS).any())


def _mixed(codes: Any) -> Any:
    codes = codes ^ codes >> np.uint64(32)
    codes *= _FACTORS[0]
    codes ^= codes >> np.uint64(29)
    return codes


def _two_bits(bits: Any) -> Any:
    one, low = np.uint64(1), np.uint64(63)
    return one << (bits & low) | one << (bits >> np.uint64(6) & low)


def _narrow(cell: bytes) -> bytes:
    return cell if len(cell) <= WIDEST else hash(cell).to_bytes(8, "little", signed=True)
