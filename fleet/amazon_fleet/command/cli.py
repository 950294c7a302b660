"""The command line: `amazon-fleet`."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import psycopg

from amazon_fleet.accounts.accounts_file import read_accounts
from amazon_fleet.command.observe import serve_command, status_command
from amazon_fleet.command.options import (
    ACCOUNTS,
    CONCURRENCY,
    DATABASE,
    FOLDER,
    NEEDED_DATABASE,
    QUEUES,
    existing_database,
)
from amazon_fleet.command.own_folder import alone_in
from amazon_fleet.embedded.server import EmbeddedServer
from amazon_fleet.errors import FleetError
from amazon_fleet.observation import log
from amazon_fleet.store import accounts, locks, schema, states
from amazon_fleet.store.database import Database
from amazon_programs import missing_extra
from amazon_programs.command_line import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


_BY_HAND = "Paused by hand."


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tap-amazon-seller", prog_name="amazon-fleet")
def commands() -> None:
    """Sync and load many selling accounts, each in a process of its own."""


@commands.command("run")
@ACCOUNTS
@FOLDER
@DATABASE
@CONCURRENCY
@QUEUES
@click.option("--once", is_flag=True, help="Run every account once and end, as cron wants it.")
def run_command(
    accounts_file: Path,
    folder: Path,
    database: str | None,
    concurrency: int,
    queues: Sequence[str],
    *,
    once: bool,
) -> None:
    """Run the accounts of a file when they are due, until Ctrl-C; needs no database of yours.

    Without --database, a private PostgreSQL is started in the folder.
    """
    log.configure(sys.stderr)
    _need_libraries_of_runs()
    given = read_accounts(accounts_file)
    with _database(database, folder) as (where, keep), alone_in(folder):
        schema.migrate(where)
        with where.connect() as connection:
            now = datetime.now(UTC)
            accounts.save(connection, given, now)
            accounts.remove_others(connection, [each.name for each in given])
            if once:
                accounts.all_due(connection, now)
        _work(where, folder, concurrency, queues, keep=keep, since=now if once else None)


@commands.command("worker")
@FOLDER
@NEEDED_DATABASE
@CONCURRENCY
@QUEUES
def worker_command(folder: Path, database: str, concurrency: int, queues: Sequence[str]) -> None:
    """Run accounts of the database when they are due; on as many machines as you like."""
    log.configure(sys.stderr)
    _need_libraries_of_runs()
    with alone_in(folder):
        _work(Database(database), folder, concurrency, queues)


@commands.command("accounts")
@ACCOUNTS
@FOLDER
@DATABASE
@click.option("--only", is_flag=True, help="Remove the accounts that the file does not name.")
def accounts_command(
    accounts_file: Path, folder: Path, database: str | None, *, only: bool
) -> None:
    """Put the accounts of a file into the database, for its workers."""
    given = read_accounts(accounts_file)
    with existing_database(database, folder).connect() as connection:
        schema.check_version(connection)
        accounts.save(connection, given, datetime.now(UTC))
        click.echo(f"{len(given)} accounts are in the database.")
        if only:
            removed = accounts.remove_others(connection, [each.name for each in given])
            click.echo(f"Removed: {', '.join(removed) or 'none'}.")


@commands.command("enqueue")
@click.argument("names", nargs=-1)
@FOLDER
@DATABASE
@click.option("--all", "everything", is_flag=True, help="All accounts that are not paused.")
def enqueue_command(
    names: Sequence[str], folder: Path, database: str | None, *, everything: bool
) -> None:
    """Have accounts run now, ahead of their schedule; for cron, Airflow and notifications."""
    if bool(names) == everything:
        raise click.UsageError("Name accounts, or give --all.")
    with existing_database(database, folder).connect() as connection:
        if everything:
            count = accounts.all_due(connection, datetime.now(UTC))
        else:
            for name in names:
                accounts.load(connection, name)
                accounts.hasten(connection, name, 0)
            count = len(names)
    click.echo(f"{count} accounts are due.")


@commands.command("demo")
@click.option(
    "--sellers",
    type=click.IntRange(1, 100),
    default=20,
    show_default=True,
    help="How many sellers the sandbox has.",
)
def demo_command(sellers: int) -> None:
    """Show sellers of the sandbox, each synced and pushed into the sandbox's Optiply."""
    from amazon_fleet.command import demo  # noqa: PLC0415 - loads what others do not need

    demo.show(sellers)


