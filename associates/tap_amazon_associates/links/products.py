"""The ASIN and the marketplace in a link to an Amazon product.

python-amazon-paapi's `get_asin` knows four forms of paths, takes any host, and takes "headphones" for an
ASIN, so this is a function of its own. Forms are those in use in links of Associates, of Amazon's pages
and apps, and of mails since 2000.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from tap_amazon_associates.errors import NotAProductLinkError
from tap_amazon_associates.marketplaces import BY_COUNTRY, BY_DOMAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_amazon_associates.marketplaces import Marketplace

LONGEST = 8_192
"""Characters of a text that is looked at; longer URLs are refused by servers, too."""
SHORT_HOSTS = frozenset({"amzn.to", "a.co", "amzn.eu", "amzn.asia", "amzn.com"})
"""Amazon's hosts of short links; `amzn.com/B0...` has the ASIN in it."""
_SUBDOMAINS = ("www.", "m.", "smile.")
_PORTS = frozenset({None, 80, 443})
_MOST_WRAPPED = 2

# Amazon's own pattern is [0-9]{9}[0-9X]|[A-Z][A-Z0-9]{9} (amzn/selling-partner-api-docs#2543). What is
# not a book begins with B and has a digit in it: "bestseller" and "headphones" are words.
_ASIN = re.compile(r"B(?=[A-Z]*[0-9])[0-9A-Z]{9}|[0-9]{9}[0-9X]")
_ASIN_AT_START = re.compile(rf"({_ASIN.pattern})(?![0-9A-Za-z])", re.IGNORECASE)

_AFTER: tuple[tuple[str, ...], ...] = (
    ("gp", "product", "glance"),
    ("gp", "product", "reviews"),
    ("gp", "product"),
    ("gp", "aw", "d"),
    ("gp", "aw", "ol"),
    ("gp", "aw", "reviews"),
    ("gp", "offer-listing"),
    ("exec", "obidos", "asin"),
    ("exec", "obidos", "tg", "detail", "-"),
    ("o", "asin"),
    ("dp", "product"),
    ("dp",),
    ("d",),
    ("product-reviews",),
    ("product",),
)
"""The parts of a path that an ASIN follows."""
_NAMES = re.compile(r"asin|creativeasin|asin\.\d{1,3}|pd_rd_i")
"""The parameters that hold one, in small letters: `ASIN=`, `pd_rd_i=`, `ASIN.1=` of a cart."""
_WRAPPING = frozenset({"url", "u"})
"""Parameters that hold the address of the product's page: of advertisements and redirects."""

_URL_IN_TEXT = re.compile(r"https?://\S+", re.IGNORECASE)
_WITHOUT_SCHEME = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?/", re.IGNORECASE)
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_AROUND = " \t\r\n<>()[]{}\"'`´‘’“”„«»,.;:!?…*|"  # noqa: RUF001 - as chat messages have them


@dataclass(frozen=True, slots=True)
class ProductLink:
    """A product that a text names.

    Attributes:
        marketplace: The one of the link's host; None for a bare ASIN.
    """

    asin: str
    marketplace: Marketplace | None


def is_isbn10(text: str) -> bool:
    """Whether ten characters are an ISBN-10: the weighted sum is a multiple of 11 (ISO 2108).

    >>> is_isbn10("316148410X"), is_isbn10("3161484100")
    (True, False)
    """
    if not re.fullmatch(r"[0-9]{9}[0-9X]", text):
        return False
    values = [10 if digit == "X" else int(digit) for digit in text]
    return (
        sum(weight * value for weight, value in zip(range(10, 0, -1), values, strict=True)) % 11
        == 0
    )


def as_asin(text: str) -> str | None:
    """The ASIN that a text is, in capitals: `B` and nine more with a digit among them, or an ISBN-10.

    >>> as_asin(" b01abcdefg "), as_asin("headphones"), as_asin("1234567890")
    ('B01ABCDEFG', None, None)
    """
    word = text.strip().upper()
    if not _ASIN.fullmatch(word) or (word[0] != "B" and not is_isbn10(word)):
        return None
    return word


def asin_from_url(text: str) -> str:
    """The ASIN of a link to an Amazon product, or of a bare ASIN.

    Raises:
        NotAProductLinkError: It is none.
    """
    return product_links(text)[0].asin


def product_links(text: str) -> tuple[ProductLink, ...]:
    """The products that a text names: one, or several for the link of a cart.

    Args:
        text: An ASIN, a link with or without `https://`, or a message with a link in it.

    Raises:
        NotAProductLinkError: It names none; the sentence says why.
    """
    word = text.strip(_AROUND)
    if asin := as_asin(word):
        return (ProductLink(asin, None),)
    url = parsed(text)
    marketplace = marketplace_of(url)
    if marketplace is None and host_of(url) != "amzn.com":
        raise NotAProductLinkError(
            f"'{shown(text)}' is not a link to an Amazon product: its host is not one of Amazon's shops."
        )
    found = dict.fromkeys(_links(url, marketplace or BY_COUNTRY["US"], _MOST_WRAPPED))
    if not found:
        raise NotAProductLinkError(f"'{shown(text)}' has no ASIN in it.")
    return tuple(found)


