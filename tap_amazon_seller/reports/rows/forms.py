"""What the cells of a column look like, where that can be said: the evidence for `alignment`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.machine.arrow_text import cell_ends, text_bytes

if TYPE_CHECKING:
    from tap_amazon_seller.reports.rows.header import Column


_KINDS = {"9": ("0", "9"), "A": ("0", "Z"), "Z": ("A", "Z")}
"""What characters of an example stand for, from the first to the last; others stand for themselves."""
_BETWEEN = (":", "@")
"""The characters between figures and letters, from the first to the last."""
_UPPER = 0xDF
"""What is left of a letter of ASCII without its case."""


class Form:
    """What the cells of a column of text look like.

    Args:
        pattern: What a complete cell matches.
        example: A cell whose length, where that is the same for nearly all, and whose characters'
            kinds say the form without the pattern: `A` for letters or figures, `Z` for letters, `9` for
            figures, and marks.
        longest: Where it is given, cells in ASCII of so many characters at most have the form that
            begin with a letter and have no figure and no control character.
    """

    def __init__(self, pattern: str, example: str = "", longest: int = 0) -> None:
        self._pattern = re.compile(pattern)
        kinds = [_KINDS.get(character, (character, character)) for character in example]
        self._width = len(example)
        self._first = bytes(ord(first) for first, _ in kinds)
        self._span = bytes(ord(last) - ord(first) for first, last in kinds)
        self._longest = longest

    def fits(self, cell: str) -> bool:
        """Whether a cell that is not empty has the form."""
        return self._pattern.fullmatch(cell) is not None

    def misfits(self, column: Any) -> Any:
        """Which cells of an Arrow column of text do not have the form; None where all have it."""
        if column.null_count == len(column):
            return None
        cells = column.drop_null() if column.null_count else column
        if (self._width and self._all_like_example(cells)) or (
            self._longest and self._all_words(cells)
        ):
            return None
        encoded = column.dictionary_encode()
        fits = [cell is None or self.fits(cell) for cell in encoded.dictionary.to_pylist()]
        if all(fits):
            return None
        return pc.invert(pa.array(fits).take(encoded.indices)).fill_null(fill_value=False)

    def _all_like_example(self, cells: Any) -> bool:
        if (np.diff(cell_ends(cells)) != self._width).any():
            return False
        characters = np.frombuffer(text_bytes(cells), np.uint8)
        firsts = np.frombuffer(self._first * len(cells), np.uint8)
        spans = np.frombuffer(self._span * len(cells), np.uint8)
        return (
            bool((characters - firsts <= spans).all()) and not _within(characters, *_BETWEEN).any()
        )

    def _all_words(self, cells: Any) -> bool:
        ends = cell_ends(cells)
        sizes = np.diff(ends)
        if sizes.min() < 1 or sizes.max() > self._longest:
            return False
        characters = np.frombuffer(text_bytes(cells), np.uint8)
        firsts = characters[ends[:-1] - ends[0]] & np.uint8(_UPPER)
        return (
            bool(_within(characters, " ", "~").all())
            and not _within(characters, "0", "9").any()
            and bool(_within(firsts, "A", "Z").all())
        )


def _within(characters: Any, first: str, last: str) -> Any:
    """Which characters are from one to another; what is below the first becomes large."""
    return characters - np.uint8(ord(first)) <= np.uint8(ord(last) - ord(first))


_ASIN = Form(r"\s*[0-9A-Za-z]{10}\s*", "AAAAAAAAAA")
_ORDER_ID = Form(r"\s*[0-9A-Z]{3}-\d{7}-\d{7}\s*", "AAA-9999999-9999999")
_CURRENCY = Form(r"\s*[A-Z]{3}\s*", "ZZZ")
COUNTRY = Form(r"\s*[A-Za-z]{2}\s*", "ZZ")
WORDS = Form(r"[^\W\d_][^\d\t\n]{0,40}", longest=41)
"""A status or a channel: words without figures, in any language."""
FORMS: tuple[tuple[re.Pattern[str], Form], ...] = (
    (re.compile(r"(.*_)?asin\d?"), _ASIN),
    (re.compile(r"(.*_)?amazon_order_id"), _ORDER_ID),
    (re.compile(r"(.*_)?currency(_code|_unit)?"), _CURRENCY),
    (re.compile(r"(.*_)?country(_code)?"), COUNTRY),
    (re.compile(r"(.*_)?(status|sales_channel|fulfillment_channel)"), WORDS),
)
"""The columns of text whose cells have a form, by their canonical names."""
CODE = re.compile(r"(.*_)?(sku|[mf]nsku|msku|id|code|number)(_\d+)?")
"""Columns of text in which a tab or a line break is not put back: what has one is in doubt."""


def form_of(column: Column) -> Form | None:
    """The form of a column of text; None where it may hold anything."""
    if column.read is not None:
        return None
    return next((form for name, form in FORMS if name.fullmatch(column.name)), None)
