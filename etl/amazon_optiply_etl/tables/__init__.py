"""Work on complete columns: amounts, matching, JSON text."""

from __future__ import annotations

import pyarrow as pa

# Arrow looks for pandas once. Where the tap, in the same process, had it look in vain, it looks again
# here; without pandas it would take a series for a sequence of any objects.
pa.array([], pa.int64()).to_pandas()

# While it reads CSV, Arrow takes signals itself, and loses one that comes at the end of a reading.
pa.enable_signal_handlers(False)  # noqa: FBT003 - its only parameter
