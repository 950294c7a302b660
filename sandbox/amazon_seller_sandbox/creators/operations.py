"""getItems, searchItems and getVariations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.creators.items import Missing, asins, item
from amazon_seller_sandbox.creators.refusals import CreatorsRefusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from amazon_seller_sandbox.creators.requests import Checked
    from amazon_seller_sandbox.world.world import World

Json = dict[str, Any]
_PAGE = 10
_CODES = "itemInfo.externalIds"
_NO_RESULTS = {"code": "NoResults", "message": "No results found for your request."}


def get_items(world: World, asked: Checked) -> Json:
    """Return the items found and one error for each of the others, neither in the order requested."""
    found, errors = [], []
    for asin in dict.fromkeys(asked.body["itemIds"]):
        try:
            found.append(item(world, asked, asin))
        except Missing as missing:
            errors.append(missing.body())
    seed = key("creators", *asked.body["itemIds"])
    answer: Json = {}
    if errors:
        answer["errors"] = _mixed(errors, seed)
    if found:
        answer["itemsResult"] = {"items": _mixed(found, seed)}
    return answer


def _mixed(entries: list[Any], seed: bytes) -> list[Any]:
    """Return entries in an order that says nothing, the same each time."""
    numbered = list(enumerate(entries))
    return [each for _, each in sorted(numbered, key=lambda each: draws(seed, each[0])[0])]


def search_items(world: World, asked: Checked) -> Json:
    """Return one page of what a search finds: titles with all words, or items with a code.

    A search by code is one by keywords: what else the engine holds for close comes along.
    """
    words = " ".join(
        str(asked.body[name]).casefold()
        for name in ("keywords", "title", "brand")
        if asked.body.get(name)
    )
    every = (
        _with_code(world, asked, words) if words.isdecimal() else _with_words(world, asked, words)
    )
    if asked.body.get("availability") != "IncludeOutOfStock":
        every = [asin for asin in every if _is_available(world, asked, asin)]
    size, page = asked.number("itemCount", _PAGE), asked.number("itemPage", 1)
    items = [item(world, asked, asin) for asin in every[(page - 1) * size : page * size]]
    if not items:
        return {"errors": [_NO_RESULTS]}
    url = f"https://{asked.market.domain}/s?k={words.replace(' ', '+')}&tag={asked.tag}"
    return {"searchResult": {"totalResultCount": len(every), "searchURL": url, "items": items}}


def _accessible(world: World, asked: Checked, accepts: Callable[[Json, str], bool]) -> list[str]:
    found = []
    everything = _with_resources(
        asked, "itemInfo.title", "itemInfo.byLineInfo", _CODES, "offersV2.listings.price"
    )
    for asin, title in asins(world, asked.market):
        try:
            if accepts(item(world, everything, asin), title):
                found.append(asin)
        except Missing:
            continue
    return found


def _with_resources(asked: Checked, *names: str) -> Checked:
    return type(asked)(asked.market, asked.tag, asked.body, frozenset(names))


def _with_words(world: World, asked: Checked, words: str) -> list[str]:
    def accepts(found: Json, title: str) -> bool:
        brand = found["itemInfo"].get("byLineInfo", {}).get("brand", {}).get("displayValue") or ""
        text = f"{title} {brand}".casefold()
        return all(word in text for word in words.split())

    return _accessible(world, asked, accepts)


def _with_code(world: World, asked: Checked, code: str) -> list[str]:
    """Return the items that have a code, after one that has another: the engine's own idea of close."""
    wanted = code.lstrip("0")

    def codes(found: Json) -> list[str]:
        ids = found["itemInfo"].get("externalIds", {})
        return [each.lstrip("0") for kind in ids.values() for each in kind["displayValues"]]

    right = _accessible(world, asked, lambda found, _: wanted in codes(found))
    close = _accessible(
        world, asked, lambda found, _: bool(codes(found)) and wanted not in codes(found)
    )
    return [*close[:1], *right] if right else []


def _is_available(world: World, asked: Checked, asin: str) -> bool:
    return "offersV2" in item(world, _with_resources(asked, "offersV2.listings.price"), asin)


def get_variations(world: World, asked: Checked) -> Json:
    """Return one page of the variations of a parent, or of an item's parent.

    Raises:
        CreatorsRefusal: 404, because there is no such item.
    """
    asin = asked.body["asin"]
    with_parent = _with_resources(asked, "parentASIN")
    parents: dict[str, str] = {}
    for each, _ in asins(world, asked.market):
        try:
            parents[each] = item(world, with_parent, each).get("parentASIN", "")
        except Missing:
            continue
    if asin not in parents and asin not in parents.values():
        raise CreatorsRefusal(
            404, "ResourceNotFoundException", None, f"The item {asin} was not found."
        )
    parent = parents.get(asin) or asin
    every = [each for each, of in parents.items() if of == parent]
    if not every:
        return {"errors": [{"code": "NoResults", "message": f"{asin} has no variations."}]}
    size, page = asked.number("variationCount", _PAGE), asked.number("variationPage", 1)
    items = [item(world, asked, each) for each in every[(page - 1) * size : page * size]]
    summary = {"pageCount": -(-len(every) // size), "variationCount": len(every)}
    return {"variationsResult": {"items": items, "variationSummary": summary}}


OPERATIONS: dict[str, Callable[[World, Checked], Json]] = {
    "getItems": get_items,
    "searchItems": search_items,
    "getVariations": get_variations,
}
