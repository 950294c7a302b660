"""Short links are followed from one of Amazon's hosts to another, at most five times, and remembered."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from scripted_creators import MovingClock, scripted_creators
from selling_partner.conftest import serving

from tap_amazon_associates.errors import NotAProductLinkError, ShortLinkError
from tap_amazon_associates.items.outcomes import Found, Missing, Reason
from tap_amazon_associates.links.short import ShortLinks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

PAGE = "https://www.amazon.de/Titel/dp/B08XYZ1234?tag=site-21"


@contextmanager
def redirecting(to: dict[str, str | int]) -> Iterator[tuple[str, list[str]]]:
    """A server that answers `host/path` with a redirect to an address, or with a status."""
    asked: list[str] = []

    def handle(request: BaseHTTPRequestHandler) -> None:
        path = request.path.removeprefix("/")
        asked.append(path)
        assert "Cookie" not in request.headers
        answer = to.get(path, 404)
        request.send_response(answer if isinstance(answer, int) else 301)
        if isinstance(answer, str):
            request.send_header("Location", answer)
        request.send_header("Set-Cookie", "session-id=1; Path=/")
        request.send_header("Content-Length", "0")
        request.end_headers()

    with serving(handle) as url:
        yield url, asked


@pytest.mark.parametrize(
    "link",
    ["https://amzn.to/3abc", "http://amzn.to/3abc", "amzn.to/3abc", "https://a.co/d/0abc",
     "https://amzn.eu/d/abc", "https://amzn.asia/d/abc", "https://amzn.com/x"],
)  # fmt: skip
def test_a_short_link_leads_to_its_product(link: str) -> None:
    path = link.partition("://")[2] or link
    with redirecting({path: PAGE}) as (url, asked), ShortLinks(MovingClock(), url) as links:
        assert links.resolve(link) == PAGE

        assert asked == [path], "the product's page itself is not requested"


def test_up_to_five_redirects_are_followed() -> None:
    hops = {f"amzn.to/{number}": f"https://amzn.to/{number + 1}" for number in range(1, 9)}
    for first, is_found in ((2, True), (1, False)):
        hops["amzn.to/6"] = PAGE
        with redirecting(dict(hops)) as (url, asked), ShortLinks(MovingClock(), url) as links:
            if is_found:
                assert links.resolve(f"https://amzn.to/{first}") == PAGE
            else:
                with pytest.raises(ShortLinkError, match="within 5 redirects") as caught:
                    links.resolve(f"https://amzn.to/{first}")
                assert caught.value.is_final
            assert len(asked) == 5


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/dp/B08XYZ1234",
        "https://amazon.de.evil.example/dp/B08XYZ1234",
        "http://www.amazon.de/dp/B08XYZ1234",
        "https://169.254.169.254/latest/meta-data",
        "https://www.amazon.de@evil.example/dp/B08XYZ1234",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_away_from_amazon_is_not_followed(address: str) -> None:
    with (
        redirecting({"amzn.to/3abc": address}) as (url, asked),
        ShortLinks(MovingClock(), url) as links,
    ):
        with pytest.raises(ShortLinkError, match="leads away from Amazon") as caught:
            links.resolve("https://amzn.to/3abc")

        assert caught.value.is_final
        assert len(asked) == 1


def test_an_address_that_is_none_is_not_followed() -> None:
    with (
        redirecting({"amzn.to/3abc": "https://[::1/"}) as (url, _),
        ShortLinks(MovingClock(), url) as links,
        pytest.raises(ShortLinkError),
    ):
        links.resolve("https://amzn.to/3abc")


@pytest.mark.parametrize("answer", [404, 200, 400])
def test_a_short_link_that_leads_nowhere_says_so(answer: int) -> None:
    with redirecting({"amzn.to/3abc": answer}) as (url, _), ShortLinks(MovingClock(), url) as links:
        with pytest.raises(ShortLinkError, match=f"status {answer}") as caught:
            links.resolve("https://amzn.to/3abc")

        assert caught.value.is_final


@pytest.mark.parametrize("answer", [429, 503])
def test_a_host_that_fails_is_asked_three_times(answer: int) -> None:
    with (
        redirecting({"amzn.to/3abc": answer}) as (url, asked),
        ShortLinks(MovingClock(), url) as links,
    ):
        with pytest.raises(ShortLinkError, match="try again later") as caught:
            links.resolve("https://amzn.to/3abc")

        assert not caught.value.is_final
        assert len(asked) == 3


def test_a_link_of_another_host_is_never_asked() -> None:
    with redirecting({}) as (url, asked), ShortLinks(MovingClock(), url) as links:
        with pytest.raises(NotAProductLinkError):
            links.resolve("https://bit.ly/3abc")

        assert asked == []


def test_where_a_link_leads_is_remembered_and_where_it_does_not_for_an_hour(tmp_path: Path) -> None:
    clock = MovingClock()
    cache_path = str(tmp_path / "cache.sqlite")
    texts = ["https://amzn.to/good", "https://amzn.to/bad", "https://amzn.to/down"]
    answers: dict[str, str | int] = {"amzn.to/good": PAGE, "amzn.to/down": 503}
    with redirecting(answers) as (url, asked), scripted_creators() as server:
        for passed in (0, 600, 3600):
            clock.passed += passed
            with server.open(clock, cache_path=cache_path, short_link_endpoint=url) as amazon:
                outcomes = list(amazon.outcomes(texts))

            assert [each.asin for each in outcomes if isinstance(each, Found)] == ["B08XYZ1234"]
            assert {each.reason for each in outcomes if isinstance(each, Missing)} == {
                Reason.SHORT_LINK,
                Reason.FAILED,
            }

        assert asked.count("amzn.to/good") == 1
        assert asked.count("amzn.to/bad") == 2
        assert asked.count("amzn.to/down") == 9
