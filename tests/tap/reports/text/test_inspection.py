"""What is found out about a text while it comes in is what reading it afterwards would find."""

from __future__ import annotations

import gzip
import io
import random
import tempfile
import threading
from typing import TYPE_CHECKING

import pytest
from delivery import delivering, document_client
from flat_files import flat_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amazon_selling_partner import ContentInfo, RetryableError
from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.reports.rows.groups import whole_groups
from tap_amazon_seller.reports.text import inspection, scattered_keys
from tap_amazon_seller.reports.text.download import download
from tap_amazon_seller.reports.text.inspection import Inspection, inspected
from tap_amazon_seller.reports.text.lines import LARGE
from tap_amazon_seller.reports.text.scattered_keys import FirstCells, Repeats
from tap_amazon_seller.reports.text.spool import Arriving, uncompressed_arriving

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

    from tap_amazon_seller.reports.text.document import ReportDocument

STEADY = settings(
    derandomize=True, deadline=None, max_examples=100, suppress_health_check=list(HealthCheck)
)
PIECES = st.lists(
    st.one_of(
        st.binary(max_size=6), st.text(st.sampled_from("aß€𝄞\n"), max_size=4).map(str.encode)
    ),
    max_size=8,
)
HEADER = b"amazon-order-id\tsku\n"
KEY = "amazon_order_id"
ORDERS = [b"%03d-%07d-%07d" % (n % 7, n, n * 7919 % 10**7) for n in range(4_000)]


def lines_of(keys: Sequence[bytes], end: bytes = b"\n") -> bytes:
    """A flat file with these keys."""
    return HEADER.replace(b"\n", end) + b"".join(key + b"\tA-1" + end for key in keys)


def found_in(text: bytes, size: int = 5_000) -> frozenset[str] | None:
    """The keys that are found to come back, in a text that comes in pieces of a size."""
    cells = FirstCells(KEY, len(text))
    for at in range(0, len(text), size):
        cells.add(text[at : at + size])
    return cells.finish()


# The body while it comes in


@STEADY
@given(pieces=PIECES, packed=st.booleans())
def test_a_body_is_read_whole_while_it_is_written(*, pieces: list[bytes], packed: bool) -> None:
    text = b"".join(pieces)
    body = gzip.compress(text) if packed else text
    read: list[bytes] = []
    with tempfile.TemporaryFile() as file:
        arriving = Arriving(file)
        reader = threading.Thread(
            target=lambda: read.append(uncompressed_arriving(arriving)[0].read())
        )
        reader.start()
        for at in range(0, len(body), 5):
            arriving.write(body[at : at + 5])
        arriving.end()
        reader.join()

    assert read == [text]


def test_a_download_that_breaks_off_ends_the_inspection() -> None:
    def cut(file: IO[bytes]) -> None:
        with Inspection(file, lambda _: True, KEY) as inspecting:
            inspecting.begin(ContentInfo("text/plain", "", None))
            inspecting.write(gzip.compress(HEADER)[:12])
            raise RetryableError("broken off")

    with tempfile.TemporaryFile() as file, pytest.raises(RetryableError, match="broken off"):
        cut(file)
    assert not [thread for thread in threading.enumerate() if thread.name == "inspect"]


# Whether it is UTF-8


@STEADY
@given(pieces=PIECES, size=st.integers(1, 5), is_large=st.booleans())
def test_pieces_of_any_size_are_utf_8_if_the_whole_is(
    *, pieces: list[bytes], size: int, is_large: bool
) -> None:
    text = b"".join(pieces)
    try:
        text.decode()
        expected = True
    except UnicodeDecodeError:
        expected = False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inspection, "PIECE", size)
        assert inspected(io.BytesIO(text), is_large=is_large).is_utf8 is expected


# Which keys come back


@pytest.mark.parametrize("size", [7, 300, 5_000, 1 << 20])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_keys_that_come_back_are_found_in_pieces_of_any_size(size: int, end: bytes) -> None:
    keys = [key for key in ORDERS for _ in range(2)]
    keys[900], keys[-1] = ORDERS[3], ORDERS[0]

    found = found_in(lines_of(keys, end).removesuffix(end), size)

    assert found is not None
    assert {ORDERS[3].decode(), ORDERS[0].decode()} <= found
    assert len(found) < 10