def is_short(text: str) -> bool:
    """Whether a text is a short link of Amazon's, which must be resolved to know its product."""
    try:
        url = parsed(text)
    except NotAProductLinkError:
        return False
    host = host_of(url)
    if host == "amzn.com":
        return not tuple(_links(url, BY_COUNTRY["US"], 0))
    return host in SHORT_HOSTS and url.path.strip("/") != ""


def parsed(text: str) -> SplitResult:
    """A text as a URL, with its scheme.

    Raises:
        NotAProductLinkError: It is none.
    """
    word = text.strip(_AROUND)[: LONGEST + 1]
    if embedded := _URL_IN_TEXT.search(word):
        word = embedded[0].rstrip(_AROUND)
    elif word.startswith("//"):
        word = f"https:{word}"
    elif _WITHOUT_SCHEME.match(word):
        word = f"https://{word}"
    try:
        url = urlsplit(word)
        # A browser reads a backslash as a slash, and would go to another host than this reads.
        is_url = url.scheme in {"http", "https"} and not _FORBIDDEN.search(url.netloc)
        is_url = is_url and "@" not in url.netloc and url.port in _PORTS
    except ValueError:  # a port that is none, brackets without an address
        is_url = False
    if not is_url or len(word) > LONGEST:
        raise NotAProductLinkError(
            f"'{shown(text)}' is not an ASIN or a link to an Amazon product."
        )
    return url


def host_of(url: SplitResult) -> str:
    """The host of a URL in small letters, without the dot that may end a full name."""
    return (url.hostname or "").rstrip(".")


def marketplace_of(url: SplitResult) -> Marketplace | None:
    """The marketplace whose shop a URL leads to; None for another host, however it begins or ends."""
    host = host_of(url)
    for subdomain in _SUBDOMAINS:
        if host.startswith(subdomain):
            host = host.removeprefix(subdomain)
            break
    return BY_DOMAIN.get(host)


def shown(text: str) -> str:
    """A text as a sentence can hold it: bounded, and in one line."""
    plain = " ".join(text.split())
    return plain if len(plain) <= 80 else plain[:79] + "…"  # noqa: PLR2004 - characters


def _links(url: SplitResult, marketplace: Marketplace, depth: int) -> Iterator[ProductLink]:
    """The products of a URL: of its path, else of its parameters, else of an address within them."""
    if asin := _in_path(url):
        yield ProductLink(asin, marketplace)
        return
    parameters = parse_qsl(url.query)
    named = [
        asin
        for name, value in sorted(parameters, key=lambda each: each[0].lower() == "pd_rd_i")
        if _NAMES.fullmatch(name.lower()) and (asin := as_asin(value))
    ]
    if named:
        is_cart = any(name.lower().startswith("asin.") for name, _ in parameters)
        yield from (ProductLink(asin, marketplace) for asin in (named if is_cart else named[:1]))
        return
    if depth:
        for name, value in parameters:
            if name.lower() in _WRAPPING:
                yield from _wrapped(value, url, depth - 1)


def _in_path(url: SplitResult) -> str | None:
    """The ASIN in a path."""
    parts = [part for part in unquote(url.path).split("/") if part]
    words = [part.lower() for part in parts]
    for after in _AFTER:
        for start in range(len(parts) - len(after)):
            follows = tuple(words[start : start + len(after)]) == after
            if follows and (asin := _at_start(parts[start + len(after)])):
                return asin
    if words[-3:] == ["gp", "aw", "d.html"]:
        return next((as_asin(value) for name, value in parse_qsl(url.query) if name == "a"), None)
    if host_of(url) == "amzn.com" and parts:
        return _at_start(parts[-1])
    return None


def _at_start(part: str) -> str | None:
    """The ASIN that a part of a path begins with: punctuation or a parameter may follow."""
    found = _ASIN_AT_START.match(part)
    return as_asin(found[1]) if found else None


def _wrapped(value: str, around: SplitResult, depth: int) -> Iterator[ProductLink]:
    """The products of an address in a parameter, which may be encoded once more."""
    address = value if "/" in value else unquote(value)
    if address.startswith("/") and not address.startswith("//"):
        address = f"https://{around.hostname}{address}"
    try:
        url = parsed(address)
    except NotAProductLinkError:
        return
    if found := marketplace_of(url):
        yield from _links(url, found, depth)
