"""A month of a seller and a vendor in a few minutes, while Amazon's answers are odd at random.

All streams of API operations and of reports in JSON, a sync every few days or hours. What a target
holds is held against the truth after each sync: where it differs, `sync_summary` says so, and at the
end it does not differ.
"""

from __future__ import annotations

import itertools
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import warm_start
from faults.trial import offences
from running import Output, command, configuration, run_tap, select

from amazon_selling_partner import marketplaces

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from random import Random

    from conftest import RunningSandbox
    from running import Record

    Key = tuple[Any, ...]

CLOCK_FACTOR = 300
START = "2026-10-25T00:00:00Z"
"""A Sunday, as Amazon's weeks begin, and the first day of the sandbox's history."""
HISTORY = 8 + 8 / 24  # days before the sandbox's clock starts
MONTH = 30 * 24 * 60  # minutes
MOST_CLEAN_SYNCS = 8  # until what is missing has come
BETWEEN_CLEAN = 12 * 60  # minutes; holes of types with limits are requested twice a day
KILLED = 0.1  # share of the disturbed syncs
LINES = (2, 60)  # of a sync's output until it is killed
TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"

WITHHELD = {"primary_contact", "registered_business_address"}
"""Properties of the account, whose truth the sandbox has without personal data."""
CATALOG = ("product_catalog", "product_details")
REPORTS_STREAM = "reports"
BUYERS = {"order_buyer_info", "order_address"}
SNAPSHOTS = {"account", "marketplaces", "awd_inventory", *CATALOG}
SNAPSHOTS |= {"vendor_forecasting_retail", "vendor_forecasting_fresh"}
REPORTS = {
    "createReport": (
        ("unavailable_data", 3),
        ("other_days", 2),
        ("fatal_report", 2),
        ("no_document", 1),
        ("lost_report", 1),
    )
}
PAGES = (
    ("odd_item", 2),
    ("refused_token", 2),
    ("same_page", 1),
    ("errors_in_success", 2),
    ("429", 2),
)
"""Faults, and how often each strikes at most in a sync."""
REJECTING = ("odd_item", "refused_asin")
"""Faults of which each leaves something that cannot become a record."""
LISTS = (("twice", None), ("429", 2), ("errors_in_success", 2))
ONCE = ("no_list", 1)
"""Where Amazon's model does not require the list, a second answer without it is believed."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an account: what is read of it, and what may go wrong there.

    Attributes:
        name: Its own name.
        account: The sandbox's name of its account.
        places: Its marketplaces, by country.
        streams: The streams.
        faults: By operation; None for as often as it is called in a sync.
        since: The start date.
    """

    name: str
    account: str
    places: tuple[str, ...]
    streams: tuple[str, ...]
    faults: Mapping[str, tuple[tuple[str, int | None], ...]]
    since: str = START


SELLER = Part(
    "seller",
    "NA",
    ("US",),
    (
        "account", "marketplaces", "awd_inventory", *CATALOG,
        "order_financial_events", "order_buyer_info", "order_address",
        "sales_traffic_report", "sales_traffic_by_date", "market_basket", "repeat_purchase",
        "search_catalog_performance", "search_terms", "reports",
    ),
    {
        **REPORTS,
        "listTransactions": (*PAGES, ONCE, ("shared_key", 2)),
        "searchOrders": (
            *PAGES, ("no_list", 2), ("stale_copy", None), ("no_buyers", None), ("other_types", None),
            ("refused_data_set", None), ("refused_marketplace", None),
        ),
        "listInventory": (*PAGES, ("no_list", 20), ("other_types", None), ("shared_key", 2)),
        "getReports": LISTS,
        "searchCatalogItems": (("refused_asin", None), ("short_list", 1), ("odd_item", 1)),
    },
)  # fmt: skip
VENDOR = Part(
    "vendor",
    "VENDOR",
    ("DE",),
    (
        "vendor_purchase_orders", "vendor_purchase_orders_status", "vendor_fulfilment_orders",
        "vendor_customer_invoices", "vendor_sales", "vendor_inventory", "vendor_traffic",
        "vendor_net_pure_product_margin", "vendor_forecasting_retail", "vendor_forecasting_fresh",
        "reports",
    ),
    {
        **REPORTS,
        "getPurchaseOrders": (*PAGES, ONCE, ("other_types", None)),
        "getPurchaseOrdersStatus": (
            *PAGES, ONCE, ("stale_copy", None), ("other_types", None),
        ),
        "getOrders": (*PAGES, ONCE, ("other_types", None)),
        "getReports": LISTS,
        "getCustomerInvoices": (*PAGES, ONCE, ("other_types", None)),
    },
)  # fmt: skip

BY_HOUR = Part(
    "hours",
    "VENDOR",
    ("DE",),
    ("vendor_real_time_sales", "vendor_real_time_inventory", "vendor_real_time_traffic"),
    REPORTS,
    since="2026-10-28T00:00:00Z",  # of stock by hours, Amazon has six days
)
"""To be synced every day or so: of hours, Amazon has no more than some days."""


