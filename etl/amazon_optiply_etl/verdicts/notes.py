"""What a reader of the mapping report should know of records that went out all the same."""

from __future__ import annotations

from amazon_optiply_etl.optiply.limits import LONGEST_TEXT

NO_EAN = "no EAN in the catalog; sent without eanCode"
SEVERAL_EANS = "several EANs; eanCode is the smallest"
EAN_MENDED = "eanCode got back its leading zeros"
EAN_MATCHED = "no EAN in the catalog; eanCode is that of asin_matches (eans_from_matches)"
SHARED_EAN = "several ASINs have the same eanCode"
SEVERAL_SKUS = "several SKUs; skuCode is the first"
SHARED_SKU = "several ASINs have the same skuCode"
# Those that say how well products can be matched with other shops' and suppliers'.
OF_IDENTIFIERS = (
    NO_EAN, SEVERAL_EANS, EAN_MENDED, EAN_MATCHED, SHARED_EAN, SEVERAL_SKUS, SHARED_SKU,
)  # fmt: skip

NO_PRICE = "no price; sent without price"
SUMMED_STOCK = "the seller's own stock of one SKU in several marketplaces is summed"
SHARED_STOCK = "several marketplaces show the seller's own stock of one SKU; it is there once"
UNEQUAL_STOCK = "marketplaces show different quantities of one SKU; the largest counts"
POOLED_STOCK = (
    "several marketplaces report the same FBA stock without its local part; it counts once"
)
SHOWN_POOL = (
    "several marketplaces report the same FBA stock without its local part; it is there once"
)
SOLD_OUT = "sold out, so no listing is for sale; sent with the stock that is left"
DISABLED = "disabled, because it has no active listing any more"
ADOPTED = "found in Optiply by {}, so changed there instead of made"
BROKEN_IDENTIFIERS = "product_catalog: identifiers are not nested as Amazon nests them"
UNREADABLE = "{}: {} cannot be read as {}"
NAME_CUT = f"name cut to {LONGEST_TEXT} characters"
NOT_IN_WAREHOUSE = "fulfilled by Amazon, but not in warehouse_inventory"

OTHER_REMOTE_ID = "made again, though Optiply has its {} under another remoteId"
SKU_ALMOST = (
    "its SKU differs from another product's in case or outer blanks alone, so they do not match"
)
NEW_ASSORTMENT = (
    "no product of earlier runs is listed any more; orders say that it is the same seller"
)
NEW_ASSORTMENT_ACCEPTED = "no product of earlier runs is listed any more (accept_new_assortment)"

CANCELLED_LATE = "cancelled after it was sent; Optiply still has it"
LINE_WITHOUT_PRICE = "a line without item_price is sent with 0"
IN_CURRENCY = "totalValue in {}; Optiply knows no currencies"
WAITING = "orders kept for the next run"
NO_LISTINGS = "there are no listings in the input; products stay as they were"
ITEM_WITHOUT_PRICE = "an item without a price per each is sent with 0"
RECEIVED_LESS = "Amazon counts less of it received than before; Optiply keeps the larger quantity"
REJECTED_ORDERS = "a row of the order could not be read, so it waits until Amazon reports it again"
HELD_BACK_ORDERS = "orders with a row that could not be read, which no row in the input names"
NO_MATCHES = (
    "there are no records of asin_matches in the input; eanCodes that were taken from it stay"
)
NO_ORDERS = "there are no orders in the input"
NOT_TAKEN = "written before, not taken by Optiply"
PRODUCT_GONE = (
    "gone from Optiply, so that its orders are refused: create it there and put its new id into the "
    "host's snapshot, or set the flag recreate_missing and give apiCredentials"
)
PRODUCT_CREATED_ANEW = "gone from Optiply and created again through its API"
NO_WORD_OF_HOST = (
    "written, and the host keeps no snapshot that shows whether it arrived; set the flag host_snapshots "
    "to true if it will keep them, to false if it never does"
)
