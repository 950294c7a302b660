"""Documents in JSON and XML are read record by record, and what is none of them is reported."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.reports.rows.json_xml import announced, json_records, xml_records
from tap_amazon_seller.reports.text.document import ReportDocument
from tap_amazon_seller.reports.text.headers import LONGEST_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDERS = """<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <Message><Order>
    <AmazonOrderID>302-1</AmazonOrderID>
    <OrderItem><SKU>A-1 größe</SKU><Price currency="EUR">9.99</Price></OrderItem>
    <OrderItem><SKU>B-2</SKU><Price currency="EUR">1.00</Price></OrderItem>
  </Order></Message>
  <Message><Order>
    <AmazonOrderID>302-2</AmazonOrderID>
    <OrderItem><SKU>C-3</SKU><GiftMessage/></OrderItem>
  </Order></Message>
</AmazonEnvelope>"""


def document(body: str | bytes, *, compressed: bool = False) -> ReportDocument:
    """A document with this text."""
    raw = body.encode() if isinstance(body, str) else body
    return ReportDocument(
        "amzn1.spdoc.test", "utf-8", io.BytesIO(gzip.compress(raw) if compressed else raw)
    )


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
def test_the_objects_of_a_list_come_with_names_in_snake_case(*, compressed: bool) -> None:
    text = json.dumps(
        {
            "reportSpecification": {"reportType": "GET_X"},
            "salesByAsin": [
                {"childAsin": "B01", "salesData": {"unitsOrdered": 3, "sales": {"amount": 9.99}}},
                {"childAsin": "B02", "salesData": None},
            ],
            "after": [1, 2],
        }
    )

    found = list(json_records(document(text, compressed=compressed), "salesByAsin"))

    assert found == [
        {"child_asin": "B01", "sales_data": {"unitsOrdered": 3, "sales": {"amount": 9.99}}},
        {"child_asin": "B02", "sales_data": None},
    ]


def test_an_empty_list_has_no_records() -> None:
    assert list(json_records(document('{"list": []}'), "list")) == []


def test_a_list_may_lie_deeper() -> None:
    text = '{"data": {"items": [{"aB": 1}]}}'

    assert list(json_records(document(text), "data.items")) == [{"a_b": 1}]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        '{"errorDetails": "Unexpected error"}',
        '{"list": {"a": 1}}',
        '{"list": [{"a": 1}, {"b"',
        '{"list": [1, 2]}',
        '{"list": [{"a": 1}]}'.encode("utf-16"),
    ],
    ids=["empty", "html", "error", "no-list", "cut-off", "no-objects", "no-utf-8"],
)
def test_what_is_not_the_json_that_was_due_is_refused(text: str | bytes) -> None:
    with pytest.raises(ReportUnavailableError, match=r"document amzn1\.spdoc\.test"):
        list(json_records(document(text), "list"))


def test_a_document_cut_off_in_its_gzip_is_refused() -> None:
    whole = gzip.compress(json.dumps({"list": [{"a": n} for n in range(5000)]}).encode())
    cut = ReportDocument("amzn1.spdoc.test", "utf-8", io.BytesIO(whole[: len(whole) // 2]))

    with pytest.raises(ReportUnavailableError, match="damaged"):
        list(json_records(cut, "list"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.fixed_dictionaries({"value": VALUES}), max_size=6))
def test_values_come_back_as_they_were_written(records: list[dict[str, Any]]) -> None:
    text = json.dumps({"before": {"list": [1]}, "list": records, "after": None})

    assert list(json_records(document(text), "list")) == records


def test_elements_come_as_objects_and_repeated_ones_as_lists() -> None:
    found = list(xml_records(document(ORDERS), "Order", {"OrderItem"}))

    assert found == [
        {
            "amazon_order_id": "302-1",
            "order_item": [
                {"SKU": "A-1 größe", "Price": {"currency": "EUR", "value": "9.99"}},
                {"SKU": "B-2", "Price": {"currency": "EUR", "value": "1.00"}},
            ],
        },
        {"amazon_order_id": "302-2", "order_item": [{"SKU": "C-3", "GiftMessage": None}]},
    ]


@pytest.mark.parametrize(
    "text",
    ["", "no xml", ORDERS[: len(ORDERS) // 2], ORDERS + ORDERS],
    ids=["empty", "text", "cut-off", "twice"],
)
def test_what_is_not_the_xml_that_was_due_is_refused(text: str) -> None:
    with pytest.raises(ReportUnavailableError, match="is not the XML that was due"):
        list(xml_records(document(text), "Order", {"OrderItem"}))


def test_entities_that_grow_without_end_are_refused() -> None:
    entities = "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10)
    )
    bomb = f"<!DOCTYPE o [{entities}]><o><Order><ID>&e9;</ID></Order></o>"

    with pytest.raises(ReportUnavailableError, match="declares entities of its own"):
        list(xml_records(document(bomb), "Order", set()))


@pytest.mark.parametrize(
    "text",
    [
        '{"list": [{"buyerName": "Erika Mustermann", "b": }]}',
        '{"list": [{"buyerName": "Erika \n Mustermann"}]}',
        '{"list": ["Erika Mustermann"]}',
    ],
    ids=["no JSON", "a line break in a text", "no object"],
)
def test_what_is_wrong_is_told_in_a_line_that_shows_nothing_of_the_document(
    text: str | bytes,
) -> None:
    with pytest.raises(ReportUnavailableError) as told:
        list(json_records(document(text), "list"))

    assert "\n" not in str(told.value)
    assert "Mustermann" not in str(told.value)


def test_elements_that_come_more_than_once_are_all_there() -> None:
    text = "<r><O><Id>1</Id><Tag>a</Tag><Tag>b</Tag><Tag>c</Tag></O></r>"

    assert list(xml_records(document(text), "O", ())) == [{"id": "1", "tag": ["a", "b", "c"]}]


@pytest.mark.parametrize("encoding", ["Windows-31J", "Shift_JIS", "klingon"])
def test_an_encoding_that_cannot_be_read_is_told(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><r><O><Id>1</Id></O></r>'

    with pytest.raises(ReportUnavailableError, match="is not the XML that was due"):
        list(xml_records(document(text), "O", ()))


def test_a_byte_order_mark_may_come_before_json() -> None:
    assert list(json_records(document(b"\xef\xbb\xbf" + b'{"list": [{"a": 1}]}'), "list")) == [
        {"a": 1}
    ]


def test_names_that_fold_to_one_are_kept_apart() -> None:
    text = '{"list": [{"itemName": 1, "item_name": 2}, {"item_name": 3}]}'

    assert list(json_records(document(text), "list")) == [
        {"item_name": 1, "item_name_2": 2},
        {"item_name_2": 3},
    ]


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (b"\x0b", "a\ufffdb"),
        (b"&#11;", "a\ufffdb"),
        (b"\xfc", "a\u00fcb"),
        (b"&#252;", "a\u00fcb"),
        (b"&amp;", "a&b"),
    ],
)
@pytest.mark.parametrize("fill", [0, 65_530, 70_000])
def test_one_character_that_xml_does_not_allow_ends_no_report(
    damage: bytes, text: str, fill: int, caplog: pytest.LogCaptureFixture
) -> None:
    body = b"<r>" + b" " * fill + b"<O><Id>a" + damage + b"b</Id></O></r>"

    assert list(xml_records(document(body), "O", ())) == [{"id": text}]
    is_bad = damage in {b"\x0b", b"&#11;", b"\xfc"}
    assert ("1 characters that XML or UTF-8 does not allow" in caplog.text) == is_bad


def test_all_new_properties_of_a_document_are_announced_at_once_and_no_record_comes_twice() -> None:
    text = '{"list": [{"a": 1}, {"b": 2}, {"a": 3, "c": 3}, {"a": 4, "d": 4}]}'
    found = document(text)
    told: list[list[str]] = []

    records = list(announced(lambda: json_records(found, "list"), {"a"}, told.append))

    assert records == [{"a": 1}, {"b": 2}, {"a": 3, "c": 3}, {"a": 4, "d": 4}]
    assert told == [["b", "c", "d"]]
    assert list(announced(lambda: json_records(found, "list"), set("abcd"), told.append)) == records
    assert len(told) == 1


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (b"\x0b", "a\ufffdb"),
        (b"\xfc", "a\u00fcb"),
        (b"\x80", "a\u20acb"),
        (b"\\ud83d", "a\ufffdb"),
        (b"\\uDE00", "a\ufffdb"),
        (b"\\ud83d\\ude00", "a\U0001f600b"),
        (b"\\\\ud83d", "a\\ud83db"),
        (b"\\u00fc", "a\u00fcb"),
        (b"\xc3\xbc", "a\u00fcb"),
    ],
)
@pytest.mark.parametrize("fill", [0, 65_500, 65_515, 65_518, 65_523, 70_000])
def test_one_character_that_json_does_not_allow_ends_no_report(
    damage: bytes, text: str, fill: int, caplog: pytest.LogCaptureFixture
) -> None:
    found = document(b" " * fill + b'{"list": [{"id": "a' + damage + b'b"}]}')

    assert list(json_records(found, "list")) == [{"id": text}]
    assert list(json_records(found, "list")) == [{"id": text}]
    is_bad = damage in {b"\x0b", b"\xfc", b"\x80", b"\\ud83d", b"\\uDE00"}
    told = caplog.text.count("1 characters that JSON or UTF-8 does not allow")
    assert told == (1 if is_bad else 0), "once a document, however often it is read"


@pytest.mark.parametrize("marks", [1, 2])
def test_byte_order_marks_may_come_before_xml(marks: int) -> None:
    body = b"\xef\xbb\xbf" * marks + b'<?xml version="1.0"?><r><O><Id>1</Id></O></r>'

    assert list(xml_records(document(body), "O", ())) == [{"id": "1"}]


def test_names_with_dates_make_no_new_property_for_each_report_and_the_dates_stay() -> None:
    def records(month: str) -> list[dict[str, Any]]:
        text = json.dumps({"list": [{"sku": "A", f"units{month}": 7}, {"sku": "B"}]})
        return list(json_records(document(text), "list"))

    assert records("2026-11") == [
        {"sku": "A", "units_on_date": 7, "dated_columns": '{"units_on_date": "units2026-11"}'},
        {"sku": "B"},
    ]
    assert [set(record) for record in records("2026-12")] == [
        set(record) for record in records("2026-11")
    ]


def test_names_fit_every_target_at_any_depth_and_stay_apart() -> None:
    long = "ü" * 40
    value = {"deep": [{long + "a": 1, long + "b": {long: 2}}], long + "a": 3, long + "b": 4}
    xml = f"<r><O><{long}a><{long}b>1</{long}b><{long}c {long}='2'/></{long}a></O></r>"
    in_json = list(json_records(document(json.dumps({"list": [value]})), "list"))
    in_xml = list(xml_records(document(xml), "O", ()))

    for names, count in ((list(names_in(in_json)), 6), (list(names_in(in_xml)), 5)):
        assert len(names) == count, "none has taken another's place"
        assert all(len(name.encode()) <= LONGEST_NAME for name in names)


def names_in(value: Any) -> Iterator[str]:
    """All names of a value, at any depth."""
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from names_in(inner)


def test_records_are_found_below_lists_and_other_elements_and_nothing_around_them_is_kept() -> None:
    text = '[{"data": {"a.b": [{"c": 1}]}}, {"data": {"a.b": [], "a": {"b": [{"c": 2}]}}}]'

    assert list(json_records(document(text), "item.data.a.b")) == [{"c": 1}, {"c": 2}]
    xml = "<r>x<Other><O><Id>1</Id></O></Other><Deep><Er><O><Id>2</Id></O></Er></Deep></r>"
    assert list(xml_records(document(xml), "O", ())) == [{"id": "1"}, {"id": "2"}]


def test_nothing_of_an_element_is_lost() -> None:
    text = (
        '<r xmlns="urn:a" xmlns:b="urn:b"><O b:kind="x"><Note>say <i>it</i> loud</Note>'
        '<Size value="3"/><Empty unit="g"/><b:Cd><![CDATA[<&>]]></b:Cd></O><O>text</O><O/></r>'
    )

    assert list(xml_records(document(text), "O", ())) == [
        {
            "kind": "x",
            "note": {"i": "it", "value": "say  loud"},
            "size": {"value": "3"},
            "empty": {"unit": "g", "value": ""},
            "cd": "<&>",
        },
        {"value": "text"},
    ]


def test_buyers_attributes_are_left_out_as_elements_are() -> None:
    text = '<r><O BuyerName="E"><Ship Name="E" City="B"/><BuyerName>E</BuyerName></O></r>'

    assert list(xml_records(document(text), "O", (), ("BuyerName", "Name"))) == [
        {"ship": {"City": "B", "value": ""}}
    ]


@pytest.mark.parametrize("root", ["Error", "ErrorResponse", "html"])
def test_a_message_in_the_place_of_an_xml_report_is_refused(root: str) -> None:
    with pytest.raises(ReportUnavailableError, match=f"is a message <{root}> where a report"):
        list(xml_records(document(f"<{root}><Code>X</Code></{root}>"), "Order", ()))