@dataclass(slots=True)
class Held:
    """What a target holds of a part, and what differed from the truth without a word.

    Attributes:
        keys: The streams' keys, as their SCHEMA messages have them.
        records: The records of each stream, by key.
        state: The last state.
        disturbed: The operations that were disturbed in the sync before.
    """

    keys: dict[str, list[str]] = field(default_factory=dict)
    records: dict[str, dict[Key, Record]] = field(default_factory=dict)
    state: Record | None = None
    disturbed: set[str] = field(default_factory=set)

    def take(self, output: Output, since: str) -> None:
        """Load what a sync has brought, as a target that upserts; a snapshot as a whole."""
        for stream, schemas in output.schemas.items():
            self.keys[stream] = schemas[-1]["key_properties"]
        for stream, keys in self.keys.items():
            found = {
                tuple(record[name] for name in keys): record
                for record in output.records.get(stream, [])
                if _is_wanted(record, since)
            }
            if stream not in SNAPSHOTS:
                self.records.setdefault(stream, {}).update(found)
            elif stream in output.schemas:
                self.records[stream] = found
        self.state = output.state or self.state

    def differs(self, stream: str, truth: list[Record]) -> list[str]:
        """How a stream's records differ from the truth; what one side lacks counts as null."""
        if stream not in self.keys:
            return [f"lost all {len(truth)}"] if truth else []
        keys, have = self.keys[stream], self.records.get(stream, {})
        want = {tuple(record[name] for name in keys): record for record in truth}
        found = [f"lost {key}" for key in want.keys() - have.keys()]
        oldest = min((record.get("start_time", "") for record in truth), default="")
        found += [
            f"too much {key}"
            for key in have.keys() - want.keys()
            if have[key].get("start_time", oldest) >= oldest  # Amazon keeps hours for some days
        ]
        for key in have.keys() & want.keys():
            one, other = have[key], want[key]
            found += [
                f"{name} of {key} is {one.get(name)!r}, not {other.get(name)!r}"
                for name in (one.keys() | other.keys()) - WITHHELD
                if one.get(name) != other.get(name)
            ]
        return found


