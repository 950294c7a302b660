"""Targets that `meltano install` has installed, and what they have loaded."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import warm_start

ROOT = Path(__file__).parents[2]
HAS_DUCKDB = sys.version_info < (3, 13)
"""Whether there is a DuckDB for this Python that loads every batch's first row."""
Rows = dict[str, list[dict[str, Any]]]

POSTGRES = """
import json, psycopg2, sys
cursor = psycopg2.connect(sys.argv[1]).cursor()
cursor.execute("select table_name from information_schema.tables where table_schema = %s", [sys.argv[2]])
found = {}
for [name] in cursor.fetchall():
    cursor.execute(f'select * from "{sys.argv[2]}"."{name}"')
    names = [column[0] for column in cursor.description]
    found[name] = [dict(zip(names, row)) for row in cursor.fetchall()]
print(json.dumps(found, default=str))
"""

DUCKDB = """
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
found = {}
for [name] in connection.execute(
    "select table_name from information_schema.tables where table_schema = 'amazon'"
).fetchall():
    cursor = connection.execute(f'from amazon."{name}"')
    names = [column[0] for column in cursor.description]
    found[name] = [dict(zip(names, row)) for row in cursor.fetchall()]
print(json.dumps(found, default=str))
"""


def target(name: str) -> Path:
    """A target that `meltano install` has installed."""
    found = ROOT / ".meltano" / "loaders" / name / "venv" / "bin" / name
    assert found.exists(), f"{name} is not installed; run `make test`, which installs it"
    return found


def tables(name: str, script: str, *words: str | Path) -> Rows:
    """The rows of all tables, read with the driver that a target has installed."""
    python = target(name).with_name("python")
    found = warm_start.run(
        [python, "-c", script, *words], capture_output=True, encoding="utf-8", check=False
    )
    assert found.returncode == 0, found.stderr[-3000:]
    rows: Rows = json.loads(found.stdout)
    return rows
