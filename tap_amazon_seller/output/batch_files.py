"""Records as files that BATCH messages name: Parquet or JSON Lines, written from Arrow columns.

A file has its final name once it is complete and on the disk, and its message comes after that. Its
columns are those that the catalog selects, with one type each, from the stream's JSON Schema.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from typing_extensions import override

from tap_amazon_seller.errors import ConfigurationError, TapError
from tap_amazon_seller.machine.inflate import GzipFile
from tap_amazon_seller.output import json_lines
from tap_amazon_seller.output.arrow_schema import ArrowSchema
from tap_amazon_seller.output.messages import BYTES_AT_ONCE, ENCODER, MessageWriter, RecordOutput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Record = dict[str, Any]
    Properties = Mapping[str, Mapping[str, Any]]

logger = logging.getLogger(__name__)

PARQUET, JSONL = "parquet", "jsonl"
COMPRESSIONS = ("gzip", "none")
ROWS_OF_FILE = 500_000
ROWS_AT_ONCE = 2_000
BYTES_OF_ROW_GROUP = 4 << 20
"""Arrow bytes that are kept until they are written together; small row groups make slow files."""
GZIP_LEVEL = 1
_UNFINISHED = re.compile(r"\..*-[0-9a-f]{32}-\d+\.(parquet|jsonl|jsonl\.gz)\.part")
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """The setting `batch_config`, checked.

    Attributes:
        format: `parquet` or `jsonl`.
        compression: `gzip` or `none`; None leaves it to the format (Snappy in Parquet, else gzip).
        folder: Where the files go.
        prefix: What their names begin with.
        rows: How many records a file has at most.
    """

    format: str
    compression: str | None
    folder: Path
    prefix: str
    rows: int

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self | None:
        """The setting; None where records are to be sent as messages.

        Raises:
            ConfigurationError: It cannot be used; the sentence names the part.
        """
        value = config.get("batch_config")
        if not value:
            return None
        chosen = _object(value)
        encoding, storage = chosen["encoding"], chosen["storage"]
        kind, compression = encoding.get("format"), encoding.get("compression")
        if kind not in (PARQUET, JSONL):
            raise ConfigurationError(
                f"Setting 'batch_config': 'encoding.format' is '{kind}'; it must be parquet or jsonl."
            )
        if compression is not None and compression not in COMPRESSIONS:
            raise ConfigurationError(
                f"Setting 'batch_config': 'encoding.compression' is '{compression}'; it must be gzip "
                "or none."
            )
        rows = chosen.get("batch_size", ROWS_OF_FILE)
        if not isinstance(rows, int) or isinstance(rows, bool) or rows < 1:
            raise ConfigurationError(
                f"Setting 'batch_config': 'batch_size' is '{rows}'; it must be a whole number of "
                "records, at least 1."
            )
        prefix = storage.get("prefix") or ""
        if not isinstance(prefix, str) or not _SAFE.issuperset(prefix):
            raise ConfigurationError(
                "Setting 'batch_config': 'storage.prefix' may have letters, digits, '_', '-' and '.' "
                "only; it begins each file's name."
            )
        return cls(kind, compression, _folder(storage.get("root")), prefix, rows)

    @property
    def encoding(self) -> dict[str, str]:
        """The encoding as BATCH messages state it."""
        if self.format == PARQUET:
            return {"format": PARQUET, "compression": self.compression or "none"}
        return {"format": JSONL, "compression": self.compression or "gzip"}


def _object(value: object) -> dict[str, Any]:
    """The setting, which environment variables have as JSON."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, dict) and all(
        isinstance(value.get(part), dict) for part in ("encoding", "storage")
    ):
        return value
    raise ConfigurationError(
        "Setting 'batch_config' must be an object with 'encoding' and 'storage', like "
        '{"encoding": {"format": "parquet"}, "storage": {"root": "file:///var/batches"}}.'
    )


def _folder(root: object) -> Path:
    """The folder of a file URL, made if it is not there."""
    parts = urlsplit(str(root or ""))
    if parts.scheme not in {"", "file"} or parts.netloc not in {"", "localhost"} or not parts.path:
        raise ConfigurationError(
            f"Setting 'batch_config': 'storage.root' is '{root}'; it must be a folder of this machine, "
            "like file:///var/batches."
        )
    folder = Path(unquote(parts.path) if parts.scheme else str(root)).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ConfigurationError(
            f"Setting 'batch_config': the folder {folder} cannot be made or written to "
            f"({error.strerror})."
        ) from None
    return folder


