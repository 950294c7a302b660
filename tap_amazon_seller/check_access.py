"""What `--test` shows: whether the credentials are good, and whether the streams may be read.

It asks as little as shows it: a call of each API, and one report for each role, which is cancelled
before Amazon makes it. Which role a report type needs is in Amazon's "Report type values" pages.
Notifications come from a queue, which is read once; what was received is there again at once.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from amazon_selling_partner import (
    AmazonError,
    PermissionDeniedError,
    RetryableError,
    UnavailableError,
)
from amazon_selling_partner.marketplaces import REGION_NAMES
from tap_amazon_seller.notifications.sqs import QueueError
from tap_amazon_seller.reports.definitions import Audience, Span
from tap_amazon_seller.reports.requests.windows import ReportRequest, Window, windows
from tap_amazon_seller.streams.account import Account, Marketplaces, Reports
from tap_amazon_seller.streams.changes import ChangeStream
from tap_amazon_seller.streams.kinds.api_stream import ASKED_SPAN, ApiStream
from tap_amazon_seller.streams.kinds.report_stream import ReportStream
from tap_amazon_seller.streams.matches import AsinMatches
from tap_amazon_seller.streams.prices.priced_stream import PricedStream
from tap_amazon_seller.streams.products import CATALOG, CatalogStream
from tap_amazon_seller.streams.vendor import VendorPurchaseOrdersStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tap_amazon_seller.account.selling_account import SellingAccount
    from tap_amazon_seller.reports.definitions import ReportDefinition
    from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

logger = logging.getLogger(__name__)

ANY_ASIN = "B000000000"
TWO_MONTHS = timedelta(days=62)
CALL_SECONDS = 1.0
"""What a call takes, as a rule, beside the waits for its quota."""
A_MINUTE_OR_MORE = 100  # seconds
WHAT_TO_DO = (
    "give it that role in Amazon's developer console, and have the seller authorise it again"
)
OF_OTHERS = {
    Audience.SELLERS: "for vendors, and this is a seller's account; deselect it in the catalog",
    Audience.VENDORS: (
        "for sellers, and this is a vendor's account; select a vendor's streams in a catalog "
        "(their names begin with 'vendor_')"
    ),
}
"""Why a stream is not requested, by the kind of account."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of Amazon, once for all streams that need it.

    Attributes:
        key: Distinguishes it from others.
        role: The role that a refusal is about.
        operations: The calls that it makes.
        ask: Makes them.
    """

    key: str
    role: str
    operations: tuple[str, ...]
    ask: Callable[[], object]


class AccessCheck:
    """Asks what the streams of an account need.

    Attributes:
        lacking: The names of the streams that cannot be read as things are.

    Args:
        account: The account.
        streams: The streams that are to be read.
        all_streams: Those that there are: another report type of the same role may be less of a burden.
    """

    def __init__(
        self,
        account: SellingAccount,
        streams: Iterable[AmazonStream],
        all_streams: Iterable[AmazonStream],
    ) -> None:
        self._account = account
        self._streams = list(streams)
        self._report_streams = [each for each in all_streams if isinstance(each, ReportStream)]
        self._kind: Audience | None = None
        self._answers: dict[str, str] = {}
        self.lacking: list[str] = []

    def lines(self) -> Iterator[str]:
        """What is to be shown: the credentials, how long it takes, then a line for each stream.

        Raises:
            CredentialsError: The credentials are wrong.
            ConfigurationError: The configured marketplaces are.
        """
        places = ", ".join(f"{place.country} ({place.id})" for place in self._account.marketplaces)
        yield f"The credentials are good. Marketplaces: {places}."
        kind = self._kind = self._kind_of_account()
        not_asked = {
            stream.name: reason
            for stream in self._streams
            if (reason := self._reason_not_to_ask(stream, kind))
        }
        questions = {
            stream.name: self._questions(stream)
            for stream in self._streams
            if stream.name not in not_asked
        }
        distinct = {one.key: one for each in questions.values() for one in each}
        if distinct:
            yield self._how_long(list(distinct.values()))
        for stream in self._streams:
            if reason := not_asked.get(stream.name):
                self.lacking.append(stream.name)
                yield f"{stream.name}: {reason}."
            elif asked := questions[stream.name]:
                yield f"{stream.name}: {self._answer(stream, asked)}."

    def _kind_of_account(self) -> Audience | None:
        """Whether it is a seller's account or a vendor's; None where nothing shows it.

        Sellers v1 is not for vendors, and a refusal may be for want of a role, too; a vendor's orders
        are answered to vendors alone.
        """
        try:
            if any(
                one.participation and one.participation.is_participating
                for one in self._account.participations
            ):
                return Audience.SELLERS
        except PermissionDeniedError:
            pass
        now = self._account.now().replace(microsecond=0)
        names = VendorPurchaseOrdersStatus.window_parameters or ()
        span = (f"{instant:%Y-%m-%dT%H:%M:%SZ}" for instant in (now - ASKED_SPAN, now))
        question = {"limit": 1, **dict(zip(names, span, strict=True))}
        try:
            next(self._account.client.pages(VendorPurchaseOrdersStatus.operation, question), None)
        except (AmazonError, UnavailableError):
            return None
        return Audience.VENDORS

    def _reason_not_to_ask(self, stream: AmazonStream, kind: Audience | None) -> str | None:
        region = self._account.marketplaces[0].region
        if kind and stream.audience not in {kind, Audience.ALL}:
            return OF_OTHERS[kind]
        if isinstance(stream, ReportStream) and not stream.definition.exists_in(region):
            return f"does not exist in {REGION_NAMES[region]}; deselect it in the catalog"
        if stream.is_withheld:
            return "not requested, since it holds buyers' data; set 'include_pii', or deselect it"
        if isinstance(stream, ChangeStream) and self._account.inbox is None:
            return (
                "not read, since it comes from notifications; set 'enable_notifications', or "
                "deselect it"
            )
        return None

    def _how_long(self, questions: Sequence[Question]) -> str:
        calls = Counter(name for question in questions for name in question.operations)
        wait = sum(
            self._account.client.seconds_until_ready(name, count) for name, count in calls.items()
        )
        seconds = wait + CALL_SECONDS * calls.total()
        time = (
            f"{seconds:.0f} seconds"
            if seconds < A_MINUTE_OR_MORE
            else f"{seconds / 60:.0f} minutes"
        )
        made = calls["createReport"] + calls["createQuery"]
        kinds = [
            kind
            for kind, name in (("reports", "createReport"), ("queries", "createQuery"))
            if calls[name]
        ]
        cancelled = (
            f", {made} of them for {' and '.join(kinds)}, which are cancelled at once"
            if made
            else ""
        )
        return f"Asking Amazon takes about {time}: {calls.total()} calls{cancelled}."

    def _answer(self, stream: AmazonStream, questions: Sequence[Question]) -> str:
        """What comes of the questions for a stream."""
        for question in questions:
            if question.key not in self._answers:
                self._answers[question.key] = self._asked(question)
        refusals = dict.fromkeys(
            answer for question in questions if (answer := self._answers[question.key])
        )
        if refusals:
            self.lacking.append(stream.name)
            return "; ".join(refusals)
        roles = dict.fromkeys(f"'{question.role}'" for question in questions if question.role)
        word = "roles" if len(roles) > 1 else "role"
        by = f" by the {word} {' and '.join(roles)}" if roles else ""
        return f"allowed{by}{stream.unproven}"

    def _asked(self, question: Question) -> str:
        """Why a question is not answered; empty where it is."""
        try:
            question.ask()
        except PermissionDeniedError as error:
            role = getattr(error, "role", question.role)
            lacking = (
                f"lacks the role '{role}'"
                if role
                else "lacks the role that Amazon's documentation names for it"
            )
            return f"not allowed ({error.operation}): the application {lacking}; {WHAT_TO_DO}"
        except AmazonError as error:
            return f"refused ({_sentence(error)})"
        except (RetryableError, UnavailableError) as error:
            return f"could not be requested ({_sentence(error)}); try again in a few minutes"
        except QueueError as error:
            return f"could not be read ({_sentence(error)})"
        return ""

    # What streams need

    def _questions(self, stream: AmazonStream) -> list[Question]:
        """What shows whether a stream may be read; nothing for what the tap makes itself."""
        client = self._account.client
        found: list[Question] = []
        if isinstance(stream, Marketplaces):
            ask: Callable[[], object] = lambda: self._account.participations  # noqa: E731
            found.append(Question("getMarketplaceParticipations", stream.role, (), ask))
        elif isinstance(stream, Account):
            found.append(
                Question("getAccount", stream.role, ("getAccount",), client.seller_account)
            )
        elif isinstance(stream, ApiStream):
            role = "" if isinstance(stream, Reports) else stream.role
            found.append(Question(stream.asked_as, role, stream.asked_operations, stream.ask))
        elif isinstance(stream, ChangeStream) and self._account.inbox:
            found.append(Question("queue", "", (), self._account.inbox.probe))
        if isinstance(stream, ReportStream):
            found.append(self._of_report(stream.definition))
        if isinstance(stream, PricedStream):
            operation = stream.asked_operation
            found.append(Question(operation, stream.role, (operation,), stream.ask))
        if isinstance(stream, CatalogStream | AsinMatches):
            ask = partial(
                client.catalog_items,
                [ANY_ASIN], self._account.marketplaces[0].id, ["identifiers"],
            )  # fmt: skip
            found.append(Question(CATALOG, stream.role, (CATALOG,), ask))
        return found

    def _of_report(self, definition: ReportDefinition) -> Question:
        """A report for the role that a type needs; those that Amazon makes by itself are listed."""
        role = definition.access.role if definition.access.is_known else ""
        if definition.query:
            key = f"createQuery {definition.query.dataset}"
            operations: tuple[str, ...] = ("createQuery", "cancelQuery")
            return Question(key, role, operations, partial(self._query_and_cancel, definition))
        if definition.is_scheduled:
            key = f"getReports {definition.report_type}"
            return Question(key, role, ("getReports",), partial(self._list, definition))
        asked = self._least_burden(definition) if role else definition
        alike = sorted(each.name for each in self._alike(definition))
        key = " ".join((role, *alike)) if role else definition.report_type
        operations = ("createReport", "cancelReport")
        return Question(key, role, operations, partial(self._create_and_cancel, asked))

    def _least_burden(self, definition: ReportDefinition) -> ReportDefinition:
        """A report type of the same role, which no limit of its own or cool-down keeps from syncs.

        One of the streams that are requested if there is one.
        """
        region = self._account.marketplaces[0].region
        selected = {stream.name for stream in self._streams}

        def burden(stream: ReportStream) -> tuple[bool, bool, bool, bool, str]:
            found = stream.definition
            return (
                self._account.is_limited(found),
                found.has_cool_down,
                bool(found.reuse.max_age),
                stream.name not in selected,
                found.report_type,
            )

        same = [
            stream
            for stream in self._report_streams
            if stream.definition.access.role == definition.access.role
            and stream.definition.access.is_restricted == definition.access.is_restricted
            and stream.definition.audience in self._alike(definition)
            and stream.definition.exists_in(region)
            and not stream.definition.is_scheduled
            and not stream.definition.query
        ]
        return min(same, key=burden).definition if same else definition

    def _alike(self, definition: ReportDefinition) -> set[Audience]:
        """Whose reports show what those of a type would: a seller may have those of all, too."""
        if self._kind is Audience.SELLERS and definition.audience is not Audience.VENDORS:
            return {Audience.SELLERS, Audience.ALL}
        return {definition.audience}

    def _list(self, definition: ReportDefinition) -> None:
        client, since = self._account.client, self._account.now() - ASKED_SPAN
        places = [self._account.marketplaces[0].id]
        client.retrying(lambda: list(client.reports([definition.report_type], places, since)))

    def _create_and_cancel(self, definition: ReportDefinition) -> None:
        client, place = self._account.client, self._account.marketplaces[0]
        request = ReportRequest(definition, place, self._last_window(definition))
        report_id = client.retrying(
            partial(
                client.create_report,
                definition.report_type, place.id, request.asked_window, request.options,
            )
        )  # fmt: skip
        try:
            client.retrying(partial(client.cancel_report, report_id))
        except (AmazonError, RetryableError) as error:
            logger.warning(
                "Report %s of %s could not be cancelled (%s); Amazon makes it, and nothing reads it.",
                report_id, definition.report_type, _sentence(error),
            )  # fmt: skip

    def _query_and_cancel(self, definition: ReportDefinition) -> None:
        client, place = self._account.client, self._account.marketplaces[0]
        request = ReportRequest(definition, place, self._last_window(definition), places=(place,))
        text = request.query_text(self._account.now().date())
        query_id = client.retrying(partial(client.data_kiosk.create_query, text))
        try:
            client.retrying(partial(client.data_kiosk.cancel_query, query_id))
        except (AmazonError, RetryableError) as error:
            logger.warning(
                "Query %s of %s could not be cancelled (%s); Amazon makes it, and nothing reads it.",
                query_id, definition.report_type, _sentence(error),
            )  # fmt: skip

    def _last_window(self, definition: ReportDefinition) -> Window | None:
        """The last window that Amazon allows; a short one where it may be."""
        rules, now = definition.window, self._account.now().replace(microsecond=0)
        if rules.longest is None:
            return Window(now - rules.reach, now) if rules.reach else None
        zone = self._account.marketplaces[0].time_zone
        start = now - rules.delay - max(2 * rules.longest, TWO_MONTHS)
        found, _ = windows(definition, start, now, now, zone)
        if not found:
            return Window(now - ASKED_SPAN, now)
        last = found[-1]
        if rules.span is Span.INSTANT:
            return Window(max(last.start, last.end - ASKED_SPAN), last.end)
        return last


def _sentence(error: Exception) -> str:
    return str(error).removesuffix(".")
