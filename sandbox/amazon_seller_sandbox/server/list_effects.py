"""What a fault does to the list in an answer: items that are wrong, old, missing or too many.

Source of refused ASINs: amzn/selling-partner-api-models#2894. Orders without buyers are what Amazon
gives an application without the role (Orders API, "Role-based access"). Amazon's models allow
transactions without an id, and say of no list that its keys differ.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.refusals import invalid_input

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Json = dict[str, Any]

TOKENS = ("nextToken", "paginationToken", "pageToken")
_REFUSED_EVERY = 40
"""One ASIN in so many is refused."""
_CHANGED = ("lastUpdatedTime", "lastUpdatedDate")
_BUYERS = ("buyer", "recipient")
_OLDER = timedelta(days=2)
_TELLING = {"description": "Another one", "totalOnhandQuantity": 999_999}
"""Members of items that no key is made of, and another value of each."""
_DIGITS = re.compile(r"[1-9]\d{0,14}")


def check(effect: str | None, query: Mapping[str, list[str]]) -> None:
    """Refuse a call for what it requests.

    Raises:
        Refusal: 400, its token or one of its ASINs is refused.
    """
    if effect == "refused_token" and any(name in query for name in TOKENS):
        raise invalid_input("Invalid Input: the nextToken is invalid or expired.")
    if effect == "refused_asin":
        wanted = [each for value in query.get("identifiers", ()) for each in value.split(",")]
        if any(is_refused(asin) for asin in wanted):
            raise invalid_input("Invalid 'asin' provided.")


def is_refused(asin: str) -> bool:
    """Say whether Amazon refuses an ASIN, with all that are searched for along with it."""
    return draws(key("refused", asin), 0)[0] % _REFUSED_EVERY == 0


def asked(effect: str | None, query: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return what a call requests: the first page for any, where pages repeat themselves."""
    left_out = TOKENS if effect == "same_page" else ()
    return {name: values for name, values in query.items() if name not in left_out}


def changed(effect: str | None, body: Json | None) -> Json | None:
    """Return the body with its list changed; as it is where it has none, or nothing in it."""
    change = _CHANGES.get(effect or "")
    if change is None or not isinstance(body, dict):
        return body
    place = _place(body)
    if place is not None:
        holder, name = place
        holder[name] = change(holder[name])
    return body


def _place(body: Json) -> tuple[Json, str] | None:
    """Return the object with the list of items that are objects, and the list's name in it."""
    for name, value in body.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return body, name
        if isinstance(value, dict) and (found := _place(value)) is not None:
            return found
    return None


def _with_odd(items: list[Json]) -> list[Json]:
    """One more item, whose members are all null."""
    return [dict.fromkeys(items[0]), *items]


def _with_stale(items: list[Json]) -> list[Json]:
    """Behind each item a copy of it from two days earlier, which a slow server still has."""
    return [each for item in items for each in (item, *_stale(item))]


def _stale(item: Json) -> list[Json]:
    name = next((name for name in _CHANGED if isinstance(item.get(name), str)), None)
    if name is None:
        return []
    text = item[name]
    instant = datetime.fromisoformat(text) - _OLDER
    old = instant.isoformat(timespec="milliseconds" if ".000" in text else "seconds")
    return [{**item, name: old.replace("+00:00", "Z")}]


def _without_buyers(items: list[Json]) -> list[Json]:
    """The items without what a role opens, which Amazon leaves out without a word."""
    return [{name: value for name, value in each.items() if name not in _BUYERS} for each in items]


def _of_other_types(items: list[Json]) -> list[Json]:
    """The items with numbers as texts, and texts of digits as numbers, as JSON of other servers is."""
    found: list[Json] = _other_type(items)
    return found


def _other_type(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {name: _other_type(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_other_type(each) for each in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    is_whole = isinstance(value, str) and _DIGITS.fullmatch(value) is not None
    return int(value) if is_whole else value


def _with_shared_key(items: list[Json]) -> list[Json]:
    """Before the first item one with the same keys and other contents."""
    first = items[0]
    return [{**first, **{name: _TELLING[name] for name in first.keys() & _TELLING}}, *items]


def _without_ids(items: list[Json]) -> list[Json]:
    """Transactions without an id, the first of them posted twice in one instant."""
    bare = [
        {name: value for name, value in each.items() if name != "transactionId"} for each in items
    ]
    return [bare[0], *bare]


def _without_last(items: list[Json]) -> list[Json]:
    """Fewer items than the answer counts."""
    return items[:-1]


_CHANGES: Mapping[str, Callable[[list[Json]], list[Json]]] = {
    "odd_item": _with_odd,
    "stale_copy": _with_stale,
    "no_buyers": _without_buyers,
    "other_types": _of_other_types,
    "shared_key": _with_shared_key,
    "no_ids": _without_ids,
    "short_list": _without_last,
}
