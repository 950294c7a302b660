"""The account itself: who the seller is, where the seller sells, and the reports that Amazon made."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from amazon_selling_partner import Business
from tap_amazon_seller import roles
from tap_amazon_seller.reports.definitions import Audience
from tap_amazon_seller.reports.requests.existing_reports import (
    LONGEST,
    MOST_MARKETPLACES,
    MOST_TYPES,
)
from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream
from tap_amazon_seller.streams.kinds.report_stream import ReportStream
from tap_amazon_seller.streams.kinds.shared_api_stream import SharedApiStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace


class Marketplaces(AmazonStream):
    """The seller's marketplaces and whether they are open (Sellers v1)."""

    name = "marketplaces"
    primary_keys = ("marketplace_id",)
    role = roles.INSIGHTS
    source = "Sellers v1"

    @property
    @override
    def audience(self) -> Audience:
        """Sellers v1 is not for vendors."""
        return Audience.SELLERS

    @override
    def marketplace_records(self, marketplace: Marketplace) -> Iterator[Record]:
        """The one record of a marketplace."""
        for answer in self.account.participations:
            place, participation = answer.marketplace, answer.participation
            if place.id == marketplace.id:
                yield {
                    "marketplace_id": place.id,
                    "country_code": place.country_code,
                    "name": place.name,
                    "default_currency_code": place.default_currency_code,
                    "default_language_code": place.default_language_code,
                    "domain_name": place.domain_name,
                    "store_name": answer.store_name,
                    "is_participating": participation and participation.is_participating,
                    "has_suspended_listings": participation
                    and participation.has_suspended_listings,
                }


class Account(AmazonStream):
    """The seller's business and selling plan (Sellers v1); contact and addresses with `include_pii`."""

    name = "account"
    # Amazon gives no id of the account. A business is one in its region; individuals have no business.
    primary_keys = ("region", "business_name")
    role = roles.INSIGHTS
    source = "Sellers v1"

    @property
    @override
    def audience(self) -> Audience:
        """Sellers v1 is not for vendors."""
        return Audience.SELLERS

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        """None: there is one account."""
        return None

    @override
    def records_of(self, marketplace: Marketplace | None) -> Iterator[Record]:
        """The one record of the account."""
        answer = self.account.client.seller_account()
        business = answer.business or Business()
        record: Record = {
            "region": self.account.marketplaces[0].region,
            "business_name": business.name or "",
            "business_type": answer.business_type,
            "selling_plan": answer.selling_plan,
            "non_latin_name": business.non_latin_name,
            "company_registration_number": business.company_registration_number,
            "company_tax_identification_number": business.company_tax_identification_number,
            "marketplace_ids": answer.marketplace_ids,
        }
        if self.account.settings.include_pii:
            record["registered_business_address"] = business.registered_business_address
            record["primary_contact"] = answer.primary_contact
        yield record


class Reports(SharedApiStream):
    """The account's reports and what became of them, whoever asked (setting `report_types`)."""

    name = "reports"
    # A report's id is the seller's own. That of several marketplaces is listed with the first of them.
    primary_keys = ("marketplace_id", "report_id")
    replication_key = "created_time"
    selected_by_default = False
    role = "that the report types need"
    source = "Reports 2021-06-30"
    operation = "getReports"
    window_parameters = ("createdSince", "createdUntil")
    max_window = LONGEST
    overlap = timedelta(days=1)  # until it is finished, a report changes
    retention = LONGEST
    delay = timedelta(0)

    @property
    @override
    def audience(self) -> Audience:
        """Sellers and vendors have reports."""
        return Audience.ALL

    @override
    def calls(self, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        """One for each 10 report types and 10 marketplaces: getReports takes no more."""
        settings = self.account.settings
        places = [marketplace.id for marketplace in self.account.marketplaces]
        for types in _batches(settings.report_types or self._known_types(), MOST_TYPES):
            for ids in _batches(places, MOST_MARKETPLACES):
                asked = {
                    "reportTypes": ",".join(types),
                    "marketplaceIds": ",".join(ids),
                    "pageSize": 100,
                    **self.window(start, end),
                }
                if settings.processing_statuses:
                    asked["processingStatuses"] = ",".join(settings.processing_statuses)
                yield asked

    @override
    def place_of(self, item: Record) -> Marketplace | None:
        """The first of the report's marketplaces that are synced; the first, if it names none.

        `marketplaceIds` is optional in Amazon's model.
        """
        ids = item.get("marketplaceIds") or []
        if not ids:
            return self.account.marketplaces[0]
        return next((each for each in self.account.marketplaces if each.id in ids), None)

    @override
    def records_of_item(self, item: Record, marketplace: Marketplace | None) -> Iterable[Record]:
        """The report, under the first of its marketplaces, be it synced or not."""
        first = next(iter(item.get("marketplaceIds") or ()), None)
        for record in super().records_of_item(item, marketplace):
            yield {**record, "marketplace_id": first or record["marketplace_id"]}

    def _known_types(self) -> list[str]:
        """The report types of all streams, so that the list does not depend on the selection."""
        return sorted(
            {
                stream.definition.report_type
                for stream in self._tap.streams.values()
                if isinstance(stream, ReportStream) and not stream.definition.query
            }
        )


def _batches(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for first in range(0, len(values), size):
        yield values[first : first + size]
