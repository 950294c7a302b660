"""Tries a case of the fault matrix: a sync with the fault, and another without where one is due."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx
import loopback
from faults.table import (
    BUYERS,
    CATALOG,
    EXPECTED,
    FEES,
    FINANCES,
    GET,
    ITEM_OFFERS,
    JAPAN,
    KIOSK,
    LISTING_OFFERS,
    METRICS,
    OFFER_METRICS,
    QUERY_ROWS,
    STATUSES,
    SUMMARY,
    URL,
)
from running import ALL_KEYS, KEYS, configuration, differences, run_tap

from amazon_seller_sandbox.api.pricing.offers_v0 import is_too_soon

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from faults.table import Case
    from running import Output, Record

CLOCK_FACTOR = 600
SANDBOX = {"clock_factor": CLOCK_FACTOR, "report_seconds": (1, 30), "listings": 60}
INCREMENTAL = ALL_KEYS.keys() - {
    "marketplaces", "warehouse_inventory", "products_inventory", "product_catalog"
}  # fmt: skip
SECRETS = (
    "sandbox-secret",
    "Atzr|sandbox",
    "Atza|",
    "X-Amz-Signature",
    "/_documents/",
    "jane.doe@",
    "\x1b]",
)
GERMANY = "A1PA6795UKMFR9"
VENDOR = "VENDOR"
OK, RERUN, FAIL = "ok", "rerun", "FAIL"


@dataclass(frozen=True, slots=True)
class Setting:
    """What is synced, so that an operation is called.

    Attributes:
        streams: The streams; empty for all.
        marketplaces: Their ids; empty for the account's.
        settings: Settings of the tap.
        truth: The sandbox's name of what is true; the stream's where it has none.
        expected: What is true that no account of the sandbox knows.
    """

    streams: tuple[str, ...] = ()
    marketplaces: tuple[str, ...] = ()
    account: str = "FE"
    settings: Mapping[str, object] = field(default_factory=dict)
    truth: str = ""
    expected: tuple[Mapping[str, object], ...] = ()


_DAYS = {"start_date": "2026-10-27T00:00:00Z"}
"""Of 2 November: as few as there can be."""
_ROUNDS = {"limit_wait_minutes": 2 * CLOCK_FACTOR}
_OFFERS = {"competitive_prices_source": "listing_offers", **_ROUNDS}
_FOREIGN = tuple(
    asin for asin in (f"B0CCCCCC{number:02d}" for number in range(48)) if not is_too_soon(asin)
)
"""ASINs of others: more than Amazon may refuse one by one."""
_NOTHING_TO_BUY = {
    "marketplace_id": JAPAN,
    "seller_skus": [],
    "source_operation": ITEM_OFFERS,
    "offers_status": "NoBuyableOffers",
    "offer_count": 0,
    "featured_offer_count": 0,
    "featured_buying_options": [],
    "lowest_priced_offers": [],
    "reference_prices": [],
}
# A report that is alone is polled singly, the URLs of few are not short of quota, and one stream
# alone asks the catalog.
SETTINGS = {
    GET: Setting(("products_inventory",), (JAPAN,)),
    URL: Setting(("orders", "order_items"), (JAPAN,)),
    CATALOG: Setting(("product_catalog", "products_inventory")),
    FINANCES: Setting(("order_financial_events",), (JAPAN,)),
    BUYERS: Setting(("order_buyer_info", "order_address"), (JAPAN,)),
    STATUSES: Setting(("vendor_purchase_orders_status",), (GERMANY,), VENDOR),
    **dict.fromkeys(
        (*KIOSK, QUERY_ROWS),
        Setting(
            ("sales_traffic_by_date",),
            (JAPAN,),
            settings={"sales_traffic_source": "data_kiosk", **_DAYS},
        ),
    ),
    METRICS: Setting(("replenishment_daily_metrics",), (JAPAN,), settings=_DAYS),
    OFFER_METRICS: Setting(("replenishment_offer_metrics",), (JAPAN,), settings=_DAYS),
    SUMMARY: Setting(("competitive_prices",), (JAPAN,), settings=_ROUNDS),
    EXPECTED: Setting(("featured_offer_prices",), (JAPAN,), settings=_ROUNDS),
    FEES: Setting(("fee_estimates",), (JAPAN,), settings=_ROUNDS),
    LISTING_OFFERS: Setting(
        ("competitive_prices",),
        (JAPAN,),
        settings=_OFFERS,
        truth="competitive_prices.listing_offers",
    ),
    ITEM_OFFERS: Setting(
        ("competitive_prices",),
        (JAPAN,),
        settings={**_OFFERS, "price_items": _FOREIGN},
        expected=tuple({**_NOTHING_TO_BUY, "asin": asin} for asin in _FOREIGN),
    ),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a case ended; `problems` is empty when it ended well."""

    runs: int
    problems: tuple[str, ...]
    logs: tuple[str, ...]

    @property
    def cell(self) -> str:
        """The case's cell in the printed table."""
        if self.problems:
            return FAIL
        return OK if self.runs == 1 else RERUN

    def __str__(self) -> str:
        return "\n".join([*self.problems, *self.logs])


