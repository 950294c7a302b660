"""The selling accounts of the sandbox, their marketplaces, and how each one writes files."""

from __future__ import annotations

from dataclasses import dataclass

CLIENT_ID = "amzn1.application-oa2-client.sandbox"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - a published value that opens nothing

UTF8 = "UTF-8"
CP1252 = "Cp1252"
LATIN1 = "ISO-8859-1"
SHIFT_JIS = "Windows-31J"

# What Python calls the charsets that Amazon names; None is a Content-Type without a charset: Amazon's
# European files are in Cp1252 whether they say so or not (amzn/selling-partner-api-models#2748).
CODECS = {UTF8: "utf-8", CP1252: "cp1252", LATIN1: "latin-1", SHIFT_JIS: "cp932", None: "cp1252"}


@dataclass(frozen=True, slots=True)
class Charsets:
    """The charset a marketplace's downloads name for each kind of file; None: they name none."""

    listings: str | None
    orders: str | None
    stock: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marketplace:
    """One Amazon marketplace and the habits of its files."""

    id: str
    country: str
    domain: str
    language: str
    currency: str
    zone: str
    network: str
    """What listings call fulfilment by Amazon here."""
    charsets: Charsets
    share: int = 1
    """Orders come in this proportion to those of the account's other marketplaces."""
    exchange: float = 1.0
    """What one unit of the generator's prices is worth in the currency."""
    tax_percent: int = 20
    prices_exclude_tax: bool = False
    listings_bom: bool = False
    order_items_have_ids: bool = False

    @property
    def name(self) -> str:
        """Return the name, which is also the sales channel: ``Amazon.co.uk``."""
        return self.domain.removeprefix("www.").capitalize()

    @property
    def minor_units(self) -> int:
        """Return how many minor units make one unit of the currency."""
        return 1 if self.currency == "JPY" else 100

    def amount(self, minor: int | None) -> float | None:
        """Return an amount of minor units in the currency."""
        return None if minor is None else minor / self.minor_units


@dataclass(frozen=True, slots=True)
class Account:
    """One selling account in one region (``NA``, ``EU`` or ``FE``)."""

    key: str
    region: str
    seller_id: str
    store_name: str
    company: str
    marketplaces: tuple[Marketplace, ...]
    is_vendor: bool = False
    """Whether Amazon buys from it, rather than it selling on Amazon."""

    @property
    def is_unified(self) -> bool:
        """Say whether a SKU's own quantity is one number in all marketplaces.

        The accounts of North America and Europe are unified: 100 units of a SKU "DO NOT add up" to 300
        in three stores (Seller Central help 201617630 and 200663530); inventory is kept by seller and
        SKU (amzn/selling-partner-api-docs#3167). In the Far East a marketplace is a stock of its own.
        """
        return self.region in {"NA", "EU"}

    @property
    def pools_fba_stock(self) -> bool:
        """Say whether marketplaces sell FBA units that lie in other countries, as Europe's do.

        North America's do not (Seller Central help 200663530: Amazon-fulfilled stock is not shared).
        """
        return self.region == "EU"

    def marketplace(self, marketplace_id: str) -> Marketplace | None:
        """Return the marketplace with this id if the account sells there."""
        return next((each for each in self.marketplaces if each.id == marketplace_id), None)


