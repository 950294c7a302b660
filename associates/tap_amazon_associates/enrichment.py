"""Product data beside records: a file, or a folder of files, whose records have an ASIN or a link."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_amazon_associates.errors import ConfigurationError
from tap_amazon_associates.exact_json import encoded
from tap_amazon_associates.items.inputs import JSON_LINES, TABLE, product_in, records_of
from tap_amazon_associates.items.outcomes import Found
from tap_amazon_associates.marketplaces import BY_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_amazon_associates.associates import Associates
    from tap_amazon_associates.items.outcomes import Missing

Record = dict[str, Any]

ENDING = ".enriched.jsonl"
"""What the file beside a file is called: `orders.jsonl` gets `orders.enriched.jsonl`."""
AT_ONCE = 1_000
"""Records that are looked up together."""


class Status(StrEnum):
    """Where a record's product data comes from."""

    CURRENT = "current"
    CACHED = "cached"
    NONE = "none"
    NO_PRODUCT = "no_product"


@dataclass(slots=True)
class Enriched:
    """What became of one file's records.

    Attributes:
        counts: Records by status; together, all that were read.
    """

    source: Path
    target: Path
    counts: Counter[Status] = field(default_factory=Counter)


def enrich(amazon: Associates, path: Path) -> Iterator[Enriched]:
    """Write a file with product data beside each file of records.

    Every record comes again, in its order, with three members more: `amazon_product` (as in
    `associates_items`, or null), `amazon_product_status` and `amazon_product_message`. The status is
    `current`; `cached` for data older than the settings allow, because Amazon gave nothing newer;
    `none`, where the message says why; or `no_product` for a record without an ASIN or link.

    Args:
        amazon: The account.
        path: A .jsonl, .csv or .tsv file, or a folder of them.

    Raises:
        ConfigurationError: There is nothing to read; the sentence names the file.
        SetupError: Nothing can be asked before somebody changes a setting.
    """
    for source in files_of(path):
        yield _enrich_file(amazon, source)


def files_of(path: Path) -> list[Path]:
    """The files of records that a path names.

    Raises:
        ConfigurationError: There are none.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ConfigurationError(f"There is no file or folder {path}.")
    kinds = (*TABLE, *JSON_LINES)
    found = sorted(
        each
        for each in path.iterdir()
        if each.is_file() and each.suffix.lower() in kinds and not each.name.endswith(ENDING)
    )
    if not found:
        raise ConfigurationError(f"Folder {path} has no file of the kinds {', '.join(kinds)}.")
    return found


def _enrich_file(amazon: Associates, source: Path) -> Enriched:
    target = source.with_name(source.stem + ENDING)
    done = Enriched(source, target)
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
            try:
                for record in _enriched(amazon, records_of(source)):
                    done.counts[record["amazon_product_status"]] += 1
                    file.write(encoded(record) + b"\n")
                file.flush()
                Path(file.name).replace(target)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ConfigurationError(f"File {target} cannot be written: {error.strerror}.") from None
    return done


def _enriched(amazon: Associates, records: Iterable[Record]) -> Iterator[Record]:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) == AT_ONCE:
            yield from _with_products(amazon, batch)
            batch = []
    yield from _with_products(amazon, batch)


def _with_products(amazon: Associates, records: list[Record]) -> Iterator[Record]:
    texts = [_wanted(amazon, record) for record in records]
    found = amazon.by_text([text for text in texts if text], takes_stale=True)
    for record, text in zip(records, texts, strict=True):
        yield record | _product(amazon, found[text] if text else None)


def _wanted(amazon: Associates, record: Record) -> str | None:
    """What a record names: a link, or an ASIN with the record's marketplace."""
    text = product_in(record)
    place = BY_ID.get(str(record.get("marketplace_id") or ""))
    if text is None or place is None or place == amazon.settings.marketplace or "/" in text:
        return text
    return f"https://{place.host}/dp/{text}"


def _product(amazon: Associates, outcome: Found | Missing | None) -> Record:
    if outcome is None:
        return _members(None, Status.NO_PRODUCT, "The record has no ASIN and no link.")
    if isinstance(outcome, Found):
        record = amazon.record(outcome)
        if outcome.is_stale:
            said = f"Amazon gave nothing newer than {outcome.read_at:%Y-%m-%d %H:%M} UTC."
            return _members(record, Status.CACHED, said)
        return _members(record, Status.CURRENT, None)
    return _members(None, Status.NONE, amazon.redaction(outcome.message))


def _members(product: Record | None, status: Status, message: str | None) -> Record:
    return {
        "amazon_product": product,
        "amazon_product_status": status.value,
        "amazon_product_message": message,
    }
