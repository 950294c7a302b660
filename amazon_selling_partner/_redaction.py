"""The one filter on everything that is logged, raised or shown: no secret, no buyer, one bounded line.

Amazon's own error texts repeat the access token, and any text that comes from outside may hold escape
sequences that a terminal obeys (OSC 52 writes the clipboard) or line breaks that forge log lines.
"""

from __future__ import annotations

import logging
import re
import threading
from typing import Final
from urllib.parse import quote, quote_plus

LONGEST: Final = 1_000
"""Characters of a text that are kept."""
HIDDEN: Final = "[hidden]"
_SHORTEST_SECRET = 6  # characters; less would blacken ordinary words

# ECMA-48: control strings (OSC, DCS, SOS, PM, APC) up to their terminator, control sequences, and other
# escapes; each also in its eight-bit form.
_ESCAPES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# Controls, marks that reverse or hide text (Unicode's bidirectional and zero-width characters), halves
# of surrogate pairs, and characters that are none.
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff]"
)
_QUERY = re.compile(r"(https?://[^\s?\"'<>]+)\?[^\s\"'<>]*", re.IGNORECASE)
_PERSONAL = (
    (re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "[e-mail]"),
    (re.compile(r"\+\d(?:[\s().-]{0,3}\d){7,14}"), "[phone]"),
)
_SECRET = re.compile(
    # Login with Amazon: access, refresh and restricted data tokens; the secret of an application
    r"(?-i:At[a-z]{1,2})(?:\.[a-z]+)?(?:\||%7C)[\w.~+/=%|-]*"
    r"|\bamzn1\.oa2-cs\.v\d\.\w+"
    # AWS: signatures, session tokens and key ids
    r"|\bX-Amz-(?:Signature|Security-Token|Credential)\b[\"']?\s*[=:]\s*[\"']?[^\s&\"'<>,;]+"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    # whatever is said to be one
    r"|\b(?:access_token|refresh_token|client_secret|restrictedDataToken|x-amz-access-token|Signature)"
    r"\b[\"']?\s*[=:]\s*[\"']?[^\s&\"'<>,;}]+"
    r"|\bBearer\s+[\w.~+/=|-]+",
    re.IGNORECASE,
)


class Redaction(logging.Filter):
    """Makes a text fit to be shown; knows the secrets of an account, which grow with every token.

    As a filter of a logging handler it passes every record, with its text made fit. Safe to use from
    several threads.

    Args:
        secrets: What must never be shown, in whatever text it stands.
        longest: Characters of a text that are kept.
    """

    def __init__(self, *secrets: str, longest: int = LONGEST) -> None:
        super().__init__()
        self._longest = longest
        self._known: dict[str, None] = {}
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Have one more secret hidden, as it is and as URLs write it."""
        forms = {
            secret,
            quote(secret, safe="", errors="replace"),
            quote_plus(secret, errors="replace"),
        }
        new = {form for form in forms if len(form) >= _SHORTEST_SECRET} - self._known.keys()
        if not new:
            return
        with self._lock:
            self._known.update(dict.fromkeys(new))
            longest_first = sorted(self._known, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def __call__(self, text: object) -> str:
        """The text in one line of bounded length, without secrets, personal data and controls."""
        plain = self._beginning(str(text))
        plain = _CONTROLS.sub("", _BREAKS.sub(" ", _ESCAPES.sub("", plain)))
        if self._pattern:
            plain = self._pattern.sub(HIDDEN, plain)
        plain = _SECRET.sub(HIDDEN, _QUERY.sub(rf"\1?{HIDDEN}", plain))
        for pattern, name in _PERSONAL:
            plain = pattern.sub(name, plain)
        return plain if len(plain) <= self._longest else plain[: self._longest - 1] + "…"

    def _beginning(self, text: str) -> str:
        """What is looked at: more than is kept, for it gets shorter; up to the end of a word."""
        most = 4 * self._longest
        return (
            text if len(text) <= most else text[:most].rpartition(" ")[0] or text[: self._longest]
        )

    def filter(self, record: logging.LogRecord) -> bool:
        """Make a record of the log fit to be shown; a trace is left out of its text, line by line."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError):  # the arguments do not fit: logging would print them all
            text = str(record.msg)
        record.msg, record.args = self(text), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = "\n".join(self(line) for line in record.exc_text.splitlines())
        return True
