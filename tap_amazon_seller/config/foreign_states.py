"""States that are not this tap's: of other connectors, of other taps, of another account.

A sync from one would begin at `start_date` or, worse, where another account stood. Each is reported in
one sentence. Sources of the forms: hotgluexyz/tap-amazon-seller (`streams.py`), airbytehq/airbyte
(`source-amazon-seller-partner`, its sample states and the Airbyte protocol).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from amazon_selling_partner import marketplaces
from tap_amazon_seller.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    Json = dict[str, Any]

HOTGLUE, AIRBYTE = "hotglue", "airbyte"
CONNECTORS = {HOTGLUE: "hotglue's tap-amazon-seller", AIRBYTE: "Airbyte's Amazon source"}
OF_HOTGLUE = frozenset(
    {
        "fba_inventory_ledger_detailed", "list_transactions", "orderaddress", "orderbuyerinfo",
        "orderfinancialevents", "orderitems", "product_catalog_details",
        "vendor_fulfilment_customer_invoices", "vendor_fulfilment_purchase_orders",
    }
)  # fmt: skip
"""Streams of hotglue's tap whose names this tap does not have."""
CURSORS_OF_HOTGLUE = frozenset({"Date", "LastUpdateDate", "postedDate", "shipment-date"})
OF_AIRBYTE = frozenset(
    {
        "FbaInboundShipmentItems", "FbaInboundShipments", "ListFinancialEventGroups",
        "ListFinancialEvents", "OrderItems", "Orders", "VendorDirectFulfillmentShipping",
        "VendorOrders", "VendorOrdersStatus",
    }
)  # fmt: skip
"""Streams of Airbyte's source that are not named as report types."""
ENVELOPES = (
    "connectionState", "global", "globalState", "state", "stream", "streamState", "streamStates",
    "stream_states",
)  # fmt: skip
"""What of Airbyte's state holds more of it."""
DEEPEST = 6
MOST_NAMED = 3
ACCOUNT = "account"
"""The key of the state, beside `bookmarks`, with what says the account from others."""
STORES, SELLING_PARTNER = "stores", "selling_partner"
DIGITS = 16


def origin(state: object) -> str | None:
    """The connector that a state is of, where it is one that `migrate` knows."""
    if next(airbyte_streams(state), None):
        return AIRBYTE
    return HOTGLUE if _is_of_hotglue(state) else None


def airbyte_streams(state: object, depth: int = 0) -> Iterator[tuple[str, Json]]:
    """The streams of Airbyte's state, in each of its forms, with what it keeps of them.

    The protocol's messages, the list of them that a connection keeps, what its API and its page of
    settings show, and the object by stream that its first releases had.
    """
    if depth > DEEPEST:
        return
    if isinstance(state, list):
        for entry in state:
            yield from airbyte_streams(entry, depth + 1)
    if not isinstance(state, dict):
        return
    for inner in ENVELOPES:
        if isinstance(state.get(inner), dict | list):
            yield from airbyte_streams(state[inner], depth + 1)
    descriptor = state.get("stream_descriptor") or state.get("streamDescriptor")
    if isinstance(descriptor, dict) and isinstance(descriptor.get("name"), str):
        kept = state.get("stream_state") or state.get("streamState")
        yield descriptor["name"], kept if isinstance(kept, dict) else {}
    for name, kept in state.items():
        if isinstance(kept, dict) and (name in OF_AIRBYTE or name.startswith("GET_")):
            yield name, kept


def _is_of_hotglue(state: object) -> bool:
    """By its streams, its replication keys, or marketplaces that are country codes."""
    bookmarks = state.get("bookmarks") if isinstance(state, dict) else None
    if not isinstance(bookmarks, dict):
        return False
    if bookmarks.keys() & OF_HOTGLUE:
        return True
    for place in _places(bookmarks):
        context = place.get("context")
        named = context.get("marketplace_id") if isinstance(context, dict) else None
        cursor = place.get("replication_key")
        is_its_cursor = isinstance(cursor, str) and cursor in CURSORS_OF_HOTGLUE
        if is_its_cursor or (isinstance(named, str) and named in marketplaces.BY_COUNTRY):
            return True
    return False


def _places(bookmarks: Mapping[str, Any]) -> Iterator[Json]:
    for bookmark in bookmarks.values():
        if isinstance(bookmark, dict):
            yield bookmark
            partitions = bookmark.get("partitions")
            found = partitions if isinstance(partitions, list) else []
            yield from (each for each in found if isinstance(each, dict))


