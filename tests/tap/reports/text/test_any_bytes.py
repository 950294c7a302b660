"""Any bytes at all, given as any format, end in records or in one sentence, in little memory."""

from __future__ import annotations

import gzip
import io
import random
from functools import partial

import pytest
from hostile import ending_of, endings_in_little_memory, filed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

KINDS = ("tsv", "csv", "json", "xml")
CHARSETS = ("utf-8", "utf-8-sig", "cp1252", "cp932", "gb18030", "utf-7", "iso-8859-1")
STEADY = settings(
    derandomize=True, deadline=None, max_examples=150, suppress_health_check=list(HealthCheck)
)
SOUND = (
    b"sku\tquantity\tprice\tdate\nA-1\t7\t1,5\t2026-11-24\nB\t\t--\t24.11.2026 10:00 MEZ\n",
    b'"sku"\t"quantity"\t"title"\n"A"\t"7"\t"27" Monitor"\n"B"\t"1"\t"a\nb"\n',
    b'sku,quantity,title\nA,7,"27"" Monitor, black"\nB,1,"a\nb"\n',
    b'{"x": [1, {"list": 2}], "list": [{"aB": {"c": [1.5e3, null, true]}}, {"sku": "\\u00e4"}]}',
    b'<?xml version="1.0"?><r><O id="1"><sku>A &amp; \xc3\xa4</sku><Item/></O><O/></r>',
)
"""A document of each kind, and a quoted one."""
TOKENS = (
    b"\t", b"\n", b"\r", b'"', b",", b"sku", b"2026-02-31", b"0000-00-00", b"9" * 400, b"1e999", b"-",
    b"{", b"}", b"[", b"]", b":", b"\\", b"\\u", b"\\ud83d", b'{"list":[', b"null",
    b"<", b">", b"</", b"/>", b"<O>", b"</O>", b"&", b"&#0;", b"&#x1;", b"&lt;", b"<!--", b"-->",
    b"<![CDATA[", b"]]>", b"<!DOCTYPE r>", b"<?xml version='1.0' encoding='shift_jis'?>",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b"\x1a", b"\xc3", b"\xa4", b"\xed\xa0\x80", b"\xe5\x95\x86",
    b"\x1f\x8b", b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
)  # fmt: skip
FRAGMENTS = st.lists(st.sampled_from(TOKENS + SOUND) | st.binary(max_size=9), max_size=12)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sound document with some of its bytes taken out, doubled or replaced by others."""
    body = bytearray(draw(st.sampled_from(SOUND)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 8)))
        body[start:end] = draw(st.sampled_from((*TOKENS, b"", bytes(body[start:end]) * 2)))
    return bytes(body)


@STEADY
@given(
    body=st.binary(max_size=300) | FRAGMENTS.map(b"".join) | damaged(),
    kind=st.sampled_from(KINDS),
    charset=st.sampled_from(CHARSETS),
    packing=st.sampled_from(("plain", "gzip", "cut")),
)
def test_any_bytes_end_in_records_or_in_one_sentence(
    body: bytes, kind: str, charset: str, packing: str
) -> None:
    if packing != "plain":
        body = gzip.compress(body)
        body = body[:-4] if packing == "cut" else body

    ending = ending_of(io.BytesIO(body), kind, charset)

    assert len(ending.sentence.splitlines()) <= 1
    assert len(ending.sentence) < 400


@pytest.mark.parametrize("kind", KINDS)
def test_megabytes_of_anything_take_little_memory(kind: str) -> None:
    chance = random.Random(kind)  # noqa: S311 - the same bytes every time
    starts = (b"", b"sku\tquantity\n", b"sku,quantity\n", b'{"list": [', b"<r>", b'"sku"\t"q"\n')
    bodies = [
        b"".join(
            chance.choices(TOKENS + SOUND, k=60_000) if chance.random() < 0.5
            # One short piece over and over: depth, width or length without end.
            else chance.choices(TOKENS, k=chance.randint(1, 4)) * 200_000
        )[:2_500_000]
        for _ in range(8)
    ]  # fmt: skip

    endings = endings_in_little_memory(
        kind, [partial(filed, chance.choice(starts), body) for body in bodies]
    )

    assert [ending for ending in endings if " memory " in ending.sentence] == []