def remove_unfinished(folder: Path) -> None:
    """Remove the files that syncs have left unfinished, but none that is being written.

    A file is locked while it is written, and the lock ends with the process, however that ends.

    Raises:
        TapError: The folder cannot be read.
    """
    removed = 0
    try:
        left = [path for path in folder.iterdir() if _UNFINISHED.fullmatch(path.name)]
    except OSError as error:
        raise TapError(
            f"The folder {folder} in 'storage.root' of 'batch_config' cannot be read "
            f"({error.strerror})."
        ) from None
    for path in left:
        with contextlib.suppress(OSError):  # such as BlockingIOError, which reports its writer
            descriptor = os.open(path, os.O_WRONLY)
            try:
                _lock(descriptor, wait=False)
                path.unlink()
                removed += 1
            finally:
                os.close(descriptor)
    if removed:
        logger.info("Removed %d batch files that were left unfinished in %s.", removed, folder)


def _lock(descriptor: int, *, wait: bool) -> None:
    """Lock an open file.

    Raises:
        OSError: Another process has locked it and is not waited for, or there are no locks here.
    """
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError as error:
        raise OSError from error
    fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


def created(path: Path) -> int:
    """The descriptor of a new file, locked; only its owner may read it."""
    while True:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with contextlib.suppress(OSError):  # a file system without locks, where none is removed
            _lock(descriptor, wait=True)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # another sync has taken it for a left one, before it was locked


class Files(RecordOutput):
    """The records of one stream, in files.

    Args:
        writer: Takes the BATCH messages.
        settings: The setting.
        stream: The stream's name.
        properties: The selected properties as they are now; they grow with the stream's schema.
        count: Called with each file.
        logger: Reports values that are not of their property's type.

    Raises:
        TapError: A file cannot be written.
    """

    def __init__(
        self,
        writer: MessageWriter,
        settings: BatchSettings,
        stream: str,
        *,
        properties: Callable[[], Properties],
        count: Callable[[], None],
        logger: logging.Logger,
    ) -> None:
        self._writer = writer
        self._settings = settings
        self._stream = stream
        self._properties = properties
        self._count = count
        self._logger = logger
        self._records: list[Record] = []
        self._size = 0  # of their JSON
        self._file: _File | None = None
        self._run = uuid.uuid4().hex
        self._number = 0

    @override
    def add(self, record: Record) -> None:
        """Pass on one record."""
        self._records.append(record)
        self._size += len(ENCODER.encode(record))
        if (
            len(self._records) >= min(ROWS_AT_ONCE, self._settings.rows)
            or self._size >= BYTES_AT_ONCE
        ):
            self._write_records()

    @override
    def add_batch(self, batch: Any) -> None:
        """Pass on the rows of an Arrow record batch."""
        self._write_records()
        while batch.num_rows:
            room = self._opened().room
            self._write(batch.slice(0, room))
            batch = batch.slice(room)

    @override
    def flush(self) -> None:
        """Finish the file, and name it to the target."""
        self._write_records()
        if not self._file:
            return
        file, self._file = self._file, None
        with self._told():
            path = file.finish()
        self._writer.write_batch(self._stream, self._settings.encoding, [path.as_uri()])
        self._count()

    @override
    def discard(self) -> None:
        """Drop a file that is not finished."""
        self._records = []
        if self._file:
            file, self._file = self._file, None
            file.discard()

    def _write_records(self) -> None:
        records, self._records, self._size = self._records, [], 0
        if records:
            self._opened()
            self._write(records)

    def _write(self, rows: Any) -> None:
        assert self._file  # noqa: S101
        with self._told():
            self._file.write(rows)
        if self._file.room <= 0:
            self.flush()

    def _opened(self) -> _File:
        if not self._file:
            self._number += 1
            suffix = ".parquet" if self._settings.format == PARQUET else ".jsonl"
            if self._settings.encoding == {"format": JSONL, "compression": "gzip"}:
                suffix += ".gz"
            name = f"{self._settings.prefix}{self._stream}-{self._run}-{self._number}{suffix}"
            with self._told():
                self._file = _File(
                    self._settings, name, dict(self._properties()), self._stream, self._logger
                )
        return self._file

    @contextlib.contextmanager
    def _told(self) -> Any:
        try:
            yield
        except OSError as error:
            self.discard()
            raise TapError(
                f"A batch file in {self._settings.folder} cannot be written ({error.strerror}); make "
                "room there, or name another folder in 'storage.root' of 'batch_config'."
            ) from None
        except BaseException:
            self.discard()
            raise


