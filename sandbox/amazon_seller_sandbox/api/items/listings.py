"""searchListingsItems of the Listings Items API 2021-08-01, for the listings of the code catalog."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.clock import DAY, iso
from amazon_seller_sandbox.refusals import Refusal, invalid_input, unauthorized
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.world.accounts import ROLE_LISTING

if TYPE_CHECKING:
    from amazon_seller_sandbox.api.operation import Call, Json
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.code_catalog.items import Answer, Item
    from amazon_seller_sandbox.world.code_catalog.search import CodeCatalog

_DATASETS = frozenset(
    {
        "summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement",
        "relationships", "productTypes",
    }
)  # fmt: skip
_TYPES = ("ASIN", "EAN", "FNSKU", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")
_MOST = 20


def _csv(call: Call, name: str) -> list[str]:
    return [part for value in call.query.get(name, []) for part in value.split(",") if part]


def _one(call: Call, name: str, default: str = "") -> str:
    return next(iter(call.query.get(name, [])), default)


async def _search_listings(call: Call) -> Json:
    """Answer searchListingsItems by identifiers.

    Raises:
        Refusal: 400 malformed, 403 another seller or a foreign marketplace.
    """
    account = call.grant.account
    if call.path["sellerId"] != account.seller_id:
        raise unauthorized()
    ids = _csv(call, "marketplaceIds")
    if len(ids) != 1:
        raise invalid_input("Exactly one marketplace is required in 'marketplaceIds'.")
    market = account.marketplace(ids[0])
    if market is None:
        raise unauthorized()
    wanted = _csv(call, "includedData") or ["summaries"]
    if not set(wanted) <= _DATASETS:
        raise invalid_input("Invalid 'includedData' provided.")
    identifiers, kind = _csv(call, "identifiers"), _one(call, "identifiersType")
    if not identifiers or kind not in _TYPES:
        raise invalid_input("'identifiers' and 'identifiersType' are required together.")
    if len(identifiers) > _MOST:
        raise invalid_input(f"At most {_MOST} identifiers are allowed.")
    size = _one(call, "pageSize", "10")
    if not size.isdecimal() or not 1 <= int(size) <= _MOST:
        raise invalid_input(f"'pageSize' must be between 1 and {_MOST}.")
    catalog = call.sandbox.world.code_catalog
    items: list[dict[str, Any]] = []
    if catalog:
        epoch = int(call.sandbox.world.settings.epoch)
        own = catalog.own_listings(identifiers, kind, market)
        items = [_item(catalog, found, market, wanted, epoch) for found in own]
    begin = _begin(_one(call, "pageToken"))
    answer: dict[str, Any] = {
        "numberOfResults": len(items),
        "items": items[begin : begin + int(size)],
    }
    if begin + int(size) < len(items):
        token = base64.urlsafe_b64encode(json.dumps(begin + int(size)).encode()).decode()
        answer["pagination"] = {"nextToken": token}
    return answer


def _begin(token: str) -> int:
    if not token:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(token)))
    except (ValueError, TypeError) as error:
        raise Refusal(400, "InvalidInput", "Invalid 'pageToken' provided.") from error


def _item(
    catalog: CodeCatalog,
    found: tuple[str, Item, Answer],
    market: Marketplace,
    wanted: list[str],
    epoch: int,
) -> dict[str, Any]:
    sku, item, asked = found
    own = {"marketplaceId": market.id}
    title = catalog.title(item, market.language)
    here = {"language_tag": market.language, "marketplace_id": market.id}
    datasets: dict[str, Any] = {
        "summaries": [
            own | {
                "asin": item.asin,
                "productType": "GROCERY",
                "conditionType": "new_new",
                "status": ["BUYABLE", "DISCOVERABLE"] if item.form % 9 else [],
                "itemName": title,
                "createdDate": iso(epoch - 40 * DAY),
                "lastUpdatedDate": iso(epoch - DAY),
                "mainImage": {
                    "link": f"https://m.media-amazon.com/images/I/{item.asin}500.jpg",
                    "height": 500,
                    "width": 500,
                },
            }
        ],
        "attributes": {
            "item_name": [{"value": title, **here}],
            "brand": [{"value": item.product.brand, **here}],
            "number_of_items": [{"value": item.pack, "marketplace_id": market.id}],
            **(
                {
                    "externally_assigned_product_identifier": [
                        {"value": asked.code, "type": "ean" if len(asked.code) == 13 else "gtin",  # noqa: PLR2004
                         "marketplace_id": market.id}
                    ]
                }
                if item.form % 12
                else {}
            ),
        },
    }  # fmt: skip
    return {"sku": sku} | {name: datasets.get(name, []) for name in wanted}


OPERATIONS = (
    Operation(
        "searchListingsItems",
        "GET",
        "/listings/2021-08-01/items/{sellerId}",
        Rate(5, 5),
        200,
        _search_listings,
        role=ROLE_LISTING,
    ),
)
