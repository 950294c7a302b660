"""The tables. Instants are texts in UTC (ISO 8601), lists and objects JSON: in SQLite as in Postgres."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Float, Index, Integer, MetaData, String, Table, Text

SCHEMA_VERSION: Final = 1

METADATA: Final = MetaData()

META = Table(
    "match_meta",
    METADATA,
    Column("version", Integer, primary_key=True),
)
JOBS = Table(
    "match_jobs",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", String(32), nullable=False, index=True),
    Column("updated_at", String(32), nullable=False),
    Column("finished_at", String(32)),
    Column("status", String(16), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("wish", String(16), nullable=False, default=""),  # pause or cancel, until it is granted
    Column("marketplace_id", String(32), nullable=False),
    Column("seller_id", String(64), nullable=False, default=""),
    Column("input_path", Text, nullable=False),
    Column("input_digest", String(64), nullable=False),
    Column("output_path", Text, nullable=False, default=""),
    Column("options", Text, nullable=False),
    Column("webhook", Text, nullable=False, default=""),
    Column("idempotency_key", String(200), unique=True),
    Column("rows", Integer, nullable=False, default=0),
    Column("codes", Integer, nullable=False, default=0),
    Column("answered", Integer, nullable=False, default=0),
    Column("from_cache", Integer, nullable=False, default=0),
    Column("calls", Integer, nullable=False, default=0),
    Column("counts", Text, nullable=False, default="{}"),
    Column("error", Text, nullable=False, default=""),
    Column("owner", String(200), nullable=False, default=""),
    Column("heartbeat", Float, nullable=False, default=0.0),  # seconds since 1970
)
CODES = Table(
    "match_job_codes",
    METADATA,
    Column("job_id", String(36), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", String(8), nullable=False),  # the identifiersType under which it is asked
    Column("row", Integer, nullable=False),  # the first row that has it
    Column("facts", Text, nullable=False),  # what that row says
    Column("stage", Integer, nullable=False, default=0),
)
Index("match_job_codes_by_stage", CODES.c.job_id, CODES.c.stage, CODES.c.kind, CODES.c.position)
ANSWERS = Table(
    "match_answers",
    METADATA,
    Column("marketplace_id", String(32), primary_key=True),
    Column("seller_id", String(64), primary_key=True),  # of own listings; empty of the catalog
    Column("code", String(64), primary_key=True),
    Column("asked_at", String(32), nullable=False),
    Column("found", Integer, nullable=False),
    Column("refused", Text, nullable=False, default=""),
    Column("short", Text, nullable=False, default=""),
)
ANSWER_ITEMS = Table(
    "match_answer_items",
    METADATA,
    Column("marketplace_id", String(32), primary_key=True),
    Column("seller_id", String(64), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("asin", String(16), primary_key=True),
    Column("listed", Integer, nullable=False),
)
Index("match_answer_items_by_asin", ANSWER_ITEMS.c.marketplace_id, ANSWER_ITEMS.c.asin)
ITEMS = Table(
    "match_items",
    METADATA,
    Column("marketplace_id", String(32), primary_key=True),
    Column("seller_id", String(64), primary_key=True),
    Column("asin", String(16), primary_key=True),
    Column("facts", Text, nullable=False),
)
PUZZLES = Table(
    "match_puzzles",
    METADATA,
    Column("job_id", String(36), primary_key=True),
    Column("id", Integer, primary_key=True),
    Column("asin", String(16), nullable=False),
    Column("suspects", Text, nullable=False),
    Column("likely", Integer, nullable=False),
)
RESULTS = Table(
    "match_results",
    METADATA,
    Column("job_id", String(36), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("asin", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("image_url", Text, nullable=False),
    Column("confidence", Float),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("candidates", Text, nullable=False),
)
Index("match_results_by_status", RESULTS.c.job_id, RESULTS.c.status, RESULTS.c.row)
LOGS = Table(
    "match_logs",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job_id", String(36), nullable=False, index=True),
    Column("at", String(32), nullable=False),
    Column("level", String(8), nullable=False),
    Column("message", Text, nullable=False),
    Column("details", Text, nullable=False, default="{}"),
)
