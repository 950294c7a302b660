"""Limits that several processes share: an application's over sellers, a seller's over applications.

Amazon counts some calls for an application as well, over all sellers that have authorised it, and some
report types for a seller, over all applications; whichever is reached first answers 429 (Amazon's
"Usage plans and rate limits"). No header states such a limit. Who runs one account at a time needs
nothing here; who runs many gives each client a `SharedLimits` that all of them have in common.
"""

from __future__ import annotations

from typing import Protocol


class LimitSpentError(Exception):
    """Others have used up what is shared, so that a call was not made and no token of it is used."""


class SharedLimits(Protocol):
    """What all processes may do together. Safe to use from several threads.

    All seconds are Amazon's. Those named `seconds_until_...` answer at once, from what this process has
    heard last; only `reserve_call` and `reserve_report` find out what others have used.
    """

    def reserve_call(self, operation: str) -> float:
        """Take a token of an operation; how many seconds later the call may be made, 0 for now.

        Who comes first is given the earlier one, so that nobody waits for ever.

        Raises:
            LimitSpentError: That would take long; `seconds_until_call` answers how long.
        """

    def seconds_until_call(self, operation: str, calls: int = 1) -> float:
        """How long until an operation may be called (so many times), as far as is known; 0 for now."""

    def call_refused(self, operation: str) -> None:
        """Amazon has refused a call with 429: others have used up what is shared."""

    def is_report_limited(self, report_type: str) -> bool:
        """Whether a report type has a limit that is shared."""

    def reserve_report(self, report_type: str) -> None:
        """Take the next report of a type.

        Who has to wait keeps a place in the queue, and is given a report in the order of these.

        Raises:
            LimitSpentError: There is none now; `seconds_until_report` answers when to try again.
        """

    def seconds_until_report(self, report_type: str, calls: int = 1) -> float:
        """How long until a report of a type may be requested, as far as is known; 0 for now."""

    def report_refused(self, report_type: str) -> None:
        """Amazon has refused a report that was reserved, with 429."""


class _NothingShared:
    """Nothing is shared, as where one account is run at a time."""

    def reserve_call(self, operation: str) -> float:
        del operation
        return 0.0

    def seconds_until_call(self, operation: str, calls: int = 1) -> float:
        del operation, calls
        return 0.0

    def call_refused(self, operation: str) -> None:
        del operation

    def is_report_limited(self, report_type: str) -> bool:
        del report_type
        return False

    def reserve_report(self, report_type: str) -> None:
        del report_type

    def seconds_until_report(self, report_type: str, calls: int = 1) -> float:
        del report_type, calls
        return 0.0

    def report_refused(self, report_type: str) -> None:
        del report_type


NOTHING_SHARED: SharedLimits = _NothingShared()
