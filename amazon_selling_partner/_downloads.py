"""Documents, as they come from presigned URLs: their body in pieces, and whether it came complete."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from amazon_selling_partner._exchange import failure
from amazon_selling_partner.errors import ExpiredUrlError, NotFoundError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amazon_selling_partner._exchange import Exchange

CHUNK = 1 << 18
SIZE = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class ContentInfo:
    """What a download says of its body: media type and charset (lower case), either may be empty.

    And its size in bytes, unless it does not say.
    """

    media_type: str
    charset: str
    size: int | None = None


def download(
    exchange: Exchange,
    url: str,
    write: Callable[[bytes], object],
    begin: Callable[[ContentInfo], object] = lambda _: None,
) -> ContentInfo:
    """Pass the raw body behind a presigned URL to `write` in pieces (no token, no quota).

    Before the first, `begin` is given what is known of the body.

    Raises:
        ExpiredUrlError: The URL is no longer valid.
        NotFoundError: The document is gone.
        RetryableError: Connection, status or length are not those of a complete document.
    """
    size = 0
    try:
        with exchange.download(url) as answer:
            _check_download(answer)
            info = _content_info(answer)
            begin(info)
            for chunk in _chunks(answer.iter_raw()):
                write(chunk)
                size += len(chunk)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise RetryableError(
            f"The download of a report document broke off ({failure(error)})"
        ) from None
    headers = answer.headers
    if "content-length" not in headers and "chunked" not in headers.get("transfer-encoding", ""):
        raise RetryableError("A report document came without its length, so it may be cut short")
    if info.size not in {None, size}:
        raise RetryableError(
            f"A report document came cut short: {size} of {info.size} bytes arrived"
        )
    return info


def _chunks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces as they come from the network, put together to a size that is worth writing."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _content_info(answer: httpx.Response) -> ContentInfo:
    media_type, _, _ = answer.headers.get("content-type", "").partition(";")
    size = answer.headers.get("content-length", "")
    return ContentInfo(
        media_type.strip().lower(),
        (answer.charset_encoding or "").lower(),
        int(size) if SIZE.fullmatch(size) else None,
    )


def _check_download(answer: httpx.Response) -> None:
    if answer.status_code == httpx.codes.FORBIDDEN:
        raise ExpiredUrlError("The URL of a report document is no longer valid (403)")
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise NotFoundError("The download", 404, "NoSuchKey", "the document is gone")
    if answer.status_code != httpx.codes.OK:
        raise RetryableError(f"The download of a report document answered {answer.status_code}")
