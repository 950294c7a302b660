"""Options of the fault matrix and the soak, the trials side by side, and the table at the end."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from faults.table import CASES, COLUMNS, ROWS, Case, representatives
from faults.trial import FAIL, OK, RERUN, Verdict, setting_of, try_case
from proofs import is_full
from running import select

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conftest import StartSandbox

    Verdicts = Mapping[Case, Future[Verdict]]

CELL, SOAK = "cell of the fault matrix", "soak"
"""Properties of test reports, by which the summary knows what tests in other processes found."""

# At most this long; the longer names are cut in two for the table's head.
HEADS = {
    "token": ("", "token"),
    "getMarketplaceParticipations": ("getMarketplace-", "Participations"),
    "createReport": ("create-", "Report"),
    "getReport": ("get-", "Report"),
    "getReports": ("get-", "Reports"),
    "getReportDocument": ("getReport-", "Document"),
    "document": ("", "document"),
    "searchCatalogItems": ("search-", "CatalogItems"),
    "listTransactions": ("list-", "Transactions"),
    "searchOrders": ("search-", "Orders"),
    "getPurchaseOrdersStatus": ("getPurchase-", "OrdersStatus"),
    "createQuery": ("create-", "Query"),
    "getQuery": ("get-", "Query"),
    "getDocument": ("get-", "Document"),
    "document of a query": ("rows of", "a query"),
    "getSellingPartnerMetrics": ("getSelling-", "PartnerMetrics"),
    "listOfferMetrics": ("listOffer-", "Metrics"),
    "getCompetitiveSummary": ("getCompetitive-", "Summary"),
    "getFeaturedOfferExpectedPriceBatch": ("getFeaturedOffer-", "ExpectedPriceBatch"),
    "getMyFeesEstimates": ("getMyFees-", "Estimates"),
    "getListingOffersBatch": ("getListing-", "OffersBatch"),
    "getItemOffersBatch": ("getItem-", "OffersBatch"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known to pytest only when it is asked to run this folder."""
    group = parser.getgroup("faults")
    group.addoption("--soak-faults", type=int, help="faults that must strike in the soak")
    group.addoption("--soak-seed", type=int, default=1, help="seed of the soak's faults")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each case."""
    if "case" in metafunc.fixturenames:
        cases = CASES if is_full(metafunc.config) else representatives()
        metafunc.parametrize("case", cases, ids=str)


@pytest.fixture(scope="module")
def verdicts(
    request: pytest.FixtureRequest,
    start_module_sandbox: StartSandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Verdicts]:
    """The trials of the cases that are to be tested, some at a time: they wait more than they work."""
    folder = tmp_path_factory.mktemp("faults")
    cases = list(_cases(request.session.items))
    catalogs: dict[tuple[str, ...], list[str]] = {(): []}
    for streams in {setting_of(case).streams for case in cases} - {()}:
        place = folder / "-".join(streams)
        place.mkdir()
        catalogs[streams] = select(place, *streams)
    workers = 2 * (os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        futures: dict[Case, Future[Verdict]] = {}
        for number, case in enumerate(cases):
            place = folder / str(number)
            place.mkdir()
            futures[case] = pool.submit(try_case, case, start_module_sandbox, place, catalogs)
        yield futures
        pool.shutdown(cancel_futures=True)


def _cases(items: Iterable[pytest.Item]) -> Iterator[Case]:
    for item in items:
        if isinstance(item, pytest.Function) and "case" in item.fixturenames:
            case = item.callspec.params["case"]
            if isinstance(case, Case):  # other tests have cases of their own
                yield case


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the matrix and what the soak found."""
    cells: dict[str, str] = {}
    soaks: list[str] = []
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == CELL:
                case, cell = value
                cells[case] = cell
            elif name == SOAK:
                soaks.append(value)
    if cells and is_full(config):
        terminalreporter.section("faults")
        for line in table(cells):
            terminalreporter.write_line(line)
        terminalreporter.write_line("")
    if cells:
        counts = Counter(cells.values())
        terminalreporter.write_line(
            f"Matrix: {len(cells)} cases, {counts[OK]} complete at once, {counts[RERUN]} after one "
            f"rerun, {counts[FAIL]} failed"
        )
    for line in soaks:
        terminalreporter.write_line(line)


def table(cells: Mapping[str, str]) -> Iterator[str]:
    """The matrix as lines, from what is known of cases by their names; blank where there is none."""
    first = max(len(row.label) for row in ROWS)
    widths = {name: max(map(len, HEADS[name])) for name in COLUMNS}
    for half in (0, 1):
        heads = (HEADS[name][half].ljust(widths[name]) for name in COLUMNS)
        yield "  ".join([" " * first, *heads]).rstrip()
    for row in ROWS:
        found = (cells.get(str(Case(row, name)), "").ljust(widths[name]) for name in COLUMNS)
        yield "  ".join([row.label.ljust(first), *found]).rstrip()