def test_keys_come_back_whether_the_lines_around_them_are_regular_or_not() -> None:
    chance = random.Random(3)  # noqa: S311 - the same keys every time
    keys = [*ORDERS[:500], b"short", b"x" * 40, *ORDERS[500:1000], ORDERS[2], b"x" * 40, b"short"]
    keys += chance.sample(ORDERS[1000:], 400)
    text = lines_of(keys).replace(b"\n" + ORDERS[700], b"\n\n \t\n" + ORDERS[700])

    found = found_in(text, 2_000)

    assert found is not None
    assert {ORDERS[2].decode(), "short", "x" * 40} <= found
    assert len(found) < 10


@pytest.mark.parametrize("width", range(1, 33))
def test_keys_of_any_width_are_the_same_in_lines_and_singly(width: int) -> None:
    repeats = Repeats(1 << 18)
    key, other = b"k" * width, b"j" * width

    assert repeats.add_lines(key + b"\tcells of a line\n" + other + b"\tcells of a line\n")
    repeats.add_cells([key])

    assert repeats.found == {key}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lines_of(ORDERS[:9]) * 2, id="its header comes twice"),
        pytest.param(b'"amazon-order-id"\t"sku"\n"1"\t"2"\n', id="it is quoted"),
        pytest.param("注文番号\tsku\n1\t2\n".encode("cp932"), id="its header is not in ASCII"),
        pytest.param(
            lines_of([*ORDERS[:9], ORDERS[0]], b"\r"), id="its lines end with returns alone"
        ),
        pytest.param(lines_of(["Ä1".encode(), b"B2"]), id="a key is not in ASCII"),
        pytest.param(lines_of([*ORDERS[:9], "Ä".encode() * 9]), id="a wide key is not in ASCII"),
        pytest.param(b"sku\tamazon-order-id\n1\t2\n", id="another column comes first"),
        pytest.param(b"amazon-order-id\n1\n", id="it has one column"),
        pytest.param(lines_of(ORDERS[:9]).decode().encode("utf-16"), id="it is in UTF-16"),
        pytest.param(b"\n \n", id="it is empty"),
    ],
)
def test_a_text_that_is_not_plain_is_left_to_its_reading(text: bytes) -> None:
    assert found_in(text, 50) is None


def test_of_keys_that_come_back_all_over_a_file_none_is_kept() -> None:
    keys = [b"%07d" % number for number in range(scattered_keys.MOST_FOUND + 1)]

    assert found_in(lines_of(keys * 2), 1 << 16) is None


def test_a_byte_order_mark_and_blank_lines_may_come_before_the_header() -> None:
    text = b"\xef\xbb\xbf\r\n\n" + lines_of([*ORDERS[:9], ORDERS[0]])

    found = found_in(text)

    assert found is not None
    assert found == {ORDERS[0].decode()}


# With the download


def downloaded(body: bytes, charset: str | None = None) -> ReportDocument:
    """A document that is downloaded as syncs do it."""
    client = document_client()
    try:
        with delivering(body) as (url, _):
            return download(
                client, "X", url, spool_path=None, charset=charset, default_charset="cp1252",
                groups_by=KEY,
            )  # fmt: skip
    finally:
        client.close()


def large(text: bytes) -> bytes:
    """The text gzipped, and large enough to be read in columns."""
    body = gzip.compress(text, 0)
    assert len(body) > LARGE
    return body


MANY = [key for key in ORDERS for _ in range(2)]


def test_a_download_knows_the_orders_whose_lines_lie_apart() -> None:
    document = downloaded(large(lines_of([*MANY, ORDERS[0]])))

    assert document.scattered is not None
    assert ORDERS[0].decode() in document.scattered
    assert len(document.scattered) < 10
    document.close()


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        pytest.param(lines_of(MANY), "utf-7", id="of a charset whose lines are not in its bytes"),
        pytest.param(lines_of([*MANY, "Ä".encode()]), None, id="of keys not in ASCII"),
    ],
)
def test_a_download_knows_nothing_of_other_texts(text: bytes, charset: str | None) -> None:
    document = downloaded(large(text), charset)

    assert document.scattered is None
    document.close()


def test_a_document_that_holds_its_header_twice_is_refused_before_its_first_row() -> None:
    document = downloaded(large(lines_of(MANY) * 2))
    batches = flat_file(document, {}).batches()

    with pytest.raises(ReportUnavailableError, match="its header twice"):
        next(whole_groups(batches, KEY, document.scattered, None))
    document.close()


# Allocators
