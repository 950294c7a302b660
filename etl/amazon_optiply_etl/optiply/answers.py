"""Reads Optiply's answers, which are JSON:API documents when all is well and anything else when not."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from datetime import datetime

    Json = dict[str, Any]

_LONGEST_REASON = 300  # characters
_MAIL = re.compile(r"[^\s'\"<>,;]+@[^\s'\"<>,;]+")
_WHITESPACE = re.compile(r"[\s\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Item:
    """An object as Optiply has it: its id, and attributes of the names that Optiply uses."""

    id: str
    attributes: dict[str, Any]


def remote_id_of(item: Item, coupling_id: str) -> str | None:
    """Return the id that a shop knows an object by, or None if no shop does.

    ``remoteIdMap`` holds one for each coupling; the coupling's own comes first, else the first one.
    """
    remote_ids = item.attributes.get("remoteIdMap")
    if not isinstance(remote_ids, dict):
        return None
    known = [remote_ids.get(coupling_id), *remote_ids.values()]
    return next((str(each) for each in known if each not in (None, "")), None)


def document(answer: httpx.Response) -> Json | None:
    """Return the JSON object of an answer, or None if it holds anything else."""
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def item(data: object) -> Item | None:
    """Return the object in the ``data`` of a document, or None if there is none."""
    if not isinstance(data, dict) or data.get("id") in (None, ""):
        return None
    attributes = data.get("attributes")
    return Item(str(data["id"]), attributes if isinstance(attributes, dict) else {})


def page(body: Json) -> tuple[list[Item], dict[str, str]] | None:
    """Return the objects of a page and the query of the next one, which is empty after the last.

    None if the document is no page.
    """
    data = body.get("data")
    if not isinstance(data, list):
        return None
    items = [found for found in map(item, data) if found is not None]
    links = body.get("links")
    following = links.get("next") if isinstance(links, dict) else None
    if isinstance(following, dict):  # JSON:API allows a link object in the place of the link
        following = following.get("href")
    if len(items) < len(data) or not isinstance(following, str | None):
        return None
    if not following:
        return items, {}
    return items, dict(httpx.QueryParams(following.partition("?")[2]))


def refusal(answer: httpx.Response) -> tuple[str, tuple[str, ...]]:
    """Return why Optiply refuses a request, on one line, and the places of the document at fault."""
    errors = (document(answer) or {}).get("errors")
    named = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    reasons = [_one_line(each.get("detail") or each.get("title") or "") for each in named]
    sources = [each.get("source") for each in named]
    pointers = [each.get("pointer") for each in sources if isinstance(each, dict)]
    reason = "; ".join(dict.fromkeys(each for each in reasons if each))
    return (
        reason[:_LONGEST_REASON] or "it gives no reason",
        tuple(each for each in pointers if isinstance(each, str)),
    )


def seconds_to_wait(answer: httpx.Response, now: datetime) -> float:
    """Return what ``Retry-After`` asks for (RFC 9110: seconds or a date), 0 if nothing usable."""
    asked = answer.headers.get("retry-after", "").strip()
    try:
        seconds = float(asked)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(asked) - now).total_seconds()
        except (ValueError, TypeError):  # no date, or one without an offset
            return 0.0
    return max(seconds, 0.0) if math.isfinite(seconds) else 0.0


def _one_line(text: object) -> str:
    # Whose address it is nobody needs to read in a log; the caller knows the record.
    return _MAIL.sub("...", _WHITESPACE.sub(" ", str(text))).strip().rstrip(".")
