"""The order and listings reports beside those that every sync needs."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Amazon, MakeAmazon

DE, GB, JP, US = "A1PA6795UKMFR9", "A1F83G8C2ARO7P", "A1VC38T7YXB528", "ATVPDKIKX0DER"
SHIPPING = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"
ARCHIVED = "GET_FLAT_FILE_ARCHIVED_ORDERS_DATA_BY_ORDER_DATE"
XML = "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
XML_BY_ORDER_DATE = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
TOKENS = "/tokens/2021-03-01/restrictedDataToken"
MONTH = {"dataStartTime": "2026-10-04T00:00:00Z", "dataEndTime": "2026-11-02T08:00:00Z"}
BROWSE_TREE = "GET_XML_BROWSE_TREE_DATA"
FEEDBACK = "GET_SELLER_FEEDBACK_DATA"
LONG = {"dataStartTime": "2026-09-01T00:00:00Z", "dataEndTime": "2026-11-02T08:00:00Z"}


def open_document(amazon: Amazon, report: dict[str, Any]) -> str:
    """Change to a restricted data token for a report's document; answer the access token."""
    path = f"/reports/2021-06-30/documents/{report['reportDocumentId']}"
    body = {"restrictedResources": [{"method": "GET", "path": path}]}
    before, answer = amazon.token, amazon.call("POST", TOKENS, body)
    amazon.token = answer.json()["restrictedDataToken"]
    return before


def test_a_restricted_report_opens_with_its_own_token_alone(make_amazon: MakeAmazon) -> None:
    amazon = make_amazon(orders=2000)
    report = amazon.finished(SHIPPING, DE, **MONTH)
    path = f"/reports/2021-06-30/documents/{report['reportDocumentId']}"
    refused = amazon.call("GET", path)
    open_document(amazon, report)
    body, content_type = amazon.download(report)
    header, *rows = body.decode("cp1252").splitlines()

    assert refused.status_code == 403
    assert content_type.endswith("Cp1252")
    assert header.startswith("order-id\torder-item-id\tpurchase-date\t")
    assert len(rows) == sum(
        record["marketplace_id"] == DE for record in amazon.truth("EU", "shipping_orders")
    )


def test_the_shipping_report_needs_its_role(amazon: Amazon) -> None:
    amazon.log_in("Atzr|sandbox-limited")

    assert amazon.create(SHIPPING, DE, **MONTH).status_code == 403
    assert amazon.create(ARCHIVED, DE, **MONTH).status_code == 202


@pytest.mark.parametrize("report_type", [SHIPPING, ARCHIVED, XML, XML_BY_ORDER_DATE])
def test_order_reports_cover_thirty_days_at_most(amazon: Amazon, report_type: str) -> None:
    assert amazon.finished(report_type, DE, **MONTH)["processingStatus"] == "DONE"
    assert amazon.finished(report_type, DE, **LONG)["processingStatus"] == "FATAL"


def test_archived_orders_are_settled_and_two_weeks_old(amazon: Amazon) -> None:
    rows = amazon.rows(ARCHIVED, DE, "cp1252", **MONTH)

    assert rows
    assert {row["order-status"] for row in rows} <= {
        "Shipped",
        "Cancelled",
        "Shipped - Returned to Seller",
    }
    assert max(row["last-updated-date"] for row in rows) <= "2026-10-19T08:10"


def test_xml_orders_are_messages_in_an_envelope(amazon: Amazon) -> None:
    body, content_type = amazon.download(amazon.finished(XML, DE, **MONTH))
    envelope = ET.fromstring(body)  # noqa: S314
    orders = envelope.findall("Message/Order")
    lines = envelope.findall("Message/Order/OrderItem")

    assert content_type == "text/plain; charset=UTF-8"
    assert envelope.tag == "AmazonEnvelope"
    assert len({order.findtext("AmazonOrderID") for order in orders}) == len(orders) > 50
    assert len(lines) > len(orders)
    assert {amount.get("currency") for amount in envelope.iter("Amount")} == {"EUR"}


def test_xml_orders_by_order_date_were_placed_in_the_window(amazon: Amazon) -> None:
    span = {"dataStartTime": "2026-10-12T00:00:00Z", "dataEndTime": "2026-10-19T00:00:00Z"}
    body, _ = amazon.download(amazon.finished(XML_BY_ORDER_DATE, DE, **span))
    orders = ET.fromstring(body).findall("Message/Order")  # noqa: S314

    assert orders
    assert {(order.findtext("PurchaseDate") or "") >= "2026-10-12" for order in orders} == {True}
    assert {(order.findtext("PurchaseDate") or "") < "2026-10-19" for order in orders} == {True}
    assert max(order.findtext("LastUpdatedDate") or "" for order in orders) > "2026-10-19"


def test_xml_without_orders_is_still_an_envelope(amazon: Amazon) -> None:
    later = {"dataStartTime": "2026-11-02T07:59:59Z", "dataEndTime": "2026-11-02T08:00:00Z"}
    body, _ = amazon.download(amazon.finished(XML, DE, **later))

    envelope = ET.fromstring(body)  # noqa: S314
    assert len(envelope) == 2


