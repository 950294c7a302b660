"""When memory runs out, one report or stream is left for the next sync; the others continue."""

from __future__ import annotations

import io
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from typing_extensions import override

from amazon_selling_partner import marketplaces
from tap_amazon_seller.account.tally import Read, Tally
from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.reports.rows.json_xml import json_records, xml_records
from tap_amazon_seller.reports.text.document import ReportDocument
from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from amazon_selling_partner.marketplaces import Marketplace


class Exhausting(io.BytesIO):
    """A body for which there is not enough memory after its first bytes."""

    @override
    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 2 or size == -1:
            raise MemoryError
        return super().read(min(size or 0, 3))


@pytest.mark.parametrize(
    "read",
    [
        ReportDocument.lines,
        ReportDocument.blocks,
        lambda document: json_records(document, "list"),
        lambda document: xml_records(document, "O", ()),
    ],
    ids=["lines", "blocks", "JSON", "XML"],
)
def test_a_document_for_which_there_is_no_memory_is_named(
    read: Callable[[ReportDocument], Iterable[Any]],
) -> None:
    document = ReportDocument("amzn1.spdoc.test", "utf-8", Exhausting(b"a" * 100))
    document.has_returns_alone = False

    with pytest.raises(ReportUnavailableError, match=r"document amzn1\.spdoc\.test .* memory"):
        list(read(document))


class Greedy(AmazonStream):
    """A stream that takes more memory than there is after its first record."""

    name = "greedy"
    error: type[Exception]

    def __init__(self, account: Any) -> None:
        self._tap: Any = SimpleNamespace(account=account)

    @property
    @override
    def logger(self) -> logging.Logger:
        return logging.getLogger("greedy")

    @override
    def records_of(self, marketplace: Marketplace | None) -> Iterator[Any]:
        yield {"a": 1}
        raise self.error


@pytest.mark.parametrize("error", [MemoryError, pa.lib.ArrowMemoryError])
def test_a_stream_for_which_there_is_no_memory_is_incomplete_and_the_sync_goes_on(
    error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    tally = Tally()
    stream = Greedy(SimpleNamespace(tally=tally))
    stream.error = error

    place = marketplaces.BY_COUNTRY["DE"].id
    assert list(stream.items_of({"marketplace_id": place})) == [{"a": 1}]
    assert tally.incomplete == {"Stream greedy is incomplete for DE"}
    assert tally.read == {("greedy", place): Read(1, complete=False)}
    assert "there was not enough memory for it" in caplog.text
