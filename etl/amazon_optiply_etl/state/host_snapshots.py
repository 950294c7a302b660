"""Which of the host's files belong to this run's flow, and what they say.

After a load, a hotglue-style host writes ``snapshots/<Stream>_<flow>.snapshot.csv`` (or ``.parquet``) of
each stream: InputId is a remoteId, RemoteId the id that Optiply gave it, and CustomData, where the
target has `target_state_fields`, JSON of those fields as they arrived. A tenant's flows share the
folder; a file of another flow is another shop's, and is never read. Source: docs.hotglue.com;
hotglue-singer-sdk, `get_record_id`; gluestick, `merge_id_from_snapshot`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.inputs.readers import holds_nothing, read_csv_text
from amazon_optiply_etl.optiply.entities import ENTITIES
from amazon_optiply_etl.tables.dtypes import TEXT, no_texts
from amazon_optiply_etl.tables.ids import Ids, optiply_ids, remote_ids

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COLUMNS = ("InputId", "RemoteId", "CustomData")
_STREAMS = "|".join(entity.stream for entity in ENTITIES)
_NAME = re.compile(rf"(?P<stream>{_STREAMS})_(?P<flow>.+)\.snapshot\.(?:csv|parquet)", re.DOTALL)
_SHOWN = 3


def flows_in(folder: Path) -> frozenset[str]:
    """Return the flows whose host's snapshots are in a folder, which need not exist."""
    return frozenset(flow for _, flow, _ in _files(folder))


def flow_of(
    folder: Path,
    named: str | None = None,
    setting: str = "FLOW in the environment, --flow, or flow in config.json",
) -> str | None:
    """Return the flow whose snapshots count: the one that is named, else the only one that is there.

    Args:
        folder: The snapshots.
        named: The flow of the settings.
        setting: How it can be named, for the sentence.

    Raises:
        EtlError: there are several, and none is named.
    """
    if named is not None:
        return named
    flows = flows_in(folder)
    if len(flows) > 1:
        raise EtlError(
            f"{folder} holds the host's snapshots of several flows ({', '.join(sorted(flows))}), and it "
            f"is not named whose count; give {setting}."
        )
    return next(iter(flows), None)


def read_host_rows(folder: Path, stream: str, flow: str | None) -> pd.DataFrame | None:
    """Read the host's snapshot of a stream, of one flow alone.

    A file without even a header holds no rows. Of a remoteId that is there twice the last row counts,
    and Parquet before CSV, as gluestick reads them.

    Returns:
        Columns `COLUMNS`, every cell text or null, InputId never null and RemoteId an id where it is not
        null; None without such a file.

    Raises:
        EtlError: a file cannot be read, or holds something that is not an id; the sentence names it.
    """
    paths = [path for of, by, path in _files(folder) if of == stream and by == flow]
    if not paths:
        return None
    rows = pd.concat([_rows(path) for path in paths], ignore_index=True)
    return rows.drop_duplicates("InputId", keep="last").reset_index(drop=True)


def with_leading_zeros(ids: pd.Index[Any], known: pd.Series[Any]) -> pd.Index[Any]:
    """Give remoteIds back the zeros that pandas takes from a column of numbers alone, such as EANs.

    Args:
        ids: remoteIds of a host's snapshot.
        known: remoteIds of ours.
    """
    zeros = known[known.str.fullmatch("0[0-9]+").fillna(value=False).astype(bool)]
    if zeros.empty:
        return ids
    shortened = zeros.str.lstrip("0")
    taken = shortened.isin(known) | zeros.isin(ids) | shortened.duplicated(keep=False)
    whole = dict(zip(shortened[~taken], zeros[~taken], strict=True))
    found: pd.Index[Any] = pd.Index([whole.get(each, each) for each in ids], dtype=TEXT)
    return found


def read_ids(
    column: Any,  # noqa: ANN401 - pyarrow is untyped
    read: Callable[[Any], Ids],
    where: str,
    names: Any = None,  # noqa: ANN401 - pyarrow is untyped
) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Read a column of ids, and refuse by name what is none.

    Args:
        column: The column.
        read: `optiply_ids` or `remote_ids`.
        where: The file and the column, for the sentence.
        names: Arrow array of what each row is called; by its number without.

    Returns:
        Arrow array of texts.

    Raises:
        EtlError: a cell holds something that is not an id.
    """
    ids = read(column)
    rows = ids.odd_rows
    if rows:
        what = (
            "not an id of Optiply (a whole number above 0, such as 901)"
            if read is optiply_ids
            else "a number that has lost its digits"
        )
        shown = ", ".join(
            f"{column[row].as_py()!r} of {f'row {row + 1}' if names is None else names[row].as_py()}"
            for row in rows[:_SHOWN]
        )
        more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        raise EtlError(f"{where} holds {shown}{more}, which is {what}; correct it there.")
    return ids.texts


def _files(folder: Path) -> list[tuple[str, str, Path]]:
    """List the host's files: stream, flow and path; CSV before Parquet."""
    if not folder.is_dir():
        return []
    found = ((_NAME.fullmatch(path.name), path) for path in sorted(folder.iterdir()))
    files = [
        (name["stream"], name["flow"], path) for name, path in found if name and path.is_file()
    ]
    return sorted(files, key=lambda each: each[2].suffix)


def _rows(path: Path) -> pd.DataFrame:
    if holds_nothing(path):
        return no_texts(COLUMNS)
    try:
        table = parquet.read_table(path) if path.suffix == ".parquet" else read_csv_text(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise EtlError(f"{path} cannot be read as a snapshot of the host.") from error
    columns = dict(zip((name.lower() for name in table.column_names), table.columns, strict=True))
    if not {"inputid", "remoteid"} <= set(columns):
        raise EtlError(f"{path} has no columns InputId and RemoteId, so it is not a snapshot.")
    inputs = read_ids(columns["inputid"], remote_ids, f"{path}: InputId")
    given = read_ids(columns["remoteid"], optiply_ids, f"{path}: RemoteId", inputs)
    custom = columns.get("customdata", pa.nulls(table.num_rows, pa.string()))
    rows: pd.DataFrame = pa.table(
        dict(zip(COLUMNS, (inputs, given, custom.cast(pa.string())), strict=True))
    ).to_pandas(types_mapper=pd.ArrowDtype)
    return rows[rows["InputId"].notna()]