class _File:
    """One file while it is written, under a name of its own."""

    def __init__(
        self,
        settings: BatchSettings,
        name: str,
        properties: Properties,
        stream: str,
        logger: logging.Logger,
    ) -> None:
        self._final = settings.folder / name
        self._path = settings.folder / f".{name}.part"
        self.room = settings.rows
        self._begun = 0  # bytes that are on their way to the disk
        self._raw: IO[bytes] = os.fdopen(created(self._path), "wb")
        if settings.format == PARQUET:
            self._rows: Any = _Parquet(self._raw, settings.compression, properties, stream, logger)
        else:
            self._rows = _JsonLines(self._raw, settings.encoding["compression"])

    def write(self, rows: Any) -> None:
        """Write the rows of an Arrow record batch, or records."""
        self._rows.write(rows)
        self.room -= rows.num_rows if hasattr(rows, "num_rows") else len(rows)
        self._begin_to_store()

    def _begin_to_store(self) -> None:
        """Have the system write to the disk what has come, so that the end waits for little.

        It does that for a part of which it learns that nobody needs it in memory.
        """
        size = self._raw.tell()
        if size - self._begun >= BYTES_OF_ROW_GROUP and hasattr(os, "posix_fadvise"):
            part = self._begun, size - self._begun
            os.posix_fadvise(self._raw.fileno(), *part, os.POSIX_FADV_DONTNEED)
            self._begun = size

    def finish(self) -> Path:
        """The finished file, on the disk."""
        try:
            self._rows.close()
            self._raw.flush()
            os.fsync(self._raw.fileno())
            self._raw.close()
            self._path.rename(self._final)
        except BaseException:
            self.discard()
            raise
        folder = os.open(self._final.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return self._final

    def discard(self) -> None:
        with contextlib.suppress(OSError):  # on a full disk, closing tries once more to write
            self._raw.close()
        self._path.unlink(missing_ok=True)


class _JsonLines:
    """One JSON object a line, the same as in RECORD messages."""

    def __init__(self, raw: IO[bytes], compression: str) -> None:
        self._file: Any = raw
        self._is_compressed = compression == "gzip"
        if self._is_compressed:
            self._file = GzipFile("", "wb", GZIP_LEVEL, raw, 0)

    def write(self, rows: Any) -> None:
        if isinstance(rows, list):
            self._file.write(ENCODER.encode_lines(rows))
        else:
            self._file.writelines(json_lines.encoded(rows))

    def close(self) -> None:
        if self._is_compressed:
            self._file.close()


class _Parquet:
    """A Parquet file with the schema of the stream."""

    def __init__(
        self,
        raw: IO[bytes],
        compression: str | None,
        properties: Properties,
        stream: str,
        logger: logging.Logger,
    ) -> None:
        self._schema = ArrowSchema(properties, stream, logger)
        self._raw, self._compression = raw, compression
        self._file: Any = None
        self._kept: list[Any] = []
        self._size = 0

    def write(self, rows: Any) -> None:
        batch = (
            self._schema.batch_of_records(rows)
            if isinstance(rows, list)
            else self._schema.conformed(rows)
        )
        self._kept.append(batch)
        self._size += batch.nbytes
        if self._size >= BYTES_OF_ROW_GROUP:
            self._flush()

    def close(self) -> None:
        self._flush()
        if self._file:
            self._file.close()

    def _flush(self) -> None:
        kept, self._kept, self._size = self._kept, [], 0
        if kept:
            self._file = self._file or self._schema.parquet_writer(
                self._raw, self._compression, kept[0]
            )
            self._file.write_table(self._schema.table(kept))
