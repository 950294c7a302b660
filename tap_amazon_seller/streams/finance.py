"""Money: the transactions of orders, and settlements."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
from typing_extensions import override

from amazon_selling_partner import AmazonError, UnavailableError, marketplaces
from tap_amazon_seller import roles
from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.reports.definitions import Access, ReportDefinition, WindowRules
from tap_amazon_seller.reports.rows.batches import with_constants
from tap_amazon_seller.streams.deferred import Deferred
from tap_amazon_seller.streams.kinds.api_stream import ApiStream
from tap_amazon_seller.streams.kinds.emitted import Emitted
from tap_amazon_seller.streams.kinds.report_stream import LINE_NUMBER, ReportStream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.definitions import ReportStreamDefinition
    from tap_amazon_seller.reports.rows.flat_file import FlatFile
    from tap_amazon_seller.streams.kinds.api_stream import Found

REPORTS: tuple[ReportStreamDefinition, ...] = ()
STATUS = "transactionStatus"
US = marketplaces.BY_COUNTRY["US"].id
DEFERRED = "deferred"
"""In the state of a partition: what of it is still to be released (see `Deferred`)."""
ALLOWED = timedelta(days=179)
"""How far back one question reaches: Amazon answers with nothing where it is more than 180 days."""


class OrderFinancialEvents(ApiStream):
    """What orders have brought and cost: shipments, refunds and fees, with their breakdowns."""

    name = "order_financial_events"
    primary_keys = ("marketplace_id", "transaction_id")
    replication_key = "posted_date"
    selected_by_default = False
    role = roles.FINANCE
    source = "Finances 2024-06-19"
    operation = "listTransactions"
    window_parameters = ("postedAfter", "postedBefore")
    max_window = timedelta(
        days=30
    )  # Amazon allows 180; a sync that is stopped begins its window again
    overlap = timedelta(
        days=14
    )  # events are 48 hours late, and held back for a week or so after that
    retention = timedelta(days=729)
    delay = timedelta(minutes=3)  # both dates must be more than two minutes ago

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        """The marketplaces; the US last, whose question names none and has what the others have, too."""
        found = super().partitions or []
        return sorted(found, key=lambda each: each["marketplace_id"] == US)

    @override
    def parameters(self, marketplace: Marketplace | None) -> dict[str, Any]:
        """The marketplace, but for the US, where naming it leaves out the orders that sellers ship.

        "If you want to retrieve MFN orders in the US store, do not supply the marketplaceId parameter."
        """
        if marketplace is None or marketplace.id == US:
            return {}
        return {"marketplaceId": marketplace.id}

    @override
    def begin_window(self) -> None:
        """Number equal transactions without an id: they were posted at one instant, so in one window."""
        self._equal: Counter[str] = Counter()

    @override
    def records_before_windows(self, marketplace: Marketplace | None) -> Iterator[Record]:
        """Transactions from before the look-back that were deferred, and may have been released since.

        Business buyers pay by invoice, 30 days later and more. The state has the oldest one that is
        deferred, and when the first of them is to be released; until then nothing is asked.
        """
        now = self.account.now()
        self._deferred, self._still_deferred = Deferred(), Deferred()
        if self.bookmark_of(marketplace) is None:
            return
        state = self.partition_state(marketplace)
        known = self._deferred = Deferred.from_state(state.get(DEFERRED), now - ALLOWED)
        if not known.is_due(now):
            return
        start = max(known.oldest or now, now - ALLOWED).replace(microsecond=0)
        until = self.due_from(marketplace, now)
        try:
            # Deferred ones first: one that is released meanwhile comes in both answers, else in none.
            for self._status in ("DEFERRED", "DEFERRED_RELEASED") if start < until else ():
                yield from self._window_records(
                    start, until, marketplace, Emitted(self.primary_keys)
                )
        except (AmazonError, UnavailableError) as error:
            self.leave_out(marketplace, f"deferred transactions could not be read ({error})")
            return
        finally:
            self._status = ""
        # What is still deferred has been noted on the way.
        self._deferred = Deferred()
        self._keep_deferred(marketplace)

    _status = ""

    @override
    def asked(
        self, start: datetime, end: datetime, marketplace: Marketplace | None
    ) -> Iterator[Found]:
        """What a window holds, of all transactions or of those of one status."""
        asked = {**self.parameters(marketplace), **self.window(start, end)}
        if self._status:
            asked[STATUS] = self._status
        yield from self.pages(asked)

    @override
    def window_is_read(self, marketplace: Marketplace | None) -> None:
        """Keep what is deferred in the state, before the bookmark passes it."""
        self._keep_deferred(marketplace)

    def _keep_deferred(self, marketplace: Marketplace | None) -> None:
        self._tap.message_writer.hand_over()
        found = self._deferred.joined(self._still_deferred)
        self.partition_state(marketplace)[DEFERRED] = found.to_state()

    @override
    def records_of_item(self, item: Record, marketplace: Marketplace | None) -> Iterator[Record]:
        """The transaction, with the order that it is about; none of another marketplace."""
        assert marketplace is not None  # noqa: S101 - the stream has partitions
        digest = _digest(item)
        if not self._is_of(item, marketplace, digest):
            self.account.tally.note_passed_over(self.name, marketplace.id)
            return
        transaction_id = item.get("transactionId")
        if not transaction_id:
            self._equal[digest] += 1
            number = self._equal[digest]
            transaction_id = digest if number == 1 else f"{digest}-{number}"
        if item.get(STATUS) == "DEFERRED":
            self._still_deferred = self._still_deferred.joined(Deferred.of(item))
        for record in super().records_of_item(item, marketplace):
            record["transaction_id"] = transaction_id
            record["amazon_order_id"] = next(
                (
                    related.get("relatedIdentifierValue")
                    for related in item.get("relatedIdentifiers") or ()
                    if related.get("relatedIdentifierName") == "ORDER_ID"
                ),
                None,
            )
            yield record

    def _is_of(self, item: Record, marketplace: Marketplace, digest: str) -> bool:
        """Whether a transaction is emitted with this marketplace.

        It is with the one that it names. One that names none, or none that is known, is with the one
        that was requested, the first time that it comes, so that it is never in several.
        """
        details, seller = item.get("marketplaceDetails"), item.get("sellingPartnerMetadata")
        named = (details or {}).get("marketplaceId") or (seller or {}).get("marketplaceId")
        if named in marketplaces.BY_ID:
            return bool(named == marketplace.id)
        placed: dict[str, str] = self.account.once((self.name, "placed"), dict)
        of = item.get("transactionId") or digest
        return placed.setdefault(of, marketplace.id) == marketplace.id

    @override
    def all_is_read(self, marketplace: Marketplace | None) -> None:
        """Report what was of other marketplaces."""
        assert marketplace is not None  # noqa: S101 - the stream has partitions
        count = self.account.tally.passed_over_of(self.name, marketplace.id)
        if count:
            self.logger.info(
                "%s of %s: %d transactions passed over, of other marketplaces or given twice.",
                self.operation, marketplace.country, count,
            )  # fmt: skip


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
        Access(roles.FINANCE),
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
