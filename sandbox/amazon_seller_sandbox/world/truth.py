"""What a truth is: the canonical records that a perfect sync delivers, straight from the generators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.world import Business, World

Record = dict[str, Any]
Truth = Callable[["World", "Business", int, float], Iterator[Record]]
"""The records of a stream, of a world and a business as of an instant; the last argument leaves out
what was last updated before it, where the stream has such a time."""
