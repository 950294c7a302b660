"""Tables are made alike in a process that has loaded the tap, which has Arrow do without pandas."""

from __future__ import annotations

import subprocess
import sys

_SCRIPT = """
import sys
from tap_amazon_seller.machine import arrow
assert "pandas" not in sys.modules
import amazon_optiply_etl.tables
import pandas as pd
import pyarrow as pa
kinds = {pa.string(): ["a", None], pa.int64(): [1, None], pa.bool_(): [True, None]}
for kind, values in kinds.items():
    series = pd.Series(pd.arrays.ArrowExtensionArray(pa.array(values, kind)))
    array = pa.array(series)
    assert array.type == kind, array.type
    assert array.null_count == 1
assert pa.array(pd.Series([True, False])).type == pa.bool_()
"""


def test_arrow_knows_series_where_the_tap_was_loaded_first() -> None:
    subprocess.run([sys.executable, "-c", _SCRIPT], check=True)
