"""What was written for a target and is not known to have arrived: snapshots/deliveries.csv or .parquet.

A host runs a target on data.singer and keeps, in ``<Stream>_<flow>.snapshot.csv``, the records that the
target created. Optiply's public target stops at the first answer of 400 or above (except 404 and 409),
skips everything after it and ends with exit code 0, so what was written may not have arrived. The next
run compares the file that was written last with the host's snapshots: see `review`.

Sources: target-optiply v2, `UnifiedSink._job_healthy` and its use in `process_record`; the host's
snapshots as hotglue_singer_sdk's target state and gluestick have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.inputs.readers import read_csv_text
from amazon_optiply_etl.tables.amounts import array_of
from amazon_optiply_etl.tables.columns import frame_of
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.tables.parquet_files import parquet_pieces
from amazon_optiply_etl.tables.plain_text import with_formulas

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE, PARQUET_FILE = FILES = ("deliveries.csv", "deliveries.parquet")
MANY = 100_000
"""Deliveries from which they are kept as Parquet: a first run's may be millions."""
CREATION, CHANGE = "creation", "change"
MOST_ATTEMPTS = 3  # runs that count against a creation before it goes out once a day
ONCE_A_DAY = timedelta(days=1)
ONCE_AN_HOUR = timedelta(hours=1)
CHANGE_KEPT = timedelta(days=3)  # after which a change counts as taken
_FAILURES_OF_A_SUSPECT = 2
_WHOLE = ("position", "failures", "attempts")
COLUMNS = (
    "entity",
    "remoteId",
    "kind",
    "version",
    "position",
    "written",
    "since",
    "failures",
    "attempts",
    "suspect",
    "refers_to",
)
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def read_deliveries(folder: Path) -> pd.DataFrame:
    """Read what was written and is not known to have arrived; empty without the file.

    Returns:
        A row for each remoteId of an entity, with `COLUMNS`: entity (its name), remoteId, kind
        (CREATION or CHANGE), version (of the content that was written), position (the place in the last
        data.singer; null if it was not in it), written (when it last was) and since (when this version
        first was), both ``YYYY-MM-DDTHH:MM:SSZ``; failures (files in which it did not arrive), attempts
        (those of them that count against it), suspect (whether it goes last of all), refers_to (of sell
        orders, the remoteIds of their products, separated by spaces).

    Raises:
        EtlError: the file cannot be read.
    """
    path = folder / PARQUET_FILE
    if path.exists():
        return _checked(_read_parquet(path))
    path = folder / FILE
    if not path.exists() or path.stat().st_size == 0:
        return empty()
    try:
        table = read_csv_text(path)
    except OSError as error:
        raise EtlError(f"{path} cannot be read: {error.strerror}.") from error
    names = dict(zip(table.column_names, table.columns, strict=True))
    if missing := [name for name in COLUMNS if name.lower() not in names]:
        raise EtlError(
            f"{path} has no column {missing[0]}; restore the file, or remove it: what it lists then "
            "counts as written by an earlier version."
        )
    cells = {name: with_formulas(names[name.lower()]) for name in COLUMNS}
    return _checked(_typed(frame_of(cells), path))


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        table = parquet.read_table(path, columns=list(COLUMNS))
    except OSError as error:
        raise EtlError(f"{path} cannot be read: {error.strerror or error}.") from error
    except pa.ArrowInvalid as error:
        raise EtlError(
            f"{path} is not a readable Parquet file; restore it, or remove it: what it lists then "
            "counts as written by an earlier version."
        ) from error
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame.astype({**dict.fromkeys(_WHOLE, "Int64"), "suspect": "bool"})


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out what names no row, and all but the last delivery of each."""
    frame = frame[frame["entity"].notna() & frame["remoteId"].notna()]
    frame = frame[frame["kind"].isin([CREATION, CHANGE]).astype(bool)]
    return frame.drop_duplicates(["entity", "remoteId"], keep="last").reset_index(drop=True)


def empty() -> pd.DataFrame:
    """Return deliveries of which there are none."""
    return _none().copy(deep=False)


@cache
def _none() -> pd.DataFrame:
    """Deliveries of which there are none, which nobody may change."""
    kinds = {"suspect": "bool", **dict.fromkeys(_WHOLE, "Int64")}
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, TEXT)) for name in COLUMNS})


def as_text(deliveries: pd.DataFrame) -> pd.DataFrame:
    """Return deliveries as the file holds them, every cell text or null, in the order of the file."""
    ordered = _ordered(deliveries)
    texts = {name: pc.cast(array_of(ordered[name], pa.int64()), pa.string()) for name in _WHOLE}
    texts["suspect"] = pc.cast(array_of(ordered["suspect"], pa.bool_()), pa.string())
    columns = {
        name: texts[name] if name in texts else array_of(ordered[name], pa.string())
        for name in ordered.columns
    }
    return frame_of(columns)


def as_parquet(parts: Iterable[pd.DataFrame]) -> list[bytes]:
    """Return the Parquet file that holds many deliveries, piece by piece.

    Args:
        parts: The deliveries, some after others, so that not all are there at once.
    """
    kinds = {"suspect": pa.bool_(), **dict.fromkeys(_WHOLE, pa.int64())}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    return parquet_pieces(
        schema, ([array_of(part[each.name], each.type) for each in schema] for part in parts)
    )


def _ordered(deliveries: pd.DataFrame) -> pd.DataFrame:
    """Sort deliveries by their position; then come those that have none, by entity and remoteId."""
    positions = deliveries["position"]
    placed = positions.notna().to_numpy(bool)
    if placed.all() and positions.is_monotonic_increasing:
        return deliveries
    others = deliveries[~placed].sort_values(["entity", "remoteId"])
    return pd.concat([deliveries[placed].sort_values("position"), others], ignore_index=True)


def _typed(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    try:
        return frame.assign(
            suspect=(frame["suspect"] == "true").fillna(value=False).astype(bool),
            position=frame["position"].astype("Int64"),
            failures=frame["failures"].astype("Int64").fillna(0),
            attempts=frame["attempts"].astype("Int64").fillna(0),
        )
    except (ValueError, TypeError) as error:
        raise EtlError(
            f"{path}: a cell of {', '.join(_WHOLE)} is not a whole number; restore the file, or remove "
            "it: what it lists then counts as written by an earlier version."
        ) from error


@dataclass(frozen=True, slots=True)
class Arrived:
    """What the host's snapshots say of an entity.

    Attributes:
        created: remoteIds that the target has created, or found by their id.
        changed: remoteIds of changes of which the snapshot's CustomData has the version written.
    """

    created: pd.Index[Any]
    changed: pd.Index[Any]


def review(deliveries: pd.DataFrame, arrived: Mapping[str, Arrived], now: datetime) -> pd.DataFrame:
    """Return the deliveries that have not arrived, with what counts against each.

    A creation has arrived when the host's snapshot has it. A change has when the snapshot's CustomData
    says so, or when a creation that stood after it in the same file has arrived, because the target
    skips everything after a refusal. After three days it counts as taken.

    Of the file written last, the first creation after the last record that arrived is the suspect, with
    the changes before it, of which nothing is known. It counts against them only if the file had records
    that did arrive: an outage is nobody's fault. What failed twice, or failed where others went through,
    goes last of all from then on, where it stops nothing else.

    Args:
        deliveries: As `read_deliveries` has them.
        arrived: What the host says, by entity name; an entity that is missing has nothing.
        now: The time of the run.
    """
    frame = deliveries.reset_index(drop=True)
    if frame.empty:
        return frame
    here = pd.Series(data=False, index=frame.index)
    for name in frame["entity"].unique():
        known = arrived.get(name)
        if known is None:
            continue
        of_entity = (frame["entity"] == name).fillna(value=False).astype(bool)
        creations = of_entity & (frame["kind"] == CREATION).fillna(value=False).astype(bool)
        here |= creations & frame["remoteId"].isin(known.created).astype(bool)
        here |= of_entity & ~creations & frame["remoteId"].isin(known.changed).astype(bool)
    positions = frame["position"].where(here).dropna()
    last = int(positions.max()) if len(positions) else None
    is_change = (frame["kind"] == CHANGE).fillna(value=False).astype(bool)
    written = frame["position"].notna()
    before_last = (
        (frame["position"] < last).fillna(value=False).astype(bool)
        if last is not None
        else pd.Series(data=False, index=frame.index)
    )
    old = is_change & (frame["since"] < (now - CHANGE_KEPT).strftime(_TIME)).fillna(value=False)
    open_ = frame[~(here | (is_change & before_last) | old.astype(bool))]
    failed = written[open_.index]
    blamed = _blamed(open_[failed & ~before_last[open_.index]])
    refused_alone = failed & before_last[open_.index]  # creations that stopped nothing else
    counts = refused_alone | (blamed.reindex(open_.index, fill_value=False) & (last is not None))
    failures = open_["failures"] + (
        failed & (blamed.reindex(open_.index, fill_value=False) | counts)
    )
    suspect = (
        open_["suspect"]
        | counts
        | (blamed.reindex(open_.index, fill_value=False) & (failures >= _FAILURES_OF_A_SUSPECT))
    )
    return open_.assign(
        failures=failures,
        attempts=open_["attempts"] + counts.astype("Int64"),
        suspect=suspect.astype(bool),
        position=pd.Series(pd.NA, index=open_.index, dtype="Int64"),
        blamed=(counts | blamed.reindex(open_.index, fill_value=False)).astype(bool),
    ).reset_index(drop=True)


def _blamed(after: pd.DataFrame) -> pd.Series[bool]:
    """Return which of the records after the last one that arrived may be what stopped the target.

    That is the first creation, and the changes before it. Without a creation nothing is known.
    """
    ordered = after.sort_values("position")
    creations = (ordered["kind"] == CREATION).to_numpy(bool)
    upto = int(creations.argmax()) + 1 if creations.any() else 0
    blamed = pd.Series(data=False, index=ordered.index)
    blamed.iloc[:upto] = True
    return blamed


def is_due(deliveries: pd.DataFrame, versions: pd.Series[Any], now: datetime) -> pd.Series[bool]:
    """Return which deliveries that have not arrived go out again in this run.

    A creation does, after three attempts once a day or when its content has changed; a change does at
    most once an hour, unless its content has changed and it is not a suspect.

    Args:
        deliveries: As `review` returns them.
        versions: The content of each as it is now, by the frame's index; null if it is as it was.
        now: The time of the run.
    """
    renewed = versions.notna() & (versions != deliveries["version"]).fillna(value=True).astype(bool)
    written = deliveries["written"]
    a_day, an_hour = (
        (written <= (now - each).strftime(_TIME)).fillna(value=True).astype(bool)
        for each in (ONCE_A_DAY, ONCE_AN_HOUR)
    )
    creation = (deliveries["attempts"] < MOST_ATTEMPTS).astype(bool) | a_day | renewed
    change = an_hour | (renewed & ~deliveries["suspect"])
    is_change = (deliveries["kind"] == CHANGE).fillna(value=False).astype(bool)
    return creation.mask(is_change, change).astype(bool)


def written_at(now: datetime) -> str:
    """Return the time of a run as the file has it."""
    return now.astimezone(UTC).strftime(_TIME)
