"""Money: the transactions of orders, and settlements."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
from typing_extensions import override

from amazon_selling_partner import marketplaces
from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.reports.definitions import Access, ReportDefinition, WindowRules
from tap_amazon_seller.reports.rows.batches import with_constants
from tap_amazon_seller.streams.kinds.api_stream import ApiStream
from tap_amazon_seller.streams.kinds.report_stream import LINE_NUMBER, ReportStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.definitions import ReportStreamDefinition
    from tap_amazon_seller.reports.rows.flat_file import FlatFile

FINANCE = "Finance and Accounting"
REPORTS: tuple[ReportStreamDefinition, ...] = ()
STATUS = "transactionStatus"


class OrderFinancialEvents(ApiStream):
    """What orders have brought and cost: shipments, refunds and fees, with their breakdowns."""

    name = "order_financial_events"
    primary_keys = ("marketplace_id", "transaction_id")
    replication_key = "posted_date"
    selected_by_default = False
    role = FINANCE
    source = "Finances 2024-06-19"
    operation = "listTransactions"
    window_parameters = ("postedAfter", "postedBefore")
    max_window = timedelta(
        days=30
    )  # Amazon allows 180; a sync that is stopped begins its window anew
    overlap = timedelta(
        days=14
    )  # events are 48 hours late, and held back for a week or so after that
    retention = timedelta(days=729)
    delay = timedelta(minutes=3)  # both dates must be more than two minutes ago

    @override
    def parameters(self, marketplace: Marketplace | None) -> dict[str, Any]:
        """The marketplace, but for the US, where naming it leaves out the orders that sellers ship.

        "If you want to retrieve MFN orders in the US store, do not supply the marketplaceId parameter."
        """
        if marketplace is None or marketplace.country == "US":
            return {}
        return {"marketplaceId": marketplace.id}

    @override
    def records_of_item(self, item: Record, marketplace: Marketplace | None) -> Iterator[Record]:
        """The transaction, with the order that it is about; none of another marketplace."""
        details, seller = item.get("marketplaceDetails"), item.get("sellingPartnerMetadata")
        own = (details or {}).get("marketplaceId") or (seller or {}).get("marketplaceId")
        if marketplace and own in marketplaces.BY_ID and own != marketplace.id:
            return
        for record in super().records_of_item(item, marketplace):
            record["transaction_id"] = item.get("transactionId") or _digest(item)
            record["amazon_order_id"] = next(
                (
                    related.get("relatedIdentifierValue")
                    for related in item.get("relatedIdentifiers") or ()
                    if related.get("relatedIdentifierName") == "ORDER_ID"
                ),
                None,
            )
            yield record


def _digest(item: Record) -> str:
    """What identifies a transaction that has no id, which Amazon's model allows: all but its status."""
    lasting = {name: value for name, value in item.items() if name != STATUS}
    return hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).hexdigest()


class Settlements(ReportStream):
    """What Amazon settles every two weeks, row by row; a settlement's first row is its summary."""

    name = "settlements"
    primary_keys = ("marketplace_id", "settlement_id", "line_number")
    replication_key = "posted_date_time"
    required_columns = ("settlement_id", "total_amount", "amount")
    selected_by_default = False
    definition = ReportDefinition(
        "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
        Access(FINANCE),
        window=WindowRules(overlap=timedelta(days=1), retention=timedelta(days=89)),
        is_scheduled=True,
    )

    @override
    def file_batches(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Any]:
        """The rows, numbered, with id and currency of the settlement, which the summary names."""
        self.describe(flat_file)
        names = [name for name in ("settlement_id", "currency") if name in flat_file.header.names]
        last: dict[str, str | None] = {"settlement_id": ""}
        count = 0
        for rows in flat_file.batches():
            batch = with_constants(rows, {"marketplace_id": marketplace.id})
            for name in names:
                # What stands in no row of this batch so far stood above it.
                column = pc.fill_null_forward(batch.column(name)).fill_null(
                    pa.scalar(last.get(name), pa.string())
                )
                at = batch.schema.get_field_index(name)
                batch = batch.set_column(at, batch.schema.field(at), column)
                last[name] = column[-1].as_py() if len(column) else last.get(name)
            numbers = pa.array(range(count + 1, count + 1 + batch.num_rows), pa.int64())
            count += batch.num_rows
            yield batch.append_column(LINE_NUMBER, numbers)
