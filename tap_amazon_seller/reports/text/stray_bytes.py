"""Bytes that a text's charset does not know, as the characters that most of them are: those of Cp1252.

A text that is said to be in UTF-8 has them where a writer has joined it from others. Those that Cp1252
does not know either are the control characters of their codes.
"""

from __future__ import annotations

import codecs

LOWEST, HIGHEST = 0xDC80, 0xDCFF
"""What stands for such bytes in texts that are read with Python's `surrogateescape`."""


def _characters() -> dict[int, str]:
    decode = codecs.getdecoder("cp1252")
    found = {}
    for code in range(LOWEST, HIGHEST + 1):
        byte = code - 0xDC00
        text, _ = decode(bytes([byte]), "ignore")
        found[code] = text or chr(byte)
    return found


CHARACTERS = _characters()
