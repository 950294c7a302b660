"""What Amazon would charge for a sale of each listing at its price."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from amazon_selling_partner import FEES_ESTIMATES, FeesQuestion
from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.reports.text.headers import snake_case
from tap_amazon_seller.streams.kinds.conform import UnfitError
from tap_amazon_seller.streams.prices.listings import named_asins
from tap_amazon_seller.streams.prices.priced_stream import MOST_NAMED, PricedStream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner import BatchEntry
    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.streams.prices.listings import Listing

FEE_TYPES = {"referral_fee": "ReferralFee", "fba_fees": "FBAFees"}
ANY_PRICE = Decimal(10)
"""Of the question of `--test`."""


class FeeEstimates(PricedStream):
    """Amazon's estimated fees for the sale of a unit of each SKU at its listed price."""

    name = "fee_estimates"
    primary_keys = ("marketplace_id", "sku")
    source = "Product Fees v0"
    operation = FEES_ESTIMATES
    cost = "1 call for 20 SKUs of a marketplace"
    id_name = "sku"

    @override
    def questions(self, listings: Sequence[Listing], marketplace: Marketplace) -> dict[str, Any]:
        """Each SKU that has a price; fees depend on it."""
        priced = {each.sku: each for each in listings if each.price is not None}
        self._note_listed({each.sku for each in listings}, marketplace)
        if lacking := len({each.sku for each in listings} - priced.keys()):
            self.account.tally.note_passed_over(self.name, marketplace.id, lacking)
            self.logger.info(
                "%s of %s: %d listings have no price, so fees are not estimated for them.",
                self.operation, marketplace.country, lacking,
            )  # fmt: skip
        return priced

    def _note_listed(self, skus: AbstractSet[str], marketplace: Marketplace) -> None:
        """Once all marketplaces have been read: name the SKUs of the setting that are in none."""
        self._listed[marketplace.country] = skus
        places = self.account.marketplaces
        if len(self._listed) < len(places):
            return
        wanted = self.account.settings.price_items
        known = {*named_asins(wanted)}.union(*self._listed.values())
        missing = [each for each in wanted if each not in known]
        if missing:
            more = ", ..." if len(missing) > MOST_NAMED else ""
            self.logger.warning(
                "Setting 'price_items' names %d SKUs that are not listed in %s, so fees are not "
                "estimated for them: %s%s; correct them, or leave them out.",
                len(missing), ", ".join(each.country for each in places),
                ", ".join(missing[:MOST_NAMED]), more,
            )  # fmt: skip

    @cached_property
    def _listed(self) -> dict[str, AbstractSet[str]]:
        """The SKUs that are wanted and listed, by country."""
        return {}

    @override
    def shown_id(self, question: Any) -> str:
        return str(question.sku)

    @override
    def entries(self, batch: Mapping[str, Any], marketplace: Marketplace) -> list[BatchEntry]:
        """The estimates of some listings; a number, not the SKU's text, says which is which."""
        ids = dict(enumerate(batch))
        asked = [
            FeesQuestion(
                identifier=str(number),
                sku=batch[sku].sku,
                price=batch[sku].price or ANY_PRICE,
                currency=marketplace.currency,
                is_amazon_fulfilled=batch[sku].is_amazon_fulfilled,
            )
            for number, sku in ids.items()
        ]
        by_number = {str(number): sku for number, sku in ids.items()}
        found = self.account.client.batches.fees_estimates(asked, marketplace.id)
        return [each.of(by_number.get(each.id, each.id)) for each in found]

    @override
    def record_of(self, entry: BatchEntry, question: Any, marketplace: Marketplace) -> Record:
        """The estimate with its details; the usual fees in properties of their own."""
        estimate = entry.content.get("FeesEstimate") or {}
        details = estimate.get("FeeDetailList") or []
        total = estimate.get("TotalFeesEstimate") or {}
        if not isinstance(details, list) or not isinstance(total, dict):
            raise UnfitError("FeeDetailList or TotalFeesEstimate has another form")
        final = {
            each.get("FeeType"): (each.get("FinalFee") or {}).get("Amount")
            for each in details
            if isinstance(each, dict)
        }
        others = {snake_case(name): value for name, value in estimate.items()}
        others.pop("total_fees_estimate", None)
        return {
            **others,
            "sku": question.sku,
            "asin": question.asin,
            "is_amazon_fulfilled": question.is_amazon_fulfilled,
            "listing_price": float(question.price),
            "currency": total.get("CurrencyCode") or marketplace.currency,
            "total_fees": total.get("Amount"),
            "time_of_fees_estimation": _instant(estimate.get("TimeOfFeesEstimation")),
            **{name: final.get(fee_type) for name, fee_type in FEE_TYPES.items()},
        }


def _instant(text: object) -> str | None:
    """When Amazon has estimated: ISO 8601, or as the example in its model writes it.

    >>> _instant("Mon Oct 28 18:49:32 UTC 2019")
    '2019-10-28T18:49:32+00:00'
    """
    if not isinstance(text, str):
        return None
    try:
        found = datetime.strptime(text, "%a %b %d %H:%M:%S UTC %Y").replace(tzinfo=UTC)
    except ValueError:
        parsed = parse_instant(text)
        return parsed.isoformat() if parsed else None
    return found.isoformat()
