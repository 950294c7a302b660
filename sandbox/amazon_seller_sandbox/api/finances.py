"""Finances 2024-06-19: listTransactions, page by page and late."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.clock import DAY, iso, parse_instant
from amazon_seller_sandbox.refusals import invalid_input
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.world.accounts import ROLE_FINANCE, US
from amazon_seller_sandbox.world.settlement_periods import settlement_id
from amazon_seller_sandbox.world.shipments import in_currency
from amazon_seller_sandbox.world.transactions import REFUND, SHIPMENT, releases, transactions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amazon_seller_sandbox.api.operation import Call, Json
    from amazon_seller_sandbox.world.accounts import Account, Marketplace
    from amazon_seller_sandbox.world.transactions import Item, Part, Transaction
    from amazon_seller_sandbox.world.truth import Record
    from amazon_seller_sandbox.world.world import Business, World

PAGE_SIZE = 50
LONGEST = 180 * DAY
OLDEST = 730 * DAY
YOUNGEST = 120
"""Both ends of what is requested must be older than two minutes (seconds)."""
DEFERRED, DEFERRED_RELEASED, RELEASED = "DEFERRED", "DEFERRED_RELEASED", "RELEASED"
STATUSES = (DEFERRED, DEFERRED_RELEASED, RELEASED)
FILTERS = ("ORDER_ID", "FINANCIAL_EVENT_GROUP_ID")


@dataclass(frozen=True, slots=True)
class Asked:
    """What one call requests."""

    since: float
    until: float
    market: Marketplace | None
    status: str
    identifier: tuple[str, str]


def status(transaction: Transaction, as_of: float) -> str:
    """Return the transactionStatus as of an instant."""
    if transaction.released == transaction.posted:
        return RELEASED
    return DEFERRED_RELEASED if transaction.released <= as_of else DEFERRED


def shape(transaction: Transaction, account: Account, as_of: float) -> dict[str, Any]:
    """Return a transaction as the API says it."""
    market = transaction.market
    found: dict[str, Any] = {
        "sellingPartnerMetadata": {
            "sellingPartnerId": account.seller_id,
            "accountType": "Standard Orders",
            "marketplaceId": market.id,
        },
        "relatedIdentifiers": [
            {"relatedIdentifierName": name, "relatedIdentifierValue": value}
            for name, value in _identifiers(transaction, account)
        ],
        "transactionType": transaction.kind,
        "transactionId": transaction.id,
        "transactionStatus": status(transaction, as_of),
        "description": transaction.description,
        "postedDate": iso(transaction.posted).replace("+00:00", "Z"),
        "totalAmount": _money(transaction.total, market),
        "marketplaceDetails": {"marketplaceId": market.id, "marketplaceName": market.name},
        "items": [_item(item, transaction) for item in transaction.items],
        "contexts": [],
        "breakdowns": _breakdowns(transaction.parts, market),
    }
    if transaction.released != transaction.posted:
        matured = iso(transaction.released).replace("+00:00", "Z")
        is_invoiced = transaction.order is not None and transaction.order.is_business
        reason = "B2B" if is_invoiced else "DD7"
        found["contexts"] = [
            {"contextType": "DeferredContext", "deferralReason": reason, "maturityDate": matured}
        ]
    return found


def _identifiers(transaction: Transaction, account: Account) -> Iterator[tuple[str, str]]:
    if transaction.order is not None:
        yield "ORDER_ID", transaction.order.order_id
    if transaction.kind == SHIPMENT and transaction.order is not None:
        yield "SHIPMENT_ID", f"D{transaction.order.number * 2:010d}"
    if transaction.kind == REFUND and transaction.order is not None:
        yield "REFUND_ID", f"{transaction.order.number * 3 + 10**9}"
    settled = settlement_id(account, transaction.market, transaction.released)
    yield "FINANCIAL_EVENT_GROUP_ID", sha256(settled.encode()).hexdigest()[:43]


def _item(item: Item, transaction: Transaction) -> dict[str, Any]:
    market = transaction.market
    order = transaction.order
    fba = order is not None and order.channel == "Amazon"
    found: dict[str, Any] = {
        "description": item.line.title,
        "relatedIdentifiers": [],
        "totalAmount": _money(sum(part.amount for part in item.parts), market),
        "breakdowns": _breakdowns(item.parts, market),
        "contexts": [
            {
                "contextType": "ProductContext",
                "asin": item.line.asin,
                "sku": item.line.sku,
                "quantityShipped": item.quantity,
                "fulfillmentNetwork": "AFN" if fba else "MFN",
            }
        ],
    }
    if transaction.kind == REFUND:
        found["relatedIdentifiers"] = [
            {
                "itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID",
                "itemRelatedIdentifierValue": f"{item.line.item_id}9",
            }
        ]
    return found


def _breakdowns(parts: tuple[Part, ...] | list[Part], market: Marketplace) -> list[dict[str, Any]]:
    """Return the tree of sides, groups and kinds; every node is the sum of those below it."""
    tree: dict[str, dict[str, dict[str, int]]] = {}
    for part in parts:
        kinds = tree.setdefault(part.side, {}).setdefault(part.group, {})
        kinds[part.kind] = kinds.get(part.kind, 0) + part.amount
    return [
        {
            "breakdownType": side,
            "breakdownAmount": _money(
                sum(sum(kinds.values()) for kinds in groups.values()), market
            ),
            "breakdowns": [
                {
                    "breakdownType": group,
                    "breakdownAmount": _money(sum(kinds.values()), market),
                    "breakdowns": [
                        {
                            "breakdownType": kind,
                            "breakdownAmount": _money(amount, market),
                            "breakdowns": [],
                        }
                        for kind, amount in kinds.items()
                    ],
                }
                for group, kinds in groups.items()
            ],
        }
        for side, groups in tree.items()
    ]


def _money(minor: int, market: Marketplace) -> dict[str, Any]:
    return {"currencyCode": market.currency, "currencyAmount": in_currency(minor, market)}


async def _list_transactions(call: Call) -> Json:
    world, account = call.sandbox.world, call.grant.account
    given = {name: values[-1] for name, values in call.query.items()}
    asked = _asked(given, account, world.clock.now())
    begin = _position(given)
    as_of = world.data_time.now()
    found = _found(world, world.businesses[account.key], asked, as_of)
    # The first page of any list is empty: "this operation can return empty pages".
    page = found[begin : begin + PAGE_SIZE] if begin >= 0 else []
    after = max(begin, 0) + len(page)
    payload: dict[str, Any] = {"transactions": [shape(each, account, as_of) for each in page]}
    if after < len(found):
        payload["nextToken"] = _token(given, after)
    return {"payload": payload}


def _asked(given: Mapping[str, str], account: Account, now: float) -> Asked:
    """Read the parameters.

    Raises:
        Refusal: 400, they are not those of Amazon's model.
    """
    name, value = given.get("relatedIdentifierName", ""), given.get("relatedIdentifierValue", "")
    if name and (name not in FILTERS or not value):
        raise invalid_input("Invalid Input: relatedIdentifier is not one that can be requested.")
    if "postedAfter" not in given and not name:
        raise invalid_input("Invalid Input: postedAfter or a related identifier is required.")
    latest = now - YOUNGEST
    until = _instant(given, "postedBefore") if "postedBefore" in given else latest
    since = now - OLDEST + DAY
    if "postedAfter" in given:
        since = _instant(given, "postedAfter")
    # The answer's Date header has full seconds: allow for what it cuts off.
    if max(since, until) > latest + 1:
        raise invalid_input("Invalid Input: dates must be more than two minutes before now.")
    if "postedAfter" in given and since >= until:
        raise invalid_input("Invalid Input: postedBefore must be later than postedAfter.")
    if since < now - OLDEST:
        raise invalid_input("Invalid Input: postedAfter must not be more than two years ago.")
    wanted = given.get("transactionStatus", "")
    if wanted and wanted not in STATUSES:
        raise invalid_input("Invalid Input: transactionStatus is not one of the allowed values.")
    market = None
    if "marketplaceId" in given:
        market = account.marketplace(given["marketplaceId"])
        if market is None:
            raise invalid_input("Invalid Input: marketplaceId is not one of the seller's.")
    return Asked(since, until, market, wanted, (name, value))


def _instant(given: Mapping[str, str], name: str) -> float:
    try:
        return parse_instant(given[name])
    except ValueError as error:
        raise invalid_input(f"Invalid Input: {name} is not a valid ISO 8601 date-time.") from error


def _found(world: World, business: Business, asked: Asked, as_of: int) -> list[Transaction]:
    if asked.until - asked.since > LONGEST and not asked.identifier[0]:
        return []
    account = business.account
    markets = account.marketplaces if asked.market is None else (asked.market,)
    ids = frozenset(each.id for each in markets)
    return [
        each
        for each in _posted(world, account.key, asked.since, asked.until, ids)
        if each.seen <= as_of
        and not (asked.market is US and _is_of_seller(each))
        and asked.status in {"", status(each, as_of)}
        and (not asked.identifier[0] or asked.identifier in _identifiers(each, account))
    ]


@lru_cache(maxsize=8)  # each page of them is of the same list
def _posted(
    world: World, account_key: str, since: float, until: float, markets: frozenset[str]
) -> tuple[Transaction, ...]:
    """Return what was posted in a stretch, releases of held-back money among it, oldest first."""
    business = world.businesses[account_key]
    found = [find(world, business, since, until, markets) for find in (transactions, releases)]
    every = (each for part in found for each in part)
    return tuple(sorted(every, key=lambda each: (each.posted, each.id)))


def _is_of_seller(transaction: Transaction) -> bool:
    """Whether the seller shipped it: in the US these are reported only where no marketplace is named."""
    return transaction.order is not None and transaction.order.channel != "Amazon"


def _position(given: Mapping[str, str]) -> int:
    """Return where the page begins; -1 for the first.

    Raises:
        Refusal: 400, the token is not one of this call's.
    """
    token = given.get("nextToken")
    if token is None:
        return -1
    try:
        seal, position = json.loads(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise invalid_input("Invalid Input: nextToken is invalid.") from error
    if seal != _seal(given):
        raise invalid_input("Invalid Input: nextToken belongs to a call with other parameters.")
    return int(position)


def _token(given: Mapping[str, str], position: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([_seal(given), position]).encode()).decode()


def _seal(given: Mapping[str, str]) -> str:
    asked = sorted((name, value) for name, value in given.items() if name != "nextToken")
    return sha256(json.dumps(asked).encode()).hexdigest()


def _true_events(world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    ids = frozenset(each.id for each in business.account.marketplaces)
    oldest = max(since, world.history_start, as_of - OLDEST)
    for each in _posted(world, business.account.key, oldest, as_of + 1, ids):
        if each.seen <= as_of:
            told = shape(each, business.account, as_of)
            yield {
                "marketplace_id": each.market.id,
                "transaction_id": told["transactionId"],
                "transaction_type": told["transactionType"],
                "transaction_status": told["transactionStatus"],
                "description": told["description"],
                "posted_date": told["postedDate"],
                "amazon_order_id": each.order.order_id if each.order else None,
                "total_amount": told["totalAmount"],
                "related_identifiers": told["relatedIdentifiers"],
                "selling_partner_metadata": told["sellingPartnerMetadata"],
                "marketplace_details": told["marketplaceDetails"],
                "items": told["items"],
                "contexts": told["contexts"],
                "breakdowns": told["breakdowns"],
            }


OPERATIONS = (
    Operation(
        "listTransactions",
        "GET",
        "/finances/2024-06-19/transactions",
        Rate(0.5, 10),
        200,
        _list_transactions,
        role=ROLE_FINANCE,
    ),
)
TRUTH = {"order_financial_events": _true_events}
