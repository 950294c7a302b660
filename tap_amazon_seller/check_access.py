"""What `--test` tells: whether the credentials are good, and what they may see."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from amazon_selling_partner import AmazonError, PermissionDeniedError
from amazon_selling_partner.marketplaces import REGION_NAMES
from tap_amazon_seller.reports.requests.windows import ReportRequest
from tap_amazon_seller.streams.kinds.report_stream import ReportStream
from tap_amazon_seller.streams.products import CatalogStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_amazon_seller.account import SellingAccount
    from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

ANY_ASIN = "B000000000"
PROBED_SPAN = timedelta(hours=1)


def describe_access(account: SellingAccount, streams: Iterable[AmazonStream]) -> Iterator[str]:
    """One line on the credentials, then one per stream: allowed, or the role that it needs.

    Raises:
        CredentialsError: The credentials are wrong.
        ConfigurationError: The configured marketplaces are.
    """
    places = ", ".join(f"{place.country} ({place.id})" for place in account.marketplaces)
    yield f"The credentials are good. Marketplaces: {places}."
    asked: set[str] = set()
    region = account.marketplaces[0].region
    for stream in streams:
        if isinstance(stream, ReportStream) and not stream.definition.exists_in(region):
            yield f"{stream.name}: does not exist in {REGION_NAMES[region]}."
            continue
        if stream.is_withheld:
            yield f"{stream.name}: not requested; it needs the setting 'include_pii'."
            continue
        try:
            _probe(account, stream, asked)
        except PermissionDeniedError:
            yield f"{stream.name}: not allowed; the application needs the role '{stream.role}'."
        except AmazonError as error:
            yield f"{stream.name}: {error}."
        else:
            yield f"{stream.name}: allowed."


def _probe(account: SellingAccount, stream: AmazonStream, asked: set[str]) -> None:
    """The smallest calls that need the stream's permissions: a short report of each type, once."""
    place = account.marketplaces[0]
    if isinstance(stream, ReportStream) and stream.definition.report_type not in asked:
        now = account.now().replace(microsecond=0)
        account.client.retrying(
            partial(
                account.client.create_report,
                stream.definition.report_type,
                place.id,
                None if stream.definition.is_snapshot else (now - PROBED_SPAN, now),
                ReportRequest(stream.definition, place).options,
            )
        )
        asked.add(stream.definition.report_type)
    if isinstance(stream, CatalogStream):
        account.client.catalog_items([ANY_ASIN], place.id, ["identifiers"])
