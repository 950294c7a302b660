"""A seller of whose articles and orders the mapping report has something of everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from etl.conftest import SellerFolder

DE = "A1PA6795UKMFR9"
FR = "A13V1IB3VIYZZH"
SENT, KEPT, INACTIVE = "B0000000AA", "B0000000BB", "B0000000CC"
EAN, INACTIVE_EAN = "4006381333931", "4006381333948"
MISCHIEF = (
    "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>'\"{{ 7*7 }}"
)


def run_twice(seller: SellerFolder) -> Path:
    """Run twice, the second time with something of everything; answers the page."""
    seller.listing(KEPT, item_name="Kept")
    seller.listing("B0000000DD", item_name="Same EAN")
    seller.catalog(KEPT, EAN=EAN)
    seller.catalog("B0000000DD", EAN=EAN)
    seller.order("302-1", purchase_date="2026-10-01T10:00:00+00:00")
    seller.line("302-1", KEPT)
    seller.build()
    seller.host_loads()
    seller.listing(SENT, item_name=MISCHIEF, seller_sku="<b>SKU</b>")
    seller.listing(INACTIVE, status="Inactive", item_name="Gürtel, braun", seller_sku="SKU gone")
    seller.catalog(INACTIVE, EAN=INACTIVE_EAN)
    seller.listing(KEPT, marketplace_id=FR, seller_sku="SKU-FR", quantity=0)
    seller.stock("B0000000ZZ", sku="<i>stray</i>")
    for day in range(2, 8):
        seller.order(f"302-{day}", purchase_date=f"2026-10-0{day}T10:00:00+00:00")
        seller.line(f"302-{day}", KEPT)
    seller.order("302-8", order_status="Pending")
    seller.line("302-8", INACTIVE, item_status="Pending")
    seller.build()
    return seller.built.folder / "mapping-report.html"
