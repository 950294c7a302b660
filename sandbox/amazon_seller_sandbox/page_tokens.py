"""Tokens of pages: what the next call has to know, sealed so that no other token is taken."""

from __future__ import annotations

import base64
import hmac
import json
from hashlib import sha256
from typing import Any


def page_token(secret: bytes, content: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the token of a page; each list has a secret of its own."""
    text = json.dumps(content).encode()
    return base64.urlsafe_b64encode(_seal(secret, text) + b"." + text).decode()


def content_of(secret: bytes, token: str) -> Any:  # noqa: ANN401 - any JSON
    """Return what a token holds.

    Raises:
        ValueError: It is not a token of this list.
    """
    seal, _, text = base64.urlsafe_b64decode(token).partition(b".")
    if not hmac.compare_digest(seal, _seal(secret, text)):
        raise ValueError(token)
    return json.loads(text)


def _seal(secret: bytes, text: bytes) -> bytes:
    return hmac.new(secret, text, sha256).hexdigest().encode()
