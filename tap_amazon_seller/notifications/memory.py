"""What the state keeps of notifications: which were handed over, and how new each thing's last one is.

A message may be deleted from its queue only once the state that the tap was given at its start contains
it: a state that the tap writes may never arrive, because the target dies before it has flushed. So ids
stay as long as their messages may come again, and a while longer, since Amazon delivers at least once.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.instants import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Json = dict[str, Any]

KEPT_AFTER_DELETION = timedelta(days=3)
"""Amazon may send a notification again, or an older one late, for days (models#2869)."""
LONGEST_IN_QUEUE = timedelta(days=14)
"""SQS keeps no message longer."""
FROM, IN_QUEUE, DELETED, NEWEST, SELLER = "from", "in_queue", "deleted", "newest", "seller"
HANDED_OVER = "handed_over"


@dataclass(slots=True)
class _Hour:
    """What was handed over within an hour."""

    begin: datetime
    in_queue: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    newest: dict[str, dict[str, int]] = field(default_factory=dict)

    def is_over(self, now: datetime) -> bool:
        """Whether it need not be remembered any longer."""
        age = now - self.begin
        return age > LONGEST_IN_QUEUE or (not self.in_queue and age > KEPT_AFTER_DELETION)


class Memory:
    """The notifications that have been handed over. Safe to use from several threads.

    Args:
        kept: What the state has of it; None where there is no state.

    Attributes:
        given: The ids that the state had at the start of the sync: their messages may be deleted.
        seller: A digest of the seller's id, where a notification has named one.
    """

    def __init__(self, kept: object) -> None:
        self._lock = threading.Lock()
        self._hours: list[_Hour] = []
        self._hour_of: dict[str, _Hour] = {}
        self._newest: dict[tuple[str, str], int] = {}
        self.seller = ""
        if isinstance(kept, dict):
            self.seller = kept[SELLER] if isinstance(kept.get(SELLER), str) else ""
            hours = kept.get(HANDED_OVER)
            for each in hours if isinstance(hours, list) else ():
                self._load(each)
        self.given = frozenset(self._hour_of)

    def _load(self, kept: object) -> None:
        if not isinstance(kept, dict) or not isinstance(kept.get(FROM), str):
            return
        begin = parse_instant(kept[FROM])
        if begin is None:
            return
        hour = _Hour(begin, _texts(kept.get(IN_QUEUE)), _texts(kept.get(DELETED)))
        newest = kept.get(NEWEST)
        for stream, keys in newest.items() if isinstance(newest, dict) else ():
            if isinstance(keys, dict):
                found = {key: at for key, at in keys.items() if isinstance(at, int)}
                hour.newest[str(stream)] = found
        self._take_in(hour)

    def _take_in(self, hour: _Hour) -> None:
        self._hours.append(hour)
        self._hour_of |= dict.fromkeys(hour.in_queue | hour.deleted, hour)
        for stream, keys in hour.newest.items():
            for key, at in keys.items():
                self._newest[stream, key] = max(at, self._newest.get((stream, key), at))

    def has(self, notification_id: str) -> bool:
        """Whether a notification has been handed over, in this sync or an earlier one."""
        with self._lock:
            return notification_id in self._hour_of

    def newest(self, stream: str, key: str) -> int | None:
        """The event time (milliseconds since 1970) of the last notification about a thing."""
        with self._lock:
            return self._newest.get((stream, key))

    def add(
        self, ids: Iterable[str], stream: str, newest: Mapping[str, int], now: datetime
    ) -> None:
        """Remember what has been handed over.

        Args:
            ids: The notifications.
            stream: The stream that has their records; empty where none has.
            newest: The last event time (milliseconds since 1970) by key.
            now: Amazon's time.
        """
        with self._lock:
            begin = now.replace(minute=0, second=0, microsecond=0)
            if not self._hours or self._hours[-1].begin != begin:
                self._hours.append(_Hour(begin))
            hour = self._hours[-1]
            for each in ids:
                hour.in_queue.add(each)
                self._hour_of[each] = hour
            if newest:
                hour.newest.setdefault(stream, {}).update(newest)
                self._newest.update({(stream, key): at for key, at in newest.items()})

    def deleted(self, ids: Iterable[str]) -> None:
        """Note that these have been deleted from the queue."""
        with self._lock:
            for each in ids:
                if hour := self._hour_of.get(each):
                    hour.in_queue.discard(each)
                    hour.deleted.add(each)

    def to_state(self, now: datetime) -> Json:
        """What the state keeps."""
        with self._lock:
            hours = [
                {
                    FROM: hour.begin.isoformat(),
                    IN_QUEUE: sorted(hour.in_queue),
                    DELETED: sorted(hour.deleted),
                    NEWEST: {name: dict(keys) for name, keys in hour.newest.items()},
                }
                for hour in self._hours
                if not hour.is_over(now)
            ]
        found: Json = {HANDED_OVER: hours} if hours else {}
        if self.seller:
            found[SELLER] = self.seller
        return found


def _texts(value: object) -> set[str]:
    return {each for each in value if isinstance(each, str)} if isinstance(value, list) else set()
