"""The ETL from Python: build, push and check of a folder, with the flags as arguments.

For scripts and orchestrators. Nothing is printed; what became of each record is in the report.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.json_files import read_config, read_job_state
from amazon_optiply_etl.loading import outputs
from amazon_optiply_etl.mapping_report.report import as_json
from amazon_optiply_etl.runs import pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.mapping_report.report import MappingReport


def build(
    root: Path | str, formats: Sequence[str] = outputs.FORMATS[:1], **flags: object
) -> dict[str, Any]:
    """Build the payloads of `sync-output/` in `etl-output/`.

    Args:
        root: The folder with `sync-output/`, `snapshots/` and perhaps `config.json`.
        formats: Of the payloads: singer, jsonl, parquet, csv.
        flags: The flags, as in config.json; they come before what that says.

    Returns:
        The mapping report, as in `mapping-report.json`.

    Raises:
        EtlError: A flag or file is wrong; the message is one sentence, and nothing was written.
    """
    folder = Path(root)
    report = pipeline.build(_settings(folder, flags), _folders(folder), formats, pipeline.utc_now)
    return _facts(report)


def check(
    root: Path | str, formats: Sequence[str] = outputs.FORMATS[:1], **flags: object
) -> dict[str, Any]:
    """Do the checks of `build` and write the mapping report alone; arguments and errors as there."""
    folder = Path(root)
    report = pipeline.look(_settings(folder, flags), _folders(folder), formats, pipeline.utc_now)
    return _facts(report)


def push(root: Path | str, **flags: object) -> dict[str, Any]:
    """Build the payloads and load them through the Optiply API.

    Args:
        root: The folder, with `apiCredentials` in `snapshots/tenant-config.json`.
        flags: The flags, as in config.json; they come before what that says.

    Returns:
        The mapping report, as in `mapping-report.json`.

    Raises:
        EtlError: A flag or file is wrong, or the push had to stop; what was sent is remembered, and the
            next push continues.
    """
    from amazon_optiply_etl.runs import push as pushing  # noqa: PLC0415 - `build` needs no HTTP client

    folder = Path(root)
    pushed = pushing.push(_settings(folder, flags), _folders(folder), _quietly, pipeline.utc_now)
    if pushed.stopped is not None:
        raise EtlError(
            f"{pushed.stopped} What was sent is remembered; run push again for the rest."
        )
    return _facts(pushed.report)


def _facts(report: MappingReport) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(as_json(report))
    return facts


def _settings(root: Path, flags: dict[str, object]) -> Settings:
    config, job = root / "config.json", root / "state.json"
    return settings_from(
        read_config(config) if config.exists() else {},
        flags,
        read_job_state(job) if job.exists() else {},
    )


def _folders(root: Path) -> pipeline.Folders:
    return pipeline.Folders(
        input=root / "sync-output",
        snapshots=root / "snapshots",
        output=root / "etl-output",
        parent=root / "parent-snapshots",
    )


def _quietly(_: str, calls: list[Any]) -> Iterator[Any]:
    yield from calls
