"""Reads product identifiers (EAN, JAN, UPC, SKU) out of catalog records.

Amazon nests them: ``[{"marketplaceId": ..., "identifiers": [{"identifierType": "EAN",
"identifier": "..."}]}]``. Source: Catalog Items API 2022-04-01.
"""

from __future__ import annotations

import ast
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa

from amazon_optiply_etl.columns import TEXT
from amazon_optiply_etl.errors import EtlError

# What becomes an eanCode, best first. A JAN is an EAN by another name; a UPC of 12 digits becomes the
# EAN-13 of the same product with a leading zero (GS1 General Specifications).
EAN_TYPES = ("EAN", "JAN", "UPC")
_UPC_DIGITS = 12
_EAN_DIGITS = 13
_BARCODE = r"\d{8}|\d{12,14}"


class _Identifier(msgspec.Struct, rename="camel", gc=False):  # type: ignore[call-arg,misc,unused-ignore]
    identifier_type: str | None = None
    identifier: str | int | None = None


class _OfMarketplace(msgspec.Struct, rename="camel", gc=False):  # type: ignore[call-arg,misc,unused-ignore]
    marketplace_id: str | None = None
    identifiers: list[_Identifier] | None = None


def identifier_rows(catalog: pd.DataFrame) -> pd.DataFrame:
    """List the identifiers of catalog records, those of the record's own marketplace.

    Returns:
        Columns marketplace_id, asin, type, identifier; one row an identifier, all strings.

    Raises:
        EtlError: a record's identifiers are not nested as Amazon nests them.
    """
    decoder = msgspec.json.Decoder(list[_OfMarketplace])
    rows = [
        (marketplace, asin, each.identifier_type or "", str(each.identifier).strip())
        for marketplace, asin, text in zip(
            catalog["marketplace_id"], catalog["asin"], catalog["identifiers"], strict=True
        )
        if isinstance(text, str)
        for group in _decode(decoder, text, asin, marketplace)
        if group.marketplace_id in (None, marketplace)
        for each in group.identifiers or ()
        if each.identifier is not None
    ]
    names = ("marketplace_id", "asin", "type", "identifier")
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    arrays = {
        name: pa.array(values, pa.string()) for name, values in zip(names, columns, strict=True)
    }
    frame: pd.DataFrame = pa.table(arrays).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def ean_rows(identifiers: pd.DataFrame) -> pd.DataFrame:
    """Keep the identifiers that can be an eanCode.

    Returns:
        The rows of type EAN, JAN or UPC (12 digits) with columns `ean`, `rank` (0 is best) and
        `padded` (true where a UPC got its leading zero).
    """
    upper = identifiers["type"].str.upper()
    text = identifiers["identifier"]
    is_upc = upper == "UPC"
    fits = upper.isin(EAN_TYPES) & text.str.fullmatch(_BARCODE)
    fits &= ~is_upc | (text.str.len() == _UPC_DIGITS)
    ranks = upper.map({name: rank for rank, name in enumerate(EAN_TYPES)})
    rows = identifiers.assign(
        ean=text.mask(is_upc, text.str.rjust(_EAN_DIGITS, "0")), rank=ranks, padded=is_upc
    )
    return rows[fits.astype(bool)].reset_index(drop=True)


def comparable(codes: pd.Series[Any]) -> pd.Series[Any]:
    """Write barcodes as 14 digit GTINs, so that a UPC equals the EAN of the same product."""
    stripped = codes.astype(TEXT).str.strip()
    return stripped.mask(stripped.str.fullmatch(_BARCODE), stripped.str.rjust(14, "0"))


def _decode(decoder: Any, text: str, asin: str, marketplace: str) -> list[_OfMarketplace]:  # noqa: ANN401
    """Read one record's identifiers: JSON, or the Python literal that some CSV writers make of it."""
    try:
        groups: list[_OfMarketplace] = (
            msgspec.convert(ast.literal_eval(text), list[_OfMarketplace])
            if text.startswith("[{'")
            else decoder.decode(text)
        )
    except (msgspec.MsgspecError, SyntaxError, ValueError) as error:
        raise EtlError(
            f"product_catalog, ASIN {asin} in {marketplace}: its identifiers are not nested as Amazon "
            f"nests them ({error})."
        ) from error
    return groups
