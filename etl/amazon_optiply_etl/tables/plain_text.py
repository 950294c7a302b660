"""Makes texts of others harmless to show: no control characters, no terminal sequences, no formulas."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.tables.amounts import array_of

# ECMA-48: CSI and OSC sequences, then all other control characters; of Unicode, marks that turn the
# direction of writing or have no width, and halves of surrogate pairs, which UTF-8 cannot hold.
_SEQUENCE = r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
_CONTROL = re.compile(
    _SEQUENCE
    + r"|[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_IN_NAMES = rf"(?:{_SEQUENCE}|[\x00-\x1f\x7f-\x{{9f}}\x{{2028}}\x{{2029}}])+"
_FORMULA = r"^'*[=@+\-\t\r]"
_NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?$"


def one_line(text: str) -> str:
    """Return a text without control characters, on one line."""
    return " ".join(_CONTROL.sub(" ", text).split())


def shown(text: str) -> str:
    """Return a text for a terminal: lines stay, other control characters are escaped."""
    return "\n".join(_CONTROL.sub(_escaped, line) for line in text.split("\n"))


def file_name(name: str) -> str:
    """Return a file's name as text that UTF-8 can hold; bytes that are not UTF-8 are escaped."""
    return _CONTROL.sub(
        _escaped, name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    )


def on_one_line(names: pd.Series[Any]) -> pd.Series[Any]:
    """Write names on one line, without control characters."""
    texts = pc.replace_substring_regex(array_of(names, pa.string()), _IN_NAMES, " ")
    return pd.Series(pd.arrays.ArrowExtensionArray(texts), index=names.index, name=names.name)


def without_formulas(texts: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Put an apostrophe before cells that a spreadsheet would run; `with_formulas` takes it back.

    Source: OWASP, "CSV Injection". Numbers are none, whatever their sign.

    Args:
        texts: Arrow array of texts.
    """
    runs = pc.and_not(
        pc.match_substring_regex(texts, _FORMULA), pc.match_substring_regex(texts, _NUMBER)
    )
    if not pc.any(runs).as_py():
        return texts
    return pc.if_else(runs, pc.binary_join_element_wise("'", texts, ""), texts)


def with_formulas(texts: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Return texts as they were before `without_formulas`."""
    return pc.replace_substring_regex(texts, r"^'('*[=@+\-\t\r])", r"\1")


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape", "surrogatepass").decode("ascii")
