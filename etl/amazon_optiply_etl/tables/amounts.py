"""Money without binary fractions: amounts are integer ten-thousandths, payload amounts hundredths."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_SCALE = 10_000  # Amazon writes at most four decimals
_PER_HUNDREDTH = 100
_EXACT_BELOW = 1e9  # where doubles are far closer together than ten-thousandths


def array_of(series: pd.Series[Any] | pd.Index[Any], kind: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Return a column as one Arrow array of a type.

    Arrow asks a series itself for its protocols by name, which pandas looks for among the index's texts
    and for that numbers them all, in seconds of a large one; its values answer at once.
    """
    values = series.array if hasattr(series.array, "__arrow_array__") else series.to_numpy()
    array = pa.array(values, kind, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def ten_thousandths(text: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Turn an Arrow array of decimal numbers in text into one of integer ten-thousandths."""
    with suppress(pa.ArrowInvalid):  # not all that a decimal number may be is a double to Arrow
        near = of_doubles(pc.cast(text, pa.float64()))
        if near is not None:
            return near
    exact = pc.cast(text, pa.decimal128(38, 18))
    rounded = pc.cast(pc.round(exact, 4, round_mode="half_towards_infinity"), pa.decimal128(22, 4))
    return pc.cast(pc.multiply(rounded, pa.scalar(_SCALE, pa.decimal128(5, 0))), pa.int64())


def of_doubles(numbers: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Turn an Arrow array of doubles into one of integer ten-thousandths, null if one is not exact.

    The double nearest to a number with four decimals is that of no other such number, and no tie.
    """
    scaled = pc.round(pc.multiply(numbers, float(_SCALE)))
    exact = pc.and_(
        pc.equal(pc.divide(scaled, float(_SCALE)), numbers),
        pc.less(pc.abs(numbers), _EXACT_BELOW),
    )
    return pc.cast(scaled, pa.int64()) if pc.all(exact, min_count=0).as_py() else None


def hundredths(amounts: pd.Series[Any]) -> pd.Series[Any]:
    """Round integer ten-thousandths half up (away from zero) to integer hundredths."""
    half = _PER_HUNDREDTH // 2
    array = array_of(amounts, pa.int64())
    magnitude = pc.divide(pc.add_checked(pc.abs_checked(array), half), _PER_HUNDREDTH)
    found = pc.if_else(pc.less(array, 0), pc.negate(magnitude), magnitude)
    return pd.Series(pd.arrays.ArrowExtensionArray(found), amounts.index, name=amounts.name)


def number_text(amounts: pd.Series[Any], decimals: int = 2, *, shortest: bool = False) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Write integer hundredths as an Arrow array of texts with two decimals: ``1250`` -> ``12.50``.

    Integer ten-thousandths are written with four. The shortest text has no zeros behind its first
    decimal: ``12.5``.
    """
    whole = array_of(amounts, pa.int64())
    magnitude = pc.abs(whole)
    units = pc.divide(magnitude, 10**decimals)
    rest = pc.subtract(magnitude, pc.multiply(units, 10**decimals))
    text = pc.binary_join_element_wise(
        pc.cast(units, pa.string()), _endings(decimals, shortest=shortest).take(rest), "."
    )
    negative = pc.less(whole, 0)
    if not pc.any(negative).as_py():
        return text
    return pc.if_else(negative, pc.binary_join_element_wise("-", text, ""), text)


@cache
def _endings(decimals: int, *, shortest: bool) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Return the digits behind the point, by their value."""
    texts = (f"{value:0{decimals}}" for value in range(10**decimals))
    return pa.array([text[0] + text[1:].rstrip("0") if shortest else text for text in texts])
