"""Amazon's marketplaces: country code, id, region, currency, and the habits of their report files.

Source: "Marketplace IDs" and "SP-API endpoints" in the SP-API documentation; currencies are the
countries' defaults. Ids outside this list (such as the "Non-Amazon" ones that participation lists
hold) are not sales marketplaces and are passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ENDPOINTS = {
    "NA": "https://sellingpartnerapi-na.amazon.com",
    "EU": "https://sellingpartnerapi-eu.amazon.com",
    "FE": "https://sellingpartnerapi-fe.amazon.com",
}
SANDBOX_ENDPOINTS = {
    region: url.replace("https://", "https://sandbox.") for region, url in ENDPOINTS.items()
}
REGION_NAMES = {"NA": "North America", "EU": "Europe", "FE": "Far East"}


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One marketplace and how its reports are written.

    `charset` is what its files use when the download names none; `month_first` says whether a date
    with slashes begins with the month; `prices_include_tax` whether an item price contains its tax.
    """

    country: str
    id: str
    region: str
    currency: str
    domain: str
    time_zone: str
    charset: str = "ISO-8859-1"
    month_first: bool = False
    prices_include_tax: bool = True

    @property
    def sales_channel(self) -> str:
        """The marketplace's name in the `sales-channel` column of order reports."""
        return self.domain.capitalize()


ALL = (
    Marketplace(
        "US",
        "ATVPDKIKX0DER",
        "NA",
        "USD",
        "amazon.com",
        "America/Los_Angeles",
        month_first=True,
        prices_include_tax=False,
    ),
    Marketplace(
        "CA",
        "A2EUQ1WTGCTBG2",
        "NA",
        "CAD",
        "amazon.ca",
        "America/Los_Angeles",
        month_first=True,
        prices_include_tax=False,
    ),
    Marketplace("MX", "A1AM78C64UM0Y8", "NA", "MXN", "amazon.com.mx", "America/Mexico_City"),
    Marketplace("BR", "A2Q3Y263D00KWC", "NA", "BRL", "amazon.com.br", "America/Sao_Paulo"),
    Marketplace("IE", "A28R8C7NBKEWEA", "EU", "EUR", "amazon.ie", "Europe/Dublin"),
    Marketplace("ES", "A1RKKUPIHCS9HS", "EU", "EUR", "amazon.es", "Europe/Madrid"),
    Marketplace("GB", "A1F83G8C2ARO7P", "EU", "GBP", "amazon.co.uk", "Europe/London"),
    Marketplace("FR", "A13V1IB3VIYZZH", "EU", "EUR", "amazon.fr", "Europe/Paris"),
    Marketplace("BE", "AMEN7PMS3EDWL", "EU", "EUR", "amazon.com.be", "Europe/Brussels"),
    Marketplace("NL", "A1805IZSGTT6HS", "EU", "EUR", "amazon.nl", "Europe/Amsterdam"),
    Marketplace("DE", "A1PA6795UKMFR9", "EU", "EUR", "amazon.de", "Europe/Berlin"),
    Marketplace("IT", "APJ6JRA9NG5V4", "EU", "EUR", "amazon.it", "Europe/Rome"),
    Marketplace("SE", "A2NODRKZP88ZB9", "EU", "SEK", "amazon.se", "Europe/Stockholm"),
    Marketplace("ZA", "AE08WJ6YKNBMC", "EU", "ZAR", "amazon.co.za", "Africa/Johannesburg"),
    Marketplace("PL", "A1C3SOZRARQ6R3", "EU", "PLN", "amazon.pl", "Europe/Warsaw"),
    Marketplace("EG", "ARBP9OOSHTCHU", "EU", "EGP", "amazon.eg", "Africa/Cairo"),
    Marketplace("TR", "A33AVAJ2PDY3EV", "EU", "TRY", "amazon.com.tr", "Europe/Istanbul"),
    Marketplace("SA", "A17E79C6D8DWNP", "EU", "SAR", "amazon.sa", "Asia/Riyadh"),
    Marketplace("AE", "A2VIGQ35RCS4UG", "EU", "AED", "amazon.ae", "Asia/Dubai"),
    Marketplace("IN", "A21TJRUUN4KGV", "EU", "INR", "amazon.in", "Asia/Kolkata"),
    Marketplace("SG", "A19VAU5U5O7RUS", "FE", "SGD", "amazon.sg", "Asia/Singapore"),
    Marketplace("AU", "A39IBJ37TRP1C6", "FE", "AUD", "amazon.com.au", "Australia/Sydney"),
    Marketplace("JP", "A1VC38T7YXB528", "FE", "JPY", "amazon.co.jp", "Asia/Tokyo", charset="cp932"),
)

BY_ID = {marketplace.id: marketplace for marketplace in ALL}
BY_COUNTRY = {marketplace.country: marketplace for marketplace in ALL}
BY_SALES_CHANNEL = {marketplace.domain: marketplace for marketplace in ALL}
_ALIASES = {"UK": "GB"}


def find(name: str) -> Marketplace | None:
    """The marketplace of a country code (`DE`, `uk`) or marketplace id; None when there is none."""
    code = name.strip().upper()
    return BY_COUNTRY.get(_ALIASES.get(code, code)) or BY_ID.get(code)


_OUTSIDE = (re.compile(r"non-amazon (\S+)"), re.compile(r"si (\S+) prod marketplace"))
"""Channels of orders from outside of Amazon's shops that name a country: `Non-Amazon US`, and
`SI CA Prod Marketplace`, as both stand in sellers' files."""


def of_sales_channel(sales_channel: str) -> Marketplace | None:
    """The marketplace that a `sales-channel` cell names (`Amazon.de`, `Non-Amazon DE`), if any."""
    name = sales_channel.strip().lower()
    for outside in _OUTSIDE:
        if found := outside.fullmatch(name):
            return find(found[1])
    return BY_SALES_CHANNEL.get(name)


def of_order(sales_channel: str, synced: Sequence[Marketplace]) -> Marketplace | None:
    """The synced marketplace that the orders of a channel come under; None: those of another.

    What was not ordered in one of Amazon's shops comes under the marketplace that its channel names; if
    it names none (`Non-Amazon`), or one that is not synced, under the first: no other sync has it.
    """
    own = of_sales_channel(sales_channel)
    if own in synced:
        return own
    return None if sales_channel.strip().lower() in BY_SALES_CHANNEL else synced[0]
