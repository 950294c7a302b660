"""Titles as words that can be compared: without case, accents, legal forms and trademark signs."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_TOKEN = re.compile(r"[^\W_]+(?:[.,'\u2019-][^\W_]+)*", re.UNICODE)
_LEGAL: Final = frozenset(
    {"ag", "bv", "co", "corp", "gmbh", "inc", "kg", "kk", "llc", "ltd", "oy", "plc", "sa", "sarl", "se",
     "spa", "srl", "ab", "as", "nv"}
)  # fmt: skip
_SPECIAL: Final = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d"})
_COLOURS: Final = {
    word: name
    for name, words in {
        "red": "rot rote roter rotes red rouge rosso rossa rojo roja 赤 レッド rood röd czerwony",
        "blue": "blau blaue blauer blaues blue bleu bleue blu azul 青 ブルー blauw blå niebieski",
        "green": "grün grüne grüner grünes green vert verte verde 緑 グリーン groen grön zielony",
        "black": "schwarz schwarze schwarzer schwarzes black noir noire nero nera negro negra 黒 zwart",
        "white": "weiß weiss weiße weißer weißes white blanc blanche bianco bianca blanco blanca 白 wit",
        "grey": "grau graue grauer grey gray gris grise grigio grigia グレー grijs grå szary",
        "yellow": "gelb gelbe gelber yellow jaune giallo gialla amarillo amarilla 黄 geel gul żółty",
        "orange": "orange arancione naranja オレンジ oranje",
        "pink": "rosa pink rose ピンク roze różowy",
        "brown": "braun braune brauner brown marron marrone marrón 茶 bruin brun",
        "purple": "lila violett purple violet viola morado 紫 paars",
        "silver": "silber silver argent argento plata シルバー zilver",
        "gold": "gold golden doré oro dorado ゴールド goud",
    }.items()
    for word in words.split()
}  # fmt: skip
_USED = re.compile(
    r"generalüberholt|gebraucht|renewed|refurbished|pre-?owned|\bused\b|reconditionn|d'occasion|"
    r"ricondizionat|\busato\b|reacondicionad|整備済み|中古",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"(?=[^\W_-]*-?[^\W_]*\d)(?=[\W\d_]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*", re.IGNORECASE
)
_FEWEST_OF_A_MODEL: Final = 5
FIRST_KANA: Final = "\u3000"
"""From here on: kana, whose voiced ones are other letters, and short words of Japanese."""


@lru_cache(maxsize=8_192)
def plain(text: str) -> str:
    """A text without case, widths and accents."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_SPECIAL)
    parts = unicodedata.normalize("NFD", folded)
    kept = (each for each in parts if not unicodedata.combining(each) or each >= FIRST_KANA)
    return unicodedata.normalize("NFC", "".join(kept))


def tokens(text: str) -> list[str]:
    """The words and numbers of a text, plain."""
    return _TOKEN.findall(plain(text))


def brand_words(text: str) -> str:
    """A brand to compare: without legal forms, signs and blanks.

    >>> brand_words("Kübel & Söhne GmbH"), brand_words("KÜBEL & SÖHNE®")
    ('kubelsohne', 'kubelsohne')
    """
    without_signs = re.sub(r"[®™©]|\(r\)|\(tm\)", " ", text, flags=re.IGNORECASE)
    dotless = re.sub(r"(?<=\b\w)\.(?=\w\b|\s|$)", "", without_signs)
    words = [word for word in tokens(dotless) if word not in _LEGAL]
    return "".join(re.sub(r"[^\w]", "", word) for word in words)


def colours(text: str) -> frozenset[str]:
    """The colours that a text names, in English, whatever its language.

    >>> sorted(colours("Handtuch Grün/weiß"))
    ['green', 'white']
    """
    words = re.findall(r"[^\W\d_]+", unicodedata.normalize("NFKC", text).casefold())
    return frozenset(_COLOURS[word] for word in words if word in _COLOURS)


def says_used(text: str) -> bool:
    """Whether a title is that of used or renewed copies."""
    return bool(_USED.search(text))


def models(text: str) -> frozenset[str]:
    """What looks like a model number: letters and digits in one word, of five characters or more.

    >>> sorted(models("CB-8245 Windeln 500ml E27 HE450-20"))
    ['cb8245', 'he45020']
    """
    found = set()
    for match in _MODEL.finditer(plain(text)):
        word = match[0].replace("-", "")
        is_measure = re.fullmatch(r"\d+(?:[.,]\d+)?[a-z]{1,4}|\d+er\w*", word)
        if len(word) >= _FEWEST_OF_A_MODEL and not is_measure and not word.isdigit():
            found.add(word)
    return frozenset(found)
