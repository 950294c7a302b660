"""Reads the cell of a table as the code that it holds, whatever a spreadsheet has done to it."""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from typing import TYPE_CHECKING

from amazon_asin_match.codes.checks import (
    GTIN_LENGTH,
    fits_gtin,
    fits_isbn10,
    fits_minsan,
    isbn10_to_gtin,
    minsan_of_base32,
    restriction,
    upc_e_to_gtin,
)
from amazon_asin_match.codes.code import Code, CodeKind, CodeType, Flaw, FlawReason, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 60
"""Characters of a cell that a message repeats."""
FEWEST_DIGITS = 7
"""Of an EAN-8 or UPC-E that has lost its zero."""
FEWEST_OF_SEVERAL = 7
MOST_DIGITS_OF_A_MESSAGE = 40
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_LABEL = re.compile(
    r"^(?:urn:)?(?:ean|gtin|upc|jan|isbn|minsan|aic|asin|barcode)(?:[-\s]?(?:8|10|12|13|14|[ae])(?=\D))?"
    r"[\s:#=.]*(?=[\dA-Z(])",
    re.IGNORECASE,
)
_GS1_LABEL = re.compile(r"^(?:\]C1|\]e0)?\(01\)(?=\d{14})")
_FORMULA = re.compile(r'^="?([^"]*)"?$')
_EXPONENT = re.compile(r"^(\d)(?:[.,](\d+))?[eE]\+?(\d{1,3})$")
_DECIMALS = re.compile(r"^(\d{7,})[.,]0*$")
_SEVERAL = re.compile(r"[;|/\n\r\t]+|,\s*|\s+und\s+|\s+and\s+")
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015.,'_]+")
_PARTS_OF_ONE = re.compile(r"^[\d.,'\-\s\u2010-\u2015]*[\dXx]?$")
_ASIN = re.compile(r"[A-Z][A-Z0-9]{9}")
_ISBN10 = re.compile(r"\d{9}[\dX]")
_MINSAN = re.compile(r"A?(\d{9})")
_MINSAN_32 = re.compile(r"[0-9BCDFGHJKLMNPQRSTUVWXYZ]{6}")
_PLACEHOLDERS = frozenset({"01234567890128", "00123456789012", "00012345678905"})
_GTIN_TYPES = frozenset(
    {CodeType.AUTO, CodeType.EAN, CodeType.GTIN, CodeType.UPC, CodeType.JAN, CodeType.ISBN}
)


def read_cell(text: str, code_type: CodeType = CodeType.AUTO) -> Reading:
    """What stands in a cell.

    Args:
        text: As the table has it.
        code_type: What the column holds, as far as the user says.

    >>> read_cell("4006381333931.0").codes[0].value
    '04006381333931'
    >>> read_cell("4.00638E+12").flaw.reason.value
    'lost_digits'
    """
    if code_type is CodeType.SKU:
        sku = text.strip()
        return Reading((Code(CodeKind.SKU, sku),)) if sku else _flawed(FlawReason.EMPTY, text)
    if len(text) == 13 and text.isdigit() and text.isascii():  # noqa: PLR2004 - the usual EAN, fast
        return _read_one(text, code_type)
    plain = _clean(text)
    if not plain:
        return _flawed(FlawReason.EMPTY, text)
    parts = _several(plain)
    if len(parts) == 1:
        return _read_one(parts[0], code_type)
    return _joined([_read_one(part, code_type) for part in parts], parts)


def _clean(text: str) -> str:
    """The text without what surrounds a code: formula, apostrophes, labels, widths, odd blanks."""
    plain = unicodedata.normalize("NFKC", text)
    plain = _INVISIBLE.sub(lambda found: "\n" if "\n" in found[0] else " ", plain).strip(" \n")
    if found := _FORMULA.match(plain):
        plain = found[1]
    return plain.strip(" '\"`\u2018\u2019\u00b4\n")


