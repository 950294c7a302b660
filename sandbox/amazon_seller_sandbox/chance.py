"""Chance that repeats: numbers that depend on nothing but the key they are requested."""

from __future__ import annotations

from hashlib import blake2b
from string import ascii_uppercase, digits
from struct import Struct
from typing import TypeVar

_UNPACK = Struct("<16I").unpack
SCALE = 1 << 32
BASE36 = digits + ascii_uppercase
"""The characters of Amazon's ids."""

T = TypeVar("T")


def draws(prefix: bytes, index: int = 0) -> tuple[int, ...]:
    """Return 16 independent numbers below 2**32 for this prefix and index."""
    key = prefix + index.to_bytes(8, "little", signed=True)
    return _UNPACK(blake2b(key, digest_size=64).digest())


def key(*parts: object) -> bytes:
    """Join parts into a prefix for ``draws``."""
    return "/".join(str(part) for part in parts).encode() + b"|"


def pick(options: tuple[T, ...] | list[T], draw: int) -> T:
    """Choose one of the options by a draw."""
    return options[draw * len(options) >> 32]
