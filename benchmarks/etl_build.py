"""The ETL against DuckDB: the same Parquet files, rules, joins and sums, the same JSON Lines.

`amazon-optiply-etl build` also keeps snapshots and says what it leaves out, which DuckDB does not.
Before anything is compared, both must have made the same products and orders.
"""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
from programs import BIN, HERE, Run, launch, peer
from results import Figure, Measurement, Ratio, as_text
from seller_records import write_input

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
LARGE = 1_000_000
"""Order lines from which there are targets: below, time and memory are those of loading libraries."""
REPEATED = 100_000
"""Up to so many order lines the best of three runs counts."""
TIMES_DUCKDB, TIMES_LINEAR = {1_000_000: 2.5, 5_000_000: 2.0}, 1.25
TIMES_ARROW = {1_000_000: 2.75, 5_000_000: 2.02}
"""Peak memory by size: that of the start weighs less the more there is."""
SMALL, SMALL_CPU_SECONDS = 10_000, 1.2
"""Most of what so few order lines take is the start of Python, pandas and Arrow."""
OURS, PEER = "amazon-optiply-etl", "DuckDB"


def measure(*, quick: bool = False) -> Measurement:
    """Run both at each size."""
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    seconds: dict[int, float] = {}
    for size in (2_000,) if quick else SIZES:
        with tempfile.TemporaryDirectory() as folder:
            arrow = write_input(Path(folder) / "input", size)
            repeats = 3 if size <= REPEATED and not quick else 1
            ours, duckdb = _both(Path(folder), repeats)
        seconds[size] = ours.seconds
        figures += _figures(OURS, ours, size)
        figures.append(Figure("input in Arrow", "peak memory", arrow / 1e6, "MB", size))
        if duckdb:
            figures += _figures(PEER, duckdb, size)
            ratios.append(
                Ratio(
                    f"ETL time, {size:,} order lines", PEER, ours.seconds, duckdb.seconds, "s",
                    TIMES_DUCKDB.get(size), at_most=True,
                )
            )  # fmt: skip
            ratios.append(
                Ratio(
                    f"ETL CPU time, {size:,} order lines", PEER,
                    ours.cpu_seconds, duckdb.cpu_seconds, "s",
                )
            )  # fmt: skip
        if size == SMALL:
            ratios.append(
                Ratio(
                    f"ETL CPU time, {size:,} order lines", f"the limit of {SMALL_CPU_SECONDS} s",
                    ours.cpu_seconds, SMALL_CPU_SECONDS, "s", 1.0, at_most=True,
                )
            )  # fmt: skip
        if size >= LARGE:
            ratios.append(
                Ratio(
                    f"ETL peak memory, {size:,} order lines", "the input in Arrow",
                    ours.resident / 1e6, arrow / 1e6, "MB", TIMES_ARROW[size], at_most=True,
                )
            )  # fmt: skip
    for fewer, more in pairwise(seconds):
        ratios.append(
            Ratio(
                f"ETL time per order line, {more:,} of them", f"{fewer:,} of them",
                seconds[more] / more * 1e6, seconds[fewer] / fewer * 1e6, "us",
                TIMES_LINEAR, at_most=True,
            )
        )  # fmt: skip
    return Measurement(
        "etl_build",
        "Time and peak memory of the ETL on Parquet input, against DuckDB with the same rules in SQL",
        tuple(ratios),
        tuple(figures),
        (
            "With 10,000 order lines, most of the ETL's time is the start of Python and pandas.",
            "Ten order lines a listing, 500,000 listings at most; both made the same payloads.",
            "The ETL also keeps snapshots and a report of what it left out; DuckDB uses all cores.",
            *(() if peer("tools") else ("DuckDB is left out: its environment has not been made.",)),
        ),
    )


def _both(folder: Path, repeats: int) -> tuple[Run, Run | None]:
    """Run the ETL and DuckDB in turn; return the fastest run of each."""
    ours: list[Run] = []
    theirs: list[Run] = []
    for number in range(repeats):
        run = folder / str(number)
        (run / "ours").mkdir(parents=True)
        ours.append(
            launch(
                run, BIN / "amazon-optiply-etl", "build", "--format", "jsonl",
                "--input", folder / "input", "--output", run / "ours",
                "--snapshots", run / "snapshots", "--config", _settings(run),
            )
        )  # fmt: skip
        if python := peer("tools"):
            script = HERE / "peers" / "duckdb_etl.py"
            theirs.append(launch(run, python, script, folder / "input", run / "theirs"))
            totals, others = _totals(run / "ours"), _totals(run / "theirs")
            if totals != others:
                raise SystemExit(f"The ETL and DuckDB disagree: {totals} and {others}.")
    return _fastest(ours), _fastest(theirs) if theirs else None


def _settings(folder: Path) -> Path:
    path = folder / "config.json"
    path.write_text("{}", encoding="utf-8")
    return path


def _fastest(runs: list[Run]) -> Run:
    return min(runs, key=lambda run: run.seconds)


def _figures(subject: str, run: Run, size: int) -> list[Figure]:
    return [
        Figure(subject, "time", run.seconds, "s", size),
        Figure(subject, "CPU time", run.cpu_seconds, "s", size),
        Figure(subject, "peak memory", run.resident / 1e6, "MB", size),
    ]


def _totals(folder: Path) -> dict[str, int]:
    """Count and sum payloads; amounts in hundredths."""
    totals = dict.fromkeys(
        ("products", "stock", "prices", "eans", "orders", "value", "lines", "pieces", "subtotals"),
        0,
    )
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    with (folder / "products.jsonl").open("rb") as file:
        for product in map(decode, file):
            totals["products"] += 1
            totals["stock"] += product["stockLevel"]
            totals["prices"] += round((product.get("price") or 0) * 100)
            totals["eans"] += product.get("eanCode") is not None
    with (folder / "sell_orders.jsonl").open("rb") as file:
        for order in map(decode, file):
            totals["orders"] += 1
            totals["value"] += round(order["totalValue"] * 100)
            for line in order["orderLines"]:
                totals["lines"] += 1
                totals["pieces"] += line["quantity"]
                totals["subtotals"] += round(line["subtotalValue"] * 100)
    return totals


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()
