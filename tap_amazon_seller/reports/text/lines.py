"""Lines of a flat file's text as bytes, and how large a text must be for Arrow to pay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_amazon_seller.reports.text.bounds import LONGEST_LINE

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

UTF8_BOM = b"\xef\xbb\xbf"
LARGE = 1 << 17
"""Bytes of a document, which is mostly compressed, for which it pays to load Arrow."""
READ_SIZE = 5 << 18
CP1252_ALONE = re.compile(rb"[\x80\x82-\x8c\x8e\x91-\x9c\x9e\x9f]")
"""Letters and signs in Cp1252 that are control characters in ISO-8859-1, which nobody types."""


class LongLineError(ValueError):
    """A line continues beyond all bounds."""


def whole_lines(text: io.BufferedIOBase) -> bytes:
    """The next piece of a text, up to the end of a line.

    Raises:
        LongLineError: The line does not end within `LONGEST_LINE` bytes.
    """
    piece = text.read(READ_SIZE)
    if piece.endswith(b"\n"):
        return piece
    rest = text.readline(LONGEST_LINE)
    if len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
        raise LongLineError
    return piece + rest


def cells_at(position: int, lines: list[bytes]) -> Iterator[bytes]:
    """The text of one cell of each line, which is not its last."""
    if not lines[-1]:
        lines.pop()
    if not position:
        return (line.partition(b"\t")[0] for line in lines)
    split = (line.split(b"\t", position + 1) for line in lines)
    return (cells[position] if len(cells) > position else b"" for cells in split)
