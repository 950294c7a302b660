"""The calls of one account: within its quotas, tried again where that helps, and checked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import msgspec

from amazon_selling_partner import _answers
from amazon_selling_partner._addresses import (
    AddressError,
    check_document_address,
    is_loopback,
)
from amazon_selling_partner._batches import Batches
from amazon_selling_partner._calls import MAX_TRIES, Calls
from amazon_selling_partner._data_kiosk import DataKiosk
from amazon_selling_partner._downloads import ContentInfo, download
from amazon_selling_partner._exchange import CALL_TIMEOUTS, Exchange, Limits
from amazon_selling_partner._items import search
from amazon_selling_partner._notifications import Notifications
from amazon_selling_partner._pages import Paging, warn_of_item
from amazon_selling_partner._redaction import Redaction
from amazon_selling_partner._report_limits import ReportLimits
from amazon_selling_partner._shared_limits import NOTHING_SHARED
from amazon_selling_partner.errors import (
    IncompleteAnswerError,
    RetryableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from amazon_selling_partner._answers import Participation, Report, SellerAccount
    from amazon_selling_partner._clock import AmazonClock
    from amazon_selling_partner._items import FoundItems
    from amazon_selling_partner._pages import CountedPage
    from amazon_selling_partner._shared_limits import SharedLimits
    from amazon_selling_partner._tokens import Credentials

    Json = dict[str, Any]

T = TypeVar("T")


class SellingPartnerClient:
    """The calls of one selling account in one region. Safe to use from several threads.

    Every method that calls raises what the class lists; where it says "tried once", a failure that may
    pass is a `RetryableError`; all others try again (`tries` times, and as long as `patience` while the
    quota is used up by others) and then raise `UnavailableError`.

    Attributes:
        report_limits: The limits of single report types; `create_report` counts, callers keep to them.
        batches: Prices and fees of many items at once.
        data_kiosk: The operations of Data Kiosk.
        notifications: The calls of the Notifications API.

    Args:
        credentials: The application and the seller's authorisation.
        endpoint: URL of the region's server (see `marketplaces.ENDPOINTS`).
        clock: Amazon's time, which answers correct.
        token_url: Login with Amazon's token URL; None for its own.
        request_timeout: Seconds of real time without an answer, or a piece of one, after which a call is
            given up; one call takes three times as long at most.
        download_timeout: Seconds of real time that one download may take.
        patience: Seconds of Amazon's time that a call waits for quota which others use up.
        tries: How often a call is tried.
        allow_private_documents: Whether documents may be at private addresses, for those who proxy them.
        redaction: Makes what is shown fit for it, and is given every secret; None for one of its own.
        report_limits: Limits of single report types, with what is known of their use; None for those
            that are known of Amazon.
        shared_limits: What other processes use up as well, as where many accounts of one application
            are synced at once; `report_limits` are given them by themselves.
        transport: Sends requests instead of the network, for tests and simulations.

    Raises:
        ConnectionSetupError: The machine's proxy or certificates are wrong.
        CredentialsError: Login with Amazon refuses the credentials, or Amazon the token.
        AmazonError: Amazon refuses a call (`PermissionDeniedError`, `NotFoundError`).
    """

    def __init__(
        self,
        credentials: Credentials,
        endpoint: str,
        clock: AmazonClock,
        *,
        token_url: str | None = None,
        request_timeout: float = 60.0,
        download_timeout: float = 3600.0,
        patience: float = 7200.0,
        tries: int = MAX_TRIES,
        allow_private_documents: bool = False,
        redaction: Redaction | None = None,
        report_limits: ReportLimits | None = None,
        shared_limits: SharedLimits = NOTHING_SHARED,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._redaction = redaction or Redaction()
        self._redaction.add(credentials.client_secret)
        self._redaction.add(credentials.refresh_token)
        limits = Limits(request_timeout, CALL_TIMEOUTS * request_timeout, download_timeout)
        self._exchange = Exchange(limits, clock, self._redaction, transport)
        self._on_loopback = is_loopback(httpx.URL(endpoint).host)
        self._private = allow_private_documents
        self.report_limits = report_limits or ReportLimits(clock, shared=shared_limits)
        self._calls = Calls(
            credentials,
            endpoint,
            clock,
            self._exchange,
            token_url=token_url,
            redaction=self._redaction,
            patience=patience,
            report_limits=self.report_limits,
            shared_limits=shared_limits,
            tries=tries,
        )
        self._paging = Paging(self._calls, self._redaction)
        self.batches = Batches(self._calls, self._redaction)
        self.data_kiosk = DataKiosk(self._calls, self._check_address)
        self.notifications = Notifications(self._calls)

    def close(self) -> None:
        """Close the connections."""
        self._exchange.close()

    def seconds_until_ready(self, operation: str, calls: int = 1) -> float:
        """How long until `operation` may be called (so many times) without waiting; 0 for now."""
        return self._calls.seconds_until_ready(operation, calls)

    def marketplace_participations(self) -> list[Participation]:
        """Sellers v1 getMarketplaceParticipations: the seller's marketplaces, as Amazon has them.

        Entries that cannot be read are left out, with a warning.
        """
        return self._calls.call("getMarketplaceParticipations", _participations)

    def seller_account(self) -> SellerAccount:
        """Sellers v1 getAccount: the seller's business and its marketplaces."""
        return self._calls.call("getAccount", _of(_answers.SellerAccountAnswer)).payload

    def create_report(
        self,
        report_type: str,
        marketplace_id: str,
        window: tuple[datetime, datetime] | None,
        options: Mapping[str, str],
    ) -> str:
        """Reports 2021-06-30 createReport, tried once; answers the report id.

        Args:
            report_type: Such as `GET_MERCHANT_LISTINGS_ALL_DATA`.
            marketplace_id: The marketplace.
            window: dataStartTime and dataEndTime, aware; None where a type has none.
            options: reportOptions.

        It does not wait for the limit of its type, only for that of all types: others would wait behind
        it (see `report_limits`).

        Raises:
            RetryableError: It may succeed later. Amazon may have made the report all the same.
        """
        body: Json = {"reportType": report_type, "marketplaceIds": [marketplace_id]}
        if window:
            body["dataStartTime"], body["dataEndTime"] = window
        if options:
            body["reportOptions"] = dict(options)
        return self._calls.once("createReport", _of(_answers.CreatedReport), **body).report_id

    def cancel_report(self, report_id: str) -> None:
        """Reports 2021-06-30 cancelReport, tried once: a report that is in the queue is not made.

        Raises:
            RetryableError: It may succeed later.
            AmazonError: Amazon has begun to make it, or refuses the call.
        """
        self._calls.once("cancelReport", lambda _: None, report_id)

    def report(self, report_id: str) -> Report:
        """Reports 2021-06-30 getReport, tried once: the report's state.

        Raises:
            RetryableError: It may succeed later.
        """
        return self._calls.once("getReport", _of(_answers.Report), report_id)

    def reports(
        self, report_types: Sequence[str], marketplace_ids: Sequence[str], since: datetime
    ) -> Iterator[Json]:
        """Reports 2021-06-30 getReports, each page tried once: the reports created since then.

        At most 10 report types and 10 marketplaces, as Amazon limits them; without marketplaces, the
        reports of all of them and those that name none. Each report is as Amazon has
        it; `Report.of` reads one.

        Raises:
            RetryableError: It may succeed later.
            UnavailableError: The pages have no end.
        """
        parameters: Json = {
            "reportTypes": ",".join(report_types),
            "createdSince": since.isoformat(timespec="seconds"),
            "pageSize": 100,
        }
        if marketplace_ids:
            parameters["marketplaceIds"] = ",".join(marketplace_ids)
        return self._paging.reports(parameters)

    def order(self, order_id: str) -> Json:
        """Orders 2026-01-01 getOrder, tried once: an order with its lines, as Amazon has it.

        Raises:
            RetryableError: It may succeed later.
            NotFoundError: There is no such order.
        """
        return self._calls.once("getOrder", _of(_answers.OneOrder), order_id).order

    def report_document_url(self, document_id: str, *, restricted: bool = False) -> str:
        """Reports 2021-06-30 getReportDocument, tried once: a presigned URL, valid for 5 minutes.

        `restricted` asks with a restricted data token, as reports with buyers' data need.

        Raises:
            RetryableError: It may succeed later, or it gives an address that must not be called.
        """
        path = f"/reports/2021-06-30/documents/{document_id}" if restricted else ""
        found = self._calls.once(
            "getReportDocument", _of(_answers.ReportDocument), document_id, restricted=(path, ())
        )
        self._check_address("getReportDocument", found.url)
        return found.url

    def _check_address(self, operation: str, url: str) -> None:
        """Refuse a document's address that must not be called.

        Raises:
            RetryableError: It is one.
        """
        try:
            check_document_address(url, on_loopback=self._on_loopback, private=self._private)
        except AddressError as error:
            raise RetryableError(f"{operation} gave a document's address that {error}") from None

    def pages(
        self,
        name: str,
        parameters: Mapping[str, Any],
        reject: Callable[[object, str], object] | None = None,
    ) -> Iterator[list[Json]]:
        """The lists of an operation that answers in pages, page after page, as Amazon has the items.

        An item that is not what callers rely on costs itself alone. An answer without the list that
        Amazon's model requires is not an answer; where the model does not require it, the call is made
        once more, and then nothing is there.

        Args:
            name: One of `PAGED`.
            parameters: The operation's own.
            reject: Called with each item that cannot be relied on, and why (without a word of it); None
                for a warning.

        Raises:
            UnavailableError: Amazon does not answer, or pages have no end.
            PageTokenError: Amazon refuses the token of a page, as it does when it is expired.
            AmazonError: Amazon refuses the call. What came before has been handed out.
        """
        return self._paging.pages(name, parameters, reject)

    def counted_page(
        self,
        name: str,
        parameters: Mapping[str, Any],
        reject: Callable[[object, str], object] | None = None,
    ) -> CountedPage:
        """One page of an operation whose pages are requested by their offset.

        Args:
            name: listOfferMetrics or listOffers.
            parameters: The operation's own, the offset included.
            reject: As for `pages`.

        Raises:
            UnavailableError: Amazon does not answer.
            AmazonError: Amazon refuses the call.
        """
        return self._paging.counted_page(name, parameters, reject)

    def catalog_items(
        self, asins: Sequence[str], marketplace_id: str, datasets: Sequence[str]
    ) -> list[Json]:
        """Catalog Items 2022-04-01 searchCatalogItems for up to 20 ASINs of a marketplace: all pages.

        Each item is as Amazon has it, and has its `asin`; one that has none costs itself alone.

        Raises:
            UnavailableError: Amazon does not answer.
            IncompleteAnswerError: It gives fewer items than it says that it found.
        """
        answer = self.search_catalog(asins, "ASIN", marketplace_id, datasets)
        found = answer.items
        due = min(answer.number_of_results or 0, len(asins))
        came = len({item["asin"] for item in found})
        if came < due:
            raise IncompleteAnswerError(
                f"searchCatalogItems found {due} items and gave {came}.", found
            )
        return found

    def search_catalog(
        self,
        identifiers: Sequence[str],
        identifiers_type: str,
        marketplace_id: str,
        datasets: Sequence[str],
        *,
        seller_id: str = "",
    ) -> FoundItems:
        """Catalog Items 2022-04-01 searchCatalogItems for up to 20 identifiers of one type: all pages.

        Amazon does not say which identifier found which item; its data set `identifiers` may.

        Raises:
            UnavailableError: Amazon does not answer.
            AmazonError: Amazon refuses the call, as it does for one identifier that it does not like.
        """
        parameters: Json = {
            "identifiers": ",".join(identifiers),
            "identifiersType": identifiers_type,
            "marketplaceIds": marketplace_id,
            "includedData": ",".join(datasets),
        }
        if seller_id:
            parameters["sellerId"] = seller_id
        return search(self._calls, "searchCatalogItems", _answers.CatalogItem, parameters)

    def search_listings(
        self,
        seller_id: str,
        identifiers: Sequence[str],
        identifiers_type: str,
        marketplace_id: str,
        datasets: Sequence[str],
    ) -> FoundItems:
        """Listings Items 2021-08-01 searchListingsItems for up to 20 identifiers of one type: all pages.

        Raises:
            UnavailableError: Amazon does not answer.
            AmazonError: Amazon refuses the call.
        """
        parameters: Json = {
            "identifiers": ",".join(identifiers),
            "identifiersType": identifiers_type,
            "marketplaceIds": marketplace_id,
            "includedData": ",".join(datasets),
        }
        return search(
            self._calls, "searchListingsItems", _answers.ListingsItem, parameters, (seller_id,)
        )

    def retrying(self, function: Callable[[], T]) -> T:
        """Call `function` until it stops raising `RetryableError`, as often as calls are tried."""
        return self._calls.retrying(function)

    def download(
        self,
        url: str,
        write: Callable[[bytes], object],
        begin: Callable[[ContentInfo], object] = lambda _: None,
    ) -> ContentInfo:
        """Pass the raw body behind a presigned URL to `write` in pieces (no token, no quota).

        Before the first, `begin` is given what is known of the body.

        Raises:
            ExpiredUrlError: The URL is no longer valid.
            NotFoundError: The document is gone.
            RetryableError: Connection, status or length are not those of a complete document.
        """
        return download(self._exchange, url, write, begin)


def _of(kind: type[T]) -> Callable[[bytes], T]:
    """Reads an answer of a kind."""
    return partial(_answers.decode, kind=kind)


def _participations(body: bytes) -> list[Participation]:
    """The entries that can be read.

    Raises:
        RetryableError: There are entries, and none can be read.
    """
    entries = _answers.decode(body, _answers.Participations).payload
    found = []
    flaw = ""
    for entry in entries:
        if flaw := _answers.flaw(entry, _answers.Participation):
            warn_of_item("getMarketplaceParticipations", entry, flaw)
        else:
            found.append(msgspec.convert(entry, _answers.Participation))
    if entries and not found:
        raise RetryableError(f"gave an answer of another form ({flaw})")
    return found
