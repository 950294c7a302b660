"""Commands that show a fleet: a table, JSON, and a page with metrics."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import click

from amazon_fleet.command.options import DATABASE, FOLDER, existing_database
from amazon_fleet.observation import log
from amazon_fleet.observation.serving import read_status, serving
from amazon_fleet.observation.status import MOST, STATES

if TYPE_CHECKING:
    from pathlib import Path

    from amazon_fleet.observation.status import FleetStatus

_EVERY = 2.0  # seconds
_STATE = click.option("--state", type=click.Choice(STATES), help="Only accounts in this state.")


@click.command("status")
@FOLDER
@DATABASE
@_STATE
@click.option(
    "--search", default="", metavar="TEXT", help="Only accounts with this in their names."
)
@click.option("--most", default=MOST, show_default=True, type=click.IntRange(1), help="How many.")
@click.option("--watch", is_flag=True, help="Show it again every two seconds, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def status_command(
    folder: Path,
    database: str | None,
    state: str | None,
    search: str,
    most: int,
    *,
    watch: bool,
    as_json: bool,
) -> None:
    """Show the accounts, the most urgent first: last success, how late, what runs, what fails."""
    where = existing_database(database, folder)

    def read() -> FleetStatus:
        return read_status(where, search=search, state=state or "", most=most)

    if as_json:
        click.echo(json.dumps(read().as_json(), indent=2))
        return
    from rich.console import Console  # noqa: PLC0415 - takes time to load
    from rich.live import Live  # noqa: PLC0415

    from amazon_fleet.observation.status_table import table_of  # noqa: PLC0415

    console = Console()
    if not watch:
        console.print(table_of(read()))
        return
    with Live(table_of(read()), console=console, auto_refresh=False) as live:
        while True:
            time.sleep(_EVERY)
            live.update(table_of(read()), refresh=True)


@click.command("serve")
@FOLDER
@DATABASE
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    default=8090,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="The port; 0 for one that is free.",
)
def serve_command(folder: Path, database: str | None, host: str, port: int) -> None:
    """Serve a read-only page of the accounts, its JSON (/api/status), /metrics and /health.

    Whoever reaches the port sees the accounts' names and what their runs said, so it listens on this
    machine alone unless --host says otherwise; put your own access control in front of it then.
    """
    from amazon_fleet.observation.metrics import SERIES, send_metrics  # noqa: PLC0415

    log.configure(sys.stderr)
    where = existing_database(database, folder)
    sending = send_metrics(lambda: read_status(where, most=SERIES))
    try:
        with serving(where, host, port) as server:
            address, used = server.server_address[:2]
            click.echo(f"The fleet is shown on http://{address!s}:{used}/", err=True)
            server.serve_forever(poll_interval=0.2)
    finally:
        if sending is not None:
            sending.shutdown()
