"""The reports that Amazon has already: those that it lists, and those that the state remembers."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from amazon_selling_partner import AmazonError, Report, RetryableError, UnavailableError
from tap_amazon_seller.reports.requests import reuse
from tap_amazon_seller.reports.requests.reuse import ExistingReport
from tap_amazon_seller.reports.requests.windows import ReportRequest, Window

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from amazon_selling_partner import SellingPartnerClient
    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.definitions import ReportDefinition
    from tap_amazon_seller.reports.requests.reuse import AgeLimits

logger = logging.getLogger(__name__)

MOST_TYPES, MOST_MARKETPLACES = 10, 10  # what one getReports may filter by
LONGEST = timedelta(days=89)  # getReports refuses more than 90


class ReportListing:
    """The existing reports of one account.

    Listing only saves calls: where Amazon does not answer, there is nothing to use, and that is all.

    Args:
        client: The account's client.
        limits: How old a report may be to stand in for a new one.
        remembered: Reports that an earlier sync requested and did not read, by id (see `reuse`).
    """

    def __init__(
        self,
        client: SellingPartnerClient,
        limits: AgeLimits,
        remembered: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._client = client
        self._limits = limits
        self._remembered = remembered
        self._scheduled: dict[str, ExistingReport] = {}
        self._of_type: dict[ReportDefinition, list[ExistingReport]] = {}

    def made_by_amazon(
        self,
        definition: ReportDefinition,
        marketplace: Marketplace,
        synced: Sequence[Marketplace],
        since: datetime,
        now: datetime,
    ) -> tuple[list[ReportRequest], Window | None]:
        """Requests for the reports of a type that Amazon makes by itself, oldest first.

        A report of several marketplaces belongs to the first of them that is synced, one that names none
        (`marketplaceIds` is optional in Amazon's model) to the first that is. A document that is listed
        under several ids is read once. A report's window ends when it was made, so that a bookmark there
        leaves out just those that have been read; and no report that is younger than one still in the
        making is read, for the bookmark would pass that.

        Returns:
            The requests, and the time that Amazon no longer lists.

        Raises:
            AmazonError: Amazon refuses the listing.
            UnavailableError: Amazon does not answer.
        """
        oldest = (now - LONGEST).replace(microsecond=0)
        gap = Window(since, oldest) if since < oldest else None
        start = max(since, oldest)
        found = []
        documents: set[str] = set()
        for report in self._all_of_type(definition, oldest):
            owner = _owner(report, synced)
            if owner is None or report.document_id in documents:
                continue
            documents |= {report.document_id} - {""}
            if owner != marketplace.id or report.created < start:
                continue
            if report.status in reuse.IN_PROGRESS and now - report.created < self._limits.timeout:
                break
            if report.status == "DONE" and report.document_id:
                found.append(report)
        requests = []
        for report in found:
            self._scheduled[report.report_id] = report
            window = Window(start, report.created + timedelta(seconds=1))
            requests.append(
                ReportRequest(definition, marketplace, window, report_id=report.report_id)
            )
            start = window.end
        return requests, gap

    def _all_of_type(self, definition: ReportDefinition, since: datetime) -> list[ExistingReport]:
        """The reports of a type in all marketplaces, oldest first; listed once to save calls."""
        if definition not in self._of_type:
            try:
                # Not by marketplaces: a report that names none would not be listed.
                answers = self._client.retrying(
                    lambda: list(self._client.reports([definition.report_type], (), since))
                )
            except RetryableError as error:
                raise UnavailableError(
                    f"{definition.report_type} cannot be listed: {error}"
                ) from None
            listed = {one.report_id: one for one in map(_read, answers) if one}
            if not all(str(answer.get("reportId")) in listed for answer in answers):
                raise UnavailableError(
                    f"{definition.report_type}: not all reports that Amazon lists can be read (see "
                    "above), and later ones are not taken before them."
                )
            self._of_type[definition] = sorted(
                listed.values(), key=lambda report: (report.created, report.report_id)
            )
        return self._of_type[definition]

    def find(
        self, requests: Collection[ReportRequest], now: datetime
    ) -> dict[ReportRequest, tuple[ReportRequest, ExistingReport]]:
        """By request, the report that stands in for it, and the request that this answers exactly."""
        existing = self._listed(requests, now)
        existing.update(self._scheduled)
        existing.update(self._of_earlier_sync(requests, existing))
        newest_first = sorted(existing.values(), key=lambda one: one.created, reverse=True)
        found = {}
        for request in requests:
            if request.report_id:
                found[request] = request, existing[request.report_id]
                continue
            for one in newest_first:
                answered = reuse.stand_in(request, one, now, self._limits)
                if answered:
                    logger.info("Using report %s, which exists: %s.", one.report_id, answered)
                    found[request] = answered, one
                    break
        return found

    def stands_in(self, existing: ExistingReport, request: ReportRequest, now: datetime) -> bool:
        """Whether a report can be used in the place of one that is needed."""
        return reuse.stand_in(request, existing, now, self._limits) is not None

    def made_before(
        self, request: ReportRequest, passed_over: Collection[str], now: datetime
    ) -> list[ExistingReport]:
        """Other reports that Amazon has or makes, in the cool-down of this one; newest first."""
        try:
            listed = self.answers([request], now - request.definition.reuse.max_age, whole=False)
        except (AmazonError, RetryableError, UnavailableError) as error:
            logger.warning("Reports that exist cannot be listed: %s.", error)
            return []
        found = [
            one
            for one in map(_read, listed)
            if one
            and one.status in reuse.IN_PROGRESS | {"DONE"}
            and request.marketplace.id in one.marketplace_ids
            and one.report_id not in passed_over
        ]
        return sorted(found, key=lambda one: one.created, reverse=True)

    def answers(
        self, requests: Iterable[ReportRequest], since: datetime, *, whole: bool = True
    ) -> list[dict[str, Any]]:
        """What getReports lists of the account's reports of these types and marketplaces.

        Unless the `whole` list is needed, what came before a failure is used: the token of a page lives
        for minutes only.

        Raises:
            AmazonError: Amazon refuses the listing.
            RetryableError: Amazon does not answer.
            UnavailableError: The list has no end.
        """
        requests = list(requests)
        types = sorted({request.definition.report_type for request in requests})
        places = sorted({request.marketplace.id for request in requests})
        found: list[dict[str, Any]] = []
        try:
            for first_type in range(0, len(types), MOST_TYPES):
                for first_place in range(0, len(places), MOST_MARKETPLACES):
                    found.extend(  # as they come: what came before a failure stays
                        self._client.reports(
                            types[first_type : first_type + MOST_TYPES],
                            places[first_place : first_place + MOST_MARKETPLACES],
                            since,
                        )
                    )
        except (AmazonError, RetryableError, UnavailableError) as error:
            if whole or not found:
                raise
            logger.warning("%s; the %d reports listed before are used.", error, len(found))
        return found

    def _listed(
        self, requests: Iterable[ReportRequest], now: datetime
    ) -> dict[str, ExistingReport]:
        """Reports of the types that take no options: Amazon's answer does not say options."""
        ages = {
            request: min(self._limits.oldest(request), LONGEST)
            for request in requests
            if not request.definition.takes_options
            and not request.report_id
            and self._limits.oldest(request)
        }
        if not ages:
            return {}
        try:
            listed = self.answers(ages, now - max(ages.values()), whole=False)
        except (AmazonError, RetryableError, UnavailableError) as error:
            logger.warning("Reports that exist cannot be listed: %s.", error)
            return {}
        return {one.report_id: one for one in map(_read, listed) if one}

    def _of_earlier_sync(
        self, requests: Iterable[ReportRequest], listed: Mapping[str, ExistingReport]
    ) -> dict[str, ExistingReport]:
        """The reports that the state remembers, where they may be of use."""
        found: dict[str, ExistingReport] = {}
        if self._limits.max_age == timedelta(0):
            return found
        wanted = {(one.definition.report_type, one.marketplace.id) for one in requests}
        for report_id, report in self._remembered.items():
            if (report["report_type"], report["marketplace_id"]) not in wanted:
                continue
            if report_id in listed:
                found[report_id] = reuse.owned(listed[report_id], report["options"])
                continue
            try:
                answer = self._client.report(report_id)
            except (AmazonError, RetryableError) as error:
                logger.info("Report %s of an earlier sync cannot be used: %s.", report_id, error)
            else:
                if one := _read(answer.as_answer()):
                    found[report_id] = reuse.owned(one, report["options"])
        return found


def _owner(report: ExistingReport, synced: Sequence[Marketplace]) -> str | None:
    """The id of the marketplace that a report is read for; None where it is of others."""
    ids = [place.id for place in synced]
    if not report.marketplace_ids:
        return ids[0]
    return next((one for one in report.marketplace_ids if one in ids), None)


def _read(answer: Mapping[str, Any]) -> ExistingReport | None:
    """A report that Amazon lists; None, to be passed over, when that cannot be read."""
    try:
        Report.of(dict(answer))
        return ExistingReport.from_answer(answer)
    except (KeyError, RetryableError, TypeError, ValueError) as error:
        logger.warning(
            "Report %s is listed in a form that cannot be read (%s).",
            answer.get("reportId"), type(error).__name__,
        )  # fmt: skip
        return None
