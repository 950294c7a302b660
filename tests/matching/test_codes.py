"""What stands in a cell is read as the code that it was, or refused with a reason."""

from __future__ import annotations

import doctest

import pytest
import stdnum.ean
import stdnum.exceptions
import stdnum.isbn
import stdnum.it.aic
from hypothesis import given
from hypothesis import strategies as st

from amazon_asin_match.codes import Code, CodeKind, CodeType, FlawReason, checks, read_cell
from amazon_asin_match.codes import reading as reading_module

DIGITS = st.text("0123456789", min_size=8, max_size=14)


def value(text: str, code_type: CodeType = CodeType.AUTO) -> str:
    found = read_cell(text, code_type)
    assert len(found.codes) == 1, found
    return found.codes[0].value


@pytest.mark.parametrize("module", [checks, reading_module])
def test_examples_in_the_documentation_hold(module: object) -> None:
    failed, tried = doctest.testmod(module)  # type: ignore[arg-type]
    assert tried
    assert not failed


@pytest.mark.parametrize(
    ("text", "gtin"),
    [
        ("4006381333931", "04006381333931"),
        ("04006381333931", "04006381333931"),
        ("14006381333938", "14006381333938"),  # a case keeps its level
        ("036000291452", "00036000291452"),
        ("36000291452", "00036000291452"),  # a UPC that lost its zero
        ("96385074", "00000096385074"),
        ("01234565", "00012345000065"),  # UPC-E
        ("1234565", "00012345000065"),  # UPC-E that lost its zero
        ("9783161484100", "09783161484100"),
        ("316148410X", "09783161484100"),
        ("080442957X", "09780804429573"),
        ("80442957X", "09780804429573"),  # an ISBN-10 that lost its zero
        ("979-10-90636-07-1", "09791090636071"),
        ("4006381333931.0", "04006381333931"),
        ("4006381333931,00", "04006381333931"),
        ("4.006381333931E+12", "04006381333931"),
        ("4,006381333931e12", "04006381333931"),
        ("'4006381333931", "04006381333931"),
        ('="4006381333931"', "04006381333931"),
        ("4006381333931".translate({48 + n: 0xFF10 + n for n in range(10)}), "04006381333931"),
        ("\u00a04006381\u00a0333931 ", "04006381333931"),
        ("400-6381-333931", "04006381333931"),
        ("4.006.381.333.931", "04006381333931"),
        ("4,006,381,333,931", "04006381333931"),
        ("EAN: 4006381333931", "04006381333931"),
        ("ISBN-13: 978-3-16-148410-0", "09783161484100"),
        ("ISBN 3-16-148410-X", "09783161484100"),
        ("(01)04006381333931", "04006381333931"),
        ("4006381333931, 4006381333931", "04006381333931"),
        ("4006381333931;04006381333931", "04006381333931"),
    ],
)
def test_a_code_is_read_whatever_a_spreadsheet_has_done_to_it(text: str, gtin: str) -> None:
    assert value(text) == gtin


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        ("", "empty", "The cell is empty."),
        (" \u00a0 ", "empty", "The cell is empty."),
        ("N/A", "characters", "'N/A' has characters that no code has."),
        (
            "4006382", "checksum",
            "The check digit of '4006382' is wrong: a digit is mistyped or missing.",
        ),
        (
            "40063", "length",
            "'40063' has 5 digits; a code has 8, 10, 12, 13 or 14, or a few less where zeros are lost.",
        ),
        (
            "004006381333931999", "length",
            ("'004006381333931999' has 18 digits; a code has 8, 10, 12, 13 or 14, or a few less where "
            "zeros are lost."),
        ),
        (
            "4006381333932", "checksum",
            "The check digit of '4006381333932' is wrong: a digit is mistyped or missing.",
        ),
        (
            "4.00638E+12", "lost_digits",
            (
                "'4.00638E+12' is a number that a spreadsheet has shortened to 6 digits, and the "
                "others are gone; export the codes as text."
            ),
        ),
        (
            "2012345678903", "restricted",
            "'2012345678903' is a number for use inside a shop or company, not a product.",
        ),
        ("9990000000005", "restricted", "'9990000000005' is a coupon, not a product."),
        (
            "9771234567003", "restricted",
            ("'9771234567003' is a serial publication (ISSN), of which each issue has the same number, "
            "not a product."),
        ),
        (
            "0000000000000", "placeholder",
            "'0000000000000' is a placeholder, not a product's code.",
        ),
        (
            "1234567890128", "placeholder",
            "'1234567890128' is a placeholder, not a product's code.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_reason(text: str, reason: str, words: str) -> None:
    found = read_cell(text)
    assert not found.codes
    assert found.flaw
    assert (found.flaw.reason, found.flaw.sentence) == (FlawReason(reason), words)


def test_what_was_restored_is_said() -> None:
    assert read_cell("36000291452").notes == (
        "'36000291452' has lost a zero and is read as the UPC 036000291452.",
    )
    assert read_cell("1234565").notes == (
        "'1234565' has lost a zero and is read as the UPC-E of 012345000065.",
    )
    assert read_cell("4.006381333931E+12").notes == (
        "'4.006381333931E+12' is written out as 4006381333931.",
    )


def test_a_number_of_ten_digits_that_is_an_isbn_and_a_upc_is_asked_as_both() -> None:
    both = next(
        text
        for text in (f"{number:010d}" for number in range(3_600_029_000, 3_600_030_000))
        if checks.fits_isbn10(text) and checks.fits_gtin(text)
    )
    found = read_cell(both)
    assert {code.value for code in found.codes} == {
        checks.isbn10_to_gtin(both), both.zfill(14),
    }  # fmt: skip
    assert not found.several
    assert "It can be read in two ways, and both are asked." in found.notes


def test_an_eight_digit_number_that_is_an_ean_8_and_a_upc_e_is_asked_as_both() -> None:
    both = next(
        text
        for text in (f"{number:08d}" for number in range(10_000_000, 10_100_000))
        if checks.upc_e_to_gtin(text) and checks.fits_gtin(text)
    )
    assert len(read_cell(both).codes) == 2


def test_several_codes_of_a_cell_are_all_asked() -> None:
    for text in ("4006381333931, 036000291452", "4006381333931\n036000291452", "4006381333931 / 036000291452"):  # fmt: skip  # noqa: E501
        found = read_cell(text)
        assert [code.value for code in found.codes] == ["04006381333931", "00036000291452"]
        assert found.several
        assert found.notes == ("The cell holds 2 codes, and all of them are asked.",)


def test_a_bad_code_beside_a_good_one_is_left_out_and_named() -> None:
    found = read_cell("4006381333931; 4006381333932")
    assert [code.value for code in found.codes] == ["04006381333931"]
    assert found.notes == (
        (
            "'4006381333932' is left out: The check digit of '4006381333932' is wrong: a digit is "
            "mistyped or missing."
        ),
    )


def test_minsan_asin_and_sku_are_kinds_of_their_own() -> None:
    assert read_cell("A000307052").codes == (Code(CodeKind.MINSAN, "000307052"),)
    assert read_cell("000307052", CodeType.MINSAN).codes == (Code(CodeKind.MINSAN, "000307052"),)
    assert read_cell("009CVD", CodeType.MINSAN).codes == (Code(CodeKind.MINSAN, "000307052"),)
    assert read_cell("B07XJ8C8F5").codes == (Code(CodeKind.ASIN, "B07XJ8C8F5"),)
    assert read_cell(" a,b ", CodeType.SKU).codes == (Code(CodeKind.SKU, "a,b"),)
    assert not read_cell("a,b", CodeType.SKU).codes[0].can_share_a_call


def test_a_gtin_is_sent_as_ean_but_a_case_as_gtin_with_its_level() -> None:
    ean, case = read_cell("4006381333931").codes[0], read_cell("14006381333938").codes[0]
    assert (ean.identifiers_type, ean.identifier) == ("EAN", "4006381333931")
    assert (case.identifiers_type, case.identifier) == ("GTIN", "14006381333938")
    assert Code.of_key(case.key) == case


@given(DIGITS)
def test_check_digits_agree_with_stdnum(digits: str) -> None:
    if len(digits) in {8, 12, 13, 14}:
        assert checks.fits_gtin(digits) == stdnum.ean.is_valid(digits)


@given(st.text("0123456789", min_size=9, max_size=9), st.sampled_from("0123456789X"))
def test_isbns_agree_with_stdnum(body: str, last: str) -> None:
    isbn = body + last
    assert checks.fits_isbn10(isbn) == stdnum.isbn.is_valid(isbn)
    if checks.fits_isbn10(isbn):
        gtin = checks.isbn10_to_gtin(isbn)
        assert gtin == stdnum.isbn.to_isbn13(isbn).zfill(14)
        assert checks.gtin_to_isbn10(gtin) == isbn


@given(st.text("0123456789", min_size=9, max_size=9))
def test_minsans_agree_with_stdnum(digits: str) -> None:
    assert checks.fits_minsan("0" + digits[1:]) == stdnum.it.aic.is_valid("0" + digits[1:])


@given(st.text(max_size=40), st.sampled_from(list(CodeType)))
def test_any_text_is_read_or_refused(text: str, code_type: CodeType) -> None:
    found = read_cell(text, code_type)
    assert bool(found.codes) != bool(found.flaw)
    for code in found.codes:
        if code.kind is CodeKind.GTIN:
            assert stdnum.ean.is_valid(code.value)
