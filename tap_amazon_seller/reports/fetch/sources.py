"""The two that make what a queue fetches: the Reports API, and Data Kiosk.

Both create, are polled, and end in a document; operations, quotas and refusals are their own.
"""

from __future__ import annotations

import logging
import re
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from amazon_selling_partner import AmazonError, NotFoundError, PermissionDeniedError, RetryableError
from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.reports.queries import LONGEST_QUERY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from amazon_selling_partner import Clock, Report, SellingPartnerClient
    from tap_amazon_seller.reports.definitions import ReportDefinition
    from tap_amazon_seller.reports.fetch.job import ReportJob
    from tap_amazon_seller.reports.queries import KioskQuery, Path
    from tap_amazon_seller.reports.requests.windows import ReportRequest

logger = logging.getLogger(__name__)

REFUSED_FIELDS = re.compile(r"access requested fields", re.IGNORECASE)
"""What createQuery says of fields that the account may not have; its details name them
(amzn/selling-partner-api-models#567 and #5290)."""
UNKNOWN_FIELDS = re.compile(
    r"undefined|cannot query field|unknown field|no such field", re.IGNORECASE
)
"""How GraphQL servers (graphql-java, graphql-js) refuse a field that is not in the schema any more."""
TOO_MANY = re.compile(
    r"quer(y|ies).*(limit|maximum|too many|exceed|concurrent|in progress)"
    r"|(limit|maximum|too many|exceed|concurrent).*quer(y|ies)",
    re.IGNORECASE,
)
"""Amazon limits the queries that are not finished, by an answer that it does not document."""
LENGTH = re.compile(r"character|length|long", re.IGNORECASE)
_NAMED = re.compile(r"field\W+(\w+)", re.IGNORECASE)
_PATH = re.compile(r"analytics_\w+(?:[./]\w+)+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What Amazon says of a report or query.

    Attributes:
        status: Its processingStatus.
        document_id: Its document; empty where there is none.
        next_token: What requests the next page of a query's results.
        is_done_without_data: Whether it is DONE and there is no data, as Data Kiosk says by no document.
    """

    status: str
    document_id: str = ""
    next_token: str = ""
    is_done_without_data: bool = False


class Source(ABC):
    """Where a job's document comes from."""

    create_operation: ClassVar[str]
    state_operation: ClassVar[str]
    document_operation: ClassVar[str]

    @abstractmethod
    def create(self, request: ReportRequest) -> str:
        """Request it, tried once; answers Amazon's id.

        Raises:
            RetryableError: It may succeed later.
            AmazonError: Amazon refuses it.
        """

    @abstractmethod
    def answer(self, made_id: str) -> Answer:
        """What Amazon says of it, tried once; raises as `create` does."""

    @abstractmethod
    def document_url(self, job: ReportJob) -> str:
        """A presigned URL of its document, tried once; raises as `create` does."""

    def accepts_smaller(self, request: ReportRequest, error: AmazonError) -> bool:  # noqa: ARG002
        """Whether a refusal is about parts of the request, which are left out from now on."""
        return False


class Reports(Source):
    """The Reports API 2021-06-30."""

    create_operation = "createReport"
    state_operation = "getReport"
    document_operation = "getReportDocument"

    def __init__(self, client: SellingPartnerClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    @override
    def create(self, request: ReportRequest) -> str:
        definition = request.definition
        asked = request.asked_window
        if definition.window.reach:
            now_there = self._clock.now().replace(microsecond=0)
            asked = now_there - definition.window.reach, now_there
        return self._client.create_report(
            definition.report_type, request.marketplace.id, asked, request.options
        )

    @override
    def answer(self, made_id: str) -> Answer:
        return of_report(self._client.report(made_id))

    @override
    def document_url(self, job: ReportJob) -> str:
        restricted = job.request.definition.access.is_restricted
        return self._client.report_document_url(job.document_id, restricted=restricted)


def of_report(report: Report) -> Answer:
    """What Amazon says of a report."""
    return Answer(report.processing_status, report.report_document_id or "")


class DataKiosk(Source):
    """Data Kiosk 2023-11-15.

    Fields that createQuery refuses are left out of all further queries of their kind in this sync.
    """

    create_operation = "createQuery"
    state_operation = "getQuery"
    document_operation = "getDocument"

    def __init__(self, client: SellingPartnerClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._left_out: dict[ReportDefinition, frozenset[Path]] = {}

    def left_out(self, definition: ReportDefinition) -> frozenset[Path]:
        """The ways to the fields that Amazon refuses."""
        with self._lock:
            return self._left_out.get(definition, frozenset())

    @override
    def create(self, request: ReportRequest) -> str:
        text = request.query_text(self._clock.now().date(), self.left_out(request.definition))
        if len(text) > LONGEST_QUERY:
            raise ReportUnavailableError(
                f"{request}: the query has {len(text):,} characters, and Amazon takes "
                f"{LONGEST_QUERY:,}; select fewer fields"
            )
        try:
            return self._client.data_kiosk.create_query(text, request.page)
        except PermissionDeniedError:
            raise
        except AmazonError as error:
            said = f"{error.message} {error.details}"
            is_full = TOO_MANY.search(said) and not (
                UNKNOWN_FIELDS.search(said) or LENGTH.search(said)
            )
            if isinstance(error, NotFoundError) or not is_full:
                raise
            raise RetryableError(
                f"createQuery answered {error.status}: too many queries are under way "
                f"({error.message.removesuffix('.')})",
                throttled=True,
            ) from None

    @override
    def answer(self, made_id: str) -> Answer:
        found = self._client.data_kiosk.query(made_id)
        is_done = found.processing_status == "DONE"
        return Answer(
            found.processing_status,
            (found.data_document_id if is_done else found.error_document_id) or "",
            found.next_token,
            is_done_without_data=is_done and not found.data_document_id,
        )

    @override
    def document_url(self, job: ReportJob) -> str:
        return self._client.data_kiosk.document_url(job.document_id)

    @override
    def accepts_smaller(self, request: ReportRequest, error: AmazonError) -> bool:
        query = request.definition.query
        if query is None or request.page:  # the text of a further page is that of the first
            return False
        before = self.left_out(request.definition)
        refused = frozenset(_refused(query, error)) - before
        if not refused or _is_of_no_use(query, before | refused):
            return False
        with self._lock:
            self._left_out[request.definition] = before | refused
        logger.warning(
            "%s: createQuery refuses single fields (%s), so they are not requested: %s.",
            request, error.message.removesuffix("."), ", ".join(sorted(map(".".join, refused))),
        )  # fmt: skip
        return True


def _refused(query: KioskQuery, error: AmazonError) -> Iterator[Path]:
    """The ways to the selected fields that a refusal names."""
    said = f"{error.message} {error.details}"
    selected = query.leaves
    is_permission = isinstance(error, PermissionDeniedError) and REFUSED_FIELDS.search(said)
    if not is_permission and not UNKNOWN_FIELDS.search(said):
        return
    found = [re.split(r"[./]", path) for path in _PATH.findall(said)]
    named = {tuple(path[2:]) for path in found if path[:2] == [query.dataset, query.name]}
    yield from (path for path in selected if any(path[: len(each)] == each for each in named))
    if not named:
        words = set(_NAMED.findall(said))
        yield from (path for path in selected if words & set(path))


def _is_of_no_use(query: KioskQuery, left_out: Iterable[Path]) -> bool:
    """Whether nothing would be left of a row, or what identifies it would not."""
    lacking = set(left_out)
    needs = {tuple(name.split(".")) for name in query.needs}
    left = [path for path in query.leaves if path not in lacking | needs]
    return not left or bool(needs & lacking)


class Sources:
    """The source of each request."""

    def __init__(self, client: SellingPartnerClient, clock: Clock) -> None:
        self.reports = Reports(client, clock)
        self.data_kiosk = DataKiosk(client, clock)

    def of(self, request: ReportRequest) -> Source:
        """Where a request is made."""
        return self.data_kiosk if request.definition.query else self.reports