def _several(plain: str) -> list[str]:
    """The codes of a cell; one where its separators stand inside a number."""
    parts = [part for part in _SEVERAL.split(plain) if part.strip()]
    if len(parts) > 1 and all(_digits(part) >= FEWEST_OF_SEVERAL for part in parts):
        return parts
    parts = plain.split(" ")
    if len(parts) > 1 and all(_digits(part) > FEWEST_OF_SEVERAL for part in parts):
        return parts
    return [plain]


def _digits(part: str) -> int:
    return sum(character.isdigit() for character in part)


def _joined(readings: list[Reading], parts: list[str]) -> Reading:
    """The reading of a cell with several codes; equal ones are one."""
    codes = dict.fromkeys(code for reading in readings for code in reading.codes)
    notes = [note for reading in readings for note in reading.notes]
    if not codes:
        return readings[0]
    for part, reading in zip(parts, readings, strict=True):
        if reading.flaw:
            notes.append(f"'{_short(part)}' is left out: {reading.flaw.sentence}")
    if len(codes) > 1:
        notes.append(f"The cell holds {len(codes)} codes, and all of them are asked.")
    return Reading(tuple(codes), tuple(notes), several=len(codes) > 1)


def _read_one(text: str, code_type: CodeType) -> Reading:
    """What one code is read as."""
    plain = _LABEL.sub("", text)
    plain = _GS1_LABEL.sub("", plain).strip()
    notes: list[str] = []
    if found := _EXPONENT.match(plain):
        digits = found[1] + (found[2] or "")
        zeros = int(found[3]) + 1 - len(digits)
        if zeros:
            return Reading(flaw=Flaw(FlawReason.LOST_DIGITS, _lost(plain, len(digits))))
        notes.append(f"'{_short(plain)}' is written out as {digits}.")
        plain = digits
    elif found := _DECIMALS.match(plain):
        plain = found[1]
    if _PARTS_OF_ONE.match(plain) or code_type is CodeType.MINSAN:
        plain = _SEPARATORS.sub("", plain)
    plain = plain.upper()
    if code_type is CodeType.MINSAN or (plain[:1] == "A" and _MINSAN.fullmatch(plain)):
        return _read_minsan(plain)
    if code_type in {CodeType.ASIN, CodeType.AUTO} and _ASIN.fullmatch(plain):
        return Reading((Code(CodeKind.ASIN, plain),), tuple(notes))
    if code_type is CodeType.ASIN:
        if _ISBN10.fullmatch(plain) and fits_isbn10(plain):
            return Reading((Code(CodeKind.ASIN, plain),), tuple(notes))
        return _flawed(FlawReason.CHARACTERS, text)
    return _read_number(plain, code_type, notes, text)


def _read_minsan(plain: str) -> Reading:
    if found := _MINSAN.fullmatch(plain):
        digits = found[1]
    elif _MINSAN_32.fullmatch(plain):
        digits = minsan_of_base32(plain)
    else:
        return _flawed(
            FlawReason.LENGTH, plain, "A MINSAN has 9 digits, or 6 characters of base 32."
        )
    if not fits_minsan(digits):
        return _flawed(FlawReason.CHECKSUM, plain)
    return Reading((Code(CodeKind.MINSAN, digits),))


def _read_number(plain: str, code_type: CodeType, notes: list[str], text: str) -> Reading:
    """What a GTIN-compatible number, or an ISBN-10, is read as."""
    body = plain.removesuffix("X")
    if not body.isascii() or not body.isdigit():
        return _flawed(FlawReason.CHARACTERS, text)
    if not FEWEST_DIGITS <= len(plain) <= GTIN_LENGTH or (plain != body and len(plain) > 10):  # noqa: PLR2004
        return _flawed(FlawReason.LENGTH, text)
    if len(set(plain)) == 1 or plain.zfill(GTIN_LENGTH) in _PLACEHOLDERS:
        return _flawed(FlawReason.PLACEHOLDER, text)
    readings = dict(_readings(plain, code_type))
    if not readings:
        return _flawed(FlawReason.CHECKSUM, text)
    allowed = {gtin: note for gtin, note in readings.items() if not restriction(gtin)}
    if not allowed:
        why = restriction(next(iter(readings)))
        return Reading(
            flaw=Flaw(FlawReason.RESTRICTED, f"'{_short(text)}' is {why}, not a product.")
        )
    notes += [note for note in allowed.values() if note]
    if len(allowed) > 1:
        notes.append("It can be read in two ways, and both are asked.")
    return Reading(tuple(Code(CodeKind.GTIN, gtin) for gtin in allowed), tuple(notes))


