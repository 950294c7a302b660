"""The browse tree of each marketplace: what Amazon files products under, in XML.

Elements and options: Amazon's ``BrowseTreeReport.xsd`` and its page of browse tree report types.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from amazon_seller_sandbox.chance import draws, key, pick
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_LISTING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

_BEGIN = '<?xml version="1.0" encoding="UTF-8"?>\n<Result>'
_END = "</Result>"
_ATTRIBUTES = ("count", "name")
_WIDTHS = (4, 3, 4)
"""Children of the root that no report shows, of each of its children, and of theirs."""

_NAMES = {
    "DE": ("Elektro-Großgeräte", "Kühl- & Gefrierschränke", "Küche, Haushalt & Wohnen", "Bücher"),
    "JP": ("家電&カメラ", "ホーム&キッチン", "本", "ビューティー"),
}
_NAMES_ELSEWHERE = ("Home & Kitchen", "Toys, Games & Hobbies", 'Monitors under 24"', "Café Chairs")
_REFINEMENTS = (("Size", "size_name"), ("Colour", "color_name"), ("Price < 50", "price"))


class Node(NamedTuple):
    """One node on one of its paths: a node with two parents is in the report twice."""

    id: str
    name: str
    ids: tuple[str, ...]
    """The path from the root that no report shows to the node."""
    names: tuple[str, ...]
    children: tuple[str, ...]
    number: int


@cache
def tree(seed: int, market: Marketplace) -> tuple[Node, ...]:
    """Return the nodes of a marketplace, parents before their children."""
    first = 10**8 + draws(key(seed, market.id, "browse"))[0] % 10**8
    suffix = "031" if market.network == "AMAZON_EU" else ""
    count = 0

    def new_id() -> str:
        nonlocal count
        count += 1
        return f"{first + count * 1_013}{suffix}"

    def below(ids: tuple[str, ...], names: tuple[str, ...], *, has_shared: bool) -> Iterator[Node]:
        depth = len(names)
        own = tuple(new_id() for _ in range(_WIDTHS[depth])) if depth < len(_WIDTHS) else ()
        if has_shared:
            own = (*own, shared)
        if names:
            number = draws(key(seed, "node", ids[-1]))[0] % 12
            yield Node(ids[-1], names[-1], ids, names, own, number)
        for position, child in enumerate(own):
            name = pick(options, draws(key(seed, market.id, child))[0])
            # One leaf is filed under two nodes of each branch.
            several = depth == 1 and position < 2  # noqa: PLR2004
            yield from below((*ids, child), (*names, name), has_shared=several)

    options = _NAMES.get(market.country, _NAMES_ELSEWHERE)
    shared, root = new_id(), new_id()
    return tuple(below((root,), (), has_shared=False))


def _listed(values: dict[str, Any], count: int) -> dict[str, Any]:
    """Return an element that counts its children; without them it holds an empty text."""
    return {"count": str(count), **(values if count else {"value": ""})}


def _values(node: Node) -> dict[str, Any]:
    """Return a node as nested elements: texts, objects of attributes and elements, lists of them."""
    is_leaf = not node.children
    keyword = re.sub(r"\W+", "_", node.name).strip("_").lower()
    attributes = [{"name": "item_type_keyword", "value": keyword}] if is_leaf else []
    refinements = [
        {
            "name": name,
            "refinementField": [
                {
                    "acceptedValues": "XS,S,M & L" if attribute == "size_name" else None,
                    "hasModifier": "false",
                    "modifiers": None,
                    "refinementAttribute": attribute,
                }
            ],
        }
        for name, attribute in (_REFINEMENTS[: node.number % 4] if is_leaf else ())
    ]
    return {
        "browseNodeId": node.id,
        "browseNodeAttributes": _listed({"attribute": attributes}, len(attributes)),
        "browseNodeName": node.name if len(node.names) > 1 else "Categories",
        "browseNodeStoreContextName": node.name,
        "browsePathById": ",".join(node.ids),
        "browsePathByName": ",".join(node.names),
        "hasChildren": "false" if is_leaf else "true",
        "childNodes": _listed({"id": list(node.children)}, len(node.children)),
        "productTypeDefinitions": "HOME,KITCHEN" if node.number % 3 else None,
        "refinementsInformation": _listed({"refinementName": refinements}, len(refinements)),
    }


def _xml(name: str, value: Any) -> str:  # noqa: ANN401 - text, object, list or nothing
    if isinstance(value, list):
        return "\n".join(_xml(name, each) for each in value)
    if value is None or isinstance(value, str):
        return f"<{name}>{escape(value or '')}</{name}>"
    attributes = "".join(
        f" {each}={quoteattr(value[each])}" for each in _ATTRIBUTES if each in value
    )
    if "value" in value:
        return f"<{name}{attributes}>{escape(value['value'])}</{name}>"
    inner = "\n".join(
        _xml(child, each) for child, each in value.items() if child not in _ATTRIBUTES
    )
    return f"<{name}{attributes}>\n{inner}\n</{name}>"


def _document(nodes: Iterable[Node]) -> Iterator[str]:
    waiting = _BEGIN
    for node in nodes:
        yield waiting
        waiting = _xml("Node", _values(node))
    yield f"{waiting}\n{_END}"


def _objection(asked: Asked) -> str | None:
    """Say why there is no report of a marketplace that the seller does not sell in."""
    wanted = asked.options.get("MarketplaceId")
    if wanted is None or asked.business.account.marketplace(wanted) is not None:
        return None
    return f"The seller is not registered in marketplace {wanted}"


def _content(asked: Asked) -> Content:
    """Write the tree of the marketplace that an option names, by default of the seller's own."""
    account, options = asked.business.account, asked.options
    market = account.marketplace(options.get("MarketplaceId", "")) or account.marketplaces[0]
    nodes: Iterable[Node] = tree(asked.world.settings.seed, market)
    if options.get("RootNodesOnly") == "true":
        nodes = (node for node in nodes if len(node.names) == 1)
    elif top := options.get("BrowseNodeId"):
        nodes = (node for node in nodes if top in node.ids[1:])
    return Content(_document(nodes), "UTF-8", asked.compressed)


_PROPERTIES = {
    "browseNodeId": "browse_node_id",
    "browseNodeAttributes": "browse_node_attributes",
    "browseNodeName": "browse_node_name",
    "browseNodeStoreContextName": "browse_node_store_context_name",
    "browsePathById": "browse_path_by_id",
    "browsePathByName": "browse_path_by_name",
    "hasChildren": "has_children",
    "childNodes": "child_nodes",
    "productTypeDefinitions": "product_type_definitions",
    "refinementsInformation": "refinements_information",
}


def _truth(world: World, business: Business, _as_of: int, _since: float) -> Iterator[Record]:
    for market in business.account.marketplaces:
        for node in tree(world.settings.seed, market):
            record = {_PROPERTIES[name]: value for name, value in _values(node).items()}
            yield {"marketplace_id": market.id, **record}


REPORT_TYPES = (
    ReportType("GET_XML_BROWSE_TREE_DATA", _content, ROLE_LISTING, objection=_objection),
)
TRUTH: dict[str, Truth] = {"browse_tree": _truth}
