"""No bookmark lies in the future: what is still to happen has not been read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from running import configuration

from amazon_selling_partner import marketplaces
from tap_amazon_seller.account.tally import Tally
from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream
from tap_amazon_seller.tap import TapAmazonSeller

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
DE = marketplaces.BY_COUNTRY["DE"]


@pytest.mark.parametrize(
    ("hours", "kept"), [(-1, "2026-11-02T07:00:00+00:00"), (1, "2026-11-02T08:00:00+00:00")]
)
def test_a_bookmark_is_moved_up_to_now_at_most(
    monkeypatch: pytest.MonkeyPatch, hours: int, kept: str
) -> None:
    account = SimpleNamespace(marketplaces=(DE,), now=lambda: NOW, tally=Tally())
    monkeypatch.setattr(TapAmazonSeller, "account", account)
    stream = TapAmazonSeller(config=configuration("http://127.0.0.1")).streams["orders"]
    assert isinstance(stream, AmazonStream)

    stream.move_bookmark(DE, NOW + timedelta(hours=hours))

    assert stream.partition_state(DE)["replication_key_value"] == kept
