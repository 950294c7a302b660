"""FBA reports and AWD as Amazon makes them: windows, regions, cool-downs, options, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Amazon, MakeAmazon

DE, FR, GB, US = "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "A1F83G8C2ARO7P", "ATVPDKIKX0DER"
DETAILS, SUMMARY = "GET_LEDGER_DETAIL_VIEW_DATA", "GET_LEDGER_SUMMARY_VIEW_DATA"
COUNTRIES = "GET_AFN_INVENTORY_DATA_BY_COUNTRY"
PREVIEW = "GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA"
STORAGE = "GET_FBA_STORAGE_FEE_CHARGES_DATA"
OCTOBER = {"dataStartTime": "2026-09-30T22:00:00Z", "dataEndTime": "2026-10-31T22:59:59Z"}
DAILY = {"reportOptions": {"aggregatedByTimePeriod": "DAILY"}}
AWD = "/awd/2024-05-09/inventory"


@pytest.fixture
def small(make_amazon: MakeAmazon) -> Amazon:
    return make_amazon(orders=50, listings=30)


def quoted(amazon: Amazon, report_type: str, market: str, **more: object) -> list[dict[str, str]]:
    """The rows of a file in which every cell stands in quotation marks."""
    body, content_type = amazon.download(amazon.finished(report_type, market, **more))
    assert content_type == "text/plain; charset=UTF-8"
    header, *lines = body.decode().removesuffix("\n").split("\n")
    names = header[1:-1].split('"\t"')
    return [dict(zip(names, line[1:-1].split('"\t"'), strict=True)) for line in lines]


def explanation(amazon: Amazon, report_type: str, market: str, **more: object) -> str:
    report = amazon.finished(report_type, market, **more)
    assert report["processingStatus"] == "FATAL"
    body, _ = amazon.download(report)
    return body.decode()


def test_stock_by_country_exists_in_europe_only_and_tells_of_all_countries(small: Amazon) -> None:
    of_germany = small.rows(COUNTRIES, DE, "latin-1")
    of_britain = small.rows(COUNTRIES, GB, "cp1252")
    small.log_in("Atzr|sandbox-NA")
    refused = small.create(COUNTRIES, US)

    assert of_germany == of_britain
    assert {row["country"] for row in of_germany} == {"DE", "FR", "GB", "IT", "ES"}
    assert refused.status_code == 400
    assert "marketplaces are not allowed" in refused.json()["errors"][0]["message"]


def test_the_ledger_takes_the_days_of_the_marketplaces_own_zone(small: Amazon) -> None:
    dates = {row["Date"] for row in quoted(small, DETAILS, DE, **OCTOBER)}
    in_utc = {"dataStartTime": "2026-10-10T00:00:00Z", "dataEndTime": "2026-10-10T23:59:59Z"}
    cut = {row["Date"] for row in quoted(small, SUMMARY, DE, **in_utc, **DAILY)}

    assert (min(dates), max(dates)) == ("10/01/2026", "10/31/2026")
    assert cut == {"10/10/2026", "10/11/2026"}


def test_the_ledger_tells_of_no_day_that_is_not_over(small: Amazon) -> None:
    window = {"dataStartTime": "2026-10-31T00:00:00Z", "dataEndTime": "2026-11-02T08:00:00Z"}

    assert max(row["Date"] for row in quoted(small, SUMMARY, DE, **window, **DAILY)) == "11/01/2026"
    assert quoted(small, DETAILS, DE) == [], "without a window there is only the header"


def test_the_ledgers_summary_is_monthly_unless_asked_otherwise(small: Amazon) -> None:
    daily = quoted(small, SUMMARY, DE, **OCTOBER, **DAILY)
    monthly = quoted(small, SUMMARY, DE, **OCTOBER)

    def total(rows: list[dict[str, str]], column: str) -> int:
        return sum(int(row[column]) for row in rows)

    assert {row["Date"] for row in monthly} == {"10/2026"}
    for column in ("Receipts", "Customer Shipments", "Warehouse Transfer In/Out", "Lost"):
        assert total(monthly, column) == total(daily, column)
    last = [row for row in daily if row["Date"] == "10/31/2026"]
    ending = "Ending Warehouse Balance"
    assert total(monthly, ending) == total(last, ending)


def test_the_ledger_picks_out_what_its_options_name(small: Amazon) -> None:
    found = quoted(small, DETAILS, DE, **OCTOBER, reportOptions={"eventType": "Receipts"})

    assert {row["Event Type"] for row in found} == {"Receipts"}
    odd = {"reportOptions": {"aggregatedByTimePeriod": "HOURLY"}}
    assert "aggregatedByTimePeriod" in explanation(small, SUMMARY, DE, **OCTOBER, **odd)


@pytest.mark.parametrize("report_type", [DETAILS, SUMMARY])
def test_a_ledger_report_covers_90_days_at_most(small: Amazon, report_type: str) -> None:
    window = {"dataStartTime": "2026-07-01T00:00:00Z", "dataEndTime": "2026-11-01T00:00:00Z"}

    assert "Date range exceeded" in explanation(small, report_type, DE, **window)


def test_late_events_change_the_balances_of_the_days_since(small: Amazon) -> None:
    before = {key_of(row): row for row in small.truth("EU", "fba_inventory_ledger_summary")}
    events = set(map(repr, small.truth("EU", "fba_inventory_ledger")))
    small.http.post("/_sandbox/advance", json={"minutes": 3 * 24 * 60})
    after = {key_of(row): row for row in small.truth("EU", "fba_inventory_ledger_summary")}
    late = [
        event
        for event in small.truth("EU", "fba_inventory_ledger")
        if repr(event) not in events and event["date"] <= "2026-11-01"
    ]

    assert late
    assert all(event["quantity"] < 0 for event in late)
    changed = {key[1] for key in before if before[key] != after[key]}
    assert min(changed) == min(event["date"] for event in late)


def key_of(row: dict[str, Any]) -> tuple[str, ...]:
    return row["marketplace_id"], row["date"], row["msku"], row["disposition"], row["location"]


def test_the_ledgers_last_balance_is_the_stock_of_that_midnight(small: Amazon) -> None:
    midnight = "2026-10-20T22:00:00Z"  # in Germany, whose 20th of October ends
    stock = {
        (row["seller_sku"], row["quantity_for_local_fulfillment"])
        for row in small.truth("EU", "afn_inventory_country", as_of=midnight)
        if row["marketplace_id"] == DE
    }
    balances = {
        (row["msku"], row["ending_warehouse_balance"])
        for row in small.truth("EU", "fba_inventory_ledger_summary")
        if row["date"] == "2026-10-20"
        and row["marketplace_id"] == DE
        and row["disposition"] == "SELLABLE"
    }

    assert stock
    assert stock <= balances


def test_archived_skus_are_in_one_of_the_two_stock_reports(small: Amazon) -> None:
    active = small.rows("GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA", DE, "latin-1")
    everything = small.rows("GET_FBA_MYI_ALL_INVENTORY_DATA", DE, "latin-1")
    archived = [row for row in everything if row not in active]

    assert len(everything) == len(active) + len(archived) > len(active)
    assert {row["afn-fulfillable-quantity-local"] for row in archived} == {"0"}


def test_the_fee_preview_wants_a_start_72_hours_ago_and_comes_once_a_day(small: Amazon) -> None:
    window = {"dataStartTime": "2026-10-30T08:00:00Z", "dataEndTime": "2026-11-02T08:00:00Z"}

    assert "72 hours" in explanation(small, PREVIEW, DE)
    rows = small.rows(PREVIEW, DE, "latin-1", **window)
    again = small.finished(PREVIEW, DE, **window)["processingStatus"]
    assert rows[0]["expected-efn-fulfilment-fee-per-unit-uk"] == "--"
    assert again in {"FATAL", "CANCELLED"}


def test_storage_fees_of_a_month_come_in_the_middle_of_the_next(small: Amazon) -> None:
    months = {"dataStartTime": "2026-09-01T00:00:00Z", "dataEndTime": "2026-10-31T23:59:59Z"}

    assert {row["month_of_charge"] for row in small.rows(STORAGE, DE, "latin-1", **months)} == {
        "2026-09"
    }
    small.http.post("/_sandbox/advance", json={"minutes": 14 * 24 * 60})
    small.log_in()
    assert {row["month_of_charge"] for row in small.rows(STORAGE, DE, "latin-1", **months)} == {
        "2026-09",
        "2026-10",
    }


def awd(amazon: Amazon, **query: str) -> dict[str, Any]:
    answer = amazon.call("GET", AWD, **query)
    assert answer.status_code == 200, answer.text
    amazon.clock.advance(1)
    found: dict[str, Any] = answer.json()
    return found


def test_awd_stock_comes_in_pages_whose_tokens_go_with_their_arguments(amazon: Amazon) -> None:
    whole = awd(amazon, details="SHOW", maxResults="200")
    first = awd(amazon, details="SHOW", maxResults="20")
    second = awd(amazon, details="SHOW", maxResults="20", nextToken=first["nextToken"])
    alone = amazon.call("GET", AWD, nextToken=first["nextToken"])

    assert "nextToken" not in whole
    assert len(awd(amazon)["inventory"]) == 25
    assert first["inventory"] + second["inventory"] == whole["inventory"][:40]
    assert alone.status_code == 400
    truth = amazon.truth("EU", "awd_inventory")
    assert [each["sku"] for each in whole["inventory"]] == [each["sku"] for each in truth]


def test_awd_shows_details_and_picks_out_a_sku_when_asked(amazon: Amazon) -> None:
    hidden = awd(amazon)["inventory"][0]
    shown = awd(amazon, sku=hidden["sku"], details="SHOW")["inventory"]
    last = awd(amazon, sortOrder="DESCENDING")["inventory"][-1]

    assert set(hidden) == {"sku", "totalOnhandQuantity", "totalInboundQuantity"}
    assert len(shown) == 1
    assert {"inventoryDetails", "expirationDetails"} < set(shown[0])
    assert last["sku"] >= hidden["sku"]


@pytest.mark.parametrize(
    "query", [{"details": "ALL"}, {"sortOrder": "UP"}, {"maxResults": "201"}, {"nextToken": "x"}]
)
def test_awd_refuses_what_is_not_in_its_model(amazon: Amazon, query: dict[str, str]) -> None:
    assert amazon.call("GET", AWD, **query).status_code == 400


def test_awd_needs_its_own_role(amazon: Amazon) -> None:
    amazon.log_in("Atzr|sandbox-limited")

    assert amazon.call("GET", AWD).status_code == 403
