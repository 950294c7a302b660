"""Text on its way to a parser of JSON or XML, which must come to an end of each value in good time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_amazon_seller.reports.text.bounds import LARGEST_RECORD

if TYPE_CHECKING:
    from tap_amazon_seller.reports.text.clean import CleanText


class BeyondBoundsError(ValueError):
    """A document goes beyond `bounds`; the words continue a sentence about it."""


class Fed:
    """Reads a text for a parser, and stops where a record, or a single text, exceeds all bounds.

    Parsers keep a text until its end has come, and so their memory would grow with it.
    """

    def __init__(self, text: CleanText) -> None:
        self._text = text
        self._read = self._passed = 0

    def read(self, size: int = -1) -> bytes:
        """The next piece.

        Raises:
            BeyondBoundsError: More than `LARGEST_RECORD` bytes have been read since `passed`.
        """
        piece = self._text.read(size)
        self._read += len(piece)
        if self._read - self._passed > LARGEST_RECORD:
            raise BeyondBoundsError(
                f"has a record, or a text, of more than {LARGEST_RECORD >> 20} MiB, too much for targets"
            )
        return piece

    def passed(self) -> None:
        """All that has been read is used, but for a piece."""
        self._passed = self._read
