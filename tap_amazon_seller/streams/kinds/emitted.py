"""Which records of a partition have been emitted: none comes twice, no older copy after a newer one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_amazon_seller.instants import parse_instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from singer_sdk.helpers.types import Record

_CONTENTS = msgspec.json.Encoder(enc_hook=str, order="deterministic")


class Emitted:
    """The records of one partition of a stream, by key.

    Args:
        keys: The properties that identify a record.
        change_dates: Those that say when it last changed, of records that come in more than one
            window; none where each comes in one only, so that a window need not know the others.

    Attributes:
        passed_over: Records of this window that came again as they were, or older than before.
        sharing: Records of this window whose keys another one has that differs otherwise.
    """

    def __init__(self, keys: Sequence[str], change_dates: Sequence[str] = ()) -> None:
        self.passed_over = 0
        self.sharing = 0
        self._keys = keys
        self._change_dates = change_dates
        self._known: dict[tuple[Any, ...], tuple[int, datetime | None]] = {}

    def begin_window(self) -> None:
        """Begin to count, and forget what no further window has."""
        self.passed_over = self.sharing = 0
        if not self._change_dates:
            self._known.clear()

    def is_news(self, record: Record) -> bool:
        """Whether a record is to be emitted; remembers it then."""
        key = tuple(record.get(name) for name in self._keys)
        contents = hash(_CONTENTS.encode(record))
        changed = self._changed(record)
        known = self._known.get(key)
        if known is not None:
            if known[0] == contents or (known[1] and changed and changed < known[1]):
                self.passed_over += 1
                return False
            self.sharing += not self._change_dates
        self._known[key] = contents, changed or (known and known[1])
        return True

    def _changed(self, record: Record) -> datetime | None:
        texts = (record.get(name) for name in self._change_dates)
        instants = (parse_instant(text) for text in texts if isinstance(text, str))
        return max((each for each in instants if each), default=None)
