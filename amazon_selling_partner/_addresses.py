"""Which addresses may be called: a document's URL comes from outside and must not lead inside."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address


class AddressError(ValueError):
    """A URL that is none, or that must not be called; the message completes "the address ..."."""


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine: `localhost`, or a literal of a loopback address.

    A name such as `127.evil.example` is not.

    >>> is_loopback("127.0.0.1"), is_loopback("[::1]"), is_loopback("127.evil.example")
    (True, True, False)
    """
    literal = _literal(host)
    return literal.is_loopback if literal else host.rstrip(".").lower() == "localhost"


def check_document_address(url: str, *, on_loopback: bool, private: bool = False) -> None:
    """Refuse a document's URL that is none, or is not of the public Internet.

    Amazon's documents are in S3, under https. A literal of a private or link-local address would let an
    answer reach servers of the inside, such as a cloud's metadata at 169.254.169.254.

    Args:
        url: The URL as Amazon gave it.
        on_loopback: Whether the endpoint is a stand-in on this machine: then plain http there is right.
        private: Whether private addresses are allowed, for those who proxy documents.

    Raises:
        AddressError: It must not be called.
    """
    try:
        parsed = httpx.URL(url)
        host, scheme = parsed.host, parsed.scheme
    except (httpx.InvalidURL, UnicodeError, ValueError, TypeError):
        raise AddressError("is not a URL") from None
    if scheme not in {"http", "https"} or not host:
        raise AddressError("is not an http or https URL")
    if parsed.userinfo:
        raise AddressError("names a user")
    here = is_loopback(host)
    if here and on_loopback:
        return
    if scheme != "https" and not (private and not here):
        raise AddressError("is not https")
    literal = _literal(host)
    if here or (literal and not literal.is_global and not private):
        raise AddressError("is a private address")


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is, in any form that a resolver takes for one; None for a name."""
    bare = host.strip("[]").rstrip(".").partition("%")[0]
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        try:
            found = ipaddress.IPv4Address(socket.inet_aton(bare))  # 127.1, 0x7f000001, 2130706433
        except (OSError, UnicodeError, ValueError):
            return None
    return getattr(found, "ipv4_mapped", None) or found
