"""Another shop's products, whose sell orders the secondary flavour sends."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from whole_day.expectation import barcodes_of
from whole_day.shops import compared_product

if TYPE_CHECKING:
    from conftest import RunningSandbox
    from running import Record
    from whole_day.syncs import Sync


def seeded(sandbox: RunningSandbox, first: Sync, key: str) -> dict[str, Record]:
    """Put another shop's products into Optiply, and return what it then has by id.

    Two in three of the products that the seller sells are among them, the best one twice. Some are known
    to no shop; two shops call different ones by the same id.
    """
    truth = first.truth
    values: dict[str, str] = {}
    if key == "skuCode":
        values = {each["asin"]: each["sku"] for each in truth["order_items"]}
    else:
        for record in truth["product_catalog"]:
            for _, code in barcodes_of(record)[-1:]:
                values[record["asin"]] = code
    sold = Counter(each["asin"] for each in truth["order_items"] if each["asin"] in values)
    chosen = [asin for rank, (asin, _) in enumerate(sold.most_common()) if rank % 3 != 2]
    of_shop = [values[asin] for asin in (*chosen, chosen[0])] + ["4006381333931"]
    entries = [_entry(key, value, number) for number, value in enumerate(of_shop)]
    sandbox.post("/_sandbox/optiply", entries)
    products = sandbox.get_json("/_sandbox/optiply")["products"]
    assert len(products) == len(entries)
    return {each["id"]: compared_product(each) for each in products}


def _entry(key: str, value: str, number: int) -> Record:
    attributes: Record = {
        "name": f"Product {number}",
        "stockLevel": number,
        "unlimitedStock": False,
        "status": "enabled",
        key: value,
    }
    if number % 10 != 9:  # those were made in Optiply itself
        attributes["remoteId"] = f"shop-{number // 2}"
    coupling = "EU" if number % 2 else "EU-SHOP"
    return {"entity": "products", "coupling": coupling, "attributes": attributes}
