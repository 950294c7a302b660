"""Records of one document that share their keys: numbered, or counted."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Keys:
    """The keys of one document's records, as digests: 8 bytes for each where they are only counted.

    Args:
        names: The properties that identify a record.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._numbers: Counter[int] = Counter()
        self._digests = array("q")

    def number_of(self, record: Mapping[str, Any]) -> int:
        """The number of a record among those that share its keys, from 1."""
        digest = self._digest(record)
        self._numbers[digest] += 1
        return self._numbers[digest]

    def add(self, record: Mapping[str, Any]) -> None:
        """Count a record."""
        self._digests.append(self._digest(record))

    @property
    def sharing(self) -> int:
        """How many counted records have the keys of another one before them.

        >>> keys = Keys(["asin"])
        >>> for asin in ("B1", "B2", "B1"):
        ...     keys.add({"asin": asin})
        >>> keys.sharing
        1
        """
        return len(self._digests) - len(np.unique(np.asarray(self._digests)))

    def _digest(self, record: Mapping[str, Any]) -> int:
        return hash(tuple(record.get(name) for name in self._names))
