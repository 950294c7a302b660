"""From codes to ASINs on a catalog with known answers: how right, how sure, and in how many calls.

The seed is the one that nothing was tuned on (`MEASURED_SEED`). The least number of calls is that of
batches of twenty in the file's order, with the second pages, halvings, answers without pagination and
questions about unlisted items that this world forces upon anybody.
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from in_process import InProcessAmazon
from results import Figure, Measurement, Ratio

from amazon_asin_match.codes import read_cell
from amazon_asin_match.jobs.create import create_job
from amazon_asin_match.jobs.results import stored
from amazon_asin_match.jobs.run import JobRun
from amazon_asin_match.store.database import open_database, sqlite_url
from amazon_asin_match.store.jobs import Jobs
from amazon_seller_sandbox.world.accounts import ALL_MARKETPLACES
from amazon_seller_sandbox.world.code_catalog import MEASURED_SEED
from amazon_seller_sandbox.world.code_catalog.items import Trap
from amazon_seller_sandbox.world.code_catalog.rows import rows
from amazon_selling_partner import marketplaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from amazon_seller_sandbox.world.code_catalog.rows import Row
    from amazon_seller_sandbox.world.code_catalog.search import CodeCatalog

CODES, FEW = 100_000, 2_000
PRECISION, RECALL, CALLS = 0.9999, 0.995, 1.05
BATCH = PAGE = 20
HARMFUL = frozenset(
    trap.value
    for trap in (
        Trap.MULTIPACK_BESIDE, Trap.MULTIPACK_ONLY, Trap.PACK_WITH_OWN_CODE, Trap.CASE,
        Trap.PARENT_BESIDE, Trap.PARENT_ONLY, Trap.BUNDLE_BESIDE,
    )
)  # fmt: skip
BINS = 10


@dataclass(slots=True)
class Outcome:
    """What a run on known answers came to.

    Attributes:
        right: Best matches that are right; `wrong` counts the others by what is special about the code.
        clear: Rows that the generator calls clear; `found` those of them with the right ASIN.
        candidates: By tenth of the confidence: how many, their confidences' sum, how many are right.
        calls: Calls to the catalog that were made; `least` what this world needs.
    """

    right: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    clear: int = 0
    found: int = 0
    candidates: list[list[float]] = field(
        default_factory=lambda: [[0, 0.0, 0] for _ in range(BINS)]
    )
    calls: int = 0
    least: int = 0
    hours: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    other_status: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    @property
    def precision(self) -> float:
        """The share of best matches that are right."""
        return self.right / max(self.right + self.wrong.total(), 1)

    @property
    def recall(self) -> float:
        """The share of clear rows that have the right ASIN."""
        return self.found / max(self.clear, 1)

    @property
    def harmful(self) -> int:
        """Wrong matches among multipacks, parents and bundles."""
        return sum(number for trap, number in self.wrong.items() if trap in HARMFUL)

    def miscalibration(self, least: int = 100) -> float:
        """The largest gap between confidence and share of right ones, of tenths with so many."""
        return max(
            abs(total / number - right / number)
            for number, total, right in self.candidates
            if number >= least
        )


def run(folder: Path, codes: int, seed: int, *, seller: bool = False) -> Outcome:
    """Match the codes of a catalog and hold the results against its answers."""
    asked = list(rows(seed, codes))
    path = folder / "codes.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["ean", "name", "marke", "ve"])
        writer.writerows((row.code, row.title, row.brand, row.pack) for row in asked)
    amazon = InProcessAmazon(codes, seed)
    start = amazon.clock.now()
    engine = open_database(sqlite_url(folder / "matches.db"))
    try:
        jobs = Jobs(engine, amazon.now)
        account = amazon.sandbox.world.businesses["EU"].account
        job = create_job(
            jobs, path, marketplaces.BY_COUNTRY["DE"], seller_id=account.seller_id if seller else ""
        )
        job = JobRun(jobs, amazon.client, now=amazon.now).run(job.id)
        catalog = amazon.sandbox.world.code_catalog
        if job.status != "completed" or catalog is None:
            raise RuntimeError(job.error)
        outcome = compare(asked, list(stored(engine, job.id)))
        outcome.calls = sum(
            number
            for (name, _), number in amazon.sandbox.calls.items()
            if name == "searchCatalogItems"
        )
        outcome.least = least_calls(catalog, asked)
        outcome.hours = (amazon.clock.now() - start) / 3_600
        outcome.counts = Counter(job.counts)
    finally:
        engine.dispose()
        amazon.close()
    return outcome


def compare(asked: Sequence[Row], results: Sequence[Any]) -> Outcome:
    """Hold results against the right answers."""
    outcome = Outcome()
    for row, result in zip(asked, results, strict=True):
        if result["code"] != row.code:
            raise RuntimeError(f"row {result['row']} is another one")
        if result["asin"]:
            if result["asin"] in {row.right, row.own}:
                outcome.right += 1
            else:
                outcome.wrong[row.trap] += 1
        if row.clear:
            outcome.clear += 1
            outcome.found += result["asin"] == row.right
        if row.status not in {"", "matched", result["status"]}:
            outcome.other_status[row.trap, row.status, result["status"]] += 1
        if result["status"] == "duplicate_of":
            continue
        for candidate in result["candidates"]:
            shown = outcome.candidates[min(int(candidate["confidence"] * BINS), BINS - 1)]
            shown[0] += 1
            shown[1] += candidate["confidence"]
            shown[2] += candidate["asin"] == row.right
    return outcome


def least_calls(catalog: CodeCatalog, asked: Iterable[Row]) -> int:
    """The calls that batches of twenty cost in this world."""
    by_type: dict[str, list[str]] = {}
    for code in dict.fromkeys(code for row in asked for code in read_cell(row.code).codes):
        by_type.setdefault(code.identifiers_type, []).append(code.identifier)
    calls = 0
    unlisted = 0
    for codes in by_type.values():
        for first in range(0, len(codes), BATCH):
            batch = codes[first : first + BATCH]
            calls += _calls(catalog, batch)
            unlisted += _unlisted(catalog, batch)
    return calls + -(-unlisted // BATCH)


def _calls(catalog: CodeCatalog, batch: Sequence[str], *, is_culprit: bool = False) -> int:
    """The calls of a batch: its pages, or those of its halves where it is refused or cut off."""
    if is_culprit and len(batch) == 1:
        return 0
    middle = (len(batch) + 1) // 2
    first, second = batch[:middle], batch[middle:]
    if any(map(catalog.refuses, batch)):
        if len(batch) == 1:
            return 1
        clear = not any(map(catalog.refuses, first))
        own = 0 if is_culprit else 1
        return own + _calls(catalog, first) + _calls(catalog, second, is_culprit=clear)
    items = {item.asin for code in batch for item in _found(catalog, code)}
    if len(items) > PAGE and catalog.lost_pages(batch):
        return 1 + _calls(catalog, first) + _calls(catalog, second)
    return max(1, -(-len(items) // PAGE))


def _unlisted(catalog: CodeCatalog, batch: Sequence[str]) -> int:
    """How many items of a batch list none of its codes: each takes a place in one call more."""
    known = {code.zfill(14) for code in batch}
    items = {item.asin: item for code in batch for item in _found(catalog, code)}
    return sum(
        not any(value.zfill(14) in known for _, value in item.listed) for item in items.values()
    )


def _found(catalog: CodeCatalog, code: str) -> Sequence[Any]:
    return catalog.found_by("EAN", code, ALL_MARKETPLACES[marketplaces.BY_COUNTRY["DE"].id])


def measure(*, quick: bool = False) -> Measurement:
    """Match the codes, and say how right, how sure and in how many calls."""
    codes = FEW if quick else CODES
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(Path(folder), codes, MEASURED_SEED)
    print(as_lines(outcome))
    return Measurement(
        "codes_to_asins",
        f"Which of {codes:,} codes with known answers get their ASIN, how sure, and in how many calls?",
        (
            Ratio(
                "Best matches that are right", "all best matches", outcome.right,
                outcome.right + outcome.wrong.total(), "rows", PRECISION,
            ),
            Ratio(
                "Clear codes with their ASIN", "all clear codes", outcome.found, outcome.clear, "rows",
                RECALL,
            ),
            Ratio(
                "Calls", "batches of twenty", outcome.calls, outcome.least, "calls", CALLS, at_most=True
            ),
        ),
        tuple(
            Figure("amazon-asin-match", "right of candidates", 100 * right / number, "%",
                   at=round(100 * total / number))
            for number, total, right in outcome.candidates
            if number
        ),
    )  # fmt: skip


def as_lines(outcome: Outcome) -> str:
    """The outcome as lines for a terminal."""
    lines = [
        f"precision {outcome.precision:.6f} ({outcome.right} right, {dict(outcome.wrong)} wrong)",
        f"wrong among multipacks, parents and bundles {outcome.harmful}",
        f"recall of clear codes {outcome.recall:.5f} ({outcome.found} of {outcome.clear})",
        (
            f"calls {outcome.calls}, least of twenty a call {outcome.least}: "
            f"{outcome.calls / outcome.least:.3f}; {outcome.hours:.2f} hours of Amazon's time"
        ),
        f"rows {dict(outcome.counts)}",
    ]
    lines += [
        f"confidence {total / number:.3f}: {right / number:.3f} right of {number:.0f}"
        for number, total, right in outcome.candidates
        if number
    ]
    return "\n".join(lines)


def calibration_plot(tenths: Sequence[tuple[float, float, int]]) -> str:
    """A small SVG: confidence to the right, share of right candidates upwards, the diagonal is the aim.

    Args:
        tenths: Mean confidence, share of right ones, number of candidates.
    """
    side, edge = 300, 40
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side + 2 * edge} {side + 2 * edge}" '
            'font-family="sans-serif" font-size="11" role="img">'
        ),
        "<title>Share of right candidates by confidence</title>",
        f'<rect x="{edge}" y="{edge}" width="{side}" height="{side}" fill="white" stroke="#9aa3ad"/>',
        f'<path d="M{edge} {edge + side}L{edge + side} {edge}" stroke="#9aa3ad" stroke-dasharray="4"/>',
    ]
    for mean, share, number in tenths:
        x, y = edge + side * mean, edge + side * (1 - share)
        radius = 2 + min(8.0, number**0.5 / 30)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#1f5fa8" fill-opacity="0.7">'
            f"<title>{mean:.2f}: {share:.2f} right of {number:,}</title></circle>"
        )
    for value in (0.0, 0.5, 1.0):
        place = edge + side * value
        parts.append(
            f'<text x="{place:.0f}" y="{side + edge + 16}" text-anchor="middle">{value}</text>'
        )
        high = side + 2 * edge - place + 4
        parts.append(f'<text x="{edge - 6}" y="{high:.0f}" text-anchor="end">{value}</text>')
    parts.append(
        f'<text x="{edge + side / 2}" y="{side + 2 * edge - 6}" text-anchor="middle">confidence</text>'
        f'<text x="12" y="{edge - 12}">share of right candidates</text></svg>'
    )
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    import sys

    with tempfile.TemporaryDirectory() as scratch:
        wanted = int(sys.argv[1]) if len(sys.argv) > 1 else CODES
        chosen = int(sys.argv[2]) if len(sys.argv) > 2 else MEASURED_SEED
        result = run(Path(scratch), wanted, chosen, seller="--seller" in sys.argv)
        print(as_lines(result))
        if "--plot" in sys.argv:
            svg = calibration_plot(
                [(total / n, right / n, int(n)) for n, total, right in result.candidates if n]
            )
            Path(sys.argv[sys.argv.index("--plot") + 1]).write_text(svg, encoding="utf-8")
