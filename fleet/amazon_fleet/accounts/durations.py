"""Durations and sizes as people write them: `30m`, `2h`, `600 MB`."""

from __future__ import annotations

import re

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_BYTES = {"MB": 10**6, "GB": 10**9, "MiB": 2**20, "GiB": 2**30}


def seconds(text: str) -> int:
    """Return how many seconds a duration has.

    Raises:
        ValueError: it is not a duration.

    >>> seconds("30m"), seconds("0s")
    (1800, 0)
    """
    return _times(text, _SECONDS)


def size(text: str) -> int:
    """Return how many bytes a size has.

    Raises:
        ValueError: it is not a size.

    >>> size("600 MB")
    600000000
    """
    return _times(text, _BYTES)


def _times(text: str, units: dict[str, int]) -> int:
    found = re.fullmatch(rf"(\d{{1,9}}) ?({'|'.join(units)})", text.strip())
    if found is None:
        raise ValueError(text)
    return int(found[1]) * units[found[2]]
