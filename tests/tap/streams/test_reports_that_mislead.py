"""Reports that look like what was requested and are not: nothing of them is lost, nothing doubled."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from running import Record, run_tap, select
from told_reports import telling

from amazon_selling_partner import marketplaces

if TYPE_CHECKING:
    from pathlib import Path

    from running import Output

DE, FR, GB, US, CA, MX, BR = (
    marketplaces.BY_COUNTRY[country] for country in ("DE", "FR", "GB", "US", "CA", "MX", "BR")
)
LEDGER = "GET_LEDGER_DETAIL_VIEW_DATA"
TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"
VENDOR_SALES = "GET_VENDOR_SALES_REPORT"
SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
XML_ORDERS = "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
SUMMARY = "sync_summary"


def days_ago(days: float) -> str:
    """A start date so long ago."""
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT00:00:00Z")


def table(*rows: Record) -> str:
    """A flat file of these rows, all with the same columns."""
    header = "\t".join(rows[0])
    return "\n".join([header, *("\t".join(map(str, row.values())) for row in rows)]) + "\n"


def summary_of(output: Output, stream: str) -> list[Record]:
    return [one for one in output.records[SUMMARY] if one["stream"] == stream]


def has_bookmark(output: Output, stream: str) -> bool:
    assert output.state is not None
    partitions = output.state["bookmarks"][stream].get("partitions", [])
    return any(one.get("replication_key_value") for one in partitions)


# Reports of other options


def event(kind: str) -> Record:
    day = datetime.now(UTC) - timedelta(days=3)
    return {
        "Date": f"{day:%m/%d/%Y}", "FNSKU": "X001", "ASIN": "B000000001", "MSKU": "K-1",
        "Title": "Kettle", "Event Type": kind, "Reference ID": "", "Quantity": -1,
        "Fulfillment Center": "LTN1", "Disposition": "SELLABLE", "Reason": "", "Country": "GB",
    }  # fmt: skip


def test_a_ledger_of_unknown_options_does_not_stand_in_for_the_complete_one(tmp_path: Path) -> None:
    with telling(GB) as amazon:
        amazon.documents[LEDGER] = table(event("Shipments"), event("Adjustments"))
        config = amazon.configuration(start_date=days_ago(12))
        catalog = select(tmp_path, "fba_inventory_ledger", SUMMARY)
        run_tap(tmp_path, config, None, *catalog)
        [asked] = amazon.requested
        window = {key: asked[key] for key in ("dataStartTime", "dataEndTime")}
        amazon.listed.clear()
        amazon.has(LEDGER, table(event("Adjustments")), marketplaceIds=[GB.id], **window)

        output = run_tap(tmp_path, config, None, *catalog)

    events = [record["event_type"] for record in output.records["fba_inventory_ledger"]]
    assert sorted(events) == ["Adjustments", "Shipments"]
    assert len(amazon.requested) == len(("first", "second"))
    assert all(one["complete"] for one in summary_of(output, "fba_inventory_ledger"))


# Lists beside an aggregate


def traffic(units: int, *skus: str) -> str:
    """A day of which so many units are counted, and these SKUs are shown."""
    sold = {"unitsOrdered": units, "orderedProductSales": {"amount": 9.5, "currencyCode": "USD"}}
    return json.dumps(
        {
            "reportSpecification": {"reportType": TRAFFIC},
            "salesAndTrafficByDate": [
                {
                    "date": "2026-11-21",
                    "salesByDate": sold,
                    "trafficByDate": {"pageViews": units, "averageOfferCount": 12},
                }
            ],
            "salesAndTrafficByAsin": [
                {"parentAsin": "B1", "childAsin": "B1", "sku": sku, "salesByAsin": sold}
                for sku in skus
            ],
        }
    )


def read_traffic(folder: Path, text: str, start: float) -> Output:
    with telling(US) as amazon:
        amazon.documents[TRAFFIC] = text
        window = {"start_date": days_ago(start), "end_date": days_ago(start - 1)}
        return run_tap(
            folder, amazon.configuration(**window), None,
            *select(folder, "sales_traffic_report", "sales_traffic_by_date", SUMMARY),
        )  # fmt: skip


def test_a_day_with_units_of_which_no_sku_is_shown_is_not_ready(tmp_path: Path) -> None:
    output = read_traffic(tmp_path, traffic(23), start=6)

    [summary] = summary_of(output, "sales_traffic_report")
    assert (summary["complete"], summary["records"]) == (False, 0)
    assert not has_bookmark(output, "sales_traffic_report")
    assert has_bookmark(output, "sales_traffic_by_date"), "this list is there"


@pytest.mark.parametrize("text", [traffic(0), traffic(23, "K-1")], ids=["nothing sold", "shown"])
def test_a_day_whose_lists_agree_is_read(tmp_path: Path, text: str) -> None:
    output = read_traffic(tmp_path, text, start=6)

    assert [one["complete"] for one in summary_of(output, "sales_traffic_report")] == [True]
    assert has_bookmark(output, "sales_traffic_report")


def test_a_day_that_is_not_ready_after_two_weeks_is_taken_as_it_is(tmp_path: Path) -> None:
    output = read_traffic(tmp_path, traffic(23), start=20)

    [summary] = summary_of(output, "sales_traffic_report")
    assert (summary["complete"], summary["records"]) == (False, 0)
    assert has_bookmark(output, "sales_traffic_report")
    assert sum("taken as it is" in line for line in output.warnings()) == 1


def test_a_day_of_several_that_a_vendors_report_does_not_show_yet_keeps_its_bookmark(
    tmp_path: Path,
) -> None:
    days = [f"2026-11-{day}" for day in (20, 21)]
    units = {"orderedUnits": 3, "shippedUnits": 3, "customerReturns": 0}
    shown = [{"startDate": days[0], "endDate": days[0], "asin": "B000000001", **units}]
    text = {
        "reportSpecification": {},
        "salesAggregate": [{"startDate": day, "endDate": day, **units} for day in days],
        "salesByAsin": shown,
    }
    with telling(DE) as amazon:
        amazon.documents[VENDOR_SALES] = json.dumps(text)
        window = {"start_date": days_ago(9), "end_date": days_ago(6), "marketplaces": "DE"}
        output = run_tap(
            tmp_path, amazon.configuration(**window), None,
            *select(tmp_path, "vendor_sales", SUMMARY),
        )  # fmt: skip

    assert len(output.records["vendor_sales"]) == len(shown)
    assert [one["complete"] for one in summary_of(output, "vendor_sales")] == [False]
    assert not has_bookmark(output, "vendor_sales")
    assert any(f"figures of {days[1]} that salesByAsin" in line for line in output.warnings())


# Settlements


def settlement(number: int) -> str:
    common = {"settlement-id": number, "total-amount": "", "currency": ""}
    rest = {"order-id": "302-1", "amount-type": "ItemPrice", "amount": "19.99"}
    summary = common | {"total-amount": "16.77", "currency": "EUR"}
    return table(
        summary | dict.fromkeys(rest, ""), common | rest, common | rest | {"amount": "-3.22"}
    )


def read_settlements(folder: Path, *reports: dict[str, Any]) -> Output:
    with telling(DE, FR) as amazon:
        for number, more in enumerate(reports):
            amazon.has(SETTLEMENT, settlement(number), hours_ago=48 + number, **more)
        config = amazon.configuration(start_date=days_ago(60))
        return run_tap(folder, config, None, *select(folder, "settlements", SUMMARY))


def test_a_settlement_that_is_listed_under_two_ids_comes_once(tmp_path: Path) -> None:
    one = {"reportDocumentId": "document.both"}

    output = read_settlements(
        tmp_path, one | {"marketplaceIds": [FR.id]}, one | {"marketplaceIds": [DE.id]}
    )

    assert len(output.records["settlements"]) == len(("summary", "price", "fee"))


def test_a_settlement_that_names_no_marketplace_is_read(tmp_path: Path) -> None:
    output = read_settlements(tmp_path, {}, {"marketplaceIds": [FR.id]})

    found = {(one["settlement_id"], one["marketplace_id"]) for one in output.records["settlements"]}
    assert found == {("0", DE.id), ("1", FR.id)}


# Orders from outside of Amazon


def order(number: int, channel: str) -> Record:
    moment = (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="seconds")
    return {
        "amazon-order-id": f"S01-{number}", "purchase-date": moment, "last-updated-date": moment,
        "order-status": "Shipped", "sales-channel": channel, "sku": "K-1", "asin": "B000000001",
        "quantity": 1, "currency": "USD", "item-price": "19.99",
    }  # fmt: skip


CHANNELS = {
    "Amazon.com": US, "Amazon.ca": CA, "Non-Amazon CA": CA, "SI CA Prod Marketplace": CA,
    "Non-Amazon": US, "": US, "Non-Amazon BR": US, "SI UK Prod Marketplace": US,
}  # fmt: skip
"""What orders of a channel come under, of US, CA and MX."""


def read_orders(folder: Path, stream: str, report_type: str, text: str) -> Output:
    with telling(US, CA, MX) as amazon:
        amazon.documents[report_type] = text
        config = amazon.configuration(start_date=days_ago(10))
        return run_tap(folder, config, None, *select(folder, stream, SUMMARY))


@pytest.mark.parametrize("stream", ["orders", "order_items"])
def test_an_order_whose_channel_names_no_marketplace_comes_once(
    tmp_path: Path, stream: str
) -> None:
    rows = [order(number, channel) for number, channel in enumerate([*CHANNELS, "Amazon.com.br"])]

    output = read_orders(tmp_path, stream, ORDERS, table(*rows))

    found = [(one["sales_channel"] or "", one["marketplace_id"]) for one in output.records[stream]]
    assert sorted(found) == sorted((channel, place.id) for channel, place in CHANNELS.items())


def test_so_does_one_in_xml(tmp_path: Path) -> None:
    rows = [order(number, channel) for number, channel in enumerate([*CHANNELS, "Amazon.com.br"])]
    names = {"AmazonOrderID": "amazon-order-id", "LastUpdatedDate": "last-updated-date"}
    text = "".join(
        "<Message><Order>"
        + "".join(f"<{name}>{row[column]}</{name}>" for name, column in names.items())
        + f"<SalesChannel>{row['sales-channel']}</SalesChannel></Order></Message>"
        for row in rows
    )

    output = read_orders(
        tmp_path, "xml_orders", XML_ORDERS, f"<AmazonEnvelope>{text}</AmazonEnvelope>"
    )

    found = [one["marketplace_id"] for one in output.records["xml_orders"]]
    assert sorted(found) == sorted(place.id for place in CHANNELS.values())


def test_an_order_of_no_marketplace_that_one_report_alone_has_is_not_lost(tmp_path: Path) -> None:
    with telling(US, CA) as amazon:
        amazon.documents[ORDERS] = table(order(1, "Amazon.com"))
        amazon.documents[ORDERS, CA.id] = table(order(2, "Non-Amazon"))
        config = amazon.configuration(start_date=days_ago(10))
        output = run_tap(tmp_path, config, None, *select(tmp_path, "orders"))

    found = {(one["amazon_order_id"], one["marketplace_id"]) for one in output.records["orders"]}
    assert found == {("S01-1", US.id), ("S01-2", US.id)}


# A marketplace that the seller has left


def test_a_marketplace_that_the_seller_has_left_does_not_stop_the_others(tmp_path: Path) -> None:
    with telling(US, CA) as amazon:
        amazon.documents[ORDERS] = table(order(1, "Amazon.com"))
        config = amazon.configuration(start_date=days_ago(10), marketplaces="US,MX")
        catalog = select(tmp_path, "orders", SUMMARY)
        output = run_tap(tmp_path, config, None, *catalog)
        strict = run_tap(tmp_path, config | {"fail_on_incomplete": True}, None, *catalog)

    assert (output.returncode, strict.returncode) == (0, 1)
    assert [one["amazon_order_id"] for one in output.records["orders"]] == ["S01-1"]
    complete = {one["marketplace_id"]: one["complete"] for one in summary_of(output, "orders")}
    assert complete == {US.id: True, MX.id: False}
    assert any("names MX, but the account does not sell there" in one for one in output.warnings())
