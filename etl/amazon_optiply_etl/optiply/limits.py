"""The most that Optiply takes of a value: a longer text is cut, a larger number does not go out.

The schemas of payloads (schemas/optiply) have the same limits.
"""

from __future__ import annotations

LONGEST_TEXT = 255  # characters, of names and codes
LARGEST_NUMBER = 9_999_999  # of stock, eaches and money
