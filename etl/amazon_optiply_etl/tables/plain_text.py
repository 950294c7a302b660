"""Makes texts of others harmless to show: no control characters, no terminal sequences, no formulas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.tables.amounts import array_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

# ECMA-48: CSI and OSC sequences, then all other control characters; of Unicode, marks that turn the
# direction of writing or have no width, and halves of surrogate pairs, which UTF-8 cannot hold.
_SEQUENCE = r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
_CONTROL = re.compile(
    _SEQUENCE
    + r"|[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_IN_NAMES = rf"(?:{_SEQUENCE}|[\x00-\x1f\x7f-\x{{9f}}\x{{2028}}\x{{2029}}])+"
_FORMULA = r"^'*[=@+\-\t\r]"
_FIRST_OF_FORMULAS = np.frombuffer(b"'=@+-\t\r", np.uint8)
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
    if not _may_run(texts):
        return texts
    runs = pc.match_substring_regex(texts, _FORMULA)
    if not pc.any(runs).as_py():
        return texts
    runs = pc.and_not(runs, pc.match_substring_regex(texts, _NUMBER))
    return pc.if_else(runs, pc.binary_join_element_wise("'", texts, ""), texts)


def has_bytes(texts: Any, wanted: bytes) -> bool:  # noqa: ANN401 - pyarrow is untyped
    """Return whether one of some bytes is in an Arrow array of texts, without looking at each text."""
    ends, content = _bytes(texts)
    return any((content[ends[0] : ends[-1]] == byte).any() for byte in wanted)


def _may_run(texts: Any) -> bool:  # noqa: ANN401 - pyarrow is untyped
    """Return whether a text may be a formula, by its first byte."""
    ends, content = _bytes(texts)
    starts = ends[:-1][ends[:-1] < ends[1:]]
    return bool(np.isin(content[starts], _FIRST_OF_FORMULAS).any())


def _bytes(texts: Any) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:  # noqa: ANN401
    """Return where each text of an Arrow array begins, and the last one ends, in all bytes."""
    _, offsets, data = texts.buffers()
    if offsets is None or not len(texts):
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return ends, np.frombuffer(data or b"", np.uint8)


def with_formulas(texts: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Return texts as they were before `without_formulas`."""
    return pc.replace_substring_regex(texts, r"^'('*[=@+\-\t\r])", r"\1")


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape", "surrogatepass").decode("ascii")
