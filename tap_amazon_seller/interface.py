"""The tap from Python: records or Arrow tables of a stream, and syncs into a writer of one's own.

For scripts, notebooks and orchestrators. Nothing is written to standard output, no signal is handled,
and no handler of the log is set; its lines go to the loggers of the packages, without secrets.
"""

from __future__ import annotations

import contextlib
import copy
import logging
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from singer_sdk.singerlib.encoding.simple import RecordMessage, SchemaMessage, StateMessage
from typing_extensions import override

from amazon_selling_partner import NOTHING_SHARED
from tap_amazon_seller.command_line import show_redacted
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.machine.arrow_text import rows_as_records
from tap_amazon_seller.output.arrow_schema import ArrowSchema
from tap_amazon_seller.output.messages import MessageWriter, RecordOutput, copied
from tap_amazon_seller.streams.prices.match_competitor import Basis, Proposal, match_competitor
from tap_amazon_seller.tap import TapAmazonSeller

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
    from datetime import datetime

    from singer_sdk.singerlib.encoding.simple import Message

    from amazon_selling_partner import SharedLimits
    from tap_amazon_seller.streams.kinds.handover import OutputStream

    Record = dict[str, Any]
    Schemas = Callable[[], Mapping[str, Any]]
    Write = Callable[[str, Any], None]

__all__ = ["AmazonSeller", "Basis", "Proposal", "Writer", "match_competitor", "preload"]

_logger = logging.getLogger(__name__)
ROWS_AT_ONCE = 10_000
"""Records of JSON or XML that make a table."""


_MADE_UP = dict.fromkeys(("lwa_client_id", "client_secret", "refresh_token"), "made-up") | {
    "region": "EU"
}


def preload() -> None:
    """Make now what is otherwise made with the first sync, in a process that is to be forked.

    That is a tap of made-up settings, and tables that reading needs; nothing is called.
    """
    import encodings.latin_1  # noqa: PLC0415 - charsets that documents may have
    import encodings.utf_8_sig  # noqa: F401, PLC0415

    from tap_amazon_seller.machine import arrow, arrow_text  # noqa: PLC0415 - 0.1 s

    arrow_text.utc_seconds(arrow.pa.array(["2026-01-31T12:00:00+00:00"]))
    seller = AmazonSeller(_MADE_UP)
    seller._tap(MessageWriter(), seller.streams)  # noqa: SLF001 - it is ours


class Writer(Protocol):
    """Takes what a sync emits. An exception that it raises ends the sync; the state stays before it."""

    def schema(self, stream: str, schema: dict[str, Any], keys: Sequence[str]) -> None:
        """A stream begins, or has new properties: its JSON Schema, and what identifies a record."""

    def table(self, stream: str, table: Any) -> None:
        """Some records of a stream, as a pyarrow.Table; what is nested is JSON in text."""

    def state(self, state: dict[str, Any]) -> None:
        """Everything up to here is covered by this state, with which the next sync begins."""


