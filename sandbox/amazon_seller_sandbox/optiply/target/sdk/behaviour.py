"""What target-optiply does by itself, in one table; everything else is the SDK's.

Public sources, as they are stored: V2 is mariocostaoptiply/target-optiply-v2 (`base_sink.py` at 140f05a,
`client.py` at 1a63aef, `auth.py` at a7190af, the newest `sinks.py`, which has receipt lines). V1 is
joaoraposooptiply/target-optiply (`client.py` at d73599b) and its fork mariocostaoptiply/target-optiply
(`sinks.py` at 7576d2e). A newer joaoraposooptiply (`sinks.py` at 156bf0f) keeps `totalValue` if it is
sent, and sends the `remoteId` of sell orders; that is not done here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.optiply.target.sdk import fields

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Stream:
    """One sink.

    Attributes:
        endpoint: The entity.
        required: Fields without which a record does not pass the schema, PATCH included.
        optional: The others that are sent; what is in neither is left out without a word.
        mandatory: Fields without which POST is not called; the record fails alone.
        references: Attributes that `Remote_` and their name stand for, with the stream that they are of,
            whose records of this run are looked at; what is found there wins.
        reference: What the id of a reference is sent as.
        together: Whether one reference that is not found takes the others away too.
        takes_lines: Whether `line_items` becomes `orderLines`, and their sum `totalValue`.
    """

    endpoint: str
    required: Mapping[str, Any] = field(default_factory=dict)
    optional: Mapping[str, Any] = field(default_factory=dict)
    mandatory: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    reference: type[int | str] | None = None
    together: bool = False
    takes_lines: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the target.

    Attributes:
        streams: The sinks by the exact names of their streams; another name ends the run, as the base
            class has no name (`BaseOptiplySink` is abstract).
        stops: Whether a record that its schema refuses, or any answer of 400 and above to POST and PATCH
            but 404 and 409, makes the job skip all later records; it ends with 0 all the same.
        deletes: Whether `deleted_at` with an id is DELETE.
        aliases: Names that stand for others.
        coerces: Whether fields pass a schema; else they are sent as they are.
        retries_server_errors: How often an answer of 500 and above is tried; V2 takes it as it is.
        wraps_lines: Whether a line is sent within `type` and `attributes`, its subtotal as a string.
    """

    streams: Mapping[str, Stream]
    stops: bool
    deletes: bool
    aliases: Mapping[str, str]
    coerces: bool
    retries_server_errors: int
    wraps_lines: bool


