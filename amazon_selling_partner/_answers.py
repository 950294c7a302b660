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
    from collections.abc import Sequence

Json = dict[str, Any]
T = TypeVar("T")

LONGEST_WORD = 60  # characters of an error's code
_BOM = b"\xef\xbb\xbf"
# Every escape in turn: a complete pair of UTF-16 halves, half of one that stands alone, any other.
# Servers cut texts within a character such as an emoji.
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)

# What opens and closes in JSON, past its texts.
_NESTING = re.compile(rb'[\[\]{}]|"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_OTHERS = bytes(set(range(256)) - set(b'[]{}"'))
_AS_LISTS = bytes.maketrans(b"{}", b"[]")
_ESCAPED, _TEXT = re.compile(rb"\\.", re.DOTALL), re.compile(rb'"[^"]*"')
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


class OneOrder(Answered, frozen=True):
    """Orders 2026-01-01 getOrder."""

    order: Json


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


class CreatedQuery(Answered, frozen=True):
    """Data Kiosk 2023-11-15 createQuery."""

    query_id: Identifier


class _Pagination(Answered, frozen=True):
    next_token: str | None = None


class Query(Answered, frozen=True):
    """Data Kiosk 2023-11-15 Query: one query and its state.

    Attributes:
        query_id: Amazon's id, the selling partner's own.
        query: The text as it was submitted.
        processing_status: IN_QUEUE, IN_PROGRESS, DONE, CANCELLED, FATAL, or what Amazon may add.
        created_time: When it was submitted, ISO 8601.
        data_document_id: The document of a query that is DONE; none where there is no data.
        error_document_id: What explains a FATAL one.
        pagination: Where the next page of its results is.
    """

    query_id: Identifier
    query: str
    processing_status: Identifier
    created_time: str | None = None
    data_document_id: Identifier | None = None
    error_document_id: Identifier | None = None
    pagination: _Pagination | None = None

    @property
    def next_token(self) -> str:
        """What requests the next page of results; empty on the last."""
        return (self.pagination.next_token or "") if self.pagination else ""


class KioskDocument(Answered, frozen=True):
    """Data Kiosk 2023-11-15 getDocument: where a document is, for 5 minutes."""

    document_url: Text


class MarketplaceDetails(Answered, frozen=True):
    """Sellers v1 Marketplace; only its id is relied on."""

    id: Text
    name: str | None = None
    country_code: str | None = None
    default_currency_code: str | None = None
    default_language_code: str | None = None
    domain_name: str | None = None


class ParticipationDetails(Answered, frozen=True):
    """Sellers v1 Participation; None is what Amazon leaves out."""

    is_participating: bool | None = None
    has_suspended_listings: bool | None = None


class Participation(Answered, frozen=True):
    """Sellers v1 MarketplaceParticipation: a marketplace, and whether the seller sells there."""

    marketplace: MarketplaceDetails
    participation: ParticipationDetails | None = None
    store_name: str | None = None


class Participations(Answered, frozen=True):
    """Sellers v1 getMarketplaceParticipations: entries that may be anything."""

    payload: list[Any]


class Business(Answered, frozen=True):
    """Sellers v1 Business."""

    name: str | None = None
    non_latin_name: str | None = None
    company_registration_number: str | None = None
    company_tax_identification_number: str | None = None
    registered_business_address: Json | None = None


class _MarketplaceId(Answered, frozen=True):
    id: str | None = None


class _AccountMarketplace(Answered, frozen=True):
    marketplace: _MarketplaceId | None = None


class SellerAccount(Answered, frozen=True):
    """Sellers v1 Account: the seller's business and its marketplaces; None is what Amazon leaves out."""

    business_type: str | None = None
    selling_plan: str | None = None
    marketplace_participation_list: list[_AccountMarketplace] | None = None
    business: Business | None = None
    primary_contact: Json | None = None

    def __post_init__(self) -> None:
        """Refuse an account of which nothing is reported."""
        if not (self.business_type or self.selling_plan or self.marketplace_participation_list):
            raise ValueError("nothing of an account")

    @property
    def marketplace_ids(self) -> list[str]:
        """The ids of its marketplaces, each once, sorted."""
        entries = self.marketplace_participation_list or ()
        found = {entry.marketplace.id for entry in entries if entry.marketplace}
        return sorted(each for each in found if each)


class SellerAccountAnswer(Answered, frozen=True):
    """Sellers v1 getAccount."""

    payload: SellerAccount


class CatalogItem(Answered, frozen=True):
    """Catalog Items 2022-04-01 Item."""

    asin: Text


class ListingsItem(Answered, frozen=True):
    """Listings Items 2021-08-01 Item."""

    sku: Text


class CatalogPage(Answered, frozen=True):
    """Catalog Items 2022-04-01 searchCatalogItems, and searchListingsItems, which has the same form.

    Attributes:
        items: The page's items, which may be anything.
        number_of_results: How many items all pages have together.
        pagination: Where the next page is.
    """

    items: list[Any]
    number_of_results: int | None = None
    pagination: _Pagination | None = None

    @property
    def token(self) -> str | None:
        """What requests the next page; None, or empty, on the last."""
        return self.pagination.next_token if self.pagination else None


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


def flaw(item: object, kind: type[Answered]) -> str:
    """What keeps an item from being what callers rely on, without a word of it; empty if nothing.

    >>> flaw({"asin": 7}, CatalogItem)
    'Expected `str`, got `int` - at `$.asin`'
    """
    try:
        msgspec.convert(item, kind)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def catalog_page(body: bytes) -> CatalogPage:
    """A page of searchCatalogItems or searchListingsItems.

    Raises:
        RetryableError: The answer is another one.
    """
    page = decode(body, CatalogPage)
    refuse_if_all_wrong(page.items)
    return page


def refuse_if_all_wrong(items: Sequence[object]) -> None:
    """Refuse a list of which nothing is an object: the answer as a whole is another one.

    Raises:
        RetryableError: It is so.
    """
    if items and not any(isinstance(item, dict) for item in items):
        raise RetryableError("gave an answer of another form (its list holds no object)")


def refusal(body: bytes) -> Refusal | None:
    """What an answer says under `errors`, as far as it can be read; None when it says nothing there.

    Raises:
        RetryableError: The body is neither a JSON object nor a list.
    """
    either: Any = _Errors | list[Any]  # getMyFeesEstimates answers with a bare list
    answer: Any = decode(body, either)
    found = answer.errors if isinstance(answer, _Errors) else None
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
    """A life in seconds as Amazon states it; `default` when that is not a number within reason."""
    try:
        found = default if isinstance(value, bool) else float(value)
    except (OverflowError, TypeError, ValueError):
        return default
    return found if 0 < found <= longest else default


def _check_depth(text: bytes) -> None:
    """Refuse what could be decoded, but not be handled by all that is called with it later."""
    if text.count(b"[") + text.count(b"{") <= DEEPEST or _is_shallow(text):
        return
    depth = 0
    for part in _NESTING.finditer(text):
        opener = part[0]
        if opener in b"[{":
            depth += 1
            if depth > DEEPEST:
                raise RecursionError
        elif opener in b"]}":
            depth -= 1


def _is_shallow(text: bytes) -> bool:
    r"""Whether nothing is left of a text once its innermost lists are taken away `DEEPEST` times.

    That takes a fraction of the time in which each bracket is looked at by itself. What is malformed may
    be taken for deep, but nothing that is deep for shallow.

    >>> _is_shallow(b'[{"a": [1, "\\"[["]}]'), _is_shallow(b"[" * 101 + b"]" * 101)
    (True, False)
    """
    left = _ESCAPED.sub(b"", text) if b"\\" in text else text
    # Where two marks are next to each other, a text ends and another begins, or it was empty.
    left = left.translate(_AS_LISTS, _OTHERS).replace(b'""', b"")
    left = _TEXT.sub(b"", left)
    for _ in range(DEEPEST):
        outer = left.replace(b"[]", b"")
        if len(outer) == len(left):
            break
        left = outer
    return not left


def _whole(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape["half"] else escape[0]


def _reason(error: Exception) -> str:
    return "too deep" if isinstance(error, RecursionError) else "malformed"
