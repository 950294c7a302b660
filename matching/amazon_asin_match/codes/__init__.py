"""Product codes: from what stands in a cell to the one form in which any two can be compared."""

from amazon_asin_match.codes.code import Code, CodeKind, CodeType, Flaw, FlawReason, Reading
from amazon_asin_match.codes.reading import read_cell

__all__ = ["Code", "CodeKind", "CodeType", "Flaw", "FlawReason", "Reading", "read_cell"]
