"""What a partition's state keeps of windows beyond its bookmark, for report types that Amazon limits.

A bookmark stays before a window that is missing, while later ones are read. To request those again in
every sync would use up the limit, and so would asking all the time for what Amazon fills once a day.
Pure functions; nothing here calls Amazon.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.reports.requests.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

AGAIN_AFTER = timedelta(hours=12)
"""A report that was not filled is requested again after this time: Amazon fills reports once a day (as
its support says of this one in amzn/selling-partner-api-models#5210)."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """The windows beyond a bookmark that need no request now.

    Attributes:
        read: Those that have been read.
        unfilled: Those whose report was not filled, and when it was requested.
        read_at: When the last window before the bookmark was read; None where that is not kept.
    """

    read: frozenset[Window] = frozenset()
    unfilled: Mapping[Window, datetime] = field(default_factory=dict)
    read_at: datetime | None = None

    @classmethod
    def from_state(cls, value: object, now: datetime) -> Beyond:
        """Read what `to_state` wrote, without what makes no sense, or is to be requested again."""
        if not isinstance(value, dict):
            return cls()
        read = {window for window, _ in _windows(value.get("read"))}
        unfilled = {
            window: asked
            for window, asked in _windows(value.get("unfilled"))
            if asked and now - AGAIN_AFTER < asked <= now
        }
        read_at = value.get("read_at")
        return cls(
            frozenset(read), unfilled, parse_instant(read_at) if isinstance(read_at, str) else None
        )

    def to_state(self) -> dict[str, Any]:
        """What the state keeps."""
        state: dict[str, Any] = {}
        if self.read:
            state["read"] = [_ends(window) for window in sorted(self.read)]
        if self.unfilled:
            state["unfilled"] = [
                [*_ends(window), asked.isoformat()]
                for window, asked in sorted(self.unfilled.items())
            ]
        if self.read_at:
            state["read_at"] = self.read_at.isoformat()
        return state

    def needs(self, window: Window | None) -> bool:
        """Whether a window's report has to be requested."""
        return window is None or not (window in self.read or window in self.unfilled)

    def after(
        self, window: Window, bookmark: datetime | None, now: datetime, *, is_read: bool | None
    ) -> Beyond:
        """What is known after a window.

        Args:
            window: The window.
            bookmark: Where the bookmark is now.
            now: The instant of the sync.
            is_read: Whether it was read; False where it was not filled, None where it is missing for
                another reason.
        """
        read, unfilled = set(self.read), dict(self.unfilled)
        if is_read:
            read.add(window)
        if is_read is not False:
            unfilled.pop(window, None)
        else:
            unfilled.setdefault(window, now)
        passed = bookmark is not None and window.end <= bookmark
        return Beyond(
            frozenset(one for one in read if bookmark is None or one.end > bookmark),
            {one: at for one, at in unfilled.items() if bookmark is None or one.end > bookmark},
            now if is_read and passed else self.read_at,
        )


def _windows(value: object) -> Iterator[tuple[Window, datetime | None]]:
    for entry in value if isinstance(value, list) else ():
        texts = entry if isinstance(entry, list) else ()
        instants = [parse_instant(text) for text in texts if isinstance(text, str)]
        if len(instants) >= len(("start", "end")) and instants[0] and instants[1]:
            yield Window(instants[0], instants[1]), instants[2] if instants[2:] else None


def _ends(window: Window) -> list[str]:
    return [window.start.isoformat(), window.end.isoformat()]
