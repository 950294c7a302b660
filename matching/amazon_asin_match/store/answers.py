"""Amazon's answers, found and not found, each with its date; jobs of all files share them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import and_, delete, or_, select, tuple_

from amazon_asin_match.codes.code import Code
from amazon_asin_match.scoring.verdict import CodeAnswer
from amazon_asin_match.search.asking import Found
from amazon_asin_match.search.items import decode, encode
from amazon_asin_match.store.database import upsert
from amazon_asin_match.store.tables import ANSWER_ITEMS, ANSWERS, CODES, ITEMS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from amazon_asin_match.search.asking import Asked
    from amazon_asin_match.search.items import ItemFacts

T = TypeVar("T")
MOST_OF_A_QUERY = 500
"""Values of an IN; SQLite of old takes 999."""
FRESH_FOUND = timedelta(days=30)
FRESH_NOT_FOUND = timedelta(days=7)
"""How long an answer is used again. What Amazon does not know today it may know next week."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question is asked: the marketplace, and the seller whose listings come first."""

    marketplace_id: str
    seller_id: str = ""


def store_asked(
    connection: Connection, place: Place, asked: Asked, now: datetime, *, own: bool
) -> list[Code]:
    """Keep what Amazon said; answers the codes that are answered now.

    Args:
        connection: In a transaction, which the caller ends.
        place: Where it was asked.
        asked: What was said.
        now: When.
        own: Whether it was about the seller's listings: then only codes with an item are answered.
    """
    seller = place.seller_id if own else ""
    base = {"marketplace_id": place.marketplace_id, "seller_id": seller}
    at = now.isoformat(timespec="seconds")
    codes = list(asked.found | dict.fromkeys(asked.refused))
    answers, links = [], []
    items: dict[str, ItemFacts] = {left.item.asin: left.item for left in asked.left_over}
    for code in codes:
        found = asked.found.get(code, [])
        answers.append(
            {
                **base,
                "code": code.key,
                "asked_at": at,
                "found": len(found),
                "refused": asked.refused.get(code, ""),
                "short": asked.short.get(code, ""),
            }
        )
        for each in found:
            items[each.item.asin] = each.item
            links.append(
                {**base, "code": code.key, "asin": each.item.asin, "listed": int(each.listed)}
            )
    if codes:
        connection.execute(
            delete(ANSWER_ITEMS).where(
                ANSWER_ITEMS.c.marketplace_id == place.marketplace_id,
                ANSWER_ITEMS.c.seller_id == seller,
                ANSWER_ITEMS.c.code.in_([code.key for code in codes]),
            )
        )
    upsert(connection, ANSWERS, answers)
    upsert(connection, ANSWER_ITEMS, links)
    rows = [{**base, "asin": asin, "facts": encode(item)} for asin, item in items.items()]
    upsert(connection, ITEMS, rows)
    return codes


def store_solution(connection: Connection, place: Place, asin: str, code: Code) -> None:
    """Keep that a code found an item which does not list it."""
    upsert(
        connection,
        ANSWER_ITEMS,
        [
            {
                "marketplace_id": place.marketplace_id,
                "seller_id": "",
                "code": code.key,
                "asin": asin,
                "listed": 0,
            }
        ],
    )


def fresh_codes(
    connection: Connection, place: Place, keys: Sequence[str], now: datetime
) -> set[str]:
    """Which of some codes have an answer that is fresh enough, here or among the own listings."""
    found_since = (now - FRESH_FOUND).isoformat(timespec="seconds")
    empty_since = (now - FRESH_NOT_FOUND).isoformat(timespec="seconds")
    is_fresh = or_(
        and_(ANSWERS.c.found > 0, ANSWERS.c.asked_at >= found_since),
        and_(ANSWERS.c.found == 0, ANSWERS.c.asked_at >= empty_since),
    )
    fresh: set[str] = set()
    for part in _parts(keys):
        statement = select(ANSWERS.c.code).where(
            ANSWERS.c.marketplace_id == place.marketplace_id,
            ANSWERS.c.seller_id.in_({"", place.seller_id}),
            ANSWERS.c.code.in_(part),
            is_fresh,
        )
        fresh |= set(connection.execute(statement).scalars())
    return fresh


