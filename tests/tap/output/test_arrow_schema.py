"""Columns of a Parquet file have a dictionary where their texts come again, and no other do."""

from __future__ import annotations

import io
import logging

import pyarrow as pa
from pyarrow import parquet

from tap_amazon_seller.output.arrow_schema import ArrowSchema

PROPERTIES = {
    "order_id": {"type": ["string"]},
    "status": {"type": ["string", "null"]},
    "note": {"type": ["string", "null"]},
    "quantity": {"type": ["integer", "null"]},
}


def test_texts_that_come_again_have_a_dictionary_and_all_are_read_back() -> None:
    schema = ArrowSchema(PROPERTIES, "orders", logging.getLogger(__name__))
    rows = [
        {"order_id": f"O{n}", "status": ("Shipped", None)[n % 2], "note": None, "quantity": 1}
        for n in range(500)
    ]
    batch = schema.batch_of_records(rows)
    later = schema.batch_of_records([{**row, "status": row["order_id"]} for row in rows])
    file = io.BytesIO()

    with schema.parquet_writer(file, "none", batch) as writer:
        writer.write_table(schema.table([batch, later]))

    written = parquet.ParquetFile(file)
    group = written.metadata.row_group(0)
    by_dictionary = {
        group.column(at).path_in_schema
        for at in range(group.num_columns)
        if group.column(at).has_dictionary_page
    }
    assert by_dictionary == {"status", "note"}
    assert written.read().equals(pa.Table.from_batches([batch, later]))