_CODES = ("skuCode", "eanCode", "articleCode")
_PRODUCT = {"productId": "Products"}
_SUPPLIER_NUMBERS = (
    "deliveryTime", "userReplenishmentPeriod", "lostSalesReaction", "lostSalesMovReaction",
    "backorderThreshold", "backordersReaction", "maxLoadCapacity", "containerVolume",
)  # fmt: skip
_SUPPLIER_AMOUNTS = ("minimumOrderValue", "fixedCosts")
_SUPPLIER_FLAGS = ("reactingToLostSales", "backorders", "ignored")
V2 = Version(
    {
        "Products": Stream(
            "products",
            {"name": fields.LONG_TEXT, "stockLevel": fields.WHOLE},
            {
                **dict.fromkeys(_CODES, fields.LONG_TEXT),
                "price": fields.PRICE,
                "status": fields.TEXT,
                **dict.fromkeys(
                    ("notBeingBought", "resumingPurchase", "assembled", "ignored"), fields.FLAG
                ),
                **dict.fromkeys(
                    ("minimumStock", "maximumStock", "manualServiceLevel"), fields.NUMBER
                ),
                "createdAtRemote": fields.MOMENT,
                "updatedAt": fields.MOMENT,
                "stockMeasurementUnit": fields.UNIT,
            },
            ("name", "stockLevel"),
        ),
        # That it tries again without addresses that are refused comes to nothing: the job has stopped.
        "Suppliers": Stream(
            "suppliers",
            {"name": fields.TEXT},
            {
                "emails": fields.ADDRESSES,
                **dict.fromkeys(_SUPPLIER_NUMBERS, fields.READ_WHOLE),
                **dict.fromkeys(_SUPPLIER_AMOUNTS, fields.READ_NUMBER),
                **dict.fromkeys(_SUPPLIER_FLAGS, fields.FLAG),
                "globalLocationNumber": fields.LOCATION,
                "type": fields.TYPE,
            },
            ("name",),
        ),
        "SupplierProducts": Stream(
            "supplierProducts",
            {"name": fields.TEXT},
            {
                **dict.fromkeys(("productId", "supplierId"), fields.ID_TEXT),
                **dict.fromkeys(_CODES, fields.TEXT),
                "price": fields.PLAIN_PRICE,
                **dict.fromkeys(("minimumPurchaseQuantity", "lotSize"), fields.ONE_OR_MORE),
                **dict.fromkeys(("availability", "preferred"), fields.WORD),
                "availabilityDate": fields.TEXT,
                **dict.fromkeys(("deliveryTime", "freeStock"), fields.READ_WHOLE),
                "status": fields.STATUS,
                **dict.fromkeys(("weight", "volume"), fields.MEASURE),
            },
            ("name", "productId", "supplierId"),
            {**_PRODUCT, "supplierId": "Suppliers"},
            together=True,
        ),
        "BuyOrders": Stream(
            "buyOrders",
            {"placed": fields.TEXT},
            {
                "supplierId": fields.READ_WHOLE,
                "accountId": fields.READ_WHOLE,
                "totalValue": fields.AMOUNT,
                **dict.fromkeys(("completed", "expectedDeliveryDate"), fields.TEXT),
                "assembly": fields.FLAG,
                "line_items": fields.TEXT,
            },
            ("placed", "totalValue", "supplierId", "accountId"),
            {"supplierId": "Suppliers"},
            reference=int,
            takes_lines=True,
        ),
        "BuyOrderLines": Stream(
            "buyOrderLines",
            {},
            {
                "subtotalValue": fields.AMOUNT,
                **dict.fromkeys(("productId", "quantity", "buyOrderId"), fields.READ_WHOLE),
                "expectedDeliveryDate": fields.TEXT,
            },
            ("subtotalValue", "productId", "quantity", "buyOrderId"),
            {**_PRODUCT, "buyOrderId": "BuyOrders"},
            reference=int,
        ),
        "SellOrders": Stream(
            "sellOrders",
            {"placed": fields.TEXT},
            {
                "totalValue": fields.AMOUNT,
                "completed": fields.TEXT,
                "line_items": fields.TEXT,
            },
            ("totalValue", "placed"),
            takes_lines=True,
        ),
        # It resolves no ids of the source.
        "SellOrderLines": Stream(
            "sellOrderLines",
            {
                "subtotalValue": fields.TEXT,
                **dict.fromkeys(("productId", "quantity", "sellOrderId"), fields.READ_WHOLE),
            },
            mandatory=("subtotalValue", "sellOrderId", "productId", "quantity"),
        ),
        "ProductCompositions": Stream(
            "productCompositions",
            {"partQuantity": fields.ONE_OR_MORE},
            dict.fromkeys(("composedProductId", "partProductId"), fields.ANY_TEXT),
            ("composedProductId", "partProductId", "partQuantity"),
            dict.fromkeys(("composedProductId", "partProductId"), "Products"),
            together=True,
        ),
        # It sends its externalId as remoteId, and the moment of sending as remoteDataSyncedToDate.
        "ReceiptLines": Stream(
            "receiptLines",
            {},
            {
                "occurred": fields.OCCURRED,
                "quantity": fields.READ_WHOLE,
                "buyOrderLineId": fields.ID_TEXT,
            },
            ("occurred", "quantity", "buyOrderLineId"),
            {"buyOrderLineId": "BuyOrderLines"},
            reference=str,
        ),
    },
    stops=True,
    deletes=True,
    aliases={
        "optiply_id": "id",
        "remoteId": "externalId",
        "updated_at": "updatedAt",
        "created_at": "createdAtRemote",
    },
    coerces=True,
    retries_server_errors=1,
    wraps_lines=False,
)


def _plain(
    endpoint: str, names: str, mandatory: tuple[str, ...], *more: str, takes_lines: bool = False
) -> Stream:
    sent = dict.fromkeys((*names.split(), *more), None)
    return Stream(endpoint, optional=sent, mandatory=mandatory, takes_lines=takes_lines)


V1 = Version(
    {
        "Products": _plain(
            "products",
            "name price unlimitedStock stockLevel notBeingBought resumingPurchase status assembled "
            "minimumStock maximumStock ignored manualServiceLevel createdAtRemote stockMeasurementUnit",
            ("name", "stockLevel", "unlimitedStock"),
            *_CODES,
        ),
        "Suppliers": _plain(
            "suppliers",
            "name emails globalLocationNumber type",
            ("name",),
            *_SUPPLIER_NUMBERS,
            *_SUPPLIER_AMOUNTS,
            *_SUPPLIER_FLAGS,
        ),
        "SupplierProducts": _plain(
            "supplierProducts",
            "name price minimumPurchaseQuantity lotSize availability availabilityDate preferred "
            "productId supplierId deliveryTime status freeStock weight volume",
            ("name", "productId", "supplierId"),
            *_CODES,
        ),
        "BuyOrders": _plain(
            "buyOrders",
            "placed totalValue completed expectedDeliveryDate supplierId accountId assembly",
            ("placed", "totalValue", "supplierId", "accountId"),
            takes_lines=True,
        ),
        "BuyOrderLines": _plain(
            "buyOrderLines",
            "quantity subtotalValue productId buyOrderId expectedDeliveryDate",
            ("subtotalValue", "productId", "quantity", "buyOrderId"),
        ),
        "SellOrders": _plain(
            "sellOrders", "placed totalValue", ("totalValue", "placed"), takes_lines=True
        ),
        "SellOrderLines": _plain(
            "sellOrderLines",
            "quantity subtotalValue productId sellOrderId",
            ("subtotalValue", "sellOrderId", "productId", "quantity"),
        ),
    },
    stops=False,
    deletes=False,
    aliases={},
    coerces=False,
    retries_server_errors=5,
    wraps_lines=True,
)
VERSIONS: Mapping[str, Version] = {"1": V1, "2": V2}
