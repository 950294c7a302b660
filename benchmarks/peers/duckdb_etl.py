"""DuckDB as the ETL: the same rules, joins and sums in SQL, the payloads in the same JSON Lines.

Runs in an environment of its own: `duckdb_etl.py INPUT OUTPUT`. It says nothing of what it leaves out.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb

# The newest record of each key counts; of equally new ones the last in the file.
_CURRENT = """
CREATE VIEW {name} AS SELECT * FROM read_parquet('{folder}/{name}.parquet', file_row_number = true)
QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {newest}file_row_number DESC) = 1
"""
_NEWEST = "last_updated_date::TIMESTAMPTZ DESC, "
_STREAMS = (
    ("products_inventory", "marketplace_id, seller_sku", ""),
    ("warehouse_inventory", "marketplace_id, sku, fnsku, condition", ""),
    ("product_catalog", "marketplace_id, asin", ""),
    ("orders", "marketplace_id, amazon_order_id", _NEWEST),
    ("order_items", "marketplace_id, amazon_order_id, sku, asin, line_number", _NEWEST),
)
_PRODUCTS = """
CREATE TABLE products AS
WITH of_skus AS (
    SELECT marketplace_id, sku AS seller_sku, sum(coalesce(
        afn_fulfillable_quantity_local, afn_total_quantity
    )) AS in_fba
    FROM warehouse_inventory GROUP BY ALL
),
read AS (
    SELECT *, lower(trim(status)) = 'active' AS is_active,
        bool_or(lower(trim(status)) = 'active') OVER (PARTITION BY asin1) AS has_active
    FROM products_inventory LEFT JOIN of_skus USING (marketplace_id, seller_sku)
    WHERE asin1 IS NOT NULL AND item_name IS NOT NULL
),
-- Sold out is not gone: without stock, and named by an order line, an inactive listing is a product.
used AS (
    SELECT * FROM read
    WHERE is_active OR NOT has_active AND asin1 IN (SELECT asin FROM order_items)
        AND coalesce(in_fba, 0) = 0
        AND (coalesce(quantity, 1) = 0 OR fulfillment_channel LIKE 'AMAZON%' AND quantity IS NULL)
),
listed AS (
    SELECT asin1 AS asin, arg_min(item_name, seller_sku) AS name, min(seller_sku) AS sku,
        arg_min_null(price, seller_sku) AS price, sum(quantity) AS own, bool_or(is_active) AS sells
    FROM used GROUP BY ALL
),
stock AS (
    SELECT asin, sum(coalesce(afn_fulfillable_quantity_local, afn_total_quantity)) AS units
    FROM warehouse_inventory GROUP BY ALL
),
identifiers AS (
    SELECT asin, each->>'identifierType' AS kind, each->>'identifier' AS code
    FROM (
        SELECT asin, unnest(from_json(identifiers, '["JSON"]')) AS of_marketplace
        FROM product_catalog
    ), unnest(from_json(of_marketplace->'identifiers', '["JSON"]')) AS every(each)
),
eans AS (
    SELECT asin, arg_min(
        CASE kind WHEN 'UPC' THEN lpad(code, 13, '0') ELSE code END,
        CASE kind WHEN 'EAN' THEN '0' WHEN 'JAN' THEN '1' ELSE '2' END || code
    ) AS ean
    FROM identifiers
    WHERE kind IN ('EAN', 'JAN') AND regexp_full_match(code, '\\d{8}|\\d{12,14}')
        OR kind = 'UPC' AND length(code) = 12
    GROUP BY ALL
)
SELECT asin AS "remoteId", left(regexp_replace(name, '[\\r\\n]+', ' ', 'g'), 255) AS name,
    if(sells, coalesce(nullif(units, 0), own, 0), 0)::BIGINT AS "stockLevel", false AS "unlimitedStock",
    sku AS "skuCode", ean AS "eanCode", asin AS "articleCode",
    round(price::DECIMAL(18, 4), 2)::DOUBLE AS price, 'enabled' AS status
FROM listed LEFT JOIN stock USING (asin) LEFT JOIN eans USING (asin)
ORDER BY asin
"""
_SELL_ORDERS = """
CREATE TABLE sell_orders AS
WITH sold AS (
    SELECT marketplace_id, amazon_order_id, purchase_date, order_total FROM orders
    WHERE lower(trim(order_status)) SIMILAR TO '(unshipped|partiallyshipped|shipping|shipped|complete).*'
        AND purchase_date IS NOT NULL
),
lines AS (
    SELECT amazon_order_id, asin, sum(quantity) AS quantity,
        round(sum(coalesce(item_price, 0)::DECIMAL(18, 4)), 2)::DOUBLE AS subtotal
    FROM order_items
        SEMI JOIN sold USING (marketplace_id, amazon_order_id)
        SEMI JOIN products ON asin = "remoteId"
    WHERE quantity > 0 AND NOT coalesce(lower(trim(item_status)) SIMILAR TO 'cancell?ed.*', false)
    GROUP BY ALL
),
of_orders AS (
    SELECT amazon_order_id, sum(subtotal::DECIMAL(18, 2))::DOUBLE AS subtotals, list({
        quantity: quantity::BIGINT, "subtotalValue": subtotal, "Remote_productId": asin
    } ORDER BY asin) AS "orderLines"
    FROM lines GROUP BY ALL
)
SELECT amazon_order_id AS "remoteId",
    strftime(purchase_date::TIMESTAMPTZ AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS placed,
    coalesce(round(order_total::DECIMAL(18, 4), 2)::DOUBLE, subtotals) AS "totalValue", "orderLines"
FROM sold JOIN of_orders USING (amazon_order_id)
ORDER BY placed, "remoteId"
"""


def main() -> None:
    """Write products.jsonl and sell_orders.jsonl."""
    folder, output = map(Path, sys.argv[1:])
    output.mkdir(parents=True, exist_ok=True)
    connection: Any = duckdb.connect()
    for name, key, newest in _STREAMS:
        connection.execute(_CURRENT.format(name=name, folder=folder, key=key, newest=newest))
    for sql, name in ((_PRODUCTS, "products"), (_SELL_ORDERS, "sell_orders")):
        connection.execute(sql)
        connection.execute(f"COPY {name} TO '{output}/{name}.jsonl' (FORMAT json)")


if __name__ == "__main__":
    main()