def setting_of(case: Case) -> Setting:
    """What a case syncs."""
    if case.row.streams:
        return Setting(case.row.streams, (JAPAN,))
    found = SETTINGS.get(case.operation, Setting())
    return replace(found, marketplaces=case.row.places) if case.row.places else found


def struck(sandbox: RunningSandbox) -> int:
    """How many faults have struck; waits for a sandbox that refuses connections just now."""
    with httpx.Client(
        transport=httpx.HTTPTransport(verify=loopback.TLS, retries=5), timeout=60
    ) as client:
        answer = client.get(sandbox.url + "/_sandbox/faults").raise_for_status()
    return int(answer.json()["struck"])


def is_complete(output: Output) -> bool:
    """Whether a sync says of itself that it brought everything."""
    return output.returncode == 0 and "incomplete" not in output.errors


def offences(output: Output) -> list[str]:
    """What no sync may do, however it fails: crash, or reveal a secret."""
    found = [f"the log holds {secret}" for secret in SECRETS if secret in output.errors]
    if output.returncode not in {0, 1}:
        found.append(f"exit code {output.returncode}")
    if "Traceback" in output.errors or "Unexpected failure" in output.errors:
        found.append("the tap crashed")
    return found


def try_case(
    case: Case, start: StartSandbox, folder: Path, catalogs: Mapping[tuple[str, ...], list[str]]
) -> Verdict:
    """Sync with the case's fault, then without it if the first sync was not complete.

    Args:
        case: The case.
        start: Starts a sandbox.
        folder: Where the tap's files go.
        catalogs: The tap's options that select streams.
    """
    setting = setting_of(case)
    sandbox = start(**SANDBOX, orders=case.row.orders)
    try:
        return _Trial(case, sandbox, setting, folder, catalogs[setting.streams]).verdict()
    finally:
        sandbox.stop()


@dataclass(frozen=True, slots=True)
class _Trial:
    case: Case
    sandbox: RunningSandbox
    setting: Setting
    folder: Path
    options: Sequence[str]

    def verdict(self) -> Verdict:
        row = self.case.row
        for switch in row.switches(self.case.operation):
            self.sandbox.post("/_sandbox/faults", switch)
        first = self._run(None)
        problems = offences(first)
        if not struck(self.sandbox):
            problems.append("the fault never struck")
        said = [line.split("|", 3)[-1] for line in first.warnings()]
        if row.told and not any(re.search(row.told, sentence) for sentence in said):
            problems.append(f"no warning or error says the cause ({row.told})")
        outputs = [first]
        wrong = list(self._wrong(outputs))
        if not is_complete(first) or (row.late and wrong):
            self.sandbox.clear_faults()
            self.sandbox.advance(minutes=row.minutes)
            second = self._run(first.state)
            outputs.append(second)
            problems += [f"rerun: {offence}" for offence in offences(second)]
            if not is_complete(second):
                problems.append(f"the rerun is not complete either: {second.warnings()}")
            wrong = list(self._wrong(outputs))
        logs = tuple("\n".join(output.warnings()) for output in outputs)
        return Verdict(len(outputs), (*problems, *wrong), logs)

    def _run(self, state: Record | None) -> Output:
        config = configuration(
            self.sandbox.url,
            self.setting.account.lower()
            if self.setting.account == VENDOR
            else self.setting.account,
            clock_factor=CLOCK_FACTOR,
            marketplaces=list(self.setting.marketplaces),
            **{"include_pii": bool(self.setting.streams), **self._settings},
        )
        return run_tap(self.folder, config, state, *self.options)

    @property
    def _settings(self) -> Mapping[str, object]:
        return {**self.setting.settings, **self.case.row.settings}

    def _wrong(self, outputs: Sequence[Output]) -> Iterator[str]:
        """How what a target holds after these syncs differs from the truth.

        It holds the orders of all of them, and of the other streams what the last one brought.
        """
        places = self.setting.marketplaces
        for stream in self.setting.streams or KEYS:
            held: list[dict[str, Any]] = []
            for output in outputs if stream in INCREMENTAL else outputs[-1:]:
                held += output.records.get(stream, [])
            setting = self.setting
            truth = [dict(record) for record in setting.expected] or self.sandbox.truth(
                setting.account, setting.truth or stream
            )
            since = str(self._settings.get("start_date", ""))[:10]
            due = [
                record
                for record in truth
                if not places
                or (record.get("marketplace_id", "") in {"", *places} and _day(record) >= since)
            ]
            held = [record for record in held if _day(record) >= since]
            if wrong := differences(stream, held, due):
                counts = {
                    name: (counter.total(), *counter.most_common(3))
                    for name, counter in wrong.items()
                }
                yield f"{stream}: {counts}"


def _day(record: Mapping[str, Any]) -> str:
    """The day of a record that a start date may leave out."""
    return str(record.get("start_date") or record.get("report_end_date") or "9")
