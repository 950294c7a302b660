"""How many, and how much: what a title says of packs, pieces, contents and sizes.

The likeness of titles cannot see it: "174 Windeln" and "29 Windeln" are nearly the same words. So it is
read by itself, in the languages of Amazon's marketplaces.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_OF_A_PACK: Final = 1_000
_NUMBER = r"(?<![\w.,/-])(\d{1,4})"
_PACK_WORDS = (
    r"pack(?:ung(?:en)?|s)?|set|lot|box(?:en)?|b[uü]ndel|bundle|karton|case|confezion[ei]|conf\.?|paquetes?|"
    r"paq\.?|paquet|juego|ve|vpe|multipack|vorteilspack|sparpack|großpackung|doppelpack|kit|sachet|rolle[n]?|"
    r"flasche[n]?|dose[n]?|beutel|tube[n]?|schachtel[n]?"
)
_PIECE_WORDS = (
    r"st(?:ü|ue)cke?|stk\.?|st\.|pcs\.?|pc\.?|pieces?|pièces?|pi[eè]ces?|pezzi|pz\.?|unidades|unid\.?|uds?\.?|"
    r"count|ct\.?|units?|stuks|szt\.?|個セット|個入り?|個|本入り?|本|枚入り?|枚|袋|セット|パック|箱|点"
)
_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_NUMBER}\s?er[\s-]*(?:{_PACK_WORDS})?(?!\w)",
        (
            rf"(?<!\w)(?:{_PACK_WORDS})\s*(?:of|de|da|di|à|a|con|mit|von|:|x)?\s*(\d{{1,4}})"
            rf"(?![\w.,]*\d|\s*(?:g|kg|ml|l|cl|cm|mm|m|w)\b)(?:\s*(?:{_PACK_WORDS}|{_PIECE_WORDS}))?"
        ),
        rf"{_NUMBER}[\s-]*(?:{_PACK_WORDS})(?!\w)",
        rf"{_NUMBER}\s*-?\s*(?:{_PIECE_WORDS})(?![a-zäöü])",
        rf"{_NUMBER}\s*[x×](?=\s|\d|$)",  # noqa: RUF001
        r"(?<!\w)[x×]\s?(\d{1,3})(?![\w.,]*\d|\s*(?:cm|mm|m)\b)",  # noqa: RUF001
    )
)  # fmt: skip
_DIMENSIONS = re.compile(
    r"\d+(?:[.,]\d+)?\s*(?:mm|cm|m)?\s*[x×]\s*\d+(?:[.,]\d+)?(?:\s*[x×]\s*\d+(?:[.,]\d+)?)?"  # noqa: RUF001
    r"\s*(?:mm|cm|m|zoll|inch|in|\")(?!\w)",
    re.IGNORECASE,
)
_UNITS: Final = {
    "mg": ("g", 0.001), "g": ("g", 1.0), "gr": ("g", 1.0), "kg": ("g", 1000.0), "oz": ("g", 28.35),
    "lb": ("g", 453.6), "ml": ("ml", 1.0), "cl": ("ml", 10.0), "l": ("ml", 1000.0),
    "liter": ("ml", 1000.0), "litre": ("ml", 1000.0), "mm": ("mm", 1.0), "cm": ("mm", 10.0),
    "m": ("mm", 1000.0), "w": ("w", 1.0), "watt": ("w", 1.0), "v": ("v", 1.0), "mah": ("mah", 1.0),
    "gb": ("gb", 1.0), "tb": ("gb", 1000.0), "inch": ("mm", 25.4), "zoll": ("mm", 25.4),
}  # fmt: skip
_CONTENT = re.compile(
    rf"(?<![\w.,])(\d+(?:[.,]\d+)?)\s*({'|'.join(sorted(_UNITS, key=len, reverse=True))})(?!\w)",
    re.IGNORECASE,
)
_SIZE_CODE = re.compile(r"(?<![\w-])(?:[a-z]{1,2}\d{1,2}|[2-6]?x{1,3}[ls])(?![\w-])", re.IGNORECASE)
"""A4, E27, GU10; XL, 3XL."""
_PLAIN_NUMBER = re.compile(r"(?<![\w.,-])\d{1,5}(?:[.,]\d+)?(?![\w.,]*\w)")


@dataclass(frozen=True, slots=True)
class Quantities:
    """What a text says of amounts.

    Attributes:
        packs: Numbers of packs or pieces above 1 that it names.
        contents: Contents and sizes, in g, ml, mm, W, V, mAh or GB.
        numbers: Other numbers: clothes sizes, versions, what is counted by a noun (`174 Windeln`).
        rest: The text without all of these.
    """

    packs: frozenset[int]
    contents: frozenset[tuple[str, float]]
    numbers: frozenset[str]
    rest: str


@lru_cache(maxsize=8_192)
def quantities(text: str) -> Quantities:
    """What a title says.

    >>> sorted(quantities("Shampoo 2x500 ml (6er Pack)").packs)
    [2, 6]
    >>> quantities("Handtuch 50 x 100 cm").packs, quantities("CB-8245 Windeln").packs
    (frozenset(), frozenset())
    """
    left = unicodedata.normalize("NFKC", text)
    numbers: set[str] = set()

    def dimension(found: re.Match[str]) -> str:
        numbers.add(re.sub(r"\s", "", found[0].casefold()).replace("×", "x"))  # noqa: RUF001
        return " "

    left = _DIMENSIONS.sub(dimension, left)
    packs: set[int] = set()
    for pattern in _PATTERNS:
        left = pattern.sub(lambda found: _take(found, packs), left)
    contents: set[tuple[str, float]] = set()

    def content(found: re.Match[str]) -> str:
        unit, factor = _UNITS[found[2].casefold()]
        contents.add((unit, round(float(found[1].replace(",", ".")) * factor, 3)))
        return " "

    left = _CONTENT.sub(content, left)
    numbers |= {found.casefold() for found in _SIZE_CODE.findall(left)}
    left = _SIZE_CODE.sub(" ", left)
    numbers |= {found.replace(",", ".") for found in _PLAIN_NUMBER.findall(left)}
    left = _PLAIN_NUMBER.sub(" ", left)
    return Quantities(frozenset(packs), frozenset(contents), frozenset(numbers), left)


def _take(found: re.Match[str], packs: set[int]) -> str:
    number = int(found[1])
    if number > MOST_OF_A_PACK:
        return found[0]
    if number > 1:
        packs.add(number)
    return " "


def amounts(found: Quantities) -> Iterator[tuple[str, float]]:
    """Contents, also multiplied by the packs: 2 x 500 g is 1 kg."""
    for unit, value in found.contents:
        yield unit, value
        for pack in found.packs:
            yield unit, round(value * pack, 3)
