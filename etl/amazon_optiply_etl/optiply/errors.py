"""What can go wrong between this ETL and Optiply, by what the caller has to do about it."""

from __future__ import annotations

from amazon_optiply_etl.errors import EtlError


class OptiplyRefusal(EtlError):  # noqa: N818 - the record is refused, the run continues
    """Optiply refuses this one record; others may well be accepted.

    Attributes:
        status: HTTP status, such as 400, 404 (on POST), 409 or 422.
        reason: What Optiply says about it, on one line.
        pointers: The places in the document that the reason is about, as JSON pointers such as
            ``/data/attributes/emails``; empty when Optiply names none.
    """

    def __init__(self, what: str, status: int, reason: str, pointers: tuple[str, ...] = ()) -> None:
        super().__init__(f"Optiply refuses {what} ({status}): {reason}.")
        self.status = status
        self.reason = reason
        self.pointers = pointers


class OptiplyDoubt(EtlError):  # noqa: N818 - neither a failure nor a success
    """Whether Optiply has created an object is not known: the answer to a POST was lost.

    After a time-out Optiply may still be at it: an object that is not there now may be there later.
    """


class OptiplyUnavailable(EtlError):  # noqa: N818 - a state of Optiply
    """Optiply does not answer as it should, however often it is asked: the run has to end."""


class OptiplyCredentialsError(EtlError):
    """Optiply does not accept the credentials: the run has to end."""
