"""The seller's listings, and what Amazon's catalog knows of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from amazon_selling_partner import AmazonError, IncompleteAnswerError
from tap_amazon_seller import roles
from tap_amazon_seller.config.schema import CATALOG_DATASETS
from tap_amazon_seller.reports.definitions import (
    Access,
    Format,
    Layout,
    ReportDefinition,
    ReportStreamDefinition,
    id_of,
)
from tap_amazon_seller.reports.rows.batches import with_constants
from tap_amazon_seller.reports.rows.header import ASIN
from tap_amazon_seller.reports.rows.rejected import RejectedItem
from tap_amazon_seller.reports.text.headers import snake_case
from tap_amazon_seller.streams.kinds.amazon_stream import CULPRITS, MOST_REFUSED, SCHEMAS
from tap_amazon_seller.streams.kinds.conform import UnfitError
from tap_amazon_seller.streams.kinds.defined_stream import DefinedReportStream
from tap_amazon_seller.streams.kinds.report_stream import ReportStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.requests.windows import ReportRequest
    from tap_amazon_seller.reports.rows.flat_file import FlatFile
    from tap_amazon_seller.reports.text.document import ReportDocument

ALL_LISTINGS_COLUMNS = (
    "item_name", "item_description", "listing_id", "seller_sku", "price", "quantity", "open_date",
    "image_url", "item_is_marketplace", "product_id_type", "zshop_shipping_fee", "item_note",
    "item_condition", "zshop_category1", "zshop_browse_path", "zshop_storefront_feature", "asin1",
    "asin2", "asin3", "will_ship_internationally", "expedited_shipping", "zshop_boldface", "product_id",
    "bid_for_featured_placement", "add_delete", "pending_quantity", "fulfillment_channel",
    "merchant_shipping_group", "status",
)  # fmt: skip
"""The columns of Amazon's "Inventory report attributes", by which a file with a header in
another language is read: a Chinese one has eight columns with one name, "not applicable"."""
LISTINGS = ReportDefinition(
    "GET_MERCHANT_LISTINGS_ALL_DATA",
    Access(roles.ORDERS),
    options={"preferredReportDocumentLocale": "en_US"},
    layout=Layout(positions=ALL_LISTINGS_COLUMNS),
)
OTHER_LISTINGS = replace(LISTINGS, layout=Layout())
REPORTS = (
    ReportStreamDefinition(
        "browse_tree",
        about="What Amazon files products under: the nodes of its tree, each once for every path to it",
        report=ReportDefinition(
            "GET_XML_BROWSE_TREE_DATA",
            Access(roles.LISTINGS),
            options={"MarketplaceId": id_of},  # else Amazon takes the seller's own
            layout=Layout(
                format=Format.XML, lists=("attribute", "id", "refinementName", "refinementField")
            ),
        ),
        keys=("browse_node_id", "browse_path_by_id"),  # a node may have several parents
        records="Node",
    ),
    ReportStreamDefinition(
        "suppressed_listings",
        about="Listings that search does not show, each with its issues",
        report=replace(
            OTHER_LISTINGS,
            report_type="GET_MERCHANTS_LISTINGS_FYP_REPORT",
            options={},
            may_have_options=True,  # as other reports of listings
        ),
        keys=("sku",),
        is_numbered=True,  # a listing may have several issues
    ),
)
PRICED = (
    ReportStreamDefinition(
        "active_listings",
        about="Listings that are for sale now, with business and quantity prices",
        report=replace(OTHER_LISTINGS, report_type="GET_MERCHANT_LISTINGS_DATA"),
        keys=("seller_sku",),
    ),
    ReportStreamDefinition(
        "cancelled_listings",
        about="Listings that were cancelled in the last 30 days",
        report=replace(OTHER_LISTINGS, report_type="GET_MERCHANT_CANCELLED_LISTINGS_DATA"),
        keys=("seller_sku",),
        is_numbered=True,  # a SKU may be listed and cancelled again
    ),
    ReportStreamDefinition(
        "inactive_listings",
        about="Listings that are not for sale now",
        report=replace(OTHER_LISTINGS, report_type="GET_MERCHANT_LISTINGS_INACTIVE_DATA"),
        keys=("seller_sku",),
    ),
    ReportStreamDefinition(
        "listings_back_compat",
        about="Listings that are for sale now, in the older set of columns",
        report=replace(OTHER_LISTINGS, report_type="GET_MERCHANT_LISTINGS_DATA_BACK_COMPAT"),
        keys=("seller_sku",),
    ),
    ReportStreamDefinition(
        "open_listings",
        about="Price, quantity, business and quantity prices of each SKU for sale, in short",
        report=replace(OTHER_LISTINGS, report_type="GET_FLAT_FILE_OPEN_LISTINGS_DATA"),
        keys=("sku",),
    ),
)
"""Reports with prices, whose currency no file names."""

ASINS_PER_CALL = 20
CATALOG = "searchCatalogItems"
MOST_NAMED = 20
"""So many refused ASINs have their name in the log; all are in `rejected_rows`."""
SEARCHES = "searches"
"""Of the counts of a marketplace: how many searches were refused, whatever ASIN was the reason."""
REFUSED, SHORT = "refused", "short"
"""In what is kept of the catalog's answers: why an ASIN is refused; that an answer has too few items."""
ASIN_TYPE = "1"
"""The `product-id-type` of a product-id that is an ASIN."""


