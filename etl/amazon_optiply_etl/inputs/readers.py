"""Reads one file of records into Arrow columns of text, whatever its format.

Numbers keep the digits they are written with, booleans read ``true`` and ``false``, nested values are
JSON text, and empty cells are null; `columns` turns the texts into what they mean.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
from pyarrow import csv, parquet

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.inputs.streams import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from amazon_optiply_etl.inputs.streams import Stream

_BLOCK_BYTES = 32 * 1024 * 1024
_INDEX = "index_of_pandas"
"""Our name of the nameless first column that pandas writes unless it is given `index=False`."""
OF_STREAM = "of_stream"
"""The column of a Parquet file of several streams that names each record's."""
_BLANK_BYTES = 8
_CSV_ROW = re.compile(r"Row #(\d+)")


def read_csv_text(path: Path) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Read a CSV file with a header; column names become snake_case.

    Raises:
        EtlError: the header is broken, a row has too many or too few cells, or it is not UTF-8.
    """
    names = _csv_header(path)
    try:
        table = csv.read_csv(
            path,
            # With one thread pyarrow says the number of a broken row.
            read_options=csv.ReadOptions(
                column_names=names, skip_rows=1, use_threads=False, block_size=_BLOCK_BYTES
            ),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        row = _CSV_ROW.search(str(error))
        if "Empty CSV file" in str(error):
            return pa.table({name: pa.array([], pa.string()) for name in names})
        if row is None or "UTF8" in str(error):
            raise EtlError(f"{path} cannot be read as CSV in UTF-8.") from error
        raise EtlError(
            f"{path}, line {row[1]}: this row has not as many cells as the header ({len(names)})."
        ) from error
    return table


def read_columns(path: Path, stream: Stream) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Read one file of a stream into a table with the stream's columns: text, or as Parquet has them.

    Raises:
        EtlError: the file cannot be read; the sentence names it and, where it can, the line.
    """
    try:
        if holds_nothing(path):
            return _from_structs([], stream)
        if path.suffix == ".csv":
            table = read_csv_text(path)
        elif path.suffix == ".parquet":
            table = _parquet(path, stream)
        elif path.suffix == ".singer":
            return _singer(path, stream)
        else:
            return _json_lines(path, stream)
    except OSError as error:
        raise EtlError(f"{path} cannot be read: {error.strerror or error}.") from error
    return _pick(table, stream, path)


def kept_streams(path: Path) -> set[str]:
    """Return the names of the streams that a Parquet file of several holds.

    Raises:
        EtlError: the file cannot be read.
    """
    return set(_kept(path, _streams_in))


def read_kept(path: Path, stream: Stream) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Read the records of a stream from a Parquet file that holds several, as `state.waiting` writes it.

    Raises:
        EtlError: the file cannot be read.
    """

    def read(file: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
        own = [number for number, name in enumerate(_streams_in(file)) if name == stream.name]
        names = [name for name in file.schema_arrow.names if name in stream.columns]
        return file.read_row_groups(own, names)

    return _pick(_kept(path, read), stream, path)


def _kept(path: Path, read: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    try:
        with parquet.ParquetFile(path) as file:
            return read(file)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise EtlError(f"{path} is not a readable Parquet file; restore it.") from error
    except OSError as error:
        raise EtlError(f"{path} cannot be read: {error.strerror or error}.") from error


def _streams_in(file: Any) -> list[str]:  # noqa: ANN401 - pyarrow is untyped
    """Return the stream of each row group, of which all records are the same stream's."""
    place = file.schema_arrow.get_field_index(OF_STREAM)
    if place < 0:
        return [""] * file.num_row_groups
    groups = (file.metadata.row_group(number) for number in range(file.num_row_groups))
    found = (group.column(place).statistics for group in groups)
    return [str(each.min) if each is not None and each.has_min_max else "" for each in found]


def holds_nothing(path: Path) -> bool:
    """Return whether a file lacks even a header: of 0 bytes, or what pandas makes of an empty frame."""
    with path.open("rb") as file:
        start = file.read(_BLANK_BYTES + 1)
    return not start or (path.suffix == ".csv" and start.strip(b'"\r\n') == b"")


def singer_streams(path: Path) -> set[str]:
    """Return the names of the streams that a Singer message file declares or holds."""
    found: set[str | None] = set()
    for _, messages in _decoded(path, msgspec.json.Decoder(_Message)):
        found.update(message.stream for message in messages if message.type in {"SCHEMA", "RECORD"})
    return {name for name in found if name}


class _Message(msgspec.Struct, gc=False):  # type: ignore[call-arg,misc,unused-ignore]
    type: str
    stream: str | None = None
    record: msgspec.Raw = msgspec.Raw(b"null")


