"""Downloads a report document and checks that it came complete."""

from __future__ import annotations

import codecs
import contextlib
import io
import logging
import tempfile
from functools import partial
from typing import IO, TYPE_CHECKING

from amazon_selling_partner import THIS_MACHINE, RetryableError
from tap_amazon_seller.errors import TapError
from tap_amazon_seller.reports.text.charset import LINEWISE, charset_of, wants_utf8
from tap_amazon_seller.reports.text.document import ReportDocument
from tap_amazon_seller.reports.text.inspection import Inspection
from tap_amazon_seller.reports.text.spool import GZIP_MAGIC

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from amazon_selling_partner import Machine, SellingPartnerClient

logger = logging.getLogger(__name__)


def download(
    client: SellingPartnerClient,
    document_id: str,
    url: str,
    *,
    spool_path: Path | None,
    charset: str | None,
    default_charset: str,
    groups_by: str = "",
    received: Callable[[int], None] = lambda _: None,
    machine: Machine = THIS_MACHINE,
) -> ReportDocument:
    """Download a document, tried once, and check that it came complete.

    Plain text has no trailer to check, as gzip has. Where it ends within a line it may have been cut
    together with its Content-Length, or Amazon may have written no last line end, as in JSON: such a
    document, and no other, is downloaded once more and believed when the same size comes twice. Text
    that was cut between two lines cannot be distinguished from complete text.

    Args:
        client: The account's client.
        document_id: reportDocumentId of a finished report.
        url: Its presigned URL.
        spool_path: Folder of the spool file; None for the system's.
        charset: Codec that the user insists on.
        default_charset: Codec for a download that names none.
        groups_by: The first column of a flat file whose rows belong together if they share it, if any.
        received: Called with the number of bytes of each piece as it comes.
        machine: Whose threads look at the document meanwhile.

    Raises:
        ExpiredUrlError: The URL is no longer valid.
        NotFoundError: The document is gone.
        RetryableError: It did not come complete.
        TapError: The spool folder cannot be written to.
    """

    def once() -> tuple[ReportDocument, int | None]:
        return _download_once(
            client,
            document_id,
            url,
            spool_path=spool_path,
            charset=charset,
            default_charset=default_charset,
            groups_by=groups_by,
            received=received,
            machine=machine,
        )

    found, doubtful = once()
    if doubtful is None:
        return found
    found.close()
    found, again = once()
    if again is None:
        logger.warning(
            "Document %s came cut short (%d bytes), and complete a second time.",
            document_id,
            doubtful,
        )
    elif again != doubtful:
        found.close()
        raise RetryableError(
            f"A report document came cut short: {doubtful} bytes, and {again} a second time"
        )
    return found


def _download_once(
    client: SellingPartnerClient,
    document_id: str,
    url: str,
    *,
    spool_path: Path | None,
    charset: str | None,
    default_charset: str,
    groups_by: str,
    received: Callable[[int], None],
    machine: Machine,
) -> tuple[ReportDocument, int | None]:
    """The document as it comes, and its size where it may have been cut; raises as `download` does."""
    body: IO[bytes] | None = None
    try:
        body = tempfile.TemporaryFile(prefix="tap-amazon-seller-", dir=spool_path)  # noqa: SIM115
        with Inspection(body, partial(wants_utf8, charset), groups_by, machine) as inspection:

            def keep(chunk: bytes) -> None:
                inspection.write(chunk)
                received(len(chunk))

            info = client.download(url, keep, inspection.begin)
            doubtful = check_complete(body, info.media_type)
            findings = inspection.findings()
        codec = charset or charset_of(document_id, findings, info.charset, default_charset)
    except OSError as error:
        _discard(body)
        raise _spool_error(spool_path, error) from None
    except BaseException:
        _discard(body)
        raise
    found = ReportDocument(document_id, codec, body)
    if findings.scattered is not None and codecs.lookup(codec).name in LINEWISE:
        found.scattered = findings.scattered
    return found, doubtful


def _discard(body: IO[bytes] | None) -> None:
    with contextlib.suppress(OSError):  # on a full disk, closing tries once more to write
        if body:
            body.close()


def _spool_error(spool_path: Path | None, error: OSError) -> TapError:
    return TapError(
        f"The spool folder {spool_path or tempfile.gettempdir()} cannot be written to "
        f"({error.strerror}); make room there, or name another folder in 'spool_path'."
    )


def check_complete(body: IO[bytes], media_type: str) -> int | None:
    """Raise when the body is empty or an HTML page.

    Answers the size of a plain text that ends within a line: it may have been cut.
    """
    body.seek(0)
    start = body.read(64)
    if not start:
        raise RetryableError("A report document came empty")
    if media_type == "text/html" or start.lstrip().lower().startswith(
        (b"<!doctype html", b"<html")
    ):
        raise RetryableError("An HTML page came where a report document was due")
    if not start.startswith(GZIP_MAGIC):
        body.seek(-1, io.SEEK_END)
        return None if body.read(1) in {b"\n", b"\r"} else body.tell()
    return None
