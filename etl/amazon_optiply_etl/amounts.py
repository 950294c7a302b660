"""Money without binary fractions: amounts are whole ten-thousandths, payload amounts hundredths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandas as pd

_SCALE = 10_000  # Amazon writes at most four decimals
_PER_HUNDREDTH = 100


def array_of(series: pd.Series[Any], kind: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Return a column as one Arrow array of a type."""
    array = pa.array(series, kind)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def ten_thousandths(text: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Turn an Arrow array of decimal numbers in text into one of whole ten-thousandths."""
    exact = pc.cast(text, pa.decimal128(38, 18))
    rounded = pc.cast(pc.round(exact, 4, round_mode="half_towards_infinity"), pa.decimal128(22, 4))
    return pc.cast(pc.multiply(rounded, pa.scalar(_SCALE, pa.decimal128(5, 0))), pa.int64())


def hundredths(amounts: pd.Series[Any]) -> pd.Series[Any]:
    """Round whole ten-thousandths half up (away from zero) to whole hundredths."""
    half = _PER_HUNDREDTH // 2
    magnitude = (amounts.abs() + half) // _PER_HUNDREDTH
    return magnitude.where((amounts >= 0).fillna(True), -magnitude)  # noqa: FBT003 - value to fill in


def number_text(amounts: pd.Series[Any]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Write whole hundredths as an Arrow array of texts with two decimals: ``1250`` -> ``12.50``."""
    whole = array_of(amounts, pa.int64())
    digits = pc.utf8_lpad(pc.cast(pc.abs(whole), pa.string()), 3, "0")
    sign = pc.if_else(pc.less(whole, 0), "-", "")
    units = pc.utf8_slice_codeunits(digits, 0, -2)
    return pc.binary_join_element_wise(
        pc.binary_join_element_wise(sign, units, ""), pc.utf8_slice_codeunits(digits, -2), "."
    )
