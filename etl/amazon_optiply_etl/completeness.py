"""Tells whether a stream's records have arrived whole, by the tap's own summary of its sync.

The tap's stream sync_summary says of each stream and marketplace whether it was read to its end, and
how many records that were. Only when as many have arrived can a record be missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amazon_optiply_etl.config import Settings
    from amazon_optiply_etl.inputs import StreamRecords
    from amazon_optiply_etl.records import Stream


def read_whole(
    stream: Stream, records: StreamRecords, summary: StreamRecords, settings: Settings
) -> frozenset[str]:
    """Return the marketplaces whose records of a stream have arrived whole.

    Where marketplaces have no products of their own, these are all marketplaces or none.

    Args:
        stream: The stream.
        records: Its records.
        summary: The records of sync_summary.
        settings: Which marketplaces have products of their own.
    """
    told = summary.frame[summary.frame["outcome"].isna()]
    told = told[(told["stream"] == stream.name).fillna(value=False).astype(bool)]
    if told.empty:
        return frozenset()
    newest = told.sort_values("synced_at").drop_duplicates("marketplace_id", keep="last")
    # CSV files have "True" from some targets.
    is_complete = (newest["complete"].str.lower() == "true").fillna(value=False).astype(bool)
    complete = set(newest.loc[is_complete, "marketplace_id"].dropna())
    sent = told.groupby("marketplace_id")["records"].sum()
    arrived = records.frame.groupby("marketplace_id").size().reindex(sent.index).fillna(0)
    whole = frozenset(complete & set(sent.index[sent == arrived]))
    expected = set(newest["marketplace_id"].dropna())
    return whole if settings.per_marketplace or whole == expected else frozenset()
