"""The command line: `amazon-optiply-etl build` and `amazon-optiply-etl check`."""

from __future__ import annotations

import contextlib
import functools
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from amazon_optiply_etl.config.settings import (
    FLAVOURS,
    LOADS,
    OPTIPLY_KEYS,
    TARGETS,
    settings_from,
)
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.json_files import read_config, read_job_state
from amazon_optiply_etl.loading import outputs
from amazon_optiply_etl.mapping_report.report import summary
from amazon_optiply_etl.runs import pipeline
from amazon_optiply_etl.state import consumed_files
from amazon_optiply_etl.tables.plain_text import shown
from amazon_programs import hand_over_soon
from amazon_programs.command_line import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from amazon_optiply_etl.config.settings import Settings

_ENVIRONMENT = "AMAZON_OPTIPLY_ETL_"


def _formats(
    context: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> tuple[str, ...]:
    """Split formats, which are separated by commas or given again."""
    names = [name for value in values for name in value.replace(",", " ").split()]
    for name in names:
        if name not in outputs.FORMATS:
            choices = ", ".join(outputs.FORMATS)
            raise click.BadParameter(f"{name!r} is not one of {choices}.", context, parameter)
    return tuple(names) or outputs.FORMATS[:1]


def _clock(context: click.Context, parameter: click.Parameter, value: str | None) -> pipeline.Clock:
    """Return a clock that stands at the time given, or the machine's."""
    if value is None:
        return pipeline.utc_now
    try:
        now = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(
            f"{value!r} is not a time; write it as 2026-10-01T08:00:00Z.", context, parameter
        ) from error
    stands = now if now.tzinfo else now.replace(tzinfo=UTC)
    return lambda: stands


def _option(*names: str, envvar: str | list[str] | None = None, **how: Any) -> Any:  # noqa: ANN401
    """Declare an option that the environment variable AMAZON_OPTIPLY_ETL_<NAME> gives too."""
    own = _ENVIRONMENT + names[0].split("/")[0].lstrip("-").replace("-", "_").upper()
    return click.option(*names, envvar=envvar or own, show_envvar=True, **how)


_FOLDER = click.Path(file_okay=False, path_type=Path)
_OPTIONS = (
    _option(
        "--root",
        type=_FOLDER,
        default=".",
        show_default=True,
        envvar=[f"{_ENVIRONMENT}ROOT", "ROOT_DIR"],
        help="Folder with sync-output/, snapshots/, etl-output/ and config.json.",
    ),
    _option("--input", "input_folder", type=_FOLDER, help="Folder of the tap's records."),
    _option("--snapshots", type=_FOLDER, help="Folder of what was sent before."),
    _option("--output", type=_FOLDER, help="Folder that the payloads are written to."),
    _option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        help="File with the flags; default: config.json of the root folder, where there is one.",
    ),
    _option(
        "--format",
        "formats",
        metavar="[singer|jsonl|parquet|csv]",
        multiple=True,
        callback=_formats,
        help="singer: data.singer for target-optiply (default); the others: the Optiply API's payloads.",
    ),
    _option(
        "--flavour",
        type=click.Choice(FLAVOURS),
        help="Products and sell orders, sell orders only, or Amazon Vendor.",
    ),
    _option(
        "--optiply-key",
        type=click.Choice(OPTIPLY_KEYS),
        help="Field that another shop's products are matched by (flavour secondary).",
    ),
    _option(
        "--second-flavour/--no-second-flavour",
        default=None,
        help="Stock from the listings' own quantity, or FBA stock (default).",
    ),
    _option(
        "--separate-stocks/--no-separate-stocks",
        default=None,
        help="Each marketplace has a stock of its own, so that equal quantities of a SKU add up.",
    ),
    _option("--marketplaces", help="Marketplaces whose listings are products of their own: DE,FR."),
    _option(
        "--load",
        type=click.Choice(LOADS),
        help="What `run` does: data.singer for a target (default), or push through the Optiply API.",
    ),
    _option(
        "--not-sync-entities",
        help="Entities that are not sent, separated by commas; a sub-tenant has them of its parent.",
    ),
    _option(
        "--sync-sell-orders-only/--no-sync-sell-orders-only",
        default=None,
        help="Send sell orders alone; products come from elsewhere.",
    ),
    _option(
        "--allow-mass-disable/--no-allow-mass-disable",
        default=None,
        help="Disable products even where a listing report lacks more than half of them.",
    ),
    _option(
        "--target-optiply",
        type=click.Choice(TARGETS),
        help="Version of the target that loads data.singer; v1 needs the ids of what rows refer to.",
    ),
    _option(
        "--accept-new-assortment/--no-accept-new-assortment",
        default=None,
        help="Continue where no product and no order of the snapshots is in the input (one run).",
    ),
    _option(
        "--flow",
        envvar=[f"{_ENVIRONMENT}FLOW", "FLOW"],
        help="The host's flow of this run; snapshots of other flows are not read.",
    ),
    _option(
        "--products-flow",
        help="The flow that loads the products that this run does not send: a shop's, a parent's.",
    ),
    _option(
        "--push-concurrency",
        metavar="NUMBER",
        help="How many calls to Optiply `push` has under way at most; default: 8.",
    ),
    _option(
        "--host-snapshots/--no-host-snapshots",
        default=None,
        help="Whether the host keeps snapshots of what a target has loaded (default: as found).",
    ),
    _option(
        "--recreate-missing/--no-recreate-missing",
        default=None,
        help="Create products that are gone from Optiply through its API.",
    ),
    _option(
        "--eans-from-matches/--no-eans-from-matches",
        default=None,
        help="Products without an EAN in the catalog take it from asin_matches, where that is clear.",
    ),
    _option(
        "--match-threshold",
        metavar="NUMBER",
        help="Least confidence of a match whose EAN is taken, from 0.85 (default) to 1.",
    ),
    _option(
        "--now",
        callback=_clock,
        help="Time of the run, such as 2026-10-01T08:00:00Z; without it, the clock's.",
    ),
    _option("--uri", help="Address of the main marketplace, such as https://www.amazon.de/."),
)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a command was called with.

    Attributes:
        settings: The flags.
        folders: Where it reads and writes.
        formats: Of the payload files.
        clock: Says what time it is.
    """

    settings: Settings
    folders: pipeline.Folders
    formats: Sequence[str]
    clock: pipeline.Clock


def _with_options(command: Callable[[Invocation], None]) -> Callable[..., None]:
    @functools.wraps(command)
    def with_folders(
        *,
        root: Path,
        input_folder: Path | None,
        snapshots: Path | None,
        output: Path | None,
        config: Path | None,
        formats: Sequence[str],
        now: pipeline.Clock,
        dry_run: bool = False,
        **flags: Any,  # noqa: ANN401 - the values of the flags
    ) -> None:
        folders = pipeline.Folders(
            input=input_folder or root / "sync-output",
            snapshots=snapshots or root / "snapshots",
            output=output or root / "etl-output",
            parent=root / "parent-snapshots",
        )
        settings = _settings(root, config, flags)
        (_look if dry_run else command)(Invocation(settings, folders, formats, now))

    for option in reversed(_OPTIONS):
        with_folders = option(with_folders)
    return with_folders


def _settings(root: Path, config: Path | None, flags: dict[str, Any]) -> Settings:
    path = config or root / "config.json"
    content = read_config(path) if config or path.exists() else {}
    job = root / "state.json"
    return settings_from(content, flags, read_job_state(job) if job.exists() else {}, str(path))


def _progress(what: str, calls: list[Any]) -> Iterator[Any]:
    """Yield calls, with a bar on a terminal and a line at the end elsewhere."""
    if not calls:
        return
    with click.progressbar(calls, label=f"{what:<17}", show_pos=True, file=sys.stderr) as bar:
        yield from bar


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(pipeline.program_version(), prog_name="amazon-optiply-etl")
def commands() -> None:
    """Make Optiply's products and sell orders of the records that tap-amazon-seller reads."""


