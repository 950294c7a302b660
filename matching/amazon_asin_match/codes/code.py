"""What a cell with a code is read as."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CodeKind(StrEnum):
    """What a code identifies by. All GTIN-compatible codes are of one kind.

    Amazon converts every GTIN-compatible identifier to a GTIN before it searches
    (amzn/selling-partner-api-models#264), so that EAN, UPC, JAN and ISBN-13 need no kinds of their own.
    """

    GTIN = "GTIN"
    ASIN = "ASIN"
    MINSAN = "MINSAN"
    SKU = "SKU"


class CodeType(StrEnum):
    """What the user says that a column holds; `AUTO` decides by length and check digit."""

    AUTO = "auto"
    EAN = "EAN"
    GTIN = "GTIN"
    UPC = "UPC"
    JAN = "JAN"
    ISBN = "ISBN"
    MINSAN = "MINSAN"
    ASIN = "ASIN"
    SKU = "SKU"


@dataclass(frozen=True, slots=True, order=True)
class Code:
    """A code in its canonical form.

    Attributes:
        kind: What it identifies by.
        value: Of a GTIN, 14 digits; of a MINSAN, 9 digits; otherwise as Amazon writes it.
    """

    kind: CodeKind
    value: str

    @property
    def key(self) -> str:
        """One text for kind and value, as the database has it.

        >>> Code(CodeKind.GTIN, "04006381333931").key
        'GTIN:04006381333931'
        """
        return f"{self.kind}:{self.value}"

    @classmethod
    def of_key(cls, key: str) -> Code:
        """The code of such a text."""
        kind, _, value = key.partition(":")
        return cls(CodeKind(kind), value)

    @property
    def identifiers_type(self) -> str:
        """The `identifiersType` under which Amazon is asked: EAN for a GTIN without packaging level."""
        if self.kind is CodeKind.GTIN:
            return "EAN" if self.value.startswith("0") else "GTIN"
        return str(self.kind)

    @property
    def identifier(self) -> str:
        """What is sent: 13 digits as EAN, 14 as GTIN. The level of a case is never stripped."""
        if self.identifiers_type == "EAN":
            return self.value[1:]
        return self.value

    @property
    def can_share_a_call(self) -> bool:
        """Whether it can stand in a comma-delimited list; a SKU with a comma would be two."""
        return "," not in self.value


class FlawReason(StrEnum):
    """Why a cell holds no code that can be asked."""

    EMPTY = "empty"
    CHARACTERS = "characters"
    LENGTH = "length"
    CHECKSUM = "checksum"
    LOST_DIGITS = "lost_digits"
    RESTRICTED = "restricted"
    PLACEHOLDER = "placeholder"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a cell cannot be asked: for programs, and as a sentence for a person."""

    reason: FlawReason
    sentence: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cell is read as.

    Attributes:
        codes: What is asked: one code, or several where the cell holds several or can be read in two
            ways; none where there is a flaw.
        notes: What was done to it, in sentences (zeros restored, an exponent written out, ...).
        flaw: Why nothing can be asked.
        several: Whether the cell itself holds several codes, rather than one with several readings.
    """

    codes: tuple[Code, ...] = ()
    notes: tuple[str, ...] = ()
    flaw: Flaw | None = None
    several: bool = False
