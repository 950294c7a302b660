"""Whatever Amazon answers, a sync ends in success, "incomplete" or one clear sentence."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import logging
import threading
import traceback
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from faults.conftest import SOAK
from faults.odd_amazon import OPERATIONS, OddAmazon, SlowDays
from proofs import is_full
from typing_extensions import override

from amazon_selling_partner import Redaction, SellingPartnerError
from tap_amazon_seller.account.selling_account import SellingAccount
from tap_amazon_seller.errors import TapError
from tap_amazon_seller.streams import prices, replenishment, vendor
from tap_amazon_seller.streams.account import Account, Marketplaces, Reports
from tap_amazon_seller.streams.buyers import OrderAddress, OrderBuyerInfo
from tap_amazon_seller.streams.finance import OrderFinancialEvents
from tap_amazon_seller.streams.inventory import AwdInventory
from tap_amazon_seller.streams.orders import Orders
from tap_amazon_seller.streams.products import ProductCatalog, ProductsInventory
from tap_amazon_seller.streams.rejected import RejectedRowsStream
from tap_amazon_seller.streams.summary import SyncSummary
from tap_amazon_seller.tap import TapAmazonSeller

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tap_amazon_seller.config.settings import Settings
    from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

FEW, MANY = 500, 3_000  # garbled answers
LONGEST = 120.0  # seconds of one sync; it takes one
STREAMS: tuple[type[AmazonStream], ...] = (
    Marketplaces, Account, Reports, OrderBuyerInfo, OrderAddress, OrderFinancialEvents,
    AwdInventory, Orders, ProductCatalog, ProductsInventory,
    *prices.CLASSES, *replenishment.CLASSES, *vendor.CLASSES, RejectedRowsStream, SyncSummary,
)  # fmt: skip
SECRETS = ("Atza|", "Atz.sprdt|", "the-client-secret")
CONFIG = {
    "lwa_client_id": "amzn1.application",
    "client_secret": "the-client-secret",
    "refresh_token": "Atzr|the-refresh-token",
    "region": "EU",
    "include_pii": True,
}
OF_SELLERS: dict[str, object] = {"competitive_prices_source": "listing_offers"}
OF_OPERATION: dict[str, dict[str, object]] = {
    "getListingOffersBatch": OF_SELLERS,
    "getItemOffersBatch": OF_SELLERS | {"price_items": ["B000000009"]},
}
"""Settings by which the operation that is garbled is called at all."""


class Log(logging.Handler):
    """Formats every record, as handlers do, and keeps the text."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.addFilter(Redaction())
        self.lines: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class InProcess(TapAmazonSeller):
    """The tap with a few streams, an Amazon in this process and short waits."""

    amazon: OddAmazon
    clock: SlowDays

    @cached_property
    @override
    def _discovered(self) -> list[AmazonStream]:
        for stream in STREAMS:
            stream.selected_by_default = True
        return [stream(self) for stream in STREAMS]

    @override
    def open_account(self, checked: Settings, *, is_hurried: bool = False) -> SellingAccount:
        return SellingAccount(
            checked, clock=self.clock, transport=self.amazon.transport, is_hurried=is_hurried
        )


def sync(seed: int, victim: str) -> tuple[OddAmazon, list[str]]:
    """One sync; the Amazon that it had, and what it did that no sync may do."""
    clock = SlowDays()
    amazon = OddAmazon(Random(seed), victim, datetime.now(UTC))  # noqa: S311 - repeatable
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    log = Log()
    offences: list[str] = []

    def run() -> None:
        try:
            start = (clock.now() - timedelta(days=5)).isoformat()
            chosen = OF_OPERATION.get(victim, {})
            tap = InProcess(config={**CONFIG, **chosen, "start_date": start})
            tap.amazon, tap.clock = amazon, clock
            tap.sync()
        except (SellingPartnerError, TapError) as error:
            if "\n" in str(error) or len(str(error)) > 3_000:
                offences.append(f"not one clear sentence: {error!r}")
        except BaseException:  # noqa: BLE001 - whatever else comes is what the test is for
            offences.append(traceback.format_exc())

    root = logging.getLogger()
    root.addHandler(log)
    try:
        with contextlib.redirect_stdout(output):
            thread = threading.Thread(target=run, daemon=True)
            thread.start()
            thread.join(LONGEST)
    finally:
        root.removeHandler(log)
    if thread.is_alive():
        offences.append(f"the sync has not ended after {LONGEST:.0f} s")
    output.flush()
    for line in output.buffer.getvalue().splitlines():
        json.loads(line)
    text = "\n".join(log.lines)
    offences += [f"the log holds {secret}" for secret in SECRETS if secret in text]
    return amazon, offences


def test_every_sync_among_garbled_answers_ends_well(
    pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    wanted = MANY if is_full(pytestconfig) else FEW
    garbled: Counter[str] = Counter()
    offences: list[str] = []
    for seed, victim in zip(itertools.count(), itertools.cycle(OPERATIONS), strict=False):
        amazon, found = sync(seed, victim)
        garbled += amazon.garbled
        offences += [f"seed {seed}, {victim}: {each}" for each in found]
        if garbled.total() >= wanted and seed >= len(OPERATIONS):
            break

    record_property(
        SOAK, f"Garbled answers: {garbled.total():,} in {seed + 1} syncs, {len(offences)} offences"
    )
    assert not offences, "\n".join(offences)
    assert garbled.keys() ^ set(OPERATIONS) == set()