@commands.command("build")
@click.option("--dry-run", is_flag=True, help="Do what `check` does.")
@_with_options
def build_command(given: Invocation) -> None:
    """Build the Optiply payloads of sync-output/ in etl-output/."""
    _build(given)


def _build(given: Invocation) -> None:
    report = pipeline.build(given.settings, given.folders, given.formats, given.clock)
    # The payloads are out: that nobody can read about it must not look like a failure.
    with contextlib.suppress(OSError):
        click.echo(shown(summary(report)))
        click.echo(f"Written to {given.folders.output}; the ids are in mapping-report.html.")


@commands.command("push")
@_with_options
def push_command(given: Invocation) -> None:
    """Build the payloads of sync-output/ and load them through the Optiply API."""
    _push(given)


def _push(given: Invocation) -> None:
    from amazon_optiply_etl.runs import push  # noqa: PLC0415 - `build` needs no HTTP client

    pushed = push.push(given.settings, given.folders, _progress, given.clock)
    if pushed.recovered:
        rows = "row" if pushed.recovered == 1 else "rows"
        click.echo(
            f"Recovered {pushed.recovered} {rows} from an earlier push that did not finish.",
            err=True,
        )
    click.echo(shown(summary(pushed.report)))
    if pushed.stopped is not None:
        raise EtlError(
            f"{pushed.stopped} What was sent is remembered; run push again for the rest."
        )
    click.echo(
        f"Loaded into Optiply; the ids are in {given.folders.output / 'mapping-report.json'}."
    )


@commands.command("run")
@_with_options
def run_command(given: Invocation) -> None:
    """Do what a host wants: `push` where the flag load is api, else `build`."""
    (_push if given.settings.load == "api" else _build)(given)


@commands.command("check")
@_with_options
def check_command(given: Invocation) -> None:
    """Check configuration and input as `build` does, and write the mapping report alone."""
    _look(given)


def _look(given: Invocation) -> None:
    report = pipeline.look(given.settings, given.folders, given.formats, given.clock)
    with contextlib.suppress(OSError):
        click.echo(shown(summary(report)))
        click.echo(
            "Configuration and input can be used. No payload and no snapshot was written; what `build` "
            f"would do is in {given.folders.output / 'mapping-report.html'}."
        )


@commands.command("clear")
@_with_options
def clear_command(given: Invocation) -> None:
    """Remove the records that a finished `build` has read, before the next sync."""
    removed = consumed_files.clear(given.folders.input)
    click.echo(f"Removed {len(removed)} files from {given.folders.input}.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every failure is one sentence on stderr and a non-zero exit code."""
    hand_over_soon()
    run(
        commands,
        arguments,
        name="amazon-optiply-etl",
        extra="etl",
        sentence_of=lambda error: str(error) if isinstance(error, EtlError) else None,
        shown=shown,
    )
