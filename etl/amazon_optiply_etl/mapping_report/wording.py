"""The words of the mapping report: people's names of records, sentences about articles and stock."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from amazon_optiply_etl.verdicts import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from amazon_optiply_etl.mapping_report.articles import (
        Article,
        ArticleProduct,
        Change,
        StockFacts,
        StockPart,
    )

_TITLES = {
    "products_inventory": "Listings",
    "warehouse_inventory": "FBA stock",
    "order_items": "Order lines",
    "asin_matches": "Matched codes",
    "rejected_rows": "Rows that could not be read",
    "vendor_inventory": "Stock at Amazon",
    "vendor_purchase_orders": "Purchase orders",
    "vendor_purchase_orders items": "Purchase order items",
    "vendor_purchase_orders_status": "Status of purchase orders",
    "vendor_purchase_orders_status items": "Status of purchase order items",
    "vendor_fulfilment_orders": "Direct orders",
    "vendor_fulfilment_orders items": "Direct order items",
    "supplier_products": "Products of suppliers",
}
# The places of an article of which nothing is in Optiply, after their country codes.
_WHERE = {
    outcomes.NOT_ACTIVE: "where the listing is not active",
    outcomes.SOLD_OUT_UNKNOWN: "where it is sold out, and neither Optiply nor an order knows it",
    outcomes.NO_NAME: "where no listing has a title",
    outcomes.OTHER_MARKETPLACE: "which the setting marketplaces leaves out",
    outcomes.UNREAD_LISTING: "where a listing cannot be read",
}
_FIELDS = {"stockLevel": "stock", "eanCode": "EAN", "skuCode": "SKU", "articleCode": "ASIN"}
_THERE, _SOLD_OUT = "yes", "yes, with stock 0"
_NEW, _ON_ITS_WAY = "yes, new with this run", "on its way there with this run"
_WITH_PLACES = (_THERE, _NEW, _ON_ITS_WAY, _SOLD_OUT)
_AS_BEFORE = "; it stays as it was"


def title_of(name: str) -> str:
    """Return a tally's name as people say it: ``order_items`` is Order lines."""
    words = name.replace("_", " ")
    return _TITLES.get(name, words[:1].upper() + words[1:])


def verdict(article: Article) -> str:
    """Say whether an article is in Optiply, from where, and from where not and why."""
    parts = [*_of_products(article.products), *_not_from(article)]
    parts = [*parts[:1], *(each.removeprefix("yes, ") for each in parts[1:])]
    if not article.is_there and not (parts and parts[0].startswith("disabled")):
        parts.insert(0, "no")
    return f"In Optiply: {'; '.join(parts)}."


def _of_products(products: Sequence[ArticleProduct]) -> Iterator[str]:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for each in products:
        places[_state(each)].extend(each.places)
    order = [*_WITH_PLACES, *(each for each in places if each not in _WITH_PLACES)]
    for state in (each for each in order if each in places):
        found = _listed(places[state])
        if state in _WITH_PLACES:
            yield f"{state}, from {found}" if found else state
        else:
            yield f"{state} ({found})" if found and len(products) > 1 else state


def _state(product: ArticleProduct) -> str:
    if product.is_held:
        reason = product.outcome.removesuffix(_AS_BEFORE)
        if product.is_new:
            return f"not sent, because {_because(reason)}"
        kept = "yes" if product.is_enabled else "disabled"
        return f"{kept}, as it was before this run, because {_because(reason)}"
    if not product.is_enabled:
        now = " with this run" if product.went_out else ""
        return f"disabled{now}, because it has no listing any more that is for sale"
    if product.is_new and product.went_out:
        return _ON_ITS_WAY if product.is_on_its_way else _NEW
    return _SOLD_OUT if product.stock.level == 0 else _THERE


def _because(reason: str) -> str:
    return (
        reason[:1].lower() + reason[1:] if reason[1:2].islower() and reason[:1] != "O" else reason
    )


def _not_from(article: Article) -> Iterator[str]:
    for each in article.left_out:
        where = _WHERE.get(each.reason, f"because {each.reason}")
        yield f"not from {_listed(each.places)}, {where}"


def _listed(places: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(places))


def stock_sentence(stock: StockFacts) -> str:
    """Say how the stock of a product came about."""
    if stock.was_sent:
        level = "not known" if stock.level is None else f"{stock.level:,}"
        return f"{level}, as it was sent before."
    if stock.is_vendors:
        return f"at Amazon {_sum(stock.fba)}." if stock.fba else "none in Amazon's stock report."
    fba = f"FBA {_sum(stock.fba)}" if stock.fba else ""
    own = f"own {_sum(stock.own)}" if stock.own else ""
    if stock.source_is_own:
        parts = [own or "no listing names a quantity", "FBA does not count (second_flavour)"]
    elif stock.in_fba:
        is_more = any(each.units for each in stock.own)
        parts = [fba, f"{own} counts only where FBA is 0" if is_more else ""]
    elif own:
        parts = [own, fba or "none in the FBA report"]
    else:
        parts = [fba or "none in the FBA report", "no listing names an own quantity"]
    return "; ".join(filter(None, parts)) + "."


def _sum(parts: Sequence[StockPart]) -> str:
    counted = [each for each in parts if each.units]
    if not counted:
        return f"0 ({_listed(each.place for each in parts)})"
    return " + ".join(map(_part, counted))


def _part(part: StockPart) -> str:
    also = f" (the same units are shown in {_listed(part.also_shown_in)})"
    return f"{part.place} {part.units:,}{also if part.also_shown_in else ''}"


def change_sentence(changes: Sequence[Change]) -> str:
    """Say what a run has changed: ``stock 3 → 5, price 9.99 → 8.99``."""
    return ", ".join(
        f"{_FIELDS.get(each.field, each.field)} {each.before or 'none'} → {each.now or 'none'}"
        for each in changes
    )
