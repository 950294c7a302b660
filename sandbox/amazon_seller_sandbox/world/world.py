"""One sandbox world: its settings, its two times, and the generators of its accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amazon_seller_sandbox.clock import DAY, Clock, DataTime, RunningClock
from amazon_seller_sandbox.world.code_catalog.search import CodeCatalog
from amazon_seller_sandbox.world.listings import Listings
from amazon_seller_sandbox.world.orders import OrderBook, OrderRate
from amazon_seller_sandbox.world.sellers import accounts
from amazon_seller_sandbox.world.stock import StockBook

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.accounts import Account

DEFAULT_NOW = "2026-11-02T08:00:00Z"
DEFAULT_NOW_SECONDS = 1_793_606_400


@dataclass(frozen=True, slots=True)
class Settings:
    """What a sandbox is given at its start; instants and durations in seconds unless named."""

    seed: int = 1
    orders: int = 500
    days: float = 60.0
    listings: int = 240
    now: float = DEFAULT_NOW_SECONDS
    epoch: float = DEFAULT_NOW_SECONDS
    live: bool = False
    clock_factor: float = 1.0
    report_seconds: tuple[float, float] = (20.0, 240.0)
    cancel_empty: bool = False
    region_wide_orders: bool = False
    report_lag_minutes: float = 0.0
    ignore_report_locale: bool = False
    odd_participations: bool = False
    query_rows: int = 10_000
    """Rows in a document of Data Kiosk; more come in further pages."""
    rate_factor: float = 1.0
    """Calls a second that accounts may make, as a share of what Amazon documents; bursts stay."""
    report_limits: str = "seller"
    """Whom the limits of single report types are for: ``seller``, ``application``, or ``off``."""
    optiply_token_seconds: float = 3600.0
    strict_optiply: bool = False
    sellers: int = 0
    """How many further sellers there are, each small and in one marketplace."""
    notifications: bool = False
    """Whether an SQS runs beside it, into which notifications are delivered."""
    codes: int = 0
    """How many products the code catalog has, beside those of the accounts' listings."""


@dataclass(frozen=True, slots=True)
class Business:
    """What one account owns and sells."""

    account: Account
    listings: Listings
    stock: StockBook
    orders: OrderBook


class World:
    """Everything that is true in a sandbox, whoever asks."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """Build the world; the clock defaults to one that runs by itself."""
        self.settings = settings
        self.clock = clock or RunningClock(settings.now, settings.clock_factor)
        self.data_time = DataTime(self.clock, settings.now, settings.live)
        start = int(settings.epoch - settings.days * DAY)
        rate = OrderRate(start, settings.orders / (settings.days * DAY))
        self.history_start = start
        self.code_catalog = CodeCatalog(settings.seed, settings.codes) if settings.codes else None
        self.businesses: dict[str, Business] = {}
        for name, account in accounts(settings.sellers).items():
            listings = Listings(settings.seed, account, settings.listings, int(settings.epoch))
            self.businesses[name] = Business(
                account,
                listings,
                StockBook(settings.seed, account, listings),
                OrderBook(settings.seed, account, rate, listings),
            )
