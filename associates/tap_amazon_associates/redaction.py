"""Makes texts from outside fit to be shown: one bounded line, without secrets and controls.

Amazon's token hosts may repeat what they were sent, and any text that comes from outside may hold line
breaks that forge log lines or sequences that a terminal obeys.
"""

from __future__ import annotations

import re

LONGEST = 500
"""Characters of a text that are shown."""
HIDDEN = "[hidden]"
_SHORTEST_SECRET = 6  # characters; less would blacken ordinary words

_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]+"
)
_ESCAPES = re.compile(r"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)?|\[[0-?]*[ -/]*[@-~]?|[ -/]*[0-~]?)")
_SECRET = re.compile(
    r"\bBearer\s+[\w.~+/=|-]+|\b(?:access_token|client_secret)\b[\"']?\s*[=:]\s*[\"']?[^\s&\"'<>,;}]+"
    r"|\bAt[a-z]{1,2}(?:\.[a-z]+)?\|[\w.~+/=|-]*",
    re.IGNORECASE,
)


class Redaction:
    """Knows the secrets of an account.

    Args:
        secrets: What must never be shown, in whatever text it stands.
    """

    def __init__(self, *secrets: str) -> None:
        self._secrets = {each for each in secrets if len(each) >= _SHORTEST_SECRET}

    def add(self, secret: str) -> None:
        """Have one more secret hidden."""
        if len(secret) >= _SHORTEST_SECRET:
            self._secrets.add(secret)

    def __call__(self, text: object) -> str:
        """The text as it may be shown."""
        plain = str(text)[: 4 * LONGEST]
        for secret in sorted(self._secrets, key=len, reverse=True):
            plain = plain.replace(secret, HIDDEN)
        plain = _SECRET.sub(HIDDEN, _CONTROLS.sub(" ", _ESCAPES.sub("", plain))).strip()
        return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"
