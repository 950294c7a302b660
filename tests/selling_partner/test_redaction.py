"""What is logged or shown holds no secret, no buyer's address and nothing that a terminal obeys."""

from __future__ import annotations

import logging

import pytest

from amazon_selling_partner import Redaction

TOKEN = "Atza|IwEBIPs-4uVY_1.2~3/4+5="
SIGNED = "https://tortuga.s3.amazonaws.com/a/b?X-Amz-Signature=0123abcd&X-Amz-Credential=ASIA%2F1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"The token {TOKEN} has expired", "The token [hidden] has expired"),
        ("refresh Atzr|IwEBI_x and Atz.sprdt|IwEBI_y", "refresh [hidden] and [hidden]"),
        ("Atza%7CIwEBIPs%2D4", "[hidden]"),
        (f"GET {SIGNED} failed", "GET https://tortuga.s3.amazonaws.com/a/b?[hidden] failed"),
        ("X-Amz-Signature=0123abcd", "[hidden]"),
        ('{"access_token":"abc","n":1}', '{"[hidden]","n":1}'),
        ("Authorization: Bearer abc.def", "Authorization: [hidden]"),
        ("amzn1.oa2-cs.v1.0123abcd is wrong", "[hidden] is wrong"),
        ("the key AKIAIOSFODNN7EXAMPLE", "the key [hidden]"),
        ("of jane.doe+1@marketplace.amazon.co.uk", "of [e-mail]"),
        ("call +49 (170) 123-45 67 now", "call [phone] now"),
        ("order 305-1234567-1234567 of 2026-11-02", "order 305-1234567-1234567 of 2026-11-02"),
    ],
)
def test_secrets_and_personal_data_are_hidden(text: str, shown: str) -> None:
    assert Redaction()(text) == shown


def test_known_secrets_are_hidden_in_every_form() -> None:
    redaction = Redaction("p/ss w|rd")

    assert redaction("p/ss w|rd p%2Fss%20w%7Crd p%2Fss+w%7Crd") == "[hidden] [hidden] [hidden]"


def test_a_secret_that_escape_sequences_cut_is_hidden() -> None:
    assert Redaction()("At\x1b[1mza|Iw\x00EBI") == "[hidden]"


@pytest.mark.parametrize(
    "text",
    [
        "a\x1b]52;c;cm0gLXJmIC8=\x07b",
        "a\x1b]52;c;cm0gLXJmIC8=\x1b\\b",
        "a\x9d52;c;cm0gLXJmIC8=\x9cb",
        "a\x1b[2J\x1b[31mb",
        "a\x9b31mb",
        "a\x1bPq#0\x1b\\b",
        "a\x00\x08\x7fb",
        "a\u202e\u2066\u200bb",
        "a\ud83db",
    ],
)
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    assert Redaction()(text) == "ab"


def test_a_text_is_one_line() -> None:
    assert Redaction()("a\r\nERROR forged\u2028line\x85end") == "a ERROR forged line end"


def test_a_text_has_a_length() -> None:
    assert len(Redaction(longest=50)("x" * 1_000_000)) == 50
    assert Redaction(longest=50)("x" * 50) == "x" * 50


def test_the_cut_comes_after_the_secrets_are_hidden() -> None:
    assert "Atza" not in Redaction(longest=30)("x" * 20 + TOKEN * 3)


@pytest.mark.parametrize(
    ("message", "arguments"),
    [("%s failed", (TOKEN,)), ("%d failed", (TOKEN,)), (f"{TOKEN} failed", ())],
    ids=["arguments", "arguments that do not fit", "text"],
)
def test_a_record_of_the_log_is_made_fit(message: str, arguments: tuple[str, ...]) -> None:
    record = logging.LogRecord("n", logging.INFO, "p", 1, message, arguments, None)

    assert Redaction().filter(record)
    assert TOKEN not in record.getMessage()
    assert "failed" in record.getMessage()


def test_a_trace_is_made_fit() -> None:
    error = ValueError(TOKEN)
    info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("n", logging.INFO, "p", 1, "failed", (), info)

    Redaction().filter(record)

    text = logging.Formatter().format(record)
    assert "ValueError: [hidden]" in text
    assert TOKEN not in text
