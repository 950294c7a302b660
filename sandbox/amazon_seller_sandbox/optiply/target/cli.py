"""The command ``sandbox-target-optiply``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
import httpx

from amazon_seller_sandbox.optiply.target.api import Api, Config
from amazon_seller_sandbox.optiply.target.errors import Crash
from amazon_seller_sandbox.optiply.target.job import Job
from amazon_seller_sandbox.optiply.target.singer import Messages
from amazon_seller_sandbox.optiply.target.snapshots import Snapshots

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT = 300.0


def _config(file: TextIO) -> Mapping[str, Any]:
    try:
        found = json.load(file)
    except ValueError as error:
        raise Crash(f"{file.name} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Crash(f"{file.name} is not a JSON object")
    return found


def _told(job: Job) -> None:
    """Say on standard error what became of the records."""
    for stream, counts in job.counts.items():
        figures = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
        click.echo(f"{stream}: {figures}", err=True)
    for problem in job.problems:
        click.echo(f"failed: {problem}", err=True)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=click.File(encoding="utf-8"), required=True, help="config.json.")
@click.option(
    "--input", "source", type=click.File(encoding="utf-8"), default="-",
    help="Singer messages; standard input if left out.",
)  # fmt: skip
@click.option(
    "--snapshots", type=click.Path(file_okay=False, path_type=Path), required=True,
    help="Folder of the host's snapshots, {Stream}_{flow}.snapshot.csv.",
)  # fmt: skip
@click.option("--flow", required=True, help="The flow's id, as in the snapshots' names.")
@click.option(
    "--target-state", type=click.Path(dir_okay=False, path_type=Path),
    default="target-state.json", show_default=True, help="Where to write the target's state.",
)  # fmt: skip
@click.option(
    "--retry-seconds", type=click.FloatRange(0), default=2.0, show_default=True,
    help="Wall seconds before a second try; each further one waits twice as long.",
)  # fmt: skip
def main(
    *,
    config: TextIO,
    source: TextIO,
    snapshots: Path,
    flow: str,
    target_state: Path,
    retry_seconds: float,
) -> None:
    """Load Singer messages into Optiply, as target-optiply and its host do.

    Ends with 1 if the job was unhealthy, or crashed as the real target would.
    """
    crash = None
    with httpx.Client(timeout=_TIMEOUT) as http:
        try:
            api = Api(Config.read(_config(config), os.environ), http, retry_seconds)
        except Crash as error:
            raise click.ClickException(str(error)) from error
        job = Job(api, Snapshots(snapshots, flow))
        try:
            for record in Messages(source).records():
                job.take(record)
        except Crash as error:
            crash = error
        except UnicodeDecodeError as error:
            crash = Crash(f"the messages are not UTF-8: {error}")
    # Whether the real ones keep what was done before a crash is not documented.
    try:
        target_state.write_text(json.dumps(job.target_state(), indent=1), encoding="utf-8")
        job.keep_ids()
    except OSError as error:
        message = f"cannot write {error.filename}: {error.strerror}"
        raise click.ClickException(message) from error
    _told(job)
    if crash is not None:
        raise click.ClickException(f"the target crashed: {crash}")
    if not job.healthy:
        skipped = sum(counts["skipped"] for counts in job.counts.values())
        raise click.ClickException(f"the job is unhealthy; {skipped} records were skipped")
    sys.exit(0)
