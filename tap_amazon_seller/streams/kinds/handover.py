"""How a stream's records reach the target: many at a time, where nothing needs them one by one.

The SDK's loop does its work for each record by itself. Here it runs only where stream maps or flattening
change records; else complete batches are encoded, or written to BATCH files.
"""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk import Tap
from singer_sdk.helpers._catalog import pop_deselected_record_properties
from singer_sdk.mapper import SameRecordTransform
from typing_extensions import override

from tap_amazon_seller.machine.arrow_text import rows_as_records
from tap_amazon_seller.output.batch_files import BatchSettings, Files
from tap_amazon_seller.streams.kinds.selection import SelectableStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.metrics import Counter

    from tap_amazon_seller.output.messages import MessageWriter, RecordOutput

TOP_LEVEL = len(("properties", "name"))


class OutputTap(Tap):
    """A tap whose messages are written many at a time."""

    message_writer: MessageWriter


class OutputStream(SelectableStream):
    """A stream whose records are handed over in batches where they can be."""

    _tap: OutputTap

    @abstractmethod
    def items_of(self, context: Context | None) -> Iterator[Any]:
        """The records of a partition: an item is one record, or an Arrow record batch of many."""

    def go_on(self) -> None:
        """Sync the partitions as they are now, after `sync` has begun the stream with its schema."""
        for _ in self._sync_records():
            """They are handed over as they come."""

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """The records of a partition one by one, as stream maps and flattening need them."""
        known = self.effective_schema["properties"]  # grows when `announce` meets a new column
        for item in self.items_of(context):
            for record in [item] if isinstance(item, dict) else rows_as_records(item):
                yield {name: value for name, value in record.items() if name in known}

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record]:
        """The SDK's loop over partitions, without its work for each record where nothing needs it."""
        if not write_messages or self._needs_single_records:
            yield from super()._sync_records(context, write_messages=write_messages)
            return
        batch_config = BatchSettings.from_config(self.config)
        with contextlib.ExitStack() as stack:
            counter = stack.enter_context(self.get_record_counter())
            timer = stack.enter_context(self.get_sync_timer())
            if batch_config:
                batches = stack.enter_context(self.get_batch_counter())
                output = self._files(batch_config, batches)
            else:
                output = self._tap.message_writer.records_of(self.name, self._stream_version)
            with self._tap.message_writer.holding_back(output):
                for partition in (context,) if context else self.partitions or (None,):
                    counter.with_context(dict(partition or {}))
                    timer.with_context(dict(partition or {}))
                    self._write_starting_replication_value(partition)
                    for item in self.items_of(partition):
                        counter.increment(self._pass_on(item, partition, output))
                    self._finalize_state(self.get_context_state(partition))
        self._finalize_state(self.stream_state)
        self._write_state_message()

    def pulled(self) -> Iterator[Any]:
        """The records of all partitions, read as they are requested: dicts and Arrow record batches.

        A bookmark moves once what comes before it has been taken: with the next request, or the end.
        """
        for partition in self.partitions or (None,):
            self._write_starting_replication_value(partition)
            for item in self.items_of(partition):
                self.state_manager.is_flushed = False
                yield self._selected_of(item, partition)
            self._finalize_state(self.get_context_state(partition))
        self._finalize_state(self.stream_state)
        self._write_state_message()

    def properties_now(self) -> Mapping[str, Any]:
        """JSON Schemas of the properties that are passed on, with those that Amazon has added."""
        return self._chosen

    def _pass_on(self, item: Any, partition: Mapping[str, Any] | None, output: RecordOutput) -> int:
        """Hand over a record or a batch of them, without what the catalog deselects; how many."""
        self.state_manager.is_flushed = False
        selected = self._selected_of(item, partition)
        if isinstance(selected, dict):
            output.add(selected)
            return 1
        output.add_batch(selected)
        return int(selected.num_rows)

    def _selected_of(self, item: Any, partition: Mapping[str, Any] | None) -> Any:
        """A record, or a batch of them, without what the catalog deselects."""
        chosen = self._chosen
        if not isinstance(item, dict):
            return item.select([name for name in item.schema.names if name in chosen])
        for name, value in (partition or {}).items():
            item.setdefault(name, value)
        record = {name: value for name, value in item.items() if name in chosen}
        if self._deselects_within:
            pop_deselected_record_properties(record, self.schema, self.mask)
        return record

    def _files(self, settings: BatchSettings, counter: Counter) -> RecordOutput:
        """Files for the records, which the counter counts."""
        return Files(
            self._tap.message_writer,
            settings,
            self.name,
            properties=lambda: self._chosen,
            count=counter.increment,
            logger=self.logger,
        )

    @property
    def _needs_single_records(self) -> bool:
        """Whether the user's stream maps or flattening change records, or only some are requested."""
        first, *others = self.stream_maps
        return (
            bool(others)
            or type(first) is not SameRecordTransform
            or first.flattening_enabled
            or self.ABORT_AT_RECORD_COUNT is not None
            or not self.selected
        )

    @property
    def _chosen(self) -> Mapping[str, Any]:
        """The properties that are passed on; they grow when `announce` meets a new one."""
        properties: dict[str, Any] = self.effective_schema["properties"]
        if len(properties) != self._chosen_of[0]:
            mask = self.mask
            chosen = {name: of for name, of in properties.items() if mask["properties", name]}
            self._chosen_of = len(properties), chosen
        return self._chosen_of[1]

    _chosen_of: tuple[int, Mapping[str, Any]] = (-1, {})

    @cached_property
    def _deselects_within(self) -> bool:
        """Whether the catalog deselects single properties of nested objects."""
        return any(
            not is_selected and len(breadcrumb) > TOP_LEVEL
            for breadcrumb, is_selected in self.mask.items()
        )

    @override
    def get_batch_config(self, config: Mapping[str, Any]) -> None:
        """None, so that `_sync_records` writes the files: the SDK's have deselected properties."""
        if config.get("batch_config") and self._needs_single_records:
            self.logger.warning(
                "Stream %s is sent in RECORD messages: 'batch_config' cannot be used together with "
                "'stream_maps' or flattening.",
                self.name,
            )
