"""The types of columns: Arrow-backed, so that null is null whatever the type."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

TEXT = pd.ArrowDtype(pa.string())
WHOLE = pd.ArrowDtype(pa.int64())
NUMBER = pd.ArrowDtype(pa.float64())
