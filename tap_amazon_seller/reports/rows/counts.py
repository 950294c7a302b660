"""What became of the rows of one document; the figures add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

UNREADABLE_SHARE, FEWEST_UNREADABLE = 0.01, 3
"""More cells of a column than this share of the rows, and at least so many, are worth a notice."""


@dataclass(slots=True)
class Counts:
    """What became of a document's rows. `read` is the sum of `emitted`, `rejected` and `elsewhere`.

    Attributes:
        read: Rows in the document, the header and blank lines aside; a row that was broken into
            several lines is one where it could be repaired.
        emitted: Rows passed on.
        rejected: Rows whose cells are not in their columns, or that lack what identifies them.
        elsewhere: Rows of marketplaces that are not this report's (see the orders stream).
        repaired: Rows passed on whose cells were moved into their columns.
        held_back: Orders that are not passed on because a line of theirs was rejected.
        unreadable: Cells that their column's type cannot read, by column; they are null.
        first_unreadable: The first such line of each column.
    """

    read: int = 0
    emitted: int = 0
    rejected: int = 0
    elsewhere: int = 0
    repaired: int = 0
    held_back: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    first_unreadable: dict[str, int] = field(default_factory=dict)

    @property
    def unreliable_columns(self) -> list[str]:
        """The columns of which so many cells cannot be read that something must be wrong."""
        return [
            name
            for name, count in self.unreadable.items()
            if count >= FEWEST_UNREADABLE and count > UNREADABLE_SHARE * self.read
        ]
