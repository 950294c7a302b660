"""What goes wrong and a person has to read: each message is one sentence that says what to do."""

from __future__ import annotations


class MatchError(Exception):
    """The input, the configuration or the job is not as it must be."""


class InputFileError(MatchError):
    """A file cannot be read, or is not what it was when the job began."""


class JobStateError(MatchError):
    """The job is in a state in which that cannot be done, or is not there."""


class ConfigurationError(MatchError):
    """A setting is missing or wrong."""
