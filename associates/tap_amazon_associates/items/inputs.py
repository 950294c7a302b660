"""What a user requests, read: ASINs, links and short links, of settings and of files."""

from __future__ import annotations

import csv
import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_amazon_associates.cache import Answer
from tap_amazon_associates.errors import (
    ConfigurationError,
    NotAProductLinkError,
    ShortLinkError,
)
from tap_amazon_associates.items.outcomes import Missing, Reason
from tap_amazon_associates.links.products import is_short, parsed, product_links

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tap_amazon_associates.cache import Cache
    from tap_amazon_associates.clock import Clock
    from tap_amazon_associates.links.short import ShortLinks
    from tap_amazon_associates.marketplaces import Marketplace

logger = logging.getLogger(__name__)

COLUMNS = ("asin", "link", "url", "amazon_url", "product_url")
"""The columns of a file that hold ASINs or links; the first that a record has a value in is taken."""
TEXT = (".txt", "")
TABLE = {".csv": ",", ".tsv": "\t"}
JSON_LINES = (".jsonl", ".ndjson")
_SCOPE, _KIND = "", "short link"
_LINK_AGE = timedelta(days=30)
"""How long it is believed where a short link leads: they are made once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A product that is requested.

    Attributes:
        text: As it was given.
    """

    text: str
    asin: str
    marketplace: Marketplace


class Inputs:
    """Reads texts into products; short links are resolved once, and remembered.

    Args:
        usual: The marketplace of ASINs that stand without a link.
        tags: The partner's tags by country; a product elsewhere cannot be requested.
        error_age: How long a short link that leads nowhere is not tried again.
    """

    def __init__(
        self,
        usual: Marketplace,
        tags: dict[str, str],
        *,
        cache: Cache,
        clock: Clock,
        short_links: Callable[[], ShortLinks],
        error_age: timedelta,
    ) -> None:
        self._usual = usual
        self._tags = tags
        self._cache = cache
        self._clock = clock
        self._open = short_links
        self._error_age = error_age

    def read(self, texts: Iterable[str]) -> Iterator[Wanted | Missing]:
        """One outcome for each product that a text names, or for the text if it names none."""
        for text in texts:
            try:
                links = product_links(self.resolved(text) if is_short(text) else text)
            except NotAProductLinkError as error:
                yield Missing(text, Reason.NOT_A_PRODUCT, str(error))
                continue
            except ShortLinkError as error:
                reason = Reason.SHORT_LINK if error.is_final else Reason.FAILED
                yield Missing(text, reason, str(error))
                continue
            for link in links:
                marketplace = link.marketplace or self._usual
                if marketplace.country in self._tags:
                    yield Wanted(text, link.asin, marketplace)
                else:
                    yield Missing(
                        text,
                        Reason.NO_PARTNER_TAG,
                        f"There is no tag for {marketplace.host}, so {link.asin} cannot be looked "
                        f"up there; set one in 'partner_tags' ({marketplace.country}).",
                        link.asin,
                        marketplace,
                    )

    def resolved(self, link: str) -> str:
        """Where a short link leads, as it is remembered or as Amazon says.

        Raises:
            ShortLinkError: Nowhere.
        """
        key = parsed(link)._replace(scheme="https", fragment="").geturl()
        now = self._clock.now()
        known = self._cache.get(_SCOPE, _KIND, [key]).get(key)
        if known and now - known.read_at < (_LINK_AGE if known.found else self._error_age):
            if known.found:
                return str(known.body)
            raise ShortLinkError(str(known.body), is_final=True)
        try:
            found = self._open().resolve(link)
        except ShortLinkError as error:
            if error.is_final:
                self._cache.put(_SCOPE, _KIND, [Answer(key, now, found=False, body=str(error))])
            raise
        self._cache.put(_SCOPE, _KIND, [Answer(key, now, found=True, body=found)])
        return found


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a text file that say something; those that begin with # are comments.

    Raises:
        ConfigurationError: It cannot be read.
    """
    for _, line in _numbered(path):
        if (text := line.strip()) and not text.startswith("#"):
            yield text


def products_of(path: Path) -> Iterator[str]:
    """The ASINs and links in a file of any kind that can be read.

    Raises:
        ConfigurationError: It cannot be read, or has no column of them.
    """
    if path.suffix.lower() in TEXT:
        yield from lines_of(path)
        return
    for number, record in enumerate(records_of(path), 1):
        if (text := product_in(record)) is not None:
            yield text
        elif number == 1 and not any(name in record for name in COLUMNS):
            raise ConfigurationError(
                f"File {path} has no column {', '.join(COLUMNS[:-1])} or {COLUMNS[-1]}."
            )


def product_in(record: dict[str, Any]) -> str | None:
    """The ASIN or link of a record; None if it has none."""
    for name in COLUMNS:
        value = record.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def records_of(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a .csv, .tsv or .jsonl file.

    Raises:
        ConfigurationError: It cannot be read; the sentence names the file and the line.
    """
    suffix = path.suffix.lower()
    if suffix in TABLE:
        reader = csv.DictReader((line for _, line in _numbered(path)), delimiter=TABLE[suffix])
        try:
            for row in reader:
                if None in row:
                    raise ConfigurationError(
                        f"File {path}, line {reader.line_num}, has more cells than the header."
                    )
                yield {name: value for name, value in row.items() if name}
        except csv.Error as error:
            raise ConfigurationError(f"File {path}, line {reader.line_num}: {error}.") from None
    elif suffix in JSON_LINES:
        for number, line in _numbered(path):
            if line.strip():
                yield _object(line, path, number)
    else:
        kinds = ", ".join((*TABLE, *JSON_LINES))
        raise ConfigurationError(f"File {path} is of none of the kinds {kinds}.")


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ConfigurationError(f"File {path}, line {number}, is not a JSON object.")
    return found


def _numbered(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from enumerate(file, 1)
    except OSError as error:
        raise ConfigurationError(f"File {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"File {path} is not UTF-8 text; save it as UTF-8.") from None
