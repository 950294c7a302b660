"""The command line: `amazon-fleet`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from amazon_fleet.errors import FleetError
from amazon_fleet.store import schema
from amazon_fleet.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Sequence

_DATABASE = click.option(
    "--database",
    metavar="URL",
    required=True,
    envvar="AMAZON_FLEET_DATABASE",
    show_envvar=True,
    help="PostgreSQL with the fleet's tables: postgresql://user:password@host/name.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tap-amazon-seller", prog_name="amazon-fleet")
def commands() -> None:
    """Sync and load many selling accounts, each in a process of its own."""


@commands.command("migrate")
@_DATABASE
def migrate_command(database: str) -> None:
    """Bring the database's tables to this version."""
    steps = schema.migrate(Database(database))
    click.echo(f"Applied {', '.join(steps)}." if steps else "The tables are those of this version.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every failure is one sentence on stderr and a non-zero exit code."""
    try:
        commands.main(
            args=None if arguments is None else list(arguments),
            prog_name="amazon-fleet",
            standalone_mode=False,
        )
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except FleetError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"Error: {where}{error.strerror or error}.", err=True)
        sys.exit(1)
