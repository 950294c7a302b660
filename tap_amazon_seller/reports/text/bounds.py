"""How large the parts of a document may be; what goes beyond is refused in one sentence, and not read.

All of Amazon's reports are far below. Without bounds, a document that is damaged, or is something else
than a report, takes all the memory there is, and every other report of the sync is lost with it.
"""

from __future__ import annotations

LONGEST_LINE = 1 << 20
"""Characters of a line of a flat file. The longest rows known, listings with their descriptions, have
some 20,000; a row is in memory several times, as text, as cells and as a record."""
LARGEST_RECORD = 2 << 20
"""Bytes of one record in a JSON or XML document, of a single text in it, and of a row in quotation
marks. Small values reuse to 30 times their text in memory; and Meltano takes no message of more than
5 MiB (half of its `elt.buffer_size`)."""
DEEPEST = 100
"""Objects, lists and elements within each other. In Amazon's own schemas of reports it is five; Python's
and the targets' own JSON readers give up at some hundreds."""
MOST_COLUMNS = 1_600
"""Columns of a flat file, or properties of the records of a JSON or XML document: a table of PostgreSQL
has no more (its manual, "PostgreSQL Limits"). The widest report known has some 110."""
LONGEST_DATED = 200
"""Characters of a column's name in which a date is looked for."""
