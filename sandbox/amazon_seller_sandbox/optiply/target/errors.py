"""The two ways in which a job of the target fails as a whole, and a record alone."""

from __future__ import annotations


class Crash(Exception):  # noqa: N818 - what it is called
    """The target ends at once, the real one with a stack trace."""


class Unhealthy(Exception):  # noqa: N818 - what it is called
    """The record is refused in a way that makes the target skip all later records."""


class Failure(Exception):  # noqa: N818 - what it is called
    """The record fails alone."""
