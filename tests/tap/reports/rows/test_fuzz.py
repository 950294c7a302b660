"""Whatever bytes arrive, rows come back as they were written, or one sentence says why not."""

from __future__ import annotations

import gzip
import io
import threading
import zlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from delivery import document_client
from flat_files import flat_file, rows_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amazon_selling_partner import RetryableError, marketplaces
from tap_amazon_seller.errors import ReportUnavailableError, TapError
from tap_amazon_seller.reports.text import charset as charsets
from tap_amazon_seller.reports.text import document as documents
from tap_amazon_seller.reports.text import download as downloads
from tap_amazon_seller.reports.text import inspection, spool
from tap_amazon_seller.reports.text.bounds import LONGEST_LINE
from tap_amazon_seller.reports.text.document import ReportDocument
from tap_amazon_seller.reports.text.headers import canonical_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_amazon_seller.reports.rows.flat_file import FlatFile

    Table = Sequence[Sequence[str]]
    Download = Callable[[str], ReportDocument]

DE = marketplaces.BY_COUNTRY["DE"]
NAMES = ("sku", "title", "note", "quantity")
COLUMNS: dict[str, Any] = {name: {"type": ["string", "null"]} for name in NAMES}
CHARSETS = ("utf-8", "utf-8-sig", "cp1252", "cp932", "iso-8859-1")
STEADY = settings(
    derandomize=True,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

ODD = "\x00\x0b\x0c\x1a\x1c\x85\u2028\u2029\r\"'\\ äß€™商①㈱𝄞"
TEXT = st.text(st.sampled_from("ab1," + ODD), max_size=8)
SKU = st.text(st.sampled_from("AB12-"), min_size=1, max_size=5)
ROW = st.tuples(SKU, TEXT, TEXT, st.sampled_from(["", "1", "20"]))
ROWS = st.lists(ROW, max_size=8)


def as_text(rows: Table, end: str = "\n", header: Sequence[str] = NAMES) -> str:
    """A flat file with a header."""
    return "".join("\t".join(row) + end for row in (header, *rows))


def as_quoted_text(rows: Table, end: str = "\n", header: Sequence[str] = NAMES) -> str:
    """A flat file with every cell in quotation marks."""
    return "".join(
        "\t".join('"' + cell.replace('"', '""') + '"' for cell in row) + end
        for row in (header, *rows)
    )


def opened(body: bytes, charset: str = "utf-8") -> FlatFile:
    """A reading of a body, checked as a download is."""
    spooled = io.BytesIO(body)
    downloads.check_complete(spooled, "text/plain")
    inspection.inspected(spool.uncompressed(spooled))
    return flat_file(ReportDocument("X", charset, spooled), COLUMNS, required=("sku",))


def charset_of(spooled: io.BytesIO, named: str, default: str) -> str:
    """The codec that a document is found to be in."""
    findings = inspection.inspected(spool.uncompressed(spooled))
    return charsets.charset_of("X", findings, named, default)


def cells_of(reading: FlatFile) -> list[tuple[str, ...]]:
    """All rows, as they were written; the counts must add up."""
    rows = [tuple(row[name] or "" for name in NAMES) for row in rows_of(reading)]
    counts = reading.counts
    assert counts.emitted == len(rows)
    assert counts.read == counts.emitted + counts.rejected + counts.elsewhere
    return rows


def fits(text: str, charset: str) -> bool:
    """Whether a charset can carry a text there and back."""
    try:
        return text.encode(charset).decode(charset) == text
    except UnicodeError:
        return False


def in_charset(rows: Table, charset: str) -> list[tuple[str, ...]]:
    """The rows without the characters that the charset does not have, or that it is not read with."""
    unread = "\x85" if charset == "iso-8859-1" else ""  # which is Cp1252's ellipsis
    return [
        tuple(
            "".join(c for c in cell if fits("a" + c, charset) and c not in unread) for cell in row
        )
        for row in rows
    ]


def members(body: bytes, cuts: Sequence[int]) -> bytes:
    """The body as gzip, a new member after each cut."""
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    return b"".join(gzip.compress(body[start:end]) for start, end in pairwise(places))


CUTS = st.lists(st.integers(0, 10_000), max_size=4)


@STEADY
@given(ROWS, st.sampled_from(CHARSETS), st.sampled_from(["\n", "\r\n"]), st.none() | CUTS)
def test_rows_come_back_from_every_charset_and_packing(
    rows: Table, charset: str, end: str, cuts: list[int] | None
) -> None:
    written = in_charset(rows, charset)
    body = as_text(written, end).encode(charset)

    assert cells_of(opened(body if cuts is None else members(body, cuts), charset)) == written


@STEADY
@given(ROWS, st.sampled_from(["\n", "\r\n"]))
def test_quoted_rows_come_back_with_line_breaks_and_quotation_marks_in_their_cells(
    rows: Table, end: str
) -> None:
    written = [(sku, title + "\n" + note, note, "1") for sku, title, note, _ in rows]

    assert cells_of(opened(as_quoted_text(written, end).encode())) == written


@STEADY
@given(
    rows=st.lists(ROW.map(lambda row: tuple(cell.replace("\r", "") for cell in row)), max_size=8),
    order=st.permutations(range(len(NAMES))),
    quoted=st.booleans(),
)
def test_the_order_of_the_columns_makes_no_difference(
    *, rows: Table, order: list[int], quoted: bool
) -> None:
    table = [[row[place] for place in order] for row in (NAMES, *rows)]
    text = (
        as_quoted_text(table[1:], header=table[0])
        if quoted
        else as_text(table[1:], header=table[0])
    )

    assert cells_of(opened(text.encode())) == rows


@STEADY
@given(
    st.lists(st.text(max_size=6) | st.sampled_from(["sku", "SKU", "", "column_2", "Status", '"']))
)
def test_every_header_gives_each_column_a_name_of_its_own(header: list[str]) -> None:
    names = canonical_names(header)

    assert len(names) == len(header) == len(set(names))
    assert all(names)


@STEADY
@given(st.lists(st.text(st.sampled_from("ab \u2028\"'äß商-_"), max_size=4), max_size=5))
def test_headers_that_are_repeated_unknown_or_empty_lose_no_cell(header: list[str]) -> None:
    row = [f"cell {place}" for place in range(len(header) + 1)]
    text = "\t".join(["sku", *header]) + "\n" + "\t".join(row) + "\n"

    (found,) = rows_of(flat_file(text, {}))

    assert list(found.values()) == row


@STEADY
@given(st.lists(st.lists(TEXT, min_size=1, max_size=7), max_size=8))
def test_ragged_rows_are_padded_repaired_or_rejected(rows: list[list[str]]) -> None:
    text = "".join(f"{line}\n" for line in ["\t".join(NAMES), *map("\t".join, rows)])
    reading = opened(text.encode())
    width = len(NAMES)
    lines = [line.removesuffix("\r").split("\t") for line in text.split("\n")[1:-1]]
    told = [cells for cells in lines if any(cells)]

    found = cells_of(reading)

    as_they_stand = {tuple((cells + [""] * width)[:width]) for cells in told}
    texts = {"".join(cells) for cells in told}
    assert all(row in as_they_stand or "".join(row).replace("\t", "") in texts for row in found)
    assert reading.counts.read == len(told)
    assert all(tuple(cells) in found for cells in told if len(cells) == width)


@STEADY
@given(
    st.binary(max_size=300),
    st.sampled_from([*CHARSETS, "utf-7", "idna", "unicode_escape", "iso2022_jp"]),
    st.sampled_from([b"", as_text([]).encode(), as_quoted_text([]).encode(), b'"', b"\x1f\x8b"]),
    st.sampled_from(["plain", "gzip", "damaged"]),
    st.integers(0, 10_000),
)
def test_any_bytes_end_in_records_that_are_text_or_in_one_sentence(
    noise: bytes, charset: str, start: bytes, packing: str, place: int
) -> None:
    body = start + noise
    if packing != "plain":
        body = gzip.compress(body)
    if packing == "damaged":
        place %= len(body)
        body = body[:place] + bytes([body[place] ^ 0x10]) + body[place + 1 :]
    try:
        rows = cells_of(opened(body, charset))
    except (ReportUnavailableError, RetryableError) as error:
        assert str(error)  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
    else:
        "".join(cell for row in rows for cell in row).encode()


@STEADY
@given(ROWS.filter(bool), st.integers(1, 10_000), CUTS)
def test_gzip_that_is_cut_short_is_never_taken_for_whole(
    rows: Table, cut: int, cuts: list[int]
) -> None:
    body = as_text(rows).encode()
    last = len(gzip.compress(body[max((c % (len(body) + 1) for c in cuts), default=0) :]))
    packed = members(body, cuts)

    # Of a single byte nobody can say that it was gzip.
    with pytest.raises((RetryableError, ReportUnavailableError)):
        opened(packed[: -1 - cut % (last - 1)])


@STEADY
@given(ROWS, st.binary(min_size=1, max_size=30).filter(lambda tail: tail.strip(b"\0") != b""))
def test_what_follows_the_end_of_gzip_is_never_passed_over(rows: Table, tail: bytes) -> None:
    with pytest.raises(RetryableError, match="cut short or damaged"):
        opened(gzip.compress(as_text(rows).encode()) + tail)


@STEADY
@given(ROWS.filter(bool), st.integers(0, 100_000), st.integers(0, 7))
def test_a_flipped_bit_in_gzip_gives_the_same_rows_or_none(
    rows: Table, place: int, bit: int
) -> None:
    packed = bytearray(gzip.compress(as_text(rows).encode()))
    packed[place % len(packed)] ^= 1 << bit
    try:
        found = cells_of(opened(bytes(packed)))
    except (ReportUnavailableError, RetryableError):
        return
    assert found == rows


@STEADY
@given(
    rows=st.lists(ROW, min_size=1, max_size=5),
    place=st.integers(0, 100_000),
    quoted=st.booleans(),
    packing=st.sampled_from(["plain", "gzip", "members"]),
    charset=st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_a_document_that_was_delivered_twice_is_refused(
    *, rows: Table, place: int, quoted: bool, packing: str, charset: str
) -> None:
    once = (as_quoted_text(rows) if quoted else as_text(rows)).encode(charset)
    header = once.index(b"\n") + 1
    first = once[: header + place % (len(once) - header + 1)]
    body = first + once
    if packing == "gzip":
        body = gzip.compress(body)
    elif packing == "members":
        body = gzip.compress(first) + gzip.compress(once)

    with pytest.raises(ReportUnavailableError, match=r"X holds its header twice \(line \d+\)"):
        cells_of(opened(body, charset))


def test_a_document_that_came_twice_names_the_line_of_its_second_header() -> None:
    text = as_text([("A", "a", "", "1")])

    with pytest.raises(ReportUnavailableError, match=r"twice \(line 3\), so it was delivered more"):
        cells_of(opened((text * 2).encode()))


@STEADY
@given(st.lists(ROW, min_size=2, max_size=6), st.integers(0, 100_000))
def test_a_lone_quotation_mark_in_a_quoted_file_swallows_no_row(rows: Table, place: int) -> None:
    plain = [tuple(cell.replace('"', "").replace("\r", "") for cell in row) for row in rows]
    text = as_quoted_text(plain)
    body = text.index("\n") + 1
    place = body + place % (len(text) - body + 1)
    broken = text[:place] + '"' + text[place:]
    line = broken[:place].count("\n") + 1
    try:
        found = cells_of(opened(broken.encode()))
    except ReportUnavailableError as error:
        assert f"line {line}" in str(error) or f"line {line - 1}" in str(error)  # noqa: PT017
        return
    assert len(found) >= len(rows) - 1
    assert [row for row in plain if row not in found] in ([], [plain[line - 2]])


@pytest.mark.parametrize("quoted", [False, True], ids=["tabs", "quoted"])
def test_huge_cells_and_lines_are_read_to_the_end(*, quoted: bool) -> None:
    rows = [("A", "ä" * 200_000, "x" * (LONGEST_LINE - 210_000), "1"), ("B", "b", "", "2")]
    text = as_quoted_text(rows) if quoted else as_text(rows)

    assert cells_of(opened(text.encode())) == rows


@pytest.mark.parametrize("row", ['A\t"open pan\t\t3', 'A\t"open pan'])
def test_an_open_quotation_mark_in_a_quoted_file_refuses_it_and_names_the_line(row: str) -> None:
    text = as_quoted_text([("Z", "z", "", "1")]) + row + '\nB\t12 inch"\t\t4\nC\tc\t\t5\n'

    with pytest.raises(
        ReportUnavailableError, match="quotation mark without its partner in or after line 3"
    ):
        cells_of(opened(text.encode()))


def test_a_mark_inside_an_unquoted_cell_of_a_quoted_file_is_a_character() -> None:
    text = as_quoted_text([]) + 'A\t12" pan\tö\t3\n'

    assert cells_of(opened(text.encode())) == [("A", '12" pan', "ö", "3")]


def test_a_quoted_file_that_the_user_reads_as_utf_8_may_have_a_byte_order_mark() -> None:
    rows = [("A", 'say "a"', "", "1")]

    assert cells_of(opened(as_quoted_text(rows).encode("utf-8-sig"), "utf-8")) == rows


@pytest.mark.parametrize("fragment", ["\x1a", "B\tb", "(2 rows)"])
def test_a_last_line_that_ends_early_is_rejected_with_its_number(
    fragment: str, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [("A", "a", "n", "1")]
    reading = opened((as_text(rows) + fragment).encode())

    assert cells_of(reading) == rows
    assert reading.counts.rejected == 1
    assert "Line 3 of document X" in caplog.text


def test_a_line_that_ends_before_a_required_column_is_rejected() -> None:
    text = "title\tsku\tnote\tquantity\nfoot of the page\na\tA\n"
    reading = opened(text.encode())

    assert cells_of(reading) == [("A", "a", "", "")]
    assert reading.counts.rejected == 1


def test_blank_lines_are_no_rows_wherever_they_stand() -> None:
    rows = [("A", "a", "n", "1"), ("B", "b", "", "2")]
    text = "\n\r\n" + as_text(rows).replace("A\t", "\t\t\t\n\nA\t") + "\r\n\t\t\t\t\t\n"
    reading = opened(text.encode())

    assert cells_of(reading) == rows
    assert reading.counts.read == 2


# The codec of a download that names none


@STEADY
@given(
    rows=ROWS,
    default=st.sampled_from(["cp932", "iso-8859-1", "cp1252"]),
    packed=st.booleans(),
    size=st.integers(1, 9),
)
def test_without_a_charset_utf_8_is_recognised_in_pieces_of_any_size(
    *, rows: Table, default: str, packed: bool, size: int
) -> None:
    body = as_text(rows).encode()
    spooled = io.BytesIO(gzip.compress(body) if packed else body)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inspection, "PIECE", size)
        assert charset_of(spooled, "", default) == "utf-8"


@pytest.mark.parametrize(
    ("charset", "title"),
    [
        ("iso-8859-1", "Plancha eléctrica"),
        ("cp1252", "Plancha eléctrica…"),
        ("cp1252", "Größe €5"),
        ("cp932", "商品名 フライパン"),
    ],
)
def test_without_a_charset_other_texts_are_in_the_marketplaces_own(
    charset: str, title: str
) -> None:
    spooled = io.BytesIO(as_text([("A", title, "", "1")]).encode(charset))

    default = "cp932" if charset == "cp932" else DE.charset

    assert charset_of(spooled, "", default).lower() == charset
    assert cells_of(opened(spooled.getvalue(), charset)) == [("A", title, "", "1")]


@pytest.mark.parametrize(
    ("named", "body", "charset"),
    [
        ("cp1252", "Größe".encode("cp1252"), "cp1252"),
        ("cp1252", b"plain", "cp1252"),
        ("cp1252", "Größe".encode(), "utf-8"),
        ("cp1252", "Größe".encode() + b" \xdf", "cp1252"),
        ("Windows-31J", "商品名 フライパン".encode(), "utf-8"),
        ("Windows-31J", "商品名 フライパン".encode("cp932"), "cp932"),
        ("ISO-8859-1", "Käfer™ – 5 €".encode("cp1252"), "cp1252"),
        ("ISO-8859-1", "Größe".encode("iso-8859-1"), "ISO-8859-1"),
        ("ISO-8859-1", "Größe…".encode("cp1252"), "cp1252"),
        ("", "Größe…".encode("cp1252"), "cp1252"),
        ("utf-8", "Größe €".encode("cp1252"), "utf-8"),
        ("windows-31j", b"a", "cp932"),
        ("cp1252", "Größe".encode("utf-8-sig"), "utf-8-sig"),
        ("klingon", "Größe".encode(), "utf-8"),
        ("unicode_escape", b"a\\n", "iso-8859-1"),
        ("utf-7", "Größe €".encode("cp1252"), "cp1252"),
        ("", "Größe".encode()[:-2], "iso-8859-1"),
    ],
)
def test_a_charset_that_is_named_is_believed_unless_the_bytes_speak_against_it(
    named: str, body: bytes, charset: str
) -> None:
    found = charset_of(io.BytesIO(body), named, "iso-8859-1")

    assert found in {charset, "utf-8" if body.isascii() and not charsets.named_codec(named) else ""}


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ("ISO-8859-1", "is said to be in charset ISO-8859-1, but its bytes are cp1252"),
        ("unicode_escape", "is said to be in charset unicode_escape, which no report is in"),
    ],
)
def test_a_charset_that_is_not_believed_is_told(
    named: str, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    charset_of(io.BytesIO("5 €".encode("cp1252")), named, "iso-8859-1")

    assert sentence in caplog.text


# The download itself


class Storage:
    """What the server on loopback delivers: a body in chunks, and how it ends."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.chunked = False
        self.content_type = "text/plain"
        self.cut_at: int | None = None

    def serve(self, answer: BaseHTTPRequestHandler) -> None:
        """Deliver the body; the first time cut short, if it is to be."""
        answer.send_response(200)
        answer.send_header("content-type", self.content_type)
        if self.chunked:
            answer.send_header("transfer-encoding", "chunked")
        else:
            answer.send_header("content-length", str(sum(map(len, self.pieces))))
        answer.end_headers()
        cut, self.cut_at = self.cut_at, None
        for place, piece in enumerate(self.pieces):
            if place == cut:
                answer.close_connection = True
                return
            answer.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if self.chunked else piece)
        if self.chunked:
            answer.wfile.write(b"0\r\n\r\n")


@contextmanager
def listening(storage: Storage) -> Iterator[str]:
    """The URL of a document on a server on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            storage.serve(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/document"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def storage() -> Storage:
    """What the server delivers."""
    return Storage()


@pytest.fixture(scope="module")
def download(storage: Storage) -> Iterator[Download]:
    """Download what the server has, with one client for all downloads here."""
    client = document_client()

    with listening(storage) as url:
        yield lambda default: downloads.download(
            client, "X", url, spool_path=None, charset=None, default_charset=default
        )
    client.close()


@settings(STEADY, max_examples=60)
@given(
    rows=ROWS.filter(bool),
    charset=st.sampled_from(CHARSETS),
    packed=st.booleans(),
    chunked=st.booleans(),
    cuts=CUTS,
    broken_at=st.none() | st.integers(0, 5),
)
def test_a_download_in_any_pieces_gives_the_rows_of_the_whole(
    *,
    storage: Storage,
    download: Download,
    rows: Table,
    charset: str,
    packed: bool,
    chunked: bool,
    cuts: list[int],
    broken_at: int | None,
) -> None:
    written = in_charset(rows, charset)
    body = as_text(written).encode(charset)
    if packed:
        body = gzip.compress(body)
    places = [0, *sorted({1 + cut % (len(body) - 1) for cut in cuts}), len(body)]
    storage.pieces = [body[a:b] for a, b in pairwise(places)]
    storage.chunked = chunked
    storage.content_type = f"text/plain; charset={charset}"
    storage.cut_at = broken_at

    try:
        found = download("ascii")
    except RetryableError:
        assert broken_at is not None
        found = download("ascii")

    try:
        assert cells_of(flat_file(found, COLUMNS)) == written
    finally:
        found.close()


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("tail", [b"", b"junk"], ids=["whole", "with junk"])
def test_a_large_download_without_a_charset_comes_whole(
    storage: Storage, download: Download, *, chunked: bool, tail: bytes
) -> None:
    rows = [(f"SKU-{number}", f"Größe {number} ™", "", "1") for number in range(60_000)]
    body = gzip.compress(as_text(rows).encode(), 1) + tail
    storage.pieces = [body[place : place + 7919] for place in range(0, len(body), 7919)]
    storage.chunked = chunked
    storage.content_type = "application/octet-stream"
    if tail:
        with pytest.raises(RetryableError, match="cut short or damaged"):
            download("cp1252")
        return

    found = download("cp1252")

    assert found.charset == "utf-8"
    assert cells_of(flat_file(found, COLUMNS)) == rows
    found.close()


class Failing(io.BytesIO):
    """A spool file whose disk fails while it is read."""

    def __init__(self, body: bytes, error: Exception) -> None:
        super().__init__(body)
        self.error: Exception | None = None
        self.later = error

    def read(self, size: int | None = -1, /) -> bytes:
        if self.error:
            raise self.error
        return super().read(size)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(5, "Input/output error"), TapError),
        (EOFError(), ReportUnavailableError),
        (zlib.error(), ReportUnavailableError),
    ],
)
def test_a_disk_that_fails_while_it_is_read_is_told(
    error: Exception, kind: type[Exception]
) -> None:
    body = Failing(as_text([("A", "a", "", "1")]).encode(), error)
    rows = flat_file(ReportDocument("X", "utf-8", body), COLUMNS).batches()
    real = spool.uncompressed

    def failing(found: Any) -> Any:
        binary = real(found)
        body.error = body.later
        return binary

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "uncompressed", failing)
        with pytest.raises(kind, match=r"[Dd]ocument X"):
            next(rows)
