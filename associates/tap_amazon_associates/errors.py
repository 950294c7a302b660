"""The kinds of failure: each is one sentence that says what is wrong and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class AssociatesError(Exception):
    """Something that ends a command, in one sentence."""


class ConfigurationError(AssociatesError):
    """A setting, a file or an argument cannot be used; the sentence names it."""


class CacheError(AssociatesError):
    """The cache file cannot be read or written."""


class NotAProductLinkError(AssociatesError, ValueError):
    """A text is not an ASIN, a link to an Amazon product, or one of Amazon's short links."""


class ShortLinkError(AssociatesError):
    """A short link leads to no Amazon page, or was not answered.

    Attributes:
        is_final: Whether the same is to be expected of another try.
    """

    def __init__(self, sentence: str, *, is_final: bool) -> None:
        super().__init__(sentence)
        self.is_final = is_final


class ProductNotFoundError(AssociatesError):
    """Amazon gives no item for an ASIN."""


class CreatorsApiError(AssociatesError):
    """Amazon did not give what was requested."""


class SetupError(CreatorsApiError):
    """No call can succeed before somebody changes a setting or the account."""


class CredentialsError(SetupError):
    """The credential's id or secret is wrong, or it is of another version."""


class VersionError(SetupError):
    """The credential is of another version than the setting says."""


class MarketplaceError(SetupError):
    """The credential is not valid for the marketplace."""


class PartnerTagError(SetupError):
    """The tag does not belong to the marketplace."""


class NotEligibleError(SetupError):
    """The account has too few sales to use the API at present."""


class AccessDeniedError(SetupError):
    """The credential may not make the call."""


class QuotaSpentError(CreatorsApiError):
    """No more calls can be made for now.

    Attributes:
        until: When the next one is allowed; None where Amazon does not say.
    """

    def __init__(self, sentence: str, until: datetime | None = None) -> None:
        super().__init__(sentence)
        self.until = until


class UnavailableError(CreatorsApiError):
    """Amazon cannot be reached, or its servers fail whatever is requested."""


class CallFailedError(CreatorsApiError):
    """One call failed as a whole; a call for a part of its items may succeed."""


class RefusedRequestError(CallFailedError):
    """Amazon refuses what one call requests (400, 404).

    Attributes:
        code: Amazon's word for it.
        text: Amazon's message and its fields: what is refused may be named in it.
    """

    def __init__(self, sentence: str, code: str, text: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.text = text


class UnreadableAnswerError(CallFailedError):
    """An answer is not JSON of the expected form: a truncated body, a page of HTML."""


class ServerFailedError(CallFailedError):
    """Amazon's server failed (500 and above), again and again."""