class AmazonSeller:
    """One selling account in one region.

    Args:
        config: The tap's settings, as in a configuration file.
        state: The state after the last sync; None for a first one.
        shared_limits: What other processes use up as well of Amazon's quotas.

    Attributes:
        state: The state after what has been read so far: keep it for the next sync.
        next_sync_at: After a sync that left something for later ones (see `leave_reports`): when another
            one is worth its while, by the machine's clock; None where nothing is left.

    Raises:
        ConfigurationError: A setting or the state is wrong; the message is one sentence.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        state: Mapping[str, Any] | None = None,
        *,
        shared_limits: SharedLimits = NOTHING_SHARED,
    ) -> None:
        show_redacted(TapAmazonSeller.redaction)
        self._config = dict(config)
        self._shared_limits = shared_limits
        self.state: dict[str, Any] = copy.deepcopy(dict(state or {}))
        self.next_sync_at: datetime | None = None
        self._kinds = self._made(MessageWriter(), ()).kinds  # what is wrong is refused here

    @property
    def streams(self) -> list[str]:
        """The names of all streams, custom reports included."""
        return sorted(each.name for each in self._kinds)

    def records(self, stream: str) -> Iterator[Record]:
        """The records of a stream, as a target would have them: nested objects, times as texts.

        Args:
            stream: Its name.

        Raises:
            ConfigurationError: There is no such stream.
            SellingPartnerError: Amazon's answers had it stop.
            TapError: It had to stop, or is incomplete and `fail_on_incomplete` is set.
        """
        with contextlib.closing(self._items(stream)) as items:
            for _, item in items:
                yield from [item] if isinstance(item, dict) else rows_as_records(item)

    def tables(self, stream: str) -> Iterator[Any]:
        """The records of a stream as pyarrow.Tables, typed: instants, dates, numbers; nested as JSON.

        Args:
            stream: Its name.

        Raises:
            ConfigurationError: There is no such stream.
            SellingPartnerError: Amazon's answers had it stop.
            TapError: It had to stop, or is incomplete and `fail_on_incomplete` is set.
        """
        found: list[Any] = []
        with contextlib.closing(self._items(stream)) as items:
            tables: Tables | None = None
            for reading, item in items:
                if tables is None:
                    tables = Tables(
                        stream, reading.properties_now, lambda _, each: found.append(each)
                    )
                _add(tables, item)
                yield from found
                found.clear()
            if tables:
                tables.flush()
                yield from found

    def sync(self, writer: Writer, streams: Sequence[str] | None = None) -> dict[str, Any]:
        """Sync streams into a writer; answers the state after them.

        Args:
            writer: Takes schemas, tables and states.
            streams: Their names; None for those that the tap selects by default.

        Raises:
            ConfigurationError: There is no such stream.
            SellingPartnerError: Amazon's answers had it stop.
            TapError: It had to stop, or is incomplete and `fail_on_incomplete` is set.
        """
        tap = self._tap(_Messages(writer, self._keep), streams)
        self.next_sync_at = None
        tap.sync()
        self.state = copied(tap.state)
        self.next_sync_at = tap.next_sync_at
        return self.state

    def write(self, output: BinaryIO, streams: Sequence[str] | None = None) -> dict[str, Any]:
        """Write the Singer messages of a sync, as the command does to standard output.

        Args:
            output: An open file or pipe; it is left open.
            streams: Their names; None for those that the tap selects by default.

        Returns:
            The state after the sync.

        Raises:
            ConfigurationError: There is no such stream.
            SellingPartnerError: Amazon's answers had it stop; `state` is what the last message says.
            TapError: It had to stop, or is incomplete and `fail_on_incomplete` is set; so for `state`.
        """
        tap = self._tap(_Lines(output, self._keep), streams)
        self.next_sync_at = None
        tap.sync()
        self.state = copied(tap.state)
        self.next_sync_at = tap.next_sync_at
        return self.state

    def _items(self, stream: str) -> Generator[tuple[OutputStream, Any]]:
        """What a stream reads, item by item; the state is kept however it ends."""
        tap = self._tap(_Messages(None, self._keep), [stream])
        reading: Any = tap.streams[stream]
        try:
            with tap.running():
                tap.prepare_streams()
                for item in reading.pulled():
                    yield reading, item
        finally:
            self.state = copied(tap.state)

    def _keep(self, state: dict[str, Any]) -> None:
        self.state = state

    def _tap(self, writer: MessageWriter, streams: Sequence[str] | None = None) -> TapAmazonSeller:
        if streams is None:
            return self._made(
                writer, [each.name for each in self._kinds if each.selected_by_default]
            )
        known = self.streams
        for name in streams:
            if name not in known:
                raise ConfigurationError(f"There is no stream '{name}'; see AmazonSeller.streams.")
        catalog = self._made(writer, streams).catalog_dict
        for entry in catalog["streams"]:
            for metadata in entry["metadata"]:
                if not metadata["breadcrumb"]:
                    metadata["metadata"]["selected"] = entry["tap_stream_id"] in streams
        return self._made(writer, streams, catalog)

    def _made(
        self,
        writer: MessageWriter,
        streams: Collection[str],
        catalog: dict[str, Any] | None = None,
    ) -> _LibraryTap:
        """A tap that has these streams alone: to make all of them takes longer than a short sync."""
        bookmarks = self.state.get("bookmarks")  # which are checked
        tap = _LibraryTap(
            {*streams, *(bookmarks if isinstance(bookmarks, dict) else ())},
            config=dict(self._config),
            state=copy.deepcopy(self.state) or None,
            catalog=catalog,
            message_writer=writer,
        )
        tap.shared_limits = self._shared_limits
        return tap


class _LibraryTap(TapAmazonSeller):
    """The tap within another program, which handles its signals itself.

    Args:
        only: The streams that there are, beside those that every sync has.
        given: What the SDK's tap takes.
    """

    def __init__(self, only: Collection[str], **given: Any) -> None:
        self.only = frozenset(only)
        super().__init__(**given)

    @override
    def _setup_signal_handlers(self) -> None:
        """Leave them to the program."""


class Tables(RecordOutput):
    """Records as tables of many rows.

    Args:
        stream: The stream's name.
        properties: The selected properties as they are now.
        write: Takes each table.
    """

    def __init__(self, stream: str, properties: Schemas, write: Write) -> None:
        self._stream = stream
        self._properties = properties
        self._write = write
        self._records: list[Record] = []

    @override
    def add(self, record: Record) -> None:
        """Keep a record back until there are enough for a table."""
        self._records.append(record)
        if len(self._records) >= ROWS_AT_ONCE:
            self.flush()

    @override
    def add_batch(self, batch: Any) -> None:
        """Pass on the rows of an Arrow record batch."""
        self.flush()
        columns = self._columns()
        self._write(self._stream, columns.table([columns.conformed(batch)]))

    @override
    def flush(self) -> None:
        """Pass on what was kept back."""
        records, self._records = self._records, []
        if records:
            columns = self._columns()
            self._write(self._stream, columns.table([columns.batch_of_records(records)]))

    @override
    def discard(self) -> None:
        """Drop what was kept back."""
        self._records = []

    def _columns(self) -> ArrowSchema:
        return ArrowSchema(self._properties(), self._stream, _logger)


class _Lines(MessageWriter):
    """Writes messages to a file or pipe of the user's.

    Args:
        output: The file or pipe.
        keep: Takes each state that was written.
    """

    def __init__(self, output: BinaryIO, keep: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self._output = output
        self._keep = keep

    @override
    def ensure_open(self) -> None:
        """The output is the user's."""

    @override
    def lines_output(self) -> Any:
        """The user's file or pipe."""
        return self._output

    @override
    def write_message(self, message: Message) -> None:
        """Write a line, and keep what a STATE says."""
        super().write_message(message)
        if isinstance(message, StateMessage):
            self._keep(copied(message.value))

    @override
    def flush(self) -> None:
        """Send what is buffered."""
        self._output.flush()


