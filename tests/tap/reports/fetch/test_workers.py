"""What the threads that fetch reports do with a document when the sync has failed meanwhile."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from tap.reports.fetch.test_lifecycle import Reports

from amazon_selling_partner import THIS_MACHINE, ContentInfo
from tap_amazon_seller.reports.fetch.states import ReportState
from tap_amazon_seller.reports.fetch.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable


class StartedLater:
    """A machine whose threads that fetch reports are run by the test."""

    def __init__(self) -> None:
        self.works: dict[str, Callable[[], object]] = {}

    def start(self, work: Callable[[], object], name: str) -> Any:
        if not name.startswith("reports"):
            return THIS_MACHINE.start(work, name)
        self.works[name] = work
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(THIS_MACHINE, name)


@pytest.mark.parametrize(("readers", "state"), [(2, ReportState.LEFT), (0, ReportState.READ)])
def test_a_document_that_comes_when_the_sync_has_failed_is_left_to_the_next(
    readers: int, state: ReportState
) -> None:
    """A stream that took it for one without records would move its bookmark past them."""
    reports, machine = Reports(readers=2), StartedLater()

    def download(_url: str, keep: Callable[[bytes], None], begin: Callable[..., None]) -> Any:
        info = ContentInfo("text/plain", "utf-8")
        begin(info)
        keep(b"amazon-order-id\n1\n")
        workers.stop()
        for _ in range(2 - readers):
            reports.jobs.read(reports.job)
        return info

    source = SimpleNamespace(
        document_operation="getReportDocument", document_url=lambda _job: "url"
    )
    workers = Workers(
        cast("Any", SimpleNamespace(download=download, seconds_until_ready=lambda _operation: 0.0)),
        reports.clock,
        reports.jobs,
        reports.budget,
        listing=cast("Any", None),
        sources=cast("Any", SimpleNamespace(of=lambda _request: source)),
        spool_path=None,
        charset=None,
        machine=cast("Any", machine),
    )
    reports.created()
    reports.answered("DONE", "D1")
    workers.start()

    machine.works["reports_download_next"]()

    assert workers.error is None
    assert (reports.job.state, reports.job.document) == (state, None)