@dataclass(slots=True)
class Month:
    """The month of some parts, side by side on one sandbox.

    Attributes:
        step: Minutes between two syncs.
        length: Minutes in which answers are odd.
        offences: What no sync may do, and differences that none has reported.
        strikes: How many faults have struck.
        reported: In how many syncs and streams a difference was reported.
        rejected: How many rows were rejected.
        missing: The streams that never came to equal the truth in the end.
    """

    sandbox: RunningSandbox
    folder: Path
    chance: Random
    step: int
    parts: tuple[Part, ...] = (SELLER, VENDOR)
    length: int = MONTH
    held: dict[str, Held] = field(default_factory=dict)
    offences: list[str] = field(default_factory=list)
    strikes: int = 0
    reported: int = 0
    syncs: int = 0
    rejected: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def figures(self) -> str:
        """What has happened, for the summary of the tests."""
        return (
            f"{self.strikes} odd answers in {self.syncs} syncs, {self.reported} differences and "
            f"{self.rejected} rejected items reported on the way"
        )

    def run(self) -> None:
        """Sync for a month, then without faults until nothing is missing."""
        for _ in range(self.length // self.step):
            for part in self.parts:
                self._switch_on(part)
                self._sync(part, killed=self.chance.random() < KILLED)
                self.sandbox.clear_faults()
            self.sandbox.advance(minutes=self.step)
        self.strikes = self.sandbox.struck()
        for part in self.parts:
            missing = set(part.streams)
            for _ in range(MOST_CLEAN_SYNCS):
                missing -= self._sync(part)
                if not missing:
                    break
                self.sandbox.advance(minutes=BETWEEN_CLEAN)
            self.missing += sorted(missing)

    def _switch_on(self, part: Part) -> None:
        """Disturb some operations, none in two syncs on end: what Amazon says for a day is believed."""
        held = self.held.setdefault(part.name, Held())
        quiet = [name for name in part.faults if name not in held.disturbed]
        held.disturbed = set(self.chance.sample(quiet, (len(quiet) + 1) // 2))
        for operation in sorted(held.disturbed):
            fault, times = self.chance.choice(part.faults[operation])
            skip = 0 if times is None else self.chance.randint(0, 2)
            self.sandbox.fault(operation, fault, times=times, skip=skip)

    def _sync(self, part: Part, *, killed: bool = False) -> set[str]:
        """One sync; the streams that are the truth afterwards, and of which nothing is reported."""
        held = self.held.setdefault(part.name, Held())
        self.syncs += 1
        config, options = self._config(part), self._options(part)
        if killed:
            killed_one = self._killed(command(self.folder, config, held.state, *options))
            held.take(killed_one, part.since)
            return set()
        began = self._now()
        output = run_tap(self.folder, config, held.state, *options)
        ended = self._now()
        self._check_rejected(output, part)
        self.offences += [f"sync {self.syncs} of {part.name}: {one}" for one in offences(output)]
        held.take(output, part.since)
        summary = output.records.get("sync_summary", [])
        told = {row["stream"]: _is_reported(row) for row in summary}
        # A few orders without a buyer are usual; only many are taken for a role that is missing.
        passed_over = {row["stream"] for row in summary if row["passed_over"]} & BUYERS
        equal = set()
        for stream in part.streams:
            truth = self._truth(part, stream, ended)
            if stream == REPORTS_STREAM:
                truth = self._settled(part, held, began, truth)
            wrong = held.differs(stream, truth)
            if not wrong and not told.get(stream, True):
                equal.add(stream)
            if not wrong or self._is_changed(part, stream, began, truth):
                continue  # what has happened during the sync may have come, or not
            if told.get(stream, True) or stream in passed_over:
                self.reported += 1
                continue
            offence = f"{stream} is complete, but {len(wrong)} differ: {wrong[:3]}"
            log = "\n".join(output.warnings())
            self.offences.append(f"sync {self.syncs}: {offence}\n{log}")
        return equal

    def _is_changed(self, part: Part, stream: str, began: str, truth: list[Record]) -> bool:
        """Whether something has happened while a sync read a stream."""
        return stream != REPORTS_STREAM and self._truth(part, stream, began) != truth

    def _settled(self, part: Part, held: Held, began: str, truth: list[Record]) -> list[Record]:
        """The reports that were as they are before a sync began; of the others it may hold any state.

        Every sync requests reports, so that the list of them never stands still.
        """
        before = self._truth(part, REPORTS_STREAM, began)
        settled = [record for record in truth if record in before]
        ids = {record["report_id"] for record in settled}
        kept = held.records.get(REPORTS_STREAM, {})
        known = {record["report_id"] for record in truth}
        unsettled = [
            record
            for record in kept.values()
            if record["report_id"] in known and record["report_id"] not in ids
        ]
        return settled + unsettled

    def _check_rejected(self, output: Output, part: Part) -> None:
        """Hold what a sync has rejected against what was odd in it, and against what it counts."""
        rows = output.records.get("rejected_rows", [])
        named = Counter(stream for row in rows for stream in row["streams"])
        counted = Counter[str]()
        for row in output.records.get("sync_summary", []):
            counted[row["stream"]] += row["rejected"]
        if output.records.get("sync_summary") and +counted != named:
            self._offend(part, f"rejected_rows name {dict(named)}, and counted are {+counted}")
        faults = self.sandbox.get_json("/_sandbox/faults")["faults"]
        odd = {
            each["operation"] for each in faults if each["fault"] in REJECTING and each["struck"]
        }
        for row in rows:
            if row["report_type"] not in odd or not row["reason"]:
                self._offend(part, f"{row['report_type']} is rejected: {row['reason']}")
        self.rejected += len(rows)

    def _offend(self, part: Part, what: str) -> None:
        self.offences.append(f"sync {self.syncs} of {part.name}: {what}")

    def _now(self) -> str:
        now: str = self.sandbox.get_json("/_sandbox/clock")["now"]
        return now

    def _truth(self, part: Part, stream: str, as_of: str) -> list[Record]:
        places = {marketplaces.BY_COUNTRY[country].id for country in part.places}
        return [
            record
            for record in self.sandbox.truth(part.account, stream, as_of=as_of)
            if record.get("marketplace_id", "") in {"", *places} and _is_wanted(record, part.since)
        ]

    def _config(self, part: Part) -> Record:
        token = part.account.lower() if part.account == VENDOR.account else part.account
        return configuration(
            self.sandbox.url,
            token,
            clock_factor=CLOCK_FACTOR,
            start_date=part.since,
            marketplaces=list(part.places),
            include_pii=True,
            report_limits={TRAFFIC: 100_000},
            limit_wait_minutes=600,
        )

    def _options(self, part: Part) -> list[str]:
        place = self.folder / part.name
        if not place.exists():
            place.mkdir()
            select(place, *part.streams, "rejected_rows", "sync_summary")
        return ["--catalog", str(place / "catalog.json")]

    def _killed(self, words: list[str]) -> Output:
        """A sync that is killed after some lines of its output."""
        lines = self.chance.randint(*LINES)
        with warm_start.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
        ) as tap:
            assert tap.stdout is not None
            found = list(itertools.islice(tap.stdout, lines))
            tap.kill()
            found += tap.stdout.readlines()
        return Output.read(found)


def _is_wanted(record: Record, since: str) -> bool:
    """Whether a record is not of the time before the start, of which a report of other days may be."""
    dates = (record.get(name) for name in ("report_end_date", "end_date", "start_time", "date"))
    day = next((text for text in dates if isinstance(text, str)), None)
    return day is None or day[:10] >= since[:10]


def _is_reported(row: Record) -> bool:
    """Whether a row of `sync_summary` says that something is missing."""
    return not row["complete"] or any(
        row[name] for name in ("due", "rejected", "held_back", "holes")
    )
