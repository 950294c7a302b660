"""The ASIN and marketplace in links: every form and host, and nothing that only looks like one."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tap_amazon_associates import NotAProductLinkError, asin_from_url, is_short, product_links
from tap_amazon_associates.links.products import as_asin
from tap_amazon_associates.marketplaces import ALL, find

ASIN = "B08XYZ1234"
ISBN = "316148410X"

FORMS = {
    "dp": f"/dp/{ASIN}",
    "dp with a title and a reference": f"/Schrauben-Größe-3/dp/{ASIN}/ref=sr_1_1?keywords=a,b&qid=1",
    "dp in another language": f"/-/en/Screwdriver/dp/{ASIN}?th=1&psc=1",
    "dp/product": f"/dp/product/{ASIN}",
    "gp/product": f"/gp/product/{ASIN}/ref=ppx_yo_dt_b_asin_title",
    "gp/product/glance": f"/gp/product/glance/{ASIN}",
    "gp/aw/d": f"/gp/aw/d/{ASIN}/",
    "gp/aw/d.html": f"/gp/aw/d.html?a={ASIN}&qid=5",
    "d": f"/d/{ASIN}",
    "exec/obidos/ASIN": f"/exec/obidos/ASIN/{ASIN}/site-21",
    "exec/obidos/tg/detail": f"/exec/obidos/tg/detail/-/{ASIN}/ref=x",
    "o/ASIN": f"/o/ASIN/{ASIN}/site-21",
    "product-reviews": f"/product-reviews/{ASIN}/?reviewerType=all",
    "gp/offer-listing": f"/gp/offer-listing/{ASIN}?condition=new",
    "gp/customer-reviews": f"/gp/customer-reviews/R1ABCDEFGHIJK/ref=cm_cr?ie=UTF8&ASIN={ASIN}",
    "review": f"/review/R1ABCDEFGHIJK/?asin={ASIN}",
    "product": f"/product/{ASIN}",
    "reviews-render": f"/hz/reviews-render/ajax?foo=bar&asin={ASIN}",
    "pd_rd_i": f"/gp/p/?pd_rd_i={ASIN}&psc=1",
    "creativeASIN": f"/gp/r/?creativeASIN={ASIN}&linkCode=as2",
    "cart": f"/gp/aws/cart/add.html?AssociateTag=site-21&ASIN.1={ASIN}&Quantity.1=1",
    "slredirect": f"/gp/slredirect/picassoRedirect.html?url=%2FX%2Fdp%2F{ASIN}%2Fref%3Dsspa",
    "sspa/click": f"/sspa/click?ie=UTF8&spc=abc&url=%2Fdp%2F{ASIN}%3Fpsc%3D1",
    "wrapped twice": "/sspa/click?url=" + quote(quote(f"/Titel/dp/{ASIN}/ref=x", safe=""), safe=""),
}


@pytest.mark.parametrize("place", ALL, ids=[place.domain for place in ALL])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_link_gives_asin_and_marketplace_on_every_host(
    form: str, place: object
) -> None:
    domain = place.domain  # type: ignore[attr-defined]

    [link] = product_links(f"https://www.{domain}{FORMS[form]}")

    assert (link.asin, link.marketplace) == (ASIN, place)


@pytest.mark.parametrize(
    "text",
    [
        ASIN,
        ASIN.lower(),
        f"www.amazon.de/dp/{ASIN}",
        f"amazon.de/dp/{ASIN}",
        f"//www.amazon.de/dp/{ASIN}",
        f"http://m.amazon.de/dp/{ASIN.lower()}",
        f"https://smile.amazon.de/dp/{ASIN}#customerReviews",
        f"HTTPS://WWW.AMAZON.DE./DP/{ASIN}",
        f"https://www.amazon.de:443/dp/{ASIN}",
        f"<https://www.amazon.de/dp/{ASIN}>",
        f"(https://www.amazon.de/dp/{ASIN}).",
        f"Schau mal: https://www.amazon.de/dp/{ASIN}, der ist gut!",
        f"https://www.amazon.de/dp/{ASIN}…",
        f"https://www.amazon.de/dp/{ASIN}&tag=x",
        f"https://amzn.com/{ASIN}",
    ],
)
def test_a_link_may_be_written_as_people_write_links(text: str) -> None:
    assert asin_from_url(text) == ASIN


@pytest.mark.parametrize("text", [ISBN, f"https://www.amazon.de/dp/{ISBN}", f"/dp/{ISBN}"])
def test_an_isbn_is_the_asin_of_a_book(text: str) -> None:
    link = text if not text.startswith("/") else f"https://www.amazon.com/Some-Book{text}/ref=x"

    assert asin_from_url(link) == ISBN


@pytest.mark.parametrize(
    "text",
    [
        "headphones",
        "bestseller",
        "https://www.amazon.de/dp/headphones",
        "https://www.amazon.de/dp/bestseller",
        f"https://amazon.de.evil.example/dp/{ASIN}",
        f"https://evil.example/dp/{ASIN}",
        f"https://evil-amazon.de/dp/{ASIN}",
        f"https://www.amazon.de@evil.example/dp/{ASIN}",
        f"https://evil.example\\@www.amazon.de/dp/{ASIN}",
        f"https://evil.example/?url=https://www.amazon.de/dp/{ASIN}",
        f"https://sub.www.amazon.de/dp/{ASIN}",
        f"https://www.amazon.de:8443/dp/{ASIN}",
        f"https://www.amazon.de/sspa/click?url=https%3A%2F%2Fevil.example%2Fdp%2F{ASIN}",
        f"ftp://www.amazon.de/dp/{ASIN}",
        f"https://www.amazon.de/dp/{ASIN}5",
        f"https://www.amazon.de/dp/X{ASIN}",
        "https://www.amazon.de/dp/B08XYZ123",
        "https://www.amazon.de/s?k=headphones",
        "https://www.amazon.de/dp/1234567890",  # ten digits that are not ISBN
        "0612345678",
        "https://www.amazon.de",
        "https://[::1/dp/x",
        "",
        " ",
    ],
)
def test_what_only_looks_like_a_product_is_none(text: str) -> None:
    with pytest.raises(NotAProductLinkError):
        product_links(text)


def test_the_link_of_a_cart_gives_all_of_its_products() -> None:
    link = f"https://www.amazon.fr/gp/aws/cart/add.html?ASIN.1={ASIN}&Quantity.1=2&ASIN.2={ISBN}"

    assert [each.asin for each in product_links(link)] == [ASIN, ISBN]


def test_an_address_within_a_link_names_the_marketplace_if_it_has_a_host() -> None:
    link = f"https://www.amazon.de/sspa/click?url=https%3A%2F%2Fwww.amazon.fr%2Fdp%2F{ASIN}"

    [found] = product_links(link)

    assert found.marketplace == find("FR")


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("https://amzn.to/3abcDEF", True),
        ("amzn.to/3abcDEF", True),
        ("https://a.co/d/0abcDEF", True),
        ("https://amzn.eu/d/abcDEF1", True),
        ("https://amzn.asia/d/abcDEF1", True),
        ("https://amzn.com/x/abc", True),
        (f"https://amzn.com/{ASIN}", False),
        ("https://amzn.to/", False),
        ("https://bit.ly/3abcDEF", False),
        ("https://amzn.to.evil.example/3abc", False),
        (f"https://www.amazon.de/dp/{ASIN}", False),
        (ASIN, False),
    ],
)
def test_short_links_are_known_by_their_host(text: str, short: bool) -> None:  # noqa: FBT001
    assert is_short(text) is short


def test_gift_cards_have_letters_in_the_third_place() -> None:
    assert as_asin("BT00DC6QU4") == "BT00DC6QU4"


def test_a_long_text_is_refused_and_its_sentence_stays_short() -> None:
    with pytest.raises(NotAProductLinkError) as caught:
        product_links("https://www.amazon.de/" + "x" * 20_000)

    assert len(str(caught.value)) < 200
