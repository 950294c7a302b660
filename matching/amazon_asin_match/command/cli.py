"""`amazon-asin-match FILE --marketplace DE --config config.json`, and what can be done with its jobs."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from amazon_asin_match.codes import CodeType
from amazon_asin_match.command.progress import ProgressLine
from amazon_asin_match.errors import MatchError
from amazon_asin_match.jobs.create import Options, create_job
from amazon_asin_match.jobs.results import stored, write_file
from amazon_asin_match.jobs.run import JobRun, utc_now
from amazon_asin_match.jobs.webhook import notifier
from amazon_asin_match.progress import progress_line, progress_of
from amazon_asin_match.scoring.verdict import LEAD, THRESHOLD
from amazon_asin_match.settings import (
    Settings,
    data_folder,
    find_marketplace,
    masked,
    private_folder,
    read_config,
)
from amazon_asin_match.store.database import open_database, sqlite_url
from amazon_asin_match.store.jobs import Job, Jobs, JobStatus
from amazon_asin_match.store.logs import LEVELS, read_log
from amazon_programs import missing_extra
from amazon_programs.command_line import INTERRUPTED as STOPPED
from amazon_programs.command_line import run
from amazon_selling_partner import Redaction, SellingPartnerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

REVIEW: Final = 3
"""The exit code when something is left to review."""
INTERRUPTED: Final = 4
"""The exit code when a job has to be resumed."""
FORMAT: Final = "%(asctime)s | %(levelname)-8s| %(message)s"
_NEEDS_A_LOOK: Final = ("needs_review", "ambiguous_code", "error", "not_asked")


class _Commands(click.Group):
    """A group whose first word may also be a file: `amazon-asin-match FILE` is `... match FILE`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in {"--help", "-h", "--version"}:
            args = ["match", *args]
        return super().parse_args(ctx, args)


