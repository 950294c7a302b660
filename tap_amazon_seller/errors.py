"""The few kinds of failure of the tap's own; those of Amazon's API are in `amazon_selling_partner`.

Each message is one sentence for a person: it names the setting, file, report or marketplace and says
what to do. None holds a token, a presigned URL or a buyer's data.
"""

from __future__ import annotations


class TapError(Exception):
    """Something that ends the sync, reported in one sentence."""


class ConfigurationError(TapError):
    """A setting, catalog or state file is wrong; the run never started."""


class ReportDueError(TapError):
    """One report is left for a later sync, by a quota or because the user wants it so."""


class ReportUnavailableError(TapError):
    """One report cannot be obtained in this run; its window stays due."""


class ReportNotReadyError(ReportUnavailableError):
    """Amazon has not filled the report yet: one of its lists sums up what another does not show."""


class ReportDataUnavailableError(ReportUnavailableError):
    """Amazon says of the report that the data requested is unavailable: late, or not there at all."""


class FieldsRefusedError(ReportDataUnavailableError):
    """Amazon refuses fields of a query: rows were read without them, and are requested again."""


class ReportCancelledError(ReportUnavailableError):
    """Amazon cancelled the report, for want of data or because it was asked too often."""