def _readings(plain: str, code_type: CodeType) -> Iterator[tuple[str, str]]:
    """The GTIN-14s that a number can stand for, each with a note on what was done."""
    length = len(plain)
    padded = plain.zfill(10) if length <= 10 else ""  # noqa: PLR2004 - an ISBN-10
    least = 8 if code_type is CodeType.ISBN else 9
    if padded and length >= least and fits_isbn10(padded):
        yield isbn10_to_gtin(padded), _restored(plain, padded, "ISBN-10")
    if plain.endswith("X") or (code_type is CodeType.ISBN and length < 12):  # noqa: PLR2004
        return
    if length == 8 and (gtin := upc_e_to_gtin(plain)):  # noqa: PLR2004
        yield gtin, f"'{plain}' is read as the UPC-E of {gtin[2:]}."
    if length == FEWEST_DIGITS and (gtin := upc_e_to_gtin("0" + plain)):
        yield gtin, f"'{plain}' has lost a zero and is read as the UPC-E of {gtin[2:]}."
    if length in {9, 10, 11} and plain[0] == "0":
        return  # what has lost zeros on the left begins with none
    if fits_gtin(plain) and code_type is not CodeType.ISBN:
        gtin = plain.zfill(GTIN_LENGTH)
        yield gtin, _gtin_note(plain, gtin)
    elif fits_gtin(plain) and plain.zfill(GTIN_LENGTH)[:4] in {"0978", "0979"}:
        yield plain.zfill(GTIN_LENGTH), ""


def _gtin_note(plain: str, gtin: str) -> str:
    """What a number that has lost zeros is read as."""
    if len(plain) in {8, 12, 13, 14}:
        return ""
    whole = gtin[2:] if len(plain) < 12 and len(plain) > FEWEST_DIGITS else gtin[6:]  # noqa: PLR2004
    return _restored(plain, whole, "UPC" if len(whole) == 12 else "EAN-8")  # noqa: PLR2004


def _restored(plain: str, whole: str, kind: str) -> str:
    lost = len(whole) - len(plain)
    if not lost:
        return ""
    zeros = "a zero" if lost == 1 else f"{lost} zeros"
    return f"'{plain}' has lost {zeros} and is read as the {kind} {whole}."


def _lost(plain: str, kept: int) -> str:
    return (
        f"'{_short(plain)}' is a number that a spreadsheet has shortened to {kept} digits, and the "
        "others are gone; export the codes as text."
    )


def _short(text: str) -> str:
    plain = "".join(character if character.isprintable() else " " for character in text).strip()
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"


def _flawed(reason: FlawReason, text: str, sentence: str = "") -> Reading:
    return Reading(flaw=Flaw(reason, sentence or _SENTENCES[reason](text)))


def _sentence(words: str, text: str) -> str:
    return words.format(code=_short(text), length=_digits(text))


_SENTENCES = {
    reason: partial(_sentence, words)
    for reason, words in {
        FlawReason.EMPTY: "The cell is empty.",
        FlawReason.CHARACTERS: "'{code}' has characters that no code has.",
        FlawReason.LENGTH: (
            "'{code}' has {length} digits; a code has 8, 10, 12, 13 or 14, or a few less where zeros "
            "are lost."
        ),
        FlawReason.CHECKSUM: "The check digit of '{code}' is wrong: a digit is mistyped or missing.",
        FlawReason.PLACEHOLDER: "'{code}' is a placeholder, not a product's code.",
    }.items()
}
