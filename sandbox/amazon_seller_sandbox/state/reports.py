"""The life of a report: queued, in progress, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from amazon_seller_sandbox.chance import SCALE, draws, key
from amazon_seller_sandbox.clock import DAY, iso
from amazon_seller_sandbox.files.asked import Asked
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.report_types import families

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.report_types.report_type import ReportType
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.world import Business, World

IN_QUEUE, IN_PROGRESS = "IN_QUEUE", "IN_PROGRESS"
DONE, CANCELLED, FATAL = "DONE", "CANCELLED", "FATAL"
STATUSES = (CANCELLED, DONE, FATAL, IN_PROGRESS, IN_QUEUE)
ON_HOLD = "ON_HOLD"
"""A status that Amazon's model does not have, for a fault."""

RETENTION = 90 * DAY
"""Seconds a report can be found."""


@dataclass(slots=True)
class Report:
    """One report: what was requested, when it runs, and how it will end."""

    id: str
    document_id: str
    type: ReportType
    markets: tuple[Marketplace, ...]
    data_start: float
    data_end: float
    options: dict[str, str]
    created: float
    starts: float
    ends: float
    compressed: bool
    outcome: str = DONE
    explanation: str | None = None
    """The text of the document of a FATAL report."""
    cancelled: float | None = None
    schedule_id: str | None = None
    rows: int | None = None
    """Data rows of the finished document; None while it is not made."""
    lost: bool = False
    document_lost: bool = False
    document_unnamed: bool = False
    """Whether the report ends without a document's id."""
    held: str | None = None
    """The status in which the report stays for ever."""

    def status(self, now: float) -> str:
        """Return the processing status, provided that a due document has been made."""
        if self.cancelled is not None:
            return CANCELLED
        if self.held is not None:
            return self.held
        if now < self.starts:
            return IN_QUEUE
        return IN_PROGRESS if now < self.ends or self.needs_document() else self.outcome

    def needs_document(self) -> bool:
        """Say whether the report is to have a document that is not made yet."""
        return self.outcome == DONE and self.rows is None

    def has_document(self) -> bool:
        """Say whether the report ends with a document."""
        return self.outcome == DONE or (self.outcome == FATAL and self.explanation is not None)

    def repeats(self, earlier: Report) -> bool:
        """Say whether an earlier report of the type has some of the same data."""
        if self.type.longest_window is None:
            return True
        return self.data_start < earlier.data_end and earlier.data_start < self.data_end

    def made(self, rows: int, *, cancel_empty: bool) -> None:
        """Take note that the document is on disk."""
        self.rows = rows
        if rows == 0 and cancel_empty:
            self.outcome = CANCELLED

    def body(self, now: float) -> dict[str, object]:
        """Return the report as getReport shows it; its options are never echoed."""
        status = self.status(now)
        body: dict[str, object] = {
            "reportType": self.type.name,
            "processingStatus": status,
            "marketplaceIds": [market.id for market in self.markets],
            "reportId": self.id,
            "dataStartTime": iso(self.data_start),
            "dataEndTime": iso(self.data_end),
            "createdTime": iso(self.created),
        }
        if self.schedule_id is not None:
            body["reportScheduleId"] = self.schedule_id
        if self.cancelled is not None:
            body["processingEndTime"] = iso(self.cancelled)
        elif status != IN_QUEUE and self.held is None:
            body["processingStartTime"] = iso(self.starts)
            if status != IN_PROGRESS:
                body["processingEndTime"] = iso(self.ends)
                if self.has_document() and not self.document_unnamed:
                    body["reportDocumentId"] = self.document_id
        return body


