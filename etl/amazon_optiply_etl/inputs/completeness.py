"""Return whether a stream's records have arrived complete, by the tap's own summary of its sync.

The tap's stream sync_summary says of each stream and marketplace whether it was read to its end, how
many records that were, and how many rows could not be read. Only when as many records have arrived can
one be missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.inputs.folder import StreamRecords
    from amazon_optiply_etl.inputs.streams import Stream


def read_whole(
    stream: Stream, records: StreamRecords, summary: StreamRecords, settings: Settings
) -> frozenset[str]:
    """Return the marketplaces whose records of a stream have arrived complete.

    Where marketplaces have no products of their own, these are all marketplaces or none.

    Args:
        stream: The stream.
        records: Its records.
        summary: The records of sync_summary.
        settings: Which marketplaces have products of their own.
    """
    told = _told(stream, summary)
    if told.empty:
        return frozenset()
    newest = _newest(told)
    complete = set(newest.loc[newest["is_complete"], "marketplace_id"].dropna())
    sent = told.groupby("marketplace_id")["records"].sum()
    arrived = records.frame.groupby("marketplace_id").size().reindex(sent.index).fillna(0)
    whole = frozenset(complete & set(sent.index[sent == arrived]))
    expected = set(newest["marketplace_id"].dropna())
    return whole if settings.per_marketplace or whole == expected else frozenset()


def read_in_part(stream: Stream, summary: StreamRecords) -> frozenset[str]:
    """Return the marketplaces of which the tap says that it could not read all records of a stream."""
    told = _told(stream, summary)
    if told.empty:
        return frozenset()
    newest = _newest(told)
    return frozenset(newest.loc[~newest["is_complete"], "marketplace_id"].dropna())


def rejected_counts(stream: Stream, summary: StreamRecords) -> dict[str, int]:
    """Return how many rows of a stream the tap could not read: marketplace id -> count above 0."""
    return _counts("rejected", stream, summary)


def held_back_counts(stream: Stream, summary: StreamRecords) -> dict[str, int]:
    """Return how many records the tap held back for a row of theirs: marketplace id -> count above 0."""
    return _counts("held_back", stream, summary)


def _counts(column: str, stream: Stream, summary: StreamRecords) -> dict[str, int]:
    if not summary.read:
        return {}
    newest = _newest(_told(stream, summary)).dropna(subset=["marketplace_id", column])
    newest = newest[(newest[column] > 0).astype(bool)]
    return dict(zip(newest["marketplace_id"], newest[column].astype(int), strict=True))


def _told(stream: Stream, summary: StreamRecords) -> pd.DataFrame:
    told = summary.frame[summary.frame["outcome"].isna()]
    return told[(told["stream"] == stream.name).fillna(value=False).astype(bool)]


def _newest(told: pd.DataFrame) -> pd.DataFrame:
    newest = told.sort_values("synced_at").drop_duplicates("marketplace_id", keep="last")
    # CSV files have "True" from some targets.
    complete = (newest["complete"].str.lower() == "true").fillna(value=False).astype(bool)
    return newest.assign(is_complete=complete)
