"""What went to Optiply in earlier runs: CSV files in snapshots/ that a person can read and edit.

Each entity has one, such as ``products.snapshot.csv``: every row as it was last sent, by its remoteId,
with its Optiply id where that is known. ``asins.snapshot.csv`` remembers the EANs of ASINs (flavour
vendor, and secondary by EAN), ``costs.snapshot.csv`` of when the orders are that reported what Amazon
pays. ``Products_<flow>.snapshot.csv`` (or ``.parquet``) and its like are the host's (`host_snapshots`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from amazon_optiply_etl.config.marketplaces import MARKETPLACE_IDS
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.inputs.readers import read_csv_text
from amazon_optiply_etl.optiply.entities import ENTITIES, PRODUCTS, SUPPLIERS, Field
from amazon_optiply_etl.state import deliveries
from amazon_optiply_etl.state.deliveries import is_due
from amazon_optiply_etl.state.evidence import Evidence, Memory
from amazon_optiply_etl.state.host_snapshots import read_host_rows, read_ids, with_leading_zeros
from amazon_optiply_etl.tables.amounts import array_of, hundredths, number_text, ten_thousandths
from amazon_optiply_etl.tables.columns import by_key, frame_of
from amazon_optiply_etl.tables.digests import digests, hexadecimal, mixed
from amazon_optiply_etl.tables.dtypes import TEXT, no_texts
from amazon_optiply_etl.tables.ids import optiply_ids, plain_texts, remote_ids
from amazon_optiply_etl.tables.json_text import lines_of
from amazon_optiply_etl.tables.matching import known, mapped, places
from amazon_optiply_etl.tables.plain_text import has_bytes, with_formulas, without_formulas
from amazon_optiply_etl.verdicts.outcomes import GOES_OUT, NOT_TAKEN, UNCHANGED, WRITTEN_ONCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.optiply.entities import Entity

ASINS_FILE = "asins.snapshot.csv"
ASINS_COLUMNS = ("asin", "ean", "placed")
COSTS_FILE = "costs.snapshot.csv"
COSTS_COLUMNS = ("key", "placed")
_MONEY = {Field.MONEY, Field.TOTAL}
_ROWS_AT_ONCE = 250_000


@dataclass(frozen=True, slots=True)
class Source:
    """Where the snapshots of an entity come from that others send.

    Attributes:
        folder: The folder, such as a parent's.
        flow: The flow whose host's snapshot has their ids; None without one.
    """

    folder: Path
    flow: str | None


@dataclass(frozen=True, slots=True)
class SentRows:
    """What is known of the rows of an entity that were sent.

    Attributes:
        entity: What they are.
        frame: The rows as they were written last, every cell text or null: the entity's
            `snapshot_columns`.
        host: remoteId -> Optiply id by the host's snapshot; null without such a file.
        columns: The columns that the snapshot's file has, as our tables call them; none without a file.
        evidence: What shows that a row has arrived.
        deliveries: The rows that are not known to have arrived, as `deliveries.review` returns them.
        once_more: While no snapshot of the host was ever seen: whether they go out again in this run.
        custom: remoteId -> CustomData of the host's snapshot, JSON text; null where it has none.
        renewed: remoteIds of rows that have a new id, of which the host does not know yet.
    """

    entity: Entity
    frame: pd.DataFrame
    host: pd.Series[Any] | None
    columns: tuple[str, ...]
    evidence: Evidence = Evidence.WRITTEN
    deliveries: pd.DataFrame = field(default_factory=deliveries.empty)
    once_more: bool = False
    custom: pd.Series[Any] | None = None
    renewed: frozenset[str] = frozenset()

    @property
    def exists(self) -> bool:
        """Whether there is a snapshot of ours."""
        return bool(self.columns)

    @property
    def ids(self) -> pd.Series[Any]:
        """Optiply id by remoteId, null where it is not known; the host's word counts first."""
        own = by_key(self.frame, "remoteId", "optiply_id")
        return own if self.host is None else self.host.combine_first(own).astype(TEXT)

    @property
    def taken(self) -> pd.Index[Any]:
        """The remoteIds of the rows that Optiply has, as far as is known.

        Where the host's word counts, that is what its snapshot has, and what Optiply has answered us
        itself. Where the host has none of this entity, rows of earlier versions of this package count
        as sent, since nothing was kept of how they fared.
        """
        own = by_key(self.frame, "remoteId", "optiply_id")
        if self.evidence in {Evidence.WRITTEN, Evidence.KEPT}:
            return _index(self.ids.index)
        if self.host is not None and len(self.host):
            return _index(pd.concat([known(own), self.host]).index.unique())
        creations = self.deliveries["kind"] == deliveries.CREATION
        waiting = self.deliveries.loc[creations.fillna(value=False).astype(bool), "remoteId"]
        return _index(own.index[~own.index.isin(waiting) | own.notna().to_numpy()])

    @property
    def written(self) -> pd.Index[Any]:
        """The remoteIds of the rows that were written, whether they have arrived or not."""
        return _index(self.frame["remoteId"])

    @property
    def not_taken(self) -> pd.Index[Any]:
        """The remoteIds of rows that were written and that Optiply has not taken."""
        if self.frame.empty:
            return self.written
        rows = ~self.frame["remoteId"].isin(self.taken).astype(bool)
        return _index(self.frame.loc[rows, "remoteId"])

    @property
    def unsettled(self) -> pd.Index[Any]:
        """The remoteIds of rows of which something was written that is not known to have arrived."""
        return self.not_taken.union(_index(self.deliveries["remoteId"]))

    def outcomes(
        self,
        table: pd.DataFrame,
        lines: pd.DataFrame | None,
        now: datetime,
        *,
        forced: bool = False,
        at_once: bool = False,
    ) -> pd.Series[Any]:
        """Return which rows go out: those that Optiply has not, and changed ones of what is kept up.

        Args:
            table: Rows of the entity as typed columns.
            lines: The lines of an entity that has such.
            now: The time of the run.
            forced: Whether all rows of an entity that is kept up go out, changed or not.
            at_once: Whether what has not arrived goes out whenever it was written last: Optiply answers.
        """
        if table.empty:
            return pd.Series(index=table.index, dtype=TEXT)
        taken = table["remoteId"].isin(self.taken).astype(bool)
        same = taken
        if self.entity.kept_up:
            same = taken & (not forced) & self._as_sent(table)
            if self.renewed:
                same &= ~table["remoteId"].isin(self.renewed).astype(bool)
        outcome = pd.Series(GOES_OUT, index=table.index, dtype=TEXT)
        if same.any():
            outcome = outcome.mask(same, UNCHANGED)
        if self.evidence is Evidence.AWAITED and not self.once_more:
            written = table["remoteId"].isin(self.frame["remoteId"]).astype(bool)
            return outcome.mask(written & ~taken, WRITTEN_ONCE)
        if self.deliveries.empty:
            return outcome
        place = pc.index_in(
            _array(table["remoteId"]), value_set=_array(self.deliveries["remoteId"])
        )
        open_ = pc.is_valid(place).to_numpy(zero_copy_only=False)
        if not open_.any():
            return outcome
        rows = table[open_]
        of_rows = self.deliveries.iloc[place.drop_null().to_numpy()].set_index(rows.index)
        due = is_due(of_rows, versions(self.entity, rows, lines), now)
        is_change = (of_rows["kind"] == deliveries.CHANGE).astype(bool)
        later = pd.Series(NOT_TAKEN, index=rows.index, dtype=TEXT).mask(is_change, UNCHANGED)
        outcome.loc[rows.index] = later.mask(due | at_once, GOES_OUT)
        return outcome

    def _as_sent(self, table: pd.DataFrame) -> pd.Series[bool]:
        """Return which rows are as they were sent."""
        place = pc.index_in(_array(table["remoteId"]), value_set=_array(self.frame["remoteId"]))
        same = pc.is_valid(place)
        if not pc.any(same).as_py():
            return pd.Series(data=False, index=table.index)
        now = _texts(self.entity, table)
        for name in self.entity.snapshot_columns[2:]:
            before = pc.fill_null(_array(self.frame[name]).take(place), "")
            same = pc.and_(same, pc.equal(before, pc.fill_null(now[name], "")))
        return pd.Series(same.to_numpy(zero_copy_only=False), index=table.index)

    def after(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the snapshot after rows were sent: the others of before, and these.

        Args:
            table: The rows as typed columns, with optiply_id.
        """
        new = as_text(self.entity, table)
        others = self.frame
        if len(others):
            others = others[~others["remoteId"].isin(new["remoteId"]).astype(bool)]
        if self.host is not None:
            others = others.assign(optiply_id=mapped(others["remoteId"], self.ids))
        frame = pd.concat([others, new], ignore_index=True) if len(others) else new
        if self.entity.kept_up and len(frame) > 1:
            frame = frame.sort_values("remoteId")
        return frame.reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The snapshots as they were before a run.

    Attributes:
        sent: What was sent, by the entities' names.
        asins: The EAN of each ASIN that earlier syncs reported (in flavour secondary all of them, with
            blanks between them), every cell text or null: asin, ean, and placed, the time of the order
            that reported it, null where the catalog did.
        costs: When the purchase order was placed that reported a vendor's cost of an EAN, or of an EAN
            and vendor code (``<EAN>_<code>``), every cell text or null: key, placed.
        evidence: What shows that a row has arrived.
        memory: What the next run knows about the host.
        reviewed: What was written and is not known to have arrived, of all entities.
    """

    sent: Mapping[str, SentRows]
    asins: pd.DataFrame
    costs: pd.DataFrame
    evidence: Evidence = Evidence.WRITTEN
    memory: Memory = field(default_factory=Memory)
    reviewed: pd.DataFrame = field(default_factory=deliveries.empty)

    def __getitem__(self, entity: Entity) -> SentRows:
        """Return what was sent of an entity."""
        return self.sent[entity.name]

    @property
    def first_run(self) -> bool:
        """Whether nothing was sent yet: there is no snapshot but perhaps of what others may send."""
        others = (PRODUCTS, SUPPLIERS)
        return not any(each.exists for each in self.sent.values() if each.entity not in others)


def read_snapshots(
    folder: Path, flow: str | None = None, elsewhere: Mapping[str, Source] | None = None
) -> Snapshots:
    """Read the snapshots of all entities; the folder need not exist.

    Args:
        folder: The folder.
        flow: The flow whose host's snapshots count; None if there are none.
        elsewhere: Snapshot name -> source, for what others send: a parent, another shop. gluestick may
            have written these as Parquet, which then comes before CSV.

    Raises:
        EtlError: a snapshot cannot be read, lacks a column, is cut off or holds what is not an id.
    """
    elsewhere = elsewhere or {}
    return Snapshots(
        {
            entity.name: _sent(entity, folder, flow, elsewhere.get(entity.snapshot))
            for entity in ENTITIES
        },
        asins=_read(folder / ASINS_FILE, ASINS_COLUMNS)[0],
        costs=_read(folder / COSTS_FILE, COSTS_COLUMNS)[0],
    )


def read_own(folder: Path, entity: Entity) -> pd.DataFrame:
    """Read our own snapshot of an entity, every cell text or null.

    Raises:
        EtlError: it cannot be read.
    """
    return _read_rows(folder / entity.snapshot_file, entity)[0]


def as_text(entity: Entity, table: pd.DataFrame) -> pd.DataFrame:
    """Write typed rows as a snapshot holds them: the entity's `snapshot_columns`, every cell text."""
    return frame_of(_texts(entity, table), table.index)


def _texts(entity: Entity, table: pd.DataFrame) -> dict[str, Any]:
    """Write typed rows as a snapshot holds them: an Arrow array of texts by column."""
    columns = {}
    for name in entity.snapshot_columns:
        kind = entity.fields.get(name, Field.TEXT)
        if kind in _MONEY:
            text = number_text(table[name])
        elif kind is Field.FLAG:
            text = pc.cast(array_of(table[name], pa.bool_()), pa.string())
        else:
            text = _array(table[name].astype(TEXT))
        columns[name] = text
    return columns


def from_text(entity: Entity, frame: pd.DataFrame) -> pd.DataFrame:
    """Turn rows of a snapshot into typed columns again, the reverse of `as_text`.

    Raises:
        EtlError: a cell is not what its column holds; the sentence names it.
    """
    columns: dict[str, Any] = {}
    for name in entity.snapshot_columns:
        text = _array(frame[name])
        kind = entity.fields.get(name, Field.TEXT)
        try:
            if kind in _MONEY:
                amounts = pd.Series(pd.arrays.ArrowExtensionArray(ten_thousandths(text)))
                columns[name] = pa.array(hundredths(amounts), pa.int64())
            elif kind is Field.WHOLE:
                columns[name] = pc.cast(plain_texts(text), pa.int64())
            elif kind is Field.FLAG:
                columns[name] = pc.equal(text, "true")
            else:
                columns[name] = text
        except pa.ArrowInvalid as error:
            raise EtlError(
                f"{entity.snapshot_file}: a cell of column {name} is not what it must be ({error})."
            ) from error
    return frame_of(columns, frame.index)


def versions(
    entity: Entity,
    table: pd.DataFrame,
    lines: pd.DataFrame | None,
    of_rows: Any = None,  # noqa: ANN401 - pyarrow is untyped
) -> pd.Series[Any]:
    """Return a short text for the content of each row, equal where the content is.

    Args:
        entity: What the rows are.
        table: The rows as typed columns.
        lines: Of an entity that has such: remoteId, product, quantity, subtotalValue.
        of_rows: The row of each line, as `places` finds it, where it is known already.
    """
    found = np.empty(len(table), np.uint64)
    for start in range(0, len(table), _ROWS_AT_ONCE):  # all contents at once would take much memory
        cells = _texts(entity, table.iloc[start : start + _ROWS_AT_ONCE])
        columns = [pc.fill_null(cells[name], "") for name in entity.snapshot_columns[2:]]
        contents = pc.binary_join_element_wise(*columns, "\x1f")
        found[start : start + _ROWS_AT_ONCE] = digests(contents)
    if lines is not None and len(table):
        if of_rows is None:
            of_rows = places(_array(lines["remoteId"]), _array(table["remoteId"]))
        found = mixed(found + _of_lines(len(table), lines, of_rows))
    return pd.Series(pd.arrays.ArrowExtensionArray(hexadecimal(found)), table.index)


def _of_lines(count: int, lines: pd.DataFrame, of_rows: Any) -> NDArray[np.uint64]:  # noqa: ANN401
    """Return a digest of the lines of each row, whatever their order."""
    sums = np.zeros(count, np.uint64)
    for start in range(0, len(lines), _ROWS_AT_ONCE):
        rows = of_rows.slice(start, _ROWS_AT_ONCE)
        some = lines.iloc[start : start + _ROWS_AT_ONCE]
        contents = np.zeros(len(some), np.uint64)
        for name in ("product", "quantity", "subtotalValue"):
            contents = mixed(contents + digests(_array(some[name].astype(TEXT))))
        own = pc.is_valid(rows).to_numpy(zero_copy_only=False)
        np.add.at(sums, rows.drop_null().to_numpy(), contents[own])
    return sums


def is_another_assortment(products: pd.DataFrame, asins: Sequence[str], settings: Settings) -> bool:
    """Return whether a snapshot shares no product with the input; refuse one with other remoteIds.

    Args:
        products: The snapshot of products.
        asins: The ASINs of all listings in the input, whatever their status.
        settings: What a remoteId is.

    Raises:
        EtlError: the snapshot was written with another `marketplaces`.
    """
    if products.empty:
        return False
    name = PRODUCTS.snapshot_file
    ids = "|".join(MARKETPLACE_IDS)
    with_marketplace = products["remoteId"].str.contains(rf"_(?:{ids})$", regex=True)
    if settings.per_marketplace and not with_marketplace.all():
        raise EtlError(
            f"{name} was written without the flag marketplaces (its remoteIds are ASINs), "
            "and the flag is set now; every product would be sent once more. Take the flag back, or "
            "move the snapshots away to start again."
        )
    if not settings.per_marketplace and with_marketplace.any():
        raise EtlError(
            f"{name} was written with the flag marketplaces (its remoteIds end in a "
            "marketplace id), and the flag is not set now; every product would be sent once more. Set "
            "the flag again, or move the snapshots away to start again."
        )
    known = products["remoteId"].str.replace(r"_[A-Z0-9]+$", "", regex=True)
    return len(asins) > 0 and not known.isin(asins).any()


def snapshot_pieces(frame: pd.DataFrame) -> list[Any]:
    """Lay a snapshot out as the CSV file that it is kept in, which a spreadsheet opens without harm.

    Returns:
        Its text as buffers, some rows after others: as one it would take its room several times.
    """
    pieces: list[Any] = [",".join(frame.columns).encode() + b"\n"]
    for start in range(0, len(frame), _ROWS_AT_ONCE):
        some = frame.iloc[start : start + _ROWS_AT_ONCE]
        cells = [_csv_cells(without_formulas(_array(some[name]))) for name in some.columns]
        lines = pc.binary_join_element_wise(pc.binary_join_element_wise(*cells, ","), "\n", "")
        pieces.extend(lines_of(lines))
    return pieces


def _csv_cells(texts: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Write texts as CSV cells, in quotes where they have to be (RFC 4180)."""
    texts = pc.fill_null(texts, "")
    if not has_bytes(texts, b'",\r\n'):
        return texts
    special = pc.match_substring_regex(texts, '[",\r\n]')
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', doubled, '"', ""), texts)


def _sent(entity: Entity, folder: Path, flow: str | None, source: Source | None) -> SentRows:
    if source is not None:
        folder, flow = source.folder, source.flow
    path = folder / entity.snapshot_file
    as_parquet = path.with_suffix(".parquet")
    if source is not None and as_parquet.exists():
        path = as_parquet
    frame, columns = _read_rows(path, entity)
    rows = read_host_rows(folder, entity.stream, flow)
    host = (
        None if rows is None else rows.dropna(subset=["RemoteId"]).set_index("InputId")["RemoteId"]
    )
    if host is not None:
        host.index = with_leading_zeros(host.index, frame["remoteId"])
    custom = None if rows is None else rows.set_index("InputId")["CustomData"].dropna()
    if custom is not None:
        custom.index = with_leading_zeros(custom.index, frame["remoteId"])
    return SentRows(entity, frame, host, columns, custom=custom)


def _read_rows(path: Path, entity: Entity) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read the rows of an entity, their ids checked, and which of its columns the file has."""
    frame, columns = _read(path, entity.snapshot_columns)
    if frame.empty:
        return frame, columns
    names = _array(frame["remoteId"])
    ids = {"optiply_id": optiply_ids} | {each.column: remote_ids for each in entity.references}
    checked = {
        name: pd.arrays.ArrowExtensionArray(
            read_ids(_array(frame[name]), read, f"{path}: {name}", names)
        )
        for name, read in ids.items()
    }
    return frame.assign(**checked), columns


def _read(path: Path, columns: tuple[str, ...]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    if not path.exists():
        return no_texts(columns), ()
    table = _table(path)
    names = dict(zip(table.column_names, table.columns, strict=True))
    key = columns[0]
    if key.lower() not in names:
        raise EtlError(f"{path} has no column {key}, so it is not a snapshot.")
    empty = pa.nulls(table.num_rows, pa.string())
    texts = {name: names.get(name.lower(), empty) for name in columns}
    texts[key] = read_ids(texts[key], remote_ids, f"{path}: {key}")
    frame = frame_of(texts)
    frame = frame[frame[key].notna()]
    frame = frame.drop_duplicates(key, keep="last").reset_index(drop=True)
    return frame, tuple(name for name in columns if name.lower() in names)


def _table(path: Path) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Read a snapshot into columns of text, whose names are in lower case."""
    try:
        if path.suffix != ".parquet":
            _refuse_cut_off(path)
            table = read_csv_text(path)
            cells = [with_formulas(column) for column in table.columns]
            return pa.table(dict(zip(table.column_names, cells, strict=True)))
        table = parquet.read_table(path)
    except OSError as error:
        raise EtlError(f"{path} cannot be read: {error.strerror or error}.") from error
    except pa.ArrowInvalid as error:
        raise EtlError(f"{path} is not a readable Parquet file.") from error
    return pa.table(
        {
            name.lower(): plain_texts(column)
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
    )


def _refuse_cut_off(path: Path) -> None:
    with path.open("rb") as file:
        if file.seek(0, 2) == 0:
            raise EtlError(
                f"{path} is empty, not even its header is there, so it was not written completely; "
                "restore it, or move it away to start again."
            )
        file.seek(-1, 2)
        if file.read(1) not in b"\r\n":
            raise EtlError(
                f"{path} does not end with a line end, so it may be cut off; restore it, or, if it is "
                "complete, end its last line."
            )


def _index(remote_ids: Any) -> pd.Index[Any]:  # noqa: ANN401 - a series or an index
    index: pd.Index[Any] = pd.Index(remote_ids, dtype=TEXT)
    return index


def _array(series: pd.Series[Any]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    return array_of(series, pa.string())
