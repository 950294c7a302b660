"""A day of syncs with the real tap: what each wrote, as several targets do, and the truth."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import warm_start
from running import Output, command, configuration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from conftest import RunningSandbox
    from running import Record

ACCOUNT = "EU"
CLOCK_FACTOR = 60
KILLED_AFTER = 100
"""Records of the listings after which a tap is killed: orders are through, listings in part."""
_SECONDS_PER_DAY = 86_400
_LOOK_BACK = 3_600
LISTINGS = "products_inventory"
NEEDED = {
    LISTINGS: (
        "marketplace_id", "seller_sku", "item_name", "price", "currency", "quantity", "asin1",
        "status",
    ),
    "warehouse_inventory": (
        "marketplace_id", "sku", "asin", "afn_total_quantity", "afn_fulfillable_quantity_local",
    ),
    "product_catalog": ("marketplace_id", "asin", "identifiers"),
    "orders": (
        "marketplace_id", "amazon_order_id", "purchase_date", "order_status", "order_total",
    ),
    "order_items": (
        "marketplace_id", "amazon_order_id", "sku", "asin", "item_status", "quantity", "item_price",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sync:
    """One run of the tap.

    Attributes:
        folder: Its sync-output.
        written: How many records of each stream that holds.
        truth: Stream -> records of the seller at the sync's instant, of the properties that matter here.
        ordered: ASIN and marketplace id of each order line that the output holds.
        whole: The marketplaces whose listings came once; not those that a tap had begun with when it
            was killed, and read again.
    """

    folder: Path
    written: dict[str, int]
    truth: dict[str, list[Record]]
    ordered: frozenset[tuple[str, str]]
    whole: frozenset[str]


def a_day_of_syncs(
    sandbox: RunningSandbox, folder: Path, *, runs: int, minutes: float
) -> Iterator[Sync]:
    """Sync so many times, so many minutes apart, each with the state of the one before.

    The tap of the sync in the middle is killed, and run again with the last state it has reported.
    """
    state: Record | None = None
    for number in range(runs):
        if number:
            sandbox.advance(minutes=minutes)
        place = folder / f"sync-{number:02}"
        place.mkdir()
        clock = sandbox.get_json("/_sandbox/clock")
        config = _config(sandbox, clock)
        killed = number == runs // 2
        parts = []
        if killed:
            parts.append(_run(place, config, state, stop_after=KILLED_AFTER))
            state = parts[0].state or state
        parts.append(_run(place, config, state))
        state = parts[-1].state
        output = place / "sync-output"
        output.mkdir()
        for each in parts:
            _WRITERS[number % len(_WRITERS)](output, each)
        truth = {
            stream: [
                {name: record.get(name) for name in names}
                for record in sandbox.truth(ACCOUNT, stream, as_of=clock["data_now"])
            ]
            for stream, names in NEEDED.items()
        }
        listings = [_listings(each.output.records.get(LISTINGS, ())) for each in parts]
        yield Sync(
            folder=output,
            written={
                stream: sum(len(each.output.records.get(stream, ())) for each in parts)
                for stream in NEEDED
            },
            truth=truth,
            ordered=frozenset(
                (line["asin"], line["marketplace_id"])
                for each in parts
                for line in each.output.records.get("order_items", ())
            ),
            whole=frozenset(
                place
                for place, count in _listings(truth[LISTINGS]).items()
                if sum(each[place] for each in listings) == count
            ),
        )


def _listings(records: Iterable[Record]) -> Counter[str]:
    """Count listings by marketplace."""
    return Counter(each["marketplace_id"] for each in records)


@dataclass(frozen=True, slots=True)
class _Part:
    """The messages of one process, and a time stamp that names its files."""

    lines: list[str]
    output: Output
    stamp: str

    @property
    def state(self) -> Record | None:
        return self.output.state


def _config(sandbox: RunningSandbox, clock: Record) -> Record:
    """The tap's configuration.

    The sandbox's data falls behind its clock by the time that syncs take, as Amazon's does by a few
    minutes; the look-back of an hour is lengthened by as much.
    """
    instants = pd.to_datetime([clock["now"], clock["data_now"]])
    behind = (instants[0] - instants[1]).total_seconds()
    days = (_LOOK_BACK + behind) / _SECONDS_PER_DAY
    return configuration(
        sandbox.url,
        ACCOUNT,
        clock_factor=CLOCK_FACTOR,
        lookback_days={"orders": days, "order_items": days},
    )


def _run(
    folder: Path, config: Record, state: Record | None, stop_after: int | None = None
) -> _Part:
    """Run the tap to its end, or kill it after so many records of the listings.

    What a killed tap had written besides is lost: the target ends with it.
    """
    lines: list[str] = []
    seen = 0
    log = folder / "tap.log"
    with (
        log.open("a", encoding="utf-8") as errors,
        warm_start.Popen(
            command(folder, config, state),
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
        ) as tap,
    ):
        assert tap.stdout is not None
        for line in tap.stdout:
            lines.append(line)
            seen += '"stream":"products_inventory"' in line and '"type":"RECORD"' in line
            if seen == stop_after:
                os.kill(tap.pid, signal.SIGKILL)
                break
    expected = 0 if stop_after is None else -signal.SIGKILL
    assert tap.returncode == expected, log.read_text("utf-8")[-3000:]
    stamp = f"20261102T{len(lines):06}"
    return _Part(lines, Output.read(lines), stamp)


def _write_singer(folder: Path, part: _Part) -> None:
    (folder / f"tap-{part.stamp}.singer").write_text("".join(part.lines), "utf-8", newline="\n")


def _write_json_lines(folder: Path, part: _Part) -> None:
    for stream, records in part.output.records.items():
        text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records)
        (folder / f"{stream}-{part.stamp}.jsonl").write_text(text, "utf-8", newline="\n")


def _write_csv(folder: Path, part: _Part) -> None:
    """As target-csv does: True and False as Python says them, nested values as JSON."""
    for stream, records in part.output.records.items():
        path = folder / f"{stream}-{part.stamp}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, _names(records))
            writer.writeheader()
            writer.writerows(
                {
                    name: json.dumps(value) if isinstance(value, dict | list) else value
                    for name, value in each.items()
                }
                for each in records
            )


def _write_parquet(folder: Path, part: _Part) -> None:
    """As hosts do with pandas: whole numbers become fractions where one is missing."""
    for stream, records in part.output.records.items():
        frame = pd.DataFrame(records, columns=_names(records))
        frame.to_parquet(folder / f"{stream}-{part.stamp}.parquet", index=False)


def _names(records: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for each in records for name in each))


_WRITERS: tuple[Callable[[Path, _Part], None], ...] = (
    _write_singer,
    _write_csv,
    _write_json_lines,
    _write_parquet,
)
