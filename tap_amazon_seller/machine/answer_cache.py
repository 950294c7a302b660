"""Answers that more than one stream or marketplace needs: requested once a sync, kept on disk."""

from __future__ import annotations

import os
import tempfile
from typing import IO, TYPE_CHECKING, Any

import msgspec

from amazon_selling_partner import SellingPartnerError
from tap_amazon_seller.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator
    from pathlib import Path

    Item = dict[str, Any]

CHUNK = 1 << 18


class KeptAnswers:
    """The items of operations' answers, in an unnamed file that is gone when the tap ends.

    Args:
        folder: Where the file is; None for the system's temporary folder.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._size = 0
        self._places: dict[Hashable, tuple[int, int]] = {}
        self._failed: dict[Hashable, SellingPartnerError | TapError] = {}

    def items(self, key: Hashable, ask: Callable[[], Iterable[Item]]) -> Iterator[Item]:
        """The items of one question, which is put only if it has not been before.

        Where Amazon fails midway, such as with a page's token that it takes for expired, the items that
        came before come first.

        Raises:
            SellingPartnerError: What Amazon refused or did not answer, to all who ask the same.
            TapError: The file cannot be written or read.
        """
        failure = self.fetch(key, ask)
        if key in self._places:
            yield from map(msgspec.json.decode, self._lines(*self._places[key]))
        if failure:
            raise failure

    def fetch(
        self, key: Hashable, ask: Callable[[], Iterable[Item]]
    ) -> SellingPartnerError | TapError | None:
        """Put a question, if it has not been put before, and keep its items; what went wrong with it."""
        if not self.has(key):
            begin = self._size
            try:
                for item in ask():
                    self._write(msgspec.json.encode(item) + b"\n")
                self._places[key] = begin, self._size
            except SellingPartnerError as error:
                self._failed[key] = error
                self._places[key] = begin, self._size
            except TapError as error:
                self._failed[key] = error
        return self._failed.get(key)

    def has(self, key: Hashable) -> bool:
        """Whether a question has been put."""
        return key in self._places or key in self._failed

    def close(self) -> None:
        """Delete everything."""
        if self._file:
            self._file.close()
            self._file = None

    def _write(self, line: bytes) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(  # noqa: SIM115 - closed with the account
                    prefix="tap-amazon-seller-", dir=self._folder, buffering=0
                )
            written = 0
            while written < len(line):
                written += os.pwrite(self._file.fileno(), line[written:], self._size + written)
        except OSError as error:
            raise self._error("written to", error) from None
        self._size += len(line)

    def _lines(self, begin: int, end: int) -> Iterator[bytes]:
        """The lines between two places; several readings may continue at once."""
        rest = b""
        while begin < end:
            assert self._file is not None  # noqa: S101 - something has been written
            try:
                chunk = os.pread(self._file.fileno(), min(CHUNK, end - begin), begin)
            except OSError as error:
                raise self._error("read", error) from None
            begin += len(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines

    def _error(self, what: str, error: OSError) -> TapError:
        return TapError(
            f"The spool folder {self._folder or tempfile.gettempdir()} cannot be {what} "
            f"({error.strerror}); make room there, or name another folder in 'spool_path'."
        )