@pytest.mark.parametrize(
    ("report_type", "german", "english"),
    [
        ("GET_MERCHANT_LISTINGS_DATA", "Artikelbezeichnung", "item-name"),
        ("GET_MERCHANT_LISTINGS_DATA_BACK_COMPAT", "Artikelbezeichnung", "item-name"),
        ("GET_MERCHANT_LISTINGS_INACTIVE_DATA", "Artikelbezeichnung", "item-name"),
        ("GET_MERCHANT_CANCELLED_LISTINGS_DATA", "Artikelbezeichnung", "item-name"),
        ("GET_FLAT_FILE_OPEN_LISTINGS_DATA", "sku", "sku"),
    ],
)
def test_listings_files_heed_the_locale(
    amazon: Amazon, report_type: str, german: str, english: str
) -> None:
    options = {"reportOptions": {"preferredReportDocumentLocale": "en_US"}}
    local, _ = amazon.download(amazon.finished(report_type, DE))
    asked, _ = amazon.download(amazon.finished(report_type, DE, **options))

    assert local.decode("cp1252").split("\t")[0] == german
    assert asked.decode("cp1252").split("\t")[0] == english


def test_active_and_inactive_listings_are_all_but_the_incomplete(amazon: Amazon) -> None:
    every = amazon.truth("EU", "products_inventory")
    parts = [amazon.truth("EU", name) for name in ("active_listings", "inactive_listings")]
    keys = [[(one["marketplace_id"], one["seller_sku"]) for one in part] for part in parts]
    complete = [
        (one["marketplace_id"], one["seller_sku"]) for one in every if one["status"] != "Incomplete"
    ]

    assert sorted(keys[0] + keys[1]) == sorted(complete)
    assert not set(keys[0]) & set(keys[1])


def test_suppressed_listings_have_one_row_per_issue(amazon: Amazon) -> None:
    rows = amazon.rows("GET_MERCHANTS_LISTINGS_FYP_REPORT", GB, "cp1252")
    skus = [row["SKU"] for row in rows]

    assert len(set(skus)) < len(skus)
    assert all(
        re.fullmatch(r"[A-Z][a-z]{2} \d\d?, \d{4}", row["Status Change Date"]) for row in rows
    )


def browse_nodes(amazon: Amazon, marketplace: str, **options: str) -> list[ET.Element]:
    """Request a browse tree; answer its nodes."""
    report = amazon.finished(BROWSE_TREE, marketplace, reportOptions=options)
    body, content_type = amazon.download(report)
    assert content_type == "text/plain; charset=UTF-8"
    return ET.fromstring(body).findall("Node")  # noqa: S314


def paths(nodes: list[ET.Element]) -> list[str]:
    """Return the paths of nodes."""
    return [node.findtext("browsePathById") or "" for node in nodes]


def test_the_browse_tree_is_that_of_the_option_rather_than_of_the_request(amazon: Amazon) -> None:
    own = paths(browse_nodes(amazon, GB))
    british = paths(browse_nodes(amazon, GB, MarketplaceId=GB))

    assert own == paths(browse_nodes(amazon, DE, MarketplaceId=DE))
    assert not set(own) & set(british)
    assert len(set(british)) == len(british)


def test_a_browse_node_may_be_on_several_paths(amazon: Amazon) -> None:
    ids = [path.rpartition(",")[2] for path in paths(browse_nodes(amazon, DE))]

    assert len(set(ids)) < len(ids)


def test_a_browse_tree_can_be_cut(amazon: Amazon) -> None:
    roots = browse_nodes(amazon, DE, RootNodesOnly="true")
    top = roots[0].findtext("browseNodeId") or ""
    branch = paths(browse_nodes(amazon, DE, BrowseNodeId=top))

    assert {path.count(",") for path in paths(roots)} == {1}
    assert 1 < len(branch) < len(browse_nodes(amazon, DE))
    assert all(top in path.split(",") for path in branch)
    assert browse_nodes(amazon, DE, BrowseNodeId="1") == []


def test_there_is_no_browse_tree_of_a_marketplace_elsewhere(amazon: Amazon) -> None:
    report = amazon.finished(BROWSE_TREE, DE, reportOptions={"MarketplaceId": US})

    assert report["processingStatus"] == "FATAL"


@pytest.mark.parametrize(
    ("account", "marketplace", "charset", "header", "date"),
    [
        (
            "NA",
            US,
            "utf-8",
            "Date\tRating\tComments\tYour Response\tOrder ID\tRater Email",
            "%m/%d/%y",
        ),
        ("EU", DE, "cp1252", "Datum\tBewertung\tKommentare\tIhre Antwort\t", "%d.%m.%y"),
        ("EU", GB, "cp1252", "Date\tRating\tComments\tYour Response\t", "%d/%m/%y"),
        ("FE", JP, "cp932", "日付\t評価\t", "%y/%m/%d"),
    ],
)
def test_feedback_has_the_dates_and_headers_of_its_marketplace(  # noqa: PLR0917
    make_amazon: MakeAmazon, account: str, marketplace: str, charset: str, header: str, date: str
) -> None:
    amazon = make_amazon(orders=2000)
    amazon.log_in(f"Atzr|sandbox-{account}")
    body, _ = amazon.download(amazon.finished(FEEDBACK, marketplace, **MONTH))
    first, *rows = body.decode(charset).splitlines()
    days = [datetime.strptime(row.split("\t")[0], date).date() for row in rows]  # noqa: DTZ007

    assert first.startswith(header)
    assert days
    assert min(days).isoformat() >= "2026-10-03"
    assert max(days).isoformat() <= "2026-11-02"


def test_feedback_is_about_orders_and_some_is_answered(make_amazon: MakeAmazon) -> None:
    amazon = make_amazon(orders=2000)
    feedback = amazon.truth("EU", "seller_feedback")
    orders = {order["amazon_order_id"] for order in amazon.truth("EU", "orders")}

    assert {each["order_id"] for each in feedback} <= orders
    assert {each["rating"] for each in feedback} == {1, 2, 3}
    assert 0 < sum(each["your_response"] is not None for each in feedback) < len(feedback)
