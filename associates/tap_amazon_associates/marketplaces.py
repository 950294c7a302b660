"""Amazon's marketplaces as the Creators API knows them: host, id, currency, region.

Ids are those of the SP-API documentation ("Marketplace IDs"), so that records join with a seller's;
amazon.cn, which has no SP-API, has the id that MWS gave it. The Creators API takes a marketplace as
`www.` and its domain (python-amazon-paapi 7.1, `core/marketplaces.py`); the client lists twenty, public
programs use www.amazon.ie and www.amazon.eg as well, so that none is refused here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One marketplace.

    Attributes:
        country: ISO 3166 code; the United Kingdom is GB.
        domain: Its registrable host, such as `amazon.co.uk`.
        region: NA, EU or FE: where its credentials are made.
    """

    country: str
    id: str
    domain: str
    currency: str
    region: str

    @property
    def host(self) -> str:
        """What the Creators API calls it: `www.amazon.de`."""
        return f"www.{self.domain}"


ALL = (
    Marketplace("US", "ATVPDKIKX0DER", "amazon.com", "USD", "NA"),
    Marketplace("CA", "A2EUQ1WTGCTBG2", "amazon.ca", "CAD", "NA"),
    Marketplace("MX", "A1AM78C64UM0Y8", "amazon.com.mx", "MXN", "NA"),
    Marketplace("BR", "A2Q3Y263D00KWC", "amazon.com.br", "BRL", "NA"),
    Marketplace("GB", "A1F83G8C2ARO7P", "amazon.co.uk", "GBP", "EU"),
    Marketplace("DE", "A1PA6795UKMFR9", "amazon.de", "EUR", "EU"),
    Marketplace("FR", "A13V1IB3VIYZZH", "amazon.fr", "EUR", "EU"),
    Marketplace("IT", "APJ6JRA9NG5V4", "amazon.it", "EUR", "EU"),
    Marketplace("ES", "A1RKKUPIHCS9HS", "amazon.es", "EUR", "EU"),
    Marketplace("NL", "A1805IZSGTT6HS", "amazon.nl", "EUR", "EU"),
    Marketplace("BE", "AMEN7PMS3EDWL", "amazon.com.be", "EUR", "EU"),
    Marketplace("IE", "A28R8C7NBKEWEA", "amazon.ie", "EUR", "EU"),
    Marketplace("SE", "A2NODRKZP88ZB9", "amazon.se", "SEK", "EU"),
    Marketplace("PL", "A1C3SOZRARQ6R3", "amazon.pl", "PLN", "EU"),
    Marketplace("TR", "A33AVAJ2PDY3EV", "amazon.com.tr", "TRY", "EU"),
    Marketplace("AE", "A2VIGQ35RCS4UG", "amazon.ae", "AED", "EU"),
    Marketplace("SA", "A17E79C6D8DWNP", "amazon.sa", "SAR", "EU"),
    Marketplace("EG", "ARBP9OOSHTCHU", "amazon.eg", "EGP", "EU"),
    Marketplace("IN", "A21TJRUUN4KGV", "amazon.in", "INR", "EU"),
    Marketplace("ZA", "AE08WJ6YKNBMC", "amazon.co.za", "ZAR", "EU"),
    Marketplace("JP", "A1VC38T7YXB528", "amazon.co.jp", "JPY", "FE"),
    Marketplace("AU", "A39IBJ37TRP1C6", "amazon.com.au", "AUD", "FE"),
    Marketplace("SG", "A19VAU5U5O7RUS", "amazon.sg", "SGD", "FE"),
    Marketplace("CN", "AAHKV2X7AFYLW", "amazon.cn", "CNY", "FE"),
)
BY_COUNTRY = {each.country: each for each in ALL}
BY_ID = {each.id: each for each in ALL}
BY_DOMAIN = {each.domain: each for each in ALL}
_ALIASES = {"UK": "GB"}


def find(name: str) -> Marketplace | None:
    """The marketplace of a country code, an id or a host.

    >>> [find(name).country for name in ("uk", "A1PA6795UKMFR9", "www.amazon.co.jp")]
    ['GB', 'DE', 'JP']
    """
    word = name.strip()
    code = word.upper()
    return (
        BY_COUNTRY.get(_ALIASES.get(code, code))
        or BY_ID.get(code)
        or BY_DOMAIN.get(word.lower().removeprefix("www."))
    )
