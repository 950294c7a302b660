"""Answers of operations: none is believed without its list, and one bad item ends nothing."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from running import Output
from scripted_amazon import ago, bookmark_of, refused, scripted_amazon, summary_of

from amazon_selling_partner import marketplaces
from tap_amazon_seller import streams
from tap_amazon_seller.streams.kinds.api_stream import ApiStream

if TYPE_CHECKING:
    from pathlib import Path

US, CA = (marketplaces.BY_COUNTRY[country].id for country in ("US", "CA"))
DE, FR = (marketplaces.BY_COUNTRY[country].id for country in ("DE", "FR"))


def order(number: int, **other: Any) -> dict[str, Any]:
    """An order of the US with a buyer and a recipient."""
    return {
        "orderId": f"111-0000000-{number:07}",
        "createdTime": ago(days=2),
        "lastUpdatedTime": ago(days=1),
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": US},
        "buyer": {"buyerName": "B"},
        "recipient": {"deliveryAddress": {"postalCode": "1234", "city": "C"}},
        "orderItems": [],
        **other,
    }


def assert_conforms(output: Output, stream: str) -> None:
    """Every record of a stream fits the schema that it came with."""
    validator = jsonschema_rs.Draft202012Validator(output.schemas[stream][-1]["schema"])
    for record in output.records[stream]:
        validator.validate(record)


def test_an_answer_without_its_list_is_no_answer(tmp_path: Path) -> None:
    transactions = {"payload": {"Transactions": [{"transactionId": "T"}]}}
    with scripted_amazon(listTransactions=lambda _: transactions) as amazon:
        output = amazon.sync(tmp_path, "order_financial_events", "marketplaces")

    assert output.returncode == 0
    assert not summary_of(output, "order_financial_events")["complete"]
    assert summary_of(output, "marketplaces")["complete"]
    assert bookmark_of(output, "order_financial_events") is None
    assert "without payload.transactions that has other members" in output.errors


def test_a_list_that_amazons_model_does_not_require_is_empty_after_one_more_try(
    tmp_path: Path,
) -> None:
    with scripted_amazon(listTransactions=lambda _: {}) as amazon:
        output = amazon.sync(tmp_path, "order_financial_events")

    assert summary_of(output, "order_financial_events")["complete"]
    assert bookmark_of(output, "order_financial_events")
    assert len(amazon.called("listTransactions")) == 2
    assert "taken as nothing there" in output.errors


def test_errors_beside_a_payload_end_their_stream_alone(tmp_path: Path) -> None:
    wrong = {"payload": {"orders": []}, "errors": [{"code": "InternalFailure", "message": "m"}]}
    with scripted_amazon(getPurchaseOrders=lambda _: wrong) as amazon:
        output = amazon.sync(tmp_path, "vendor_purchase_orders", "awd_inventory")

    assert output.returncode == 0
    assert not summary_of(output, "vendor_purchase_orders")["complete"]
    assert summary_of(output, "awd_inventory")["records"] == 1


def test_an_item_that_cannot_become_a_record_is_rejected_with_its_id(tmp_path: Path) -> None:
    orders = [order(1), order(2, salesChannel=None), order(3, buyer={"buyerName": ["x"]})]
    with scripted_amazon(searchOrders=lambda _: {"orders": orders}) as amazon:
        output = amazon.sync(tmp_path, "order_address", "order_buyer_info")

    assert output.returncode == 0, output.errors
    rejected = {row["item_id"]: row for row in output.records["rejected_rows"]}
    assert rejected.keys() == {orders[1]["orderId"], orders[2]["orderId"]}
    first = rejected[orders[1]["orderId"]]
    assert (first["report_type"], first["marketplace_id"]) == ("searchOrders", US)
    assert first["amazon_order_ids"] == [orders[1]["orderId"]]
    assert first["streams"] == ["order_address", "order_buyer_info"]
    assert json.loads(first["cells"][0]) == orders[1]
    assert_conforms(output, "rejected_rows")
    buyers, addresses = (
        summary_of(output, stream) for stream in ("order_buyer_info", "order_address")
    )
    assert (buyers["records"], buyers["rejected"], buyers["complete"]) == (1, 2, True)
    assert (addresses["records"], addresses["rejected"], addresses["complete"]) == (2, 1, True)
    assert bookmark_of(output, "order_buyer_info", US)


def test_values_of_other_types_are_read_as_the_schema_has_them(tmp_path: Path) -> None:
    inventory = [
        {"sku": 7, "totalOnhandQuantity": "12", "expirationDetails": {}, "inventoryDetails": []},
        {"sku": None, "totalOnhandQuantity": 1},
        {"sku": "S", "totalOnhandQuantity": "many"},
    ]
    orders = [order(1, recipient={"deliveryAddress": {"postalCode": 1234, "phone": 555}})]
    with scripted_amazon(
        listInventory=lambda _: {"inventory": inventory},
        searchOrders=lambda _: {"orders": orders},
    ) as amazon:
        output = amazon.sync(tmp_path, "awd_inventory", "order_address")

    [stock] = output.records["awd_inventory"]
    assert (stock["sku"], stock["total_onhand_quantity"]) == ("7", 12)
    assert (stock["expiration_details"], stock["inventory_details"]) == ([], {})
    [address] = output.records["order_address"]
    assert (address["postal_code"], address["phone"]) == ("1234", "555")
    assert_conforms(output, "awd_inventory")
    assert_conforms(output, "order_address")
    assert summary_of(output, "awd_inventory")["rejected"] == 2


def test_an_older_copy_in_the_next_sync_is_followed_by_the_newer_one_again(tmp_path: Path) -> None:
    older, newer = (order(1, lastUpdatedTime=ago(days=minutes / 1440)) for minutes in (40, 20))
    amazons = [newer]

    def orders(query: dict[str, str]) -> Any:
        [copy] = amazons
        window = query["lastUpdatedAfter"], query["lastUpdatedBefore"]
        return {"orders": [copy] if window[0] <= copy["lastUpdatedTime"] < window[1] else []}

    changed: list[list[str]] = []
    state = None
    with scripted_amazon(searchOrders=orders) as amazon:
        for copy in (newer, older, newer, newer):
            amazons[:] = [copy]
            output = amazon.sync(tmp_path, "order_buyer_info", state=state)
            state = output.state
            found = output.records["order_buyer_info"]
            changed.append([each["last_updated_date"] for each in found])

    first, second, third, fourth = (max(dates) for dates in changed)
    assert second < first
    assert (third, fourth) == (first, first)


def test_a_refused_token_begins_the_window_anew_at_once_and_shorter(tmp_path: Path) -> None:
    refusals = itertools.count()

    def transactions(query: dict[str, str]) -> Any:
        if "nextToken" in query and next(refusals) == 0:
            return refused(400, message="nextToken is expired")
        found = [{"transactionId": query["postedAfter"] + query.get("nextToken", "")}]
        more = {} if "nextToken" in query else {"nextToken": "2"}
        return {"payload": {"transactions": found, **more}}

    with scripted_amazon(listTransactions=transactions) as amazon:
        output = amazon.sync(tmp_path, "order_financial_events")

    starts = {query["postedAfter"] for query in amazon.called("listTransactions")}
    assert len(starts) == 2  # that of the window, and its middle
    assert len(output.records["order_financial_events"]) == 4
    assert summary_of(output, "order_financial_events")["complete"]
    assert "starting again" in output.errors


def test_a_snapshot_whose_pages_never_differ_is_incomplete_and_none_is_doubled(
    tmp_path: Path,
) -> None:
    tokens = itertools.count()
    page = [{"sku": f"S{number}"} for number in range(200)]
    with scripted_amazon(
        listInventory=lambda _: {"inventory": page, "nextToken": str(next(tokens))}
    ) as amazon:
        output = amazon.sync(tmp_path, "awd_inventory")

    assert len(output.records["awd_inventory"]) == 200
    assert not summary_of(output, "awd_inventory")["complete"]
    assert len(amazon.called("listInventory")) == 2


COLUMNS = (
    "item-name\tlisting-id\tseller-sku\tprice\tquantity\topen-date\tproduct-id-type\tasin1\t"
    "product-id\tfulfillment-channel\tstatus"
)


def listings(*rows: tuple[str, str, str]) -> str:
    """A listing report of rows of product-id-type, asin1 and product-id."""
    lines = [
        f"T\tL\tS{number}\t1.00\t1\t2022-05-31 17:21:53 PDT\t{kind}\t{asin}\t{product}\tDEFAULT\tActive"
        for number, (kind, asin, product) in enumerate(rows)
    ]
    return "\r\n".join([COLUMNS, *lines, ""])


def test_a_refused_asin_is_named_and_costs_itself_alone(tmp_path: Path) -> None:
    asins = [f"B0{number:08}" for number in range(50)]

    def items(query: dict[str, str]) -> Any:
        found = query["identifiers"].split(",")
        if asins[25] in found:
            return refused(400, message="Invalid 'asin' provided.")
        return {"numberOfResults": len(found), "items": [{"asin": each} for each in found]}

    document = listings(*(("1", asin, asin) for asin in asins))
    with scripted_amazon(document=lambda _: document, searchCatalogItems=items) as amazon:
        output = amazon.sync(tmp_path, "product_catalog", "product_details")

    for stream in ("product_catalog", "product_details"):
        assert len(output.records[stream]) == 49
        summary = summary_of(output, stream)
        assert (summary["rejected"], summary["complete"]) == (1, True)
    [row] = output.records["rejected_rows"]
    assert (row["report_type"], row["item_id"]) == ("searchCatalogItems", asins[25])
    assert row["asins"] == [asins[25]]
    assert "Invalid 'asin' provided" in row["reason"]
    assert row["streams"] == ["product_catalog", "product_details"]


def test_refused_asins_of_many_searches_are_named_in_one_warning(tmp_path: Path) -> None:
    asins = [f"B0{number:08}" for number in range(100)]
    wrong = {asins[5], asins[50], asins[95]}

    def items(query: dict[str, str]) -> Any:
        found = query["identifiers"].split(",")
        if wrong & {*found}:
            return refused(400, message="Invalid 'asin' provided.")
        return {"numberOfResults": len(found), "items": [{"asin": each} for each in found]}

    document = listings(*(("1", asin, asin) for asin in asins))
    with scripted_amazon(document=lambda _: document, searchCatalogItems=items) as amazon:
        output = amazon.sync(tmp_path, "product_catalog", "product_details")

    [warning] = [line for line in output.warnings() if "ASIN" in line or "atalog" in line]
    assert "has refused 3 searches" in warning
    assert f"all but {', '.join(sorted(wrong))}, which are in rejected_rows" in warning
    assert {row["item_id"] for row in output.records["rejected_rows"]} == wrong


def test_an_answer_of_the_catalog_with_fewer_items_than_it_found_is_incomplete(
    tmp_path: Path,
) -> None:
    asins = [f"B0{number:08}" for number in range(3)]
    answer = {"numberOfResults": 3, "items": [{"asin": asins[0]}]}
    document = listings(*(("1", asin, asin) for asin in asins))
    with scripted_amazon(
        document=lambda _: document, searchCatalogItems=lambda _: answer
    ) as amazon:
        output = amazon.sync(tmp_path, "product_catalog")

    assert [record["asin"] for record in output.records["product_catalog"]] == asins[:1]
    assert not summary_of(output, "product_catalog")["complete"]


def test_two_invoices_of_one_order_both_come_and_keep_their_numbers(tmp_path: Path) -> None:
    invoices = [{"purchaseOrderNumber": "P1", "content": text} for text in ("first", "second")]
    day = ago(days=2)[:10]

    def of_day(query: dict[str, str]) -> Any:
        noon = f"{day}T12:00:00Z"
        is_asked = query["createdAfter"] < noon < query["createdBefore"]
        return {"customerInvoices": invoices if is_asked else [], "pagination": {}}

    stream = "vendor_customer_invoices"
    with scripted_amazon(getCustomerInvoices=of_day) as amazon:
        first = amazon.sync(tmp_path, stream, start_date=f"{day}T00:00:00Z", end_date=ago(days=1))
        second = amazon.sync(tmp_path, stream, start_date=f"{day}T00:00:00Z", end_date=ago(days=1))

    for output in (first, second):
        found = {
            (each["purchase_order_number"], each["created_date"], each["line_number"]): each[
                "content"
            ]
            for each in output.records[stream]
        }
        assert found == {("P1", day, 1): "first", ("P1", day, 2): "second"}
        assert summary_of(output, stream)["complete"]


def test_where_amazon_refuses_one_asin_after_the_other_it_is_not_about_them(tmp_path: Path) -> None:
    document = listings(*(("1", f"B0{number:08}", "") for number in range(100)))
    with scripted_amazon(
        document=lambda _: document, searchCatalogItems=lambda _: refused(400)
    ) as amazon:
        output = amazon.sync(tmp_path, "product_catalog")

    assert not summary_of(output, "product_catalog")["complete"]
    assert len(amazon.called("searchCatalogItems")) < 100


def test_an_asin_is_found_in_blanks_small_letters_and_the_product_id(tmp_path: Path) -> None:
    document = listings(
        ("1", " b000000001", ""), ("1", "", "B000000002"), ("4", "", "4006381333931")
    )

    def items(query: dict[str, str]) -> Any:
        found = query["identifiers"].split(",")
        return {"numberOfResults": len(found), "items": [{"asin": each} for each in found]}

    with scripted_amazon(document=lambda _: document, searchCatalogItems=items) as amazon:
        output = amazon.sync(tmp_path, "product_catalog")

    assert [record["asin"] for record in output.records["product_catalog"]] == [
        "B000000001",
        "B000000002",
    ]


def test_one_refused_marketplace_costs_itself_alone(tmp_path: Path) -> None:
    def orders(query: dict[str, str]) -> Any:
        if FR in query["marketplaceIds"]:
            return refused(403, "Unauthorized")
        return {"orders": [order(1, salesChannel={"marketplaceId": DE})]}

    with scripted_amazon("DE", "FR", searchOrders=orders) as amazon:
        output = amazon.sync(tmp_path, "order_buyer_info", "order_address")

    for stream in ("order_buyer_info", "order_address"):
        assert summary_of(output, stream, DE)["complete"]
        assert not summary_of(output, stream, FR)["complete"]
        assert bookmark_of(output, stream, DE)
        assert bookmark_of(output, stream, FR) is None
    assert "it needs the role 'Inventory and Order Tracking'" in output.errors
    assert len(amazon.called("searchOrders")) <= 6


def test_one_refused_data_set_costs_itself_alone(tmp_path: Path) -> None:
    def orders(query: dict[str, str]) -> Any:
        if "RECIPIENT" in query.get("includedData", ""):
            return refused(403, "Unauthorized")
        return {"orders": [order(1)]}

    with scripted_amazon(searchOrders=orders) as amazon:
        output = amazon.sync(tmp_path, "order_buyer_info", "order_address")

    assert summary_of(output, "order_buyer_info")["records"] == 1
    assert summary_of(output, "order_buyer_info")["complete"]
    assert not summary_of(output, "order_address")["complete"]
    assert "it needs the role 'Direct to Consumer Shipping (Restricted)'" in output.errors


def test_orders_of_which_none_has_a_buyer_are_counted_and_read_once_the_role_is_granted(
    tmp_path: Path,
) -> None:
    granted: list[bool] = []

    def orders(query: dict[str, str]) -> Any:
        seen = [order(number) for number in range(30)]
        if not granted:
            seen = [{key: each[key] for key in each if key != "buyer"} for each in seen]
        since = query["lastUpdatedAfter"]
        return {"orders": [each for each in seen if each["lastUpdatedTime"] >= since]}

    with scripted_amazon(searchOrders=orders) as amazon:
        settings: dict[str, Any] = {"start_date": ago(days=10)}
        first = amazon.sync(tmp_path, "order_buyer_info", **settings)
        second = amazon.sync(tmp_path, "order_buyer_info", state=first.state, **settings)
        granted.append(True)
        settings["lookback_days"] = {"order_buyer_info": 2}
        third = amazon.sync(tmp_path, "order_buyer_info", state=second.state, **settings)
        fourth = amazon.sync(tmp_path, "order_buyer_info", state=third.state, **settings)

    assert "30 orders, none with a buyer" in first.errors
    assert not summary_of(first, "order_buyer_info")["complete"]
    assert summary_of(first, "order_buyer_info")["passed_over"] == 30
    assert "the next sync reads the time since" in third.errors
    assert not summary_of(third, "order_buyer_info")["complete"]
    assert summary_of(fourth, "order_buyer_info")["complete"]
    assert len(fourth.records["order_buyer_info"]) == 30
    searched = [query["lastUpdatedAfter"] for query in amazon.called("searchOrders")]
    assert searched[-1] == searched[0]


def test_an_older_copy_of_an_order_does_not_follow_a_newer_one(tmp_path: Path) -> None:
    newer, older = (order(1, lastUpdatedTime=ago(hours=hours)) for hours in (2, 30))
    pages = iter([{"orders": [newer], "pagination": {"nextToken": "2"}}, {"orders": [older]}])
    with scripted_amazon(searchOrders=lambda _: next(pages)) as amazon:
        output = amazon.sync(tmp_path, "order_buyer_info")

    [record] = output.records["order_buyer_info"]
    assert record["last_updated_date"][:19] == newer["lastUpdatedTime"][:19]
    assert summary_of(output, "order_buyer_info")["passed_over"] == 1


def test_the_look_back_of_buyers_is_read_once_a_day(tmp_path: Path) -> None:
    """A call of searchOrders is allowed in three minutes, so other syncs reach back an hour."""
    spans = []
    state = None
    with scripted_amazon(searchOrders=lambda _: {"orders": []}) as amazon:
        for hours in (0, 30, 36, 60):
            amazon.ahead = timedelta(hours=hours)
            before = bookmark_of(Output(0, "", state=state), "order_buyer_info", US)
            asked = len(amazon.called("searchOrders"))
            state = amazon.sync(tmp_path, "order_buyer_info", state=state).state
            first = amazon.called("searchOrders")[asked]["lastUpdatedAfter"]
            if before:
                spans.append(
                    datetime.fromisoformat(before[:19] + "Z") - datetime.fromisoformat(first)
                )

    assert spans == [timedelta(days=5), timedelta(hours=1), timedelta(days=5)]


def test_what_amazon_may_deliver_late_is_read_again_for_five_days_at_least() -> None:
    wanted = {
        "vendor_customer_invoices", "vendor_fulfilment_orders", "vendor_purchase_orders",
        "vendor_purchase_orders_status", "order_buyer_info", "order_address",
        "order_financial_events",
    }  # fmt: skip
    overlaps = {
        stream.name: stream.overlap for stream in streams.ALL if issubclass(stream, ApiStream)
    }

    assert {name for name in wanted if overlaps[name] < timedelta(days=5)} == set()


@pytest.mark.parametrize("payload", [None, {"sellingPlan": "PROFESSIONAL"}])
def test_an_account_of_which_little_is_told_ends_nothing(tmp_path: Path, payload: Any) -> None:
    with scripted_amazon(getAccount=lambda _: {"payload": payload}) as amazon:
        output = amazon.sync(tmp_path, "account", "awd_inventory")

    assert output.returncode == 0
    assert summary_of(output, "account")["complete"] is (payload is not None)
    assert summary_of(output, "awd_inventory")["complete"]
