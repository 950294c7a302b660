"""What `--row` shows: a row of a report as it stands in the report's document, cell by cell."""

from __future__ import annotations

import contextlib
import itertools
from functools import partial
from typing import TYPE_CHECKING

from amazon_selling_partner import NotFoundError, marketplaces
from tap_amazon_seller.errors import TapError
from tap_amazon_seller.reports.definitions import Format
from tap_amazon_seller.reports.rows.header import Expected, read_header
from tap_amazon_seller.reports.rows.quoting import UnpairedMarkError, quoted_rows
from tap_amazon_seller.reports.text import download
from tap_amazon_seller.streams.kinds.report_stream import ReportStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from amazon_selling_partner import Report
    from tap_amazon_seller.account.selling_account import SellingAccount
    from tap_amazon_seller.reports.rows.header import Header
    from tap_amazon_seller.reports.text.document import ReportDocument
    from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

KEPT_DAYS = 90
"""How long Amazon keeps a report (Reports 2021-06-30)."""


def describe_row(
    account: SellingAccount, streams: Iterable[AmazonStream], report_id: str, line: int
) -> Iterator[str]:
    """The cells of a row, each beside the name of the column in which it stands.

    Args:
        account: The account that has the report.
        streams: All streams, of which one may know the report.
        report_id: Amazon's reportId, as `rejected_rows` has it.
        line: The number of the row's first line in the document; the header's is 1, as a rule.

    Raises:
        TapError: There is no such report, document or line, or it may hold buyers' data and
            `include_pii` is not set.
        ReportUnavailableError: The document cannot be read.
    """
    client = account.client
    try:
        report: Report = client.retrying(partial(client.report, report_id))
    except NotFoundError:
        raise TapError(
            f"Amazon has no report {report_id} of this account; it keeps reports for {KEPT_DAYS} days."
        ) from None
    if not report.report_document_id:
        raise TapError(
            f"Report {report_id} has no document: its state is {report.processing_status}."
        )
    readers = [
        stream
        for stream in streams
        if isinstance(stream, ReportStream) and stream.definition.report_type == report.report_type
    ]
    stream = readers[0] if readers else None
    if stream and stream.definition.layout.format.is_nested:
        raise TapError(f"Report {report_id} is not a flat file, so it has no rows.")
    with contextlib.closing(_document(account, report, stream)) as document:
        header = read_header(document, _expected(account, report, stream))
        is_personal = stream is not None and (
            stream.is_personal or stream.definition.access.is_restricted
        )
        if (is_personal or header.left_out) and not account.settings.include_pii:
            raise TapError(
                f"Report {report_id} holds buyers' data, so its rows are shown only if the setting "
                "'include_pii' is set."
            )
        yield from _described(header, _cells(document, header, line))


def _document(
    account: SellingAccount, report: Report, stream: ReportStream | None
) -> ReportDocument:
    client, settings = account.client, account.settings
    restricted = stream is not None and stream.definition.access.is_restricted
    document_id = report.report_document_id or ""
    url = client.retrying(partial(client.report_document_url, document_id, restricted=restricted))
    return client.retrying(
        partial(
            download.download,
            client,
            document_id,
            url,
            spool_path=settings.spool_path,
            charset=settings.report_charset,
            default_charset=_marketplace_of(account, report).charset,
        )
    )


def _marketplace_of(account: SellingAccount, report: Report) -> marketplaces.Marketplace:
    named = (marketplaces.BY_ID.get(each) for each in report.marketplace_ids or ())
    return next((each for each in named if each), account.marketplaces[0])


def _expected(account: SellingAccount, report: Report, stream: ReportStream | None) -> Expected:
    return Expected(
        stream.columns if stream else {},
        _marketplace_of(account, report),
        positions=stream.definition.layout.positions if stream else (),
        separator=stream.definition.layout.format.value if stream else Format.TABS.value,
        include_pii=account.settings.include_pii,
        is_described=stream is not None and stream.is_described,
    )


def _cells(document: ReportDocument, header: Header, line: int) -> Sequence[str]:
    """The cells of the row that begins in a line."""
    lines = itertools.islice(document.lines(), max(line - 1, 0), None)
    if header.is_quoted:
        with contextlib.suppress(UnpairedMarkError):
            for _, cells in quoted_rows(lines, header.separator, len(header.names)):
                return cells
    text = next(lines, None)
    if text is None or line < 1:
        raise TapError(f"Document {document.document_id} has no line {line}.")
    return text.removesuffix("\n").removesuffix("\r").split(header.separator)


def _described(header: Header, cells: Sequence[str]) -> Iterator[str]:
    beyond = "(beyond the header)"
    for name, cell in itertools.zip_longest(header.names, cells[: len(header.names)]):
        yield f"{name}: {'(the row ends before it)' if cell is None else _printable(cell)}"
    for cell in cells[len(header.names) :]:
        yield f"{beyond}: {_printable(cell)}"


def _printable(cell: str) -> str:
    """A cell without what a terminal would obey."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in cell
    )