_DATABASE = click.option(
    "--database", default="", metavar="PATH|URL", envvar="ASIN_MATCH_DATABASE",
    help="Where jobs and answers are kept: a file of SQLite, or a Postgres URL. "
    "[default: matches.db in ~/.local/state/amazon-asin-match]",
)  # fmt: skip
_CONFIG = click.option(
    "--config", required=True, type=click.Path(path_type=Path), help="The tap's configuration file."
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tap-amazon-seller", prog_name="amazon-asin-match")
def cli() -> None:
    """Find the ASINs of product codes: EAN, UPC, GTIN, ISBN, JAN, MINSAN or SKU."""


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--marketplace", required=True, help="Country code or marketplace id.")
@_CONFIG
@click.option(
    "--output", type=click.Path(path_type=Path),
    help="The result: .csv, .xlsx or .parquet. [default: beside the input, as NAME.matched.EXT]",
)  # fmt: skip
@click.option("--name", default="", help="What the job is called. [default: the file's name]")
@click.option("--code-column", default="", help="The column with the codes, where it is not found.")
@click.option("--title-column", default="", help="The column with titles; - for none.")
@click.option("--brand-column", default="", help="The column with brands; - for none.")
@click.option("--model-column", default="", help="The column with model numbers; - for none.")
@click.option("--pack-column", default="", help="The column with pack sizes; - for none.")
@click.option(
    "--code-type", default="auto", show_default=True,
    type=click.Choice([kind.value for kind in CodeType]),
    help="What the codes are; auto decides by length and check digit.",
)  # fmt: skip
@click.option("--sheet", default="", help="The sheet of an Excel file. [default: the first]")
@click.option("--no-header", is_flag=True, help="The first row is data, not names of columns.")
@click.option(
    "--threshold", type=float, default=THRESHOLD, show_default=True,
    help="The least confidence of a best match.",
)  # fmt: skip
@click.option(
    "--lead", type=float, default=LEAD, show_default=True,
    help="How far a best match must be ahead of the second candidate.",
)  # fmt: skip
@click.option("--webhook", default="", help="An https URL that is called when the job has ended.")
@_DATABASE
def match(file: Path, marketplace: str, config: Path, **given: Any) -> None:  # noqa: ANN401
    """Match the codes of FILE; the same rows come out, in the same order, with their ASINs."""
    settings = Settings.from_config(read_config(config))
    place = find_marketplace(marketplace)
    output = given["output"] or file.with_name(f"{file.stem}.matched{_ending(file)}")
    jobs = _jobs(given["database"])
    names = ("code", "title", "brand", "model", "pack")
    columns = {name: given[f"{name}_column"] for name in names if given[f"{name}_column"]}
    job = create_job(
        jobs, file, place,
        name=given["name"], seller_id=settings.seller_id, output=output, webhook=given["webhook"],
        options=Options(
            columns, given["code_type"], given["sheet"], not given["no_header"],
            given["threshold"], given["lead"],
        ),
    )  # fmt: skip
    click.echo(f"Job {job.id}", err=True)
    _work(jobs, job, settings)


@cli.command()
@click.argument("job_id")
@_CONFIG
@_DATABASE
def resume(job_id: str, config: Path, database: str) -> None:
    """Continue a job that was paused, interrupted or killed; nothing is asked twice."""
    settings = Settings.from_config(read_config(config))
    jobs = _jobs(database)
    _work(jobs, jobs.get(job_id), settings)


@cli.command("jobs")
@_DATABASE
@click.option("--json", "as_json", is_flag=True, help="As JSON Lines.")
def list_jobs(*, database: str, as_json: bool) -> None:
    """List the jobs, the newest first."""
    for job in _jobs(database).all():
        if as_json:
            click.echo(json.dumps(_shown(job), ensure_ascii=False))
        else:
            about = f"{job.status:<11}  {job.name}: {progress_line(job)}"
            click.echo(f"{job.id}  {job.created_at[:16]}  {about}")


@cli.command()
@click.argument("job_id")
@_DATABASE
def show(job_id: str, database: str) -> None:
    """Show a job as JSON."""
    click.echo(json.dumps(_shown(_jobs(database).get(job_id)), indent=2, ensure_ascii=False))


@cli.command()
@click.argument("job_id")
@click.option(
    "--level", type=click.Choice(LEVELS), default="info", show_default=True,
    help="The least level of a line.",
)  # fmt: skip
@_DATABASE
def log(job_id: str, level: str, database: str) -> None:
    """Show the log of a job, from a level up."""
    jobs = _jobs(database)
    found = jobs.get(job_id)
    after = 0
    while lines := read_log(jobs.engine, found.id, level=level, after=after):
        for line in lines:
            click.echo(f"{line['at']}  {line['level']:<7}  {line['message']}")
        after = int(str(lines[-1]["id"]))


@cli.command()
@click.argument("job_id")
@click.option("--status", default="", help="Only rows with this status.")
@_DATABASE
def results(job_id: str, status: str, database: str) -> None:
    """Print the results of a job as JSON Lines."""
    jobs = _jobs(database)
    for result in stored(jobs.engine, jobs.get(job_id).id):
        if not status or result["status"] == status:
            click.echo(json.dumps(dict(result), ensure_ascii=False))


@cli.command()
@click.argument("job_id")
@click.argument("output", type=click.Path(path_type=Path))
@_DATABASE
def download(job_id: str, output: Path, database: str) -> None:
    """Write the result of a job to OUTPUT: .csv, .xlsx or .parquet."""
    jobs = _jobs(database)
    job = jobs.get(job_id)
    table = Options.of(job.options).open(Path(job.input_path))
    write_file(jobs.engine, job.id, job.rows, table, output)


@cli.command()
@click.argument("job_id")
@_DATABASE
def pause(job_id: str, database: str) -> None:
    """Pause a job; the process that works on it ends soon."""
    job = _jobs(database).wish(job_id, "pause")
    click.echo(f"The job {job.id} {_will(job)} paused.")


@cli.command()
@click.argument("job_id")
@_DATABASE
def cancel(job_id: str, database: str) -> None:
    """Cancel a job for good; what Amazon answered stays known."""
    job = _jobs(database).wish(job_id, "cancel")
    click.echo(f"The job {job.id} {_will(job)} cancelled.")


@cli.command()
@_CONFIG
@click.option("--marketplace", required=True, help="Country code or marketplace id.")
def test(config: Path, marketplace: str) -> None:
    """Test the configuration with one call."""
    settings = Settings.from_config(read_config(config))
    place = find_marketplace(marketplace)
    client = settings.client(place)
    try:
        client.search_catalog(["9783161484100"], "EAN", place.id, ["summaries"])
    finally:
        client.close()
    click.echo(f"The catalog of {place.country} answers.")


@cli.command("config")
@_CONFIG
def show_config(config: Path) -> None:
    """Show the configuration, secrets masked."""
    click.echo(json.dumps(masked(read_config(config)), indent=2))


@cli.command()
@_DATABASE
@click.option(
    "--config", required=True, type=click.Path(path_type=Path),
    help="The tap's configuration file; PUT /api/v1/amazon/config changes it.",
)  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535),
    help="Port to listen on; 0 for any free one.",
)  # fmt: skip
@click.option(
    "--token", envvar="ASIN_MATCH_TOKEN", required=True,
    help="What callers must send as Bearer token; better by the variable ASIN_MATCH_TOKEN.",
)  # fmt: skip
def serve(database: str, config: Path, host: str, port: int, token: str) -> None:
    """Serve jobs over HTTP, with a page for people."""
    try:
        from amazon_asin_match.service.server import run_server  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MatchError(missing_extra("The service", error, "matching-service")) from None
    run_server(
        _jobs(database), config, host=host, port=port, token=token, folder=_uploads(database)
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; every failure is one sentence on standard error and an exit code."""
    logging.basicConfig(level=logging.INFO, format=FORMAT, stream=sys.stderr)
    run(
        cli,
        arguments,
        name="amazon-asin-match",
        extra="matching",
        sentence_of=lambda error: (
            str(error) if isinstance(error, (MatchError, SellingPartnerError)) else None
        ),
    )


def _uploads(database: str) -> Path | None:
    """Where uploads lie: beside the database, where that is a file."""
    return Path(database).parent / "uploads" if database and "://" not in database else None


def _ending(file: Path) -> str:
    kind = file.suffix.lower()
    return kind if kind in {".csv", ".tsv", ".txt", ".parquet"} else ".xlsx"


def _will(job: Job) -> str:
    return "is" if job.status in {JobStatus.PAUSED, JobStatus.CANCELLED} else "will be"


def _shown(job: Job) -> dict[str, Any]:
    return progress_of(job) | {"input_path": job.input_path, "output_path": job.output_path}


def _jobs(database: str) -> Jobs:
    return Jobs(_open(database), utc_now)


def _open(database: str) -> Engine:
    if "://" in database:
        return open_database(database)
    path = Path(database) if database else private_folder(data_folder()) / "matches.db"
    private_folder(path.parent)
    return open_database(sqlite_url(path))


def _work(jobs: Jobs, job: Job, settings: Settings) -> None:
    """Work on a job until it ends, or the user wants it to pause; exits with what came of it."""
    redaction = Redaction()
    for handler in logging.getLogger().handlers:
        handler.addFilter(redaction)
    stop = threading.Event()

    def pause_soon(*_: object) -> None:
        if stop.is_set():
            sys.exit(STOPPED)
        click.echo("\nThe job pauses after this call; once more to end at once.", err=True)
        stop.set()

    signal.signal(signal.SIGINT, pause_soon)
    signal.signal(signal.SIGTERM, pause_soon)
    client = settings.client(find_marketplace(job.marketplace_id), redaction)
    try:
        with ProgressLine(jobs, job.id):
            done = JobRun(jobs, client, stop=stop, notify=notifier()).run(job.id)
    finally:
        client.close()
    _end(done)


def _end(job: Job) -> None:
    if job.status is JobStatus.COMPLETED:
        parts = [f"{number:,} {status}" for status, number in sorted(job.counts.items())]
        click.echo(f"{job.rows:,} rows: {', '.join(parts)}. Calls: {job.calls:,}.", err=True)
        if job.output_path:
            click.echo(job.output_path)
        sys.exit(REVIEW if any(job.counts.get(status) for status in _NEEDS_A_LOOK) else 0)
    if job.status in {JobStatus.PAUSED, JobStatus.INTERRUPTED}:
        reason = f"{job.error} " if job.error else ""
        click.echo(
            f"{reason}{progress_line(job)}. Continue with: amazon-asin-match resume {job.id}",
            err=True,
        )
        sys.exit(INTERRUPTED)
    click.echo(job.error or f"The job is {job.status}.", err=True)
    sys.exit(1)
