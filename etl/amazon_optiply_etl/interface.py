"""The ETL from Python: build, push and check of a folder, with the flags as arguments.

For scripts and orchestrators. Nothing is printed; what became of each record is in the report.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.json_files import read_config, read_job_state
from amazon_optiply_etl.loading import outputs
from amazon_optiply_etl.mapping_report.report import as_json
from amazon_optiply_etl.runs import pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.mapping_report.report import MappingReport
    from amazon_optiply_etl.optiply.credentials import Credentials


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


def push(
    root: Path | str,
    *,
    credentials: Mapping[str, Any] | None = None,
    copy: Callable[[bytes], None] | None = None,
    calling: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    **flags: object,
) -> dict[str, Any]:
    """Build the payloads and load them through the Optiply API.

    Args:
        root: The folder, with `apiCredentials` in `snapshots/tenant-config.json`.
        credentials: What would stand there, where it is to be in no file; a new access token is not
            kept then. `api_url` and `dashboard_url` replace Optiply's addresses.
        copy: Keeps the lines of the journal in another place, too, before each call, so that another
            machine can continue a push that was cut off.
        calling: What calls take place within, where many pushes share a machine: all else needs its
            processor.
        flags: The flags, as in config.json; they come before what that says.

    Returns:
        The mapping report, as in `mapping-report.json`.

    Raises:
        EtlError: A flag or file is wrong, or the push had to stop; what was sent is remembered, and the
            next push continues. OptiplyCredentialsError: Optiply does not accept the credentials.
    """
    from amazon_optiply_etl.runs import push as pushing  # noqa: PLC0415 - `build` needs no HTTP client

    folder = Path(root)
    folders = replace(_folders(folder), given=None if credentials is None else _given(credentials))
    pushed = pushing.push(
        _settings(folder, flags), folders, _quietly, pipeline.utc_now, copy=copy, calling=calling
    )
    if pushed.stopped is not None:
        raise type(pushed.stopped)(
            f"{pushed.stopped} What was sent is remembered; run push again for the rest."
        )
    return _facts(pushed.report)


def preload() -> None:
    """Make now what is otherwise made with the first run, by a small one, in a process to be forked.

    No thread is started, since a fork has none of them. Where there is no place for temporary files,
    runs make it themselves.
    """
    import email.policy  # noqa: F401, PLC0415 - what `program_version` reads a file with
    import encodings.ascii  # noqa: PLC0415 - what httpx and pandas look up
    import encodings.idna  # noqa: F401, PLC0415 - what a name of a host is looked up with

    import httpx  # noqa: PLC0415
    import pyarrow.dataset  # noqa: F401, PLC0415 - what Parquet is read with

    from amazon_optiply_etl.optiply.certificates import tls_context  # noqa: PLC0415
    from amazon_optiply_etl.runs import push as _  # noqa: F401, PLC0415
    from amazon_optiply_etl.runs import sample  # noqa: PLC0415

    with contextlib.suppress(OSError):  # a push says so that certificates cannot be read
        httpx.HTTPTransport(verify=tls_context()).close()  # the first loads what sends requests
    with contextlib.suppress(OSError):
        sample.build()


def check_flags(**flags: object) -> None:
    """Refuse flags that cannot be used; nothing is read.

    Raises:
        EtlError: One is wrong; the message is one sentence.
    """
    settings_from({}, flags, {})


def _given(credentials: Mapping[str, Any]) -> Credentials:
    from amazon_optiply_etl.optiply.credentials import (  # noqa: PLC0415
        API_URL,
        DASHBOARD_URL,
        credentials_of,
    )

    addresses = {
        "optiply_base_url": str(credentials.get("api_url") or API_URL),
        "optiply_dashboard_url": str(credentials.get("dashboard_url") or DASHBOARD_URL),
    }
    return credentials_of(credentials, "credentials", addresses)


def _facts(report: MappingReport) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(as_json(report))
    return facts


def _settings(root: Path, flags: dict[str, object]) -> Settings:
    config, job = root / "config.json", root / "state.json"
    return settings_from(
        read_config(config) if config.exists() else {},
        flags,
        read_job_state(job) if job.exists() else {},
        str(config),
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
