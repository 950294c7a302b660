"""Answers that a client has to survive: members of kinds that no model has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("new_enumeration", "amount_as_text", "new_members")
"""The faults that change one item of an answer."""


def changed(name: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer whose first item is odd; the others are as they were."""
    copy: dict[str, Any] = json.loads(json.dumps(answer))
    for item in _items(copy):
        for listing in item.get("offersV2", {}).get("listings", []):
            if name == "new_enumeration":
                listing["type"] = "TREASURE_TRUCK"
                listing["price"].setdefault("savingBasis", {})["savingBasisType"] = "GUESSED_PRICE"
            if name == "amount_as_text":
                money = listing["price"]["money"]
                money["amount"] = str(money["amount"])
        if name == "new_members":
            item["holographicInfo"] = {"depth": [1, {"two": None}]}
            item["itemInfo"] = item.get("itemInfo", {}) | {"scent": {"displayValue": 7}}
        break
    return copy


def _items(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("itemsResult", "searchResult", "variationsResult"):
        yield from answer.get(name, {}).get("items", [])
