"""Report documents: what is in a report's file, spooled to disk a batch at a time, and its URL."""

from __future__ import annotations

import gzip
import hmac
import tempfile
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urlencode

from amazon_seller_sandbox.world.accounts import CODECS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.clock import Clock

URL_LIFETIME = 300
"""Seconds that a document URL is valid for."""
_BATCH = 2_000
_KEPT_FILES = 200
_SECRET = b"sandbox-presigned-url"


@dataclass(frozen=True, slots=True)
class Content:
    """What goes into a document: rows (header included, no line ends) and how they are written."""

    rows: Iterator[str]
    charset: str | None
    compressed: bool
    bom: bool = False
    line_end: str = "\n"

    @property
    def content_type(self) -> str:
        """Return the Content-Type that S3 answers with."""
        return "text/plain" if self.charset is None else f"text/plain; charset={self.charset}"


@dataclass(frozen=True, slots=True)
class Document:
    """A document on disk; ``rows`` counts data rows, without the header."""

    path: Path
    content_type: str
    compressed: bool
    rows: int


@dataclass(slots=True)
class Spool:
    """The folder of finished documents; the oldest files make room for new ones."""

    _folder: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="amazon-seller-sandbox-")
    )
    _files: OrderedDict[str, Document] = field(default_factory=OrderedDict)
    _stopping: Event = field(default_factory=Event)

    def find(self, document_id: str) -> Document | None:
        """Return a document that is still on disk."""
        return self._files.get(document_id)

    def write(self, document_id: str, content: Content) -> Document:
        """Write a document to disk, with memory for one batch of rows."""
        path = Path(self._folder.name) / document_id
        with path.open("wb") as raw:
            if content.compressed:
                with gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed:
                    count = self._write(cast("BinaryIO", packed), content)
            else:
                count = self._write(raw, content)
        document = Document(path, content.content_type, content.compressed, count)
        self._files[document_id] = document
        while len(self._files) > _KEPT_FILES:
            _, oldest = self._files.popitem(last=False)
            oldest.path.unlink(missing_ok=True)
        return document

    def _write(self, target: BinaryIO, content: Content) -> int:
        codec = CODECS[content.charset]
        if content.bom:
            target.write(b"\xef\xbb\xbf")
        count = 0
        while batch := list(islice(content.rows, _BATCH)):
            if self._stopping.is_set():
                raise InterruptedError
            text = content.line_end.join(batch) + content.line_end
            # What the charset cannot carry becomes "?", as in Amazon's own export.
            target.write(text.encode(codec, "replace"))
            count += len(batch)
        return max(count - 1, 0)

    def stop(self) -> None:
        """Give up documents that are being written."""
        self._stopping.set()

    def close(self) -> None:
        """Delete everything."""
        self._folder.cleanup()


def _signature(document_id: str, query: dict[str, str]) -> str:
    signed = urlencode(sorted((name, query[name]) for name in query if name != "X-Amz-Signature"))
    return hmac.new(_SECRET, f"{document_id}?{signed}".encode(), sha256).hexdigest()


def presign(base: str, document_id: str, now: float, *, encoded: bool) -> str:
    """Return a URL for a document, valid for five minutes from ``now``.

    With ``encoded`` the download carries ``Content-Encoding: gzip``.
    """
    moment = datetime.fromtimestamp(now, UTC)
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Date": f"{moment:%Y%m%dT%H%M%SZ}",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Expires": str(URL_LIFETIME),
        "X-Amz-Credential": f"SANDBOX/{moment:%Y%m%d}/eu-west-1/s3/aws4_request",
    }
    if encoded:
        query["response-content-encoding"] = "gzip"
    query["X-Amz-Signature"] = _signature(document_id, query)
    return f"{base}/_documents/{document_id}?{urlencode(query)}"


class UrlRefusal(Exception):  # noqa: N818 - it is S3's answer, not an error of the sandbox
    """A refusal in the form of S3."""

    def __init__(self, status: int, code: str, message: str, extra: str = "") -> None:
        """Describe the answer."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra

    def body(self, request_id: str) -> str:
        """Return the XML body."""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{self.code}</Code><Message>{self.message}</Message>{self.extra}"
            f"<RequestId>{request_id}</RequestId><HostId>c2FuZGJveA==</HostId></Error>"
        )


def check_url(document_id: str, query: dict[str, str], method: str, clock: Clock) -> None:
    """Let a presigned URL pass.

    Raises:
        UrlRefusal: 403, because it was tampered with, is for GET only, or has expired.
    """
    given = query.get("X-Amz-Signature")
    if given is None:
        raise UrlRefusal(403, "AccessDenied", "Access Denied")
    if method != "GET" or not hmac.compare_digest(given, _signature(document_id, query)):
        raise UrlRefusal(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
        )
    signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    expires = signed.timestamp() + int(query["X-Amz-Expires"])
    if clock.age(signed.timestamp()) > URL_LIFETIME:
        until = datetime.fromtimestamp(expires, UTC)
        raise UrlRefusal(
            403,
            "AccessDenied",
            "Request has expired",
            f"<X-Amz-Expires>{URL_LIFETIME}</X-Amz-Expires>"
            f"<Expires>{until:%Y-%m-%dT%H:%M:%SZ}</Expires>"
            f"<ServerTime>{datetime.fromtimestamp(clock.now(), UTC):%Y-%m-%dT%H:%M:%SZ}</ServerTime>",
        )
