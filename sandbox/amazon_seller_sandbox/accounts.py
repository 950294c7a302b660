"""The selling accounts of the sandbox, their marketplaces, and how each marketplace writes files."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

CLIENT_ID = "amzn1.application-oa2-client.sandbox"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - a published value that opens nothing

UTF8 = "UTF-8"
CP1252 = "Cp1252"
LATIN1 = "ISO-8859-1"
SHIFT_JIS = "Windows-31J"

# What Python calls the charsets that Amazon names; None is a Content-Type without a charset, which
# RFC 2616 and Amazon read as ISO-8859-1.
CODECS = {UTF8: "utf-8", CP1252: "cp1252", LATIN1: "latin-1", SHIFT_JIS: "cp932", None: "latin-1"}


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One Amazon marketplace and the habits of its files."""

    id: str
    country: str
    name: str
    currency: str
    language: str
    domain: str
    sales_channel: str
    zone: ZoneInfo
    exchange: float
    share: int
    listings_charset: str | None = UTF8
    orders_charset: str | None = UTF8
    stock_charset: str | None = UTF8
    listings_bom: bool = False
    prices_exclude_tax: bool = False
    tax_percent: int = 20
    order_items_have_ids: bool = False
    fulfillment_network: str = "AMAZON_NA"

    @property
    def minor_units(self) -> int:
        """Return how many minor units make one unit of the currency."""
        return 1 if self.currency == "JPY" else 100


@dataclass(frozen=True, slots=True)
class Account:
    """One selling account in one region."""

    key: str
    seller_id: str
    store_name: str
    company: str
    marketplaces: tuple[Marketplace, ...]

    def marketplace(self, marketplace_id: str) -> Marketplace | None:
        """Return the marketplace with this id if the account sells there."""
        return next((each for each in self.marketplaces if each.id == marketplace_id), None)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a refresh token allows: an account, and the roles the seller agreed to."""

    account: Account
    roles: frozenset[str]


ROLE_ORDERS = "Inventory and Order Tracking"
ROLE_FBA = "Amazon Fulfillment"
ROLE_LISTING = "Product Listing"
ALL_ROLES = frozenset({ROLE_ORDERS, ROLE_FBA, ROLE_LISTING})

_PACIFIC = ZoneInfo("America/Los_Angeles")


def _america(  # noqa: PLR0913 - one line per marketplace reads best
    mid: str, country: str, name: str, currency: str, language: str, domain: str, **habits: object
) -> Marketplace:
    defaults: dict[str, object] = {
        "sales_channel": domain.removeprefix("www.").capitalize(),
        "zone": _PACIFIC,
        "listings_bom": True,
        "exchange": 1.0,
        "share": 1,
    }
    return Marketplace(mid, country, name, currency, language, domain, **(defaults | habits))  # type: ignore[arg-type]


def _europe(  # noqa: PLR0913 - one line per marketplace reads best
    mid: str, country: str, name: str, currency: str, language: str, domain: str, **habits: object
) -> Marketplace:
    defaults: dict[str, object] = {
        "sales_channel": domain.removeprefix("www.").capitalize(),
        "listings_charset": CP1252,
        "orders_charset": CP1252,
        "stock_charset": CP1252,
        "fulfillment_network": "AMAZON_EU",
        "exchange": 1.0,
        "share": 1,
    }
    return Marketplace(mid, country, name, currency, language, domain, **(defaults | habits))  # type: ignore[arg-type]


US = _america(
    "ATVPDKIKX0DER",
    "US",
    "Amazon.com",
    "USD",
    "en_US",
    "www.amazon.com",
    prices_exclude_tax=True,
    tax_percent=8,
    share=7,
    order_items_have_ids=True,
)
CA = _america(
    "A2EUQ1WTGCTBG2",
    "CA",
    "Amazon.ca",
    "CAD",
    "en_CA",
    "www.amazon.ca",
    prices_exclude_tax=True,
    tax_percent=13,
    share=2,
    exchange=1.35,
)
MX = _america(
    "A1AM78C64UM0Y8",
    "MX",
    "Amazon.com.mx",
    "MXN",
    "es_MX",
    "www.amazon.com.mx",
    tax_percent=16,
    exchange=18.0,
)
DE = _europe(
    "A1PA6795UKMFR9",
    "DE",
    "Amazon.de",
    "EUR",
    "de_DE",
    "www.amazon.de",
    zone=ZoneInfo("Europe/Berlin"),
    stock_charset=LATIN1,
    tax_percent=19,
    share=4,
)
FR = _europe(
    "A13V1IB3VIYZZH",
    "FR",
    "Amazon.fr",
    "EUR",
    "fr_FR",
    "www.amazon.fr",
    zone=ZoneInfo("Europe/Paris"),
    stock_charset=None,
    share=2,
)
GB = _europe(
    "A1F83G8C2ARO7P",
    "GB",
    "Amazon.co.uk",
    "GBP",
    "en_GB",
    "www.amazon.co.uk",
    zone=ZoneInfo("Europe/London"),
    exchange=0.85,
    share=2,
)
IT = _europe(
    "APJ6JRA9NG5V4",
    "IT",
    "Amazon.it",
    "EUR",
    "it_IT",
    "www.amazon.it",
    zone=ZoneInfo("Europe/Rome"),
    tax_percent=22,
)
ES = _europe(
    "A1RKKUPIHCS9HS",
    "ES",
    "Amazon.es",
    "EUR",
    "es_ES",
    "www.amazon.es",
    zone=ZoneInfo("Europe/Madrid"),
    tax_percent=21,
)
JP = Marketplace(
    "A1VC38T7YXB528",
    "JP",
    "Amazon.co.jp",
    "JPY",
    "ja_JP",
    "www.amazon.co.jp",
    "Amazon.co.jp",
    ZoneInfo("Asia/Tokyo"),
    150.0,
    3,
    SHIFT_JIS,
    SHIFT_JIS,
    SHIFT_JIS,
    tax_percent=10,
    order_items_have_ids=True,
    fulfillment_network="AMAZON_JP",
)
AU = Marketplace(
    "A39IBJ37TRP1C6",
    "AU",
    "Amazon.com.au",
    "AUD",
    "en_AU",
    "www.amazon.com.au",
    "Amazon.com.au",
    ZoneInfo("Australia/Sydney"),
    1.6,
    1,
    tax_percent=10,
    fulfillment_network="AMAZON_AU",
)

ACCOUNTS = {
    account.key: account
    for account in (
        Account("NA", "A1SANDBOXNA01", "Sandbox Trading", "Sandbox Trading LLC", (US, CA, MX)),
        Account("EU", "A1SANDBOXEU01", "Sandkasten", "Sandkasten GmbH", (DE, FR, GB, IT, ES)),
        Account("FE", "A1SANDBOXFE01", "砂場商店", "Sunaba K.K.", (JP, AU)),
    )
}
ALL_MARKETPLACES = {each.id: each for one in ACCOUNTS.values() for each in one.marketplaces}

GRANTS = {
    "Atzr|sandbox-NA": Grant(ACCOUNTS["NA"], ALL_ROLES),
    "Atzr|sandbox-EU": Grant(ACCOUNTS["EU"], ALL_ROLES),
    "Atzr|sandbox-FE": Grant(ACCOUNTS["FE"], ALL_ROLES),
    "Atzr|sandbox-limited": Grant(ACCOUNTS["EU"], frozenset({ROLE_ORDERS})),
}
