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


_KINDS = {"9": "[0-9]", "A": "[0-9A-Z]"}
"""What characters of an example stand for; others stand for themselves."""


class Form:
    """What the cells of a column of text look like.

    Args:
        pattern: What a complete cell matches.
        example: A cell whose length, where that is the same for nearly all, and whose characters'
            kinds say the form without the pattern: letters or figures, figures, and marks.
    """

    def __init__(self, pattern: str, example: str = "") -> None:
        self._pattern = re.compile(pattern)
        self._width = len(example)
        kinds = [_KINDS.get(character, re.escape(character)) for character in example]
        bits = {kind: 1 << number for number, kind in enumerate(dict.fromkeys(kinds))}
        self._kinds_of = np.zeros(256, np.uint8)
        for code in range(128):
            for kind, bit in bits.items():
                if re.fullmatch(kind, chr(code)):
                    self._kinds_of[code] |= bit
        self._due = np.array([bits[kind] for kind in kinds], np.uint8)

    def fits(self, cell: str) -> bool:
        """Whether a cell that is not empty has the form."""
        return self._pattern.fullmatch(cell) is not None

    def misfits(self, column: Any) -> Any:
        """Which cells of an Arrow column of text do not have the form; None where all have it."""
        if column.null_count == len(column) or (self._width and self._all_like_example(column)):
            return None
        encoded = column.dictionary_encode()
        fits = [cell is None or self.fits(cell) for cell in encoded.dictionary.to_pylist()]
        if all(fits):
            return None
        return pc.invert(pa.array(fits).take(encoded.indices)).fill_null(fill_value=False)

    def _all_like_example(self, column: Any) -> bool:
        cells = column.drop_null() if column.null_count else column
        if (np.diff(cell_ends(cells)) != self._width).any():
            return False
        found = self._kinds_of[np.frombuffer(text_bytes(cells), np.uint8)].reshape(-1, self._width)
        return bool((found & self._due).all())


_ASIN = Form(r"\s*[0-9A-Za-z]{10}\s*", "AAAAAAAAAA")
_ORDER_ID = Form(r"\s*[0-9A-Z]{3}-\d{7}-\d{7}\s*", "AAA-9999999-9999999")
_CURRENCY = Form(r"\s*[A-Z]{3}\s*")
COUNTRY = Form(r"\s*[A-Za-z]{2}\s*")
WORDS = Form(r"[^\W\d_][^\d\t\n]{0,40}")
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
