"""What the answers of the Creators API hold, read with tolerance: items, errors beside them, pages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tap_amazon_associates.errors import UnreadableAnswerError


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why an item is not in an answer; the ASIN is in the message alone."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ItemsAnswer:
    """Items in the order of the answer, and the errors beside them.

    Attributes:
        pages: How many pages of variations there are; 1 for other calls.
    """

    items: list[dict[str, Any]]
    errors: list[ItemError]
    pages: int = 1


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body, numbers with a point as decimals.

    Raises:
        UnreadableAnswerError: It is none: cut off, or a page of HTML.
    """
    try:
        found = json.loads(body, parse_float=Decimal, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UnreadableAnswerError(
            "Amazon's answer is not a JSON object: it is cut off, or a page of HTML."
        )
    return {str(key): value for key, value in _clean(found).items()}


def items_answer(answer: dict[str, Any], result: Any, *, is_required: bool) -> ItemsAnswer:
    """The items and errors of an answer; what is neither an item nor an error is passed over."""
    items = result.get("items") if isinstance(result, dict) else None
    errors = answer.get("errors")
    if is_required and not isinstance(items, list) and not isinstance(errors, list):
        raise UnreadableAnswerError("Amazon's answer has neither items nor errors.")
    summary = result.get("variationSummary") if isinstance(result, dict) else None
    pages = summary.get("pageCount") if isinstance(summary, dict) else None
    return ItemsAnswer(
        [
            each
            for each in (items if isinstance(items, list) else [])
            if isinstance(each, dict) and isinstance(each.get("asin"), str)
        ],
        [
            ItemError(str(each.get("code") or ""), str(each.get("message") or ""))
            for each in (errors if isinstance(errors, list) else [])
            if isinstance(each, dict)
        ],
        int(pages) if isinstance(pages, int | Decimal) and pages >= 1 else 1,
    )


def _clean(value: Any) -> Any:
    """Texts without NUL and halves of characters, which no target and no cache takes."""
    if isinstance(value, str):
        if value.isascii() and "\x00" not in value:
            return value
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return value