def load_answers(
    connection: Connection, place: Place, keys: Collection[str]
) -> dict[Code, CodeAnswer]:
    """What is known of some codes. An own listing of a code counts before what the catalog has."""
    answers: dict[str, dict[str, tuple[str, str]]] = {}
    links: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    wanted: set[tuple[str, str]] = set()
    sellers = {"", place.seller_id}
    for part in _parts(list(keys)):
        rows = connection.execute(
            select(ANSWERS.c.code, ANSWERS.c.seller_id, ANSWERS.c.refused, ANSWERS.c.short).where(
                ANSWERS.c.marketplace_id == place.marketplace_id,
                ANSWERS.c.seller_id.in_(sellers),
                ANSWERS.c.code.in_(part),
            )
        )
        for key, seller, refused, short in rows:
            answers.setdefault(key, {})[seller] = (refused, short)
        found = connection.execute(
            select(
                ANSWER_ITEMS.c.code,
                ANSWER_ITEMS.c.seller_id,
                ANSWER_ITEMS.c.asin,
                ANSWER_ITEMS.c.listed,
            ).where(
                ANSWER_ITEMS.c.marketplace_id == place.marketplace_id,
                ANSWER_ITEMS.c.seller_id.in_(sellers),
                ANSWER_ITEMS.c.code.in_(part),
            )
        )
        for key, seller, asin, listed in found:
            links.setdefault((key, seller), []).append((asin, bool(listed)))
            wanted.add((seller, asin))
    items = _load_items(connection, place, wanted)
    known: dict[Code, CodeAnswer] = {}
    for key, by_seller in answers.items():
        own = place.seller_id if place.seller_id and links.get((key, place.seller_id)) else ""
        seller = own if own in by_seller else next(iter(by_seller))
        refused, short = by_seller[seller]
        known[Code.of_key(key)] = CodeAnswer(
            tuple(
                Found(items[seller, asin], listed)
                for asin, listed in sorted(links.get((key, seller), []))
            ),
            refused,
            short,
        )
    return known


def _load_items(
    connection: Connection, place: Place, wanted: set[tuple[str, str]]
) -> Mapping[tuple[str, str], ItemFacts]:
    items = {}
    for part in _parts(sorted(wanted)):
        rows = connection.execute(
            select(ITEMS.c.seller_id, ITEMS.c.asin, ITEMS.c.facts).where(
                ITEMS.c.marketplace_id == place.marketplace_id,
                tuple_(ITEMS.c.seller_id, ITEMS.c.asin).in_(part),
            )
        )
        for seller, asin, facts in rows:
            items[seller, asin] = decode(facts)
    return items


def claims(
    connection: Connection, place: Place, job_id: str, asins: Collection[str]
) -> dict[str, list[tuple[str, int, str]]]:
    """Which codes of a job have found some ASINs and are listed by them: code, first row, what it says.

    Only ASINs that more than one code claims are there.
    """
    found: dict[str, list[tuple[str, int, str]]] = {}
    for part in _parts(sorted(asins)):
        rows = connection.execute(
            select(ANSWER_ITEMS.c.asin, CODES.c.code, CODES.c.row, CODES.c.facts)
            .join(CODES, CODES.c.code == ANSWER_ITEMS.c.code)
            .where(
                CODES.c.job_id == job_id,
                ANSWER_ITEMS.c.marketplace_id == place.marketplace_id,
                ANSWER_ITEMS.c.seller_id.in_({"", place.seller_id}),
                ANSWER_ITEMS.c.listed == 1,
                ANSWER_ITEMS.c.asin.in_(part),
            )
            .distinct()
        )
        for asin, code, row, facts in rows:
            found.setdefault(asin, []).append((code, row, facts))
    return {asin: sorted(each) for asin, each in found.items() if len(each) > 1}


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(values), MOST_OF_A_QUERY):
        yield values[first : first + MOST_OF_A_QUERY]