@commands.command("pause")
@click.argument("name")
@FOLDER
@DATABASE
@click.option("--reason", default=_BY_HAND, show_default=True, help="Why, in one sentence.")
def pause_command(name: str, folder: Path, database: str | None, reason: str) -> None:
    """Have an account run no more; a run that has begun comes to its end."""
    with existing_database(database, folder).connect() as connection:
        accounts.pause(connection, name, reason)
    click.echo(f"{name} is paused.")


@commands.command("resume")
@click.argument("name")
@FOLDER
@DATABASE
def resume_command(name: str, folder: Path, database: str | None) -> None:
    """Have a paused account run again, at once."""
    with existing_database(database, folder).connect() as connection:
        accounts.resume(connection, name)
    click.echo(f"{name} is due.")


@commands.command("reset")
@click.argument("name")
@FOLDER
@DATABASE
@click.option(
    "--snapshots", is_flag=True, help="Also forget what Optiply has; it is looked up again then."
)
def reset_command(name: str, folder: Path, database: str | None, *, snapshots: bool) -> None:
    """Forget the state of an account, so that its next run begins like the first one."""
    with existing_database(database, folder).connect() as connection:
        accounts.load(connection, name)
        with locks.held(connection, name):
            states.forget(connection, name, with_snapshots=snapshots)
    click.echo(f"{name} begins again with its next run.")


@commands.command("check")
@ACCOUNTS
def check_command(accounts_file: Path) -> None:
    """Check a file: its settings, those of tap and ETL, and that every secret is there."""
    from amazon_fleet.account_run.check import faults  # noqa: PLC0415 - loads the tap and the ETL

    found = 0
    given = read_accounts(accounts_file)
    for account in given:
        for sentence in faults(account):
            found += 1
            click.echo(sentence)
    if found:
        raise FleetError(f"{found} {'fault' if found == 1 else 'faults'} in {accounts_file}.")
    click.echo(f"{len(given)} {'account' if len(given) == 1 else 'accounts'} can run.")


@commands.command("migrate")
@NEEDED_DATABASE
def migrate_command(database: str) -> None:
    """Bring the database's tables to this version."""
    steps = schema.migrate(Database(database))
    click.echo(f"Applied {', '.join(steps)}." if steps else "The tables are those of this version.")


commands.add_command(serve_command)
commands.add_command(status_command)


@contextlib.contextmanager
def _database(
    url: str | None, folder: Path
) -> Iterator[tuple[Database, Callable[[], object] | None]]:
    """Yield the database, and what keeps it running where it is the fleet's own."""
    if url:
        yield Database(url), None
        return
    with EmbeddedServer(folder) as server:
        yield server.database, server.ensure_running


def _need_libraries_of_runs() -> None:
    """Refuse to begin where runs could not: a worker itself loads neither tap nor ETL.

    Raises:
        FleetError: the extra `etl` is not installed, which alone brings pandas.
    """
    if importlib.util.find_spec("pandas") is None:
        error = ModuleNotFoundError(name="pandas")
        raise FleetError(missing_extra("A run of an account", error, "etl"))


def _work(
    database: Database,
    folder: Path,
    concurrency: int,
    queues: Sequence[str],
    *,
    keep: Callable[[], object] | None = None,
    since: datetime | None = None,
) -> None:
    """Run a worker; to an end when every account has run since an instant, if one is given."""
    from amazon_fleet.worker.worker import Worker  # noqa: PLC0415 - other commands go without

    def is_done() -> bool:
        with database.connect() as connection:
            return since is not None and not accounts.unfinished(connection, since)

    own = folder.resolve()

    async def work() -> None:
        done = None if since is None else is_done
        await Worker(database, own, queues, concurrency, keep, done).run()

    asyncio.run(work())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every failure is one sentence on stderr and a non-zero exit code."""
    run(commands, arguments, name="amazon-fleet", extra="fleet", sentence_of=_sentence)


def _sentence(error: Exception) -> str | None:
    """The sentence of a failure that a fleet knows."""
    if isinstance(error, FleetError):
        return str(error)
    if isinstance(error, psycopg.errors.UndefinedTable):
        return "The database has no tables of a fleet; run: amazon-fleet migrate --database URL"
    if isinstance(error, psycopg.Error):
        return f"The database refuses a statement: {type(error).__name__}."
    return None
