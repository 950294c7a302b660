"""Product titles in every language, with all the characters that break readers of flat files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_seller_sandbox.chance import draws, key, pick
from amazon_seller_sandbox.world.accounts import CODECS

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.accounts import Account

BRANDS = ("Sunaba", "Kübel & Söhne", "O'Dune", "ACME", "Zand", "Grünland")

_NOUNS = {
    "en": ("Bucket", "Shovel", "Rake", "Garden Chair", "Watering Can", "Lamp", "Towel"),
    "de": ("Eimer", "Schaufel", "Gießkanne", "Gartenstühle", "Öllampe", "Handtücher", "Bücher"),
    "fr": ("Seau", "Pelle", "Râteau", "Arrosoir", "Chaise d'été", "Lampe à huile", "Œuvre"),
    "it": ("Secchio", "Paletta", "Rastrello", "Annaffiatoio", "Sedia", "Lampada più luce"),
    "es": ("Cubo", "Pala", "Rastrillo", "Regadera de jardín", "Silla", "Lámpara", "Ñandú"),
    "nl": ("Emmer", "Schep", "Hark", "Gieter", "Tuinstoel", "Lamp", "Handdoek"),
    "sv": ("Hink", "Spade", "Kratta", "Trädgårdsstol", "Vattenkanna", "Lampa", "Handduk"),
    "pl": ("Wiadro", "Łopata", "Grabie", "Krzesło", "Konewka", "Lampa", "Ręcznik"),
    "ja": ("バケツ", "シャベル", "表示板", "ソファ", "能力ランプ", "貼るタオル", "予約本"),
}
_COLOURS = {
    "en": ("Red", "Blue", "Green", "Black"),
    "de": ("Rot", "Blau", "Grün", "Weiß"),
    "fr": ("Rouge", "Bleu", "Doré", "Noir"),
    "it": ("Rosso", "Blu", "Verde", "Nero"),
    "es": ("Rojo", "Azul", "Marrón", "Negro"),
    "nl": ("Rood", "Blauw", "Groen", "Zwart"),
    "sv": ("Röd", "Blå", "Grön", "Svart"),
    "pl": ("Czerwony", "Niebieski", "Zielony", "Żółty"),
    "ja": ("赤", "青", "緑", "黒"),
}
# Characters past a charset become "?" in the file, as Amazon's own export does it.
_TAILS = (
    "",
    "",
    "",
    ', 24" wide',
    ' "Deluxe',
    ", 2 pcs, assorted",
    " 'n' More",
    "… and more",
    " Pro™",
    " ½ price",
    " ✓ tested",
    ' 3" x 5" "',
)
_TAILS_UNICODE = ("\u2028second line", "\u0085next line", " 日本製", " 🏖", " café", "\u00a0wide")
_TAILS_JAPANESE = (
    "（ソ表能）",  # noqa: RUF001 - full-width brackets are what Japanese titles use
    "①",
    "髙品質",
    "ｶﾀｶﾅ",
    " café",
    " 24”",
    " “Deluxe",
    "… 他",
    " ✓",
)


def title(seed: int, account: Account, product: int, language: str) -> str:
    """Return the title of a product in a language such as ``de_DE``, in full Unicode."""
    family = language[:2] if language[:2] in _NOUNS else "en"
    chance = draws(key(seed, account.key, "title", family), product)
    tails: tuple[str, ...] = _TAILS
    if family == "ja":
        tails = _TAILS_JAPANESE
    elif account.region == "NA":
        tails = _TAILS + _TAILS_UNICODE
    elif account.region == "FE":
        # Only what Windows-31J carries: these rows may land in a Japanese file.
        tails = ("", ', 24" wide', "…", " 20 °C", " ± 3 mm", " 'n' More", ' "Deluxe')
    brand = BRANDS[product % len(BRANDS)]
    if account.region == "FE":
        brand = brand.replace("ü", "ue").replace("ö", "oe")
    lead = " " if chance[0] % 23 == 0 else ""
    noun, colour, tail = (
        pick(_NOUNS[family], chance[1]),
        pick(_COLOURS[family], chance[2]),
        pick(tails, chance[3]),
    )
    return f"{lead}{brand} {noun} {product} {colour}{tail}"


def as_in_file(text: str, charset: str | None) -> str:
    """Return the text as a file in this charset holds it: what the charset lacks becomes ``?``."""
    codec = CODECS[charset]
    return text.encode(codec, "replace").decode(codec)
