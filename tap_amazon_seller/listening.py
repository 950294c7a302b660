"""`--listen`: a sync that stays and emits changes as they come.

It ends after `listen_minutes`: a message is deleted only by a sync whose first state contains it, so the
state has to make the round through the target and its host now and then.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_amazon_seller.notifications.sqs import LONGEST_POLL, QueueError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from amazon_selling_partner import AmazonClock
    from tap_amazon_seller.notifications.inbox import Inbox
    from tap_amazon_seller.streams.changes import ChangeStream

logger = logging.getLogger(__name__)

TOGETHER = 5.0
"""Seconds of real time in which changes are collected, to be emitted with a state after them."""
STATE_EVERY = 60.0
"""Seconds of real time after which a state is written though nothing has come: it shows whether the
target is there, and has it load what it holds."""
PAUSE = 10.0
"""Seconds of Amazon's time before a queue that does not answer is called again."""
MOST_FAILURES = 30
"""So many in a row, and the sync ends."""


class Listening:
    """The time in which a sync listens.

    Args:
        inbox: What comes from the queue.
        streams: The selected streams of changes.
        clock: Amazon's time.
        length: How long to listen.
        write_state: Writes a state.
    """

    def __init__(
        self,
        inbox: Inbox,
        streams: Sequence[ChangeStream],
        clock: AmazonClock,
        length: timedelta,
        write_state: Callable[[], object],
    ) -> None:
        self._inbox = inbox
        self._streams = streams
        self._clock = clock
        self._end = clock.monotonic() + length.total_seconds()
        self._write_state = write_state
        self._failures = 0

    def run(self) -> None:
        """Listen until the time is over.

        Raises:
            QueueError: The queue has not answered for long.
        """
        now = self._clock.machine.monotonic
        written = now()
        while (left := self._left) > 0:
            self._collect(min(left, LONGEST_POLL))
            has_news = [each for each in self._streams if self._inbox.has(each.name)]
            for stream in has_news:
                stream.go_on()
            if has_news:
                written = now()
            elif now() - written >= STATE_EVERY:
                self._write_state()
                written = now()

    @property
    def _left(self) -> float:
        """Seconds of real time that are left."""
        return (self._end - self._clock.monotonic()) / self._clock.factor

    def _collect(self, seconds: float) -> None:
        """Wait for the next message, and receive those that follow it soon."""
        machine = self._clock.machine
        try:
            came, _ = self._inbox.receive(max(1, int(seconds)))
            end = machine.monotonic() + TOGETHER
            while came and machine.monotonic() < end:
                came, _ = self._inbox.receive(1)
        except QueueError as error:
            self._failures += 1
            if self._failures >= MOST_FAILURES:
                raise
            logger.warning("%s Trying again in %.0f s.", error, PAUSE)
            self._clock.wait(PAUSE)
        else:
            self._failures = 0
