"""Keeps texts compressed until they are written: lines of payloads are much alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from amazon_optiply_etl.tables.json_text import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CODEC = "lz4"  # packs and unpacks faster than most disks write


@dataclass(slots=True)
class PackedTexts:
    """Texts one after another, unpacked a part at a time."""

    _parts: list[tuple[bytes, int]] = field(default_factory=list)

    @classmethod
    def joined(cls, texts: Iterable[PackedTexts]) -> PackedTexts:
        """Return some one after another."""
        return cls([part for each in texts for part in each._parts])  # noqa: SLF001 - its own kind

    def add(self, texts: Any) -> None:  # noqa: ANN401 - pyarrow is untyped
        """Append the texts of an Arrow array."""
        for text in lines_of(texts):
            self._parts.append((pa.compress(text, _CODEC, asbytes=True), text.size))

    def __iter__(self) -> Iterator[Any]:
        """Yield the texts as buffers, any number of them in one."""
        for packed, size in self._parts:
            yield pa.decompress(packed, size, _CODEC)
