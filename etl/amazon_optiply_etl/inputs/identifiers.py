"""Reads product identifiers (EAN, JAN, UPC, SKU) out of catalog records.

Amazon nests them: ``[{"marketplaceId": ..., "identifiers": [{"identifierType": "EAN",
"identifier": "..."}]}]``. Source: Catalog Items API 2022-04-01.
"""

from __future__ import annotations

import ast
import re
from decimal import Decimal
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa

from amazon_optiply_etl.tables.amounts import array_of
from amazon_optiply_etl.tables.columns import frame_of
from amazon_optiply_etl.tables.dtypes import FLAG, TEXT, WHOLE
from amazon_optiply_etl.tables.ids import number_text
from amazon_optiply_etl.tables.matching import looked_up

# What becomes an eanCode, best first. A JAN is an EAN by another name; a UPC becomes the EAN-13 of the
# same product with a leading zero (GS1 General Specifications).
EAN_TYPES = ("EAN", "JAN", "UPC")
_EAN_DIGITS = 13
_WHOLE_CODE = r"\d{8}|\d{13,14}"
# Spreadsheets take barcodes for numbers: leading zeros go, long ones become 4.00638133393E+12.
_UPC = r"\d{12}"
_SHORTENED = r"\d{6,12}"
_SCIENTIFIC = re.compile(r"\d(?:\.\d{1,13})?[eE]\+?\d{1,2}")


class _Identifier(msgspec.Struct, rename="camel", gc=False):  # type: ignore[call-arg,misc,unused-ignore]
    identifier_type: str | None = None
    identifier: str | int | float | None = None


class _OfMarketplace(msgspec.Struct, rename="camel", gc=False):  # type: ignore[call-arg,misc,unused-ignore]
    marketplace_id: str | None = None
    identifiers: list[_Identifier] | None = None


def identifier_rows(catalog: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """List the identifiers of catalog records, those of the record's own marketplace.

    Returns:
        Columns marketplace_id, asin, type, identifier; one row an identifier, all strings. And the
        ASINs whose identifiers are not nested as Amazon nests them.
    """
    decoder = msgspec.json.Decoder(list[_OfMarketplace])
    rows: list[tuple[str, str, str, str]] = []
    broken = []
    columns = (
        array_of(catalog[name], pa.string()).to_pylist()
        for name in ("marketplace_id", "asin", "identifiers")
    )
    for marketplace, asin, text in zip(*columns, strict=True):
        if not isinstance(text, str):
            continue
        try:
            groups = _decode(decoder, text)
        except (msgspec.MsgspecError, SyntaxError, ValueError):
            broken.append(asin)
            continue
        rows += [
            (
                marketplace,
                asin,
                (each.identifier_type or "").upper(),
                number_text(each.identifier).strip(),
            )
            for group in groups
            if group.marketplace_id in (None, marketplace)
            for each in group.identifiers or ()
            if each.identifier is not None
        ]
    names = ("marketplace_id", "asin", "type", "identifier")
    cells = zip(*rows, strict=True) if rows else ((), (), (), ())
    arrays = {
        name: pa.array(values, pa.string()) for name, values in zip(names, cells, strict=True)
    }
    return frame_of(arrays), broken


def ean_rows(identifiers: pd.DataFrame) -> pd.DataFrame:
    """Keep the identifiers that can be an eanCode.

    Returns:
        The rows of a type that is one, with columns `ean`, `rank` (0 is best) and `padded` (true where
        leading zeros were put back).
    """
    if identifiers.empty:
        return identifiers.assign(
            rank=pd.Series(dtype=WHOLE), ean=pd.Series(dtype=TEXT), padded=pd.Series(dtype=FLAG)
        )
    ranks = {name: rank for rank, name in enumerate(EAN_TYPES)}
    rows = identifiers.assign(rank=looked_up(identifiers["type"], ranks, pa.int64()))
    rows = rows[rows["rank"].notna()]
    text = rows["identifier"]
    upc = (rows["type"] == "UPC") & text.str.fullmatch(_UPC)
    ean = barcodes(text).mask(
        upc.fillna(value=False).astype(bool), text.str.rjust(_EAN_DIGITS, "0")
    )
    rows = rows.assign(ean=ean, padded=(ean.str.len() > rows["identifier"].str.len()))
    return rows[ean.notna()].reset_index(drop=True)


def barcodes(codes: pd.Series[Any]) -> pd.Series[Any]:
    """Write codes as the EANs that they are, with the leading zeros that a spreadsheet took.

    8, 13 and 14 digits stay as they are. Shorter ones (12 are a UPC) are filled up to 13 where the check
    digit then is right, which chance makes so in one of ten. Null where a code is not a barcode, or
    where a spreadsheet has rounded it.
    """
    text = codes.astype(TEXT).str.strip().str.removesuffix(".0")
    scientific = text.str.fullmatch(_SCIENTIFIC.pattern).fillna(value=False).astype(bool)
    if scientific.any():
        text = text.mask(scientific, text[scientific].map(_digits).astype(TEXT))
    whole = text.str.fullmatch(_WHOLE_CODE).fillna(value=False).astype(bool)
    filled = text.str.rjust(_EAN_DIGITS, "0")
    short = text.str.fullmatch(_SHORTENED).fillna(value=False).astype(bool) & ~whole
    right = pd.Series(data=False, index=text.index)
    right[short] = filled[short].map(_check_digit_is_right).astype(bool)
    return text.where(whole, filled.where(right)).astype(TEXT)


def are_gtins(codes: pd.Series[Any]) -> pd.Series[bool]:
    """Return which codes are barcodes as written: 8, 12, 13 or 14 digits, the last one right."""
    digits = codes.str.fullmatch(r"\d{8}|\d{12,14}").fillna(value=False).astype(bool)
    right = pd.Series(data=False, index=codes.index)
    # Leading zeros change no check digit; an odd number of digits is what the check counts from.
    right[digits] = codes[digits].str.rjust(15, "0").map(_check_digit_is_right).astype(bool)
    return right


def comparable(codes: pd.Series[Any]) -> pd.Series[Any]:
    """Write barcodes as 14 digit GTINs, so that a UPC equals the EAN of the same product."""
    stripped = codes.astype(TEXT).str.strip()
    return barcodes(stripped).str.rjust(14, "0").fillna(stripped)


def _digits(code: str) -> str | None:
    """Write a number in scientific notation out; None where digits are lost, as in 4.00638E+12."""
    number = Decimal(code)
    exact = number == number.to_integral_value() and number.as_tuple().exponent == 0
    return f"{number:f}" if exact else None


def _check_digit_is_right(ean: str) -> bool:
    """Return whether the last of 13 digits is the check digit (GS1 General Specifications, 7.9)."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(ean[:-1]))
    return (10 - weighted % 10) % 10 == int(ean[-1])


def _decode(decoder: Any, text: str) -> list[_OfMarketplace]:  # noqa: ANN401
    """Read one record's identifiers: JSON, or the Python literal that some CSV writers make of it."""
    groups: list[_OfMarketplace] = (
        msgspec.convert(ast.literal_eval(text), list[_OfMarketplace])
        if text.startswith("[{'")
        else decoder.decode(text)
    )
    return groups