class _Messages(MessageWriter):
    """Hands messages to a writer of the user's, instead of writing them.

    Args:
        writer: The user's; None where nobody wants messages.
        keep: Takes each state.
    """

    def __init__(self, writer: Writer | None, keep: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self._writer = writer
        self._keep = keep
        self._schemas: dict[str, Mapping[str, Any]] = {}
        self._single: dict[str, Tables] = {}

    @override
    def ensure_open(self) -> None:
        """There is no standard output to be closed."""

    @override
    def records_of(self, stream: str, version: int | None) -> RecordOutput:
        """Tables for the writer."""
        assert self._writer  # noqa: S101 - only a sync hands records over
        return Tables(stream, lambda: self._schemas[stream], self._writer.table)

    @override
    def write_message(self, message: Message) -> None:
        """Hand over a message, after the records that come before it."""
        if isinstance(message, RecordMessage):  # one by one, of stream maps and flattening
            tables = self._single.setdefault(
                message.stream, Tables(message.stream, *self._of(message.stream))
            )
            tables.add(message.record)
            return
        self.hand_over()
        for tables in self._single.values():
            tables.flush()
        if isinstance(message, SchemaMessage):
            schema = copied(message.schema)
            self._schemas[message.stream] = schema["properties"]
            if self._writer:
                self._writer.schema(message.stream, schema, list(message.key_properties or ()))
        elif isinstance(message, StateMessage):
            state = copied(message.value)
            if self._writer:
                self._writer.state(copied(state))
            self._keep(state)

    @override
    def write_batch(self, stream: str, encoding: dict[str, str], files: list[str]) -> None:
        """Refuse: tables are what a writer takes.

        Raises:
            ConfigurationError: `batch_config` is set.
        """
        raise ConfigurationError(
            "Setting 'batch_config' is for targets; leave it out where a writer takes tables."
        )

    @override
    def flush(self) -> None:
        """Nothing is buffered."""

    def _of(self, stream: str) -> tuple[Schemas, Write]:
        assert self._writer  # noqa: S101 - only a sync hands records over
        return (lambda: self._schemas[stream]), self._writer.table


def _add(tables: Tables, item: Any) -> None:
    if isinstance(item, dict):
        tables.add(item)
    else:
        tables.add_batch(item)