def _csv_header(path: Path) -> list[str]:
    with path.open("rb") as file:
        first = file.readline()
    try:
        text = first.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise EtlError(f"{path}, line 1: the header is not UTF-8 text.") from error
    other = next((each for each in ";\t|" if each in text), None)
    if "," not in text and other:
        raise EtlError(
            f"{path}, line 1: its cells are separated by {other!r}; write it with commas instead."
        )
    names = [_snake_case(name) for name in text.split(",")]
    if not any(names):
        raise EtlError(f"{path}, line 1: there is no header.")
    names[0] = names[0] or _INDEX
    broken = [name for name in names if not name or names.count(name) > 1]
    if broken or text.count('"') % 2:
        what = f"the column {broken[0]!r} twice" if broken and broken[0] else "a broken column name"
        raise EtlError(f"{path}, line 1: the header holds {what}.")
    return names


def _snake_case(name: str) -> str:
    return re.sub(r"[^0-9a-z]+", "_", name.strip().strip('"').strip().lower()).strip("_")


def _parquet(path: Path, stream: Stream) -> Any:  # noqa: ANN401
    try:
        with parquet.ParquetFile(path) as file:
            names = {name: _snake_case(name) for name in file.schema_arrow.names}
            table = file.read([name for name, ours in names.items() if ours in stream.columns])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise EtlError(f"{path} is not a readable Parquet file.") from error
    return table.rename_columns([names[name] for name in table.column_names])


def _pick(table: Any, stream: Stream, path: Path) -> Any:  # noqa: ANN401
    for name in stream.required:
        if name not in table.column_names:
            raise EtlError(f"{path} has no column {name}, which every record of {stream.name} has.")
    if len(set(table.column_names)) < len(table.column_names):
        raise EtlError(f"{path} holds a column twice.")
    return pa.table(
        {
            name: table[name]
            if name in table.column_names
            else pa.nulls(table.num_rows, pa.string())
            for name in stream.columns
        }
    )


def _json_lines(path: Path, stream: Stream) -> Any:  # noqa: ANN401
    decoder = msgspec.json.Decoder(_record_type(stream), float_hook=str)
    tables = [_from_structs(records, stream) for _, records in _decoded(path, decoder)]
    return _joined(tables, stream)


def _singer(path: Path, stream: Stream) -> Any:  # noqa: ANN401
    decoder = msgspec.json.Decoder(_record_type(stream), float_hook=str)
    tables = []
    for first_line, messages in _decoded(path, msgspec.json.Decoder(_Message)):
        records = []
        for line, message in enumerate(messages, first_line):
            if message.type == "BATCH" and message.stream == stream.name:
                raise EtlError(f"{path}, line {line}: BATCH messages are not read, only RECORD.")
            if message.type == "RECORD" and message.stream == stream.name:
                try:
                    records.append(decoder.decode(message.record))
                except msgspec.MsgspecError as error:
                    raise EtlError(
                        f"{path}, line {line}: this is not a record ({error})."
                    ) from error
        tables.append(_from_structs(records, stream))
    return _joined(tables, stream)


def _joined(tables: list[Any], stream: Stream) -> Any:  # noqa: ANN401
    return pa.concat_tables(tables) if tables else _from_structs([], stream)


def _record_type(stream: Stream) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        stream.name,
        [
            (name, msgspec.Raw, msgspec.Raw(b"null")) if kind is Kind.JSON else (name, Any, None)
            for name, kind in stream.columns.items()
        ],
        gc=False,
    )


def _from_structs(records: Sequence[Any], stream: Stream) -> Any:  # noqa: ANN401
    return pa.table(
        {
            name: pa.array(
                [_cell(getattr(record, name)) for record in records],
                pa.string(),
            )
            for name in stream.columns
        }
    )


def _cell(value: Any) -> str | None:  # noqa: ANN401
    if type(value) is str:
        return value or None
    if value is None:
        return None
    if isinstance(value, msgspec.Raw):
        return _raw_json(bytes(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return json.dumps(value)


def _raw_json(raw: bytes) -> str | None:
    """Return nested JSON as text; some targets write it as a JSON string that holds JSON."""
    if raw == b"null":
        return None
    return json.loads(raw) or None if raw.startswith(b'"') else raw.decode()


def _decoded(path: Path, decoder: Any) -> Iterator[tuple[int, list[Any]]]:  # noqa: ANN401
    """Yield the number of the first line and the decoded lines of one block after another."""
    line = 1
    for block in _blocks(path):
        try:
            decoded = decoder.decode_lines(block)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            _name_broken_line(path, block, line, decoder)
            raise
        yield line, decoded
        line += block.count(b"\n")


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield (block + file.readline()).removeprefix(b"\xef\xbb\xbf")


def _name_broken_line(path: Path, block: bytes, first_line: int, decoder: Any) -> None:  # noqa: ANN401
    for line, text in enumerate(block.split(b"\n"), first_line):
        try:
            if text.strip():
                decoder.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise EtlError(
                f"{path}, line {line}: this is not one complete JSON record; the file may be cut off."
            ) from error
