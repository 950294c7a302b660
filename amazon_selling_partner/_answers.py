"""The one place that turns the bytes of an answer into typed structs.

Whatever is wrong with the bytes, be it their encoding, their depth, their types or a missing member, is
one failure of that call (`RetryableError`). Errors of the program itself are not caught here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

from amazon_selling_partner.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]
T = TypeVar("T")

LONGEST_WORD = 60  # characters of an error's code
_BOM = b"\xef\xbb\xbf"
# Every escape in turn: a whole pair of UTF-16 halves, half of one that stands alone, any other. Servers
# cut texts within a character such as an emoji.
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)

# What opens and closes in JSON, past its texts.
_NESTING = re.compile(rb'[\[\]{}]|"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
DEEPEST = 100
"""Objects and lists within one another; Amazon's have about ten, and Python's own code some hundreds."""

Identifier = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~:+=|-]{0,511}\Z")]
"""An id of Amazon's, which goes into paths, logs and states."""
Secret = Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,16384}\Z")]
"""A token, which goes into a header: visible ASCII."""
Text = Annotated[str, msgspec.Meta(min_length=1)]


class Answered(msgspec.Struct, rename="camel", frozen=True):
    """What is read of an answer; members that are not named here are passed over."""


class _Errors(Answered, frozen=True):
    errors: Any = None
    error: Any = None


class Refusal(Answered, frozen=True):
    """The first of the `errors` of an answer, as far as it can be read."""

    code: str = "error"
    message: str = "no reason given"
    details: str = ""


class AccessToken(Answered, rename=None, frozen=True):
    """Login with Amazon's answer: the token, and the seconds of its life (which may be anything)."""

    access_token: Secret
    expires_in: Any = None


class RestrictedToken(Answered, frozen=True):
    """Tokens 2021-03-01 createRestrictedDataToken."""

    restricted_data_token: Secret
    expires_in: Any = None


class CreatedReport(Answered, frozen=True):
    """Reports 2021-06-30 createReport."""

    report_id: Identifier


class Report(Answered, frozen=True):
    """Reports 2021-06-30 getReport: one report and its state.

    Attributes:
        report_id: Amazon's id, the seller's own.
        report_type: Such as `GET_MERCHANT_LISTINGS_ALL_DATA`.
        processing_status: IN_QUEUE, IN_PROGRESS, DONE, CANCELLED, FATAL, or what Amazon may add.
        report_document_id: The document's id, once there is one.
        marketplace_ids: Its marketplaces; Amazon leaves them out of some reports.
        data_start_time: Start of its window, ISO 8601; None where a type has none.
        data_end_time: Its end.
        created_time: When it was requested, ISO 8601.
    """

    report_id: Identifier
    processing_status: Identifier
    report_type: str | None = None
    report_document_id: Identifier | None = None
    marketplace_ids: list[str] | None = None
    data_start_time: str | None = None
    data_end_time: str | None = None
    created_time: str | None = None

    @classmethod
    def of(cls, answer: Json) -> Report:
        """A report of a listing.

        Raises:
            RetryableError: It has another form.
        """
        try:
            return msgspec.convert(answer, cls)
        except msgspec.ValidationError as error:
            raise RetryableError(f"gave a report of another form ({error})") from None

    def as_answer(self) -> Json:
        """The report as Amazon answers it, with its camelCase names."""
        found: Json = msgspec.to_builtins(self)
        return found


class ReportDocument(Answered, frozen=True):
    """Reports 2021-06-30 getReportDocument: where a document is, for 5 minutes."""

    url: Text


class MarketplaceDetails(Answered, frozen=True):
    """Sellers v1 Marketplace."""

    id: Text
    name: str
    country_code: str
    default_currency_code: str
    default_language_code: str
    domain_name: str


class ParticipationDetails(Answered, frozen=True):
    """Sellers v1 Participation."""

    is_participating: bool
    has_suspended_listings: bool


class Participation(Answered, frozen=True):
    """Sellers v1 MarketplaceParticipation: a marketplace, and whether the seller sells there."""

    marketplace: MarketplaceDetails
    participation: ParticipationDetails
    store_name: str | None = None


class Participations(Answered, frozen=True):
    """Sellers v1 getMarketplaceParticipations."""

    payload: list[Participation]