class ProductsInventory(ReportStream):
    """All listings with price, the seller's own quantity and status, as they stand now."""

    name = "products_inventory"
    primary_keys = ("marketplace_id", "seller_sku")
    definition = LISTINGS
    required_columns = ("seller_sku", "quantity")

    @override
    def file_batches(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Any]:
        """The rows, with the currency of their price, which the file does not name."""
        for batch in super().file_batches(flat_file, marketplace):
            yield with_constants(batch, {"currency": marketplace.currency})


class PricedListings(DefinedReportStream):
    """The rows of a listings report, with the currency of their prices, which the file does not name."""

    @override
    def file_batches(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Any]:
        """The rows with their currency."""
        for batch in super().file_batches(flat_file, marketplace):
            yield with_constants(batch, {"currency": marketplace.currency})


class CatalogStream(ReportStream):
    """A stream of the catalog's items of the ASINs listed.

    The streams of this kind share their calls: each requests the data sets that all of them pass on.
    """

    primary_keys = ("marketplace_id", "asin")
    definition = LISTINGS
    calls_api = True
    required_columns = ("seller_sku", "asin1")
    role = roles.LISTINGS
    source = "Catalog Items 2022-04-01"

    @property
    @override
    def columns(self) -> dict[str, object]:
        """The listing report's known columns."""
        return dict(SCHEMAS.get_schema(ProductsInventory.name)["properties"])

    @property
    def datasets(self) -> tuple[str, ...]:
        """The catalog's data sets that the stream passes on."""
        raise NotImplementedError

    @override
    def file_batches(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Any]:
        """The rows as they are; only their ASINs and SKUs are used."""
        return flat_file.batches()

    @override
    def flat_records(self, document: ReportDocument, request: ReportRequest) -> Iterator[Record]:
        """One record per distinct ASIN that the catalog knows, 20 ASINs a call."""
        marketplace = request.marketplace
        skus: dict[str, list[str]] = {}
        for rows in super().flat_records(document, request):
            columns = [
                rows.column(name).to_pylist()
                if name in rows.schema.names
                else [None] * rows.num_rows
                for name in ("seller_sku", "asin1", "product_id_type", "product_id")
            ]
            for sku, *ids in zip(*columns, strict=True):
                if asin := listed_asin(*ids):
                    skus.setdefault(asin, []).append(sku)
        asins = sorted(asin for asin in skus if ASIN.fullmatch(asin))
        unknown = len(skus) - len(asins)
        refused: dict[str, str] = {}
        for first in range(0, len(asins), ASINS_PER_CALL):
            batch = asins[first : first + ASINS_PER_CALL]
            items = {
                item["asin"]: item for item in self._catalog_items(batch, marketplace, refused)
            }
            unknown += len(set(batch) - items.keys() - refused.keys())
            for asin in batch:
                if asin in items:
                    yield from self._conforming(items[asin], marketplace, skus[asin])
        for asin, reason in refused.items():
            item = RejectedItem({"asin": asin, "seller_skus": sorted(skus[asin])}, reason)
            self.reject_item(item, marketplace, CATALOG, is_told=False)
        self._tell_refused(marketplace, refused)
        if unknown:
            self.logger.warning(
                "Amazon's catalog of %s does not know %d of the %d ASINs listed.",
                marketplace.country, unknown, len(skus),
            )  # fmt: skip

    def _catalog_items(
        self, asins: list[str], marketplace: Marketplace, refused: dict[str, str]
    ) -> Iterator[Record]:
        """The items, from one call for all streams of the catalog; `refused` gets those refused."""
        wanted = {name for stream in self._together for name in stream.datasets}
        ask = partial(self._asked, asins, marketplace, sorted(wanted))
        if len(self._together) == 1:
            found = ask()
        else:
            found = self.account.kept.items((CATALOG, marketplace.id, *asins), ask)
        for item in found:
            if REFUSED in item:
                refused[item["asin"]] = item[REFUSED]
            elif SHORT in item:
                self.leave_out(marketplace, item[SHORT])
            else:
                yield item

    @property
    def _together(self) -> list[CatalogStream]:
        """The selected streams of the catalog."""
        return [
            stream
            for stream in self._tap.streams.values()
            if isinstance(stream, CatalogStream) and stream.selected
        ] or [self]

    @property
    @override
    def readers(self) -> list[str]:
        """The selected streams of the catalog."""
        return [stream.name for stream in self._together]

    def _asked(
        self, asins: list[str], marketplace: Marketplace, datasets: list[str]
    ) -> Iterator[Record]:
        """The items of some ASINs; a call that is refused is halved until the culprit stands alone.

        In the place of an item comes the ASIN that Amazon refuses, and a sentence where it gave fewer
        items than it found.

        Raises:
            AmazonError: Amazon refuses one ASIN after the other, so that it is not about them.
        """
        counts: Counter[str] = self.account.once((CATALOG, marketplace.id), Counter)
        waiting = [asins]
        while waiting:
            batch = waiting.pop()
            try:
                yield from self.account.client.catalog_items(batch, marketplace.id, datasets)
                counts[REFUSED] = 0
            except IncompleteAnswerError as error:
                yield from error.items
                yield {SHORT: str(error)}
            except AmazonError as error:
                if error.status not in CULPRITS:
                    raise
                if batch is asins:
                    counts[SEARCHES] += 1
                    self.account.once((CATALOG, marketplace.id, REFUSED), partial(str, error))
                if len(batch) > 1:
                    middle = len(batch) // 2
                    waiting += [batch[middle:], batch[:middle]]
                    continue
                counts[REFUSED] += 1
                if counts[REFUSED] > MOST_REFUSED:
                    raise
                yield {"asin": batch[0], REFUSED: f"Amazon refuses it: {error}"}

    def _tell_refused(self, marketplace: Marketplace, refused: Mapping[str, str]) -> None:
        """Say once, for all streams of the catalog, which ASINs Amazon refuses."""
        counts: Counter[str] = self.account.once((CATALOG, marketplace.id), Counter)
        if not (searches := counts.pop(SEARCHES, 0)):
            return
        names = ", ".join(sorted(refused)[:MOST_NAMED])
        more = f" and {len(refused) - MOST_NAMED} more" if len(refused) > MOST_NAMED else ""
        brought = f"all but {names}{more}, which are in rejected_rows" if names else "all"
        self.logger.warning(
            "Amazon's catalog of %s has refused %d searches (%s); made again in parts, they bring %s.",
            marketplace.country, searches,
            self.account.once((CATALOG, marketplace.id, REFUSED), str), brought,
        )  # fmt: skip

    def _conforming(
        self, item: Record, marketplace: Marketplace, skus: list[str]
    ) -> Iterator[Record]:
        try:
            yield self._conform(self._catalog_record(item, marketplace, skus))
        except UnfitError as error:
            self.reject_item(RejectedItem(item, str(error)), marketplace, CATALOG)

    def _catalog_record(self, item: Record, marketplace: Marketplace, skus: list[str]) -> Record:
        """The stream's data sets, and what Amazon adds that is none."""
        left_out = set(CATALOG_DATASETS) - set(self.datasets)
        return {
            **{snake_case(name): value for name, value in item.items() if name not in left_out},
            "marketplace_id": marketplace.id,
            "seller_skus": sorted(skus),
        }


def listed_asin(asin1: str | None, kind: str | None, product_id: str | None) -> str | None:
    """The ASIN of a row of a listing report, without the blanks and small letters of hand-made files.

    >>> listed_asin("", "1", " b000000001 ")
    'B000000001'
    """
    own = (asin1 or "").strip().upper()
    if not own and (kind or "").strip() == ASIN_TYPE:
        own = (product_id or "").strip().upper()
    return own or None


class ProductCatalog(CatalogStream):
    """The catalog's identifiers (EAN, UPC, ...) and summaries of every ASIN listed."""

    name = "product_catalog"

    @property
    @override
    def datasets(self) -> tuple[str, ...]:
        """Those of the setting `products_include_data`."""
        return self.account.settings.catalog_datasets


class ProductDetails(CatalogStream):
    """All that the catalog knows of every ASIN listed: attributes, sizes, images, variations, ranks."""

    name = "product_details"
    selected_by_default = False

    @property
    @override
    def datasets(self) -> tuple[str, ...]:
        """All that a seller may request."""
        return CATALOG_DATASETS
