"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from amazon_fleet.errors import FleetError
from amazon_fleet.store.database import Database

DEFAULT_FOLDER = ".amazon-fleet"

FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_FOLDER,
    show_default=True,
    envvar="AMAZON_FLEET_FOLDER",
    show_envvar=True,
    help="Folder of this machine's runs, and of the embedded database.",
)
CONCURRENCY = click.option(
    "--concurrency",
    type=click.IntRange(1, 400),
    default=10,
    show_default=True,
    help="How many accounts run at once.",
)
QUEUES = click.option(
    "--queue",
    "queues",
    multiple=True,
    help="Run the accounts of this queue alone; may be repeated.",
)
ACCOUNTS = click.argument(
    "accounts_file", metavar="ACCOUNTS.TOML", type=click.Path(dir_okay=False, path_type=Path)
)


def _without_password(
    context: click.Context, option: click.Parameter, url: str | None
) -> str | None:
    """Warn of a password in an argument, which the machine's list of processes shows to everybody."""
    given = context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
    if url and given and _has_password(url):
        click.echo(
            "Warning: --database holds a password, which others see in the list of processes; put the "
            "URL into AMAZON_FLEET_DATABASE, or the password into PGPASSWORD or ~/.pgpass.",
            err=True,
        )
    return url


def _has_password(url: str) -> bool:
    try:
        return bool(conninfo_to_dict(url).get("password"))
    except ProgrammingError:  # which connecting says
        return False


_NO_PASSWORD = "its password is best in PGPASSWORD or ~/.pgpass"  # noqa: S105 - a text
DATABASE = click.option(
    "--database",
    metavar="URL",
    envvar="AMAZON_FLEET_DATABASE",
    show_envvar=True,
    callback=_without_password,
    help="PostgreSQL with the fleet's tables, postgresql://user@host/name, instead of the folder's own; "
    f"{_NO_PASSWORD}.",
)
NEEDED_DATABASE = click.option(
    "--database",
    metavar="URL",
    required=True,
    envvar="AMAZON_FLEET_DATABASE",
    show_envvar=True,
    callback=_without_password,
    help=f"PostgreSQL with the fleet's tables, postgresql://user@host/name; {_NO_PASSWORD}.",
)


def existing_database(url: str | None, folder: Path) -> Database:
    """Return the database of a URL, or that of a folder, whose server must run.

    Raises:
        FleetError: there is neither.
    """
    if url:
        return Database(url)
    data = (folder / "postgres").resolve()
    if not (data / "postmaster.pid").exists():
        raise FleetError(
            f"No fleet runs in {folder}: start amazon-fleet run there, or give --database URL."
        )
    return Database(f"postgresql:///postgres?host={data}&user=postgres")