def refuse_of_connectors(state: object, what: str) -> None:
    """Refuse a state of hotglue's tap or Airbyte's source, which `migrate` converts.

    Raises:
        ConfigurationError: It is one.
    """
    if found := origin(state):
        raise ConfigurationError(
            f"{what} is of {CONNECTORS[found]}; 'tap-amazon-seller migrate CONFIG STATE' makes a "
            "configuration and a state of this tap from it."
        )


def refuse_of_other_taps(
    state: Mapping[str, Any], streams: Collection[str], partitioned: Collection[str]
) -> None:
    """Refuse a state with bookmarks that this tap cannot continue from.

    Args:
        state: The state.
        streams: The names of all streams.
        partitioned: Of those with a bookmark for each marketplace.

    Raises:
        ConfigurationError: None of its streams is one of this tap's, or a bookmark names no marketplace.
    """
    bookmarks = state.get("bookmarks")
    if not isinstance(bookmarks, dict) or not bookmarks:
        return
    advice = "give this tap its own state, or sync without --state to start at 'start_date'"
    if not bookmarks.keys() & set(streams):
        names = sorted(map(str, bookmarks))
        more = ", ..." if len(names) > MOST_NAMED else ""
        raise ConfigurationError(
            f"The state is of another tap: it has bookmarks of {', '.join(names[:MOST_NAMED])}{more}, "
            f"and this tap has no such streams; {advice}."
        )
    for name in partitioned:
        bookmark = bookmarks.get(name)
        if isinstance(bookmark, dict) and bookmark.get("replication_key_value"):
            raise ConfigurationError(
                f"The state has an old bookmark of {name}: one for the stream, where this tap keeps one "
                f"for each marketplace; {advice}."
            )


def identity(stores: Mapping[str, str], selling_partner: str) -> Json:
    """What the state keeps to say the account from others.

    Args:
        stores: The names of its stores by marketplace, of which a digest is kept.
        selling_partner: Amazon's id of the seller; none where the configuration lacks it.
    """
    found: Json = {}
    if stores:
        found[STORES] = {place: _digest(name) for place, name in sorted(stores.items())}
    if selling_partner:
        found[SELLING_PARTNER] = _digest(selling_partner)
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(json.dumps(text).encode()).hexdigest()[:DIGITS]


def _country(marketplace_id: str) -> str:
    place = marketplaces.BY_ID.get(marketplace_id)
    return place.country if place else marketplace_id


def refuse_of_other_regions(state: Mapping[str, Any], region: str) -> None:
    """Refuse a state whose bookmarks are all of marketplaces of another region: another account's.

    Raises:
        ConfigurationError: They are.
    """
    bookmarks = state.get("bookmarks")
    found = {
        place
        for each in _places(bookmarks if isinstance(bookmarks, dict) else {})
        if isinstance(context := each.get("context"), dict)
        and (place := marketplaces.BY_ID.get(str(context.get("marketplace_id"))))
    }
    if found and all(place.region != region for place in found):
        names = ", ".join(sorted(place.country for place in found))
        raise ConfigurationError(
            f"The state is of another account: its bookmarks are of {names}, and this account is in "
            f"{marketplaces.REGION_NAMES[region]}; give each account a state of its own."
        )


def other_account(state: Mapping[str, Any], own: Json) -> str | None:
    """The warning that a state may be of another account, where its stores say so.

    Sellers rename stores, so that is not a proof; with the seller's id there is one.

    Args:
        state: The state.
        own: The `identity` of the account.

    Raises:
        ConfigurationError: It is of another seller.
    """
    kept = state.get(ACCOUNT)
    if not isinstance(kept, dict):
        return None
    sellers = kept.get(SELLING_PARTNER), own.get(SELLING_PARTNER)
    if all(sellers):
        if sellers[0] != sellers[1]:
            raise ConfigurationError(
                "The state is of another account: it was kept for another 'selling_partner_id'; give "
                "each account a state of its own."
            )
        return None
    before, now = kept.get(STORES), own.get(STORES)
    if not isinstance(before, dict) or not isinstance(now, dict):
        return None
    common = before.keys() & now.keys()
    if not common or any(before[place] == now[place] for place in common):
        return None
    names = ", ".join(sorted(_country(place) for place in common))
    return (
        f"The state may be of another account: the store in {names} had another name when it was kept; "
        "if the seller has not renamed it, give each account a state of its own, and sync this again."
    )