@dataclass(slots=True)
class ReportBook:
    """All reports of one account, newest last."""

    world: World
    business: Business
    _reports: dict[str, Report] = field(default_factory=dict)
    _count: int = 0
    _too_soon: int = 0

    def find(self, report_id: str) -> Report | None:
        """Return a report by its id, if it is still kept."""
        self._take_in_unasked()
        report = self._reports.get(report_id)
        return None if report is None or report.lost or self._is_old(report) else report

    def find_document(self, document_id: str) -> Report | None:
        """Return the report whose finished document has this id."""
        for report in self._reports.values():
            if report.document_id == document_id and not self._is_old(report):
                return None if report.document_lost else report
        return None

    def newest_first(self) -> Iterator[Report]:
        """Yield the reports that are still kept."""
        self._take_in_unasked()
        oldest_first = sorted(self._reports.values(), key=lambda each: each.created)
        for report in reversed(oldest_first):
            if not report.lost and not self._is_old(report):
                yield report

    def _take_in_unasked(self) -> None:
        """Add the reports that Amazon has made by itself since it was last looked."""
        now = self.world.data_time.now()
        for kind in families.REPORT_TYPES.values():
            for made in kind.unasked(self.world, self.business, now):
                if made.id not in self._reports:
                    self._reports[made.id] = Report(
                        id=made.id,
                        document_id=f"amzn1.spdoc.1.4.{self.business.account.key.lower()}.{made.id}",
                        type=kind,
                        markets=(made.market,),
                        data_start=made.start,
                        data_end=made.end,
                        options={},
                        created=made.created,
                        starts=made.created,
                        ends=made.created,
                        compressed=bool(kind.compressed),
                    )

    def _is_old(self, report: Report) -> bool:
        return self.world.clock.now() - report.created > RETENTION

    def create(
        self,
        kind: ReportType,
        markets: tuple[Marketplace, ...],
        data_start: float,
        data_end: float,
        options: dict[str, str],
        *,
        created: float,
        schedule_id: str | None = None,
    ) -> Report:
        """Queue a report and settle by chance how long it takes and how it ends."""
        self._count += 1
        account = self.business.account
        chance = draws(key(self.world.settings.seed, account.key, "report"), self._count)
        shortest, longest = self.world.settings.report_seconds
        takes = shortest + (longest - shortest) * chance[0] / SCALE
        number = 380_000_000_000 + self._count * 1_000_003 + chance[1] % 1_000_000
        report = Report(
            id=str(number),
            document_id=(
                f"amzn1.spdoc.1.4.{account.key.lower()}."
                f"{chance[2]:08x}-{chance[3] % 65536:04x}-4{chance[4] % 4096:03x}"
                f"-a{chance[5] % 4096:03x}-{chance[6]:08x}{chance[7] % 65536:04x}"
                f".T{chance[8]:010d}{self._count:05d}.{1000 + chance[9] % 9000}"
            ),
            type=kind,
            markets=markets,
            data_start=data_start,
            data_end=data_end,
            options=options,
            created=created,
            starts=created + takes * (0.1 + 0.4 * chance[10] / SCALE),
            ends=created + takes,
            compressed=chance[11] % 2 == 0 if kind.compressed is None else kind.compressed,
            schedule_id=schedule_id,
        )
        self._queue_up(report)
        self._judge(report)
        self._reports[report.id] = report
        return report

    def _queue_up(self, report: Report) -> None:
        """Let a report wait in queue where so many of its type have been made within a day."""
        most = report.type.limit.made_a_day
        if not most or self.world.settings.report_limits == "off":
            return
        begun = sorted(each.starts for each in self._reports.values() if each.type is report.type)
        if len(begun) >= most and (wait := begun[-most] + DAY - report.starts) > 0:
            report.starts += wait
            report.ends += wait

    def _judge(self, report: Report) -> None:
        """Decide whether Amazon makes this report at all."""
        longest = report.type.longest_window
        if longest is not None and report.data_end - report.data_start > longest:
            report.outcome = FATAL
            days = f"{longest // DAY:.0f} days"
            report.explanation = f"Date range exceeded. Report can be requested only upto {days}"
        elif (objection := report.type.objection(self.asked(report))) is not None:
            report.outcome = FATAL
            report.explanation = objection
        elif self._asked_too_soon(report):
            self._too_soon += 1
            seed = self.world.settings.seed
            report.outcome = FATAL if (seed + self._too_soon) % 2 else CANCELLED

    def _asked_too_soon(self, report: Report) -> bool:
        return any(
            earlier.type is report.type
            and earlier.markets[0] is report.markets[0]
            and earlier.outcome == DONE
            and earlier.cancelled is None
            and earlier.held is None
            and report.created - earlier.created < report.type.cool_down
            and report.repeats(earlier)
            for earlier in self._reports.values()
        )

    def content(self, report: Report) -> Content:
        """Return what is in the report's document."""
        if report.explanation is not None:
            return Content(iter([report.explanation]), "UTF-8", compressed=False)
        return report.type.content(self.asked(report))

    def asked(self, report: Report) -> Asked:
        """Return what the report is to hold."""
        return Asked(
            self.world,
            self.business,
            report.markets,
            report.data_start,
            report.data_end,
            report.options,
            report.created,
            self.world.data_time.at(report.starts),
            report.compressed,
        )
