"""Articles as the page's script reads them: short arrays, since a page may hold thousands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.mapping_report.wording import change_sentence, stock_sentence, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amazon_optiply_etl.mapping_report.articles import Article, ArticleProduct


def cards(articles: Sequence[Article]) -> dict[str, Any]:
    """Return ``rows`` of articles, and the sentences of ``advice`` that they name by their place.

    A row is: ASIN, name, SKUs, EAN, state (in, way, part, off, not), marks (n new, c changed, z stock
    0), country codes, verdict, products, places of advice. A product is: remoteId, its marketplaces,
    Optiply id, price, EAN, stock, how the stock came about, changes, whether Optiply has it, and of
    an EAN that is a match's the row and the reason.
    """
    advice: dict[str, int] = {}
    rows = [
        [
            each.asin,
            each.name,
            each.skus,
            each.ean,
            state(each),
            _marks(each),
            each.places,
            verdict(each),
            [_product(product) for product in each.products],
            [advice.setdefault(sentence, len(advice)) for sentence in each.advice],
        ]
        for each in articles
    ]
    return {"rows": rows, "advice": list(advice)}


def state(article: Article) -> str:
    """Return whether an article is in Optiply, on its way there, in part, disabled, or not."""
    if article.is_there:
        if not any(each.is_there and not each.is_on_its_way for each in article.products):
            return "way"
        held = any(each.is_held for each in article.products)
        return "part" if article.left_out or held else "in"
    known = any(not (each.is_held and each.is_new) for each in article.products)
    return "off" if known else "not"


def _marks(article: Article) -> str:
    there = [each for each in article.products if each.is_there]
    marks = {
        "n": any(each.is_new for each in there),
        "c": any(each.went_out and not each.is_new for each in there),
        "z": any(each.stock.level == 0 for each in there),
    }
    return "".join(mark for mark, holds in marks.items() if holds)


def _product(product: ArticleProduct) -> list[Any]:
    stock = product.stock
    return [
        product.remote_id,
        " ".join(product.places),
        product.optiply_id,
        product.price,
        product.ean,
        stock.level,
        stock_sentence(stock),
        change_sentence(product.changes),
        product.is_there or not product.is_new,
        product.ean_from,
    ]
