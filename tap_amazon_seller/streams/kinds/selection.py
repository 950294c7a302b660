"""What the catalog says of a stream, worked out for the streams that are read: most are deselected."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.singerlib.catalog import Catalog, MetadataMapping, SelectionMask, StreamMetadata
from singer_sdk.singerlib.schema import Schema
from typing_extensions import override

if TYPE_CHECKING:
    from singer_sdk.singerlib.catalog import AnyMetadata, Breadcrumb


def is_selected(metadata: MetadataMapping) -> bool:
    """Whether a stream is selected, found out without the same of all its properties."""
    root: dict[Breadcrumb, AnyMetadata] = {(): metadata.get((), StreamMetadata())}
    return MetadataMapping(root if metadata else {}).resolve_selection()[()]


class SelectableStream(Stream):
    """A stream that makes little of a catalog that deselects it."""

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Take the catalog's word; the schema only where the stream is selected, or read after all."""
        entry = catalog.get_stream(self.name)
        if entry is None or is_selected(entry.metadata):
            super().apply_catalog(catalog)
            return
        super().apply_catalog(Catalog({self.name: replace(entry, schema=Schema())}))
        self._tap_input_catalog, self._input_schema = catalog, None

    @property
    @override
    def effective_schema(self) -> dict[str, Any]:
        """The catalog's schema; where it has none, the tap's own."""
        if self._input_schema is None and self._tap_input_catalog is not None:
            entry = self._tap_input_catalog.get_stream(self.name)
            self._input_schema = entry.schema.to_dict() if entry else None
        return super().effective_schema

    @property
    @override
    def mask(self) -> SelectionMask:
        """Which properties are selected: none of a stream that is not."""
        if self._mask is None and not is_selected(self.metadata):
            self._mask = SelectionMask({(): False})
        return super().mask
