"""ASINs of product codes in a file (setting `match_input`), by amazon_asin_match, an extra.

The stream is there only with the setting. The engine is imported when it is read: a tap without the
extra lacks nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from amazon_programs import missing_extra
from tap_amazon_seller import roles
from tap_amazon_seller.errors import ConfigurationError, ReportUnavailableError
from tap_amazon_seller.reports.definitions import Audience
from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace


class AsinMatches(AmazonStream):
    """One record per row of the file and marketplace, with its ASIN where it is clear."""

    name = "asin_matches"
    primary_keys = ("marketplace_id", "row_number")
    role = roles.LISTINGS
    source = "Catalog Items 2022-04-01"

    @property
    @override
    def audience(self) -> Audience:
        """The catalog answers sellers and vendors."""
        return Audience.ALL

    @override
    def check_installation(self) -> None:
        """Refuse a sync without the extra before anything is requested for it.

        Raises:
            ConfigurationError: The extra is missing.
        """
        try:
            import amazon_asin_match.interface  # noqa: F401, PLC0415 - an extra
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                missing_extra("Setting 'match_input'", error, "matching")
            ) from None

    @override
    def marketplace_records(self, marketplace: Marketplace) -> Iterator[Record]:
        """The results of a job that is made for this sync; Amazon's answers are kept for the next.

        Raises:
            ConfigurationError: The file cannot be read.
            ReportUnavailableError: The job did not come to its end.
        """
        from amazon_asin_match.interface import (  # noqa: PLC0415 - an extra
            InputFileError,
            MatchError,
            matches,
        )

        settings = self.account.settings
        assert settings.match_input is not None  # noqa: S101 - the stream is there only with it
        try:
            for result in matches(
                settings.match_input,
                marketplace,
                self.account.client,
                database=settings.match_database,
                seller_id=settings.seller_id,
                now=self.account.now,
            ):
                yield {"marketplace_id": marketplace.id, **result}
        except InputFileError as error:
            raise ConfigurationError(f"Setting 'match_input': {error}") from None
        except MatchError as error:
            raise ReportUnavailableError(str(error)) from None
