"""Finds the columns: by their names, and that of the codes by how many of its cells are codes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from amazon_asin_match.codes import CodeType, read_cell
from amazon_asin_match.errors import InputFileError
from amazon_asin_match.scoring.evidence import RowFacts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amazon_asin_match.files.table import Table

SAMPLE: Final = 500
LEAST_SHARE: Final = 0.5
"""Of the filled cells of a column that nobody named: so many must be codes."""
_CODE_NAMES: Final = (
    "ean", "gtin", "upc", "isbn", "jan", "barcode", "ean13", "ean_13", "ean_code", "eancode", "gtin13",
    "gtin14", "isbn13", "isbn10", "barcode_ean", "code_barres", "code_a_barres", "codigo_de_barras",
    "codice_a_barre", "codice_ean", "strichcode", "minsan", "aic", "code", "product_id", "productid",
    "external_product_id", "asin", "sku",
)  # fmt: skip
_NAMES: Final[Mapping[str, Sequence[str]]] = {
    "title": (
        "title", "titel", "name", "product_name", "produktname", "productname", "item_name",
        "artikelname",
        "bezeichnung", "artikelbezeichnung", "description", "beschreibung", "titre", "nom",
        "designation",
        "nome", "titolo", "descrizione", "nombre", "titulo", "descripcion", "omschrijving",
    ),
    "brand": ("brand", "marke", "hersteller", "manufacturer", "marque", "marca", "merk", "fabricant"),
    "model": (
        "model", "modell", "model_number", "modellnummer", "mpn", "part_number", "herstellernummer",
        "modele", "modello", "modelo",
    ),
    "pack": (
        "pack", "pack_size", "package_quantity", "packungsgroesse", "packungsgrosse", "ve", "vpe",
        "verpackungseinheit", "units_per_pack", "items_per_pack", "stueckzahl", "stuckzahl",
    ),
}  # fmt: skip
_PACK = re.compile(r"(\d{1,4})(?:[.,]0+)?")
_TYPES: Final = {
    "isbn": CodeType.ISBN, "isbn10": CodeType.ISBN, "isbn13": CodeType.ISBN, "minsan": CodeType.MINSAN,
    "aic": CodeType.MINSAN, "asin": CodeType.ASIN, "sku": CodeType.SKU,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what, by place; None where there is none.

    Attributes:
        code_type: What the codes are, as far as the column's name says.
        found_by: How the column of the codes was found, for the log.
    """

    code: int
    title: int | None
    brand: int | None
    model: int | None
    pack: int | None
    code_type: CodeType
    found_by: str

    def facts(self, cells: Sequence[str]) -> RowFacts:
        """What a row says of its product."""

        def cell(place: int | None) -> str:
            return cells[place].strip() if place is not None else ""

        pack = _PACK.fullmatch(cell(self.pack))
        return RowFacts(
            title=cell(self.title),
            brand=cell(self.brand),
            model=cell(self.model),
            pack=int(pack[1]) if pack and int(pack[1]) > 0 else None,
        )


def find_columns(table: Table, named: Mapping[str, str]) -> Columns:
    """The columns of a table.

    Args:
        table: The table.
        named: What the user says: `code`, `title`, `brand`, `model`, `pack` by the names of columns;
            `-` for none.

    Raises:
        InputFileError: There is no column of a name, or none that holds codes.
    """
    plain = [_plain(name) for name in table.header]
    places: dict[str, int | None] = {}
    for what, names in _NAMES.items():
        places[what] = _named(table, named.get(what, ""))
        if places[what] is None and not named.get(what):
            places[what] = next((plain.index(name) for name in names if name in plain), None)
    code = _named(table, named.get("code", ""))
    how = "as the settings say"
    if code is None:
        code, how = _code_column(table, plain)
    kind = _TYPES.get(plain[code], CodeType.AUTO)
    return Columns(
        code, places["title"], places["brand"], places["model"], places["pack"], kind,
        f"Codes are in the column '{table.header[code]}' ({how}).",
    )  # fmt: skip


def _named(table: Table, name: str) -> int | None:
    if not name or name == "-":
        return None
    if name in table.header:
        return table.header.index(name)
    lower = [each.casefold() for each in table.header]
    if name.casefold() in lower:
        return lower.index(name.casefold())
    raise InputFileError(
        f"There is no column '{name}'; the file has {', '.join(table.header[:30])}."
    )


def _code_column(table: Table, plain: Sequence[str]) -> tuple[int, str]:
    """The column with the codes: by name, the first that holds any; else the one with the most.

    Raises:
        InputFileError: None does.
    """
    shares = _shares(table)
    for name in _CODE_NAMES:
        for place, found in enumerate(plain):
            if found == name and (shares[place] > 0 or name == "sku"):
                return place, "by its name"
    best = max(range(len(shares)), key=lambda place: shares[place])
    if shares[best] >= LEAST_SHARE:
        return best, f"{shares[best]:.0%} of its first cells are codes"
    for name in _CODE_NAMES:
        if name in plain:  # then each row says what is wrong with its cell
            return plain.index(name), "by its name, though none of its first cells is a code"
    raise InputFileError(
        f"No column holds codes; name it with --code-column. The file has "
        f"{', '.join(table.header[:30])}."
    )


def _shares(table: Table) -> list[float]:
    """Of each column, the share of its filled first cells that are codes."""
    width = len(table.header)
    filled, codes = [0] * width, [0] * width
    for _, cells in islice(table.numbered(), SAMPLE):
        for place, cell in enumerate(cells):
            if cell.strip():
                filled[place] += 1
                codes[place] += bool(read_cell(cell).codes)
    return [
        code / all_of_them if all_of_them else 0.0
        for code, all_of_them in zip(codes, filled, strict=True)
    ]


def _plain(name: str) -> str:
    """A column's name without case, accents and separators.

    >>> _plain("Code-barres (EAN)"), _plain("EAN 13")
    ('code_barres_ean', 'ean_13')
    """
    folded = unicodedata.normalize("NFKD", name.replace("ß", "ss").casefold())
    letters = "".join(each for each in folded if not unicodedata.combining(each))
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
