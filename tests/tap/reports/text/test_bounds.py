"""Documents beyond all bounds end in one sentence about one report, in linear time and little memory."""

from __future__ import annotations

import pytest
from hostile import endings_in_little_memory, filed, sparse

from tap_amazon_seller.reports.text.bounds import (
    LARGEST_RECORD,
    LONGEST_LINE,
)

MANY = 100_000
HUGE = 128 << 20
ENTITIES = "".join(
    f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10)
).encode()
LONG_LINE = "has a line of more than 1,048,576 characters"
LARGE = "has a record, or a text, of more than 2 MiB"
DEEP = "within each other"
UNPAIRED = "has a quotation mark without its partner in or after line 2"

TABS = {
    "a line without end": (lambda: sparse(b"sku\tquantity\n", HUGE), LONG_LINE),
    "a header without end": (lambda: sparse(b"sku\tquantity", HUGE), LONG_LINE),
    "a cell in quotation marks without end": (
        lambda: sparse(b'"sku"\t"quantity"\n"', HUGE),
        LONG_LINE,
    ),
    "JSON in one line": (lambda: filed(b'{"a": [', b"1," * LONGEST_LINE), "but JSON or XML"),
    "one name 100,000 times": (
        lambda: filed(b"\t".join([b"sku"] * MANY), b"\nA\n"),
        "has 100,000 cells",
    ),
    "a million columns": (
        lambda: filed(b"sku", b"\tn" * 500_000, b"\nA\n"),
        "has 1,600 columns at most",
    ),
}
COMMAS = {
    "a line without end with commas": (lambda: sparse(b"sku,quantity\n", HUGE), LONG_LINE),
    "a cell in quotation marks that continues for lines": (
        lambda: filed(b'sku,quantity\nA,"', b"x\n" * LARGEST_RECORD),
        UNPAIRED,
    ),
    "a row in quotation marks that continues for lines": (
        lambda: filed(b"sku,quantity\nA", b',"x\n"' * LARGEST_RECORD),
        UNPAIRED,
    ),
    "marks beside every comma": (lambda: filed(b"sku,quantity\n", b',"a' * 300_000), UNPAIRED),
}
JSON = {
    "lists in a record": (lambda: filed(b'{"list": [{"a":', b"[" * MANY), DEEP),
    "objects in a record": (lambda: filed(b'{"list": [{"a":', b'{"a":' * MANY), DEEP),
    "lists around": (lambda: filed(b"[" * 5_000_000), DEEP),
    "objects around": (lambda: filed(b'{"a":' * MANY), DEEP),
    "a text without end": (lambda: sparse(b'{"list": [{"a": "', HUGE), LARGE),
    "a text without end elsewhere": (lambda: sparse(b'{"other": "', HUGE), LARGE),
    "a name without end": (lambda: sparse(b'{"', HUGE), LARGE),
    "a number of many digits": (lambda: filed(b'{"list": [{"a":', b"9" * 3_000_000), LARGE),
    "a record of many lists": (lambda: filed(b'{"list": [{"a": [', b"[]," * 3_000_000), LARGE),
    "a record of many objects": (
        lambda: filed(b'{"list": [{"a": [', b'{"":0},' * 3_000_000),
        LARGE,
    ),
    "spaces without end": (lambda: filed(b'{"list": [', b" " * 3_000_000), LARGE),
    "properties without end": (
        lambda: filed(b'{"list": [', b",".join(b'{"a%d":1}' % n for n in range(MANY)), b"]}"),
        "more than 1,600 properties",
    ),
    "properties of long names": (
        lambda: filed(
            b'{"list": [', *(b'{"%d%s":1},' % (n, b"a" * MANY) for n in range(99)), b"{}]}"
        ),
        "more than 1,600 properties",
    ),
}
XML = {
    "elements in a record": (lambda: filed(b"<r><O>", b"<a>" * MANY), DEEP),
    "elements around": (lambda: filed(b"<a>" * 3_000_000), DEEP),
    "a text without end": (lambda: sparse(b"<r><O><a>", HUGE), LARGE),
    "an attribute without end": (lambda: filed(b'<r><O a="', b"x" * 3_000_000), LARGE),
    "a comment without end": (lambda: filed(b"<r><!--", b"x" * 3_000_000), LARGE),
    "a record of many elements": (lambda: filed(b"<r><O>", b"<a b=''/>" * 900_000), LARGE),
    "a record of many attributes": (
        lambda: filed(b"<r><O><a ", *(b"a%d='' " % n for n in range(900_000))),
        LARGE,
    ),
    "entities that grow": (
        lambda: filed(b"<!DOCTYPE o [", ENTITIES, b"]><r><O><a>&e9;</a></O></r>"),
        "declares entities",
    ),
    "attributes that every element has": (
        lambda: filed(
            b'<!DOCTYPE r [<!ATTLIST a b CDATA "', b"x" * MANY, b'">]><r><O>', b"<a/>" * MANY
        ),
        "declares entities",
    ),
}
CASES = {"tsv": TABS, "csv": COMMAS, "json": JSON, "xml": XML}


@pytest.mark.parametrize("kind", CASES)
def test_a_document_beyond_bounds_is_refused_in_little_memory(kind: str) -> None:
    cases = CASES[kind]

    endings = endings_in_little_memory(kind, [body for body, _ in cases.values()])

    found = zip(cases.items(), endings, strict=True)
    assert {name: each for (name, (_, due)), each in found if due not in each.sentence} == {}
