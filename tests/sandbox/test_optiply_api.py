"""The stand-in for the Optiply API: what it accepts, keeps and shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amazon_seller_sandbox.optiply.accounts import CLIENT_ID, CLIENT_SECRET, PASSWORD

if TYPE_CHECKING:
    from sandbox.conftest import MakeAmazon, Optiply

PLACED = "2026-11-01T10:00:00Z"
PRODUCT = {"name": "Shoe", "stockLevel": 3, "unlimitedStock": False}


def sell_order(*products: object, **more: object) -> dict[str, Any]:
    lines = [{"quantity": 1, "subtotalValue": 9.95, "productId": each} for each in products]
    return {"placed": PLACED, "totalValue": "9.95", "orderLines": lines, **more}


def complaints(answer: Any) -> list[tuple[int, str]]:
    """Return the status and the attribute or parameter of each error."""
    errors = answer.json()["errors"]
    assert answer.headers["content-type"] == "application/vnd.api+json"
    assert all(int(each["status"]) == answer.status_code for each in errors)
    sources = [next(iter(each.get("source", {"": ""}).values())) for each in errors]
    return [(answer.status_code, source.removeprefix("/data/attributes/")) for source in sources]


def test_a_password_is_traded_for_a_token_that_lives_as_long_as_it_says(
    optiply: Optiply, make_amazon: MakeAmazon
) -> None:
    optiply.amazon = make_amazon(optiply_token_seconds=600)
    optiply.become("EU")
    issued = optiply.ask_for_token().json()
    optiply.amazon.clock.advance(599)
    before = optiply.call("GET", "products")
    optiply.amazon.clock.advance(1)
    after = optiply.call("GET", "products")

    assert issued["expires_in"] == 600
    assert issued["access_token"] != issued["refresh_token"]
    assert before.status_code == 200
    assert complaints(after) == [(401, "")]
    assert "expired" in after.text


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"username": "nobody"}, 401),
        ({"password": "wrong"}, 401),
        ({"client": "wrong"}, 401),
        ({"grant_type": "client_credentials"}, 400),
    ],
)
def test_wrong_credentials_are_refused(
    optiply: Optiply, wrong: dict[str, str], status: int
) -> None:
    assert optiply.ask_for_token(**wrong).status_code == status


def test_the_grant_type_may_stand_in_the_form_as_public_targets_send_it(optiply: Optiply) -> None:
    form = {"username": "eu@optiply.example", "password": PASSWORD}
    url, login = "/optiply/api/auth/oauth/token", (CLIENT_ID, CLIENT_SECRET)
    answers = [
        optiply.http.post(url, auth=login, data=form | more)
        for more in ({"grant_type": "password"}, {"grant_type": "refresh_token"}, {})
    ]

    assert [each.status_code for each in answers] == [200, 400, 400]


@pytest.mark.parametrize(
    ("total", "shown"), [("0.30000000000000004", "0.30"), ("24.949999999999996", "24.95")]
)
def test_a_total_may_be_a_sum_of_floats_as_public_targets_send_it(
    optiply: Optiply, make_amazon: MakeAmazon, total: str, shown: str
) -> None:
    def sold() -> Any:
        line = {"quantity": 1, "subtotalValue": "1.00", "productId": optiply.product()}
        placed = "2026-11-01T10:00:00Z"
        return optiply.post("sellOrders", placed=placed, totalValue=total, orderLines=[line])

    lenient = sold()
    optiply.amazon = make_amazon(strict_optiply=True)
    optiply.become("EU")

    assert lenient.json()["data"]["attributes"]["totalValue"] == shown
    assert complaints(sold()) == [(400, "totalValue")]


@pytest.mark.parametrize("token", ["", "garbage"])
def test_a_missing_or_unknown_token_is_refused(optiply: Optiply, token: str) -> None:
    optiply.token = token

    assert optiply.call("GET", "products").status_code == 401


def test_a_request_names_an_account_and_a_coupling_of_its_user(optiply: Optiply) -> None:
    right = optiply.ids
    statuses = []
    for ids in ({"accountId": "102"}, {"couplingId": "1002"}, right | {"couplingId": "1001"}):
        optiply.ids = ids
        statuses.append(optiply.call("GET", "products").status_code)
    optiply.ids = {"accountId": "101", "couplingId": "1001"}
    foreign = optiply.call("GET", "products")

    assert statuses == [400, 400, 403]
    assert foreign.status_code == 403


def test_a_product_is_made_read_changed_and_deleted(optiply: Optiply) -> None:
    made = optiply.post(
        "products", **PRODUCT, price=19.9, status="enabled", remoteId="B0_DE", minimumStock=2.0
    )
    number = made.json()["data"]["id"]
    optiply.amazon.clock.advance(60)
    changed = optiply.patch("products", number, stockLevel=-4, status="disabled")
    read = optiply.call("GET", f"products/{number}").json()["data"]
    deleted = optiply.call("DELETE", f"products/{number}")

    assert made.status_code == 201
    assert changed.status_code == 200
    assert changed.json()["data"] == read
    assert read["id"] == number
    assert read["type"] == "products"
    uuid = read["attributes"].pop("uuid")
    assert uuid == made.json()["data"]["attributes"]["uuid"]
    assert read["attributes"] == {
        "name": "Shoe",
        "stockLevel": -4,
        "unlimitedStock": False,
        "price": "19.90",
        "status": "DISABLED",
        "minimumStock": 2.0,
        "remoteIdMap": {"1002": "B0_DE"},
        "accountId": 102,
        "createdAt": "2026-11-02T08:00:00Z",
        "updatedAt": "2026-11-02T08:01:00Z",
        "createdFromPublicApi": True,
    }
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert optiply.call("GET", f"products/{number}").status_code == 404


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_another_accounts_is_not_there(optiply: Optiply, method: str) -> None:
    number = optiply.product()
    optiply.become("NA")
    body = {"data": {"type": "products", "attributes": {"name": "Boot"}}}

    assert optiply.call(method, f"products/{number}", body).status_code == 404
    assert optiply.call("GET", "products").json()["data"] == []


def test_webshops_of_an_account_share_its_products(optiply: Optiply) -> None:
    number = optiply.product(remoteId="A")
    optiply.become("EU-SHOP")
    optiply.patch("products", number, remoteId="B")
    read = optiply.call("GET", f"products/{number}").json()["data"]["attributes"]

    assert read["remoteIdMap"] == {"1002": "A", "2002": "B"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "red"),
        ("name", ""),
        ("name", "x" * 256),
        ("name", 5),
        ("name", "half a \ud83d"),
        ("name", "nothing\0"),
        ("name", None),
        ("stockLevel", "3"),
        ("stockLevel", 3.0),
        ("stockLevel", True),
        ("stockLevel", 10_000_000),
        ("unlimitedStock", "false"),
        ("unlimitedStock", 0),
        ("minimumStock", -1),
        ("minimumStock", 1e300),
        ("price", "19.90"),
        ("price", 19.999),
        ("price", -1),
        ("price", 1_000_000_000),
        ("status", "ENABLED"),
        ("status", "active"),
        ("stockMeasurementUnit", "x" * 11),
        ("remoteDataSyncedToDate", "2026-11-02T08:00:00"),
        ("remoteDataSyncedToDate", "2026-11-02T08:00:00.000Z"),
        ("remoteDataSyncedToDate", "2026-11-02T08:00:00+02:00"),
        ("remoteDataSyncedToDate", "2026-02-30T08:00:00Z"),
        ("createdAtRemote", "2026-11-02"),
        ("remoteId", 12),
        ("id", "7"),
    ],
)
def test_a_wrong_attribute_is_named(optiply: Optiply, name: str, value: object) -> None:
    refused = optiply.post("products", **(PRODUCT | {name: value}))
    patched = optiply.patch("products", optiply.product(), **{name: value})

    assert complaints(refused) == complaints(patched) == [(400, name)]
    assert name in refused.json()["errors"][0]["detail"]
    assert len(optiply.dump()["products"]) == 1


@pytest.mark.parametrize("missing", list(PRODUCT))
def test_a_missing_attribute_is_named(optiply: Optiply, missing: str) -> None:
    attributes = {name: value for name, value in PRODUCT.items() if name != missing}

    assert complaints(optiply.post("products", **attributes)) == [(400, missing)]


def test_every_wrong_attribute_is_named_at_once(optiply: Optiply) -> None:
    refused = optiply.post("products", name=5, price="x", unlimitedStock=False)

    assert complaints(refused) == [(400, "name"), (400, "price"), (400, "stockLevel")]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", '{"data":{"type":"products","attributes":{}}}', 415),
        (None, '{"data":{"type":"products","attributes":{}}}', 415),
        ("application/vnd.api+json", "{", 400),
        ("application/vnd.api+json", "[]", 400),
        ("application/vnd.api+json", '{"data":{"attributes":{}}}', 400),
        ("application/vnd.api+json", '{"data":{"type":"suppliers","attributes":{}}}', 400),
        ("application/vnd.api+json", '{"data":{"type":"products"}}', 400),
        (
            "application/vnd.api+json",
            '{"data":{"type":"products","relationships":{},"attributes":{}}}',
            400,
        ),
        (
            "application/vnd.api+json",
            '{"data":{"type":"products","attributes":{"stockLevel":NaN}}}',
            400,
        ),
    ],
)
def test_what_is_no_write_is_refused(
    optiply: Optiply, content_type: str | None, body: str, status: int
) -> None:
    headers = {"authorization": f"Bearer {optiply.token}"}
    if content_type is not None:
        headers["content-type"] = content_type
    answer = optiply.http.post(
        "/optiply/v1/products", params=optiply.ids, headers=headers, content=body.encode()
    )

    assert answer.status_code == status


def test_the_id_in_a_patch_is_that_of_the_url(optiply: Optiply) -> None:
    number, other = optiply.product(), optiply.product()
    body = {"data": {"type": "products", "id": other, "attributes": {"name": "Boot"}}}

    assert complaints(optiply.call("PATCH", f"products/{number}", body)) == [(400, "/data/id")]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "shoes", 404),
        ("POST", "accounts", 405),
        ("PUT", "products", 405),
        ("DELETE", "products", 405),
        ("PATCH", "products/1", 404),
        ("GET", "products/abc", 404),
        ("DELETE", "products/1", 404),
    ],
)
def test_what_is_not_there_is_refused(
    optiply: Optiply, method: str, path: str, status: int
) -> None:
    assert optiply.call(method, path).status_code == status


def test_a_sell_order_is_kept_with_its_lines(optiply: Optiply) -> None:
    first, second = optiply.product(), optiply.product()
    order = optiply.made("sellOrders", **sell_order(int(first), second, remoteId="302-1"))
    (dumped,) = optiply.dump()["sellOrders"]
    lines = optiply.call("GET", "sellOrderLines", **{"filter[sellOrderId]": order}).json()["data"]

    assert dumped["id"] == order
    assert (dumped["totalValue"], dumped["remoteIdMap"]) == ("9.95", {"1002": "302-1"})
    assert [each["productId"] for each in dumped["orderLines"]] == [int(first), int(second)]
    assert [each["attributes"]["subtotalValue"] for each in lines] == ["9.95", "9.95"]
    assert optiply.call("DELETE", f"sellOrders/{order}").status_code == 204
    assert optiply.dump()["sellOrderLines"] == []


def test_lines_may_be_wrapped_as_older_targets_do(optiply: Optiply) -> None:
    attributes = {"quantity": 2, "subtotalValue": "4.00", "productId": optiply.product()}
    line = {"type": "sellOrderLines", "attributes": attributes}
    optiply.made("sellOrders", placed=PLACED, totalValue=4, orderLines=[line])

    assert optiply.dump()["sellOrderLines"][0]["quantity"] == 2


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"quantity": "1"}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"subtotalValue": "1,50"}, "subtotalValue"),
        ({"subtotalValue": 1.005}, "subtotalValue"),
        ({"productId": None}, "productId"),
        ({"productId": "B0"}, "productId"),
        ({"remoteId": "1"}, "remoteId"),
    ],
)
def test_a_wrong_line_is_named(optiply: Optiply, change: dict[str, Any], where: str) -> None:
    order = sell_order(optiply.product())
    order["orderLines"][0] |= change

    assert complaints(optiply.post("sellOrders", **order)) == [(400, f"orderLines/0/{where}")]
    assert optiply.dump()["sellOrders"] == []


@pytest.mark.parametrize("lines", [[], None, {}, "[]"])
def test_a_sell_order_needs_lines(optiply: Optiply, lines: object) -> None:
    attributes = {"placed": PLACED, "totalValue": 0}

    assert complaints(optiply.post("sellOrders", **attributes)) == [(400, "orderLines")]
    assert complaints(optiply.post("sellOrders", **attributes, orderLines=lines)) == [
        (400, "orderLines")
    ]


def test_a_sell_order_names_each_product_once(optiply: Optiply) -> None:
    first, second = optiply.product(), optiply.product()
    twice = optiply.post("sellOrders", **sell_order(first, second, int(first)))
    order = optiply.made("sellOrders", **sell_order(first))
    line = {"quantity": 1, "subtotalValue": 1, "sellOrderId": order}

    assert complaints(twice) == [(400, "orderLines/2/productId")]
    assert complaints(optiply.post("sellOrderLines", **line, productId=first)) == [
        (400, "productId")
    ]
    assert optiply.post("sellOrderLines", **line, productId=second).status_code == 201


def test_the_lines_of_an_order_are_not_patched_with_it(optiply: Optiply) -> None:
    order = optiply.made("sellOrders", **sell_order(optiply.product()))

    assert complaints(optiply.patch("sellOrders", order, orderLines=[])) == [(400, "orderLines")]
    assert optiply.patch("sellOrders", order, completed=PLACED).status_code == 200


def test_an_unknown_reference_is_not_found(optiply: Optiply) -> None:
    product = optiply.product()
    supplier = optiply.made("suppliers", name="Mill")
    optiply.become("NA")
    line = {"quantity": 1, "subtotalValue": 1, "productId": 1, "buyOrderId": 2}
    link = {"name": "Shoe", "productId": product, "supplierId": supplier}
    receipt = {"occurred": PLACED, "quantity": 1, "buyOrderLineId": "3"}

    assert complaints(optiply.post("sellOrders", **sell_order(product))) == [
        (404, "orderLines/0/productId")
    ]
    assert complaints(optiply.post("buyOrderLines", **line)) == [
        (404, "productId"),
        (404, "buyOrderId"),
    ]
    assert complaints(optiply.post("supplierProducts", **link)) == [
        (404, "productId"),
        (404, "supplierId"),
    ]
    assert complaints(optiply.post("receiptLines", **receipt)) == [(404, "buyOrderLineId")]
    assert not any(optiply.dump(accountId="101").values())


def test_a_buy_order_may_name_its_own_account_alone(optiply: Optiply) -> None:
    order = {"placed": PLACED, "totalValue": 0, "supplierId": optiply.made("suppliers", name="M")}

    assert complaints(optiply.post("buyOrders", **order, accountId="101")) == [(404, "accountId")]
    assert optiply.post("buyOrders", **order, accountId="102").status_code == 201
    assert [each["accountId"] for each in optiply.dump()["buyOrders"]] == [102]


@pytest.mark.parametrize("days", [0, 366, 2.5, "7"])
def test_a_suppliers_days_are_1_to_365_or_null(optiply: Optiply, days: object) -> None:
    assert complaints(optiply.post("suppliers", name="Mill", deliveryTime=days)) == [
        (400, "deliveryTime")
    ]
    for right in (1, 365, None):
        assert optiply.post("suppliers", name="Mill", deliveryTime=right).status_code == 201


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("globalLocationNumber", "123"),
        ("type", "shop"),
        ("lostSalesReaction", 2),
        ("emails", "a@b.example"),
        ("emails", ["nobody"]),
        ("currency", "euro"),
    ],
)
def test_a_suppliers_attributes_are_checked(optiply: Optiply, name: str, value: object) -> None:
    answer = optiply.post("suppliers", **{"name": "Mill", name: value})

    assert complaints(answer) == [(400, name)]
    assert ("is not a valid address" in answer.text) == (value == ["nobody"])


def test_a_supplier_offers_a_product_once(optiply: Optiply) -> None:
    pair = {"productId": optiply.product(), "supplierId": optiply.made("suppliers", name="Mill")}
    first = optiply.made("supplierProducts", name="Shoe", **pair)
    again = optiply.post("supplierProducts", name="Boot", **pair)
    query = {f"filter[{name}]": number for name, number in pair.items()}
    found = optiply.call("GET", "supplierProducts", **query).json()["data"]
    optiply.call("DELETE", f"supplierProducts/{first}")

    assert again.status_code == 409
    assert [each["id"] for each in found] == [first]
    assert optiply.post("supplierProducts", name="Boot", **pair).status_code == 201


def test_a_pair_is_free_again_once_its_offer_is_of_another_supplier(optiply: Optiply) -> None:
    product = optiply.product()
    mill, weaver = (optiply.made("suppliers", name=name) for name in ("Mill", "Weaver"))
    link = {"name": "Shoe", "productId": product}
    offer = optiply.made("supplierProducts", **link, supplierId=mill)
    moved = optiply.patch("supplierProducts", offer, supplierId=weaver)
    another = optiply.made("supplierProducts", **link, supplierId=mill)
    back = optiply.patch("supplierProducts", another, supplierId=weaver)

    assert moved.status_code == 200
    assert back.status_code == 409


def test_a_part_is_in_a_composition_once(optiply: Optiply) -> None:
    pair = {"composedProductId": optiply.product(), "partProductId": optiply.product()}
    optiply.made("productCompositions", partQuantity=1, **pair)
    itself = pair | {"partProductId": pair["composedProductId"]}

    assert optiply.post("productCompositions", partQuantity=2, **pair).status_code == 409
    assert complaints(optiply.post("productCompositions", partQuantity=1, **itself)) == [
        (400, "partProductId")
    ]
    assert complaints(optiply.post("productCompositions", partQuantity=0, **pair)) == [
        (400, "partQuantity")
    ]


def test_deleting_a_buy_order_deletes_its_lines_and_their_receipts(optiply: Optiply) -> None:
    product = int(optiply.product())
    supplier = optiply.made("suppliers", name="Mill", deliveryTime=7)
    order = optiply.made("buyOrders", placed=PLACED, totalValue="5.00", supplierId=supplier)
    attributes = {"quantity": 1, "subtotalValue": 5, "productId": product}
    line = optiply.made("buyOrderLines", **attributes, buyOrderId=int(order))
    optiply.made("receiptLines", occurred=PLACED, quantity=1, buyOrderLineId=line)
    due = optiply.dump()["buyOrders"][0]["expectedDeliveryDate"]
    in_use = optiply.call("DELETE", f"products/{product}")
    deleted = optiply.call("DELETE", f"buyOrders/{order}")
    dump = optiply.dump()

    assert due == "2026-11-08T10:00:00Z"
    assert in_use.status_code == 409
    assert deleted.status_code == 204
    assert dump["buyOrders"] == dump["buyOrderLines"] == dump["receiptLines"] == []
    assert optiply.call("DELETE", f"products/{product}").status_code == 204


@pytest.mark.parametrize(
    ("entity", "name", "value"),
    [
        ("buyOrderLines", "buyOrderId", "6000001"),
        ("buyOrderLines", "productId", "1000001"),
        ("receiptLines", "buyOrderLineId", 7000001),
        ("receiptLines", "quantity", 0),
        ("productCompositions", "partProductId", 1000001),
    ],
)
def test_ids_are_sent_in_the_form_that_is_known(
    optiply: Optiply, entity: str, name: str, value: object
) -> None:
    assert (400, name) in complaints(optiply.post(entity, **{name: value}))


def test_lists_come_in_pages(optiply: Optiply) -> None:
    numbers = [optiply.product(name=f"Shoe {count}") for count in range(52)]
    first = optiply.call("GET", "products").json()
    second = optiply.http.get(
        first["links"]["next"], headers={"authorization": f"Bearer {optiply.token}"}
    ).json()
    page: dict[str, str | int] = {"page[limit]": 10, "page[offset]": 50, "sort": "-id"}
    last = optiply.call("GET", "products", **page).json()

    assert [each["id"] for each in first["data"] + second["data"]] == numbers
    assert len(first["data"]) == 50
    assert second["links"] == last["links"] == {}
    assert [each["id"] for each in last["data"]] == [numbers[1], numbers[0]]


@pytest.mark.parametrize(
    "query",
    [
        {"page[limit]": "101"},
        {"page[limit]": "0"},
        {"page[limit]": "ten"},
        {"page[limit]": "10", "page[offset]": "5"},
        {"page[offset]": "-50"},
        {"sort": "name"},
        {"filter[colour]": "red"},
        {"filter[remoteId]": "B0"},
        {"filter[name][IS]": "Shoe"},
        {"filter[status]": "enabled"},
        {"filter[stockLevel]": "many"},
        {"filter[stockLevel][LIKE]": "3"},
        {"filter[updatedAt][GT]": "2026-11-02"},
        {"limit": "10"},
    ],
)
def test_a_wrong_query_is_named(optiply: Optiply, query: dict[str, str]) -> None:
    assert complaints(optiply.call("GET", "products", **query)) == [(400, list(query)[-1])]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"filter[status]": "ENABLED"}, "ac"),
        ({"filter[status][NEQ]": "ENABLED"}, "b"),
        ({"filter[stockLevel][GT]": "2"}, "c"),
        ({"filter[stockLevel][GE]": "2"}, "bc"),
        ({"filter[stockLevel][LT]": "2"}, "a"),
        ({"filter[stockLevel][LE]": "2", "filter[status]": "ENABLED"}, "a"),
        ({"filter[price][EQ]": "2"}, "b"),
        ({"filter[name][LIKE]": "b%"}, "b"),
        ({"filter[name][LIKE]": "b"}, ""),
        ({"filter[unlimitedStock]": "false"}, "abc"),
        ({"filter[updatedAt][GT]": "2026-11-02T08:00:30Z"}, "c"),
        ({"filter[accountId]": "102"}, "abc"),
    ],
)
def test_lists_are_filtered(optiply: Optiply, query: dict[str, str], names: str) -> None:
    for stock, (name, status) in enumerate(
        (("a shoe", "enabled"), ("b shoe", "disabled"), ("c shoe", "enabled")), 1
    ):
        optiply.amazon.clock.advance(30 if name == "c shoe" else 15)
        optiply.product(name=name, status=status, stockLevel=stock, price=stock)
    found = optiply.call("GET", "products", **query).json()["data"]

    assert [each["attributes"]["name"][0] for each in found] == list(names)


def test_an_account_can_be_read(optiply: Optiply) -> None:
    found = optiply.call("GET", "accounts").json()["data"]

    assert [(each["id"], each["attributes"]["name"]) for each in found] == [("102", "Sandbox EU")]
