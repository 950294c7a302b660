"""From hotglue's tap-amazon-seller.

Its configuration and state are those of a tap of the Singer SDK: bookmarks by marketplace, which it
knows by country codes, with Amazon's names of the Orders API v0 as replication keys. Source:
hotgluexyz/tap-amazon-seller, `tap.py`, `client.py` and `streams.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_amazon_seller.config.foreign_states import HOTGLUE
from tap_amazon_seller.config.schema import CATALOG_DATASETS, IGNORED_AWS_SETTINGS
from tap_amazon_seller.config.values import split_list
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.migration.outcome import CREDENTIALS, Counterpart, Outcome, required

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from amazon_selling_partner.marketplaces import Marketplace

    Json = dict[str, Any]

KEPT = ("marketplaces", "start_date", "end_date", "report_types", "processing_status", "sandbox")
DATASETS = "products_include_data"
MARKETPLACE, DEFAULT_MARKETPLACE = "marketplace", "US"
"""The marketplace of its streams that have no partitions."""
ORDERS = "orders"
SNAPSHOTS = {
    "account": "account",
    "afn_inventory_country": "afn_inventory_country",
    "awd_inventory": "awd_inventory",
    "marketplaces": "marketplaces",
    "product_catalog_details": "product_catalog",
    "product_details": "product_details",
    "products_inventory": "products_inventory",
    "replenishment_offer_forecast": "replenishment_offer_forecast",
    "replenishment_rolling_metrics": "replenishment_rolling_metrics",
    "warehouse_inventory": "warehouse_inventory",
}
NO_BOOKMARK = "the old stream kept no bookmark"
COUNTERPARTS = {
    ORDERS: Counterpart(("orders",), ("LastUpdateDate",)),
    "orderitems": Counterpart(("order_items",), follows=ORDERS),
    "orderbuyerinfo": Counterpart(("order_buyer_info",), follows=ORDERS),
    "orderaddress": Counterpart(("order_address",), follows=ORDERS),
    "list_transactions": Counterpart(("order_financial_events",), ("postedDate",)),
    "orderfinancialevents": Counterpart(
        ("order_financial_events",),
        begins_anew="the old stream had the events of an order as they stood when the order changed",
    ),
    "sales_traffic_report": Counterpart(("sales_traffic_report",), ("report_end_date",)),
    "fba_customer_shipment_sales": Counterpart(
        ("fba_customer_shipment_sales",), ("shipment-date", "shipment_date")
    ),
    "fba_inventory_ledger_detailed": Counterpart(
        ("fba_inventory_ledger",), begins_anew="the old stream had adjustments alone"
    ),
    "replenishment_daily_metrics": Counterpart(
        ("replenishment_daily_metrics",), ("report_end_date",)
    ),
    "replenishment_offer_metrics": Counterpart(
        ("replenishment_offer_metrics",), ("report_end_date",)
    ),
    "reports": Counterpart(("reports",), begins_anew=NO_BOOKMARK),
    "vendor_purchase_orders": Counterpart(("vendor_purchase_orders",), begins_anew=NO_BOOKMARK),
    "vendor_fulfilment_purchase_orders": Counterpart(
        ("vendor_fulfilment_orders",), begins_anew=NO_BOOKMARK
    ),
    "vendor_fulfilment_customer_invoices": Counterpart(
        ("vendor_customer_invoices",), begins_anew=NO_BOOKMARK
    ),
}


def migrated(config: Json, state: object, now: datetime) -> Outcome:
    """This tap's configuration and state.

    Raises:
        ConfigurationError: The old ones cannot be read.
    """
    outcome = Outcome(HOTGLUE)
    outcome.config = required(config, dict(zip(CREDENTIALS, CREDENTIALS, strict=True)), "CONFIG")
    _settings(config, outcome)
    bookmarks = state.get("bookmarks") if isinstance(state, dict) else None
    if not isinstance(bookmarks, dict):
        raise ConfigurationError(
            "STATE holds no 'bookmarks'; it is not a state of hotglue's tap (see --from)."
        )
    for name in bookmarks:
        _stream(name, config, bookmarks, outcome, now)
    return outcome


def _settings(config: Json, outcome: Outcome) -> None:
    for key, value in config.items():
        if key in CREDENTIALS or value is None:
            continue
        if key in KEPT:
            outcome.config[key] = value
        elif key == DATASETS:
            names = split_list(value, DATASETS)
            outcome.config[DATASETS] = [name for name in names if name in CATALOG_DATASETS]
            for name in names:
                if name not in CATALOG_DATASETS:
                    outcome.drop_setting(DATASETS, f"the catalog gives sellers no '{name}'")
        elif key in IGNORED_AWS_SETTINGS:
            outcome.drop_setting(key, "Amazon stopped requiring IAM credentials in October 2023")
        elif key == MARKETPLACE:
            outcome.drop_setting(key, "every stream is read for all of 'marketplaces'")
        else:
            outcome.drop_setting(key, "the tap has no such setting")


def _stream(name: str, config: Json, bookmarks: Json, outcome: Outcome, now: datetime) -> None:
    if snapshot := SNAPSHOTS.get(name):
        outcome.whole.append(snapshot)
        outcome.old_names[snapshot] = name
        return
    counterpart = COUNTERPARTS.get(name)
    if counterpart is None:
        outcome.drop_stream(name)
        return
    [new] = counterpart.streams
    outcome.old_names[new] = name
    if counterpart.begins_anew:
        outcome.begins[new] = counterpart.begins_anew
        return
    source = bookmarks.get(counterpart.follows or name)
    cursors = (COUNTERPARTS.get(counterpart.follows) or counterpart).cursors
    found = list(_cursors(source if isinstance(source, dict) else {}, cursors, config, outcome))
    for place, value in found:
        outcome.carry(name, counterpart, place, value, now)
    if not found:
        outcome.begins[new] = f"the state of '{counterpart.follows or name}' has no cursor"


def _cursors(
    old: Json, names: tuple[str, ...], config: Json, outcome: Outcome
) -> Iterator[tuple[Marketplace, object]]:
    """Where a stream stood in each marketplace.

    What an interrupted sync had seen (`progress_markers`) is not believed: it was not in order.
    """
    partitions = old.get("partitions")
    for partition in partitions if isinstance(partitions, list) else ():
        if not isinstance(partition, dict) or partition.get("replication_key") not in names:
            continue
        context = partition.get("context")
        named = context.get("marketplace_id") if isinstance(context, dict) else None
        place = outcome.place(named, "A bookmark of STATE")
        if "replication_key_value" in partition:
            yield place, partition["replication_key_value"]
    if old.get("replication_key") in names and "replication_key_value" in old:
        named = config.get(MARKETPLACE) or DEFAULT_MARKETPLACE
        yield outcome.place(named, f"'{MARKETPLACE}' of CONFIG"), old["replication_key_value"]