@dataclass(frozen=True, slots=True)
class OddParticipation:
    """A participation as real accounts have them beside those they sell in."""

    id: str
    country: str
    name: str
    currency: str
    language: str
    domain: str

    @property
    def is_participating(self) -> bool:
        """Say what Amazon says: outside Amazon everybody participates."""
        return self.name.startswith("Non-Amazon")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a refresh token allows: an account, and the roles the seller agreed to."""

    account: Account
    roles: frozenset[str]


ROLE_ORDERS = "Inventory and Order Tracking"
ROLE_FBA = "Amazon Fulfillment"
ROLE_LISTING = "Product Listing"
ROLE_FINANCE = "Finance and Accounting"
ROLE_AWD = "Amazon Warehousing and Distribution"
ROLE_ANALYTICS = "Brand Analytics"
ROLE_SHIPPING = "Direct to Consumer Shipping (Restricted)"
ROLE_INSIGHTS = "Selling Partner Insights"
ROLE_PRICING = "Pricing"
ALL_ROLES = frozenset(
    {
        ROLE_ORDERS,
        ROLE_FBA,
        ROLE_LISTING,
        ROLE_FINANCE,
        ROLE_AWD,
        ROLE_ANALYTICS,
        ROLE_SHIPPING,
        ROLE_INSIGHTS,
        ROLE_PRICING,
    }
)

# Vendors agree to roles of their own: what sellers may call is refused to them, and the other way round.
VENDOR_ORDERS = "Inventory and Order Tracking (vendor)"
VENDOR_ANALYTICS = "Brand Analytics (vendor)"
VENDOR_DIRECT = "Direct to Consumer Shipping (Restricted) (vendor)"
VENDOR_ROLES = frozenset({VENDOR_ORDERS, VENDOR_ANALYTICS, VENDOR_DIRECT})

_UNICODE = Charsets(UTF8, UTF8, UTF8)
_WESTERN = Charsets(CP1252, CP1252, CP1252)

US = Marketplace(
    id="ATVPDKIKX0DER",
    country="US",
    domain="www.amazon.com",
    language="en_US",
    currency="USD",
    zone="America/Los_Angeles",
    network="AMAZON_NA",
    charsets=_UNICODE,
    listings_bom=True,
    share=7,
    tax_percent=8,
    prices_exclude_tax=True,
    order_items_have_ids=True,
)
CA = Marketplace(
    id="A2EUQ1WTGCTBG2",
    country="CA",
    domain="www.amazon.ca",
    language="en_CA",
    currency="CAD",
    zone="America/Los_Angeles",
    network="AMAZON_NA",
    charsets=_UNICODE,
    listings_bom=True,
    share=2,
    exchange=1.35,
    tax_percent=13,
    prices_exclude_tax=True,
)
MX = Marketplace(
    id="A1AM78C64UM0Y8",
    country="MX",
    domain="www.amazon.com.mx",
    language="es_MX",
    currency="MXN",
    zone="America/Los_Angeles",
    network="AMAZON_NA",
    charsets=_UNICODE,
    listings_bom=True,
    exchange=18.0,
    tax_percent=16,
)
DE = Marketplace(
    id="A1PA6795UKMFR9",
    country="DE",
    domain="www.amazon.de",
    language="de_DE",
    currency="EUR",
    zone="Europe/Berlin",
    network="AMAZON_EU",
    charsets=Charsets(CP1252, CP1252, LATIN1),
    share=4,
    tax_percent=19,
)
FR = Marketplace(
    id="A13V1IB3VIYZZH",
    country="FR",
    domain="www.amazon.fr",
    language="fr_FR",
    currency="EUR",
    zone="Europe/Paris",
    network="AMAZON_EU",
    charsets=Charsets(CP1252, CP1252, None),
    share=2,
)
GB = Marketplace(
    id="A1F83G8C2ARO7P",
    country="GB",
    domain="www.amazon.co.uk",
    language="en_GB",
    currency="GBP",
    zone="Europe/London",
    network="AMAZON_EU",
    charsets=_WESTERN,
    share=2,
    exchange=0.85,
)
IT = Marketplace(
    id="APJ6JRA9NG5V4",
    country="IT",
    domain="www.amazon.it",
    language="it_IT",
    currency="EUR",
    zone="Europe/Rome",
    network="AMAZON_EU",
    charsets=_WESTERN,
    tax_percent=22,
)
ES = Marketplace(
    id="A1RKKUPIHCS9HS",
    country="ES",
    domain="www.amazon.es",
    language="es_ES",
    currency="EUR",
    zone="Europe/Madrid",
    network="AMAZON_EU",
    charsets=_WESTERN,
    tax_percent=21,
)
NL = Marketplace(
    id="A1805IZSGTT6HS",
    country="NL",
    domain="www.amazon.nl",
    language="nl_NL",
    currency="EUR",
    zone="Europe/Amsterdam",
    network="AMAZON_EU",
    charsets=_WESTERN,
    tax_percent=21,
)
BE = Marketplace(
    id="AMEN7PMS3EDWL",
    country="BE",
    domain="www.amazon.com.be",
    language="fr_BE",
    currency="EUR",
    zone="Europe/Brussels",
    network="AMAZON_EU",
    charsets=_WESTERN,
    tax_percent=21,
)
SE = Marketplace(
    id="A2NODRKZP88ZB9",
    country="SE",
    domain="www.amazon.se",
    language="sv_SE",
    currency="SEK",
    zone="Europe/Stockholm",
    network="AMAZON_EU",
    charsets=_WESTERN,
    exchange=11.0,
    tax_percent=25,
)
PL = Marketplace(
    id="A1C3SOZRARQ6R3",
    country="PL",
    domain="www.amazon.pl",
    language="pl_PL",
    currency="PLN",
    zone="Europe/Warsaw",
    network="AMAZON_EU",
    charsets=_WESTERN,
    exchange=4.3,
    tax_percent=23,
)
JP = Marketplace(
    id="A1VC38T7YXB528",
    country="JP",
    domain="www.amazon.co.jp",
    language="ja_JP",
    currency="JPY",
    zone="Asia/Tokyo",
    network="AMAZON_JP",
    charsets=Charsets(SHIFT_JIS, SHIFT_JIS, SHIFT_JIS),
    share=3,
    exchange=150.0,
    tax_percent=10,
    order_items_have_ids=True,
)
AU = Marketplace(
    id="A39IBJ37TRP1C6",
    country="AU",
    domain="www.amazon.com.au",
    language="en_AU",
    currency="AUD",
    zone="Australia/Sydney",
    network="AMAZON_AU",
    charsets=_UNICODE,
    exchange=1.6,
    tax_percent=10,
)

ACCOUNTS = {
    account.key: account
    for account in (
        Account(
            "NA", "NA", "A1SANDBOXNA01", "Sandbox Trading", "Sandbox Trading LLC", (US, CA, MX)
        ),
        Account("EU", "EU", "A1SANDBOXEU01", "Sandkasten", "Sandkasten GmbH", (DE, FR, GB, IT, ES)),
        Account("FE", "FE", "A1SANDBOXFE01", "砂場商店", "Sunaba K.K.", (JP, AU)),
        Account(
            "PANEU",
            "EU",
            "A1SANDBOXPANEU",
            "Strandburg",
            "Strandburg GmbH",
            (DE, FR, GB, IT, ES, NL, BE, SE, PL),
        ),
        Account("VENDOR", "EU", "SANDV", "Dünenwerk", "Dünenwerk GmbH", (DE, FR), is_vendor=True),
    )
}
ALL_MARKETPLACES = {each.id: each for one in ACCOUNTS.values() for each in one.marketplaces}

_NON_AMAZON_DE = OddParticipation(
    "A38D8NSA03LJTC", "DE", "Non-Amazon DE", "EUR", "de_DE", "sim1.stores.amazon.de"
)
# Real accounts list "Non-Amazon" marketplaces, and marketplaces that they do not sell in.
ODD_PARTICIPATIONS = {
    "NA": (
        OddParticipation(
            "A2ZV50J4W1RKNI", "US", "Non-Amazon", "USD", "en_US", "sim1.stores.amazon.com"
        ),
        OddParticipation(
            "A2Q3Y263D00KWC", "BR", "Amazon.com.br", "BRL", "pt_BR", "www.amazon.com.br"
        ),
    ),
    "EU": (
        _NON_AMAZON_DE,
        OddParticipation("A2NODRKZP88ZB9", "SE", "Amazon.se", "SEK", "sv_SE", "www.amazon.se"),
    ),
    "FE": (OddParticipation("A19VAU5U5O7RUS", "SG", "Amazon.sg", "SGD", "en_SG", "www.amazon.sg"),),
    "PANEU": (
        _NON_AMAZON_DE,
        OddParticipation(
            "A33AVAJ2PDY3EV", "TR", "Amazon.com.tr", "TRY", "tr_TR", "www.amazon.com.tr"
        ),
    ),
}

APPLICATION = Grant(Account("the application", "", "", "", "", ()), frozenset())
"""What a grantless token allows: what is the application's, not a seller's."""
GRANTS = {
    "Atzr|sandbox-NA": Grant(ACCOUNTS["NA"], ALL_ROLES),
    "Atzr|sandbox-EU": Grant(ACCOUNTS["EU"], ALL_ROLES),
    "Atzr|sandbox-FE": Grant(ACCOUNTS["FE"], ALL_ROLES),
    "Atzr|sandbox-PANEU": Grant(ACCOUNTS["PANEU"], ALL_ROLES),
    "Atzr|sandbox-limited": Grant(ACCOUNTS["EU"], frozenset({ROLE_ORDERS, ROLE_INSIGHTS})),
    "Atzr|sandbox-vendor": Grant(ACCOUNTS["VENDOR"], VENDOR_ROLES),
}
