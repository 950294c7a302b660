"""Reads Optiply's answers, which are JSON:API documents when all is well and anything else when not."""

from __future__ import annotations

import base64
import html
import json
import math
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, quote_plus

from amazon_optiply_etl.tables.ids import optiply_id
from amazon_optiply_etl.tables.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import httpx

    Json = dict[str, Any]

_LONGEST_REASON = 300  # characters
_SHORT = 5  # characters of a secret that may be a part of any word
_MAIL = re.compile(r"[^\s'\"<>,;]+@[^\s'\"<>,;]+")
# What an answer says under such a name is nobody's to read; nor are JSON Web Tokens.
_SECRET = re.compile(
    r"(?i)\b(bearer|basic)\s+[^\s,;'\"]+"
    r"|\b((?:access|refresh|id)_?token|token|password|client_?secret|secret|authorization)"
    r"(['\"]?\s*[:=]\s*['\"]?)[^\s,;&'\"}]+"
    r"|\beyJ[\w-]+\.[\w.-]+"
)


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
    known = (remote_ids.get(coupling_id), *remote_ids.values())
    return next((found for found in map(plain_text, known) if found), None)


def plain_text(value: object) -> str | None:
    """Return a text or number of an answer as text; None if it is nothing, or anything else.

    Halves of surrogate pairs, which JSON may hold and UTF-8 cannot, become question marks.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if value == "" or not isinstance(value, str | int | float):
        return None
    return str(value).encode("utf-8", "replace").decode()


def document(answer: httpx.Response) -> Json | None:
    """Return the JSON object of an answer, or None if it holds anything else."""
    try:
        body = answer.json()
    except (ValueError, RecursionError):  # json goes as deep as Python does
        return None
    return body if isinstance(body, dict) else None


def item(data: object) -> Item | None:
    """Return the object in the ``data`` of a document; None if there is none, or it has no id."""
    if not isinstance(data, dict):
        return None
    found = optiply_id(data.get("id"))
    if found is None:
        return None
    attributes = data.get("attributes")
    return Item(found, attributes if isinstance(attributes, dict) else {})


def page(body: Json) -> tuple[list[Item], dict[str, str]] | None:
    """Return the objects of a page and the query of the next one, which is empty after the last.

    None if the document is not a page.
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
    query = parse_qs(following.partition("?")[2], keep_blank_values=True)
    return items, {name: values[0] for name, values in query.items()}


def refusal(
    answer: httpx.Response, hide: Callable[[str], str] = str
) -> tuple[str, tuple[str, ...]]:
    """Return why Optiply refuses a request, on one line, and the places of the document at fault.

    Args:
        answer: The answer.
        hide: Takes out of a text what nobody may read.
    """
    errors = (document(answer) or {}).get("errors")
    named = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    reasons = [
        safe_line(plain_text(each.get("detail")) or plain_text(each.get("title")) or "", hide)
        for each in named
    ]
    sources = [each.get("source") for each in named]
    pointers = [each.get("pointer") for each in sources if isinstance(each, dict)]
    reason = "; ".join(dict.fromkeys(each for each in reasons if each))
    return (
        reason[:_LONGEST_REASON] or "it gives no reason",
        tuple(each for each in pointers if isinstance(each, str)),
    )


def seconds_to_wait(answer: httpx.Response, now: datetime) -> float:
    """Return what ``Retry-After`` requests (RFC 9110: seconds or a date), 0 if nothing usable."""
    asked = answer.headers.get("retry-after", "").strip()
    try:
        seconds = float(asked)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(asked) - now).total_seconds()
        except (ValueError, TypeError):  # no date, or one without an offset
            return 0.0
    return max(seconds, 0.0) if math.isfinite(seconds) else 0.0


def safe_line(text: str, hide: Callable[[str], str] = str) -> str:
    """Write what Optiply says on one line, without secrets, addresses and control characters."""
    # Twice, because a secret may lie across lines.
    line = hide(one_line(hide(text)))
    # Whose address it is nobody needs to read in a log; the caller knows the record.
    line = _MAIL.sub("...", _SECRET.sub(_named, line))
    return line if line.endswith("...") else line.rstrip(".")


def hiding(secrets: tuple[str | None, ...]) -> Callable[[str], str]:
    """Return what replaces secrets in a text, also as a URL, a form or JSON has them."""
    forms = {
        form
        for secret in secrets
        if secret
        for form in (
            secret,
            one_line(secret),
            quote(secret, safe=""),
            quote_plus(secret),
            json.dumps(secret)[1:-1],
            html.escape(secret),
            base64.b64encode(secret.encode("utf-8", "replace")).decode(),
        )
    }
    # A short one is hidden where it stands alone, so that texts can still be read.
    patterns = (
        re.escape(form) if len(form) >= _SHORT else rf"(?<!\w){re.escape(form)}(?!\w)"
        for form in sorted(forms, key=len, reverse=True)
        if form
    )
    pattern = re.compile("|".join(patterns) or r"(?!)", re.IGNORECASE)
    return lambda text: pattern.sub("...", text)


def _named(match: re.Match[str]) -> str:
    scheme, name, between = match.groups()
    return f"{scheme} ..." if scheme else f"{name}{between}..." if name else "..."