class Business(Answered, frozen=True):
    """Sellers v1 Business."""

    name: str | None = None
    non_latin_name: str | None = None
    company_registration_number: str | None = None
    company_tax_identification_number: str | None = None
    registered_business_address: Json | None = None


class _MarketplaceId(Answered, frozen=True):
    id: Text


class _AccountMarketplace(Answered, frozen=True):
    marketplace: _MarketplaceId


class SellerAccount(Answered, frozen=True):
    """Sellers v1 Account: the seller's business and its marketplaces."""

    business_type: str
    selling_plan: str
    marketplace_participation_list: list[_AccountMarketplace]
    business: Business | None = None
    primary_contact: Json | None = None


class SellerAccountAnswer(Answered, frozen=True):
    """Sellers v1 getAccount."""

    payload: SellerAccount


class _CatalogItem(Answered, frozen=True):
    asin: Text


class CatalogPage(Answered, frozen=True):
    """Catalog Items 2022-04-01 searchCatalogItems."""

    items: list[Json]


def decode(body: bytes, kind: type[T]) -> T:
    """An answer's body as a struct.

    Raises:
        RetryableError: It is not such an answer; the message completes "the operation ..." and holds
            nothing of the body.
    """
    text = body.removeprefix(_BOM)
    try:
        text.decode()  # msgspec passes over what is not UTF-8 in members that it does not keep
        _check_depth(text)
        try:
            return msgspec.json.decode(text, type=kind)
        except (msgspec.DecodeError, UnicodeError) as error:
            whole = _ESCAPES.sub(_whole, text)
            if isinstance(error, msgspec.ValidationError) or whole == text:
                raise
            return msgspec.json.decode(whole, type=kind)
    except msgspec.ValidationError as error:
        raise RetryableError(f"gave an answer of another form ({error})") from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        reason = "an HTML page" if text.lstrip().startswith(b"<") else _reason(error)
        raise RetryableError(f"gave an answer that is not JSON ({reason})") from None


def check(items: Iterable[Json], kind: type[Answered]) -> None:
    """Hold the items of a list against their struct.

    Raises:
        RetryableError: One of them has another form.
    """
    for item in items:
        try:
            msgspec.convert(item, kind)
        except msgspec.ValidationError as error:
            raise RetryableError(f"gave an item of another form ({error})") from None


def catalog_items(body: bytes) -> list[Json]:
    """The items of searchCatalogItems, each of which has an ASIN.

    Raises:
        RetryableError: One has none, or the answer is another one.
    """
    page = decode(body, CatalogPage)
    check(page.items, _CatalogItem)
    return page.items


def refusal(body: bytes) -> Refusal | None:
    """What an answer says under `errors`, as far as it can be read; None when it says nothing there.

    Raises:
        RetryableError: The body is not a JSON object.
    """
    found = decode(body, _Errors).errors
    if not found:
        return None
    first = found[0] if isinstance(found, list) else found
    if not isinstance(first, dict):
        return Refusal(message=first) if isinstance(first, str) else Refusal()
    words = {
        name: first[name]
        for name in ("code", "message", "details")
        if isinstance(first.get(name), str) and first[name]
    }
    if "code" in words:
        words["code"] = words["code"][:LONGEST_WORD]
    return Refusal(**words)


def login_error(body: bytes) -> str:
    """The `error` of a refusal of Login with Amazon; empty where there is none.

    Raises:
        RetryableError: The body is not a JSON object.
    """
    found = decode(body, _Errors).error
    return found if isinstance(found, str) else ""


def seconds(value: Any, *, default: float, longest: float) -> float:
    """A life in seconds as Amazon tells it; `default` when that is not a number within reason."""
    try:
        found = default if isinstance(value, bool) else float(value)
    except (OverflowError, TypeError, ValueError):
        return default
    return found if 0 < found <= longest else default


def _check_depth(text: bytes) -> None:
    """Refuse what could be decoded, but not be handled by all that is called with it later."""
    depth = 0
    for part in _NESTING.finditer(text):
        opener = part[0]
        if opener in b"[{":
            depth += 1
            if depth > DEEPEST:
                raise RecursionError
        elif opener in b"]}":
            depth -= 1


def _whole(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape["half"] else escape[0]


def _reason(error: Exception) -> str:
    return "too deep" if isinstance(error, RecursionError) else "malformed"
