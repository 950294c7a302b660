"""Bytes become structs in one place, and whatever is wrong with them is one failure of that call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amazon_selling_partner import RetryableError
from amazon_selling_partner._answers import DEEPEST, Answered, Report, decode, refusal, seconds

if TYPE_CHECKING:
    from random import Random

GOOD = {"reportId": "123", "processingStatus": "DONE", "reportType": "T", "more": [1]}


def test_what_is_not_known_is_passed_over() -> None:
    found = decode(json.dumps(GOOD).encode(), Report)

    assert found == Report(report_id="123", processing_status="DONE", report_type="T")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"DONE"',
        b"{",
        b"\xff\xfe{\x00}\x00",
        b'{"reportId": "\xe9", "processingStatus": "DONE"}',
        b'{"reportId": NaN, "processingStatus": "DONE"}',
        b'{"reportId": 1e999, "processingStatus": "DONE"}',
        b'{"reportId": ' + b"9" * 5_000 + b', "processingStatus": "DONE"}',
        b'{"a": ' * 200_000,
        b"[" * 200_000,
        b'{"processingStatus": "DONE"}',
        b'{"reportId": "", "processingStatus": "DONE"}',
        b'{"reportId": null, "processingStatus": "DONE"}',
        b'{"reportId": 123, "processingStatus": "DONE"}',
        b'{"reportId": {"a": 1}, "processingStatus": "DONE"}',
        b'{"reportId": "../../x", "processingStatus": "DONE"}',
        b'{"reportId": "1\\u001b]52;c;x\\u0007", "processingStatus": "DONE"}',
        b'{"reportId": "1\\n", "processingStatus": "DONE"}',
        b'{"reportId": "1", "processingStatus": {"a": 1}}',
        b'{"reportId": "1", "processingStatus": ""}',
        b'{"reportId": "1", "processingStatus": "DONE", "reportDocumentId": 7}',
        b'{"reportId": "1", "processingStatus": "DONE", "marketplaceIds": "DE"}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_an_answer_of_another_form_may_be_better_next_time(body: bytes) -> None:
    with pytest.raises(RetryableError, match="gave an answer"):
        decode(body, Report)


@pytest.mark.parametrize(("depth", "is_read"), [(99, True), (100, False), (900, False)])
def test_what_is_deeper_than_anything_of_amazons_is_refused(depth: int, *, is_read: bool) -> None:
    body = b'{"more": ' + b"[" * depth + b'"[["' + b"]" * depth + b"}"

    if is_read:
        assert decode(body, dict[str, object])
    else:
        with pytest.raises(RetryableError, match="too deep"):
            decode(body, dict[str, object])


@settings(deadline=None)  # a busy machine
@given(
    st.integers(95, 105),
    st.lists(st.text(r'[]{}"\,:a'), max_size=120),
    st.randoms(use_true_random=False),
)
def test_what_texts_hold_makes_an_answer_no_deeper(
    depth: int, texts: list[str], chance: Random
) -> None:
    found: object = texts
    for _ in range(depth - 2):  # the texts are a list, and the answer an object
        text = chance.choice(texts) if texts else ""
        found = {text: found, "b": []} if chance.random() < 0.5 else [text, found, {}]
    body = json.dumps({"more": found}).encode()

    if depth <= DEEPEST:
        assert decode(body, dict[str, object]) == {"more": found}
    else:
        with pytest.raises(RetryableError, match="too deep"):
            decode(body, dict[str, object])


def test_a_mark_before_the_text_is_passed_over() -> None:
    assert decode(b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), Report).report_id == "123"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (rb"a\ud83d", "a\ufffd"),
        (rb"\ude00\ude00", "\ufffd\ufffd"),
        (rb"\ud83d\ude00\ud83d", "\U0001f600\ufffd"),
        (rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (rb"\\ud83d", r"\ud83d"),
        (rb"\\\ud83d", "\\\ufffd"),
    ],
)
def test_half_a_character_costs_that_character_alone(text: bytes, read: str) -> None:
    found = decode(b'{"message": "' + text + b'"}', dict[str, str])

    assert found == {"message": read}


def test_the_reason_holds_nothing_of_the_answer() -> None:
    with pytest.raises(RetryableError) as failure:
        decode(b'{"reportId": "Atza|secret", "processingStatus": 7}', Report)

    assert "secret" not in str(failure.value)


class Faulty(Answered, frozen=True):
    """A struct whose own code fails."""

    name: str

    def __post_init__(self) -> None:
        raise NotImplementedError("a programming error")


def test_an_error_of_the_program_is_not_taken_for_one_of_amazons() -> None:
    with pytest.raises(NotImplementedError):
        decode(b'{"name": "x"}', Faulty)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"errors": [{"code": "C", "message": "m", "details": "d"}]}, "C", "m"),
        ({"errors": [{"message": "m"}, {"message": "n"}]}, "error", "m"),
        ({"errors": ["m"]}, "error", "m"),
        ({"errors": "m"}, "error", "m"),
        ({"errors": {"code": "C", "message": "m"}}, "C", "m"),
        ({"errors": [7]}, "error", "no reason given"),
        ({"errors": [[]]}, "error", "no reason given"),
        ({"errors": 7}, "error", "no reason given"),
        ({"errors": [{"code": 7, "message": ["m"]}]}, "error", "no reason given"),
        ({"errors": [{"code": "C" * 1_000}]}, "C" * 60, "no reason given"),
    ],
)
def test_errors_are_read_whatever_their_form(
    body: dict[str, object], code: str, message: str
) -> None:
    found = refusal(json.dumps(body).encode())

    assert found is not None
    assert (found.code, found.message) == (code, message)


@pytest.mark.parametrize("body", [{}, {"errors": []}, {"errors": None}, {"errors": ""}])
def test_without_errors_there_is_no_refusal(body: dict[str, object]) -> None:
    assert refusal(json.dumps(body).encode()) is None


@pytest.mark.parametrize(
    ("told", "life"),
    [
        (3600, 3600), ("1800", 1800), (1.5, 1.5), (None, 60), ("soon", 60), (-1, 60), (0, 60),
        (1e9, 60), (float("nan"), 60), ({}, 60), ([3600], 60), (True, 60), (10**400, 60),
    ],
)  # fmt: skip
def test_a_life_that_is_not_a_number_within_reason_is_the_usual_one(
    told: object, life: float
) -> None:
    assert seconds(told, default=60, longest=86_400) == life
