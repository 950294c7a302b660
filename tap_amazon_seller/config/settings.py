"""The settings a user gives, as a checked, typed view.

This package is the only one that spells configuration keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from amazon_selling_partner import THIS_MACHINE, AmazonClock, Credentials, is_loopback
from tap_amazon_seller.config import checks
from tap_amazon_seller.config.values import flag, folder, number, url
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.notifications.opening import QueueSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from amazon_selling_partner import Machine, ReportLimit
    from amazon_selling_partner.marketplaces import Marketplace

DEFAULT_HISTORY = timedelta(days=90)
"""How far back a first sync without `start_date` reaches."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, checked. Times are aware; durations are in Amazon's time."""

    credentials: Credentials
    region: str | None
    marketplaces: tuple[Marketplace, ...]
    start_date: datetime | None
    end_date: datetime | None
    lookback: Mapping[str, timedelta]
    include_pii: bool
    catalog_datasets: tuple[str, ...]
    report_types: tuple[str, ...]
    processing_statuses: tuple[str, ...]
    report_timeout: timedelta
    report_max_age: timedelta | None
    limit_wait: timedelta
    price_items: tuple[str, ...]
    competitive_prices_source: str
    report_limits: Mapping[str, ReportLimit]
    leaves_reports: bool
    request_timeout: float
    allow_private_documents: bool
    report_charset: str | None
    reject_path: Path | None
    spool_path: Path | None
    match_input: Path | None
    match_database: str
    seller_id: str
    hears_notifications: bool
    queue: QueueSettings
    listen_time: timedelta
    fail_on_incomplete: bool
    endpoints: Mapping[str, str]
    token_url: str | None
    clock_factor: float

    def clock(self, machine: Machine = THIS_MACHINE) -> AmazonClock:
        """A clock for these settings: a stand-in on this machine may have any time."""
        hosts = {urlsplit(url).hostname or "" for url in self.endpoints.values()}
        if all(map(is_loopback, hosts)):
            return AmazonClock(self.clock_factor, believed=None, machine=machine)
        return AmazonClock(self.clock_factor, machine=machine)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Check a configuration.

        Raises:
            ConfigurationError: Names the setting that is missing, wrong or contradicts another.
        """
        credentials = Credentials(
            lwa_client_id=checks.required_text(config, "lwa_client_id"),
            client_secret=checks.required_text(config, "client_secret"),
            refresh_token=checks.required_text(config, "refresh_token"),
        )
        chosen = checks.chosen_marketplaces(config.get("marketplaces"))
        start = checks.instant(config, "start_date")
        end = checks.instant(config, "end_date")
        if start and end and end <= start:
            raise ConfigurationError(
                f"Setting 'end_date' ({end.isoformat()}) is not after 'start_date' "
                f"({start.isoformat()}); give an end that is later, or none.",
            )
        max_age = number(config, "report_max_age_minutes", None, minimum=0)
        timeout = number(config, "report_timeout_minutes", 120.0, minimum=1) or 0
        limit_wait = number(config, "limit_wait_minutes", 60.0, minimum=0) or 0
        listen = number(config, "listen_minutes", 30.0, minimum=1) or 0
        seller_id = str(config.get("selling_partner_id") or "").strip()
        leaves = flag(config, "leave_reports")
        if leaves and max_age == 0:
            raise ConfigurationError(
                "Setting 'leave_reports' leaves reports for the next sync to read, but "
                "'report_max_age_minutes' is 0, so that no sync would read them; leave one of them out."
            )
        checks.granularity(
            config.get("asin_granularity")
        )  # streams take it as an option of reports
        checks.sales_traffic_source(config.get("sales_traffic_source"))  # and this as their source
        return cls(
            credentials=credentials,
            region=checks.region(config.get("region"), chosen),
            marketplaces=chosen,
            start_date=start,
            end_date=end,
            lookback=checks.lookback(config.get("lookback_days")),
            include_pii=flag(config, "include_pii"),
            catalog_datasets=checks.datasets(config.get("products_include_data")),
            report_types=checks.report_types(config.get("report_types")),
            processing_statuses=checks.statuses(config.get("processing_status")),
            report_timeout=timedelta(minutes=timeout),
            report_max_age=None if max_age is None else timedelta(minutes=max_age),
            limit_wait=timedelta(minutes=min(limit_wait, timeout)),
            price_items=checks.price_items(config.get("price_items")),
            competitive_prices_source=checks.competitive_prices_source(
                config.get("competitive_prices_source")
            ),
            report_limits=checks.report_limits(config.get("report_limits")),
            leaves_reports=leaves,
            request_timeout=number(config, "request_timeout_seconds", 60.0, minimum=0.1) or 60.0,
            allow_private_documents=flag(config, "allow_private_documents"),
            report_charset=checks.charset(config.get("report_charset")),
            reject_path=folder(config, "reject_path"),
            spool_path=folder(config, "spool_path"),
            match_input=Path(str(config["match_input"])) if config.get("match_input") else None,
            match_database=str(config.get("match_database") or ""),
            seller_id=seller_id,
            hears_notifications=flag(config, "enable_notifications"),
            queue=QueueSettings(
                checks.queue(config),
                url(config, "notifications_endpoint_url"),
                seller_id,
            ),
            listen_time=timedelta(minutes=listen),
            fail_on_incomplete=flag(config, "fail_on_incomplete"),
            endpoints=checks.endpoints(config),
            token_url=url(config, "token_url"),
            clock_factor=number(config, "clock_factor", 1.0, minimum=0.001) or 1.0,
        )
