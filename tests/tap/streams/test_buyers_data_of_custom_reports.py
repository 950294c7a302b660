"""Custom reports leave buyers' data out at any depth and in any format, and say so once."""

from __future__ import annotations

import io
import json
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from amazon_selling_partner import THIS_MACHINE, marketplaces
from tap_amazon_seller.account.tally import Tally
from tap_amazon_seller.config.custom_reports import custom_reports
from tap_amazon_seller.machine.arrow_text import rows_as_records
from tap_amazon_seller.reports.text.document import ReportDocument
from tap_amazon_seller.streams.kinds.defined_stream import DefinedReportStream

if TYPE_CHECKING:
    from collections.abc import Mapping

FLAT = [
    ["orderId", "shipping_name", "BuyerInfo.BuyerName", "fax", "quantity", "Ship.AddressLine1"],
    ["1", "E", "E", "0", "7", "S"],
    ["2", "E", "E", "0", "8", "S"],
]  # fmt: skip
NESTED = {
    "orderId": "1",
    "BuyerInfo": {"BuyerName": "E"},
    "lines": [{"sku": "A", "deep": {"shipTo": {"any": "E"}, "quantity": 7}, "recipientPhone": "0"}],
    "fax": "0",
}
XML = """<Orders><Order companyName="E"><orderId>1</orderId>
<BuyerInfo><BuyerName>E</BuyerName></BuyerInfo>
<lines><line sku="A" email="E"><deep><shipTo>E</shipTo><quantity>7</quantity></deep></line></lines>
<fax>0</fax></Order></Orders>"""


class Custom(DefinedReportStream):
    """A custom report's stream without a tap around it."""

    def __init__(self, *, include_pii: bool) -> None:
        self._schema = self.own_schema()
        settings = SimpleNamespace(include_pii=include_pii, reject_path=None, spool_path=None)
        account: Any = SimpleNamespace(
            settings=settings,
            machine=THIS_MACHINE,
            now=None,
            rejected=None,
            tally=Tally(),
        )
        self._tap: Any = SimpleNamespace(account=account, streams={})
        self.announced: list[set[str]] = []

    @property
    @override
    def logger(self) -> logging.Logger:
        return logging.getLogger(self.name)

    @override
    def announce(self, properties: Mapping[str, Any], source: str) -> None:
        self.announced.append(set(properties))


def stream(kind: str, *, include_pii: bool) -> Any:
    """The stream of a custom report in a format."""
    entry = {"stream": "mine", "report_type": "GET_MINE", "format": kind}
    if kind in {"json", "xml"}:
        entry["records"] = {"json": "orders", "xml": "Order"}[kind]
    [found] = custom_reports({"custom_reports": [entry]})
    return type("Mine", (Custom, DefinedReportStream.of(found)), {})(include_pii=include_pii)


def body(kind: str) -> str:
    """A document with two orders of one kind."""
    if kind == "json":
        return json.dumps({"orders": [NESTED, NESTED]})
    if kind == "xml":
        return XML
    return "".join({"tsv": "\t", "csv": ","}[kind].join(row) + "\n" for row in FLAT)


def read(kind: str, *, include_pii: bool = False) -> tuple[Any, list[dict[str, Any]]]:
    """The stream and its records."""
    found = stream(kind, include_pii=include_pii)
    document = ReportDocument("amzn1.spdoc.test", "utf-8", io.BytesIO(body(kind).encode()))
    germany = marketplaces.BY_COUNTRY["DE"]
    request = SimpleNamespace(marketplace=germany, window=None, asked_window=None)
    records = found.nested_records if kind in {"json", "xml"} else found.flat_records
    items = records(document, request)
    return found, [
        record
        for item in items
        for record in ([item] if isinstance(item, dict) else rows_as_records(item))
    ]


@pytest.mark.parametrize("kind", ["tsv", "csv", "json", "xml"])
def test_buyers_data_are_left_out_and_that_is_told_once(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    found, records = read(kind)

    text = json.dumps(records)
    assert '"E"' not in text
    assert '"S"' not in text
    assert "fax" not in text
    assert records[0]["order_id"] == "1"
    assert "7" in text
    assert caplog.text.count("leaves out what is named like buyers' data") == 1
    assert caplog.text.count("fax") == 1
    [announced] = found.announced
    assert "order_id" in announced
    assert not {"fax", "shipping_name", "buyer_info"} & announced


@pytest.mark.parametrize("kind", ["tsv", "csv", "json", "xml"])
def test_buyers_data_pass_where_they_are_wanted(kind: str) -> None:
    _, records = read(kind, include_pii=True)

    text = json.dumps(records)
    assert '"E"' in text
    assert "fax" in text
